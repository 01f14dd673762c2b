"""Which people and bodies one text names, as `Ông A, bà B và C` does. What is not sure is not split and not named.

A piece is a person when it looks like a name and begins with a title or a usual surname, a body when it begins with one
of the profile's words. Beside a body only a titled piece is a person: `SỞ XÂY DỰNG VÀ HÀ NAM` may be one name.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

from sync_agent.mapping.columns import Get
from sync_agent.mapping.plugins import Plugin
from sync_agent.mapping.profile import NamesRule
from sync_agent.mapping.values import as_text
from sync_agent.source import Row

__all__ = ["NAME_COLUMNS", "Named", "NamesReader", "named_rows", "spelled"]

NAME_COLUMNS: Final = ("name_no", "name_count", "name_person", "name_body", "name_unclear")
"""What a row of such a part has beside the columns of the row it is made of."""

_WORDS_OF_A_NAME: Final = range(2, 7)
_NAME_WORD: Final = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_LETTERS: Final = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class Named:
    """One piece of a text: a person, a body, or a text of which nobody can say what it names."""

    person: str | None = None
    body: str | None = None
    unclear: str | None = None


class NamesReader:
    """Reads the texts of one column."""

    def __init__(self, rule: NamesRule) -> None:
        separators = "|".join(_separator(each) for each in rule.at)
        self._at = re.compile(separators, re.IGNORECASE)
        titles = "|".join(re.escape(each) for each in sorted(rule.titles, key=len, reverse=True))
        self._title = re.compile(rf"(?:{titles})(?:\s*:\s*|\s+)", re.IGNORECASE) if titles else None
        self._bodies = tuple(_words(each) for each in rule.bodies)

    def read(self, value: object, *, cut: bool = False) -> tuple[Named, ...]:
        """Return what a present value names, in its order; one unclear piece when anything about it is not sure.

        So is the last name of a text that may be `cut`. Raises UnreadableError for text in a damaged encoding.
        """
        text = " ".join(unicodedata.normalize("NFC", as_text(value)).split())
        pieces = [piece.strip() for piece in self._at.split(text) if piece.strip()]
        named = [self._named(piece) for piece in pieces]
        said = [(each.person or each.body or "").casefold() for each, _ in named]
        mixed = any(each.body for each, _ in named) and any(each.person and not titled for each, titled in named)
        if cut or not said or not all(said) or len(set(said)) != len(said) or mixed:
            return (Named(unclear=text),)
        return tuple(each for each, _ in named)

    def _named(self, piece: str) -> tuple[Named, bool]:
        words = _words(piece)
        if any(words[: len(body)] == body for body in self._bodies):
            return Named(body=piece), False
        match = self._title.match(piece) if self._title is not None else None
        name = piece[match.end() :] if match else piece
        titled = match is not None
        return (Named(person=name) if _is_name(name, titled=titled) else Named()), titled


def named_rows(rule: NamesRule, get: Get, columns: Sequence[str]) -> Plugin:
    """Return what makes a row of each name in the column that `get` reads, with these columns of the row around it."""
    reader = NamesReader(rule)

    def rows(given: Sequence[Row]) -> Iterator[Row]:
        for row in given:
            value = get(row)
            cut = rule.cut is not None and value is not None and len(as_text(row[rule.column.lower()])) >= rule.cut
            named = () if value is None else reader.read(value, cut=cut)
            for number, each in enumerate(named, start=1):
                told = dict(zip(NAME_COLUMNS, (number, len(named), each.person, each.body, each.unclear), strict=True))
                yield {**{column: row[column] for column in columns}, **told}

    return Plugin("names", "", rows)


def spelled(text: str) -> str:
    """Return a name that is all in capitals with initial capitals, any other as it is."""
    return _LETTERS.sub(lambda word: word[0].capitalize(), text) if text.isupper() else text


def _is_name(text: str, *, titled: bool) -> bool:
    words = text.split()
    if len(words) not in _WORDS_OF_A_NAME or not all(
        _NAME_WORD.fullmatch(word) and word[0].isupper() for word in words
    ):
        return False
    return titled or words[0].casefold() in _surnames()


@cache
def _surnames() -> frozenset[str]:
    lines = resources.files(__package__).joinpath("surnames.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())


def _words(text: str) -> tuple[str, ...]:
    return tuple(unicodedata.normalize("NFC", text).casefold().split())


def _separator(text: str) -> str:
    found = re.escape(text.strip())
    return rf"\s+{found}\s+" if text.strip()[-1].isalnum() else rf"\s*{found}\s*"
