"""Decides whether a text still tells who is behind a protected case: the last check on the way out.

Compared after NFC, without accents, case or invisible characters: full names, organisations, e-mails and address
details as whole words or as one, telling parts of names as words, ID and telephone numbers by their digits however
written. What looks like a citizen's number, a telephone or an e-mail tells too, whoever it belongs to.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, NoReturn

from pydantic import BaseModel

from sync_agent.domain.casefile import (
    Acceptance,
    Address,
    CaseFile,
    HandledOrganisation,
    HandledPerson,
    Organisation,
    Person,
    Processing,
    Reception,
)
from sync_agent.privacy.names import CommonNames, fold, words
from sync_agent.privacy.paths import branches

__all__ = ["IDENTIFYING", "Withheld"]

_MIN_DIGITS: Final = 6
_MIN_SQUEEZED: Final = 8  # letters a phrase needs before it is also looked for written as one word
_MIN_LINE: Final = 5
_LONGEST_NUMBER: Final = 15
_NATIONAL_LENGTH: Final = 11  # 84 and nine digits
_RUN: Final = re.compile(r"[0-9](?:[\W_]*[0-9])*")
_CONTACT: Final = re.compile(
    r"(?<![\d.-])(?:\+84[ .-]?|0)(?:\d{9,10}|\d{1,3}(?:[ .-]\d{3,4}){2,3})(?!\d)"  # a telephone or a citizen
    r"|(?<![\d.-])0\d{11}(?!\d)"
    r"|[^\s@]@[^\s@]+\.[^\s@]"
)
_NOT_DIGIT: Final = re.compile(r"[^0-9]")
_SEVERAL_NUMBERS: Final = re.compile(r"[;,/|\n]|\s{2,}")
_LINE_END: Final = re.compile(r"[,;\n]|\s[-–—]\s")
_LETTER: Final = re.compile(r"[^\W\d_]")


@dataclass(slots=True, repr=False)
class _Terms:
    """What is looked for, folded. `phrases` stand between blanks, so that only whole words match."""

    phrases: set[str]
    words: set[str]
    squeezed: set[str]
    numbers: set[str]


def _add_phrase(value: str, terms: _Terms) -> None:
    parts = words(fold(value))
    phrase, squeezed = " ".join(parts), "".join(parts)
    if len(phrase) > 1:
        terms.phrases.add(f" {phrase} ")
    if len(squeezed) >= _MIN_SQUEEZED:
        terms.squeezed.add(squeezed)


def _add_name(value: str, terms: _Terms, common: CommonNames) -> None:
    for person in common.people(value):
        terms.words.update(common.telling(person))
        for full_name in common.full_names(person):
            _add_phrase(full_name, terms)


def _add_line(value: str, terms: _Terms) -> None:
    """Add an address detail, and its first part alone: house and street without the commune behind them."""
    first = _LINE_END.split(value, maxsplit=1)[0]
    for line in (value, first if len(fold(first)) >= _MIN_LINE else ""):
        if _LETTER.search(line):  # a bare house number would be found in any date
            _add_phrase(line, terms)


def _numbers(value: str) -> Iterator[str]:
    for piece in _SEVERAL_NUMBERS.split(fold(value)):
        digits = _NOT_DIGIT.sub("", piece)
        yield digits
        if len(digits) > _LONGEST_NUMBER:
            yield from (_NOT_DIGIT.sub("", word) for word in piece.split())


def _add_id(value: str, terms: _Terms) -> None:
    # leading zeros are lost wherever a number went through a spreadsheet
    long = {digits.lstrip("0") for digits in _numbers(value) if len(digits.lstrip("0")) >= _MIN_DIGITS}
    terms.numbers.update(long)
    if not long and _LETTER.search(value):
        _add_phrase(value, terms)


def _add_phone(value: str, terms: _Terms) -> None:
    for digits in _numbers(value):
        national = digits[2:] if digits.startswith("84") and len(digits) >= _NATIONAL_LENGTH else digits
        if len(national.lstrip("0")) >= _MIN_DIGITS:
            terms.numbers.add(national.lstrip("0"))


IDENTIFYING: Final[Mapping[tuple[type[BaseModel], str], str]] = {
    (Person, "full_name"): "name",
    (Person, "id_number"): "id",
    (Person, "phone"): "phone",
    (Person, "email"): "phrase",
    (Organisation, "name"): "phrase",
    (Address, "detail"): "line",
    (HandledPerson, "full_name"): "name",
    (HandledOrganisation, "name"): "phrase",
    (Reception, "officer"): "name",
    (Reception, "leader"): "name",
    (Reception, "delegated_leader"): "name",
    (Processing, "officer"): "name",
    (Processing, "approver"): "name",
    (Acceptance, "approver"): "name",
}
"""Which fields tell who somebody is, and how each is compared."""

_ADD: Final[Mapping[str, Callable[[str, _Terms], None]]] = {
    "id": _add_id,
    "line": _add_line,
    "phone": _add_phone,
    "phrase": _add_phrase,
}


def _identifying(part: BaseModel) -> Iterator[tuple[str, str]]:
    """Yield (how it is compared, value) of every identifying field in `part` and below."""
    for name, branch in branches(type(part)).items():
        value = getattr(part, name)
        if value is None:
            continue
        if branch is not None:
            for inner in value if branch.many else (value,):
                yield from _identifying(inner)
        elif (how := IDENTIFYING.get((type(part), name))) is not None:
            yield how, value


class Withheld:
    """The identifying values of one case, taken from it before the gate; None withholds nothing.

    It tells nothing of them but whether a text holds one, and cannot be stored.
    """

    __slots__ = ("_case", "_common", "_terms")

    def __init__(self, case: CaseFile | None, common: CommonNames) -> None:
        self._case = case
        self._common = common
        self._terms: _Terms | None = None  # made when the first text is checked

    def __repr__(self) -> str:
        return "Withheld()"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        """Refuse to be pickled or copied."""
        raise TypeError("withheld values are never stored")

    def found_in(self, strings: Iterable[str]) -> bool:
        """Tell whether any of `strings` holds a withheld value."""
        if self._case is None:
            return False
        if self._terms is None:
            self._terms = self._collect(self._case)
        terms = self._terms
        return any(_holds(text, terms) for text in strings)

    def _collect(self, case: CaseFile) -> _Terms:
        terms = _Terms(set(), set(), set(), set())
        for how, value in _identifying(case):
            if how == "name":
                _add_name(value, terms, self._common)
            else:
                _ADD[how](value, terms)
        return terms


def _holds(text: str, terms: _Terms) -> bool:
    folded = fold(text)
    found = words(folded)
    if not terms.words.isdisjoint(found) or _CONTACT.search(folded):
        return True
    line, squeezed = f" {' '.join(found)} ", "".join(found)
    return (
        any(phrase in line for phrase in terms.phrases)
        or any(value in squeezed for value in terms.squeezed)
        or (bool(terms.numbers) and _holds_number(folded, terms.numbers))
    )


def _holds_number(text: str, numbers: set[str]) -> bool:
    runs = [_NOT_DIGIT.sub("", run) for run in _RUN.findall(text)]
    return any(number in run for run in runs for number in numbers)
