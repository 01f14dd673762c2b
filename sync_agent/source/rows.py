"""The shapes in which local records leave a source, and what every source must offer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, Protocol

__all__ = ["CaseRows", "Change", "Row", "Source", "SourceFile"]

Row = Mapping[str, object]
"""One row of a query: column name, in small letters, to value as the driver gave it."""


@dataclass(frozen=True, slots=True)
class Change:
    """A case that may have changed; `changed_at` is aware UTC, None when the source does not know."""

    case_key: str = field(repr=False)
    changed_at: datetime | None


@dataclass(frozen=True, slots=True)
class CaseRows:
    """All rows of one case, by the name of the query (part) that read them. Its repr shows not even the key."""

    case_key: str = field(repr=False)
    parts: Mapping[str, Sequence[Row]] = field(repr=False)


class SourceFile(NamedTuple):
    """A file, or one sheet of it, that is read as a table. `encoding` and `delimiter` are those of a text file."""

    table: str
    file: str
    rows: int
    encoding: str
    delimiter: str


class Source(Protocol):
    """A local system that can be read. Every method may raise SourceError."""

    source_id: str

    def now(self) -> datetime:
        """Return the source's own clock, aware UTC."""
        ...

    def changes(self, since: datetime | None, *, after: str = "", limit: int = 500) -> list[Change]:
        """Return the next `limit` cases with key above `after`, by key; `since` None means every case.

        A row whose change time is unknown always counts as changed.
        """
        ...

    def read(self, keys: Sequence[str]) -> dict[str, CaseRows]:
        """Return the rows of these cases, one query per part; a case that is gone is absent."""
        ...

    def probe(self) -> list[str]:
        """Try every query without reading a case; return their names, raise at the first that fails."""
        ...

    def may_write(self) -> bool:
        """Return whether the account could change the local system, which the agent never does."""
        ...

    def files(self) -> list[SourceFile]:
        """Return the files that were read as tables; none where the source is a database."""
        ...

    def close(self) -> None:
        """Let go of the connection."""
        ...
