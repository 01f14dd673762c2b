from collections.abc import Collection
from decimal import Decimal

import pytest

from sync_agent.mapping.amounts import land_reader, money_reader
from sync_agent.mapping.values import UnreadableError

HOME, FIELD = {"đất ở", "đất thổ cư"}, {"đất lúa"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12 triệu", 12_000_000),
        ("12 TRIỆU ĐỒNG", 12_000_000),
        ("12tr", 12_000_000),
        ("1.500.000đ", 1_500_000),
        ("1,500,000 VNĐ", 1_500_000),
        ("1.500đ", 1_500),
        ("1500000 đồng", 1_500_000),
        ("2,5 tỷ", 2_500_000_000),
        ("2.5 tỉ đồng", 2_500_000_000),
        ("0,125 triệu", 125_000),
        ("1.234,5 nghìn", 1_234_500),
        ("1 tỷ 200 triệu đồng.", 1_200_000_000),
        ("0", 0),
        (" 12\u00a0triệu ", 12_000_000),
        ("12 triê\u0323u", 12_000_000),
    ],
)
def test_money_is_read_in_dong(text: str, expected: int) -> None:
    """With either sign for thousands and fractions, as far as it can be read in one way."""
    assert money_reader()(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "12",
        "1500000",
        "2,500 tỷ",  # two and a half, or two thousand five hundred
        "1.500 triệu",
        "12 triệu và 300 m2",
        "10-12 triệu",
        "khoảng 12 triệu",
        "12 triệu 500",
        "2 triệu 3 tỷ",
        "1 tỷ 1 tỷ",
        "1.50.000đ",
        "0,5đ",
        "mười triệu",
        "300 m2",
        "-5 triệu",
        "12 trăm",
        "triệu",
    ],
)
def test_money_that_can_be_read_otherwise_is_not_read(text: str) -> None:
    """Nothing is guessed."""
    with pytest.raises(UnreadableError, match="bad_amount"):
        money_reader()(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("300 m2", Decimal(300)),
        ("300m²", Decimal(300)),
        ("120,5 mét vuông", Decimal("120.5")),
        ("1,5 ha", Decimal(15_000)),
        ("1 ha 500 m2", Decimal(10_500)),
        ("12.000.000 m2", Decimal(12_000_000)),
        ("1.234,56 m2", Decimal("1234.56")),
    ],
)
def test_land_is_read_in_square_metres(text: str, expected: Decimal) -> None:
    """Hectares are of one size everywhere."""
    assert land_reader()(text) == expected


@pytest.mark.parametrize("text", ["2 sào", "1 ha 2 sào", "3 công", "1.500 m2", "300", "300 m2 đất ở", "1 ha 2 ha"])
def test_land_that_can_be_read_otherwise_is_not_read(text: str) -> None:
    """A sào is of another size in each region."""
    with pytest.raises(UnreadableError, match="bad_amount"):
        land_reader()(text)


@pytest.mark.parametrize(
    ("of", "not_of", "expected"), [(HOME, FIELD, Decimal(300)), (FIELD, HOME, None), (HOME, (), Decimal(300))]
)
def test_the_words_after_an_amount_say_whose_it_is(
    of: Collection[str], not_of: Collection[str], expected: Decimal | None
) -> None:
    """What belongs to another field is absent here."""
    assert land_reader(of, not_of)("300 m2 Đất  ở.") == expected


@pytest.mark.parametrize("text", ["300 m2", "300 m2 đất rừng"])
def test_an_amount_of_unknown_kind_is_not_read(text: str) -> None:
    """Where the words decide, none and unknown ones decide nothing."""
    with pytest.raises(UnreadableError, match="bad_amount"):
        land_reader(HOME, FIELD)(text)
