"""Source example A on MariaDB: every quirk of the real structure, all of it mapped, sent, and watched for changes."""

import csv
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from sync_agent.domain.casefile import CaseFile
from sync_agent.domain.deadlines import settlement_due
from sync_agent.domain.steps import Step
from sync_agent.example.staff import STAFF_NAMES
from sync_agent.mapping import Mapped
from tests.support.houses import SECRET_ENV
from tests.support.servers import MARIADB, fresh_database
from tests.systems.a.generate import Made, generate
from tests.systems.installed import Installed, install

SYSTEM = Path(__file__).parents[2] / "systems" / "a"

EDITS: Mapping[str, str] = {
    "don_thu": "UPDATE don_thu SET NoiDungDonThu = concat(NoiDungDonThu, ' Đơn bổ sung.') WHERE IdDonThu = :number",
    "don_thu_thong_tin_don_thu": "UPDATE don_thu_thong_tin_don_thu SET NguonDonDen = 20 WHERE IdDonThu = :number",
    "don_thu_doi_tuong_di_kntc": """UPDATE don_thu_doi_tuong_di_kntc p
        JOIN don_thu_nguoi_dai_dien n USING (IdDoiTuongDiKNTC)
        SET p.DiaChiChiTiet = 'Số 1 ngõ Mới' WHERE n.IdDonThu = :number""",
    "don_thu_nguoi_dai_dien": """INSERT INTO don_thu_nguoi_dai_dien (IdDonThu, IdDoiTuongDiKNTC)
        SELECT :number, MAX(IdDoiTuongDiKNTC) FROM don_thu_doi_tuong_di_kntc""",
    "don_thu_doi_tuong_bi_kntc": """UPDATE don_thu_doi_tuong_bi_kntc p JOIN don_thu d USING (IdDoiTuongBiKNTC)
        SET p.TenCoQuan = 'Chi nhánh Văn phòng đăng ký đất đai' WHERE d.IdDonThu = :number""",
    "don_thu_doi_tuong_uy_quyen": """UPDATE don_thu_doi_tuong_uy_quyen p JOIN don_thu d USING (IdDoiTuongUyQuyen)
        SET p.DiaChiChiTiet = 'Số 2 ngõ Mới' WHERE d.IdDonThu = :number""",
    "don_thu_linh_vuc": "UPDATE don_thu_linh_vuc SET IdLinhVuc = 'KN.01.06' WHERE IdDonThu = :number",
    "don_thu_ho_so_dinh_kem": "UPDATE don_thu_ho_so_dinh_kem SET TenHoSo = 'Bản đồ' WHERE IDDonThu = :number",
    "don_thu_ket_qua_xu_ly": "UPDATE don_thu_ket_qua_xu_ly SET NoiDungXuLy = 'Đã xem lại.' WHERE IdDonThu = :number",
    "don_thu_quyet_dinh_thu_ly": """UPDATE don_thu_quyet_dinh_thu_ly SET HanGiaiQuyet = '2026-10-25'
        WHERE IdDonThu = :number""",
    "don_thu_quyet_dinh_giai_quyet": """UPDATE don_thu_quyet_dinh_giai_quyet SET TomTatNoiDung = 'Đã sửa.'
        WHERE IdDonThu = :number""",
    "don_thu_quyet_dinh_giai_quyet_doi_tuong_bi_xlhc": """UPDATE don_thu_quyet_dinh_giai_quyet_doi_tuong_bi_xlhc x
        JOIN don_thu_quyet_dinh_giai_quyet q ON q.IDQuyetDinhGiaiQuyet = x.IdQuyetDinhGiaiQuyet
        SET x.HinhThucXuLy = 'Cảnh cáo' WHERE q.IdDonThu = :number""",
    "don_thu_thi_hanh_giai_quyet": """UPDATE don_thu_thi_hanh_giai_quyet t
        JOIN don_thu_quyet_dinh_giai_quyet q USING (IDQuyetDinhGiaiQuyet)
        SET t.ThuHoiTien = 2000000 WHERE q.IdDonThu = :number""",
    "so_tiep_cong_dan": "UPDATE so_tiep_cong_dan SET TiepDinhKy = 1 WHERE IdDonThu = :number",
}
"""One edit of each table of a case, as somebody with a database client would make it: no line in the journal."""

OF_RECEPTIONS: Mapping[str, str] = {
    "so_tiep_cong_dan": "UPDATE so_tiep_cong_dan SET KetQuaTiep = 'Đã giải thích.' WHERE IdSoTiepCongDan = :number",
    "so_tiep_cong_dan_linh_vuc": """UPDATE so_tiep_cong_dan_linh_vuc SET IdLinhVuc = 'PA.01.02'
        WHERE IdSoTiepCongDan = :number""",
    "so_tiep_cong_dan_nguoi_dai_dien": """DELETE FROM so_tiep_cong_dan_nguoi_dai_dien
        WHERE IdSoTiepCongDan = :number""",
}
"""The same of receptions without petition."""

REMOVALS: Mapping[str, str] = {
    "don_thu": "DELETE FROM don_thu WHERE IdDonThu = :number",
    "don_thu_nguoi_dai_dien": "DELETE FROM don_thu_nguoi_dai_dien WHERE IdDonThu = :number",
    "don_thu_linh_vuc": "DELETE FROM don_thu_linh_vuc WHERE IdDonThu = :number",
    "don_thu_ho_so_dinh_kem": "DELETE FROM don_thu_ho_so_dinh_kem WHERE IDDonThu = :number",
    "don_thu_ket_qua_xu_ly": "DELETE FROM don_thu_ket_qua_xu_ly WHERE IdDonThu = :number",
    "don_thu_quyet_dinh_thu_ly": "DELETE FROM don_thu_quyet_dinh_thu_ly WHERE IdDonThu = :number",
    "don_thu_quyet_dinh_giai_quyet": "DELETE FROM don_thu_quyet_dinh_giai_quyet WHERE IdDonThu = :number",
    "don_thu_thi_hanh_giai_quyet": """DELETE t FROM don_thu_thi_hanh_giai_quyet t
        JOIN don_thu_quyet_dinh_giai_quyet q USING (IDQuyetDinhGiaiQuyet) WHERE q.IdDonThu = :number""",
    "so_tiep_cong_dan": "DELETE FROM so_tiep_cong_dan WHERE IdDonThu = :number",
}
"""A row deleted from each table but the one that makes a case."""

DATED: Mapping[str, str] = {
    "don_thu_ket_qua_xu_ly": """INSERT INTO don_thu_ket_qua_xu_ly (IdDonThu, OrgTao, MaHuongXuLy, NgayXuLy, NgayTao)
        VALUES (:number, 1003, 4, :day, :day)""",
    "don_thu_quyet_dinh_thu_ly": """INSERT INTO don_thu_quyet_dinh_thu_ly (IdDonThu, MaCoQuanThuLy, NgayThuLy, NgayTao)
        VALUES (:number, '1003', :day, :day)""",
    "don_thu_quyet_dinh_giai_quyet": """INSERT INTO don_thu_quyet_dinh_giai_quyet
        (IdDonThu, OrgTao, IDKetQuaGiaiQuyet, NgayBanHanh, NgayTao) VALUES (:number, 1003, 1, :day, :day)""",
}
"""A step entered on a day, by a statement that left no line in the journal: the day is all there is."""


@dataclass(frozen=True)
class First:
    """What the first pass made of the system. `sent` are the bodies of cases by the first line of their text."""

    made: Made
    mapped: dict[str, Mapped] = field(repr=False)
    states: dict[tuple[str, str], list[str]] = field(repr=False)
    rules: dict[str, set[str]] = field(repr=False)
    sent: str = field(repr=False)
    ids: dict[str, str] = field(repr=False)
    records: int

    def cases(self, quirk: str) -> list[CaseFile]:
        """Return the cases of a quirk."""
        return [self.mapped[key].case for key in self.made.quirks[quirk]]

    def found(self, quirk: str) -> list[list[tuple[str, str, str]]]:
        """Return rule, field and level of what was found in each case of a quirk."""
        return [
            [(each.rule, each.field, each.level.value) for each in self.mapped[key].findings]
            for key in self.made.quirks[quirk]
        ]

    def state(self, quirk: str, step: str = "case") -> list[list[str]]:
        """Return the states of a step of each case of a quirk."""
        return [self.states.get((key, step), []) for key in self.made.quirks[quirk]]


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Installed, Made]]:
    """Return the agent on a database with every quirk, before its first pass."""
    folder = tmp_path_factory.mktemp("a")
    with pytest.MonkeyPatch.context() as patch, fresh_database(MARIADB) as url, ExitStack() as opened:
        patch.setenv(SECRET_ENV, "bí-mật-thử")
        made = generate(url, folder)
        yield install(SYSTEM, url, folder, agencies=national_agencies(), opened=opened), made


def national_agencies() -> list[str]:
    """Return every national code of the map of organisations."""
    with (SYSTEM / "codes" / "agencies.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.reader(file) if not row[0].startswith("#")]
    return sorted({row[1] for row in rows[1:]})


@pytest.fixture(scope="module")
def first(system: tuple[Installed, Made]) -> First:
    """Map everything, run the first pass, and return what came of both."""
    installed, made = system
    agent = installed.agent
    keys = [change.case_key for change in agent.source.changes(None, limit=10_000)]
    mapped = {key: agent.mapper.map(rows) for key, rows in agent.source.read(keys).items()}
    installed.sync()
    ids = installed.select(
        "SELECT c.case_key, m.ack_id FROM message m JOIN case_state c ON c.id = m.case_id WHERE m.step = 'case'"
    )
    sent = "\n".join(str(record.body) for record in installed.national.records)
    number = len(installed.national.records)
    return First(made, mapped, installed.states(), installed.rules(), sent, dict(map(tuple, ids)), number)


def test_every_case_is_mapped_with_the_findings_that_were_put_in(first: First) -> None:
    """By rule, field and level, and no other."""
    found = Counter(
        (each.rule, each.field, each.level.value) for case in first.mapped.values() for each in case.findings
    )
    assert (len(first.mapped), found) == (first.made.cases, first.made.expected)


def test_every_case_that_may_go_up_did(first: First) -> None:
    """What is not there is held, waits for what is held, is not ready, or is a reception without petition."""
    states = Counter(state for states in first.states.values() for state in states)
    assert set(states) == {"acknowledged", "held", "not_ready", "pending"}
    stopped = {key for (key, step), found in first.states.items() if step == "case" and found != ["acknowledged"]}
    unsent = {key for key in first.mapped if (key, "case") not in first.states}
    blocked = {key for key, rules in first.rules.items() if rules - {"not_expressible", "unmapped_code", "doubtful"}}
    doubted = {key for key, mapped in first.mapped.items() if any(each.level != "warn" for each in mapped.findings)}
    assert stopped <= blocked | doubted | {first.made.quirks["merged_agency"][2]}
    assert {key[0] for key in unsent - {first.made.quirks["receipt_twice"][0]}} == {"T"}


def test_nothing_was_made_twice(system: tuple[Installed, Made], first: First) -> None:
    """One national record for each message that is acknowledged."""
    installed, _ = system
    made = Counter(record.step.value for record in installed.national.records[: first.records])
    acknowledged = Counter(
        step for (_, step), states in first.states.items() for state in states if state == "acknowledged"
    )
    assert made == acknowledged


def test_quirk_1_each_receiving_organisation_has_a_national_case(first: First) -> None:
    """Identity is petition and organisation: two cases, two ids, each with its own processing."""
    here, there = first.cases("several_receipts")
    assert (here.agency, there.agency) == ("H217.03", "H217.05")
    assert there.petition is not None
    assert there.petition.forwarded_by is not None
    assert there.petition.forwarded_by.agency == "H217.03"
    assert first.state("several_receipts", "processing") == [["acknowledged"], ["acknowledged"]]
    assert len({first.ids[key] for key in first.made.quirks["several_receipts"]}) == 2


def test_quirk_1_two_receipts_of_one_organisation_are_not_guessed_at(first: First) -> None:
    """Which row is meant is for a person: the case is held."""
    assert first.found("receipt_twice") == [[("rows_disagree", "agency", "hold"), ("rows_disagree", "kind", "hold")]]
    assert first.state("receipt_twice") == [[]]


def test_quirk_2_organisation_as_text_finds_its_acceptance(first: First) -> None:
    """MaCoQuanThuLy is a portal id; IDCoQuanBanHanh beside it a national code."""
    (case,) = first.cases("organisation_as_text")
    assert case.acceptance is not None
    assert (case.acceptance.agency, case.settlements[0].agency) == ("H217.03", "H217.02")


def test_quirk_2_step_of_no_receipt_is_told(first: First) -> None:
    """Text that only begins with an id, or is a national code, is no portal id; the step is not lost without a word."""
    assert [case.acceptance for case in first.cases("step_adrift")] == [None, None]
    assert first.found("step_adrift") == [[("doubtful", "agency", "warn")]] * 2


def test_quirk_3_null_empty_and_zero_are_all_absent(first: First) -> None:
    """The same case, and no value made of nothing."""
    null, empty = (_without_identity(case) for case in first.cases("absent"))
    assert null == empty
    assert not {"headcount", "representatives", "organisation"} & set(null["petitioners"])
    assert "prior_settlements" not in null


def test_quirk_3_earlier_settlement_keeps_only_what_was_given(first: First) -> None:
    """0 is no instance and 1 no decision yet, beside an agency that is given."""
    (case,) = first.cases("settled_before")
    (earlier,) = case.prior_settlements
    assert (earlier.agency, earlier.instance, earlier.decision_kind) == ("H217.01", None, None)


def test_quirk_4_not_eligible_is_turned_round(first: First) -> None:
    """1 is not eligible, 0 is eligible, NULL is unknown."""
    assert [case.petition and case.petition.eligible for case in first.cases("not_eligible")] == [False, True, None]


def test_quirk_4_update_columns_are_what_they_mean(first: First) -> None:
    """NgayCapNhat is the day of an enforcement; of a petition it says nothing, nor does NgayTraKQ."""
    (case,) = first.cases("update_columns")
    assert case.enforcements[0].updated_on == date(2026, 10, 15)
    said = case.model_dump_json()
    assert not [day for day in ("2026-10-30", "2026-10-31") if day in said]


def test_quirk_5_date_with_and_without_time_is_the_same_day(first: First) -> None:
    """The same case whether a time was written or not."""
    plain, timed = (_without_identity(case) for case in first.cases("date_or_time"))
    assert plain == timed
    assert plain["petition"]["received_on"] == "2026-09-01"


def test_quirk_6_copied_content_is_no_summary(first: First) -> None:
    """A summary is mapped only where somebody wrote one."""
    summaries = [case.processing and case.processing.summary for case in first.cases("copied_content")]
    assert summaries == [None, "Đề nghị xem xét mức bồi thường."]


def test_quirk_6_journal_is_not_read_for_its_text(first: First) -> None:
    """Its HTML names the staff: none of it goes up."""
    assert [mark for mark in ("<p>", "<b>", "đã nhập đơn thư") if mark in first.sent] == []
    assert any(name in str(case.model_dump()) for name in STAFF_NAMES for case in first.cases("copied_content"))


def test_quirk_7_anonymous_is_a_person_without_a_name(first: First) -> None:
    """The row is there, the name is not, and none is made up; where the two flags differ a person looks."""
    named = [
        case.petitioners and [each.full_name for each in case.petitioners.people] for case in first.cases("anonymous")
    ]
    assert named[0] in ([], [None])
    differ = [("doubtful", "petition.anonymous", "hold")]
    assert first.found("anonymous") == [[], differ, differ]
    assert first.state("anonymous") == [["acknowledged"], ["held"], ["held"]]


def test_quirk_8_a_group_is_as_large_as_it_says(first: First) -> None:
    """45 by their own word, three of them known."""
    (case,) = first.cases("group")
    assert case.petitioners is not None
    assert (case.petitioners.headcount, len(case.petitioners.people), case.petitioners.kind) == (45, 3, "group")


def test_quirk_9_enforcement_among_several_decisions_is_held(first: First) -> None:
    """It keeps the decision its row names, and goes up when a person has looked; both decisions do at once."""
    (case,) = first.cases("two_decisions")
    assert case.enforcements[0].settlement_key == case.settlements[1].local_key
    assert first.found("two_decisions") == [[("doubtful", "enforcements.settlement_key", "hold")]]
    assert first.state("two_decisions", "settlement") == [["acknowledged", "acknowledged"]]
    assert first.state("two_decisions", "enforcement") == [["held"]]


@pytest.mark.parametrize(("quirk", "step"), [("processed_twice", "processing"), ("accepted_twice", "acceptance")])
def test_quirk_9_two_rows_for_one_step_hold_the_step(first: First, quirk: str, step: str) -> None:
    """The application takes the last one it happens to read; here neither counts, and the case goes up without it."""
    assert [getattr(case, step) for case in first.cases(quirk)] == [None]
    assert (first.state(quirk), first.state(quirk, step)) == ([["acknowledged"]], [[]])


def test_quirk_10_repeated_petition_names_a_case(first: First) -> None:
    """The one at the same organisation, else the original receipt; spaces around the number do no harm."""
    here, there = first.made.quirks["original"]
    assert [case.linked_case for case in first.cases("repeated")] == [here, there, here]


def test_quirk_10_a_link_does_not_wait_for_the_original(first: First) -> None:
    """The contract cannot carry it: counted, and the case goes up."""
    assert first.state("repeated") == [["acknowledged"]] * 3
    assert ["not_expressible" in first.rules[key] for key in first.made.quirks["repeated"]] == [True] * 3


def test_quirk_10_number_of_no_petition_is_told(first: First) -> None:
    """What is no number, or nobody's, is no link, and not dropped without a word."""
    assert [case.linked_case for case in first.cases("repeats_nothing")] == [None] * 3
    assert first.found("repeats_nothing") == [[("doubtful", "linked_case", "warn")]] * 3
    assert first.state("repeats_nothing") == [["acknowledged"]] * 3


def test_quirk_11_reception_is_the_same_before_and_after_it_is_saved_again(first: First) -> None:
    """Written as a date on insert and as a time on update: one day, one reception."""
    inserted, updated = (_without_identity(case) for case in first.cases("reception"))
    assert inserted == updated
    assert inserted["reception"]["received_on"] == "2026-09-08"


def test_quirk_12_deadlines_are_the_law_s_and_not_the_system_s(first: First) -> None:
    """60 days of a complaint are what the law allows at most, of a denunciation's 90 it allows 30."""
    cases = first.cases("local_deadline")
    written = [case.acceptance and case.acceptance.deadline for case in cases]
    assert written == [date(2026, 11, 9), date(2026, 12, 9)]
    assert [settlement_due(case) for case in cases] == [date(2026, 11, 9), date(2026, 10, 10)]


def test_agency_that_merged_has_the_code_of_the_day(first: First) -> None:
    """Before and after; without a day of receipt the day of entry decides."""
    assert [case.agency for case in first.cases("merged_agency")] == ["H217.15", "H217.04", "H217.15"]


def test_agency_missing_in_the_map_is_held(first: First) -> None:
    """Never sent under another's code."""
    assert first.found("agency_not_in_map") == [[("unmapped_code", "agency", "hold")]]
    assert first.state("agency_not_in_map") == [["held"]]


def test_unit_that_merged_has_the_code_of_the_day(first: First) -> None:
    """Bến Tre before 2025-07-01, Vĩnh Long since; a district only before."""
    addresses = [case.petitioners and case.petitioners.people[0].address for case in first.cases("merged_unit")]
    told = [each and (each.province, each.district, each.commune, each.as_of) for each in addresses]
    assert told == [
        ("811", "81101", "8110101", date(2025, 6, 30)),
        ("809", None, "8090003", date(2025, 7, 1)),
    ]


def test_amount_as_large_as_the_application_can_hold_is_held(first: First) -> None:
    """It may be a larger one, cut off: the decision waits for a person, and its enforcement for the decision."""
    assert first.state("cut_amount", "settlement") == [["held"]]
    assert first.state("cut_amount", "enforcement") == [["pending"]]


def test_id_from_another_program_holds_the_case(first: First) -> None:
    """The receipt's id counts, not the petition's, which may disagree."""
    (key,) = first.made.quirks["two_national_ids"]
    assert first.mapped[key].national_ids == {(Step.CASE, ""): "0b0e7b5a-0002-4c1e-9a51-000000000002"}
    assert first.rules[key] == {"foreign_writer"}


def _without_identity(case: CaseFile) -> dict[str, Any]:
    """Return a case without what tells two equal ones apart: keys and the people invented for each."""
    said: dict[str, Any] = case.model_dump(mode="json", exclude_defaults=True)
    for name in ("case_key", "recorded_at"):
        said.pop(name, None)
    said.get("petitioners", {}).pop("people", None)
    for each in said.get("settlements", ()):
        del each["local_key"]
    return said


@dataclass(frozen=True)
class Watched:
    """Which case stands for which table, and the tables whose case had changed at each pass in turn."""

    keys: dict[str, str]
    seen: list[set[str]]


def watch(
    installed: Installed, edits: Mapping[str, str], keys: list[str], passes: list[bool], **values: Any
) -> Watched:
    """Make each edit in a case of its own, then run passes (True: a full one) and note who had changed at each."""
    of = dict(zip(edits, keys, strict=False))
    before = installed.revisions()
    for table, statement in edits.items():
        number = int(of[table][1:].partition("-")[0])
        assert installed.execute(statement, number=number, **values) >= 1
        if values.get("line"):
            installed.execute(LINE, number=number, now=installed.stamp())
    seen = []
    for full in passes:
        installed.sync(full=full)
        after = installed.revisions()
        seen.append({table for table, key in of.items() if after[key] > before[key]})
        before = after
    return Watched(of, seen)


LINE = """INSERT INTO don_thu_qua_trinh_xlgq (IdDonThu, NgayDang, NoiDung, HeThongTao)
          VALUES (:number, :now, '<p>Đã sửa đơn thư.</p>', 1)"""


@pytest.fixture(scope="module")
def silent(system: tuple[Installed, Made], first: First) -> Watched:
    """Edit every table without a line in the journal; run a pass, then a full one."""
    return watch(system[0], EDITS, list(first.made.quirks["complete"][:14]), [False, True])


@pytest.fixture(scope="module")
def noted(system: tuple[Installed, Made], silent: Watched, first: First) -> Watched:
    """Edit every table and leave the line that the application leaves; run a pass."""
    del silent
    return watch(system[0], EDITS, list(first.made.quirks["complete"][14:28]), [False], line=True)


@pytest.fixture(scope="module")
def receptions(system: tuple[Installed, Made], noted: Watched, first: First) -> Watched:
    """Edit receptions without petition; run a full pass."""
    del noted
    keys = [key for key in first.mapped if key.startswith("T")]
    return watch(system[0], OF_RECEPTIONS, keys, [True])


@pytest.fixture(scope="module")
def dated(system: tuple[Installed, Made], receptions: Watched, first: First) -> Watched:
    """Enter steps that are dated today and left no line; run a pass."""
    del receptions
    day = system[0].stamp()[:10]
    return watch(system[0], DATED, list(first.made.quirks["not_eligible"]), [False], day=day)


@pytest.fixture(scope="module")
def removed(system: tuple[Installed, Made], dated: Watched, first: First) -> Watched:
    """Delete rows of every table but the receipt; run a full pass."""
    del dated
    return watch(system[0], REMOVALS, list(first.made.quirks["complete"][28:37]), [True])


@pytest.mark.parametrize("table", EDITS)
def test_silent_edit_of_any_table_is_noticed_by_the_full_scan(silent: Watched, table: str) -> None:
    """No change time, no line: only reading everything tells, and it does."""
    assert table in silent.seen[0] | silent.seen[1]


@pytest.mark.parametrize("table", EDITS)
def test_edit_of_any_table_with_its_line_is_noticed_at_the_next_pass(noted: Watched, table: str) -> None:
    """The journal is the feed."""
    assert table in noted.seen[0]


@pytest.mark.parametrize("table", OF_RECEPTIONS)
def test_edit_of_a_reception_without_petition_is_noticed_by_the_full_scan(receptions: Watched, table: str) -> None:
    """They are cases as well."""
    assert table in receptions.seen[0]


@pytest.mark.parametrize("table", DATED)
def test_quirk_5_step_with_a_day_and_no_time_is_noticed_at_the_next_pass(dated: Watched, table: str) -> None:
    """A bound with a time does not lose what was entered earlier on the same day."""
    assert table in dated.seen[0]


@pytest.mark.parametrize("table", REMOVALS)
def test_row_deleted_from_any_table_is_noticed_by_the_full_scan(removed: Watched, table: str) -> None:
    """Link tables are deleted and written anew at every save; here they stay away."""
    assert table in removed.seen[0]


def test_case_deleted_is_gone_after_two_full_scans(
    system: tuple[Installed, Made], removed: Watched, first: First
) -> None:
    """After one it is only missed; what went up stays known."""
    del removed
    installed, key = system[0], first.made.quirks["complete"][-1]
    number = int(key[1:].partition("-")[0])
    for table in ("don_thu_thong_tin_don_thu", "don_thu"):
        installed.execute(f"DELETE FROM {table} WHERE IdDonThu = :number", number=number)  # noqa: S608 - names of a test
    gone = []
    for _ in range(2):
        installed.sync(full=True)
        query = "SELECT case_key FROM case_state WHERE gone_since IS NOT NULL"
        gone.append([found for (found,) in installed.select(query)])
    assert gone == [[], [key]]
    assert installed.states()[key, "case"] == ["acknowledged"]
