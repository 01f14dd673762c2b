import random
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import pytest

from sync_agent.domain.casefile import Direction, Gender, Kind, Withdrawal
from sync_agent.domain.findings import Finding, Level
from sync_agent.domain.steps import Step
from sync_agent.errors import ConfigError
from sync_agent.mapping import CodeTables, Mapped, Mapper, Profile, parse_profile
from sync_agent.source import CaseRows, Row

MapRows = Callable[..., Mapped]
Altered = Callable[[str, str], str]


def decision(number: int, day: str | None = "2026-05-01", **columns: object) -> Row:
    """Return a row of a decision."""
    return {"id": number, "ngay": day, "co_quan": 8, "tien": 5, **columns}


def person(number: int, name: str | None, code: str | None = None, **columns: object) -> Row:
    """Return a row of a person, who brings a field code along."""
    return {"id": number, "ten": name, "gioi": 1, "ma": code, **columns}


def process(**columns: object) -> Row:
    """Return a row of a processing result."""
    return {"huong": 4, "can_bo": "Lê Thị Bình - Chuyên viên", **columns}


def held(rule: str, field: str, where: str) -> Finding:
    """Return the finding that holds the case message."""
    return Finding(rule, Level.HOLD, field, Step.CASE, "", where)


def test_columns_become_fields(map_rows: MapRows) -> None:
    """Codes, choices, joined texts, dates, flags and constants come as the profile says."""
    case = map_rows().case
    petition = case.petition
    assert petition is not None
    assert petition.place is not None
    assert petition.model_dump(exclude_none=True) == {
        "number": "12/2026",
        "written_on": "2026-03",
        "received_on": date(2026, 3, 14),
        "content": "Nội dung",
        "eligible": True,
        "source": "1",
        "place": {"province": "217"},
    }
    assert (case.kind, case.agency) == (Kind.COMPLAINT, "H217.02")
    assert case.recorded_at == datetime(2026, 3, 14, 1, 30, tzinfo=UTC)


def test_nothing_is_found_in_good_data(map_rows: MapRows) -> None:
    """A clean case has no findings."""
    assert map_rows().findings == ()


def test_code_is_the_one_of_its_day(map_rows: MapRows) -> None:
    """Before the merger the old agency was meant."""
    assert map_rows(ngay="2025-06-30").case.agency == "H217.01"


@pytest.mark.parametrize("value", [None, "", "   ", "0000-00-00"])
def test_absent_value_is_none(map_rows: MapRows, value: object) -> None:
    """NULL and blank are always absent, other values where the profile declares them."""
    mapped = map_rows(ngay_viet=value)
    assert mapped.case.petition is not None
    assert (mapped.case.petition.written_on, mapped.findings) == (None, ())


@pytest.mark.parametrize("value", [0, "0", "-", None])
def test_declared_absent_value_of_a_column(map_rows: MapRows, value: object) -> None:
    """Zero means absent only in the column that says so."""
    assert map_rows(so_nguoi=value).case.petitioners is None


def test_part_without_any_value_is_absent(map_rows: MapRows) -> None:
    """No empty parts are made."""
    assert map_rows().case.processing is None


@pytest.mark.parametrize(
    ("loai", "noi_dung", "expected"), [(1, None, "Tiêu đề"), (2, None, None), (2, "Nội dung", "Nội dung")]
)
def test_alternatives_are_taken_in_order(
    map_rows: MapRows, loai: int, noi_dung: str | None, expected: str | None
) -> None:
    """The first present value counts; an alternative may have its own condition."""
    petition = map_rows(loai=loai, noi_dung=noi_dung).case.petition
    assert petition is not None
    assert petition.content == expected


@pytest.mark.parametrize(("status", "expected"), [(-1, Withdrawal()), ("-1", Withdrawal()), (0, None), (None, None)])
def test_part_exists_when_its_condition_holds(map_rows: MapRows, status: object, expected: Withdrawal | None) -> None:
    """A withdrawal may have nothing but its being there."""
    assert map_rows(trang_thai=status).case.withdrawal == expected


def test_part_that_does_not_exist_has_no_values(map_rows: MapRows) -> None:
    """Left-over values do not make a withdrawal."""
    assert map_rows(trang_thai=0, ly_do="Lý do").case.withdrawal is None


def test_part_that_exists_keeps_its_values(map_rows: MapRows) -> None:
    """The condition and the fields go together."""
    assert map_rows(trang_thai=-1, ly_do="Lý do").case.withdrawal == Withdrawal(reason="Lý do")


@pytest.mark.parametrize(("status", "there"), [(-1, True), (0, False)])
def test_part_inside_a_part_can_have_a_condition(
    map_rows: MapRows, altered: Altered, tables: CodeTables, status: int, there: bool
) -> None:
    """It exists, or not, inside a part that exists for another reason."""
    forwarded = "petition.forwarded_by: {exists_when: {column: trang_thai, equals: -1}}"
    profile = parse_profile(altered("recorded_at: luc", f"recorded_at: luc\n    {forwarded}"), "p.yaml")
    petition = (
        Mapper(profile, tables).map(CaseRows("C1", {"don": [{**_row(map_rows), "trang_thai": status}]})).case.petition
    )
    assert petition is not None
    assert (petition.forwarded_by is not None) is there


def test_entry_without_any_value_is_left_out(map_rows: MapRows) -> None:
    """A row that says nothing makes no person."""
    petitioners = map_rows(parts={"nguoi": [person(1, None, gioi=None)]}).case.petitioners
    assert petitioners is not None
    assert petitioners.people == ()


@pytest.mark.parametrize(
    ("officer", "expected"),
    [
        ("Lê Thị Bình - Chuyên viên", ("Lê Thị Bình", "Chuyên viên")),
        ("Lê Thị Bình", ("Lê Thị Bình", None)),
        ("Lê Thị Bình - Trưởng phòng - Sở A", ("Lê Thị Bình", "Trưởng phòng - Sở A")),
    ],
)
def test_display_text_is_split_into_name_and_role(
    map_rows: MapRows, officer: str, expected: tuple[str, str | None]
) -> None:
    """The first separator divides; without one all is the name."""
    processing = map_rows(parts={"xu_ly": [process(can_bo=officer)]}).case.processing
    assert processing is not None
    assert (processing.officer, processing.officer_role) == expected


def test_list_is_in_its_declared_order(map_rows: MapRows) -> None:
    """Numbers sort as numbers, whatever order the database returned."""
    people = [person(10, "Mười"), person(9, "Chín"), person(1, "Một")]
    petitioners = map_rows(parts={"nguoi": people}).case.petitioners
    assert petitioners is not None
    assert [each.full_name for each in petitioners.people] == ["Một", "Chín", "Mười"]


def test_row_read_twice_is_one_entry(map_rows: MapRows) -> None:
    """A link row inserted twice does not double a person."""
    petitioners = map_rows(parts={"nguoi": [person(1, "Một"), person(1, "Một")]}).case.petitioners
    assert petitioners is not None
    assert len(petitioners.people) == 1


def test_list_of_codes_takes_the_rows_that_have_one(map_rows: MapRows) -> None:
    """`only` leaves rows out."""
    people = [person(2, "Hai", "KN.02"), person(1, "Một", "KN.01"), person(3, "Ba")]
    assert map_rows(parts={"nguoi": people}).case.classifications == ("KN.01", "KN.02")


def test_list_inside_a_list_goes_to_its_entry(map_rows: MapRows) -> None:
    """Rows are attached by the declared columns, number or text."""
    handled = [
        {"qd": "2", "id": 1, "ten": "Người B"},
        {"qd": 1, "id": 2, "ten": "Người A"},
        {"qd": None, "id": 3, "ten": "C"},
    ]
    mapped = map_rows(parts={"quyet_dinh": [decision(2), decision(1)], "xu_phat": handled})
    names = [[each.full_name for each in settlement.people_handled] for settlement in mapped.case.settlements]
    assert names == [["Người A"], ["Người B"]]


def test_absent_days_sort_first(map_rows: MapRows) -> None:
    """A sort column may be NULL or text."""
    mapped = map_rows(parts={"quyet_dinh": [decision(2), decision(1, None), decision(3, "2026-04-01")]})
    assert [each.local_key for each in mapped.case.settlements] == ["1", "3", "2"]


def test_steps_are_ready_when_the_profile_says(map_rows: MapRows) -> None:
    """Only steps the case has, each decision for itself."""
    parts = {"xu_ly": [process()], "quyet_dinh": [decision(1), decision(2, None)]}
    assert map_rows(parts=parts).ready == {(Step.CASE, ""), (Step.PROCESSING, ""), (Step.SETTLEMENT, "1")}


def test_condition_can_look_at_another_part(map_rows: MapRows) -> None:
    """A withdrawn petition has no ready decision in this profile."""
    mapped = map_rows(trang_thai=-1, parts={"quyet_dinh": [decision(1)]})
    assert mapped.ready == {(Step.CASE, "")}


def test_draft_is_not_ready(map_rows: MapRows) -> None:
    """Without a date of receipt nothing is ready."""
    assert map_rows(ngay=None).ready == frozenset()


def test_case_without_its_part_is_mapped_empty(mapper: Mapper) -> None:
    """Conditions on a row that is not there do not hold."""
    mapped = mapper.map(CaseRows("C1", {}))
    assert (mapped.case.model_dump(exclude_defaults=True), mapped.ready) == ({"case_key": "C1"}, frozenset())


def test_shared_thing_that_cannot_be_read_holds_the_case(map_rows: MapRows) -> None:
    """With whom a case shares something decides on its protection: it is not left to chance."""
    mapped = map_rows(id=b"\x01")
    assert mapped.group == ()
    assert mapped.findings == (Finding("bad_value", Level.HOLD, where="don.id"),)


def test_shared_things_are_told(map_rows: MapRows) -> None:
    """The group is sorted and names what is shared."""
    mapped = map_rows(
        parts={
            "nguoi": [person(10, "A"), person(9, "B"), person(9, "B"), {"id": None, "ten": "C", "gioi": 1, "ma": None}]
        }
    )
    assert mapped.group == ("person:10", "person:9", "petition:1")


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"loai": 9}, Finding("unmapped_code", Level.HOLD, "kind", None, "", "don.loai")),
        ({"co_quan": 99}, Finding("unmapped_code", Level.HOLD, "agency", None, "", "don.co_quan")),
        ({"nguon": "x"}, Finding("unmapped_code", Level.WARN, "petition.source", Step.CASE, "", "don.nguon")),
        ({"luc": "soon"}, held("bad_date", "recorded_at", "don.luc")),
        ({"ngay_viet": "2026-03"}, held("bad_date", "petition.written_on", "don.ngay_viet")),
        ({"so_nguoi": "vài"}, held("bad_number", "petitioners.headcount", "don.so_nguoi")),
        ({"so_nguoi": -2}, held("bad_value", "petitioners.headcount", "don.so_nguoi")),
        ({"khong_du": 7}, held("bad_flag", "petition.eligible", "don.khong_du")),
        ({"so": b"\x01"}, held("bad_value", "petition.number", "don.so")),
        ({"noi_dung": b"\x01"}, held("bad_value", "petition.content", "don.noi_dung")),
        ({"noi_dung": "\udce9"}, held("bad_value", "petition.content", "don.noi_dung")),
        ({"co_quan": b"\x01"}, Finding("bad_value", Level.HOLD, "agency", None, "", "don.co_quan")),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_a_finding(map_rows: MapRows, columns: dict[str, object], expected: Finding) -> None:
    """The value stays away; the finding names rule, level, field, step and local column, never the value."""
    mapped = map_rows(**columns)
    value: Any = mapped.case
    for name in expected.field.split("."):
        value = getattr(value, name, None)
    assert (value, mapped.findings) == (None, (expected,))


def test_unreadable_day_of_a_code_is_the_days_fault(map_rows: MapRows) -> None:
    """Which agency was meant is not guessed when the day cannot be read."""
    mapped = map_rows(ngay="14/03/2026")
    assert mapped.case.agency is None
    assert [(each.rule, each.field, each.where) for each in mapped.findings] == [
        ("bad_date", "agency", "don.ngay"),
        ("bad_date", "petition.received_on", "don.ngay"),
    ]


def test_absent_day_of_a_code_takes_the_open_period(map_rows: MapRows) -> None:
    """Without a day the entry without end counts."""
    assert map_rows(ngay=None).case.agency == "H217.02"


def test_value_without_text_form_meets_no_condition(map_rows: MapRows) -> None:
    """Strange bytes in a tested column are neither equal nor absent."""
    mapped = map_rows(trang_thai=b"\x01", so_nguoi=b"\x01")
    assert mapped.case.withdrawal is None
    assert [(each.rule, each.field) for each in mapped.findings] == [("bad_number", "petitioners.headcount")]


def test_fault_in_a_decision_names_the_decision(map_rows: MapRows) -> None:
    """Other decisions go up all the same."""
    mapped = map_rows(parts={"quyet_dinh": [decision(1), decision(2, co_quan=99)]})
    expected = Finding("unmapped_code", Level.HOLD, "settlements.agency", Step.SETTLEMENT, "2", "quyet_dinh.co_quan")
    assert mapped.findings == (expected,)


def test_refused_value_in_a_decision_is_dropped_alone(map_rows: MapRows) -> None:
    """Two faults in two entries each lose only their value."""
    rows = [decision(1, tien=-1), decision(2, tien=-1), decision(3)]
    mapped = map_rows(parts={"quyet_dinh": rows, "nguoi": [person(1, "A", "K" * 65), person(2, "B", "KN.01")]})
    assert [each.local_key for each in mapped.case.settlements] == ["1", "2", "3"]
    assert mapped.case.classifications == ("KN.01",)
    assert [(each.rule, each.field, each.step, each.local_key, each.where) for each in mapped.findings] == [
        ("bad_value", "classifications", None, "", "nguoi.ma"),
        ("bad_value", "settlements.remedies.recover.money", Step.SETTLEMENT, "1", "quyet_dinh.tien"),
        ("bad_value", "settlements.remedies.recover.money", Step.SETTLEMENT, "2", "quyet_dinh.tien"),
    ]


def test_decision_without_a_key_is_left_out(map_rows: MapRows) -> None:
    """An entry that cannot be told apart holds the case: its outcome, which nobody sees, may protect the writer."""
    mapped = map_rows(parts={"quyet_dinh": [decision(1), {**decision(1), "id": None, "tien": -1}]})
    assert [each.local_key for each in mapped.case.settlements] == ["1"]
    assert Finding("bad_value", Level.HOLD, "settlements.local_key", None, "", "quyet_dinh.id") in mapped.findings


def test_decisions_with_one_key_are_not_chosen_from(map_rows: MapRows) -> None:
    """Two different rows with one key: neither is sent, nor the case without their outcomes."""
    mapped = map_rows(parts={"quyet_dinh": [decision(1), decision(1, tien=6), decision(2)]})
    assert [each.local_key for each in mapped.case.settlements] == ["2"]
    assert mapped.findings == (Finding("rows_disagree", Level.HOLD, "settlements", None, "1", "quyet_dinh"),)


def test_two_processing_rows_hold_that_step(map_rows: MapRows) -> None:
    """Nothing is guessed between two rows; a classified case itself may go up."""
    mapped = map_rows(parts={"xu_ly": [process(), process(huong=5)], "nguoi": [person(1, "Lê Ân", "KN.01")]})
    assert mapped.case.processing is None
    assert mapped.ready == {(Step.CASE, "")}
    assert mapped.findings == (
        Finding("rows_disagree", Level.HOLD, "processing.direction", Step.PROCESSING, "", "xu_ly"),
    )


def test_two_processing_rows_hold_an_unclassified_case(map_rows: MapRows) -> None:
    """That it was processed protects its writer, and which row counts does not matter for that."""
    mapped = map_rows(parts={"xu_ly": [process(), process(huong=5)]})
    assert Finding("rows_disagree", Level.HOLD, "processing.direction", None, "", "xu_ly") in mapped.findings


def test_identical_processing_rows_are_one(map_rows: MapRows) -> None:
    """Rows that differ only in columns nobody uses say the same."""
    mapped = map_rows(parts={"xu_ly": [process(id=1), process(id=2)]})
    assert mapped.case.processing is not None
    assert (mapped.case.processing.direction, mapped.findings) == (Direction.ACCEPT, ())


def test_two_petition_rows_hold_the_whole_case(mapper: Mapper, map_rows: MapRows) -> None:
    """When the petition itself is told twice, no step may go up."""
    one, other = ({"don": [{**_row(map_rows), "loai": loai}]} for loai in (1, 2))
    mapped = mapper.map(CaseRows("C1", {"don": [*one["don"], *other["don"]]}))
    assert mapped.case.kind is None
    assert [(each.rule, each.level, each.step) for each in mapped.findings] == [("rows_disagree", Level.HOLD, None)]


@pytest.mark.parametrize("key", ["X1", "C" + "1" * 40, "C1 ", "Cà1", "C\udce9"])
def test_key_that_does_not_match_blocks(map_rows: MapRows, key: str) -> None:
    """The case is mapped all the same, so that its findings are seen."""
    mapped = map_rows(key)
    assert mapped.case.kind is Kind.COMPLAINT
    assert Finding("bad_key", Level.BLOCK, "case_key", None, "", "C don.id") in mapped.findings


def test_blank_key_is_never_an_exception(map_rows: MapRows) -> None:
    """Even a key of spaces gives a case to hang findings on."""
    assert map_rows("  ").case.case_key == "?"


def test_row_order_does_not_matter(mapper: Mapper, map_rows: MapRows) -> None:
    """The same rows in any order give the identical result."""
    people = [person(number, f"Người {number}", f"KN.0{number}") for number in range(1, 6)]
    parts: dict[str, list[Row]] = {
        "don": [_row(map_rows)],
        "nguoi": people,
        "quyet_dinh": [decision(1), decision(2), decision(2), decision(3, tien=-1), decision(4, co_quan=99)],
        "xu_phat": [{"qd": 1, "id": 1, "ten": "A"}, {"qd": 1, "id": 2, "ten": "B"}],
    }
    expected = mapper.map(CaseRows("C1", parts))
    mixer = random.Random(7)  # noqa: S311 (an order, not a secret)
    for _ in range(20):
        mixed = {part: mixer.sample(rows, len(rows)) for part, rows in parts.items()}
        assert mapper.map(CaseRows("C1", mixed)) == expected


def test_text_is_composed_and_trimmed(map_rows: MapRows) -> None:
    """The same name in two encodings is the same name."""
    people = [person(1, " Nguye\u0302\u0303n ", gioi=2)]
    petitioners = map_rows(parts={"nguoi": people}).case.petitioners
    assert petitioners is not None
    assert (petitioners.people[0].full_name, petitioners.people[0].gender) == ("Nguyễn", Gender.FEMALE)


def test_nothing_personal_is_in_the_repr(map_rows: MapRows) -> None:
    """A mapped case can stand in a traceback."""
    shown = repr(map_rows(parts={"nguoi": [person(1, "Lò Thị Mẫu")]}, loai=9))
    assert "Mẫu" not in shown
    assert "Nội dung" not in shown


def test_column_the_part_does_not_return_is_a_wrong_profile(mapper: Mapper) -> None:
    """Told at the rule that uses it, by the check before and at the first row."""
    row = {"loais": 1}
    for act in (lambda: mapper.map(CaseRows("C1", {"don": [row]})), lambda: mapper.check_columns(_columns(don=row))):
        with pytest.raises(ConfigError) as caught:
            act()
        assert str(caught.value).startswith("small.yaml:20: the profile uses the column co_quan, which the part don")


def test_nearest_column_is_proposed(mapper: Mapper, map_rows: MapRows) -> None:
    """A renamed column is found."""
    columns = _columns(don=[*(name for name in _row(map_rows) if name != "loai"), "loai_don", "Loai"])
    with pytest.raises(ConfigError, match=r"uses the column loai, .* did you mean Loai\?"):
        mapper.check_columns(columns)


def test_columns_that_fit_are_accepted(mapper: Mapper, map_rows: MapRows) -> None:
    """Every used column is there."""
    mapper.check_columns(_columns(don=list(_row(map_rows))))


SPELLED = (
    "column: co_quan",
    "dated_by: ngay",
    "join: [so, nam]",
    "column: trang_thai",
    "column: id",
    "recorded_at: luc",
    "local_key: id",
    "sort: [ngay, id]",
    "on: {qd: id}",
    "full_name: ten",
    "absent:\n  don: {so_nguoi: [0, '-']",
)


def test_capitals_of_a_column_do_not_matter(altered: Altered, tables: CodeTables, map_rows: MapRows) -> None:
    """A profile written with the capitals of the local system maps rows with small columns, in every kind of rule."""
    spelled = altered("", "")
    for passage in SPELLED:
        word, colon, columns = passage.partition(": ")
        assert passage in spelled
        spelled = spelled.replace(passage, f"{word}{colon}{columns.upper()}")
    mapper = Mapper(parse_profile(spelled, "spelled.yaml"), tables)
    parts: dict[str, list[Row]] = {
        "don": [_row(map_rows)],
        "nguoi": [person(1, "Người Một", "KN.01")],
        "quyet_dinh": [decision(1), decision(2)],
        "xu_phat": [{"qd": 1, "id": 1, "ten": "A"}],
    }
    mapper.check_columns(_columns(don=list(_row(map_rows))))
    assert mapper.map(CaseRows("C1", parts)) == map_rows(
        parts={name: rows for name, rows in parts.items() if name != "don"}
    )


def test_a_column_is_named_as_the_profile_spells_it(altered: Altered, tables: CodeTables, map_rows: MapRows) -> None:
    """In a finding and in an error with its line."""
    mapper = Mapper(parse_profile(altered("column: loai, values", "column: LoaiDon, values"), "p.yaml"), tables)
    row = {**_row(map_rows), "loaidon": 9}
    assert [each.where for each in mapper.map(CaseRows("C1", {"don": [row]})).findings] == ["don.LoaiDon"]
    with pytest.raises(ConfigError, match=r"^p\.yaml:21: the profile uses the column LoaiDon, which the part don"):
        mapper.check_columns(_columns(don=list(_row(map_rows))))


def test_missing_code_table_is_a_wrong_configuration(altered: Altered, tables: CodeTables) -> None:
    """The line that asks for it is named."""
    profile = parse_profile(altered("codes: agencies, dated", "codes: organs, dated"), "p.yaml")
    with pytest.raises(ConfigError, match=r"p\.yaml:20: there is no code table 'organs'"):
        Mapper(profile, tables)


def test_digest_tells_what_maps(profile: Profile, mapper: Mapper, altered: Altered, tables: CodeTables) -> None:
    """A comment changes nothing, a rule does."""
    commented = Mapper(parse_profile(altered("key:\n  pattern", "# a comment\nkey:\n  pattern"), "p.yaml"), tables)
    changed = Mapper(parse_profile(altered("5: forward", "5: return"), "p.yaml"), tables)
    assert commented.digest == mapper.digest == Mapper(profile, tables).digest
    assert changed.digest != mapper.digest
    assert changed.key_definition == mapper.key_definition


@pytest.mark.parametrize(
    ("passage", "other"),
    [("id: small", "id: other"), ("zone: Asia/Ho_Chi_Minh", "zone: UTC"), ("[C don.id]", "[C don.number]")],
)
def test_key_definition_tells_what_makes_a_key(
    mapper: Mapper, altered: Altered, tables: CodeTables, passage: str, other: str
) -> None:
    """Another source, zone or column makes other keys."""
    assert Mapper(parse_profile(altered(passage, other), "p.yaml"), tables).key_definition != mapper.key_definition


def _row(map_rows: MapRows) -> dict[str, object]:
    return dict(map_rows.__globals__["DON"])


def _columns(don: Sequence[str] | Mapping[str, object]) -> dict[str, Sequence[str]]:
    return {
        "don": list(don),
        "xu_ly": list(process()),
        "nguoi": list(person(1, None)),
        "quyet_dinh": list(decision(1)),
        "xu_phat": ["qd", "id", "ten"],
    }
