"""One instance per ledger: a lock file beside a SQLite ledger."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from sync_agent.errors import LedgerError, LockedError

__all__ = ["exclusive"]


@contextmanager
def exclusive(state: Path, *, wait_seconds: float = 0) -> Iterator[None]:
    """Hold the ledger for this process. Raises LockedError when another holds it."""
    path = state / "ledger.lock"
    lock = FileLock(path)
    try:
        lock.acquire(timeout=wait_seconds)
    except Timeout:
        raise LockedError(
            "another instance holds the ledger", where=str(path), todo="wait for it to end, or stop it"
        ) from None
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
