"""A copy of the ledger while it is in use: one moment of it, whole, checked by opening it. Never over another file.

It has its name only when it was checked: what a killed process leaves is never taken for a backup.
"""

import errno
import os
import re
import shutil
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import Engine

from sync_agent.audit import Event, Frontier, Head, head
from sync_agent.durable import make_durable, put_if_absent, sync_folder
from sync_agent.errors import LedgerError
from sync_agent.ledger import migrate, sqlite
from sync_agent.ledger.engine import on_server
from sync_agent.ledger.quiet import place_of, told
from sync_agent.ledger.store import Ledger

__all__ = ["back_up", "back_up_into", "copy_before_upgrade"]

_PAGES: Final = 1000  # copied at a time: 4 MB
_STAMP: Final = "%Y%m%dT%H%M%SZ"
_OURS: Final = re.compile(r"ledger-[0-9]{8}T[0-9]{6}Z\.db", re.ASCII)
_LEFT: Final = ".ledger-*.part*"
_ROOM: Final = 2
"""So many times its size must be free before it is copied: as much again is left for the ledger to grow."""


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
    copied = _copy_checked(engine, path, migrate.HEAD)
    with ledger.write(actor=actor) as tx:
        tx.record(Event.BACKED_UP, head_size=copied.size, head_root=copied.root.hex())
    return copied


def back_up_into(ledger: Ledger, folder: Path, *, keep: int, actor: str) -> Path:
    """Copy the ledger to a file of the folder, named by the time; of all such files the newest stay, `keep` of them.

    Raises LedgerError; then every earlier one stays.
    """
    path = folder / f"ledger-{ledger.clock():{_STAMP}}.db"
    try:
        for left in folder.glob(_LEFT):  # by a process that was killed; only one at a time holds the ledger
            left.unlink(missing_ok=True)
        back_up(ledger, path, actor=actor)
        _forget(path, keep)
    except OSError as error:
        raise _unwritable(path, error) from None
    return path


def copy_before_upgrade(engine: Engine, folder: Path, revision: str, now: datetime) -> Path:
    """Copy a ledger of an earlier schema into the folder before it is changed, checked as any. Raises LedgerError."""
    path = folder / f"ledger-{revision}-{now:{_STAMP}}.db"
    _copy_checked(engine, path, revision)
    return path


def _copy_checked(engine: Engine, path: Path, revision: str) -> Head:
    """Copy what is there now to a new file, and see that it is whole before it gets its name."""
    part = path.with_name(f".{path.name}.part")
    _require_place(engine, path)
    _make(part, path)
    try:
        copied = _copy(engine, part)
        _check(part, revision, copied)
        put_if_absent(part, path)
        sync_folder(path.parent)
    except OSError as error:
        raise _unwritable(path, error) from None
    finally:
        for leftover in sqlite.leftovers(part):
            leftover.unlink(missing_ok=True)
    return copied


def _require_place(engine: Engine, path: Path) -> None:
    """Raise LedgerError when there is such a file, no such folder, or not enough free space."""
    with told(engine), engine.connect() as connection:
        needed = _ROOM * sqlite.size_of(connection)
    try:
        if path.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
        free = shutil.disk_usage(path.parent).free
    except OSError as error:
        raise _unwritable(path, error) from None
    if free < needed:
        facts = (("free", str(free // 1_000_000)), ("needed", str(needed // 1_000_000)))
        raise LedgerError(
            "too little free space for a backup: {free} MB, {needed} MB are needed",
            where=str(path.parent),
            todo="make room there, or name another folder",
            facts=facts,
        )


def _make(part: Path, path: Path) -> None:
    try:
        part.unlink(missing_ok=True)  # what a killed process left
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))  # the secrets of the cases are in it
    except OSError as error:
        raise _unwritable(path, error) from None


def _unwritable(path: Path, error: OSError) -> LedgerError:
    return LedgerError(
        "the file of the backup cannot be made ({reason})",
        where=str(path),
        todo="name a new file in a folder that exists",
        facts=(("reason", error.strerror or "error"),),
    )


def _copy(engine: Engine, part: Path) -> Head:
    with told(engine), engine.connect() as source:
        copied = head(source)  # from here on it reads one moment
        try:
            with closing(sqlite3.connect(part, isolation_level=None)) as target:
                sqlite.driver_of(source).backup(target, pages=_PAGES)
                target.execute("PRAGMA journal_mode = DELETE")  # one file, nothing beside it
            make_durable(part)
        except (sqlite3.Error, OSError) as error:
            raise _failed(part, type(error).__name__) from None
    return copied


def _check(part: Path, revision: str, copied: Head) -> None:
    """Raise LedgerError unless the copy opens, is whole, has the head of the ledger and is at the schema wanted."""
    try:
        with closing(sqlite3.connect(f"{part.resolve().as_uri()}?mode=ro", uri=True)) as copy:
            found = copy.execute("PRAGMA integrity_check").fetchone()
            at = copy.execute("SELECT version_num FROM alembic_version").fetchone()
            tree = copy.execute("SELECT size, frontier FROM audit_tree").fetchone() or (0, b"")
            (entries,) = copy.execute("SELECT count(*) FROM audit_leaf").fetchone()
    except sqlite3.Error as error:
        raise _failed(part, type(error).__name__) from None
    there = Frontier.from_bytes(*tree).head()
    if (found, at, there, entries) != (("ok",), (revision,), copied, copied.size):
        raise _failed(part, "integrity_check")


def _forget(newest: Path, keep: int) -> None:
    """Remove the oldest, never the one just made, whatever the clock says of it."""
    others = sorted(each for each in newest.parent.iterdir() if _OURS.fullmatch(each.name) and each != newest)
    for old in others[: max(len(others) + 1 - keep, 0)]:
        old.unlink(missing_ok=True)


def _failed(part: Path, reason: str) -> LedgerError:
    return LedgerError(
        "the backup failed ({reason})",
        where=str(part.parent),
        todo="check free space and permissions",
        facts=(("reason", reason),),
    )
