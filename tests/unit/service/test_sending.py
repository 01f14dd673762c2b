"""Until when messages may leave."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from sync_agent.domain.deadlines import WeekdayCalendar
from sync_agent.service import SendingTimes
from sync_agent.service.sending import ZONE
from sync_agent.settings import ServiceSection

MONDAY = date(2026, 11, 2)
OFFICE = SendingTimes(hours=((time(7), time(11, 30)), (time(13, 30), time(17))))
NIGHT = SendingTimes(hours=((time(22), time(6)),), closed=frozenset({MONDAY + timedelta(days=1)}))


def at(hour: int, minute: int = 0, *, day: date = MONDAY) -> datetime:
    """Return an instant of a day in Viet Nam, in UTC as clocks give it."""
    return datetime.combine(day, time(hour, minute), ZONE).astimezone(UTC)


def test_without_settings_sending_never_ends() -> None:
    """The default."""
    assert SendingTimes.of(ServiceSection(), WeekdayCalendar()).until(at(3)) is None


@pytest.mark.parametrize(
    ("now", "end"),
    [(at(7), at(11, 30)), (at(11, 29), at(11, 30)), (at(16), at(17))],
    ids=["at its first minute", "at its last", "in the second"],
)
def test_inside_a_window_sending_ends_with_it(now: datetime, end: datetime) -> None:
    """In Viet Nam's hours, whatever the machine's zone."""
    assert OFFICE.until(now) == end


@pytest.mark.parametrize("now", [at(6, 59), at(11, 30), at(12), at(17), at(23)])
def test_outside_the_windows_nothing_leaves(now: datetime) -> None:
    """The end of a window is no part of it."""
    assert OFFICE.until(now) == now


@pytest.mark.parametrize(
    ("now", "end"), [(at(23, day=date(2026, 11, 4)), at(6, day=date(2026, 11, 5))), (at(5), at(6))]
)
def test_a_window_may_pass_midnight(now: datetime, end: datetime) -> None:
    """Before it and after it."""
    assert NIGHT.until(now) == end


def test_a_closed_day_cuts_a_window_at_midnight() -> None:
    """The window of the evening before does not reach into it."""
    assert NIGHT.until(at(23)) == at(0, day=MONDAY + timedelta(days=1))


def test_on_a_closed_day_nothing_leaves() -> None:
    """Whatever the hour."""
    now = at(23, day=MONDAY + timedelta(days=1))
    assert NIGHT.until(now) == now


def test_on_working_days_only() -> None:
    """Friday ends at midnight, Saturday is closed, a holiday too, Monday is open to its end and beyond."""
    settings = ServiceSection(send_days="working")
    times = SendingTimes.of(settings, WeekdayCalendar.of([date(2026, 11, 4)]))
    friday, saturday, holiday = date(2026, 11, 6), date(2026, 11, 7), date(2026, 11, 4)
    found = [times.until(at(10, day=day)) for day in (friday, saturday, holiday, MONDAY)]
    assert found == [at(0, day=saturday), at(10, day=saturday), at(10, day=holiday), None]


def test_the_hours_of_the_settings() -> None:
    """As they stand in agent.toml."""
    times = SendingTimes.of(ServiceSection(send_between=("07:00-11:30", "13:30-17:00")), WeekdayCalendar())
    assert times == OFFICE
