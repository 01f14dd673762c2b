"""What a person has sent again goes up like everything else, in effect once, and no acknowledgement is lost by it."""

from datetime import date

import pytest

from sync_agent.audit import Entry, Event
from sync_agent.errors import GuardError, NationalUnreachableError, SyncAgentError
from sync_agent.ledger import RequestKind, Selection, verify
from sync_agent.national import NotProcessed, Refused
from sync_agent.sync import ACTIONS, ResyncOrder, ResyncReport, plan_resync, resync, run_pass
from tests.support.houses import House, Houses

EVERYTHING = Selection(everything=True)
OVERWRITES = '"processing" = "overwrites"\n"acceptance" = "overwrites"'


def again(house: House, selection: Selection = EVERYTHING, **options: object) -> ResyncReport:
    """Have what is meant sent again, for the reason `asked`."""
    chosen: dict[str, object] = {"reason": "asked", "actor": "os:lan"} | options
    return resync(house.agent, selection, **chosen)  # type: ignore[arg-type]


def entries_of(house: House, event: Event) -> list[Entry]:
    """Return the entries of one event."""
    return [entry for entry in house.entries() if entry.event is event]


def marked(house: House) -> int:
    """Return how many messages are marked still."""
    return int(house.select("SELECT count(*) FROM message WHERE forced IS NOT NULL")[0][0])


def sound(house: House) -> bool:
    """Tell whether the log proves every row of the ledger."""
    return not verify(house.agent.ledger).findings.listed


def test_unchanged_content_goes_up_again_as_an_update(make_house: Houses) -> None:
    """Everything the contract can say again goes up under its national id; each entry says why."""
    house = make_house(capabilities=OVERWRITES)
    house.local.full(1)
    house.sync()
    before = house.message("V1")
    house.gateway.sent.clear()

    report = again(house)

    steps = ["case", "processing", "acceptance", "enforcement"]
    assert [step for step, _ in house.gateway.steps] == steps
    assert house.gateway.last["ThiHanhId"] == house.message("V1", "enforcement", "100").ack_id
    assert (report.total, report.acknowledged, report.left.total()) == (6, 4, 0)
    assert house.message("V1").ack_id == before.ack_id
    assert set(house.states().values()) == {"acknowledged"}
    assert marked(house) == 0
    assert [entry.forced for entry in entries_of(house, Event.INTENT)] == [None] * 6 + ["asked"] * 4
    assert [entry.forced for entry in entries_of(house, Event.ACCEPTED)] == [None] * 6 + ["asked"] * 4
    assert sound(house)


def test_what_the_contract_cannot_say_again_is_counted_and_stays(house: House) -> None:
    """With cautious capabilities processing, acceptance and decisions stay as they are."""
    house.local.full(1)
    house.sync()
    house.gateway.sent.clear()

    report = again(house)

    assert house.gateway.steps == [("case", True), ("enforcement", True)]
    assert report.dropped == {"update_not_expressible": 4}
    assert (report.acknowledged, marked(house)) == (2, 0)
    assert set(house.states().values()) == {"acknowledged"}
    assert len(entries_of(house, Event.RESYNC_DROPPED)) == 4
    assert sound(house)


def test_the_request_names_what_was_asked_for_and_by_whom(house: House) -> None:
    """One entry has the actor, the reason, the set and its figures, and the note by its commitment."""
    house.local.case(1)
    house.local.case(2)
    house.sync()
    plan = plan_resync(house.agent, EVERYTHING)

    again(house, accepted=plan.digest, note="sở yêu cầu")

    (entry,) = entries_of(house, Event.RESYNC_REQUESTED)
    assert (entry.actor, entry.reason, entry.set_digest) == ("os:lan", "asked", plan.digest)
    assert entry.counts == {"messages": 2, "cases": 2, "case.acknowledged": 2}
    assert entry.note is not None


@pytest.mark.parametrize(
    ("selection", "meant"),
    [
        (Selection(), []),
        (Selection(cases=("V2",)), ["V2"]),
        (Selection(state="rejected"), ["V3"]),
        (Selection(step="processing"), []),
        (Selection(agency="H217.02"), ["V2"]),
        (Selection(agency="H217.02", state="rejected"), []),
        (Selection(since=date(2026, 11, 2), until=date(2026, 11, 2), step="case"), ["V1", "V2", "V3"]),
        (Selection(since=date(2026, 11, 3)), []),
        (Selection(until=date(2026, 11, 1)), []),
        (EVERYTHING, ["V1", "V2", "V3"]),
    ],
)
def test_selectors_are_combined(house: House, selection: Selection, meant: list[str]) -> None:
    """All that is given must be true of a message, and a request carries the selection unchanged."""
    house.local.case(1)
    house.local.case(2, co_quan="H217.02")
    house.sync()
    house.local.case(3)
    house.answers(Refused("schema", "", 200))
    house.sync()

    action = ACTIONS[RequestKind.RESYNC]
    order = ResyncOrder(selection, "asked")
    assert action.read(action.said(order)) == order
    assert plan_resync(house.agent, selection).messages == len(meant)
    house.gateway.sent.clear()
    again(house, selection)
    assert sorted(house.gateway.cases()) == [f"Nội dung {key[1:]}" for key in meant]


def test_what_is_uncertain_or_gone_is_never_meant(house: House) -> None:
    """It is neither counted nor touched."""
    house.local.case(1)
    house.local.case(2)
    house.sync()
    house.local.execute("DELETE FROM nguoi WHERE vu_viec = 2")
    house.local.execute("DELETE FROM vu_viec WHERE id = 2")
    house.sync(full=True)
    house.clock.move(hours=1)
    house.sync(full=True)
    house.local.case(3)
    house.answers(RuntimeError("killed"))
    with pytest.raises(RuntimeError):
        house.sync()
    house.sync()
    assert house.state("V3") == "uncertain"

    assert plan_resync(house.agent, EVERYTHING).messages == 1
    again(house)
    assert house.state("V3") == "uncertain"


def test_what_is_held_or_not_ready_does_not_go_up_for_being_asked(house: House) -> None:
    """It loses its mark, and is counted."""
    house.local.case(1)
    house.local.case(2, loai="??")
    house.sync()
    held = house.state("V2")
    assert held == "held"
    house.gateway.sent.clear()

    report = again(house)

    assert house.gateway.cases() == ["Nội dung 1"]
    assert (house.state("V2"), marked(house)) == ("held", 0)
    assert report.dropped.total() == 1


def test_a_case_that_became_protected_does_not_go_up_again(house: House) -> None:
    """What holds it now stands before what a person asked for."""
    house.local.case(1)
    house.sync()
    house.gateway.sent.clear()
    house.local.change(1, loai="TC")

    report = again(house)

    assert (house.gateway.sent, report.acknowledged, marked(house)) == ([], 0, 0)


def test_a_refusal_leaves_what_was_acknowledged(house: House) -> None:
    """The message is refused, its acknowledgement stays, and the mark until a person helps."""
    house.local.case(1)
    house.sync()
    before = house.message("V1")
    house.answers(Refused("final", "", 200, final=True))

    report = again(house)

    after = house.message("V1")
    assert (after.ack_digest, after.ack_id, after.ack_at) == (before.ack_digest, before.ack_id, before.ack_at)
    assert (after.state, after.forced, report.left) == ("rejected", "asked", {"rejected": 1})
    assert sound(house)


def test_what_changed_meanwhile_goes_through_the_volume_guard(make_house: Houses) -> None:
    """Consent was given to what the ledger knew, not to other contents."""
    house = make_house(extra="[guards]\nvolume_min = 1\nvolume_share = 0\n")
    for number in (1, 2, 3):
        house.local.case(number)
        house.sync()
    house.gateway.sent.clear()
    for number in (1, 2):
        house.local.change(number, noi_dung=f"Đã sửa {number}")

    with pytest.raises(GuardError, match="2"):
        again(house)

    assert house.gateway.sent == []
    digest = next(entry.set_digest for entry in entries_of(house, Event.PLAN_STOPPED))
    house.sync(accepted=digest)
    assert sorted(house.gateway.cases()) == ["Nội dung 3", "Đã sửa 1", "Đã sửa 2"]
    assert marked(house) == 0


def test_many_unchanged_ones_need_no_second_consent(make_house: Houses) -> None:
    """The set was shown with its number; the guard does not ask again."""
    house = make_house(extra="[guards]\nvolume_min = 1\nvolume_share = 0\n")
    for number in (1, 2, 3):
        house.local.case(number)
        house.sync()
    house.gateway.sent.clear()

    assert again(house).acknowledged == 3


def test_a_set_that_changed_since_it_was_shown_is_not_marked(house: House) -> None:
    """The digest of what was shown no longer fits."""
    house.local.case(1)
    house.sync()
    digest = plan_resync(house.agent, EVERYTHING).digest
    house.local.case(2)
    house.sync()

    with pytest.raises(GuardError, match="2 messages are meant now"):
        again(house, accepted=digest)
    assert marked(house) == 0


def test_a_changed_case_settles_before_it_goes_up(make_house: Houses) -> None:
    """Two reads apart must be equal, for a re-sync as for everything else."""
    house = make_house(settle=120)
    house.local.case(1)
    house.sync()
    house.clock.move(minutes=3)
    house.sync()
    house.gateway.sent.clear()
    house.local.change(1, noi_dung="Đã sửa")

    report = again(house)
    assert (house.gateway.sent, report.left) == ([], {"pending": 1})
    house.clock.move(minutes=3)
    house.sync()

    assert house.gateway.cases() == ["Đã sửa"]
    assert marked(house) == 0


def test_a_case_that_cannot_be_read_loses_its_mark(house: House) -> None:
    """Nothing can be sent of it; the log says so."""
    house.local.case(1)
    house.sync()
    house.local.execute("DELETE FROM vu_viec WHERE id = 1")

    report = again(house)

    assert report.dropped == {"unreadable": 1}
    assert house.message("V1").ack_id is not None
    assert sound(house)


def test_what_arrives_today_goes_before_what_is_sent_again(make_house: Houses, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pass takes so many of them only, after what is due today."""
    monkeypatch.setattr("sync_agent.sync.order.AGAIN_IN_A_PASS", 2)
    house = make_house(workers=1)
    for number in range(1, 6):
        house.local.case(number)
    house.sync()
    house.gateway.sent.clear()
    house.local.case(6)

    report = again(house)

    assert house.gateway.cases()[0] == "Nội dung 6"
    assert (report.acknowledged, report.passes) == (5, 3)


def test_nobody_there_keeps_the_marks_for_the_next_pass(house: House) -> None:
    """The marks are in the ledger: any later pass goes on."""
    house.local.case(1)
    house.local.case(2)
    house.sync()
    house.answers(*[NotProcessed("connect")] * 20)

    with pytest.raises(NationalUnreachableError):
        again(house)
    assert marked(house) == 2
    house.gateway.script.clear()
    house.gateway.sent.clear()
    house.clock.move(hours=12)
    run_pass(house.agent)

    assert sorted(house.gateway.cases()) == ["Nội dung 1", "Nội dung 2"]
    assert marked(house) == 0


def test_a_word_that_is_not_understood_means_nothing() -> None:
    """A selector of another version would widen what is meant."""
    with pytest.raises(SyncAgentError, match="cannot be understood"):
        ACTIONS[RequestKind.RESYNC].read({"selection": {"state": "rejected", "casez": ["V1"]}, "reason": "asked"})


def test_a_reason_is_a_code(house: House) -> None:
    """The log holds no free text."""
    with pytest.raises(SyncAgentError, match="a reason is a code"):
        again(house, reason="vì tỉnh yêu cầu")
