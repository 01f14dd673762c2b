"""A real petition system of a province on MariaDB: its quirks one by one, all of its cases, its edits and deletions."""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url

from sync_agent.doctor import Verdict, examine
from sync_agent.domain.findings import Finding, Level
from sync_agent.domain.steps import Step
from sync_agent.errors import SourceError
from sync_agent.mapping import Mapped, Mapper, load_code_tables, load_profile
from sync_agent.national import WireRequest
from sync_agent.source import SqlSource
from tests.support.houses import SECRET_ENV
from tests.support.servers import MARIADB, fresh_database
from tests.systems.b.application import Application
from tests.systems.b.generator import BULK_UPDATE, Stock, fill
from tests.systems.installed import Installed, install

HERE = Path(__file__).parents[2] / "systems" / "b"
PROFILE, CODES = HERE / "profile.yaml", HERE / "codes"
AGENCIES = ["H217.01", "H217.02", "H217.03", "H217.04", "H217.20.03"]
CASES = 30
STEPS = ("phanloaidonthu", "theodoidonthu", "ketquagiaiquyet", "thongtinrutdonthu")
TIMED = ("donthu", "quanlyvanban", "vanbanlienquan", "lichsugiaoxuly")
READ = (*TIMED, *STEPS, "nguoidaidien", "ketquatiepdan", "congdankhac")
"""The tables of which something can go up or protects."""


@dataclass
class System:
    """The generated database and what the agent makes of it."""

    url: str
    stock: Stock
    source: SqlSource
    mapped: dict[str, Mapped]

    def of(self, quirk: str) -> Mapped:
        """Return the case with a quirk."""
        return self.mapped[self.stock.key(quirk)]

    def case(self, quirk: str) -> Any:
        """Return its CaseFile; Any, so that a part that is absent fails the test and not the type check."""
        return self.of(quirk).case

    def found(self, quirk: str) -> list[tuple[str, str, Level]]:
        """Return what was found in it."""
        return [(each.rule, each.field, each.level) for each in self.of(quirk).findings]


@pytest.fixture(scope="module")
def system() -> Iterator[System]:
    """Return the database with its cases, read and mapped once."""
    with fresh_database(MARIADB) as url:
        with Application.opened(url, create=True) as application:
            stock = fill(application, seed=7, cases=CASES)
        profile = load_profile(PROFILE)
        source = SqlSource(url, profile.source)
        mapper = Mapper(profile, load_code_tables(CODES))
        mapper.check_columns(source.columns())
        mapped = {key: mapper.map(rows) for key, rows in source.read(sorted(stock.keys)).items()}
        yield System(url, stock, source, mapped)
        source.close()


@contextmanager
def reader_of(url: str, tables: Iterable[str]) -> Iterator[str]:
    """Give the address of an account that may read these tables, and drop it."""
    name = f"reader_{url.rpartition('_')[2]}"
    with Application.opened(url) as application:
        application.run(f"CREATE USER '{name}'@'%%' IDENTIFIED BY 'invented'")
        for table in tables:
            application.run(f"GRANT SELECT ON {table} TO '{name}'@'%%'")
        yield make_url(url).set(username=name, password="invented").render_as_string(hide_password=False)
        application.run(f"DROP USER '{name}'@'%%'")


@dataclass
class Working:
    """An agent that has sent the generated cases, and the program that goes on writing them."""

    here: Installed
    application: Application
    stock: Stock
    requests: list[WireRequest]

    def later(self) -> None:
        """Let hours go by, more than what every pass reads again."""
        self.here.clock.move(hours=6)
        self.application.at(self.here.clock.now)
        self.here.sync()  # so that the time of the edits so far is behind the watermark
        self.here.clock.move(hours=6)
        self.application.at(self.here.clock.now)

    def changed(self, **options: Any) -> int:
        """Return how many cases a pass finds changed."""
        scanned = self.here.sync(**options).scanned
        assert scanned is not None
        return scanned.changed


@pytest.fixture(scope="module")
def working(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Working]:
    """Return an agent after its first pass."""
    with pytest.MonkeyPatch.context() as patch, fresh_database(MARIADB) as url:
        patch.setenv(SECRET_ENV, "invented")
        folder = tmp_path_factory.mktemp("system-b")
        with ExitStack() as opened:
            application = opened.enter_context(Application.opened(url, create=True))
            stock = fill(application, seed=7, cases=CASES)
            here = install(HERE, url, folder, agencies=AGENCIES, opened=opened)
            attach(folder, stock)
            requests: list[WireRequest] = []
            here.national.at_send = requests.append
            application.at(here.clock.now)
            here.sync()
            yield Working(here, application, stock, requests)


def attach(folder: Path, stock: Stock) -> None:
    """Put the files of all cases where the local system keeps them."""
    for key in (each for each in stock.keys if each.startswith("D")):
        place = folder / "files" / "file" / f"donthu_{key[1:]}_2026"
        place.mkdir(parents=True)
        for name in ("don.pdf", "giay-to.pdf", "them.pdf"):
            (place / name).write_bytes(b"%PDF-1.4 invented")


def test_every_case_is_mapped(system: System) -> None:
    """No case and no step is lost, and none is added."""
    changes = system.source.changes(None, limit=1000)
    steps = Counter(str(step) for each in system.mapped.values() for step, _ in each.ready if step is not Step.CASE)
    assert {change.case_key for change in changes} == set(system.mapped) == system.stock.keys
    assert steps == system.stock.steps


def test_the_findings_are_the_oddities_that_were_put_in(system: System) -> None:
    """By rule and field, each as often as it was written."""
    found = Counter((each.rule, each.field) for mapped in system.mapped.values() for each in mapped.findings)
    assert found == system.stock.findings


# 1: the change time


def test_a_change_time_that_a_bulk_update_made_equal_loses_no_case(system: System) -> None:
    """Pages go by key, so it does not matter how many rows share one time; `create_at` is not taken for the entry."""
    pages, after = [], ""
    while page := system.source.changes(BULK_UPDATE, after=after, limit=7):
        pages += page
        after = page[-1].case_key
    equal = [change for change in pages if change.changed_at == BULK_UPDATE]
    assert (len(equal), len(pages)) == (CASES, len(system.stock.keys) - 1)  # the reception has an older day
    assert {mapped.case.recorded_at for mapped in system.mapped.values()} == {None}


# 2: a number with two meanings


@pytest.mark.parametrize(
    ("quirk", "expected"),
    [
        ("old 1 is a group", "group"),
        ("old 0 is one", "individual"),
        ("new 1 is one", "individual"),
        ("new 2 is a group", "group"),
    ],
)
def test_a_number_means_what_it_meant_on_the_day_of_its_row(system: System, quirk: str, expected: str) -> None:
    """Individual and group changed places when the program was replaced."""
    assert (system.case(quirk).petitioners.kind, system.found(quirk)) == (expected, [])


@pytest.mark.parametrize("quirk", ["1 in the gap", "1 without a day"])
def test_a_number_of_no_known_day_has_no_meaning(system: System, quirk: str) -> None:
    """A person must look; neither meaning is taken."""
    found = [("undated_code", "petitioners.kind", Level.HOLD)]
    assert (system.case(quirk).petitioners.kind, system.found(quirk)) == (None, found)


def test_a_number_that_has_lost_its_meaning_is_unmapped(system: System) -> None:
    """0 in a new row is not the 0 of old ones."""
    assert system.found("0 of a new row") == [("unmapped_code", "petitioners.kind", Level.HOLD)]


# 3: words and numbers mixed, numbers as text


@pytest.mark.parametrize(
    ("quirk", "expected"), [("source as a word", "4"), ("source as a number", "21"), ("source without a code", None)]
)
def test_words_and_numbers_stand_in_one_column(system: System, quirk: str, expected: str | None) -> None:
    """What has no national code stays empty and is counted: it only describes."""
    found = [] if expected else [("unmapped_code", "petition.source", Level.WARN)]
    assert (system.case(quirk).petition.source, system.found(quirk)) == (expected, found)


def test_numbers_as_text_are_numbers(system: System) -> None:
    """Kind, field and direction are varchar."""
    case = system.case("accepted")
    assert (case.kind, case.processing.direction) == ("complaint", "accept")
    assert case.classifications[0].startswith("KN.01")


def test_the_code_of_a_deleted_list_entry_holds_the_case(system: System) -> None:
    """Nobody can say what it meant."""
    assert system.found("deleted list entry") == [("unmapped_code", "classifications", Level.HOLD)]


# 4: dates


def test_a_zero_date_is_no_date(system: System) -> None:
    """Neither a day before Christ nor an error."""
    petition = system.case("zero dates").petition
    assert (petition.written_on, petition.forwarded_by.document_date, system.found("zero dates")) == (None, None, [])
    assert petition.forwarded_by.document_no == "12/CV"


def test_a_day_that_is_not_known_is_left_out_of_a_date(system: System) -> None:
    """2026-02-00 is February."""
    assert system.case("month without a day").petition.written_on == "2026-02"


def test_an_impossible_year_is_found_and_not_taken(system: System) -> None:
    """Wherever the day decides, too."""
    found = system.found("year 6")
    assert system.case("year 6").petition.received_on is None
    assert [each for each in found if each[0] != "bad_date"] == []
    assert {field for _, field, _ in found} == {"petition.received_on", "agency", "petitioners.kind"}


# 5: rows that mean nothing


def test_empty_step_rows_are_no_steps(system: System) -> None:
    """They are made together with the petition."""
    mapped = system.of("steps that mean nothing")
    case = mapped.case
    assert (case.processing, case.acceptance, case.settlements, case.withdrawal) == (None, None, (), None)
    assert (set(mapped.ready), list(mapped.findings)) == ({(Step.CASE, "")}, [])


def test_a_step_is_there_when_its_row_says_so(system: System) -> None:
    """Accepted by direction 1; forwarded is processed and not accepted; withdrawn by the petition."""
    accepted, forwarded, withdrawn = (system.case(each) for each in ("accepted", "forwarded", "withdrawn"))
    assert accepted.acceptance.accepted_on == accepted.processing.processed_on
    assert (forwarded.processing.direction, forwarded.acceptance) == ("forward", None)
    assert withdrawn.withdrawal.model_dump(exclude_none=True) == {
        "withdrawn_on": date(2026, 10, 2),
        "reason": "Tự nguyện rút đơn",
    }


def test_orphan_steps_are_no_case(system: System) -> None:
    """The petition was deleted, its steps were left behind."""
    key = system.stock.key("orphan steps")
    assert system.source.read([key]) == {}
    assert key not in {change.case_key for change in system.source.changes(None, limit=1000)}


# 6: the kind


def test_an_empty_kind_is_no_kind(system: System) -> None:
    """Such a petition may be a denunciation; the gate holds it until that is known."""
    kinds = [system.case(each).kind for each in ("not classified", "not classified but processed")]
    assert (kinds, system.found("not classified")) == ([None, None], [])


def test_a_deleted_kind_holds_the_case(system: System) -> None:
    """5 is in use and in no list."""
    assert system.of("deleted kind").findings == (
        Finding("unmapped_code", Level.HOLD, "kind", None, "", "phanloaidonthu.loaidon"),
    )


def test_an_outcome_without_a_known_kind_holds_the_case(system: System) -> None:
    """One code serves complaints and denunciations: of a mixed petition it says neither."""
    (finding,) = system.of("outcome of a mixed petition").findings
    assert (finding.rule, finding.field, finding.step) == ("unmapped_code", "settlements.outcome", None)
    assert system.case("outcome of a mixed petition").settlements[0].outcome is None


# 7: decisions


def test_a_number_cut_to_an_integer_is_counted(system: System) -> None:
    """What is left of it goes up; a number that began with letters is lost."""
    cut, lost = (system.case(f"number {each}") for each in ("cut to an integer", "that began with letters"))
    assert [each.settlements[0].decision_no for each in (cut, lost)] == ["123", None]
    assert system.found("number cut to an integer") == [("only_part", "settlements.decision_no", Level.WARN)]


def test_amounts_are_read_with_their_units(system: System) -> None:
    """Money in đồng, land in m² of the kind the words tell."""
    remedies = system.case("number cut to an integer").settlements[0].remedies
    assert remedies.recover.model_dump(exclude_none=True) == {"money": 12_000_000, "residential_land": Decimal(300)}
    assert remedies.give_back.model_dump(exclude_none=True) == {"money": 1_500_000, "production_land": Decimal(15_000)}


def test_amounts_nobody_can_read_hold_the_decision(system: System) -> None:
    """Two amounts in one, no unit, a unit of another size in each region, land of an unknown kind."""
    found = {(each.rule, each.level, each.step) for each in system.of("amounts nobody can read").findings}
    assert found == {("bad_amount", Level.HOLD, Step.SETTLEMENT)}
    assert system.case("amounts nobody can read").settlements[0].remedies is None


def test_a_summary_as_long_as_its_column_is_doubted(system: System) -> None:
    """It stays for a person to see, and goes up only when released. The last of its 255 letters is a space."""
    assert len(system.case("summary cut").settlements[0].summary) == 254
    assert system.found("summary cut") == [("maybe_cut", "settlements.summary", Level.HOLD)]


# 8: two lengths of one column


def test_steps_are_found_by_the_id_and_not_by_a_number_that_was_cut(system: System) -> None:
    """The number has 100 letters in one table and 16 in the others."""
    mapped = system.of("long number")
    assert mapped.case.petition is not None
    assert mapped.case.petition.number == f"{system.stock.quirks['long number']}/2026/TIẾP-CÔNG-DÂN-TỈNH"
    assert [each.decision_no for each in mapped.case.settlements] == ["77"]


# 9: capitals


def test_a_name_in_capitals_is_the_name(system: System) -> None:
    """The same person as in small letters, so that a row that is only written anew changes nothing."""
    (person,) = system.case("name in capitals").petitioners.people
    assert person.full_name == "Nông Thị Hường"


def test_a_representative_who_stands_twice_is_one_and_drafts_are_nobody(system: System) -> None:
    """In donthu with small letters, in nguoidaidien with capitals; enable 0 was never saved."""
    people = system.case("drafts and one twice").petitioners.people
    assert [person.full_name for person in people] == ["Lò Thị Đào", "Vàng A Tủa"]


# 10: columns of one name


def test_a_join_that_would_lose_a_column_is_refused(system: System) -> None:
    """`SELECT donthu.*, phanloaidonthu.*` has two numbers, and one would win."""
    profile = load_profile(PROFILE)
    sql = (
        "SELECT concat('D', d.donthuid) AS case_key, d.*, p.* FROM donthu d JOIN phanloaidonthu p"
        " ON p.donthuid = d.donthuid WHERE concat('D', d.donthuid) IN :keys"
    )
    spec = profile.source.model_copy(update={"parts": {**profile.source.parts, "donthu": sql}})
    source = SqlSource(system.url, spec)
    with pytest.raises(SourceError, match=r"returns several columns named \w+"):
        source.columns()
    source.close()


# 11: what the account must not see


def test_tables_that_no_query_names_are_told(system: System) -> None:
    """So that whoever sets the account up sees that it can read the table with the passwords."""
    beside = system.source.beside()
    assert beside is not None
    assert ("cauhinh" in beside, "donthu" in beside) == (True, False)


def test_an_account_for_the_records_alone_reads_everything(system: System) -> None:
    """Nothing that the agent needs stands beside the tables of the profile."""
    with reader_of(system.url, READ) as url:
        source = SqlSource(url, load_profile(PROFILE).source)
        assert (source.beside(), source.may_write(), len(source.probe())) == ([], False, 11)
        assert set(source.read(sorted(system.stock.keys))) == system.stock.keys
        source.close()


def test_the_doctor_names_them(working: Working) -> None:
    """A warning, with what to grant instead."""
    (check,) = [
        each
        for each in examine(working.here.agent.settings.folder, probe=False)
        if each.subject == "tables beside the profile"
    ]
    facts = dict(check.facts)
    assert (check.verdict, facts["count"]) == (Verdict.WARN, "7")
    assert facts["tables"].startswith("cauhinh, ")


# 12: the area


@pytest.mark.parametrize(("quirk", "has_agency"), [("no area", True), ("no area and no agency", False)])
def test_a_petition_without_area_belongs_to_its_agency(system: System, quirk: str, has_agency: bool) -> None:
    """A filter by area would lose it; without an agency it is there all the same."""
    mapped = system.of(quirk)
    assert (mapped.case.agency is not None, (Step.CASE, "") in mapped.ready) == (has_agency, True)


# and what else such a database has


def test_several_respondents_in_one_text_are_several(system: System) -> None:
    """By titles and surnames; whose address it is nobody knows."""
    respondents = system.case("several respondents").respondents
    names = [each.person.full_name for each in respondents]
    assert names == ["Đặng Văn Bình", "Nông Thị Cúc", "Lương Văn Danh"]
    assert [each.person.address for each in respondents] == [None, None, None]


def test_a_text_that_may_be_one_name_is_not_split(system: System) -> None:
    """`VÀ` belongs to the name of the body; the text stays whole and a person looks."""
    (respondent,) = system.case("body with và").respondents
    assert (respondent.kind, respondent.person.full_name) == (None, "SỞ NÔNG NGHIỆP VÀ MÔI TRƯỜNG")
    assert system.of("body with và").findings == (
        Finding("names_unclear", Level.HOLD, "respondents", Step.CASE, "", "donthu.doituongkhieunai"),
    )


def test_names_in_a_text_that_was_cut_are_not_told_apart(system: System) -> None:
    """The last of them may be the half of another."""
    (respondent,) = system.case("respondents cut").respondents
    assert len(respondent.person.full_name) == 255
    assert system.found("respondents cut") == [("names_unclear", "respondents", Level.HOLD)]


def test_a_body_is_an_organisation_with_its_address(system: System) -> None:
    """By the words such names begin with."""
    (respondent,) = system.case("body").respondents
    assert (respondent.kind, respondent.organisation.name) == ("organisation", "UBND xã Đồi Chè")
    assert respondent.organisation.address.detail == "Xã Đồi Chè"


@pytest.mark.parametrize(
    ("quirk", "expected"),
    [
        ("agency by name", "H217.20.03"),
        ("agency without accents", "H217.03"),
        ("agency with another tone place", "H217.20.05"),
        ("unknown agency", None),
    ],
)
def test_an_agency_is_found_by_its_name(system: System, quirk: str, expected: str | None) -> None:
    """Whatever capitals, abbreviations and tone places; a near name is another agency."""
    forwarded = system.case(quirk).petition.forwarded_by
    assert (None if forwarded is None else forwarded.agency) == expected


def test_a_name_without_accents_that_two_bear_is_nobodys(system: System) -> None:
    """`xa Doi Che` may be Đồi Chè or Đới Chè."""
    assert system.case("forwarded").processing.next_agency is None
    assert system.found("forwarded") == [("unmapped_code", "processing.next_agency", Level.HOLD)]


@pytest.mark.parametrize(("quirk", "fields"), [("lost zeros", ["id_number", "phone"]), ("number capped", ["phone"])])
def test_numbers_that_lost_digits_are_not_repaired(system: System, quirk: str, fields: list[str]) -> None:
    """They stay empty and are counted; no law asks for them."""
    person = system.case(quirk).petitioners.people[1]
    assert (person.phone, person.id_number) == (None, None)
    assert system.found(quirk) == [("bad_form", f"petitioners.people.{field}", Level.WARN) for field in fields]


def test_text_with_lost_letters_does_not_go_up(system: System) -> None:
    """`Công an t?nh` is no place of issue."""
    assert system.case("letters lost").petitioners.people[1].id_issued_by is None


def test_a_day_that_may_be_another_is_not_read(system: System) -> None:
    """dd/mm/yyyy written into a column of days is the day of some other year."""
    assert system.case("day in a wrong form").petitioners.people[1].id_issued_on is None
    assert system.found("day in a wrong form") == []


def test_a_file_that_stands_in_two_tables_is_one(system: System) -> None:
    """With the folder of the petition."""
    number = system.stock.quirks["files in two places"]
    locations = [each.location for each in system.case("files in two places").attachments]
    assert locations == [f"file/donthu_{number}_2026/{name}" for name in ("don.pdf", "giay-to.pdf")]


def test_petitions_that_name_one_another_are_one_group(system: System) -> None:
    """By the earlier petition or by a link."""
    first = system.stock.quirks["first complaint"]
    groups = [set(system.of(each).group) for each in ("first complaint", "second complaint", "linked")]
    assert [f"link:{first}" in group for group in groups] == [True, True, True]
    assert system.case("second complaint").petition.previous_instance == f"D{first}"


def test_a_reception_is_a_case_or_belongs_to_its_petition(system: System) -> None:
    """With the citizens who came."""
    alone: Any = system.mapped[f"T{system.stock.quirks['reception']}"].case
    assert (alone.petition, alone.kind, len(alone.petitioners.people)) == (None, "complaint", 1)
    assert system.case("petition from a reception").reception.received_on == date(2026, 9, 1)


# the whole path


HELD = (
    *("1 in the gap", "1 without a day", "0 of a new row", "deleted list entry", "year 6", "not classified"),
    *("not classified but processed", "deleted kind", "outcome of a mixed petition", "several respondents"),
    *("body with và", "respondents cut", "unknown agency", "no area and no agency"),
)
"""Cases of which nothing may go up before somebody mended them."""


def test_everything_goes_up_once_or_is_held_with_a_reason(working: Working) -> None:
    """Denunciations wait for a summary without identity, the odd cases for whoever mends them."""
    here, stock = working.here, working.stock
    states = here.states()
    stopped = {key for (key, step), state in states.items() if step == "case" and state != ["acknowledged"]}
    denunciations = {f"D{number + 1}" for number in range(CASES) if number % 5 == 4}
    sent = len(working.requests)
    here.sync()
    assert stopped == denunciations | {stock.key(quirk) for quirk in HELD}
    assert (here.national.twice(), len(working.requests)) == ([], sent)
    assert sent == sum(each.count("acknowledged") for each in states.values()) > len(stopped)


@pytest.mark.parametrize(
    ("quirk", "rules"),
    [
        ("not classified", {"not_classified", "required_missing"}),
        ("no area and no agency", {"no_account", "required_missing", "schema"}),
        ("amounts nobody can read", {"bad_amount"}),
        ("withdrawn", {"not_expressible"}),
    ],
)
def test_what_is_held_says_why(working: Working, quirk: str, rules: set[str]) -> None:
    """By the rules of mapping, gate, contract and accounts."""
    key = working.stock.key(quirk)
    assert working.here.rules()[key] == rules


def test_a_processed_petition_of_unknown_kind_is_protected(working: Working) -> None:
    """It may be a denunciation: no name of it goes up."""
    names = [person.full_name for person in of_quirk(working, "not classified but processed").petitioners.people]
    assert [name in str(working.requests) for name in names] == [False]
    key = working.stock.key("not classified but processed")
    assert key in {name for (name,) in working.here.select(PROTECTED)}


def test_what_only_part_of_was_kept_is_sent_and_counted(working: Working) -> None:
    """The number of the decision as far as the local system has it, the amount in đồng."""
    bodies = [record.body for record in working.here.national.records if record.step is Step.SETTLEMENT]
    (body,) = [body for body in bodies if body["SoQuyetDinh"] == "123"]
    assert (body["BoiThuongThietHai"]["ThuHoiTien"], body["BoiThuongThietHai"]["ThuHoiDatO"]) == (12_000_000, 300)


EDITS: dict[str, tuple[str, dict[str, Any]]] = {
    "donthu": ("accepted", {"noidung": "Nội dung khác"}),
    "quanlyvanban": ("files in two places", {"tenfile": "them.pdf"}),
    "vanbanlienquan": ("linked", {"donLienQuanId": 5}),
    "phanloaidonthu": ("old 0 is one", {"linhvuc": "4"}),
    "theodoidonthu": ("accepted", {"tomtatxuly": "Tóm tắt khác"}),
    "ketquagiaiquyet": ("number cut to an integer", {"tratien": "3 triệu"}),
    "nguoidaidien": ("drafts and one twice", {"diachi": "Xã Gò Mây"}),
    "thongtinrutdonthu": ("withdrawn", {"lydo": "Lý do khác"}),
    "ketquatiepdan": ("petition from a reception", {"noidung": "Trình bày khác"}),
    "congdankhac": ("reception", {"diachi": "Xã Bến Gỗ"}),
}
"""Of each table a case and what is written."""


@pytest.mark.parametrize("table", sorted(EDITS))
def test_an_edit_of_every_table_is_noticed(working: Working, table: str) -> None:
    """At the next pass where the table has a change time, else at the next full scan, and only once."""
    quirk, columns = EDITS[table]
    column = "tiepdanid" if table == "congdankhac" else "donthuid"
    working.later()
    working.application.edit(table, {column: working.stock.quirks[quirk]}, **columns)
    noticed = [working.changed(), working.changed(full=True)]
    assert noticed == ([1, 0] if table in TIMED else [0, 1])


def test_a_hand_over_is_read_and_changes_nothing(working: Working) -> None:
    """Officers are numbers there: nothing of it goes up."""
    working.later()
    number = working.stock.quirks["linked"]
    working.application.edit("lichsugiaoxuly", {"donthuid": number}, nguoinhan=9)
    scanned = working.here.sync().scanned
    assert scanned is not None
    assert (scanned.read, scanned.changed) == (1, 0)


def test_a_row_written_anew_with_a_name_in_capitals_changes_nothing(working: Working) -> None:
    """As every save in the new program does."""
    working.later()
    number = working.stock.quirks["zero dates"]
    (person,) = of_quirk(working, "zero dates").petitioners.people
    for name in (person.full_name, person.full_name.upper()):
        working.application.edit(
            "donthu", {"donthuid": number}, tennguoivietdon=name, nguoinhap=len(name) + name.isupper()
        )
    assert working.changed() == 0


def test_deleted_petitions_are_gone_whatever_is_left_of_them(working: Working) -> None:
    """After two full scans; people, files and, where the program died, steps stay behind and keep nothing alive."""
    deleted = {"agency by name": False, "long number": True}
    for quirk, torn in deleted.items():
        working.application.delete(working.stock.quirks[quirk], torn=torn)
    gone = []
    for _ in range(2):
        working.later()
        working.here.sync(full=True)
        gone.append({key for (key,) in working.here.select(GONE)})
    sent = len(working.requests)
    working.here.sync(full=True)
    assert (gone, len(working.requests)) == ([set(), {working.stock.key(quirk) for quirk in deleted}], sent)


PROTECTED = "SELECT case_key FROM case_state WHERE protected_since IS NOT NULL"
GONE = "SELECT case_key FROM case_state WHERE gone_since IS NOT NULL"


def mapped_now(working: Working, key: str) -> Mapped:
    """Return a case as the agent would map it now."""
    agent = working.here.agent
    return agent.mapper.map(agent.source.read([key])[key])


def of_quirk(working: Working, quirk: str) -> Any:
    """Return the CaseFile of the case with a quirk, as it is now."""
    return mapped_now(working, working.stock.key(quirk)).case
