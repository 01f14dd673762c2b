"""How often a sign-in may be tried: each failure beyond a few makes the next wait longer, by account and by origin.

A name nobody has is counted like any other. An account waits a minute at most, so that nobody can lock its owner out.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

__all__ = ["Throttle"]

_MOST_KEPT: Final = 10_000
_FORGOTTEN: Final = 3600.0  # seconds after the last try


@dataclass(slots=True)
class _Tries:
    number: int = 0
    at: float = 0.0
    free_at: float = 0.0


class Throttle:
    """Counts the tries of one kind of name. The first `free` cost nothing, then the wait doubles up to `longest`."""

    def __init__(self, free: int, longest: float, now: Callable[[], float] = time.monotonic) -> None:
        self._free, self._longest, self._now = free, longest, now
        self._tries: OrderedDict[str, _Tries] = OrderedDict()

    def wait(self, name: str) -> float:
        """Return how many seconds must pass before the next try."""
        tries = self._tries.get(name)
        return max(0.0, tries.free_at - self._now()) if tries else 0.0

    def count(self, name: str) -> None:
        """Count a try before it is made, so that many at once are no way around it."""
        now, tries = self._now(), self._tries.pop(name, None)
        if tries is None or now - tries.at > _FORGOTTEN:
            tries = _Tries()
        tries.number, tries.at = tries.number + 1, now
        over = min(tries.number - self._free, 20)
        tries.free_at = now + (min(2.0**over, self._longest) if over > 0 else 0.0)
        self._tries[name] = tries
        while len(self._tries) > _MOST_KEPT:
            self._tries.popitem(last=False)

    def forget(self, name: str) -> None:
        """Forget the tries: the last one was right."""
        self._tries.pop(name, None)
