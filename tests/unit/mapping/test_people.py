import pytest

from sync_agent.mapping.people import Named, NamesReader, spelled
from sync_agent.mapping.profile import NamesRule
from sync_agent.mapping.values import UnreadableError

RULE = NamesRule(
    column="x", at=(",", ";", "và"), titles=("ông", "bà", "ông bà"), bodies=("UBND", "sở", "công ty", "ban")
)


def read(text: str) -> tuple[Named, ...]:
    """Read one text."""
    return NamesReader(RULE).read(text)


def people(*names: str) -> tuple[Named, ...]:
    """Return what several persons are read as."""
    return tuple(Named(person=name) for name in names)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Nguyễn Văn An", ["Nguyễn Văn An"]),
        ("Ông Nguyễn Văn An, bà Lò Thị Bình và Giàng A Páo", ["Nguyễn Văn An", "Lò Thị Bình", "Giàng A Páo"]),
        ("ÔNG NGUYỄN VĂN AN VÀ BÀ LÒ THỊ BÌNH", ["NGUYỄN VĂN AN", "LÒ THỊ BÌNH"]),
        ("Ông: Y Thơm Niê;\r\nBà H'Hen Niê;", ["Y Thơm Niê", "H'Hen Niê"]),
        ("Bà  Vàng   Thị\u00a0Mỷ", ["Vàng Thị Mỷ"]),
    ],
)
def test_people_are_told_apart(text: str, names: list[str]) -> None:
    """By a title, or by a usual surname; the title is no part of the name."""
    assert read(text) == people(*names)


@pytest.mark.parametrize("text", ["UBND xã Đồi Chè", "sở Xây dựng", "CÔNG TY TNHH SONG BẢO"])
def test_a_body_is_known_by_its_first_words(text: str) -> None:
    """As the profile lists them."""
    assert read(text) == (Named(body=text),)


def test_a_body_and_a_person_with_a_title_are_two() -> None:
    """The title makes it sure."""
    assert read("UBND xã Đồi Chè và ông Lê Văn Tám") == (Named(body="UBND xã Đồi Chè"), Named(person="Lê Văn Tám"))


@pytest.mark.parametrize(
    "text",
    [
        "Sở Nông nghiệp và Môi trường",
        "SỞ NÔNG NGHIỆP VÀ MÔI TRƯỜNG",
        "CÔNG TY HOÀNG ANH VÀ LÊ GIA",  # a name of a company, though each half begins like a person
        "Hợp tác xã Bưởi",
        "HỘ KINH DOANH HOÀI AN VÀ PHÚ CƯỜNG",
        "ông Nguyễn Văn An - Chủ tịch UBND xã",
        "ông Nguyễn Văn An (đã mất)",
        "Nguyễn Văn An và vợ",
        "ông An, bà Lò Thị Bình",
        "Nguyễn Văn An, NGUYỄN VĂN AN",
        "2 cán bộ địa chính",
        ", ; và",
        ";",
    ],
)
def test_what_is_not_sure_is_not_split(text: str) -> None:
    """The text stays whole, and nobody is invented."""
    assert read(text) == (Named(unclear=text),)


def test_names_of_a_text_that_may_be_cut_are_not_sure() -> None:
    """The last of them may be the half of another."""
    text = "Nguyễn Văn An, Lò Thị Bình"
    assert NamesReader(RULE).read(text, cut=True) == (Named(unclear=text),)


def test_damaged_text_is_refused() -> None:
    """It has no form in which it could be shown."""
    with pytest.raises(UnreadableError, match="bad_value"):
        read("Ông \udcff")


@pytest.mark.parametrize(
    ("text", "expected"),
    [("NGUYỄN VĂN AN", "Nguyễn Văn An"), ("H'HEN NIÊ", "H'Hen Niê"), ("Nguyễn Văn An", "Nguyễn Văn An")],
)
def test_a_name_in_capitals_is_written_with_initials(text: str, expected: str) -> None:
    """Any other is left as it is."""
    assert spelled(text) == expected
