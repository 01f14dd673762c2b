"""Decides how the service's state is kept: one SQLite file, one writer, a transaction per request.

Write-ahead logging without waiting for the disk: a killed process loses nothing it answered, a power cut may.
"""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path

from sync_agent.errors import ConfigError

__all__ = ["Store"]

_VERSION = 1
_BUSY_SECONDS = 30


@dataclass(slots=True)
class Store:
    """The open database of one simulator; raises ConfigError when `path` cannot be one."""

    path: Path
    _connection: sqlite3.Connection = field(init=False, repr=False)
    _writer: threading.Lock = field(init=False, repr=False, default_factory=threading.Lock)

    def __post_init__(self) -> None:
        try:
            self._connection = _opened(self.path)
        except sqlite3.Error as error:
            raise ConfigError(
                "the simulator's database '{path}' cannot be opened: {reason}",
                where="--db",
                todo="name a file in a folder that exists and can be written to",
                facts=(("path", str(self.path)), ("reason", str(error))),
            ) from error

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Yield the connection inside one write transaction, alone among all threads and processes."""
        with self._writer, self._connection:  # which commits, or rolls back what failed
            self._connection.execute("BEGIN IMMEDIATE")
            yield self._connection

    def close(self) -> None:
        """Close the database; what was committed stays."""
        with self._writer:
            self._connection.close()


def _opened(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        _refuse_others(connection)
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = OFF")
        schema = resources.files(__package__).joinpath("schema.sql").read_text(encoding="utf-8")
        connection.executescript(f"BEGIN IMMEDIATE; {schema} PRAGMA user_version = {_VERSION}; COMMIT;")
    except BaseException:
        connection.close()
        raise
    return connection


def _refuse_others(connection: sqlite3.Connection) -> None:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version != _VERSION and connection.execute("SELECT 1 FROM sqlite_master").fetchone() is not None:
        raise sqlite3.DatabaseError("it is not a database of this simulator")
