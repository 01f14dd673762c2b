"""The table of fates, from what the line does to what becomes of the message."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from itertools import pairwise
from pathlib import Path
from typing import Any

import orjson
import pytest

from sync_agent.domain.steps import Step
from sync_agent.ledger import State
from sync_agent.national import (
    FILE_CHANGED,
    Accepted,
    HttpGateway,
    KntcContract,
    NotProcessed,
    Refused,
    TransportSettings,
    Unknown,
    WireRequest,
    load_contract,
)
from sync_agent.national.accounts import Account, Accounts
from sync_agent.national.content import Content
from sync_agent.national.exchange import LostError, NotSentError, Reply
from sync_agent.sync.fates import FATES, REFUSED_AGAIN, Again, Failure, Settler, doubt_of, failure_of, refused_again

SCHEMAS = Path(__file__).parents[3] / "schemas"
GUID = "93b20232-37d1-4406-8259-9b20a284192d"
TRIES = 3

MESSAGES = {
    "new case": (Step.CASE, False, False),
    "other new record": (Step.SETTLEMENT, False, False),
    "update not to repeat": (Step.SETTLEMENT, True, False),
    "update to repeat": (Step.CASE, True, True),
    "overwriting step": (Step.PROCESSING, False, True),
}
DOUBTS = {
    "new case": Failure.UNKNOWN_CASE,
    "other new record": Failure.UNKNOWN_CREATE,
    "update not to repeat": Failure.UNKNOWN_UPDATE,
    "update to repeat": Failure.UNKNOWN_REPEATABLE,
    "overwriting step": Failure.UNKNOWN_REPEATABLE,
}


def answer(content: Any, status: int = 200) -> Reply:
    """Return a double-encoded answer."""
    return Reply(status, "application/json", "", orjson.dumps(orjson.dumps(content).decode()))


def page(status: int) -> Reply:
    """Return what a proxy answers."""
    return Reply(status, "text/html", "", b"<html>")


SURELY_NOT: dict[str, tuple[Reply | Exception, Failure]] = {
    **{
        f"before bytes: {cause}": (NotSentError(cause), Failure.NOT_SENT) for cause in ("connect_error", "pool_timeout")
    },
    "401": (page(401), Failure.UNAUTHORIZED),
    "429": (page(429), Failure.BUSY),
    "503": (page(503), Failure.BUSY),
}
REFUSALS: dict[str, tuple[Reply, Failure]] = {
    "unknown text": (answer({"Id": "", "Message": "Hệ thống bận"}), Failure.REFUSED),
    "unknown text with 422": (answer({"Id": "", "Message": "Hệ thống bận"}, 422), Failure.REFUSED),
    "known final text": (
        answer({"Id": "", "Message": "Chức năng gắn vụ việc không được hỗ trợ"}),
        Failure.REFUSED_FINAL,
    ),
    "413": (answer({"Id": "", "Message": "Quá lớn"}, 413), Failure.TOO_LARGE),
}
OTHER_STATUSES = [s for s in range(100, 600) if s not in {401, 404, 429, 503}]
LOST: dict[str, Reply | Exception] = {
    **{
        f"after bytes: {cause}": LostError(cause)
        for cause in ("write_timeout", "read_timeout", "remote_protocol_error")
    },
    "empty": Reply(200, "application/json", "", b""),
    "cut short": Reply(200, "application/json", "", b'"{\\"Id\\":'),
    "wrong type": Reply(200, "text/plain", "", b"{}"),
    "list": answer([]),
    "no Id": answer({"Message": ""}),
    "odd Id": answer({"Id": "x y", "Message": ""}),
    "number for Id": answer({"Id": 7, "Message": ""}),
    "refusal without text": answer({"Id": "", "Message": None}),
    "simulated Id": answer({"Id": "SIM-" + GUID, "Message": ""}),
    **{
        f"taken with {status}": answer({"Id": GUID, "Message": ""}, status) for status in (302, 400, 403, 409, 500, 504)
    },
}


@pytest.fixture(scope="module")
def contract() -> KntcContract:
    """Return the packaged contract with cautious capabilities."""
    return load_contract(SCHEMAS / "kntc", {})


class Line:
    """A transport that does the same each time."""

    def __init__(self, does: Reply | Exception) -> None:
        self.does = does
        self.posts = 0

    def post(self, path: str, content: bytes | Content, headers: Mapping[str, str]) -> Reply:
        """Count and answer."""
        del path, content, headers
        self.posts += 1
        if isinstance(self.does, Exception):
            raise self.does
        return self.does

    def close(self) -> None:
        """Nothing is held."""


def sent(contract: KntcContract, does: Reply | Exception, kind: str) -> tuple[Failure, int]:
    """Return which failure it is when the line does that to a message, and how often it was tried."""
    step, update, repeatable = MESSAGES[kind]
    line = Line(does)
    gateway = HttpGateway(
        contract,
        line,
        Accounts([Account("tinh", frozenset({"H217.01"}), "Bearer token")]),
        TransportSettings(base_url="https://national.example", tries=TRIES),
        production=True,
        sleep=lambda _: None,
        now=lambda: datetime(2026, 11, 23, tzinfo=UTC),
    )
    outcome = gateway.send(WireRequest(step, "CapNhat", update=update, body={}), "tinh")
    assert not isinstance(outcome, Accepted)
    return failure_of(outcome, step=step, update=update, repeatable=repeatable), line.posts


def tries_of(failure: Failure) -> int:
    """Return how often the table has a message tried at once."""
    return TRIES if FATES[failure].quick else 1


@pytest.mark.parametrize("kind", MESSAGES)
@pytest.mark.parametrize("name", [*SURELY_NOT, *REFUSALS])
def test_what_surely_made_no_record_is_the_same_for_every_message(contract: KntcContract, name: str, kind: str) -> None:
    """And is tried at once only where nothing was processed."""
    does, failure = {**SURELY_NOT, **REFUSALS}[name]
    assert sent(contract, does, kind) == (failure, tries_of(failure))


@pytest.mark.parametrize("kind", MESSAGES)
@pytest.mark.parametrize("name", LOST)
def test_what_is_not_understood_may_have_made_a_record(contract: KntcContract, name: str, kind: str) -> None:
    """It is tried once; who settles it depends on the message."""
    assert sent(contract, LOST[name], kind) == (DOUBTS[kind], 1)


@pytest.mark.parametrize("kind", MESSAGES)
def test_a_page_with_any_other_status_may_hide_a_record(contract: KntcContract, kind: str) -> None:
    """Every status there is but those that say more."""
    found = {status: sent(contract, page(status), kind) for status in OTHER_STATUSES}
    assert found == dict.fromkeys(OTHER_STATUSES, (DOUBTS[kind], 1))


@pytest.mark.parametrize("kind", MESSAGES)
@pytest.mark.parametrize("does", [page(404), answer({"Id": "", "Message": "Hệ thống bận"}, 404)], ids=["page", "text"])
def test_a_404_to_an_update_is_for_a_person(contract: KntcContract, does: Reply, kind: str) -> None:
    """It never leads to a new record; to what would make one it says nothing certain."""
    update = MESSAGES[kind][1]
    otherwise = DOUBTS[kind] if does == page(404) else Failure.REFUSED
    assert sent(contract, does, kind) == (Failure.NOT_THERE if update else otherwise, 1)


@pytest.mark.parametrize(
    ("outcome", "failure"),
    [
        (NotProcessed(FILE_CHANGED), Failure.FILE_CHANGED),
        (NotProcessed("token_timeout"), Failure.NOT_SENT),
        (NotProcessed("token_refused", HTTPStatus.UNAUTHORIZED), Failure.UNAUTHORIZED),
        (NotProcessed("forbidden", HTTPStatus.FORBIDDEN), Failure.FORBIDDEN),
        (Unknown(FILE_CHANGED), Failure.UNKNOWN_CASE),
        (Refused("refused_status", "", 422), Failure.REFUSED),
    ],
)
def test_outcomes_that_no_answer_brings(outcome: NotProcessed | Refused | Unknown, failure: Failure) -> None:
    """Files, tokens and questions of the account."""
    assert failure_of(outcome, step=Step.CASE, update=False, repeatable=False) is failure


@pytest.mark.parametrize("kind", MESSAGES)
@pytest.mark.parametrize("reason", ["id_changed", "id_taken"])
def test_an_id_that_cannot_be_is_for_a_person(reason: str, kind: str) -> None:
    """Also where the message could be repeated."""
    step, update, repeatable = MESSAGES[kind]
    failure = doubt_of(reason, step=step, update=update, repeatable=repeatable)
    assert (failure.value, FATES[failure].settler) == (reason, Settler.PERSON)


def test_every_failure_has_a_fate() -> None:
    """And nothing else has."""
    assert set(FATES) == set(Failure)


@pytest.mark.parametrize("failure", Failure)
def test_only_what_was_surely_not_processed_is_tried_again_unasked(failure: Failure) -> None:
    """Whatever is uncertain has no next try; what waits always has one."""
    fate = FATES[failure]
    again = {
        State.WAITING: {Again.BACK_OFF, Again.WITH_ACCOUNT},
        State.REJECTED: {Again.RARELY, Again.NEVER},
        State.UNCERTAIN: {Again.SETTLED},
    }[fate.state]
    assert (fate.again in again, fate.quick and fate.state is not State.WAITING) == (True, False)


def test_a_refusal_is_tried_again_more_and_more_rarely() -> None:
    """Then a person must help."""
    waits = [refused_again(number) for number in range(7)]
    assert waits == [None, *(timedelta(hours=hours) for hours in (1, 6, 24, 72)), None, None]
    assert all(short < long for short, long in pairwise(REFUSED_AGAIN))
