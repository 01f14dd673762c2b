from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from sync_agent.source.clock import local_text, to_utc

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-11-23 10:00:00", datetime(2026, 11, 23, 3, 0, tzinfo=UTC)),
        ("2026-11-23T10:00:00", datetime(2026, 11, 23, 3, 0, tzinfo=UTC)),
        ("2026-11-23", datetime(2026, 11, 23, 16, 59, 59, tzinfo=UTC)),
        (date(2026, 11, 23), datetime(2026, 11, 23, 16, 59, 59, tzinfo=UTC)),
        (datetime(2026, 11, 23, 10, 0), datetime(2026, 11, 23, 3, 0, tzinfo=UTC)),  # noqa: DTZ001 (a driver's naive value)
        (datetime(2026, 11, 23, 10, 0, tzinfo=UTC), datetime(2026, 11, 23, 10, 0, tzinfo=UTC)),
        ("23/11/2026", None),
        ("0000-00-00", None),
        (20261123, None),
        (None, None),
    ],
)
def test_local_time_becomes_utc(value: object, expected: datetime | None) -> None:
    """A naive time is local, a date alone is the end of its day, anything unreadable is unknown."""
    assert to_utc(value, HANOI) == expected


def test_instant_is_written_in_the_local_time_of_the_source() -> None:
    """An instant is compared with the source in the source's own clock."""
    assert local_text(datetime(2026, 11, 23, 17, 30, 5, 999, tzinfo=UTC), HANOI) == "2026-11-24 00:30:05"
