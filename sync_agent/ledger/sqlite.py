"""How a ledger in a SQLite file is opened: durable, one writer at a time, private to its owner."""

import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from typing import Final

from sqlalchemy import URL, Connection, Engine, event, make_url
from sqlalchemy.pool import StaticPool

from sync_agent.errors import LedgerError
from sync_agent.ledger.quiet import WRITE, silent_engine

__all__ = ["driver_of", "file_of", "leftovers", "memory", "open_file", "size_of", "tidy"]

_BUSY_MS = 30_000
_BESIDE = ("-wal", "-shm", "-journal")
"""Files SQLite keeps beside a database while it is open."""

_SIZE: Final = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"

_ANALYSED: Final = 400
"""Rows of an index that are looked at for how it is best used: enough for that, and soon done."""

_WASTE: Final = 0.25
_WASTED: Final = 16_000_000
_SHORT: Final = 32_000_000
"""A file is written anew when so large a share and so many bytes of it are free, and no more than this is not: it is
done at once, and in memory. What is free in a larger one is used again as it grows."""


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


def size_of(connection: Connection) -> int:
    """Return how many bytes a ledger has."""
    return int(connection.exec_driver_sql(_SIZE).scalar_one())


def tidy(engine: Engine) -> int:
    """Have the database know its indexes, empty the file beside it, and give back what is free where that is soon done.

    Returns the bytes given back. Raises LedgerError.
    """
    with closing(engine.raw_connection()) as raw:
        driver = raw.driver_connection
        if not isinstance(driver, sqlite3.Connection):
            raise TypeError("not a SQLite connection")
        try:
            return _tidied(driver)
        except sqlite3.Error as error:
            facts = (("kind", getattr(error, "sqlite_errorname", type(error).__name__)),)
            todo = "check free space, permissions and the database's own log"
            where = str(engine.url.database)
            raise LedgerError("the ledger cannot be used ({kind})", where=where, todo=todo, facts=facts) from None


def _tidied(driver: sqlite3.Connection) -> int:
    driver.execute(f"PRAGMA analysis_limit = {_ANALYSED}")
    driver.execute("PRAGMA optimize")
    before, free = _pages(driver)
    if _is_worth_it(before, free):
        driver.execute("PRAGMA temp_store = MEMORY")  # no copy of the ledger in a folder of temporary files
        driver.execute("VACUUM")
    driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return before - _pages(driver)[0]


def _is_worth_it(size: int, free: int) -> bool:
    return free >= max(_WASTED, size * _WASTE) and size - free <= _SHORT


def _pages(driver: sqlite3.Connection) -> tuple[int, int]:
    """Return the size of the file and how much of it is free, in bytes."""
    said = (driver.execute(f"PRAGMA {what}").fetchone()[0] for what in ("page_size", "page_count", "freelist_count"))
    page, pages, free = map(int, said)
    return page * pages, page * free


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
