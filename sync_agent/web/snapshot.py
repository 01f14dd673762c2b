"""Decides how fresh the figures of the overview are: counted anew when the log has grown, never while somebody waits.

To count a large ledger takes seconds. So it is counted beside the pages, one count at a time, and a page says as of
when its figures are.
"""

import threading
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from sync_agent.audit import head
from sync_agent.ledger import CaseCell, Cell, HoldCell, count_cases, count_holds, count_messages
from sync_agent.web.front import Desk

__all__ = ["Figures", "Snapshot"]

_ZONE: Final = ZoneInfo("Asia/Ho_Chi_Minh")
_PATIENCE: Final = 0.12
"""Seconds a page waits for a count: enough for a small ledger."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What was counted, when, and with how many entries in the log."""

    counted_at: datetime
    size: int
    today: str
    messages: list[Cell]
    cases: list[CaseCell]
    holds: list[HoldCell]


class Snapshot:
    """The newest figures of a desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._lock = threading.Lock()
        self._newest: Figures | None = None
        self._counting: threading.Thread | None = None
        self._failure: Exception | None = None

    def figures(self, patience: float = _PATIENCE) -> Figures | None:
        """Return the newest figures there are, None while the first are being counted.

        Raises what the last count failed with.
        """
        with self._desk.ledger.read() as connection:
            size = head(connection).size
        newest, today = self._newest, self.today()
        if newest is not None and (newest.size, newest.today) == (size, today):
            return newest
        self._begin().join(patience)
        if self._failure is not None and self._newest is newest:
            raise self._failure
        return self._newest

    def today(self) -> str:
        """Return the day in Viet Nam, ISO."""
        return self._desk.ledger.clock().astimezone(_ZONE).date().isoformat()

    def _begin(self) -> threading.Thread:
        with self._lock:
            if self._counting is None or not self._counting.is_alive():
                self._counting = threading.Thread(target=self._count, name="count", daemon=True)
                self._counting.start()
            return self._counting

    def _count(self) -> None:
        ledger, today = self._desk.ledger, self.today()
        try:
            with ledger.read() as connection:
                size = head(connection).size
                messages = count_messages(connection, ledger.source_id, today)
                cases = count_cases(connection, ledger.source_id)
                holds = count_holds(connection, ledger.source_id)
        except Exception as error:  # noqa: BLE001 - raised where the page waits
            self._failure = error
        else:
            self._newest, self._failure = Figures(ledger.clock(), size, today, messages, cases, holds), None
