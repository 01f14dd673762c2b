"""Decides when the log is told that tasks were not done when they were due: at once, then once an hour with how often.

The scheduler notices in threads of its own; only the main thread of the service writes.
"""

import threading
from collections import Counter
from datetime import datetime, timedelta
from typing import Final

from sync_agent.audit import Event
from sync_agent.ledger import Ledger
from sync_agent.service.schedule import Disturbance
from sync_agent.service.state import ServiceState

__all__ = ["Disturbances"]

_EVERY: Final = timedelta(hours=1)


class Disturbances:
    """Those that are not recorded yet; all of them are counted in `state` at once."""

    def __init__(self, state: ServiceState) -> None:
        self._state = state
        self._lock = threading.Lock()
        self._open: Counter[tuple[str, Disturbance]] = Counter()
        self._recorded: dict[tuple[str, Disturbance], datetime] = {}

    def hear(self, job: str, how: Disturbance) -> None:
        """Count one; called in any thread."""
        with self._lock:
            self._open[job, how] += 1
            self._state.jobs_failed[f"{job}.{how}"] += 1

    def record(self, ledger: Ledger) -> None:
        """Record those whose kind was not recorded within the hour."""
        now = ledger.clock() if self._open else None
        due = {} if now is None else self._take(now)
        if not due:
            return
        with ledger.write() as tx:
            for (job, how), times in due.items():
                tx.record(Event.SCHEDULE_DISTURBED, new_state=how.value, reason=job, counts={"times": times})

    def _take(self, now: datetime) -> dict[tuple[str, Disturbance], int]:
        with self._lock:
            due = {
                kind: times
                for kind, times in self._open.items()
                if kind not in self._recorded or now - self._recorded[kind] >= _EVERY
            }
            for kind in due:
                del self._open[kind]
                self._recorded[kind] = now
        return due
