"""What a package adds to the mapping, values in doubt, and which of several days decides."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from sync_agent.domain.findings import Finding, Level
from sync_agent.domain.steps import Step
from sync_agent.errors import ConfigError
from sync_agent.mapping import CodeTables, Mapped, Mapper, parse_profile
from sync_agent.mapping.testing import fake_plugins
from sync_agent.source import CaseRows, Row
from tests.unit.mapping.conftest import DON

NUMBER = "petition.number: {column: so, plugin: so-don}"
DERIVED = """derived:
  viet: {from: don, plugin: tach, columns: [Thu_Tu, Ten]}
key:"""
PEOPLE = """petitioners.people:
    part: viet
    sort: [Thu_Tu]
    fields: {full_name: Ten}
  settlements:"""

Altered = Callable[[str, str], str]


def without_prefix(text: str) -> str | None:
    """Return the number without its prefix."""
    if not text.startswith("Số:"):
        raise ValueError(text)
    return text.removeprefix("Số:")


def broken(text: str) -> str:
    """Fail as a careless function does, with the value in the error."""
    known: dict[str, str] = {}
    return known[text]


def split(rows: Sequence[Row]) -> Iterator[dict[str, object]]:
    """Return one row for each name."""
    for row in rows:
        for position, name in enumerate(str(row["tieu_de"]).split(";")):
            yield {"thu_tu": position, "ten": name}


def mapped(content: str, tables: CodeTables, function: Callable[..., object], **columns: object) -> Mapped:
    """Map a petition by a profile that names the plug-ins `so-don` and `tach`."""
    find = fake_plugins(so_don=function, tach=function)
    return Mapper(parse_profile(content, "p.yaml"), tables, find).map(CaseRows("C1", {"don": [DON | columns]}))


@pytest.fixture
def with_number(altered: Altered) -> str:
    """Return the profile with a plug-in for the number of the petition."""
    return altered("petition.number: {join: [so, nam], separator: /}", NUMBER)


@pytest.fixture
def with_people(altered: Altered) -> str:
    """Return the profile with people that a plug-in takes from one column."""
    content = altered("key:\n  pattern", DERIVED + "\n  pattern")
    begin, end = content.index("petitioners.people:"), content.index("settlements:\n")
    return content[:begin] + PEOPLE + content[end + len("settlements:") :]


def test_function_gives_the_value_of_a_field(with_number: str, tables: CodeTables) -> None:
    """It is given the text, and what it returns is read as if the column held it."""
    petition = mapped(with_number, tables, without_prefix, so=" Số: 12 ").case.petition
    assert petition is not None
    assert petition.number == "12"


def test_function_is_not_asked_about_what_is_absent(with_number: str, tables: CodeTables) -> None:
    """NULL and blank stay absent."""
    found = mapped(with_number, tables, broken, so=" ")
    assert found.findings == ()
    assert found.case.petition is not None
    assert found.case.petition.number is None


@pytest.mark.parametrize(("function", "rule"), [(without_prefix, "bad_value"), (broken, "plugin_failed")])
def test_function_that_fails_is_a_finding_without_the_value(
    with_number: str, tables: CodeTables, function: Callable[[str], str | None], rule: str
) -> None:
    """Whatever its error says: the case is mapped, that value is not."""
    found = mapped(with_number, tables, function, so="Vi Thị Kín")
    assert found.findings == (Finding(rule, Level.HOLD, "petition.number", Step.CASE, "", "don.so"),)
    assert "Kín" not in repr(found.findings)


def test_function_that_returns_no_value_is_a_finding(with_number: str, tables: CodeTables) -> None:
    """What no column can hold is not written down as its text."""
    found = mapped(with_number, tables, lambda _text: object(), so="12")
    assert [each.rule for each in found.findings] == ["bad_value"]


def test_function_makes_rows_of_rows(with_people: str, tables: CodeTables) -> None:
    """A derived part is used like one that is read."""
    case = mapped(with_people, tables, split, tieu_de="Vi Thị Sen;Lò Văn Ất").case
    assert case.petitioners is not None
    assert [each.full_name for each in case.petitioners.people] == ["Vi Thị Sen", "Lò Văn Ất"]


@pytest.mark.parametrize(
    "function",
    [lambda rows: [{"ten": rows[9]}], lambda _rows: [{"ten": "A", "tuoi": 3}], lambda _rows: 7, lambda _rows: ["A"]],
    ids=["fails", "another column", "no rows", "no row"],
)
def test_rows_that_cannot_be_made_hold_the_whole_case(
    with_people: str, tables: CodeTables, function: Callable[..., object]
) -> None:
    """Who is missing then is not known: nothing goes up."""
    found = mapped(with_people, tables, function)
    assert found.findings == (Finding("plugin_failed", Level.HOLD, "", None, "", "don"),)
    assert found.case.petitioners is None or found.case.petitioners.people == ()


def test_columns_of_a_derived_part_are_checked(with_people: str, tables: CodeTables) -> None:
    """A rule that names another column is refused before a row is read."""
    content = with_people.replace("full_name: Ten", "full_name: HoTen")
    mapper = Mapper(parse_profile(content, "p.yaml"), tables, fake_plugins(tach=split))
    read = {part: tuple(used) for part, used in mapper._compiled.columns.used.items() if part != "viet"}
    with pytest.raises(ConfigError, match="the profile uses the column HoTen, which the part viet does not return"):
        mapper.check_columns(read)


def test_version_of_a_function_is_part_of_the_digest(with_number: str, tables: CodeTables) -> None:
    """A changed function has every case read again."""
    profile = parse_profile(with_number, "p.yaml")
    versions = [fake_plugins(version=version, so_don=without_prefix) for version in ("1", "1", "2")]
    one, same, other = (Mapper(profile, tables, find).digest for find in versions)
    assert (one == same, one == other) == (True, False)


def test_function_that_decides_the_agency_is_part_of_its_map(altered: Altered, tables: CodeTables) -> None:
    """So that another version wants `rekey`."""
    content = altered("{column: co_quan, codes: agencies, dated_by: ngay}", "{column: co_quan, plugin: so-don}")
    versions = [fake_plugins(version=version, so_don=without_prefix) for version in ("1", "2")]
    one, other = (Mapper(parse_profile(content, "p.yaml"), tables, find).agency_map for find in versions)
    assert one != other


@pytest.mark.parametrize(
    ("passage", "other", "expected"),
    [
        (NUMBER, "petition.number: {column: so, plugin: so-dan}", "did you mean so-don?"),
        (
            "key:\n  pattern",
            "derived: {don: {from: xu_ly, plugin: tach, columns: [a]}}\nkey:\n  pattern",
            "is read already",
        ),
        (
            "key:\n  pattern",
            "derived: {x: {from: dan, plugin: tach, columns: [a]}}\nkey:\n  pattern",
            "did you mean don?",
        ),
    ],
)
def test_plugin_that_cannot_be_meant_is_refused(
    with_number: str, tables: CodeTables, passage: str, other: str, expected: str
) -> None:
    """With the nearest right word, when the profile is loaded."""
    with pytest.raises(ConfigError) as caught:
        mapped(with_number.replace(passage, other), tables, without_prefix)
    assert expected in str(caught.value)


def test_installed_package_offers_its_functions(
    with_number: str, tables: CodeTables, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By an entry point; its version is that of the package and of its text."""
    package = tmp_path / "tinh_x-1.2.dist-info"
    package.mkdir()
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: tinh-x\nVersion: 1.2\n", encoding="utf-8")
    (package / "entry_points.txt").write_text(
        "[sync_agent.mapping]\nso-don = tinh_x_mapping:so_don\n", encoding="utf-8"
    )
    (tmp_path / "tinh_x_mapping.py").write_text("def so_don(text):\n    return text + '/x'\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    mapper = Mapper(parse_profile(with_number, "p.yaml"), tables)
    petition = mapper.map(CaseRows("C1", {"don": [DON | {"so": "12"}]})).case.petition
    assert petition is not None
    assert petition.number == "12/x"
    assert mapper._compiled.plugins["so-don"].version.startswith("tinh-x 1.2 ")


def test_function_that_nobody_offers_is_refused(with_number: str, tables: CodeTables) -> None:
    """With the place in the profile."""
    with pytest.raises(ConfigError) as caught:
        Mapper(parse_profile(with_number, "p.yaml"), tables)
    assert "no installed package offers the mapping function 'so-don'" in str(caught.value)
    assert str(caught.value).startswith("p.yaml:")


def test_value_in_doubt_stands_and_is_told(altered: Altered, tables: CodeTables) -> None:
    """Hold unless the profile says warn; a value that is absent can be in doubt as well."""
    doubted = "petition.received_on: {column: ngay, doubt: {when: {column: trang_thai, equals: 2}}}"
    content = altered("petition.received_on: ngay", doubted)
    held = mapped(content, tables, without_prefix, trang_thai=2)
    warned = mapped(content.replace("equals: 2}}", "equals: 2}, level: warn}"), tables, without_prefix, trang_thai=2)
    sure = mapped(content, tables, without_prefix, trang_thai=0)
    findings = [[(each.rule, each.level, each.field) for each in found.findings] for found in (held, warned, sure)]
    assert findings == [
        [("doubtful", Level.HOLD, "petition.received_on")],
        [("doubtful", Level.WARN, "petition.received_on")],
        [],
    ]
    assert held.case == sure.case


def test_doubt_of_one_origin_is_refused(altered: Altered) -> None:
    """It belongs to the field."""
    doubted = "{column: ngay, doubt: {when: {column: loai, equals: 1}}}"
    content = altered("petition.received_on: ngay", f"petition.received_on: {{first_of: [{doubted}]}}")
    with pytest.raises(ConfigError, match="a doubt belongs to the field, not to one of its origins"):
        parse_profile(content, "p.yaml")


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ({"ngay": "2025-06-30", "luc": "2026-01-01"}, "H217.01"),
        ({"ngay": None, "luc": "2026-01-01 08:00:00"}, "H217.02"),
        ({"ngay": None, "luc": "2025-01-01 08:00:00"}, "H217.01"),
    ],
)
def test_first_day_that_is_there_decides(
    altered: Altered, tables: CodeTables, days: dict[str, object], expected: str
) -> None:
    """Of an agency that merged: the code on that day."""
    content = altered("dated_by: ngay}", "dated_by: [ngay, luc]}")
    assert mapped(content, tables, without_prefix, **days).case.agency == expected
