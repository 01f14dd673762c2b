from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from sync_agent.mapping.values import (
    Convert,
    UnreadableError,
    as_decimal,
    as_flag,
    as_integer,
    as_text,
    date_reader,
    datetime_reader,
    flag_reader,
    local,
    partial_date_reader,
)

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")


@pytest.mark.parametrize("value", [1, "1", " 1 ", 1.0, Decimal("1.0"), True])
def test_local_values_that_mean_the_same_compare_equal(value: object) -> None:
    """A database may give 1 as number, text or flag."""
    assert local(value) == "1"


def test_local_text_is_composed() -> None:
    """A code written with separate accents is the same code."""
    assert local("Đo\u0302n") == "Đôn"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("001099000001", "001099000001"),
        (217, "217"),
        (217.0, "217"),
        (Decimal("2.50"), "2.50"),
        (date(2026, 3, 1), "2026-03-01"),
        (datetime(2026, 3, 1, 8, 0, tzinfo=UTC), "2026-03-01 08:00:00+00:00"),
    ],
)
def test_value_becomes_text(value: object, expected: str) -> None:
    """Leading zeros stay, whole numbers have no fraction."""
    assert as_text(value) == expected


@pytest.mark.parametrize("value", [b"x", True, object()])
def test_value_without_a_text_form_is_refused(value: object) -> None:
    """Bytes and flags are not turned into some text."""
    with pytest.raises(UnreadableError, match="bad_value"):
        as_text(value)


@pytest.mark.parametrize(
    ("value", "expected"), [(5, 5), ("5", 5), ("-5", -5), ("+5", 5), (5.0, 5), (Decimal(5), 5), ("5.0", 5)]
)
def test_whole_number_is_read(value: object, expected: int) -> None:
    """Numbers come as numbers or as digits."""
    assert as_integer(value) == expected


@pytest.mark.parametrize("value", ["5,5", "1.000.000", "5 triệu", "", 5.5, "5.5", True, b"5", float("nan"), "١"])
def test_anything_else_is_no_whole_number(value: object) -> None:
    """A number is never guessed from words, separators or fractions."""
    with pytest.raises(UnreadableError, match="bad_number"):
        as_integer(value)


def test_fraction_is_kept() -> None:
    """Land is measured with decimals."""
    assert as_decimal("120.50") == Decimal("120.50")


@pytest.mark.parametrize(("value", "expected"), [(1, True), ("0", False), (True, True)])
def test_flag_is_one_or_zero(value: object, expected: bool) -> None:
    """Without declared values 1 is yes and 0 is no."""
    assert as_flag(value) is expected


@pytest.mark.parametrize("value", [2, "x", -1])
def test_other_flags_are_refused(value: object) -> None:
    """Anything but the declared values is unreadable, not false."""
    with pytest.raises(UnreadableError, match="bad_flag"):
        as_flag(value)


def test_flag_can_be_inverted() -> None:
    """The declared values decide, whichever way round."""
    read = flag_reader(frozenset({"0"}), frozenset({"1"}))
    assert (read(1), read("0")) == (False, True)


@pytest.mark.parametrize(
    ("value", "formats"),
    [
        ("2026-03-14", ()),
        ("2026-03-14 23:59:59", ()),
        ("2026-03-14T01:02", ()),
        ("14/03/2026", ("%d/%m/%Y",)),
        ("14.03.2026", ("%d/%m/%Y", "%d.%m.%Y")),
        (20260314, ("%Y%m%d",)),
        (date(2026, 3, 14), ()),
        (datetime(2026, 3, 14, 23, tzinfo=UTC), ("%d/%m/%Y",)),
    ],
)
def test_day_is_read(value: object, formats: tuple[str, ...]) -> None:
    """The time of day is cut; declared formats are tried in their order."""
    assert date_reader(formats)(value) == date(2026, 3, 14)


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (date_reader(()), "14/03/2026"),
        (date_reader(()), "2026-02-30"),
        (date_reader(()), "0000-00-00"),
        (date_reader(()), "0006-03-14"),
        (date_reader(()), date(206, 3, 14)),
        (date_reader(()), "20260314T1"),
        (date_reader(()), "2026-03-14 25:00"),
        (date_reader(()), 20260314),
        (date_reader(("%d/%m/%Y",)), "2026-03-14"),
        (date_reader(("%d/%m/%Y",)), "14/03/0206"),
        (datetime_reader((), HANOI), "soon"),
        (partial_date_reader(()), "1899"),
        (partial_date_reader(()), "2026-13"),
        (partial_date_reader(()), "khoảng 2026"),
        (partial_date_reader(("%m/%Y",)), "2026"),
        (partial_date_reader(("%Y",)), "0206"),
    ],
)
def test_unreadable_date_is_refused(read: Convert, value: object) -> None:
    """No other order of day and month is tried, and impossible years are not dates."""
    with pytest.raises(UnreadableError, match="bad_date"):
        read(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-03-14 08:30:00", datetime(2026, 3, 14, 1, 30, tzinfo=UTC)),
        ("2026-03-14", datetime(2026, 3, 13, 17, 0, tzinfo=UTC)),
        (datetime(2026, 3, 14, 8, 30, tzinfo=UTC), datetime(2026, 3, 14, 8, 30, tzinfo=UTC)),
    ],
)
def test_instant_is_local_time_of_the_source(value: object, expected: datetime) -> None:
    """A naive time is in the source's zone, a day alone its first moment."""
    assert datetime_reader((), HANOI)(value) == expected


@pytest.mark.parametrize(
    ("value", "formats", "expected"),
    [
        ("2026", (), "2026"),
        (2026, (), "2026"),
        ("2026-03", (), "2026-03"),
        ("2026-03-14 08:00:00", (), "2026-03-14"),
        (date(2026, 3, 14), (), "2026-03-14"),
        ("03/2026", ("%d/%m/%Y", "%m/%Y", "%Y"), "2026-03"),
        ("14/03/2026", ("%d/%m/%Y", "%m/%Y", "%Y"), "2026-03-14"),
        ("2026", ("%d/%m/%Y", "%m/%Y", "%Y"), "2026"),
    ],
)
def test_what_of_a_date_is_unknown_stays_unknown(value: object, formats: tuple[str, ...], expected: str) -> None:
    """A year stays a year."""
    assert partial_date_reader(formats)(value) == expected
