from datetime import date
from itertools import pairwise

import pytest

from sync_agent.domain.periods import Period


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2026-Q1", date(2025, 12, 15), date(2026, 3, 14)),
        ("2026-Q2", date(2026, 3, 15), date(2026, 6, 14)),
        ("2026-Q3", date(2026, 6, 15), date(2026, 9, 14)),
        ("2026-Q4", date(2026, 9, 15), date(2026, 12, 14)),
        ("2026-H1", date(2025, 12, 15), date(2026, 6, 14)),
        ("2026-9M", date(2025, 12, 15), date(2026, 9, 14)),
        ("2026", date(2025, 12, 15), date(2026, 12, 14)),
    ],
)
def test_a_period_is_cut_on_the_14th(text: str, start: date, end: date) -> None:
    """TT 01/2024/TT-TTCP: from the 15th of December of the year before."""
    assert Period.parse(text) == Period(text, start, end)


def test_a_period_may_be_written_in_lower_case() -> None:
    """Its name is the same."""
    assert Period.parse(" 2026-h1 ").name == "2026-H1"


@pytest.mark.parametrize("text", ["", "26", "2026-H2", "2026-Q5", "2026-12", "2026-01-01", "0001", "２０２６"])
def test_any_other_text_is_refused(text: str) -> None:
    """The message says how a period is written."""
    with pytest.raises(ValueError, match="2026-Q1, 2026-H1, 2026-9M or 2026"):
        Period.parse(text)


@pytest.mark.parametrize(
    ("day", "inside"),
    [
        (date(2025, 12, 14), False),
        (date(2025, 12, 15), True),
        (date(2026, 6, 14), True),
        (date(2026, 6, 15), False),
    ],
)
def test_both_ends_belong_to_a_period(day: date, *, inside: bool) -> None:
    """The 14th is the last day."""
    assert (day in Period.parse("2026-H1")) is inside


def test_the_quarters_leave_no_day_out() -> None:
    """Each begins on the day after the one before."""
    quarters = [Period.parse(f"2026-Q{number}") for number in range(1, 5)]
    gaps = [after.start.toordinal() - before.end.toordinal() for before, after in pairwise(quarters)]
    assert gaps == [1, 1, 1]
