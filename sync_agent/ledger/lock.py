"""One instance per ledger: a lock file beside a SQLite ledger, a lock of a session of its own in PostgreSQL.

Either is free again when its holder's process has ended, however it ended.
"""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from sync_agent.errors import LedgerError, LockedError
from sync_agent.ledger import postgres
from sync_agent.ledger.engine import on_server
from sync_agent.ledger.quiet import place_of, told

__all__ = ["exclusive", "is_held"]

_FILE = "ledger.lock"

_POLL_SECONDS = 0.2


@contextmanager
def exclusive(state: Path, engine: Engine, *, wait_seconds: float = 0) -> Iterator[None]:
    """Hold the ledger of `engine` for this process; `state` is its state folder.

    Raises LockedError when another still holds it after `wait_seconds`.
    """
    held = _session(engine, wait_seconds) if on_server(engine.url) else _file(state / _FILE, wait_seconds)
    with held:
        yield


def is_held(state: Path, engine: Engine) -> bool:
    """Tell whether a service or a command holds the ledger. Makes no lock file.

    Raises LedgerError when this account cannot tell.
    """
    if not on_server(engine.url) and not (state / _FILE).exists():
        return False
    try:
        with exclusive(state, engine):
            return False
    except LockedError:
        return True


@contextmanager
def _file(path: Path, wait_seconds: float) -> Iterator[None]:
    lock = FileLock(path)
    try:
        lock.acquire(timeout=wait_seconds)
    except Timeout:
        raise _held(str(path)) from None
    except OSError as error:
        raise LedgerError(
            "the lock file cannot be written ({reason})",
            where=str(path),
            todo="check that the folder exists, is writable and has free space",
            facts=(("reason", error.strerror or "error"),),
        ) from None
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _session(engine: Engine, wait_seconds: float) -> Iterator[None]:
    own = postgres.open_session(engine)
    with ExitStack() as opened:
        opened.callback(own.dispose)
        with told(own):
            session = opened.enter_context(own.connect())
            _wait_for(session, time.monotonic() + wait_seconds)
        try:
            yield
        finally:
            # A session that ended gave the lock back: whoever took it then has raised the epoch, which stops us.
            with suppress(DBAPIError):
                postgres.give_back(session)


def _wait_for(session: Connection, until: float) -> None:
    while not postgres.take(session):
        left = until - time.monotonic()
        if left <= 0:
            raise _held(place_of(session.engine.url))
        time.sleep(min(_POLL_SECONDS, left))


def _held(where: str) -> LockedError:
    return LockedError("another instance holds the ledger", where=where, todo="wait for it to end, or stop it")
