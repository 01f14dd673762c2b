"""What an answer of the national side, or its absence, makes of a message. Acknowledgement and delivery stay apart."""

import random
from datetime import datetime, timedelta
from typing import Any

from sync_agent.audit import Event
from sync_agent.domain.steps import Step
from sync_agent.ledger import KnownCase, MessageRow, State, Transaction
from sync_agent.national import Accepted, NotProcessed, Outcome, Refused
from sync_agent.sync.context import Agent
from sync_agent.sync.decide import back_off
from sync_agent.sync.fates import FATES, Again, Failed, Failure, failure_of, refused_again

__all__ = ["acknowledge", "apply_outcome", "intend", "unsettle"]

_BRINGS_ID = frozenset({Step.CASE, Step.SETTLEMENT, Step.ENFORCEMENT})
Holders = dict[tuple[str, str], int]
_JITTER = random.SystemRandom()
_EVENTS = {
    State.WAITING: Event.NOT_PROCESSED,
    State.REJECTED: Event.REFUSED,
    State.UNCERTAIN: Event.UNCERTAIN,
}


def intend(agent: Agent, tx: Transaction, case: KnownCase, message: MessageRow, account: str) -> None:
    """Commit the intent to send: from here on a lost answer is known to be possible."""
    old_state = message.state
    message.state, message.reason, message.refusal = State.IN_FLIGHT, None, None
    message.attempts += 1
    message.intent_at, message.next_try_at = tx.now, None
    message.account, message.versions, message.epoch = account, agent.version_mark, agent.ledger.epoch
    case.record_message(
        tx,
        Event.INTENT,
        message,
        old_state=old_state,
        wanted=message.wanted_digest,
        account=account,
        attempt=message.attempts,
        update=message.ack_digest is not None,
        forced=message.forced,
        versions=agent.versions,
    )


def apply_outcome(
    agent: Agent, tx: Transaction, case: KnownCase, message: MessageRow, outcome: Outcome, *, holders: Holders
) -> None:
    """Give a message in flight the state that its outcome means, with its entry.

    `holders` says which message has an id that the outcomes of this transaction bring, by step and id; it is kept up.
    """
    match outcome:
        case Accepted():
            _accepted(tx, case, message, outcome, holders)
        case _:
            _failed(agent, tx, case, message, outcome)


def _failed(agent: Agent, tx: Transaction, case: KnownCase, message: MessageRow, outcome: Failed) -> None:
    """Give a message that was not accepted its fate, by the table of `fates`."""
    step, update = Step(message.step), message.ack_digest is not None
    failure = failure_of(outcome, step=step, update=update, repeatable=agent.contract.repeatable(step, update))
    fate = FATES[failure]
    message.state, message.reason = fate.state, _reason(failure, outcome)
    wait = _wait(agent, message, outcome, fate.again)
    message.next_try_at = None if wait is None else tx.now + wait
    response = case.secret.response(outcome.answer) if isinstance(outcome, Refused) else None
    if not isinstance(outcome, NotProcessed):
        message.refusal = outcome.masked or None
    _record(tx, _EVENTS[fate.state], case, message, http_status=outcome.status or None, response=response)


def _reason(failure: Failure, outcome: Failed) -> str:
    if failure is Failure.NOT_THERE:
        return failure.value
    return outcome.code if isinstance(outcome, Refused) else outcome.cause


def _wait(agent: Agent, message: MessageRow, outcome: Failed, again: Again) -> timedelta | None:
    """Return how long a message rests, None where time alone brings nothing."""
    match again:
        case Again.BACK_OFF:
            asked = outcome.retry_after if isinstance(outcome, NotProcessed) else None
            return back_off(agent, message.attempts, _JITTER.random(), asked)
        case Again.WITH_ACCOUNT:
            return timedelta(0)  # it is the account that rests
        case Again.RARELY:
            message.refusals += 1
            return refused_again(message.refusals)
        case _:
            return None


def _accepted(tx: Transaction, case: KnownCase, message: MessageRow, outcome: Accepted, holders: Holders) -> None:
    """Store the answer's id, unless it cannot be that of this message: then a person must look."""
    brings = Step(message.step) in _BRINGS_ID
    if brings and message.ack_id is not None and outcome.national_id != message.ack_id:
        unsettle(tx, case, message, "id_changed", http_status=outcome.status)
    elif brings and holders.setdefault((message.step, outcome.national_id), message.id) != message.id:
        unsettle(tx, case, message, "id_taken", http_status=outcome.status)
    else:
        forced = message.forced
        acknowledge(message, tx.now, outcome.national_id if brings else None)
        national_id = case.secret.national_id(message.ack_id) if message.ack_id else None
        response = case.secret.response(outcome.answer)
        facts = {"national_id": national_id, "response": response, "forced": forced}
        _record(tx, Event.ACCEPTED, case, message, http_status=outcome.status, **facts)


def acknowledge(message: MessageRow, now: datetime, national_id: str | None) -> None:
    """Note that the national side has the content of the intent, under the versions of the intent.

    The caller records how it became known.
    """
    message.state, message.reason = State.ACKNOWLEDGED, None
    message.ack_digest, message.ack_shape = message.wanted_digest, message.wanted_shape
    message.ack_id = national_id or message.ack_id
    message.ack_account, message.ack_at = message.ack_account or message.account, now
    message.first_ack_at = message.first_ack_at or now
    versions = str(message.versions).split(":")
    message.ack_agent, message.ack_mapping, message.ack_contract, message.ack_policy = versions[:4]
    message.attempts, message.next_try_at, message.refusals, message.refusal = 0, None, 0, None
    message.forced = None


def unsettle(
    tx: Transaction, case: KnownCase, message: MessageRow, cause: str, *, http_status: int | None = None
) -> None:
    """Note that bytes may have arrived and nobody knows: nothing is sent again until this is settled."""
    message.state, message.reason = State.UNCERTAIN, cause
    _record(tx, Event.UNCERTAIN, case, message, http_status=http_status)


def _record(tx: Transaction, event: Event, case: KnownCase, message: MessageRow, **facts: Any) -> None:
    case.record_message(
        tx,
        event,
        message,
        old_state=State.IN_FLIGHT,
        wanted=message.wanted_digest,
        account=message.account,
        attempt=message.attempts,
        reason=message.reason,
        **facts,
    )
