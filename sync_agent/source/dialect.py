"""What a kind of database must tell so that it can be read: its SQL, its driver, its session, its errors."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.engine import URL
from sqlalchemy.types import TypeEngine

from sync_agent.source.problems import Problem
from sync_agent.source.tables import TableFiles

__all__ = ["Dialect", "Session"]


@dataclass(frozen=True, slots=True)
class Session:
    """What every transaction is opened with: the longest a statement may take, in seconds, and the zone of times.

    `tables` are those that a folder of files is read as. `writes`: for the one statement that tells the local system
    what was acknowledged; every other session only reads.
    """

    seconds: int
    zone: ZoneInfo
    tables: Mapping[str, TableFiles] = field(default_factory=dict)
    writes: bool = False


def _nothing(_connection: Any) -> None:
    """Leave a new connection as it is."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """One kind of database.

    `page` is the query of one page of changes around the profile's own `{changes}`. It takes `:after`, `:floor` (local
    time as text, '' for every case) and `:limit`, and returns `case_key` in an order of bytes, in which no two keys
    that differ are equal, and `changed_at` as `YYYY-MM-DD HH:MM:SS` of the zone: NULL when it is missing, unreadable
    or before 1900, the end of the day when it is midnight or has no time.
    """

    page: str
    clock: str
    """Query for the database's own clock, as UTC."""
    may_write: str
    """Query for one truth value: the account could write in this database. '' where no account decides that."""
    readable: str
    """Query for the names of all tables and views that the account may read. '' where no account decides that."""
    earliest: tuple[Any, Any]
    """`:since` and `:since_day` of a full read, below every real value. When not text, other times are bound so too."""
    options: Callable[[URL, Session], dict[str, Any]]
    """What the engine is made with besides the address."""
    opening: Callable[[Session], tuple[str, ...]]
    """The statements that begin a transaction which is read-only and one snapshot, or one in which may be written."""
    problem: Callable[[BaseException], Problem]
    """Tells what an error of the driver means."""
    connect: Callable[..., Any] | None = None
    """Makes a connection of the driver from the driver's own arguments; None: as the driver does."""
    prepare: Callable[[Any], None] = _nothing
    """Sets up a new connection of the driver."""
    types: Mapping[str, TypeEngine[Any]] = field(default_factory=dict)
    """Types of `:since` and `:since_day`, where the database must be told."""
    key_encoding: str = ""
    """How a key that comes as bytes is read."""
    most_parameters: int = 30_000
    """How many parameters one query may have."""
    inventory: str = ""
    """Query for the files behind the tables: table, file, rows, encoding, delimiter. '' where there are none."""
