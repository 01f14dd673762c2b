"""Decides what is recorded of passes that change and send nothing: together, at most once an hour, what they read.

A service makes one each minute; an entry for each would bury those that say something.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sync_agent.audit import Event, Range, instant
from sync_agent.ledger import Ledger, end_run, start_run
from sync_agent.sync.scan import ScanReport

__all__ = ["EmptyPasses", "is_empty", "range_of"]

_EVERY: Final = timedelta(hours=1)
_MEANINGLESS: Final = frozenset({"read", "settling"})
"""Figures of a pass that only looked."""


@dataclass(slots=True)
class EmptyPasses:
    """Those since the last record of them, by one service."""

    _scans: list[ScanReport] = field(default_factory=list)
    _began: datetime | None = None

    def add(self, scanned: ScanReport | None, began: datetime) -> None:
        """Count one."""
        self._began = self._began or began
        if scanned is not None:
            self._scans.append(scanned)

    def record_due(self, ledger: Ledger) -> None:
        """Record them when the first is an hour old."""
        if self._began is not None and ledger.clock() - self._began >= _EVERY:
            self.record(ledger)

    def record(self, ledger: Ledger) -> None:
        """Record them now, if there were any."""
        if not self._scans:
            return
        counts = {"passes": len(self._scans), "read": sum(scan.read for scan in self._scans)}
        keys = hashlib.sha256("".join(scan.key_set for scan in self._scans).encode())
        with ledger.write() as tx:
            row = start_run(tx, "sync", at=self._began)
            tx.run = f"run-{row.id}"
            end_run(tx, row, "done", counts)
            read = range_of(self._scans[0], self._scans[-1])
            tx.record(Event.PASSES_EMPTY, counts=counts, range=read, set_digest=keys.hexdigest())
        self._scans, self._began = [], None


def is_empty(scanned: ScanReport | None, counts: Mapping[str, int]) -> bool:
    """Tell whether a pass that recorded nothing has nothing to tell either; a full scan always has."""
    only_looked = not any(number for name, number in counts.items() if name not in _MEANINGLESS)
    return only_looked and scanned is not None and not scanned.full


def range_of(first: ScanReport, last: ScanReport | None = None) -> Range:
    """Return what was read by a scan, or from a first to a last one."""
    since = instant(first.since) if first.since else None
    return Range(since=since, until=instant((last or first).until))
