"""Decides until when messages may leave: inside the hours of the settings, on no day that is closed."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sync_agent.domain.deadlines import Calendar
from sync_agent.settings import ServiceSection

__all__ = ["ZONE", "SendingTimes"]

ZONE: Final = ZoneInfo("Asia/Ho_Chi_Minh")
"""Hours and days of the settings are Viet Nam's."""

_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class SendingTimes:
    """Hours of the day from and to (beyond midnight where `to` is not later), none: all; and the days without any."""

    hours: tuple[tuple[time, time], ...] = ()
    closed: frozenset[date] = frozenset()
    calendar: Calendar | None = None  # given: only working days

    @classmethod
    def of(cls, settings: ServiceSection, calendar: Calendar) -> "SendingTimes":
        """Return the times of the settings."""
        hours = tuple(_window(text) for text in settings.send_between)
        return cls(hours, frozenset(settings.closed_days), calendar if settings.send_days == "working" else None)

    def until(self, now: datetime) -> datetime | None:
        """Return when sending ends that is allowed now: `now` when it is not allowed, None when no end is in sight.

        It may be allowed again right after: then the next pass goes on.
        """
        local = now.astimezone(ZONE)
        if not self._is_open(local.date()):
            return now
        ends = [] if self._is_open(local.date() + _DAY) else [_at(local.date() + _DAY, time())]
        if self.hours:
            ends += [end for start, close in self.hours if (end := _end(local, start, close)) is not None] or [now]
        return min(ends, default=None)

    def _is_open(self, day: date) -> bool:
        worked = self.calendar is None or self.calendar.add_working_days(day - _DAY, 1) == day
        return worked and day not in self.closed


def _window(text: str) -> tuple[time, time]:
    start, _, end = text.partition("-")
    return time.fromisoformat(start), time.fromisoformat(end)


def _end(local: datetime, start: time, close: time) -> datetime | None:
    """Return the end of the window around `local`, None outside it."""
    now = local.time()
    if start < close:
        return _at(local.date(), close) if start <= now < close else None
    if now >= start:
        return _at(local.date() + _DAY, close)
    return _at(local.date(), close) if now < close else None


def _at(day: date, moment: time) -> datetime:
    return datetime.combine(day, moment, ZONE)
