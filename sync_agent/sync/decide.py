"""The rules of delivery, as pure functions: what state a message takes, what may be sent now, when to look again."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from sync_agent.domain.steps import STEP_ORDER, Step
from sync_agent.ledger import CaseRow, KnownCase, MessageKey, MessageRow, State, sort_key
from sync_agent.sync.context import Agent

__all__ = ["ABSENT", "UNSETTLED", "back_off", "next_due", "next_look", "next_state", "sendable"]

ABSENT = "absent"
"""Reason of a message that was never sent and is no longer part of the case."""

_SINGLE = (Step.CASE, Step.PROCESSING, Step.ACCEPTANCE)
_TO_SEND = frozenset({State.PENDING, State.WAITING})
UNSETTLED = frozenset({State.IN_FLIGHT, State.UNCERTAIN})


def next_state(row: MessageRow, digest: str, *, ready: bool, stopped: bool, versions: str) -> State:
    """Return the state of a message whose content is now `digest`.

    What is in flight or uncertain stays so until it is settled; what was refused stays so until content or
    versions change. What a person has sent again is to be sent although it is the same.
    """
    state = State(row.state)
    if state in UNSETTLED:
        return state
    if row.ack_digest == digest and row.forced is None:
        return State.ACKNOWLEDGED
    if not ready:
        return State.NOT_READY
    if stopped:
        return State.HELD
    same = row.wanted_digest == digest
    if same and (state is State.WAITING or (state is State.REJECTED and row.versions == versions)):
        return state
    return State.PENDING


def sendable(messages: Mapping[MessageKey, MessageRow]) -> list[MessageRow]:
    """Return the messages let through by the guard whose ids and earlier steps are there, in the order of the steps."""
    wanted = [row for row in messages.values() if _to_send(row) and row.accepted_mark == row.wanted_mark]
    return sorted((row for row in wanted if not _waits(row, messages)), key=sort_key)


def _to_send(row: MessageRow) -> bool:
    return row.state in _TO_SEND or (row.state == State.REJECTED and row.next_try_at is not None)


def _waits(row: MessageRow, messages: Mapping[MessageKey, MessageRow]) -> bool:
    step = Step(row.step)
    if step is Step.CASE:
        return False
    case = messages.get((Step.CASE, ""))
    if case is None or case.ack_id is None:
        return True
    earlier = [messages.get((single, "")) for single in _SINGLE if STEP_ORDER[single] < STEP_ORDER[step]]
    if any(one is not None and one.ack_digest is None and one.reason != ABSENT for one in earlier):
        return True
    parent = messages.get((Step.SETTLEMENT, row.parent_key))
    return step is Step.ENFORCEMENT and (parent is None or parent.ack_id is None)


def next_look(agent: Agent, case: KnownCase, now: datetime) -> datetime | None:
    """Return when there is something to do for the case again, None if only a change of it can bring work."""
    if not agent.names.declared(case.row.case_key):
        return None  # it is kept under its pseudonym: it cannot be read by that, nor go up
    if case.row.dirty:
        return case.row.digest_seen_at + agent.settings.settle
    return min((_try_at(agent, case.row, message, now) for message in sendable(case.messages)), default=None)


def next_due(messages: Iterable[MessageRow]) -> str | None:
    """Return the nearest legal date (ISO) of what has never gone up."""
    return min((row.due_on for row in messages if row.ack_digest is None and row.due_on), default=None)


def _try_at(agent: Agent, row: CaseRow, message: MessageRow, now: datetime) -> datetime:
    if message.state in {State.WAITING, State.REJECTED}:
        return message.next_try_at or now
    if message.step == Step.CASE and message.ack_digest is None and row.protected_since is None:
        # A typing error in the kind, corrected within the hour, must not send a name.
        return row.kind_seen_at + timedelta(seconds=agent.settings.delivery.kind_settle_seconds)
    return now


def back_off(agent: Agent, attempts: int, jitter: float, retry_after: float | None) -> timedelta:
    """Return how long to wait after `attempts` tries: doubled each time, capped, spread by `jitter` in [0, 1)."""
    delivery = agent.settings.delivery
    seconds = min(delivery.backoff_first_seconds * 2 ** min(attempts - 1, 20), delivery.backoff_max_seconds)
    spread = seconds * (0.5 + jitter / 2)
    return timedelta(seconds=min(max(spread, retry_after or 0), delivery.backoff_max_seconds))
