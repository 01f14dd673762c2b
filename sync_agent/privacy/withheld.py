"""Decides whether a text still tells who is behind a protected case: the last check on the way out.

Compared after NFC, without accents, case or invisible characters: full names in any order, organisations, e-mails and
address details as whole words or as one, telling parts of names as words also when spelled letter by letter, initials
of three and more, ID and telephone numbers by their digits however written. What looks like a citizen's number, a
telephone or an e-mail tells too, whoever it belongs to.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate
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
_MIN_INITIALS: Final = 3
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
_INITIALS: Final = re.compile(r"(?<![^\W_])(?:[A-Z](?:[ .\-]{1,2}[A-Z]){2,6}|[A-Z]{3,7})(?![^\W_])")
_OFFICIAL: Final = frozenset(
    {
        "bhxh",
        "cccd",
        "cmnd",
        "cntt",
        "csdl",
        "gcn",
        "hdnd",
        "htx",
        "kntc",
        "mttq",
        "qsdd",
        "tand",
        "tnhh",
        "ttcp",
        "ubnd",
    }
)
"""Abbreviations of the administration, folded: initials that single nobody out."""
_LETTER: Final = re.compile(r"[^\W\d_]")


@dataclass(slots=True, repr=False)
class _Terms:
    """What is looked for, folded. `phrases` stand between blanks, so that only whole words match."""

    phrases: set[str]
    words: set[str]
    squeezed: set[str]
    numbers: set[str]
    initials: set[str]


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
            _add_orders(full_name.split(), terms)


def _add_orders(name: list[str], terms: _Terms) -> None:
    """Add the name as others write it: given name first, last to first, and by its initials."""
    *before, given = name
    for order in ([given, *before], name[::-1]):
        if len(before) > 1 or len(given) >= _MIN_INITIALS:  # two short words stand in many sentences
            _add_phrase(" ".join(order), terms)
    if len(name) >= _MIN_INITIALS:
        terms.initials.add("".join(word[0] for word in name))
        terms.phrases.add(f" {' '.join(word[0] for word in before)} {given} ")


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
        terms = _Terms(set(), set(), set(), set(), set())
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
    line = f" {' '.join(found)} "
    return (
        any(phrase in line for phrase in terms.phrases)
        or not terms.words.isdisjoint(_spelled_out(found))
        or any(_squeezed(value, found) for value in terms.squeezed)
        or (bool(terms.initials) and _holds_initials(text, terms.initials))
        or (bool(terms.numbers) and _holds_number(folded, terms.numbers))
    )


def _spelled_out(found: list[str]) -> set[str]:
    """Return the words that stand letter by letter, such as `k h u ê`."""
    runs = "".join(word if len(word) == 1 else " " for word in found)
    return {"".join(run) for run in runs.split() if len(run) >= _MIN_INITIALS}


def _squeezed(value: str, found: list[str]) -> bool:
    """Tell whether a phrase stands in one word, or over several of which it fills the first and the last.

    `Trần Văn An` is not in `Trần Văn Ánh`, although its letters are.
    """
    if any(value in word for word in found):
        return True
    text = "".join(found)
    place = text.find(value)
    if place < 0:
        return False
    ends = set(accumulate(map(len, found), initial=0))
    while place >= 0:
        if place in ends and place + len(value) in ends:
            return True
        place = text.find(value, place + 1)
    return False


def _holds_initials(text: str, initials: set[str]) -> bool:
    """Tell whether capitals stand for a name: `NTK`, `N.T.K.`, `N T K`."""
    plain = "".join(fold(each).upper() if each.isupper() else each for each in unicodedata.normalize("NFKC", text))
    runs = ("".join(each for each in run if each.isalpha()) for run in _INITIALS.findall(plain))
    return any(run.isupper() and run.casefold() in initials - _OFFICIAL for run in runs)


def _holds_number(text: str, numbers: set[str]) -> bool:
    runs = [_NOT_DIGIT.sub("", run) for run in _RUN.findall(text)]
    return any(number in run for run in runs for number in numbers)
