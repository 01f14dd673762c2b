"""Every kind of difference between local system, ledger and national side is found, named, repaired, and gone then."""

from dataclasses import dataclass
from datetime import date

import pytest

from sync_agent.audit import Event
from sync_agent.domain.steps import Step
from sync_agent.errors import NationalUnreachableError, SyncAgentError
from sync_agent.ledger import verify
from sync_agent.national import Accepted, Outcome, WireRequest
from sync_agent.sync import Kind, ReconcileReport, RepairReport, reconcile, repair
from tests.support.houses import House, Houses

FAST = "look_ups_per_second = 100000\n"
CONTAINS = '"lookup" = "contains"'
_LINE = "Mã liên thông: "


@dataclass
class Register:
    """What the national side holds: the text of each record by its Id, in which a look-up finds tokens."""

    house: House

    def __post_init__(self) -> None:
        """Have the scripted national side keep records."""
        self.texts: dict[str, str] = {}
        self.house.gateway.by_account = self.take

    def take(self, request: WireRequest, _account: str) -> Outcome | None:
        """Keep a case as it comes; leave the other steps to the script."""
        if request.step is not Step.CASE:
            return None
        own = request.body["VuViec"]["Id"]
        national_id = own or f"00000000-0000-4000-8000-{len(self.texts):012d}"
        self.keep(national_id, request.body["NoiDungDon"])
        return Accepted(national_id, 200)

    def keep(self, national_id: str, text: str) -> None:
        """Write a record, and index it anew."""
        self.texts[national_id] = text
        self._index()

    def lose(self, national_id: str) -> None:
        """Have a record no longer hold its token."""
        self.keep(national_id, "đã sửa tay")

    def _index(self) -> None:
        found = self.house.gateway.found
        found.clear()
        for each, text in self.texts.items():
            for line in text.splitlines():
                if line.startswith(_LINE):
                    found.setdefault(line.removeprefix(_LINE), []).append(each)


@pytest.fixture
def house(make_house: Houses) -> House:
    """Return a house whose national side can be searched by token."""
    return make_house(extra=FAST, capabilities=CONTAINS)


@pytest.fixture
def register(house: House) -> Register:
    """Return what its national side holds: four cases, acknowledged an hour ago."""
    register = Register(house)
    for number in range(1, 5):
        house.local.case(number)
    house.sync()
    house.clock.move(hours=1)
    return register


def compared(house: House, **options: object) -> ReconcileReport:
    """Compare the three sides."""
    return reconcile(house.agent, actor="os:lan", **options)  # type: ignore[arg-type]


def found(report: ReconcileReport) -> list[tuple[str, str, str]]:
    """Return kind, case and step of every difference."""
    return sorted((each.kind.value, each.case_key, each.step) for each in report.differences)


def mended(house: House, report: ReconcileReport) -> RepairReport:
    """Repair every difference of a report."""
    return repair(house.agent, [each.content for each in report.differences], reason="checked", actor="os:lan")


def goes_clean(house: House, kind: Kind, case: str, step: str) -> None:
    """See that exactly this difference is found, named in the log, repaired, and found no more."""
    report = compared(house)
    assert found(report) == [(kind.value, case, step)]
    assert mended(house, report).repaired == {kind.value: 1}
    assert found(compared(house)) == []
    house.sync()
    house.clock.move(hours=1)
    assert found(compared(house)) == []
    named = [entry for entry in house.entries() if entry.event is Event.DIFFERENCE_FOUND]
    done = [entry for entry in house.entries() if entry.event is Event.DIFFERENCE_REPAIRED]
    assert [(entry.reason, entry.step) for entry in named] == [(kind.value, step or None)]
    assert [(entry.old_state, entry.reason, entry.actor) for entry in done] == [(kind.value, "checked", "os:lan")]
    assert not verify(house.agent.ledger).findings.listed


def test_nothing_differs_after_a_pass(house: House, register: Register) -> None:
    """All three sides agree."""
    report = compared(house)
    assert (found(report), report.cases, report.proven) == ([], 4, True)
    assert report.known == {"acknowledged": 4}
    assert len(register.texts) == 4


def test_a_case_the_ledger_never_saw(house: House, register: Register) -> None:
    """Its change time lies before the watermark: no tick would ever see it."""
    house.local.case(9, sua_luc="2026-01-01 00:00:00")
    house.sync()
    goes_clean(house, Kind.ONLY_LOCAL, "V9", "")
    assert len(register.texts) == 5


def test_a_step_the_ledger_never_saw(house: House, register: Register) -> None:
    """The row came without a change time."""
    house.local.insert("xu_ly", vu_viec=1, huong="TL", ngay="2026-10-05", noi_dung="Đủ điều kiện")
    goes_clean(house, Kind.ONLY_LOCAL, "V1", "processing")
    assert house.state("V1", "processing") == "acknowledged"
    assert register.house is house


def test_a_case_the_local_system_no_longer_has(house: House, register: Register) -> None:
    """It counts as gone; nothing is taken back."""
    house.local.execute("DELETE FROM vu_viec WHERE id = 2")
    goes_clean(house, Kind.ONLY_LEDGER, "V2", "")
    assert compared(house).known["gone"] == 1
    assert len(register.texts) == 4


def test_a_step_the_local_system_no_longer_has(house: House, register: Register) -> None:
    """It stays there, and the finding says so from then on."""
    house.local.processed(1)
    house.sync()
    house.clock.move(hours=1)
    house.local.execute("DELETE FROM xu_ly WHERE vu_viec = 1")
    goes_clean(house, Kind.ONLY_LEDGER, "V1", "processing")
    assert house.rules("V1") >= {"deleted_locally"}
    assert register.house is house


def test_a_change_nobody_dated(house: House, register: Register) -> None:
    """The content differs although the change time does not."""
    house.local.execute("UPDATE vu_viec SET noi_dung = 'Sửa thẳng' WHERE id = 3")
    goes_clean(house, Kind.DIFFERENT_CONTENT, "V3", "case")
    assert any(text.startswith("Sửa thẳng") for text in register.texts.values())


def test_a_record_the_ledger_knows_nothing_of(house: House, register: Register) -> None:
    """Its token shows that it is ours: it is taken over, not made twice."""
    house.local.case(9, sua_luc="2026-01-01 00:00:00")
    house.sync()
    register.keep("00000000-0000-4000-8000-0000000000aa", f"Nội dung\n{_LINE}{house.token('V9')}")
    goes_clean(house, Kind.ONLY_NATIONAL, "V9", "case")
    assert house.message("V9").ack_id == "00000000-0000-4000-8000-0000000000aa"
    assert len(register.texts) == 5, "no second record was made"
    assert register.texts["00000000-0000-4000-8000-0000000000aa"].startswith("Nội dung 9")


def test_a_record_that_cannot_be_found_any_more(house: House, register: Register) -> None:
    """Somebody changed its text there: it is written again under its id."""
    register.lose(house.message("V2").ack_id or "")
    goes_clean(house, Kind.UNKNOWN_THERE, "V2", "case")
    assert len(register.texts) == 4


def test_two_records_that_changed_places(house: House, register: Register) -> None:
    """Each is written again under its own id."""
    one, two = (house.message(key).ack_id or "" for key in ("V1", "V2"))
    texts = dict(register.texts)
    register.keep(one, texts[two])
    register.keep(two, texts[one])
    report = compared(house)
    assert found(report) == [("id_of_another", "V1", "case"), ("id_of_another", "V2", "case")]
    mended(house, report)
    house.sync()
    house.clock.move(hours=1)
    assert found(compared(house)) == []
    assert register.texts == texts


def test_an_id_that_is_not_that_of_the_record(house: House, register: Register) -> None:
    """Updates would go into a foreign record: the id with the token is the right one."""
    right = house.message("V1").ack_id
    with house.agent.ledger.engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE message SET ack_id = '00000000-0000-4000-8000-0000000000ff' WHERE ack_id = ?", (right,)
        )
    goes_clean(house, Kind.ID_OF_ANOTHER, "V1", "case")
    assert house.message("V1").ack_id == right
    assert len(register.texts) == 4


def test_two_records_of_one_case_are_for_a_person(house: House, register: Register) -> None:
    """Nothing can be taken back."""
    register.keep("00000000-0000-4000-8000-0000000000bb", register.texts[house.message("V1").ack_id or ""])
    report = compared(house)
    assert found(report) == [("several", "V1", "case")]
    assert mended(house, report).for_a_person == {"several": 1}


def test_what_is_known_is_no_difference(house: House, register: Register) -> None:
    """Held, or on its way: the ledger works on it already."""
    house.local.case(7, loai="??")
    house.sync()
    house.local.change(1, noi_dung="Đã sửa")
    house.sync(limit=0)
    house.answers(RuntimeError("killed"))
    report = compared(house)
    assert found(report) == []
    assert report.known == {"held": 1, "pending": 1, "acknowledged": 3}
    assert register.house is house


def test_a_look_up_that_is_not_proven_says_nothing_of_what_it_did_not_find(make_house: Houses) -> None:
    """Nothing is concluded from silence."""
    house = make_house(extra=FAST)
    house.local.case(1)
    house.sync()
    house.clock.move(hours=1)
    report = compared(house)
    assert (found(report), report.proven, report.tells) == ([], False, False)
    assert report.not_compared == {"look_up_unproven": 1}


def test_a_look_up_is_proven_by_what_is_surely_there(make_house: Houses) -> None:
    """One that is not found takes the proof away again."""
    house = make_house(extra=FAST)
    register = Register(house)
    house.local.case(1)
    house.local.case(2)
    house.sync()
    house.clock.move(hours=1)
    assert compared(house).proven
    register.lose(house.message("V1").ack_id or "")
    report = compared(house)
    assert (found(report), report.proven, report.not_compared) == ([], False, {"look_up_unproven": 1})


def test_a_national_side_that_does_not_answer_is_said(house: House, register: Register) -> None:
    """It is no error, and no difference."""
    house.gateway.look_up_fails = NationalUnreachableError("the national service gave no usable answer")
    report = compared(house)
    assert (found(report), report.not_compared) == ([], {"unreachable": 4})
    assert register.house is house


def test_what_went_up_a_moment_ago_need_not_be_found_yet(house: House, register: Register) -> None:
    """The national side may still be working on it."""
    house.local.case(8)
    house.sync()
    assert compared(house).not_compared == {"too_new": 1}
    assert register.house is house


def test_only_tokens_are_asked_for(house: House, register: Register) -> None:
    """Of a protected case too: nobody is looked up by name or number."""
    house.local.denunciation(6)
    house.sync()
    house.clock.move(hours=1)
    compared(house)
    assert house.gateway.searched == []
    assert house.token("V6") in {token for token, _ in house.gateway.looked_up}
    assert register.house is house


def test_since_a_day_compares_what_changed_or_went_up(house: House, register: Register) -> None:
    """The day is one of Viet Nam, and included."""
    assert compared(house, since=date(2026, 11, 2)).cases == 4
    assert compared(house, since=date(2026, 11, 3)).cases == 0
    assert register.house is house


def test_a_sample_says_how_sure_it_is(house: House, register: Register) -> None:
    """Three of four looked at: at most the fourth can differ."""
    report = compared(house, sample=3)
    assert (report.cases, report.population, report.sampled, report.most_different) == (3, 4, True, 1)
    assert register.house is house


def test_a_comparison_needs_not_hold_the_ledger_and_changes_no_row(house: House, register: Register) -> None:
    """It writes nothing but entries of the log."""
    house.local.execute("UPDATE vu_viec SET noi_dung = 'Sửa thẳng' WHERE id = 3")
    before = house.select("SELECT * FROM message"), house.select("SELECT * FROM case_state")
    compared(house)
    assert (house.select("SELECT * FROM message"), house.select("SELECT * FROM case_state")) == before
    assert register.house is house


def test_what_differs_no_more_is_not_touched(house: House, register: Register) -> None:
    """Each difference is looked at once more before it is repaired."""
    house.local.execute("UPDATE vu_viec SET noi_dung = 'Sửa thẳng' WHERE id = 3")
    report = compared(house)
    house.local.execute("UPDATE vu_viec SET noi_dung = 'Nội dung 3' WHERE id = 3")
    done = mended(house, report)
    assert (done.repaired, done.vanished) == ({}, 1)
    assert register.house is house


def test_a_repair_needs_a_reason(house: House) -> None:
    """The log holds no free text."""
    with pytest.raises(SyncAgentError, match="a reason is a code"):
        repair(house.agent, [], reason="vì sai", actor="os:lan")
