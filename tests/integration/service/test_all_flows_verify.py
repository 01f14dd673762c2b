"""Whatever people have a service do, and however it ends: the log says it, and says it as the ledger stands."""

from typing import Any

import pytest

from sync_agent.ledger import (
    RequestKind,
    RequestState,
    Role,
    add_account,
    ask,
    begin_request,
    find_request,
    sealed_note,
    verify,
)
from sync_agent.national import Refused, Unknown
from sync_agent.service import Manager
from sync_agent.service.disturbances import Disturbances
from sync_agent.service.requests import Requests
from sync_agent.service.schedule import Disturbance
from sync_agent.service.state import ServiceState
from sync_agent.sync import EmptyPasses, claim, erase, reconcile
from tests.support.houses import House, Houses

ACTOR = "web:lan"


def asked(house: House, kind: RequestKind, content: dict[str, Any], *, note: str | None = None) -> int:
    """Ask something as the pages do."""
    sealed = sealed_note(house.agent.installation_key, note) if note else None
    with house.agent.ledger.write() as tx:
        return ask(tx, kind, content, actor=ACTOR, note=sealed)


def answered(house: House, kind: RequestKind, content: dict[str, Any], *, note: str | None = None) -> str:
    """Have it answered; return how it ended, when the log has been verified."""
    number = asked(house, kind, content, note=note)
    Requests(lambda: house.agent, lambda: None, Manager(None)).answer()
    assert_clean(house)
    with house.agent.ledger.read() as connection:
        request = find_request(connection, number)
    assert request is not None
    return request.state.value


def assert_clean(house: House) -> None:
    """See that the log is whole, and that the ledger is as it says."""
    assert not verify(house.agent.ledger).findings.listed
    assert house.select("SELECT count(*) FROM request WHERE note IS NOT NULL AND ended_at IS NOT NULL") == [(0,)]


@pytest.fixture
def house(make_house: Houses) -> House:
    """Return a house that is held, with five cases; two of them are held."""
    house = make_house(workers=1)
    for number in range(1, 6):
        house.local.case(number)
    house.local.insert("tep", vu_viec=4, ten="đơn.pdf", duong_dan="don.pdf")
    house.local.insert("tep", vu_viec=5, ten="đơn.pdf", duong_dan="don.pdf")
    claim(house.agent)
    with house.agent.ledger.write() as tx:
        add_account(tx, "lan", Role.OPERATOR, frozenset(), "hash")
    return house


def test_every_flow_leaves_a_log_that_verifies(house: House) -> None:
    """Each is verified when it has ended; what was asked and not done is told as well."""
    house.answers(Refused("VALIDATION", "…", 400), Unknown("timeout"))

    assert answered(house, RequestKind.SYNC, {"full": True}) == RequestState.DONE
    assert sorted(house.states().values()) == ["acknowledged", "held", "held", "rejected", "uncertain"]
    by_state = {state: key for (key, _, _), state in house.states().items()}
    refused, uncertain, up = (by_state[each] for each in ("rejected", "uncertain", "acknowledged"))

    resolved = {"key": uncertain, "step": "case", "arrived": None}
    assert answered(house, RequestKind.RESOLVE, resolved) == RequestState.DONE
    assert answered(house, RequestKind.RESOLVE, resolved) == RequestState.FAILED
    assert answered(house, RequestKind.RETRY, {"key": refused, "reason": "checked"}) == RequestState.DONE
    assert house.state(refused) == "acknowledged"

    released = {"key": "V4", "rule": "file_missing", "digest": house.sight("V4"), "reason": "seen"}
    assert answered(house, RequestKind.RELEASE, released, note="Đã xem bản giấy") == RequestState.DONE
    assert answered(house, RequestKind.RELEASE, released, note="Lò Văn Mẫu 4") == RequestState.FAILED
    rejected = {"key": "V5", "rule": "file_missing", "reason": "seen"}
    assert answered(house, RequestKind.REJECT, rejected) == RequestState.DONE

    resync = {"selection": {"cases": [up, "V5"]}, "reason": "asked"}
    assert answered(house, RequestKind.RESYNC, resync) == RequestState.DONE
    assert answered(house, RequestKind.SYNC, {}) == RequestState.DONE
    assert house.select("SELECT count(*) FROM message WHERE forced IS NOT NULL") == [(0,)]
    assert "resync_dropped" in house.events()


def test_what_was_left_of_every_kind_leaves_a_log_that_verifies(house: House) -> None:
    """A comparison repaired twice, what nobody understands, what was begun, hours of nothing, an erasure."""
    assert answered(house, RequestKind.SYNC, {"full": True}) == RequestState.DONE
    house.local.execute("UPDATE vu_viec SET id = 100 WHERE id = 5")
    found = reconcile(house.agent, actor="os:lan").differences
    differences = [each.content for each in found]
    assert {each.kind.value for each in found} == {"only_local", "only_ledger"}
    for _ in range(2):
        repair = {"differences": differences, "reason": "checked"}
        assert answered(house, RequestKind.RECONCILE, repair) == RequestState.DONE
    assert house.events().count("difference_repaired") == len(found)

    content: dict[str, Any] = {"selection": {"all": True}, "reason": "asked"}
    assert answered(house, RequestKind.RESYNC, content) == RequestState.FAILED
    left = asked(house, RequestKind.SYNC, {}, note="Đã xem")
    with house.agent.ledger.write() as tx:
        begin_request(tx, left)
    claim(house.agent)
    taking_over = Requests(lambda: house.agent, lambda: None, Manager(None))
    taking_over.start()
    taking_over.stop()
    assert_clean(house)

    empty, disturbances = EmptyPasses(), Disturbances(ServiceState())
    for _ in range(3):
        house.clock.move(minutes=30)
        house.sync(held=True, empty=empty)
        empty.record_due(house.agent.ledger)
    disturbances.hear("pass", Disturbance.MISSED)
    disturbances.record(house.agent.ledger)
    assert_clean(house)

    answered(house, RequestKind.SYNC, {"cases": ["V1"]})
    erase(house.agent, "V1", reason="expired", note=None, actor="os:lan")
    assert_clean(house)
    kept = house.select("SELECT content, coalesce(result, '') FROM request")
    assert not any('"V1"' in text for row in kept for text in row)
    told = {entry.event.value for entry in house.entries() if entry.event.startswith("request_")}
    assert told == {"request_taken", "request_refused", "request_failed"}
