"""Messages whose outcome is unknown: what a crash left behind, and how each is settled before it is sent again."""

from collections import Counter
from collections.abc import Collection
from datetime import timedelta

from sync_agent.audit import Event
from sync_agent.domain.canonical import correlation_token
from sync_agent.domain.steps import Step
from sync_agent.errors import NationalUnreachableError
from sync_agent.ledger import (
    KnownCase,
    MessageRow,
    State,
    Transaction,
    id_is_taken,
    save_rows,
    sort_key,
    with_messages_in,
)
from sync_agent.logs import LogEvent, bound, log
from sync_agent.national import TOO_LARGE, AccountRefusedError
from sync_agent.sync.context import Agent
from sync_agent.sync.fates import FATES, Settler, doubt_of
from sync_agent.sync.lanes import resting as resting_accounts
from sync_agent.sync.outcome import acknowledge, unsettle

__all__ = [
    "FOR_A_PERSON",
    "RESTORED",
    "recover",
    "remote_wait",
    "settle_as_arrived",
    "settle_as_missing",
    "settle_uncertain",
]

_ACCOUNT_REFUSED = "account_refused"
FOR_A_PERSON = frozenset({"id_changed", "id_taken"})
RESTORED = "restored"
"""Cause of a doubt: the ledger is an older copy, and the message may have gone up after it was made."""


def recover(agent: Agent) -> None:
    """After a takeover: what another process had in flight may have arrived, so it is uncertain."""
    with agent.ledger.write() as tx:
        for case in with_messages_in(tx.connection, agent.ledger.source_id, State.IN_FLIGHT):
            left = [message for message in case.messages.values() if message.state == State.IN_FLIGHT]
            for message in left:
                unsettle(tx, case, message, "interrupted")
            save_rows(tx.connection, left)


def settle_uncertain(agent: Agent) -> Counter[str]:
    """Settle what can be settled without a person, once the national side has had time to finish; count how."""
    counts: Counter[str] = Counter()
    before = agent.clock() - remote_wait(agent)
    with agent.ledger.read() as connection:
        old = with_messages_in(connection, agent.ledger.source_id, State.UNCERTAIN, before=before)
    doubts = [
        (case, message)
        for case in old
        for message in sorted(case.messages.values(), key=sort_key)
        if message.state == State.UNCERTAIN and message.intent_at is not None and message.intent_at <= before
    ]
    resting, refused = resting_accounts(agent), set[str]()
    for case, message in doubts:
        if message.state != State.UNCERTAIN:
            continue  # settled together with its case
        if counts["unreachable"] == agent.settings.delivery.unreachable_after:
            break  # what stays uncertain is settled at a later pass; sending the rest finds out for itself
        try:
            with bound(case=case.row.pseudonym, step=message.step):
                how = _settle(agent, case, message, resting=resting, refused=refused)
        except AccountRefusedError:
            how = _ACCOUNT_REFUSED
            refused.add(message.account or "")
        except NationalUnreachableError:
            how = "unreachable"
        counts[how] += 1
        log(LogEvent.DOUBT_SETTLED, case=case.row.pseudonym, step=message.step, state=message.state, how=how)
    return +counts


def remote_wait(agent: Agent) -> timedelta:
    """Return how long the national side may still be working on the last quick try of an intent."""
    transport = agent.settings.national.transport
    one_try = transport.pool_seconds + transport.connect_seconds + transport.write_seconds + transport.read_seconds
    request = transport.tries * (one_try + transport.quick_retry_seconds)
    lag = agent.contract.look_up_lag or 0
    return timedelta(seconds=request + lag + agent.settings.delivery.settle_remote_seconds)


def _settle(
    agent: Agent, case: KnownCase, message: MessageRow, *, resting: Collection[str], refused: Collection[str]
) -> str:
    """Settle one message and return how; accounts that rest, or are in `refused`, are not asked."""
    step, update = Step(message.step), message.ack_digest is not None
    failure = doubt_of(message.reason, step=step, update=update, repeatable=agent.contract.repeatable(step, update))
    settler = FATES[failure].settler
    if settler is Settler.REPEAT:
        return _again(agent, case, message, "repeatable")
    if settler is not Settler.LOOK_UP or message.account is None:
        return "person"
    if message.account in resting:
        return "account_resting"
    return _ACCOUNT_REFUSED if message.account in refused else _look_up(agent, case, message)


def _look_up(agent: Agent, case: KnownCase, message: MessageRow) -> str:
    token = correlation_token(agent.installation_key, *case.row.origin)
    found = agent.gateway.look_up(token, message.account or "")
    if len(found) == 1:
        return _adopt(agent, case, message, found[0])
    if not found and agent.contract.not_found_is_proof:
        return _again(agent, case, message, "not_found")
    return "person"


def _again(agent: Agent, case: KnownCase, message: MessageRow, how: str) -> str:
    with agent.ledger.write() as tx:
        settle_as_missing(tx, case, message, how)
    return how


def _adopt(agent: Agent, case: KnownCase, message: MessageRow, national_id: str) -> str:
    with agent.ledger.write() as tx:
        if id_is_taken(tx.connection, message.step, national_id, message.id):
            return "person"
        settle_as_arrived(tx, case, message, national_id=national_id, how="found")
    return "found"


def settle_as_missing(tx: Transaction, case: KnownCase, message: MessageRow, how: str) -> None:
    """Have an uncertain message sent again: it did not arrive, or sending it again creates nothing.

    One that was too large is refused instead: the same bytes would be so again.
    """
    missing = [message, *_below(case, message)]
    for each in missing:
        if each.reason == TOO_LARGE:
            each.state = State.REJECTED
        else:
            each.state, each.reason = State.PENDING, None
        case.record_message(tx, Event.RESOLVED, each, old_state=State.UNCERTAIN, reason=how)
    save_rows(tx.connection, missing)
    case.look_again(tx)


def _below(case: KnownCase, message: MessageRow) -> list[MessageRow]:
    """Return what cannot have gone up either when `message` did not: the steps of a case that is not there."""
    if message.step != Step.CASE or message.ack_id is not None:
        return []
    others = [other for other in case.messages.values() if other is not message and other.ack_digest is None]
    return [other for other in others if (other.state, other.reason) == (State.UNCERTAIN, RESTORED)]


def settle_as_arrived(
    tx: Transaction, case: KnownCase, message: MessageRow, *, national_id: str | None, how: str
) -> None:
    """Acknowledge an uncertain message: it is known now that it arrived. `how` is a reason code.

    Of what went up after an older copy of the ledger was made nobody knows the content, nor when it went up.
    """
    unknown = message.reason == RESTORED
    acknowledge(message, tx.now, national_id)
    if unknown:
        message.ack_digest, message.ack_shape = case.secret.digest(b""), None
        message.intent_at, message.doubt = case.row.first_seen, None
    case.record_message(
        tx,
        Event.RESOLVED,
        message,
        old_state=State.UNCERTAIN,
        reason=how,
        wanted=message.ack_digest,
        national_id=case.secret.national_id(message.ack_id) if message.ack_id else None,
    )
    save_rows(tx.connection, [message])
    case.look_again(tx)
