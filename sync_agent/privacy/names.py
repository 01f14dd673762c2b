"""Decides when two texts say the same name: without accents, case, marks or invisible characters.

Also decides which parts of a name are so common that they single nobody out.
"""

import re
import tomllib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources
from typing import Final

__all__ = ["CommonNames", "WordList", "fold", "load_common_names", "spelled", "words"]

_MIN_LETTERS: Final = 3
_WORD: Final = re.compile(r"[^\W\d_]+|\d+")  # a name with a year stuck to it is still that name
_BETWEEN_PEOPLE: Final = re.compile(r"\s[-–—]\s|[,;/()\n]|\s(?:và|cùng)\s", re.IGNORECASE)


class _Plain(dict[int, int | None]):
    """For `str.translate`: no combining marks, no invisible characters."""

    def __missing__(self, code: int) -> int | None:
        self[code] = None if unicodedata.category(chr(code)) in {"Mn", "Cf"} else code
        return self[code]


_PLAIN: Final = _Plain({ord(letter): ord("d") for letter in "đðɖ"})  # what old texts use for đ; none decomposes


def fold(text: str) -> str:
    """Return `text` as it is compared: no accents, no case, no invisible characters, full-width forms narrowed."""
    if text.isascii():
        return text.casefold()
    return unicodedata.normalize("NFKD", text).casefold().translate(_PLAIN)


def words(folded: str) -> list[str]:
    """Return the words and the numbers of a folded text; whatever is neither letter nor digit only separates."""
    return _WORD.findall(folded)


def spelled(text: str) -> list[str]:
    """Return the words of a text with their accents, without case."""
    return _WORD.findall(unicodedata.normalize("NFC", text).casefold())


class WordList:
    """Words or phrases with their accents. A text without any accent also counts as its accented form."""

    def __init__(self, entries: Iterable[str]) -> None:
        self.entries = tuple(sorted({" ".join(spelled(entry)) for entry in entries}))
        self._spelled = frozenset(self.entries)
        self._folded = frozenset(map(fold, self.entries))

    def __contains__(self, text: str) -> bool:
        return text in self._spelled or (text.isascii() and text in self._folded)


@dataclass(frozen=True, slots=True)
class CommonNames:
    """The lists of `common_names.toml`. Accents count: the given name Vân is not the middle name Văn."""

    surnames: WordList
    middle_names: WordList
    titles: WordList
    placeholders: WordList
    role_words: WordList

    def people(self, name: str) -> list[list[str]]:
        """Return the words of each person in `name`, spelled: a field may hold several, with titles, or nobody."""
        first, *others = [spelled(part) for part in _BETWEEN_PEOPLE.split(name)]
        others = [other for other in others if len(other) == 1 or not self.is_role(other)]  # one word may be a name
        named = map(self._without_title, [first, *others])
        return [person for person in named if person and " ".join(person) not in self.placeholders]

    def is_role(self, said: list[str]) -> bool:
        """Tell whether the words of a text are those of a position, so that it names nobody."""
        return all(word in self.role_words for word in said)

    def _without_title(self, person: list[str]) -> list[str]:
        while len(person) > 1 and person[0] in self.titles:
            person = person[1:]
        return person

    def full_names(self, person: list[str]) -> list[str]:
        """Return the folded full name, and what is left of it when unknown words stand before the surname."""
        start = next((place for place, word in enumerate(person[:-1]) if word in self.surnames), 0)
        return [" ".join(map(fold, person[begin:])) for begin in sorted({0, start})]

    def telling(self, person: list[str]) -> list[str]:
        """Return the folded parts of one person's name that can single someone out; the last part always can."""
        *before, last = person
        parts = [part for part in before if part not in self.surnames and part not in self.middle_names]
        return [part for part in map(fold, [*parts, last]) if len(part) >= _MIN_LETTERS]

    def as_data(self) -> dict[str, tuple[str, ...]]:
        """Return the lists, sorted, for the digest of the policy."""
        return {name: getattr(self, name).entries for name in sorted(self.__slots__)}


def load_common_names() -> CommonNames:
    """Read the lists that ship with the agent."""
    text = resources.files(__package__).joinpath("common_names.toml").read_text(encoding="utf-8")
    return CommonNames(**{name: WordList(entries) for name, entries in tomllib.loads(text).items()})
