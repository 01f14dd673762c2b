"""Which days are worked in Việt Nam."""

import subprocess
import sys
from datetime import date

import pytest

from sync_agent.domain.workdays import VietnamCalendar

PLAIN = VietnamCalendar()


@pytest.mark.parametrize(
    ("day", "worked"),
    [
        (date(2026, 1, 1), False),  # tết Dương lịch
        (date(2026, 2, 17), False),  # mồng một tết
        (date(2026, 4, 27), False),  # the day after giỗ Tổ on a Sunday
        (date(2026, 8, 22), True),  # a Saturday worked for 31 August
        (date(2026, 8, 31), False),
        (date(2026, 9, 2), False),  # Quốc khánh
        (date(2026, 11, 28), False),  # a Saturday
        (date(2026, 11, 27), True),
    ],
)
def test_public_holidays_and_swapped_days_are_known(day: date, worked: bool) -> None:
    """The package knows them, also days worked instead."""
    assert PLAIN.is_working(day) is worked


def test_the_settings_go_before_the_package() -> None:
    """A day off nobody announced in time, a day worked all the same."""
    own = VietnamCalendar(frozenset({date(2026, 1, 2)}), frozenset({date(2026, 1, 10), date(2026, 9, 2)}))
    assert [own.is_working(date(2026, 1, day)) for day in (2, 9, 10)] == [False, True, True]
    assert own.is_working(date(2026, 9, 2))


def test_working_days_are_counted_over_the_new_year() -> None:
    """From the last working day before tết the next one is after all its days."""
    assert PLAIN.add_working_days(date(2026, 2, 13), 1) == date(2026, 2, 23)


def test_the_package_is_loaded_when_a_day_is_asked_for() -> None:
    """It takes its time: a command that counts no days does not wait for it."""
    code = "import sys; import sync_agent.domain.workdays as w; w.VietnamCalendar(); print('holidays' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
