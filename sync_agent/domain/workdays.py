"""Decides which days are worked in Việt Nam: the law's holidays, as a package knows them, and what the settings add.

Days off and days worked instead are announced each year, some of them late: a day of the settings goes before all.
"""

from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Final

from sync_agent.domain.deadlines import WeekdayCalendar

__all__ = ["VietnamCalendar"]

_SATURDAY: Final = 5


@dataclass(frozen=True, slots=True)
class VietnamCalendar(WeekdayCalendar):
    """Monday to Friday without public holidays; `holidays` are more days off, `worked` days worked all the same."""

    def is_working(self, day: date) -> bool:
        """Tell whether `day` is worked."""
        if day in self.worked or day in self.holidays:
            return day in self.worked
        off, instead = _public(day.year)
        return day in instead or (day.weekday() < _SATURDAY and day not in off)


@cache
def _public(year: int) -> tuple[frozenset[date], frozenset[date]]:
    """Return the public holidays of a year and the weekend days that were worked for one of them."""
    from holidays.countries.vietnam import Vietnam  # noqa: PLC0415 - it takes its time: not before a day is asked for

    known = Vietnam(years=year)  # type: ignore[no-untyped-call]
    return frozenset(known), frozenset(known.weekend_workdays)
