"""Writes what a look concluded: findings that appeared or went, and the states of messages, each with its entry."""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection

from sync_agent.audit import Event
from sync_agent.domain.findings import Finding, stops
from sync_agent.domain.rules import RULES
from sync_agent.ledger import (
    CaseRow,
    FindingRow,
    KnownCase,
    MessageKey,
    MessageRow,
    State,
    Transaction,
    finding_key,
    findings,
    insert_rows,
    load_findings,
    save_rows,
    sort_key,
    to_finding,
)
from sync_agent.sync.context import Agent
from sync_agent.sync.decide import ABSENT, UNSETTLED, next_state
from sync_agent.sync.judge import Content, Judgement

__all__ = ["drop", "field_word", "record_findings", "record_messages", "save_messages", "standing", "unforce"]

_EVENT = {
    State.PENDING: Event.PLANNED,
    State.WAITING: Event.PLANNED,
    State.REJECTED: Event.PLANNED,
    State.NOT_READY: Event.NOT_READY,
    State.HELD: Event.HELD,
    State.ACKNOWLEDGED: Event.UP_TO_DATE,
}


def record_findings(tx: Transaction, found: Sequence[tuple[KnownCase, Iterable[Finding]]]) -> None:
    """Bring the stored findings of some cases up to date; an entry for each that appeared or went."""
    stored = load_findings(tx.connection, [case.row.id for case, _ in found])
    new: list[FindingRow] = []
    changed: list[FindingRow] = []
    gone: list[FindingRow] = []
    for case, now_found in found:
        before = stored[case.row.id]
        for key, finding in {finding_key(finding): finding for finding in now_found}.items():
            old = before.pop(key, None)
            if old is None:
                new.append(_row_of(case, finding, tx))
                if finding.rule == "reclassified":
                    case.record(tx, Event.RECLASSIFIED)  # the alarm: an identity may be where it must not be
            elif old.level != finding.level:
                old.level = finding.level
                changed.append(old)
            else:
                continue
            _record_finding(tx, Event.FINDING_APPEARED, case, finding)
        for old in before.values():
            gone.append(old)
            _record_finding(tx, Event.FINDING_DISAPPEARED, case, to_finding(old))
    findings.replace(tx.connection, new, changed, gone)


def _row_of(case: KnownCase, finding: Finding, tx: Transaction) -> FindingRow:
    return FindingRow(
        case_id=case.row.id,
        rule=finding.rule,
        level=finding.level,
        field=finding.field,
        step=finding.step or "",
        local_key=finding.local_key,
        place=finding.where,
        since=tx.now,
    )


def _record_finding(tx: Transaction, event: Event, case: KnownCase, finding: Finding) -> None:
    case.record(
        tx,
        event,
        rule=finding.rule,
        level=finding.level,
        field=field_word(finding.field),
        step=finding.step,
        item=case.item(finding.local_key),
        finding=case.secret.finding(finding_key(finding)),
    )


def field_word(path: str) -> str | None:
    """Return a field path as the audit log writes it: `respondents[1]` as `respondents.1`."""
    return path.replace("[]", "").replace("[", ".").replace("]", "") or None


def standing(connection: Connection, cases: Iterable[CaseRow]) -> dict[int, list[Finding]]:
    """Return, by case row id, the stored findings that no person has released for the content as it is now."""
    digests = {row.id: row.last_digest for row in cases}
    return {
        case_id: [to_finding(row) for row in rows.values() if not _released(row, digests[case_id])]
        for case_id, rows in load_findings(connection, list(digests)).items()
    }


def _released(row: FindingRow, digest: str) -> bool:
    return RULES[row.rule].releasable and row.released_digest == digest


def record_messages(
    agent: Agent, tx: Transaction, case: KnownCase, judgement: Judgement, left: Sequence[Finding]
) -> None:
    """Give each message of a case its state; `left` are the findings that still stand. Rows are saved by the caller."""
    for key, content in judgement.contents.items():
        message = case.messages.get(key)
        if message is None:
            message = MessageRow(case_id=case.row.id, step=key[0], local_key=key[1], state=State.NOT_READY)
            case.messages[key] = message
        message.parent_key, clock = judgement.payloads[key].parent_key, judgement.clocks[key]
        message.trigger_on, message.due_on = clock.trigger_on, clock.due_on
        stopping = stops(left, *key)
        ready = key in judgement.ready
        if message.forced is not None and (why := _why_not_again(judgement, stopping, key)) is not None:
            unforce(tx, case, message, why)
        state = next_state(message, content.digest, ready=ready, stopped=bool(stopping), versions=agent.version_mark)
        if state is State.HELD:
            reason: str | None = stopping[0].rule
        else:
            reason = message.reason if state == message.state else None
        _want(tx, case, message, content, (state, reason))
    for key in set(case.messages) - set(judgement.contents):
        drop(tx, case, case.messages[key])


def _why_not_again(judgement: Judgement, stopping: Sequence[Finding], key: MessageKey) -> str | None:
    """Return what keeps a message from being sent again: what holds it, that it is not ready, or the contract."""
    if stopping:
        return stopping[0].rule
    return judgement.again.get(key) if key in judgement.ready else State.NOT_READY.value


def unforce(tx: Transaction, case: KnownCase, message: MessageRow, why: str) -> None:
    """Take the mark off a message that cannot be sent again; what is on its way keeps it until that is settled."""
    if message.state in UNSETTLED:
        return
    forced, message.forced = message.forced, None
    case.record_message(tx, Event.RESYNC_DROPPED, message, forced=forced, reason=why)


def _want(
    tx: Transaction, case: KnownCase, message: MessageRow, content: Content, taken: tuple[State, str | None]
) -> None:
    """Note the content wanted of a message, the state it takes and its reason; an entry if any is new."""
    (state, reason), old_state = taken, message.state
    if state in UNSETTLED:
        return
    if message.id != 0 and (state, content.digest, reason) == (old_state, message.wanted_digest, message.reason):
        return
    if content.digest != message.wanted_digest:
        message.attempts, message.next_try_at, message.refusals = 0, None, 0
        # Rows may be as they were and a file not: what is to be sent must settle, whatever it was read from.
        case.row.dirty, case.row.digest_seen_at = True, tx.now
    message.state, message.reason = state, reason
    if old_state == State.REJECTED and state is not State.REJECTED:
        message.refusal, message.refusals, message.next_try_at = None, 0, None
    message.wanted_digest, message.wanted_mark, message.wanted_shape = content.digest, content.mark, content.shape
    _record_state(tx, case, message, old_state)


def drop(tx: Transaction, case: KnownCase, message: MessageRow) -> None:
    """Take a message out of the case: what went up stays as it is, the rest waits for its return."""
    if message.state in UNSETTLED:
        return
    if message.forced is not None:
        unforce(tx, case, message, ABSENT)
    if message.first_ack_at is None:
        message.trigger_on = message.due_on = None  # the law asks for no step that is not there
    wanted = (State.ACKNOWLEDGED, None) if message.ack_digest else (State.NOT_READY, ABSENT)
    if (message.state, message.reason) == wanted and message.wanted_digest == message.ack_digest:
        return
    old_state = message.state
    message.state, message.reason = wanted
    message.wanted_digest, message.refusal = message.ack_digest, None
    _record_state(tx, case, message, old_state)


def _record_state(tx: Transaction, case: KnownCase, message: MessageRow, old_state: str) -> None:
    case.record_message(
        tx,
        _EVENT[State(message.state)],
        message,
        old_state=old_state,
        wanted=message.wanted_digest,
        reason=message.reason,
        update=message.ack_digest is not None,
    )


def save_messages(tx: Transaction, known: Iterable[KnownCase]) -> None:
    """Write back the messages of some cases."""
    rows = [row for case in known for row in sorted(case.messages.values(), key=sort_key)]
    insert_rows(tx.connection, [row for row in rows if row.id == 0])
    save_rows(tx.connection, [row for row in rows if row.id != 0])
