"""A copy of the ledger while it is in use: one moment of it, whole, checked by opening it. Never over another file."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import Engine

from sync_agent.audit import Event, Head, head
from sync_agent.errors import LedgerError
from sync_agent.ledger import migrate, sqlite
from sync_agent.ledger.engine import on_server
from sync_agent.ledger.quiet import place_of, told
from sync_agent.ledger.store import Ledger

__all__ = ["back_up"]

_PAGES = 1000  # copied at a time: 4 MB


def back_up(ledger: Ledger, path: Path, *, actor: str) -> Head:
    """Copy the ledger to the new file `path`, private to its owner and safe on disk; return the head of the copy.

    Who writes meanwhile neither waits nor loses the ledger, and the copy does not begin anew. Raises LedgerError; of a
    copy that failed no file is left.
    """
    engine = ledger.engine
    if on_server(engine.url):
        raise LedgerError(
            "a ledger in PostgreSQL is backed up by the server's own tools",
            where=place_of(engine.url),
            todo="use pg_dump, and keep the installation key apart",
        )
    _make(path)
    try:
        copied = _copy(engine, path)
        _check(path)
    except BaseException:
        for leftover in sqlite.leftovers(path):
            leftover.unlink(missing_ok=True)
        raise
    with ledger.write(actor=actor) as tx:
        tx.record(Event.BACKED_UP, head_size=copied.size, head_root=copied.root.hex())
    return copied


def _make(path: Path) -> None:
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))  # the secrets of the cases are in it
    except OSError as error:
        raise LedgerError(
            "the file of the backup cannot be made ({reason})",
            where=str(path),
            todo="name a new file in a folder that exists",
            facts=(("reason", error.strerror or "error"),),
        ) from None


def _copy(engine: Engine, path: Path) -> Head:
    with told(engine), engine.connect() as source:
        copied = head(source)  # from here on it reads one moment
        try:
            with closing(sqlite3.connect(path, isolation_level=None)) as target:
                sqlite.driver_of(source).backup(target, pages=_PAGES)
                target.execute("PRAGMA journal_mode = DELETE")  # one file, nothing beside it
            _make_durable(path)
        except (sqlite3.Error, OSError) as error:
            raise _failed(path, type(error).__name__) from None
    return copied


def _check(path: Path) -> None:
    """Raise LedgerError unless the copy opens, is whole and at the schema of this agent."""
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as copy:
            found = copy.execute("PRAGMA integrity_check").fetchone()
            revision = copy.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.Error as error:
        raise _failed(path, type(error).__name__) from None
    if (found, revision) != (("ok",), (migrate.HEAD,)):
        raise _failed(path, "integrity_check")


def _make_durable(path: Path) -> None:
    for place in (path, path.parent):
        file = os.open(place, os.O_RDONLY)
        try:
            os.fsync(file)
        finally:
            os.close(file)


def _failed(path: Path, reason: str) -> LedgerError:
    return LedgerError(
        "the backup failed ({reason})",
        where=str(path),
        todo="check free space and permissions",
        facts=(("reason", reason),),
    )
