"""Decides how often something slow is asked, and how long anyone waits for its answer: who watches never disturbs."""

import threading
import time
from collections.abc import Callable
from typing import Final, Generic, TypeVar

from sync_agent.errors import SyncAgentError

__all__ = ["Reading"]

T = TypeVar("T")

_REST: Final = 20
"""How many times as long as it took it is left in peace: an answer that takes a second is not asked for each ten."""

_STALE: Final = 6
"""How many times as old as usual an answer may be that is given while another is waited for."""


class Reading(Generic[T]):
    """What `read` said last, at most about `keep` seconds old; nobody waits longer than `patience` seconds.

    It is read in one thread, however many ask; one that hangs is not joined by another. Safe to share between threads.
    """

    def __init__(
        self,
        read: Callable[[], T],
        *,
        keep: float,
        patience: float,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._read, self._keep, self._patience, self._steady = read, keep, patience, steady
        self._lock = threading.Lock()
        self._answered = threading.Event()
        self._answered.set()
        self._due = steady()
        self._last: tuple[float, T] | None = None  # None: it could not be read

    def latest(self) -> T | None:
        """Return the answer, None while there is none: it could not be read, or not in time."""
        with self._lock:
            if self._answered.is_set() and self._steady() >= self._due:
                self._answered.clear()
                threading.Thread(target=self._ask, name="reading", daemon=True).start()
        in_time, last = self._answered.wait(self._patience), self._last
        if last is None or (not in_time and self._steady() - last[0] > _STALE * self._keep):
            return None
        return last[1]

    def _ask(self) -> None:
        begin = self._steady()
        try:
            self._last = (begin, self._read())
        except (SyncAgentError, OSError):
            self._last = None
        finally:
            end = self._steady()
            self._due = end + max(self._keep, _REST * (end - begin))
            self._answered.set()
