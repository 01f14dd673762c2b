"""When a column counts as absent: NULL and blank text always, other values where the profile says so."""

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
        self._absent = {
            part: {column: frozenset(map(local, values)) for column, values in columns.items()}
            for part, columns in profile.absent.items()
        }
        self.used: defaultdict[str, set[str]] = defaultdict(set)
        self.singles: set[str] = set()

    def use(self, part: str, column: str) -> None:
        """Remember that `column` of `part` matters."""
        self.used[part].add(column)

    def get(self, part: str, column: str) -> Get:
        """Return the reader of one column."""
        self.use(part, column)
        declared = self._absent.get(part, {})
        absent = declared.get(column, frozenset()) | declared.get("*", frozenset())

        def plain(row: Row) -> object:
            value = row[column]
            return (value.strip() or None) if isinstance(value, str) else value

        def careful(row: Row) -> object:
            value = plain(row)
            return None if value is None or local_or_none(value) in absent else value

        return careful if absent else plain
