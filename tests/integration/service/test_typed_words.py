"""What a person types to be done by a running service: no row keeps a word that may be a name."""

from typing import Any

import pytest

from sync_agent.domain.steps import Step
from sync_agent.errors import SyncAgentError
from sync_agent.ledger import RequestKind, Selection, last_requests
from sync_agent.sync import (
    Errand,
    RejectOrder,
    ReleaseOrder,
    ResolveOrder,
    ResyncOrder,
    RetryOrder,
    SyncOrder,
    asking,
    do,
)
from tests.support.houses import House

NAME = "Lò Thị Mẫu"
SIGHT = "0" * 64
TYPED: dict[str, tuple[RequestKind, Any]] = {
    "key of a pass": (RequestKind.SYNC, SyncOrder(cases=["V1", NAME])),
    "digest of a plan": (RequestKind.SYNC, SyncOrder(accepted=NAME)),
    "key of a hold": (RequestKind.REJECT, RejectOrder(key=NAME, rule="file_missing", reason="seen")),
    "reason": (RequestKind.REJECT, RejectOrder(key="V1", rule="file_missing", reason=NAME)),
    "rule": (RequestKind.REJECT, RejectOrder(key="V1", rule=NAME, reason="seen")),
    "digest": (RequestKind.RELEASE, ReleaseOrder(key="V1", rule="file_missing", digest=NAME, reason="seen")),
    "key of a refusal": (RequestKind.RETRY, RetryOrder(key=NAME, reason="seen")),
    "national id": (RequestKind.RESOLVE, ResolveOrder(key="V1", step=Step.CASE, arrived=NAME)),
    "local key": (RequestKind.RESOLVE, ResolveOrder(key="V1", step=Step.CASE, arrived=None, local_key=NAME)),
    "agency": (RequestKind.RESYNC, ResyncOrder(selection=Selection(agency=NAME), reason="seen")),
    "selected case": (RequestKind.RESYNC, ResyncOrder(selection=Selection(cases=(NAME,)), reason="seen")),
}


@pytest.fixture
def served(house: House, monkeypatch: pytest.MonkeyPatch) -> House:
    """Return a house that knows its cases, whose ledger another holds who answers nobody."""
    house.sync()
    monkeypatch.setattr(asking, "_is_held", lambda *_: False)
    monkeypatch.setattr(asking, "_SEEN_WITHIN", 0.0)
    return house


def asked(house: House, kind: RequestKind, order: Any) -> list[Any]:
    """Ask for something in vain; return what the rows then say."""
    with pytest.raises(SyncAgentError):
        do(kind, order, Errand(agent=house.agent, actor="os:lan"), lambda _: None)
    with house.agent.ledger.read() as connection:
        return [each.content for each in last_requests(connection, 10)]


@pytest.mark.parametrize("what", TYPED)
def test_a_name_in_any_place_is_not_kept(served: House, what: str) -> None:
    """Neither as it is nor as a part: nothing is asked, as nothing would be done."""
    assert asked(served, *TYPED[what]) == []


def test_what_names_nobody_is_asked(served: House) -> None:
    """By key or pseudonym, of a case that is new too; ids and digests as they are."""
    pseudonym = served.agent.names.pseudonym("V1")
    wanted = ReleaseOrder(key=pseudonym, rule="file_missing", digest=SIGHT, reason="seen")
    assert asked(served, RequestKind.RELEASE, wanted)[0]["key"] == pseudonym
    assert asked(served, RequestKind.SYNC, SyncOrder(cases=["V1", "V77"], accepted=SIGHT))[0]["cases"] == ["V1", "V77"]
    resolved = ResolveOrder(key="V1", step=Step.SETTLEMENT, arrived="SIM-{1}", local_key="Q-1")
    assert asked(served, RequestKind.RESOLVE, resolved)[0]["arrived"] == "SIM-{1}"
