"""When a column counts as absent: NULL and blank text always, other values where the profile says so.

Rows have their columns in small letters; a profile may write them as it likes, and is quoted as it wrote them.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping

from sync_agent.mapping.profile import Profile
from sync_agent.mapping.values import local, local_or_none
from sync_agent.source import Row

__all__ = ["Columns", "Get", "Singles"]

Get = Callable[[Row], object]
"""Returns the present value of a column (text stripped), or None."""

Singles = Mapping[str, Row | None]
"""The one row of each part that has at most one row per case."""


class Columns:
    """The columns a profile uses, by part; hands out their readers and remembers which were asked for."""

    def __init__(self, profile: Profile) -> None:
        self._absent: defaultdict[tuple[str, str], frozenset[str]] = defaultdict(frozenset)
        for part, columns in profile.absent.items():
            for column, values in columns.items():
                self._absent[part, column.lower()] |= frozenset(map(local, values))
        self.used: defaultdict[str, dict[str, str]] = defaultdict(dict)
        self.singles: set[str] = set()

    def use(self, part: str, column: str) -> str:
        """Remember that `column` of `part` matters, in this spelling; return its name in a row."""
        name = column.lower()
        self.used[part].setdefault(name, column)
        return name

    def raw(self, part: str, column: str) -> Get:
        """Return the reader of one column as it stands there, spaces at its ends and all."""
        name = self.use(part, column)
        return lambda row: row[name]

    def get(self, part: str, column: str) -> Get:
        """Return the reader of one column."""
        name = self.use(part, column)
        absent = self._absent.get((part, name), frozenset()) | self._absent.get((part, "*"), frozenset())

        def plain(row: Row) -> object:
            value = row[name]
            return (value.strip() or None) if isinstance(value, str) else value

        def careful(row: Row) -> object:
            value = plain(row)
            return None if value is None or local_or_none(value) in absent else value

        return careful if absent else plain
