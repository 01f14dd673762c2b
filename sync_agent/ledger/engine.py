"""How the ledger's database is opened: durable, one writer at a time, silent about parameters."""

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import StaticPool

from sync_agent.errors import LedgerError

__all__ = ["WRITE", "copy_in_memory", "ledger_problem", "open_engine", "told"]

WRITE = "ledger_write"
"""Execution option of a connection that will write: its transaction takes the write lock at once."""

_BUSY_MS = 30_000
_LOGGED_AS = "ledger"


def open_engine(url: str, *, create: bool) -> Engine:
    """Open the ledger at `url`; `sqlite://` is an empty one in memory.

    Raises LedgerError when it is missing (and not to be created) or not writable.
    """
    parsed = _parsed(url)
    if not parsed.database:
        return _prepare(_silent(parsed, poolclass=StaticPool))
    path = Path(parsed.database)
    if not path.exists():
        if not create:
            raise LedgerError("there is no ledger yet", where=str(path), todo="make it with: sync-agent db upgrade")
        _make_folder(path.parent)
        with suppress(OSError):  # SQLite tells what is wrong when it opens the file
            path.touch(mode=0o600)  # the secrets of the cases are in it
    return _prepare(_silent(parsed))


def _silent(url: URL | str, **options: Any) -> Engine:
    """Make an engine that neither quotes parameters in its errors nor logs rows, whatever level is asked of it."""
    logging.getLogger(f"sqlalchemy.engine.Engine.{_LOGGED_AS}").setLevel(logging.WARNING)
    return create_engine(url, hide_parameters=True, logging_name=_LOGGED_AS, **options)


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        parsed = None
    if parsed is None or parsed.get_backend_name() != "sqlite":
        raise LedgerError(
            "the ledger can only be kept in SQLite here", where="agent.ledger_url", todo="write sqlite:///path"
        )
    return parsed


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise LedgerError(
            "the folder of the ledger cannot be made ({reason})",
            where=str(folder),
            facts=(("reason", error.strerror or "error"),),
        ) from None


def copy_in_memory(engine: Engine) -> Engine:
    """Return a copy of a SQLite ledger in memory: what is rehearsed on it leaves no trace."""
    memory = _prepare(_silent("sqlite://", poolclass=StaticPool))
    with told(engine), engine.connect() as source, memory.connect() as target:
        _sqlite(source).backup(_sqlite(target))
    return memory


def _sqlite(connection: Connection) -> sqlite3.Connection:
    driver = connection.connection.driver_connection
    if not isinstance(driver, sqlite3.Connection):
        raise TypeError("not a SQLite connection")
    return driver


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


@contextmanager
def told(engine: Engine) -> Iterator[None]:
    """Turn what the driver raises inside the block into LedgerError."""
    try:
        yield
    except DBAPIError as error:
        raise ledger_problem(error, str(engine.url.database or "ledger")) from None


def ledger_problem(error: DBAPIError, where: str) -> LedgerError:
    """Turn a driver's error into one line; its text may quote parameters and is dropped."""
    kind = getattr(error.orig, "sqlite_errorname", None) or type(error.orig).__name__
    return LedgerError(
        "the ledger cannot be used ({kind})",
        where=where,
        todo="check free space, permissions and the database's own log",
        facts=(("kind", kind),),
    )
