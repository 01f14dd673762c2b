"""What a profile can say of systems whose columns changed their meaning, were too short, or hold several things."""

from collections.abc import Callable
from typing import Any

import pytest

from sync_agent.domain.findings import Finding, Level
from sync_agent.domain.steps import Step
from sync_agent.errors import ConfigError
from sync_agent.mapping import CodeTables, Mapped, Mapper, parse_profile
from sync_agent.source import CaseRows
from tests.unit.mapping.conftest import DON

Altered = Callable[[str, str], str]
MapBy = Callable[..., Mapped]
CONTENT = "petition.content: {first_of: [noi_dung, {column: tieu_de, when: {column: loai, not: 2}}]}"
HEADCOUNT = "petitioners.headcount: so_nguoi"
MONEY = "remedies.recover.money: tien"
PERIODS = (
    "petitioners.kind: {column: so_nguoi, dated_by: ngay, periods: ["
    "{valid_to: '2020-12-31', values: {8: individual, 1: group}},"
    " {valid_from: '2021-02-01', values: {8: individual, 1: individual, 2: group}}]}"
)
NAMES = (
    "\nderived:\n  bi_kien: {from: don, columns: [id], names: {column: noi_dung, at: [',', và], titles: [ông, bà],"
    " bodies: [UBND]}}\nfields:\n"
)
RESPONDENTS = (
    "  respondents:\n    part: bi_kien\n    sort: [name_no]\n    fields:\n"
    "      person.full_name: {first_of: [{column: name_person, capitals: name}, name_unclear]}\n"
    "      organisation.name: name_body\nready_when:\n"
)


@pytest.fixture
def map_by(altered: Altered, tables: CodeTables) -> MapBy:
    """Return a function that maps a petition by a profile with one passage changed."""

    def map_by(passage: str, other: str, *more: tuple[str, str], **columns: object) -> Mapped:
        text = altered(passage, other)
        for old, new in more:
            assert old in text
            text = text.replace(old, new, 1)
        parts: dict[str, list[Any]] = {"quyet_dinh": [columns.pop("decision")]} if "decision" in columns else {}
        parts["don"] = [DON | columns]
        return Mapper(parse_profile(text, "p.yaml"), tables).map(CaseRows("C1", parts))

    return map_by


def held(rule: str, field: str, where: str, level: Level = Level.HOLD) -> tuple[Finding, ...]:
    """Return the one finding of the case message."""
    return (Finding(rule, level, field, Step.CASE, "", where),)


@pytest.mark.parametrize(
    ("day", "code", "expected"),
    [
        ("2020-12-31", 1, "group"),
        ("2021-02-01", "1", "individual"),
        ("2024-05-01", 2, "group"),
        (None, 8, "individual"),  # it never meant anything else
    ],
)
def test_a_code_means_what_it_meant_on_its_day(map_by: MapBy, day: object, code: object, expected: str) -> None:
    """Both ends of a period belong to it."""
    mapped = map_by(HEADCOUNT, PERIODS, ngay=day, so_nguoi=code)
    assert mapped.case.petitioners is not None
    assert (mapped.case.petitioners.kind, mapped.findings) == (expected, ())


@pytest.mark.parametrize(
    ("day", "code", "rule"),
    [
        (None, 1, "undated_code"),
        (None, 2, "undated_code"),  # in old rows it was no code at all
        ("2021-01-15", 8, "undated_code"),  # a gap, in which nothing is sure
        ("2020-12-31", 2, "unmapped_code"),
        ("0006-01-01", 1, "bad_date"),
    ],
)
def test_a_code_whose_day_decides_nothing_has_no_value(map_by: MapBy, day: object, code: object, rule: str) -> None:
    """A person must look."""
    mapped = map_by(HEADCOUNT, PERIODS, ngay=day, so_nguoi=code)
    assert mapped.case.petitioners is None
    assert [each.rule for each in mapped.findings if each.field == "petitioners.kind"] == [rule]


@pytest.mark.parametrize(("text", "cut"), [("x" * 19, False), ("x" * 20, True), ("x" * 19 + " ", True)])
def test_a_text_as_long_as_its_column_is_doubted(map_by: MapBy, text: str, *, cut: bool) -> None:
    """Spaces at the end count; the text itself stays."""
    mapped = map_by(CONTENT, "petition.content: {column: noi_dung, cut: 20}", noi_dung=text)
    assert mapped.case.petition is not None
    assert mapped.case.petition.content == text.strip()
    assert mapped.findings == (held("maybe_cut", "petition.content", "don.noi_dung") if cut else ())


def test_a_part_of_a_value_is_sent_and_counted(map_by: MapBy) -> None:
    """Nothing else was ever kept; where there is nothing, nothing is found."""
    rule = "petition.content: {column: noi_dung, cut: always}"
    mapped, empty = map_by(CONTENT, rule, noi_dung=123), map_by(CONTENT, rule, noi_dung=None)
    assert mapped.case.petition is not None
    assert mapped.case.petition.content == "123"
    assert mapped.findings == held("only_part", "petition.content", "don.noi_dung", Level.WARN)
    assert empty.findings == ()


@pytest.mark.parametrize(
    ("setting", "value", "rule"),
    [("damage: '?'", "C?ng an", "text_lost"), ("pattern: '0[0-9]{9}'", 912345678, "bad_form")],
)
def test_a_text_that_lost_something_is_no_value(map_by: MapBy, setting: str, value: object, rule: str) -> None:
    """Of the content a person must look; of a telephone it is only counted."""
    content = map_by(CONTENT, f"petition.content: {{column: noi_dung, {setting}}}", noi_dung=value)
    phone = map_by(CONTENT, f"representative.person.phone: {{column: noi_dung, {setting}}}", noi_dung=value)
    assert content.case.petition is not None
    assert (content.case.petition.content, phone.case.representative) == (None, None)
    levels = [
        {each.level for each in mapped.findings if each.rule == rule and each.field} for mapped in (content, phone)
    ]
    assert levels == [{Level.HOLD}, {Level.WARN}]


def test_an_amount_with_its_unit_is_money(map_by: MapBy) -> None:
    """What cannot be read holds the decision and no other message."""
    rule = "remedies.recover.money: {column: tien, amount: money}"
    decision = {"id": 5, "ngay": "2026-04-01", "co_quan": 8, "tien": "2,5 tỷ"}
    mapped = map_by(MONEY, rule, decision=decision)
    remedies = mapped.case.settlements[0].remedies
    assert remedies is not None
    assert remedies.recover is not None
    assert remedies.recover.money == 2_500_000_000
    assert map_by(MONEY, rule, decision=decision | {"tien": "2,5"}).findings == (
        Finding(
            "bad_amount", Level.HOLD, "settlements.remedies.recover.money", Step.SETTLEMENT, "5", "quyet_dinh.tien"
        ),
    )


def test_an_agency_can_be_found_by_its_name(map_by: MapBy) -> None:
    """On the day of the row."""
    mapped = map_by(
        "{column: co_quan, codes: agencies, dated_by: ngay}",
        "{column: co_quan, codes: agencies, by_name: true, dated_by: ngay}",
        co_quan="CƠ QUAN MỚI",
    )
    assert (mapped.case.agency, mapped.findings) == ("H217.02", ())


def test_a_text_with_several_names_is_several_people(map_by: MapBy) -> None:
    """In their order, with initial capitals."""
    mapped = map_by(
        "\nfields:\n", NAMES, ("ready_when:\n", RESPONDENTS), noi_dung="UBND xã, ÔNG LÊ VĂN AN và bà Vi Thị Cúc"
    )
    names = [each.person.full_name if each.person else None for each in mapped.case.respondents]
    assert (names, mapped.findings) == ([None, "Lê Văn An", "Vi Thị Cúc"], ())
    body = mapped.case.respondents[0].organisation
    assert body is not None
    assert body.name == "UBND xã"


def test_a_text_that_is_not_sure_stays_whole_and_is_found(map_by: MapBy) -> None:
    """Where people mend it: at the column of the text."""
    mapped = map_by("\nfields:\n", NAMES, ("ready_when:\n", RESPONDENTS), noi_dung="Lê Văn An và những người khác")
    (respondent,) = mapped.case.respondents
    assert respondent.person is not None
    assert respondent.person.full_name == "Lê Văn An và những người khác"
    assert mapped.findings == held("names_unclear", "respondents", "don.noi_dung")


@pytest.mark.parametrize("value", [None, "  "])
def test_no_text_names_nobody(map_by: MapBy, value: object) -> None:
    """And nothing is found."""
    mapped = map_by("\nfields:\n", NAMES, ("ready_when:\n", RESPONDENTS), noi_dung=value)
    assert (mapped.case.respondents, mapped.findings) == ((), ())


@pytest.mark.parametrize("text", ["2026-02-00", "2026-02-00 00:00:00"])
def test_a_day_that_is_written_as_zero_is_not_known(map_by: MapBy, text: str) -> None:
    """Nor is a month."""
    written = "petition.written_on: {column: ngay_viet, formats: ['%d/%m/%Y', '%m/%Y', '%Y']}"
    months = map_by(written, "petition.written_on: ngay_viet", ngay_viet=text).case.petition
    years = map_by(written, "petition.written_on: ngay_viet", ngay_viet="2026-00-00").case.petition
    assert months is not None
    assert years is not None
    assert (months.written_on, years.written_on) == ("2026-02", "2026")


@pytest.mark.parametrize(
    ("passage", "other", "expected"),
    [
        (HEADCOUNT, PERIODS.replace("dated_by: ngay, ", ""), "periods need dated_by"),
        (HEADCOUNT, PERIODS.replace("2021-02-01", "2020-12-31"), "the periods must follow one another"),
        (HEADCOUNT, PERIODS.replace("valid_from: '2021-02-01', ", ""), "the periods must follow one another"),
        (HEADCOUNT, PERIODS.replace("1: group", "1: groop"), "unknown value 'groop' - did you mean group?"),
        (HEADCOUNT, PERIODS.replace("2020-12-31", "2020-12-32"), "the value of 'valid_to' is wrong"),
        (HEADCOUNT, PERIODS.replace("valid_to", "valid_from: '2022-01-01', valid_to"), "ends before it begins"),
        (HEADCOUNT, "petitioners.headcount: {column: so_nguoi, amount: land}", "'land' does not fit the field"),
        (MONEY, "remedies.recover.money: {column: tien, amount: gold}", "the value of"),
        (CONTENT, "petition.content: {column: noi_dung, amount: money}", "'amount' does not fit the field"),
        (CONTENT, "petition.content: {column: noi_dung, pattern: '['}", "the pattern is not a regular expression"),
        (CONTENT, "petition.content: {column: noi_dung, by_name: true}", "by_name belongs to codes"),
        (CONTENT, "petition.content: {join: [noi_dung], cut: 5}", "cut belongs to column"),
        (CONTENT, "petition.content: {column: noi_dung, cut: 0}", "the value of"),
        ("\nfields:\n", NAMES.replace("names: {", "plugin: x, names: {"), "give exactly one of: plugin, names"),
        ("\nfields:\n", NAMES.replace("at: [',', và]", "at: []"), "the value of 'at' is wrong"),
        ("\nfields:\n", NAMES.replace("from: don", "from: dom"), "unknown part 'dom' - did you mean don?"),
    ],
)
def test_what_cannot_be_meant_is_refused(altered: Altered, passage: str, other: str, expected: str) -> None:
    """In one line that says where."""
    with pytest.raises(ConfigError) as caught:
        parse_profile(altered(passage, other), "p.yaml")
    assert expected in str(caught.value)


def test_columns_that_a_text_of_names_needs_must_be_returned(altered: Altered, tables: CodeTables) -> None:
    """As those of every rule."""
    text = altered("\nfields:\n", NAMES).replace("ready_when:\n", RESPONDENTS, 1)
    mapper = Mapper(parse_profile(text, "p.yaml"), tables)
    columns = {"don": tuple(set(DON) - {"noi_dung"}), **dict.fromkeys(("xu_ly", "nguoi", "quyet_dinh", "xu_phat"), ())}
    with pytest.raises(ConfigError, match="uses the column noi_dung"):
        mapper.check_columns(columns)
