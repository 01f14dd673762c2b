"""Decides which days a report covers: every period is cut on the 14th of its last month (TT 01/2024/TT-TTCP)."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

__all__ = ["Period"]

_NAME: Final = re.compile(r"(\d{4})(?:-(Q[1-4]|H1|9M))?", re.ASCII)
_MONTHS: Final = {  # first and last month; month 0 is December of the year before
    "Q1": (0, 3),
    "Q2": (3, 6),
    "Q3": (6, 9),
    "Q4": (9, 12),
    "H1": (0, 6),
    "9M": (0, 9),
    "": (0, 12),
}
_FIRST_DAY: Final = 15
_LAST_DAY: Final = 14


@dataclass(frozen=True, slots=True)
class Period:
    """A reporting period; `start` and `end` both belong to it."""

    name: str
    start: date
    end: date

    @classmethod
    def parse(cls, text: str) -> "Period":
        """Return the period `2026-Q1`, `2026-H1` (six months), `2026-9M` or `2026`. Raises ValueError."""
        name = text.strip().upper()
        match = _NAME.fullmatch(name)
        if match is None or int(match[1]) <= 1:
            raise ValueError("a period is written 2026-Q1, 2026-H1, 2026-9M or 2026")
        year, (first, last) = int(match[1]), _MONTHS[match[2] or ""]
        start = date(year, first, _FIRST_DAY) if first else date(year - 1, 12, _FIRST_DAY)
        return cls(name, start, date(year, last, _LAST_DAY))

    def months(self) -> list["Period"]:
        """Return its months, each cut on the 14th as well and named by the month it ends in: `2026-01`."""
        months, end = [], self.end
        while end > self.start:
            before = date(end.year, end.month - 1, _LAST_DAY) if end.month > 1 else date(end.year - 1, 12, _LAST_DAY)
            months.append(Period(f"{end:%Y-%m}", before + timedelta(days=1), end))
            end = before
        return months[::-1]

    def __contains__(self, day: date) -> bool:
        return self.start <= day <= self.end
