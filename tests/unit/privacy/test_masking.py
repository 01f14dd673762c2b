"""What of a case whoever minds the mapping may look at."""

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from sync_agent.domain.casefile import Outcome
from sync_agent.privacy import Masking, load_policy


@pytest.fixture(scope="module")
def masking() -> Masking:
    """Return the masking of the example policy."""
    return Masking(load_policy(Path(__file__).parents[3] / "config" / "privacy.toml"))


@pytest.mark.parametrize(
    "path",
    [
        "kind",
        "agency",
        "classifications[1]",
        "processing.processed_on",
        "settlements[0].outcome",
        "settlements[3].local_key",
    ],
)
def test_what_goes_up_of_a_protected_case_may_be_looked_at(masking: Masking, path: str) -> None:
    """Entries of lists numbered or not."""
    assert masking.opens(path)


@pytest.mark.parametrize(
    "path",
    [
        "petitioners.people[0].full_name",
        "petitioners.people[0].gender",
        "petition.content",
        "petition.redacted_summary",
        "processing.officer_role",
        "attachments[0].local_key",
        "a.field.nobody.knows",
        "",
    ],
)
def test_everything_else_is_masked(masking: Masking, path: str) -> None:
    """Texts in words too, though they go up; and what nobody named."""
    assert not masking.opens(path)


@pytest.mark.parametrize(
    "value",
    [
        "H217.01",
        "KN.01.02",
        "4",
        4,
        1_500_000,
        Decimal("120.5"),
        True,
        Outcome.COMPLAINT_RIGHT,
        date(2026, 10, 1),
        datetime(2026, 10, 1, 8, 30),  # noqa: DTZ001 - as drivers give it
        "2026-10-01",
        "2026-10-01 08:30:00",
        "01/10/2026",
    ],
)
def test_codes_days_and_amounts_tell_nobody(masking: Masking, value: object) -> None:
    """In their short forms."""
    assert masking.tells_nobody(value)


@pytest.mark.parametrize(
    "value",
    [
        "Lò Văn Mẫu",
        "Lo Van Mau",
        "Nguyen",
        "0912345678",
        912345678,
        "001201012345",
        1201012345,
        1.201012345e9,
        "+84912345678",
        "a@example.vn",
        "hôm qua",
        b"bytes",
        ["KN"],
    ],
)
def test_names_and_numbers_of_people_are_masked(masking: Masking, value: object) -> None:
    """Wherever they stand: a rule may name the wrong column."""
    assert not masking.tells_nobody(value)
