from fractions import Fraction

import pytest

from sync_agent.example.chance import seeded
from sync_agent.example.remedies import AMOUNTS, LARGEST_AMOUNT, _part, enforced_amounts, remedies


def test_amounts_fit_the_integers_of_the_application() -> None:
    """Nothing above about 2.1 billion can be entered; money is in whole millions."""
    rng = seeded(1)
    ordered = [remedies(rng, granted=True, odd=False) for _ in range(3000)]

    assert max(row[name] for row in ordered for name in AMOUNTS) <= LARGEST_AMOUNT
    assert all(row[name] % 1_000_000 == 0 for row in ordered for name in ("ThuHoiTien", "TraLaiTien"))


def test_an_odd_amount_is_not_a_whole_million() -> None:
    """There is money that a wire in millions cannot carry exactly."""
    assert remedies(seeded(1), granted=True, odd=True)["TraLaiTien"] % 1_000_000 == 123_456


def test_nothing_granted_is_zero_or_absent() -> None:
    """0 and NULL both mean nothing."""
    rows = [remedies(seeded(seed), granted=False, odd=False) for seed in range(30)]

    assert {row[name] for row in rows for name in AMOUNTS} == {0, None}


def test_an_enforcement_brings_in_at_most_what_was_ordered() -> None:
    """Every amount is a part of the decision's; an absent one is 0."""
    rng = seeded(1)
    for _ in range(500):
        decision = remedies(rng, granted=rng.random() < 0.8, odd=False)
        report = enforced_amounts(rng, decision)
        assert all(report[name] <= (decision[name] or 0) for name in AMOUNTS)


@pytest.mark.parametrize(
    ("amount", "part", "expected"),
    [
        (None, Fraction(1, 2), 0),
        (500, Fraction(1, 4), 125),
        (5_000_000, Fraction(1, 2), 2_000_000),
        (5_123_456, Fraction(1), 5_123_456),
    ],
)
def test_a_part_of_money_is_rounded_down_to_millions(amount: int | None, part: Fraction, expected: int) -> None:
    """Unless all of it came in."""
    assert _part(amount, part) == expected
