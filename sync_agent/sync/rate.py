"""Decides when a message may leave so that no account sends faster than its agency agreed on: a bucket of tokens.

A case that must wait is set aside before its intent is written, so that it keeps no worker busy and is never in doubt
for having waited.
"""

import time
from collections import deque
from collections.abc import Callable

from sync_agent.sync.observe import Observed

__all__ = ["Pace"]


class Pace:
    """One bucket for each account: `rate` tokens a second (0: no limit), at most `burst` of them saved up."""

    def __init__(self, rate: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._burst = burst
        self._clock = clock
        self._buckets: dict[str, tuple[float, float]] = {}  # tokens at an instant
        self._parked: deque[tuple[str, Observed]] = deque()

    def take(self, account: str) -> bool:
        """Take a token if there is one."""
        if not self._rate:
            return True
        tokens = self._tokens(account)
        if tokens < 1:
            return False
        self._buckets[account] = tokens - 1, self._clock()
        return True

    def park(self, account: str, observed: Observed) -> None:
        """Keep a case until its account has a token."""
        self._parked.append((account, observed))

    def ready(self) -> list[Observed]:
        """Return the cases whose account may send again, in their order; the others stay parked."""
        there = {account for account, _ in self._parked if self.seconds(account) == 0}
        found = [observed for account, observed in self._parked if account in there]
        self._parked = deque(each for each in self._parked if each[0] not in there)
        return found

    @property
    def busy(self) -> bool:
        """Tell whether a case waits here."""
        return bool(self._parked)

    @property
    def wait(self) -> float | None:
        """Return in how many seconds the next parked case may go, None where none is parked."""
        return min((self.seconds(account) for account in {account for account, _ in self._parked}), default=None)

    def seconds(self, account: str) -> float:
        """Return in how many seconds an account has a token."""
        return max(0.0, (1 - self._tokens(account)) / self._rate) if self._rate else 0.0

    def clear(self) -> None:
        """Forget what waits."""
        self._parked.clear()

    def _tokens(self, account: str) -> float:
        now = self._clock()
        tokens, since = self._buckets.get(account, (float(self._burst), now))
        return min(tokens + (now - since) * self._rate, float(self._burst))
