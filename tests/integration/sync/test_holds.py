"""What a person says of a hold counts for exactly what was looked at, and opens nothing."""

from dataclasses import replace
from typing import Any

import pytest

from sync_agent.audit import read_note
from sync_agent.domain.findings import Finding, Level
from sync_agent.domain.rules import RULES
from sync_agent.errors import SyncAgentError
from sync_agent.ledger import FindingRow, queries
from sync_agent.sync import observe, reject
from sync_agent.sync.judge import Judgement, judge
from tests.support.houses import House, Houses

NAME = "Hoàng Thị Kín"
RELEASABLE = sorted(rule for rule in RULES if RULES[rule].releasable)


@pytest.fixture
def held(house: House) -> House:
    """Return a house with one case, held because its file is missing."""
    house.local.case(1, name=NAME)
    house.local.insert("tep", vu_viec=1, ten="đơn.pdf", duong_dan="don.pdf")
    house.sync()
    assert (house.state("V1"), house.message("V1").reason) == ("held", "file_missing")
    return house


def turn_down(house: House, rule: str = "file_missing", **options: Any) -> int:
    """Reject what holds the case."""
    return reject(house.agent, "V1", rule, **{"reason": "wrong_file", "actor": "os:minh", **options})


def row_of(house: House, rule: str = "file_missing") -> FindingRow:
    """Return the hold as the ledger has it."""
    with house.agent.ledger.read() as connection:
        (hold,) = [each for each in queries.list_holds(connection, "nho") if each.finding.rule == rule]
    return hold.finding


# release


def test_what_was_looked_at_goes_up(held: House) -> None:
    """The digest is that of the content, and the case is in the plan of the next pass."""
    assert held.release("V1", "file_missing", digest=held.sight("V1")) == 1
    held.sync()
    assert held.state("V1") == "acknowledged"


def test_another_digest_releases_nothing(held: House) -> None:
    """Somebody looked at something else."""
    with pytest.raises(SyncAgentError, match="has changed since"):
        held.release("V1", "file_missing", digest="0" * 12)
    held.sync()
    assert ("released" in held.events(), held.state("V1")) == (False, "held")


def test_a_case_that_a_pass_read_anew_is_not_released_by_the_old_digest(held: House) -> None:
    """The ledger knows the new content, the person does not."""
    before = held.sight("V1")
    held.local.change(1, noi_dung="Nội dung mới")
    held.sync()
    with pytest.raises(SyncAgentError, match="has changed since"):
        held.release("V1", "file_missing", digest=before)
    assert "released" not in held.events()


def test_a_case_that_changed_a_moment_ago_is_not_released(held: House) -> None:
    """No pass has read it yet: the release reads it itself, and the next look shows what it found."""
    before = held.sight("V1")
    held.local.change(1, noi_dung="Nội dung mới")
    with pytest.raises(SyncAgentError, match="has changed since"):
        held.release("V1", "file_missing", digest=before)
    assert ("released" in held.events(), held.sight("V1") != before) == (False, True)
    held.sync()
    assert held.state("V1") == "held"


def test_a_file_that_changed_is_another_content(house: House) -> None:
    """No row shows it."""
    house.local.case(1)
    for place, name in enumerate(("don.pdf", "mat.pdf"), 1):
        house.local.insert("tep", id=place, vu_viec=1, ten=name, duong_dan=name)
    (house.folder / "files" / "don.pdf").write_bytes(b"one")
    house.sync()
    before = house.sight("V1")
    (house.folder / "files" / "don.pdf").write_bytes(b"two")
    with pytest.raises(SyncAgentError, match="has changed since"):
        house.release("V1", "file_missing", digest=before)


def test_a_case_that_is_gone_is_not_released(held: House) -> None:
    """There is nothing to look at any more."""
    held.local.execute("DELETE FROM vu_viec")
    with pytest.raises(SyncAgentError, match="has changed since"):
        held.release("V1", "file_missing")


def test_the_name_of_what_was_seen_stays_when_another_hold_is_released(house: House) -> None:
    """A person looks once and decides rule by rule."""
    house = house.edited("agent.toml", "[delivery]", '[privacy]\ntext_patterns = "hold"\n[delivery]')
    house.local.case(1, noi_dung="Gọi 0912345678")
    house.local.insert("tep", vu_viec=1, ten="đơn.pdf", duong_dan="don.pdf")
    house.sync()
    seen = house.sight("V1")
    for rule in ("file_missing", "personal_number_in_text"):
        house.release("V1", rule, digest=seen)
    house.sync()
    assert house.state("V1") == "acknowledged"


def test_two_cases_alike_have_different_digests(house: House) -> None:
    """It is keyed by the case: nothing can be concluded from one about another."""
    for number in (1, 2):
        house.local.case(number, noi_dung="Như nhau", person="N", name=NAME)
        house.local.insert("tep", vu_viec=number, ten="đơn.pdf", duong_dan="don.pdf")
    house.sync()
    assert house.sight("V1") != house.sight("V2")


@pytest.mark.parametrize("rule", RELEASABLE)
def test_no_release_widens_what_a_protected_case_sends(
    make_house: Houses, monkeypatch: pytest.MonkeyPatch, rule: str
) -> None:
    """Whatever the rule: byte for byte what a case sends that nothing held."""

    def also_held(*arguments: Any, **options: Any) -> Judgement:
        found = judge(*arguments, **options)
        return replace(found, findings=(*found.findings, Finding(rule, Level.HOLD)))

    sent = []
    for name in ("free", "held"):
        house = make_house(name=name)
        house.local.denunciation(1, name=NAME, noi_dung=f"{NAME} tố cáo, gọi 0912345678")
        house.local.insert("tep", vu_viec=1, ten=f"{NAME}.pdf", duong_dan="don.pdf")
        if name == "held":
            monkeypatch.setattr(observe, "judge", also_held)
            house.sync()
            assert (house.gateway.sent, house.message("V1").reason) == ([], rule)
            house.release("V1", rule)
        house.sync()
        sent.append([record.request.body for record in house.gateway.sent])
    assert (sent[1] == sent[0], len(sent[0])) == (True, 1)


# reject


def test_a_rejected_hold_stays_and_says_who_and_why(held: House) -> None:
    """In the ledger and, by the commitment of the case, in the log."""
    assert turn_down(held) == 1
    row = row_of(held)
    assert (row.rejected_by, row.rejected_reason, row.rejected_at is not None) == ("os:minh", "wrong_file", True)
    entry = next(entry for entry in held.entries() if entry.event == "rejected_hold")
    assert (entry.actor, entry.reason, entry.rule, entry.wanted) == (
        "os:minh",
        "wrong_file",
        "file_missing",
        row.rejected_digest,
    )
    held.sync()
    assert held.state("V1") == "held"


def test_what_was_rejected_is_not_released(held: House) -> None:
    """The same content, the same answer."""
    turn_down(held)
    with pytest.raises(SyncAgentError, match="rejected this hold"):
        held.release("V1", "file_missing")
    assert "released" not in held.events()


def test_who_decides_otherwise_says_so(held: House) -> None:
    """It goes up, and the log has that a rejection was overruled."""
    turn_down(held)
    held.release("V1", "file_missing", overrule=True)
    entry = next(entry for entry in held.entries() if entry.event == "released")
    held.sync()
    assert (entry.old_state, entry.actor, held.state("V1")) == ("rejected", "os:lan", "acknowledged")


def test_another_content_is_another_question(held: House) -> None:
    """The rejection was for what was there."""
    turn_down(held)
    held.local.change(1, noi_dung="Nội dung đã sửa")
    held.sync()
    with held.agent.ledger.read() as connection:
        assert [hold.rejected for hold in queries.list_holds(connection, "nho")] == [False]
    held.release("V1", "file_missing")
    held.sync()
    assert held.state("V1") == "acknowledged"


def test_a_rejection_takes_a_release_back(held: House) -> None:
    """Before anything of it was sent."""
    held.release("V1", "file_missing")
    turn_down(held)
    held.sync()
    assert (held.state("V1"), held.gateway.sent) == ("held", [])


def test_a_hold_that_is_mended_at_its_source_can_be_rejected(house: House) -> None:
    """Whoever looked at it says so, releasable or not."""
    house.local.denunciation(1, tom_tat=None)
    house.sync()
    turn_down(house, "needs_redacted_summary", reason="ask_again")
    assert row_of(house, "needs_redacted_summary").rejected_reason == "ask_again"


def test_what_does_not_hold_the_case_cannot_be_rejected(held: House) -> None:
    """There is nothing to say no to."""
    with pytest.raises(SyncAgentError, match="not held by this rule"):
        turn_down(held, "bad_date")
    assert "rejected_hold" not in held.events()


def test_a_note_is_kept_where_it_can_be_erased(held: House) -> None:
    """The log has its commitment alone."""
    turn_down(held, note="Tệp scan sai trang")
    entry = next(entry for entry in held.entries() if entry.event == "rejected_hold")
    with held.agent.ledger.read() as connection:
        assert read_note(connection, entry.note or "") == "Tệp scan sai trang"


@pytest.mark.parametrize("note", [f"{NAME} đã gọi", "gọi 0912345678", "a.b@example.vn"])
def test_a_note_that_tells_who_it_is_about_is_refused(held: House, note: str) -> None:
    """And the rejection with it."""
    with pytest.raises(SyncAgentError, match="tells who"):
        turn_down(held, note=note)
    assert "rejected_hold" not in held.events()


def test_a_reason_that_is_no_code_is_refused(held: House) -> None:
    """Free text has no place in the log."""
    with pytest.raises(SyncAgentError, match="a reason is a code"):
        turn_down(held, reason="sai tệp")
