"""How a ledger in a SQLite file is opened: durable, one writer at a time, private to its owner."""

import sqlite3
from contextlib import suppress
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, event, make_url
from sqlalchemy.pool import StaticPool

from sync_agent.errors import LedgerError
from sync_agent.ledger.quiet import WRITE, silent_engine

__all__ = ["driver_of", "file_of", "leftovers", "memory", "open_file"]

_BUSY_MS = 30_000
_BESIDE = ("-wal", "-shm", "-journal")
"""Files SQLite keeps beside a database while it is open."""


def file_of(url: URL) -> Path | None:
    """Return the file of a ledger, None for one in memory."""
    return Path(url.database) if url.database else None


def driver_of(connection: Connection) -> sqlite3.Connection:
    """Return the driver's own connection."""
    driver = connection.connection.driver_connection
    if not isinstance(driver, sqlite3.Connection):
        raise TypeError("not a SQLite connection")
    return driver


def leftovers(path: Path) -> list[Path]:
    """Return every file that belongs to the ledger at `path`."""
    return [path, *(path.with_name(path.name + end) for end in _BESIDE)]


def memory() -> Engine:
    """Open an empty ledger in memory."""
    return _prepare(silent_engine(make_url("sqlite://"), poolclass=StaticPool))


def open_file(url: URL, *, create: bool) -> Engine:
    """Open the file of a ledger. Raises LedgerError when it is missing and not to be created, or cannot be."""
    path = Path(str(url.database))
    if not path.exists():
        if not create:
            raise LedgerError("there is no ledger yet", where=str(path), todo="make it with: sync-agent db upgrade")
        _make_folder(path.parent)
        with suppress(OSError):  # SQLite tells what is wrong when it opens the file
            path.touch(mode=0o600)  # the secrets of the cases are in it
    return _prepare(silent_engine(url))


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise LedgerError(
            "the folder of the ledger cannot be made ({reason})",
            where=str(folder),
            facts=(("reason", error.strerror or "error"),),
        ) from None


def _prepare(engine: Engine) -> Engine:
    @event.listens_for(engine, "connect")
    def _configure(connection: sqlite3.Connection, _record: object) -> None:
        # SQLAlchemy begins transactions itself, below: the driver's own deferred BEGIN fails on read-then-write.
        connection.isolation_level = None
        connection.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA secure_delete = ON")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get(WRITE, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine
