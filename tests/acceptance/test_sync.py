"""`sync` as people use it: rehearsed, guarded, limited, and after changes."""

import json
from collections import Counter

import pytest

from sync_agent.example import Special
from tests.support.stations import Station

CASE_MESSAGES = "SELECT c.case_key FROM case_state c JOIN message m ON m.case_id = c.id WHERE m.step = 'case'"
EDITED = " Nội dung được bổ sung sau khi tiếp nhận."


def actions(station: Station) -> Counter[str]:
    """Count what reached the national side, by action."""
    rows = station.national.state._rows("SELECT action FROM requests")
    return Counter(action for (action,) in rows)


def test_a_rehearsal_before_the_first_day_writes_nothing(station: Station) -> None:
    """No ledger, no lock, no request; the plan has a digest and a row for each message."""
    station.connect()
    before = station.files()
    done = station.agent("--json", "sync", "--dry-run")
    plan = done.document
    assert (done.code, len(plan["plan"]), sum(plan["counts"].values())) == (0, 64, len(plan["messages"]))
    assert (station.files() == before, station.national.requests()) == (True, 0)


def test_a_rehearsal_later_writes_nothing_either(signed: Station) -> None:
    """Not a byte of the ledger changes, and nothing is left beside it."""
    signed.sync()
    signed.edit_petition(signed.an_open_case(), EDITED)
    before, requests = signed.files(), signed.national.requests()
    done = signed.agent("--json", "sync", "--dry-run")
    told = [(message["step"], message["action"], message["why"]) for message in done.document["messages"]]
    assert (done.code, told) == (0, [("case", "update", "changed")])
    assert (signed.files() == before, signed.national.requests()) == (True, requests)


def test_people_see_the_digest_and_the_figures_of_a_plan(signed: Station) -> None:
    """What they need to accept it."""
    digest = signed.agent("--json", "sync", "--dry-run").document["plan"]
    lines = signed.agent("sync", "--dry-run", lang="vi").out.splitlines()
    assert lines[-1] == f"Mã băm của kế hoạch: {digest}"
    assert any(line.startswith("vụ việc: ") and line.endswith(" mới, 0 thay đổi") for line in lines)


def test_the_volume_guard_waits_for_a_word(signed: Station) -> None:
    """Too much at once sends nothing; the rehearsed digest, and no other, lets exactly this plan through."""
    signed.configure(volume_min="50")
    digest = signed.agent("--json", "sync", "--dry-run").document["plan"]
    stopped = signed.agent("--quiet", "sync")
    wrong = signed.agent("--quiet", "sync", "--accept-plan", "0" * 64)
    assert (stopped.complaint, wrong.complaint) == ((1, "", 1), (1, "", 1))
    assert (f"--accept-plan {digest}" in stopped.err, signed.national.requests()) == (True, 0)
    gone = signed.sync("--accept-plan", digest)["pass"]["delivered.acknowledged"]
    assert (gone, signed.national.requests()) == (signed.states()["acknowledged"], gone)


def test_a_second_pass_sends_nothing(signed: Station) -> None:
    """Everything that may go up is there; the rest is held as it should be, which is exit 1."""
    signed.sync()
    requests, acknowledged = signed.national.requests(), signed.acknowledged()
    done = signed.agent("--quiet", "sync")
    assert (done.code, done.err, signed.national.requests()) == (1, "", requests)
    assert acknowledged == signed.national.state.ids()
    assert signed.national.state.duplicates() == []


def test_what_goes_up_and_what_is_held_is_what_the_example_foretells(oddities: Station) -> None:
    """Every case with a petition and no reason to be held is acknowledged."""
    oddities.sync()
    stock = oddities.stock
    known = {key for (key,) in oddities.select("SELECT case_key FROM case_state")}
    gone = {key for (key,) in oddities.select(f"{CASE_MESSAGES} AND m.ack_id <> ''")}
    # who is not anonymous and has no name is held too, which the stock does not count
    reasons = set(stock.held) | set(stock.special[Special.ANONYMOUS_FLAG]) | set(stock.receptions_only)
    assert known - gone <= reasons
    assert len(gone) > len(known) / 2


def test_one_case_can_go_up_by_itself(signed: Station) -> None:
    """By its key, or by the pseudonym of a protected one; all others wait."""
    signed.sync()
    key = signed.an_open_case()
    (pseudonym,) = next(
        iter(
            signed.select(
                "SELECT c.pseudonym FROM case_state c JOIN message m ON m.case_id = c.id"
                " WHERE c.protected_since IS NOT NULL AND m.step = 'case' AND m.ack_id <> '' ORDER BY c.id"
            )
        )
    )
    fresh = signed.agent("--json", "sync", "--dry-run", "--case", key, "--case", pseudonym)
    assert fresh.document["messages"] == []
    signed.edit_petition(key, EDITED)
    assert signed.sync("--case", pseudonym)["pass"] == {"read": 1, "changed": 0, "settling": 0}
    assert signed.sync("--case", key)["pass"]["delivered.acknowledged"] == 1


def test_the_first_case_ever_may_be_chosen(signed: Station) -> None:
    """Before anything else is known; a protected one is then known by its pseudonym only."""
    key = next(key for key in sorted(signed.stock.protected) if key not in signed.stock.held)
    done = signed.agent("--json", "sync", "--case", key)
    known = signed.agent("--json", "cases", "list").records
    assert (done.code, [case["protected"] for case in known]) == (0, [True])
    assert known[0]["case"].startswith("P-")
    assert signed.agent("--json", "sync", "--dry-run", "--case", known[0]["case"]).document["messages"] == []


def test_a_limit_is_kept(signed: Station) -> None:
    """Exactly so many messages; the next passes send the rest."""
    first = signed.sync("--limit", "7")
    assert (first["pass"]["delivered.acknowledged"], signed.national.requests()) == (7, 7)
    signed.sync()
    assert signed.national.state.duplicates() == []
    assert signed.states().get("waiting", 0) == 0


def test_only_the_changed_step_goes_up_again(signed: Station) -> None:
    """One edited petition is one update of its case, and the national side holds the new text."""
    signed.sync()
    key = signed.an_open_case()
    signed.edit_petition(key, EDITED)
    before = actions(signed)
    signed.sync()
    ids = dict(signed.select(CASE_MESSAGES.replace("c.case_key", "c.case_key, m.ack_id")))
    assert dict(actions(signed) - before) == {"CapNhatVuViec": 1}
    assert EDITED in signed.national.state.case_record(ids[key])["body"]["NoiDungDon"]
    assert signed.national.state.duplicates() == []


@pytest.mark.parametrize("fault", ["lost", "lost-before"])
def test_a_lost_update_is_sent_once_more(signed: Station, fault: str) -> None:
    """Whether it had arrived or not; nothing is created by it."""
    signed.sync()
    signed.edit_petition(signed.an_open_case(), EDITED)
    signed.impatient()
    signed.national.faults(f"{fault}@CapNhatVuViec:count=1")
    before, ids = actions(signed), signed.national.state.ids()
    assert signed.sync()["messages"]["uncertain"] == 1
    while signed.states().get("uncertain"):
        signed.sync()
    assert dict(actions(signed) - before) == {"CapNhatVuViec": 2}
    assert (signed.national.state.ids(), signed.acknowledged()) == (ids, ids)


def test_a_reason_to_wait_is_not_an_error(signed: Station) -> None:
    """What was surely not processed is tried again by a later pass."""
    signed.national.faults("503@CapNhatVuViec:count=2")
    first = signed.sync()
    assert first["messages"]["waiting"] == 2
    while signed.states().get("waiting"):
        signed.sync()
    assert (signed.national.state.duplicates(), signed.acknowledged()) == ([], signed.national.state.ids())


def test_the_summary_of_a_pass_tells_people_what_to_do(signed: Station) -> None:
    """In their language, with the command that goes on."""
    done = signed.agent("sync", lang="vi")
    assert done.out.splitlines()[-1].endswith("tạm giữ - xem: sync-agent holds list")
    assert [line for line in done.out.splitlines() if line != line.rstrip()] == []
    assert json.loads(signed.agent("--json", "sync").out)["needs_person"] > 0
