"""The rules of delivery, one at a time."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from sync_agent.domain.steps import Step
from sync_agent.ledger import CaseRow, KnownCase, MessageRow, State
from sync_agent.settings import DeliverySection
from sync_agent.sync.decide import ABSENT, back_off, next_look, next_state, sendable

if TYPE_CHECKING:
    from sync_agent.audit import CaseSecret
    from sync_agent.sync import Agent

NOW = datetime(2026, 11, 2, 3, 0, tzinfo=UTC)


def message(step: Step = Step.CASE, local_key: str = "", **values: Any) -> MessageRow:
    """Return a message that the guard let through."""
    row: dict[str, Any] = {"state": State.PENDING, "wanted_digest": "new", "wanted_mark": "m", "accepted_mark": "m"}
    return MessageRow(case_id=1, step=step, local_key=local_key, **{**row, **values})


def case(*messages: MessageRow, **values: Any) -> KnownCase:
    """Return a settled case with these messages."""
    fixed: dict[str, Any] = {"rev": 1, "kind_seen_at": NOW, "first_seen": NOW, "digest_seen_at": NOW}
    texts: dict[str, Any] = {"source_id": "nho", "case_key": "V1", "pseudonym": "P", "last_digest": "d"}
    row = CaseRow(**{**fixed, **texts, "dirty": False, **values})
    return KnownCase(row, cast("CaseSecret", None), {(Step(m.step), m.local_key): m for m in messages})


def agent(*, declared: bool = True, **delivery: int) -> "Agent":
    """Return an agent with these settings of delivery, to which a key looks as its profile says or not."""
    section = DeliverySection(**delivery)
    settings = SimpleNamespace(delivery=section, settle=timedelta(seconds=section.settle_seconds))
    return cast("Agent", SimpleNamespace(settings=settings, names=SimpleNamespace(declared=lambda _: declared)))


ACKNOWLEDGED: dict[str, Any] = {"ack_digest": "old", "ack_id": "1"}


@pytest.mark.parametrize("state", [State.IN_FLIGHT, State.UNCERTAIN])
@pytest.mark.parametrize("digest", ["old", "new", "other"])
def test_what_is_not_settled_stays_as_it_is(state: State, digest: str) -> None:
    """Whatever the source says by now, and whatever stops it."""
    row = message(state=state, **ACKNOWLEDGED)
    assert next_state(row, digest, ready=True, stopped=False, versions="v") is state
    assert next_state(row, digest, ready=False, stopped=True, versions="v") is state


@pytest.mark.parametrize("state", [s for s in State if s not in {State.IN_FLIGHT, State.UNCERTAIN}])
def test_what_the_national_side_has_is_acknowledged(state: State) -> None:
    """There is nothing to send, so that nothing can hold it either."""
    row = message(state=state, **ACKNOWLEDGED)
    assert next_state(row, "old", ready=False, stopped=True, versions="v") is State.ACKNOWLEDGED


@pytest.mark.parametrize("state", [State.NOT_READY, State.PENDING, State.WAITING, State.REJECTED, State.HELD])
def test_what_is_not_ready_is_not_sent(state: State) -> None:
    """Not being ready comes before being held: there is nothing yet for a person to look at."""
    assert next_state(message(state=state), "new", ready=False, stopped=True, versions="v") is State.NOT_READY


@pytest.mark.parametrize("state", [State.NOT_READY, State.PENDING, State.WAITING, State.REJECTED, State.HELD])
def test_what_is_stopped_is_held(state: State) -> None:
    """Whatever it was before."""
    assert next_state(message(state=state), "new", ready=True, stopped=True, versions="v") is State.HELD


@pytest.mark.parametrize(
    ("state", "digest", "versions", "expected"),
    [
        (State.WAITING, "new", "v", State.WAITING),
        (State.WAITING, "other", "v", State.PENDING),
        (State.REJECTED, "new", "v", State.REJECTED),
        (State.REJECTED, "other", "v", State.PENDING),
        (State.REJECTED, "new", "w", State.PENDING),
        (State.HELD, "new", "v", State.PENDING),
        (State.NOT_READY, "new", "v", State.PENDING),
        (State.ACKNOWLEDGED, "other", "v", State.PENDING),
    ],
)
def test_what_may_go_up_is_pending(state: State, digest: str, versions: str, expected: State) -> None:
    """But for what waits, and for what was refused with the same content under the same versions."""
    row = message(state=state, versions="v")
    assert next_state(row, digest, ready=True, stopped=False, versions=versions) is expected


def keys(*messages: MessageRow) -> list[tuple[str, str]]:
    """Return (step, local key) of what may be sent now, in order."""
    known = {(Step(m.step), m.local_key): m for m in messages}
    return [(row.step, row.local_key) for row in sendable(known)]


DONE: dict[str, Any] = {"state": State.ACKNOWLEDGED, **ACKNOWLEDGED}


def test_the_case_goes_first() -> None:
    """Everything else needs its Id."""
    assert keys(message(Step.PROCESSING), message(), message(Step.SETTLEMENT, "1")) == [("case", "")]


def test_then_each_step_after_the_one_before() -> None:
    """A decision waits for the first acknowledgement of processing and acceptance."""
    steps = [message(Step.SETTLEMENT, "1"), message(Step.ACCEPTANCE), message(Step.PROCESSING)]
    assert keys(message(**DONE), *steps) == [("processing", "")]


def test_an_earlier_step_is_waited_for_only_the_first_time() -> None:
    """Not for its newest version."""
    update = message(Step.PROCESSING, **ACKNOWLEDGED)
    assert keys(message(**DONE), update, message(Step.SETTLEMENT, "1")) == [("processing", ""), ("settlement", "1")]


def test_a_step_that_is_no_more_is_not_waited_for() -> None:
    """It was taken out of the case before it went up."""
    gone = message(Step.PROCESSING, state=State.NOT_READY, reason=ABSENT)
    assert keys(message(**DONE), gone, message(Step.SETTLEMENT, "1")) == [("settlement", "1")]


@pytest.mark.parametrize("state", [State.HELD, State.NOT_READY, State.REJECTED, State.UNCERTAIN, State.IN_FLIGHT])
def test_what_comes_after_waits_for_an_earlier_step_in_any_state(state: State) -> None:
    """Out of order the national side would refuse it, or worse."""
    assert keys(message(**DONE), message(Step.PROCESSING, state=state), message(Step.ACCEPTANCE)) == []


def test_decisions_do_not_wait_for_each_other() -> None:
    """Each is of its own; they go by their keys."""
    steps = [message(Step.SETTLEMENT, "2"), message(Step.SETTLEMENT, "1")]
    assert keys(message(**DONE), *steps) == [("settlement", "1"), ("settlement", "2")]


def test_an_enforcement_waits_for_the_id_of_its_decision() -> None:
    """Not for that of another."""
    other = message(Step.SETTLEMENT, "1", **DONE)
    own = message(Step.SETTLEMENT, "2", state=State.UNCERTAIN)
    assert keys(message(**DONE), other, own, message(Step.ENFORCEMENT, "9", parent_key="2")) == []
    assert keys(message(**DONE), other, message(Step.ENFORCEMENT, "9", parent_key="1")) == [("enforcement", "9")]
    assert keys(message(**DONE), message(Step.ENFORCEMENT, "9", parent_key="3")) == []


@pytest.mark.parametrize("accepted", [None, "another"])
def test_what_the_guard_has_not_seen_is_not_sent(accepted: str | None) -> None:
    """Let through is one content, not a message."""
    assert keys(message(accepted_mark=accepted)) == []


@pytest.mark.parametrize("state", [s for s in State if s not in {State.PENDING, State.WAITING}])
def test_only_what_is_pending_or_waiting_is_sent(state: State) -> None:
    """Nothing else, ever."""
    assert keys(message(state=state)) == []


def test_a_changed_case_is_looked_at_when_it_has_settled() -> None:
    """Whatever it would send."""
    look = next_look(agent(settle_seconds=120), case(dirty=True), NOW + timedelta(hours=1))
    assert look == NOW + timedelta(seconds=120)


def test_a_case_with_nothing_to_send_is_not_looked_at() -> None:
    """Until it changes."""
    assert next_look(agent(), case(message(**DONE)), NOW) is None


def test_a_case_with_a_strange_key_is_not_looked_at() -> None:
    """It cannot be read by what the ledger keeps in its place."""
    assert next_look(agent(declared=False), case(message(), dirty=True), NOW) is None


def test_a_first_creation_waits_for_its_kind() -> None:
    """By default two hours."""
    assert next_look(agent(), case(message()), NOW) == NOW + timedelta(hours=2)


def test_an_update_and_a_protected_case_are_due_at_once() -> None:
    """They send no name that was not sent already."""
    later = NOW + timedelta(minutes=1)
    assert next_look(agent(), case(message(**ACKNOWLEDGED)), later) == later
    assert next_look(agent(), case(message(), protected_since=NOW), later) == later


def test_what_waits_is_looked_at_when_its_time_has_come() -> None:
    """The first of several counts."""
    waits = [
        message(Step.SETTLEMENT, str(n), state=State.WAITING, next_try_at=NOW + timedelta(hours=n)) for n in (3, 1, 2)
    ]
    assert next_look(agent(), case(message(**DONE), *waits), NOW) == NOW + timedelta(hours=1)


@pytest.mark.parametrize(
    ("attempts", "jitter", "retry_after", "seconds"),
    [
        (1, 0.0, None, 30),
        (1, 1.0, None, 60),
        (2, 1.0, None, 120),
        (3, 0.0, None, 120),
        (50, 1.0, None, 21_600),
        (1, 0.0, 3600.0, 3600),
        (1, 1.0, 5.0, 60),
        (1, 0.0, 90_000.0, 21_600),
        (0, 1.0, None, 30),
    ],
)
def test_waits_double_and_end_at_a_limit(attempts: int, jitter: float, retry_after: float | None, seconds: int) -> None:
    """Spread by chance, and never shorter than the service asks for within the limit."""
    assert back_off(agent(), attempts, jitter, retry_after) == timedelta(seconds=seconds)
