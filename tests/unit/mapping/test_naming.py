from datetime import date

import pytest

from sync_agent.mapping.codes import CodeEntry, CodeTable


def entry(national: str, name: str, start: date | None = None, end: date | None = None) -> CodeEntry:
    """Return a line of a table whose local codes do not matter."""
    return CodeEntry(f"{national}{start}", national, name, start, end, "test")


TABLE = CodeTable(
    "agencies",
    [
        entry("1", "Ủy ban nhân dân xã Đồng Hạ"),
        entry("2", "Ủy ban nhân dân xã Đông Hà"),
        entry("3", "Sở Nông nghiệp và Môi trường"),
        entry("4", "Thanh tra tỉnh", None, date(2025, 6, 30)),
        entry("5", "Thanh tra tỉnh", date(2025, 7, 1)),
        entry("6", "Ủy ban nhân dân phường Hòa Bình"),
        entry("7", "Hội đồng nhân dân thành phố"),
        CodeEntry("Ban TCD", "8", "", None, None, "test"),
    ],
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ủy ban nhân dân xã Đồng Hạ", "1"),
        ("UBND XÃ ĐÔNG HÀ", "2"),
        ("  ubnd  xã Đông Hà. ", "2"),
        ("Sở Nông nghiệp & Môi trường", "3"),
        ("so nong nghiep va moi truong", "3"),
        ("Uỷ ban nhân dân phường Hoà Bình", "6"),
        ("HĐND Tp", "7"),
        ("HDND TP", "7"),
        ("BAN TCD", "8"),
    ],
)
def test_a_body_is_found_by_its_name(text: str, expected: str) -> None:
    """Capitals, abbreviations, signs, the place of a tone, and accents where there are none do not count."""
    assert TABLE.find_name(text, None) == expected


@pytest.mark.parametrize(
    "text",
    [
        "UBND xa Dong Ha",  # two are called so
        "UBND xã Đống Hạ",  # other accents are another place
        "UBND xã Đồng",
        "UBND xã Đồng Hạ 2",
        "",
        "- . -",
    ],
)
def test_a_near_name_is_another_body(text: str) -> None:
    """Nothing is found by likeness."""
    assert TABLE.find_name(text, None) is None


@pytest.mark.parametrize(("day", "expected"), [(date(2025, 6, 30), "4"), (date(2025, 7, 1), "5"), (None, "5")])
def test_a_body_that_merged_has_the_code_of_the_day(day: date | None, expected: str) -> None:
    """Without a day the one that is still open, as for local codes."""
    assert TABLE.find_name("thanh tra tỉnh", day) == expected


def test_names_are_part_of_a_table_where_they_decide() -> None:
    """Elsewhere a better name changes nothing."""
    other = CodeTable("agencies", [CodeEntry("1", "1", "Tên khác", None, None, "test")])
    same = CodeTable("agencies", [CodeEntry("1", "1", "Tên", None, None, "test")])
    assert other.content() == same.content()
    assert other.content(names=True) != same.content(names=True)
