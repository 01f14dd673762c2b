"""The columns a profile uses are mended before anything is read from them; the rows that came stay as they were."""

import unicodedata
from collections.abc import Callable

import pytest

from sync_agent.errors import ConfigError
from sync_agent.mapping import CodeTables, Mapped, Mapper, parse_profile
from sync_agent.source import CaseRows, Row

Altered = Callable[[str, str], str]

CASE: Row = {
    **dict.fromkeys(
        ("so", "nam", "ngay_viet", "tieu_de", "khong_du", "nguon", "so_nguoi", "luc", "trang_thai", "ly_do", "id")
    ),
    "co_quan": 8,
    "loai": 1,
    "ngay": "2026-05-01",
    "noi_dung": "Tranh chÊp ®Êt ®ai",
    "khac": "§Êt",
}
PERSON: Row = {"id": 1, "ten": "NguyÔn V¨n MÉu", "gioi": 1, "ma": "KN.01.02"}
TEXT = "absent:\n  don:"


@pytest.fixture
def mapped(altered: Altered, tables: CodeTables) -> Callable[..., Mapped]:
    """Return what maps a case of these rows by a profile with a `text:` section."""

    def _mapped(section: str, case: Row = CASE, person: Row = PERSON) -> Mapped:
        profile = parse_profile(altered(TEXT, f"text: {section}\n{TEXT}"), "profile.yaml")
        return Mapper(profile, tables).map(CaseRows("C1", {"don": [case], "nguoi": [person]}))

    return _mapped


def said(found: Mapped) -> list[tuple[str, str, str]]:
    """Return (rule, level, where) of what was found in texts."""
    rules = ("text_", "looks_")
    return [(each.rule, each.level.value, each.where) for each in found.findings if each.rule.startswith(rules)]


@pytest.mark.parametrize(
    "section",
    ["{'*': {'*': tcvn3}}", "{don: {'*': tcvn3}, nguoi: {TEN: tcvn3}}", "{'*': {noi_dung: tcvn3, ten: tcvn3}}"],
)
def test_a_declared_encoding_is_undone_for_the_columns_in_use(mapped: Callable[..., Mapped], section: str) -> None:
    """For the whole source, a part, or one column; one finding for each column, which holds nothing."""
    found = mapped(section)
    assert found.case.petition is not None
    assert found.case.petitioners is not None
    assert (found.case.petition.content, found.case.petitioners.people[0].full_name) == (
        "Tranh chấp đất đai",
        "Nguyễn Văn Mẫu",
    )
    assert said(found) == [("text_tcvn3", "warn", "don.noi_dung"), ("text_tcvn3", "warn", "nguoi.ten")]


def test_the_nearest_declaration_counts(mapped: Callable[..., Mapped]) -> None:
    """A column that was migrated is said to be Unicode in a source of TCVN3."""
    found = mapped("{'*': {'*': tcvn3}, nguoi: {ten: unicode}}", person={**PERSON, "ten": "Tô Cù"})
    assert found.case.petitioners is not None
    assert (found.case.petitioners.people[0].full_name, said(found)) == (
        "Tô Cù",
        [("text_tcvn3", "warn", "don.noi_dung")],
    )


def test_what_only_looks_like_an_old_encoding_holds_the_case(mapped: Callable[..., Mapped]) -> None:
    """It would go up unreadable, and cannot be taken back."""
    found = mapped("{}")
    assert said(found) == [("looks_tcvn3", "hold", "don.noi_dung"), ("looks_tcvn3", "hold", "nguoi.ten")]


def test_rows_that_came_are_left_as_they_are(mapped: Callable[..., Mapped]) -> None:
    """The original stays; so does a column that the profile does not use."""
    before = dict(CASE)
    mapped("{'*': {'*': tcvn3}}")
    assert before == CASE


def test_what_two_writings_of_one_text_share_is_one(mapped: Callable[..., Mapped]) -> None:
    """Composed or not: rows that differ in that alone do not disagree, and are counted as mended."""
    found = mapped(
        "{}", case={**CASE, "noi_dung": unicodedata.normalize("NFD", "Đất đai")}, person={**PERSON, "ten": "A"}
    )
    assert said(found) == [("text_composed", "warn", "don.noi_dung")]


def test_where_a_file_lies_is_not_mended(altered: Altered, tables: CodeTables) -> None:
    """Its name on the disk is what it is; what people are shown is mended."""
    name = unicodedata.normalize("NFD", "đơn.pdf")
    rule = "attachments: {part: nguoi, sort: [id], fields: {local_key: id, file_name: tep, location: noi}}"
    profile = parse_profile(altered("lists:\n  classifications", f"lists:\n  {rule}\n  classifications"), "p")
    rows = CaseRows("C1", {"don": [CASE], "nguoi": [{**PERSON, "tep": name, "noi": name}]})
    composed = [each.where for each in Mapper(profile, tables).map(rows).findings if each.rule == "text_composed"]
    assert composed == ["nguoi.tep"]


def test_an_unknown_part_or_encoding_is_refused(altered: Altered) -> None:
    """With its line and the nearest right word."""
    for section in ("{dom: {'*': tcvn3}}", "{don: {'*': tcvn4}}"):
        with pytest.raises(ConfigError, match=r"^p:\d+: "):
            parse_profile(altered(TEXT, f"text: {section}\n{TEXT}"), "p")
