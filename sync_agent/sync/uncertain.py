"""Messages whose outcome is unknown: what a crash left behind, and how each is settled before it is sent again."""

from collections import Counter
from datetime import timedelta

from sync_agent.audit import Event
from sync_agent.domain.canonical import correlation_token
from sync_agent.domain.steps import Step
from sync_agent.errors import NationalUnreachableError
from sync_agent.ledger import KnownCase, MessageRow, State, Transaction, id_is_taken, save_rows, with_messages_in
from sync_agent.sync.context import Agent
from sync_agent.sync.outcome import acknowledge, unsettle

__all__ = ["recover", "remote_wait", "settle_as_arrived", "settle_as_missing", "settle_uncertain"]

_FOR_A_PERSON = frozenset({"id_changed", "id_taken"})


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
        for message in case.messages.values()
        if message.state == State.UNCERTAIN and message.intent_at is not None and message.intent_at <= before
    ]
    for case, message in doubts:
        if counts["unreachable"] == agent.settings.delivery.unreachable_after:
            break  # what stays uncertain is settled at a later pass; sending the rest finds out for itself
        try:
            counts[_settle(agent, case, message)] += 1
        except NationalUnreachableError:
            counts["unreachable"] += 1
    return +counts


def remote_wait(agent: Agent) -> timedelta:
    """Return how long the national side may still be working on the last quick try of an intent."""
    transport = agent.settings.national.transport
    one_try = transport.pool_seconds + transport.connect_seconds + transport.write_seconds + transport.read_seconds
    request = transport.tries * (one_try + transport.quick_retry_seconds)
    lag = agent.contract.look_up_lag or 0
    return timedelta(seconds=request + lag + agent.settings.delivery.settle_remote_seconds)


def _settle(agent: Agent, case: KnownCase, message: MessageRow) -> str:
    step, update = Step(message.step), message.ack_digest is not None
    if message.reason in _FOR_A_PERSON:
        return "person"
    if agent.contract.repeatable(step, update):
        return _again(agent, case, message, "repeatable")
    if step is not Step.CASE or update:
        return "person"
    token = correlation_token(agent.installation_key, case.row.source_id, case.row.case_key)
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
    """Have an uncertain message sent again: it did not arrive, or sending it again creates nothing."""
    message.state, message.reason = State.PENDING, None
    case.record_message(tx, Event.RESOLVED, message, old_state=State.UNCERTAIN, reason=how)
    save_rows(tx.connection, [message])
    case.look_again(tx)


def settle_as_arrived(
    tx: Transaction, case: KnownCase, message: MessageRow, *, national_id: str | None, how: str
) -> None:
    """Acknowledge an uncertain message: it is known now that it arrived. `how` is a reason code."""
    acknowledge(message, tx.now, national_id)
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
