"""What a look at some cases changes in the ledger: revisions, findings, protection, and what is to be sent.

The scan and the delivery look in the same way; only delivery goes on to send what it has just seen.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sync_agent.audit import Event, create_secrets
from sync_agent.domain.canonical import canonical_bytes, keyed_digest
from sync_agent.domain.deadlines import received_on
from sync_agent.ledger import (
    CaseRow,
    KnownCase,
    MessageKey,
    Transaction,
    cases,
    finding_key,
    insert_rows,
    known_by_key,
    save_rows,
)
from sync_agent.mapping import Mapped
from sync_agent.national import Message
from sync_agent.sync.context import Agent
from sync_agent.sync.decide import next_due, next_look
from sync_agent.sync.judge import TakeOver, judge
from sync_agent.sync.protection import protect, settled
from sync_agent.sync.record import record_findings, record_messages, save_messages, standing

__all__ = ["Observed", "observe"]


@dataclass(slots=True)
class Observed:
    """One case as just seen, and the payloads it would send; they stay in memory."""

    case: KnownCase
    mapped: Mapped = field(repr=False)
    changed: bool
    payloads: dict[MessageKey, Message] = field(default_factory=dict, repr=False)

    @property
    def row(self) -> CaseRow:
        """The row of the case."""
        return self.case.row


def observe(
    agent: Agent,
    tx: Transaction,
    seen: Sequence[Mapped],
    *,
    plan: Collection[str],
    take_over: TakeOver | None = None,
) -> list[Observed]:
    """Bring the ledger up to what was just read of some cases.

    Judged are the cases whose content, group or protection changed, and those named by `plan`. `take_over` may first
    acknowledge what the national side holds of a case.
    """
    found = _rows(agent, tx, seen)
    _note_groups(agent, tx, found)
    newly = protect(agent, tx, {o.row.id: o for o in found})
    judged = [o for o in found if o.changed or o.row.id in newly or o.row.case_key in plan]
    signed = agent.signed(tx.connection)
    _plan(agent, tx, judged, signed=signed, take_over=take_over)
    save_rows(tx.connection, [o.row for o in judged])
    return found


def _rows(agent: Agent, tx: Transaction, seen: Sequence[Mapped]) -> list[Observed]:
    """Find or make the row and the secret of each case; note what changed since it was last seen."""
    source_id = agent.ledger.source_id
    known = known_by_key(tx.connection, source_id, [mapped.case.case_key for mapped in seen])
    new = [mapped.case.case_key for mapped in seen if mapped.case.case_key not in known]
    secrets = create_secrets(tx.connection, source_id, new)
    known |= {key: KnownCase(_new_row(agent, tx, key), secret) for key, secret in secrets.items()}
    found = [_noted(agent, tx, mapped, known[mapped.case.case_key]) for mapped in seen]
    insert_rows(tx.connection, [o.row for o in found if o.row.id == 0])
    return found


def _new_row(agent: Agent, tx: Transaction, key: str) -> CaseRow:
    return CaseRow(
        source_id=agent.ledger.source_id,
        case_key=key,
        pseudonym=agent.names.shown(key, protected=True),
        rev=0,
        dirty=True,
        kind_seen_at=tx.now,
        first_seen=tx.now,
        last_digest="",
        digest_seen_at=tx.now,
    )


def _noted(agent: Agent, tx: Transaction, mapped: Mapped, case: KnownCase) -> Observed:
    digest = _case_digest(agent, mapped, case)
    changed = case.row.last_digest != digest or not case.row.present
    if changed:
        _note_change(agent, tx, case.row, mapped, digest)
        if case.row.gone_since is not None:
            case.row.gone_since = None
            case.record(tx, Event.RETURNED)
    return Observed(case, mapped, changed)


def _note_change(agent: Agent, tx: Transaction, row: CaseRow, mapped: Mapped, digest: str) -> None:
    if row.kind != mapped.case.kind or agent.gate.protection(mapped.case):
        row.kind, row.kind_seen_at = mapped.case.kind, tx.now
    row.rev += 1
    row.dirty = True
    row.present, row.absent_scans = True, 0
    row.last_digest, row.digest_seen_at = digest, tx.now
    row.agency = agent.names.code(mapped.case.agency)


def _case_digest(agent: Agent, mapped: Mapped, case: KnownCase) -> str:
    """Digest everything that was read and concluded of a case, before the gate. A new key alone is no other content."""
    ids, sent = _told(agent, mapped, case)
    named = mapped.case.model_copy(update={"case_key": case.row.origin[1]})
    findings = [finding_key(finding) for finding in mapped.findings]
    told = [sorted((*key, each) for key, each in ids.items()), sorted(sent)]
    concluded = canonical_bytes([sorted(mapped.ready), findings, mapped.group, told])
    return case.secret.digest(named.model_dump_json().encode() + concluded)


def _told(agent: Agent, mapped: Mapped, case: KnownCase) -> tuple[Mapping[MessageKey, str], Collection[MessageKey]]:
    """Return what the local system says of the national side, without what it was told from here."""
    ours = {key: m.ack_id or "" for key, m in case.messages.items() if m.ack_digest and m.step in agent.mapper.told}
    if not ours:
        return mapped.national_ids, mapped.sent
    ids = {key: each for key, each in mapped.national_ids.items() if each.casefold() != ours.get(key, "").casefold()}
    return ids, mapped.sent - ours.keys()


def _note_groups(agent: Agent, tx: Transaction, found: Iterable[Observed]) -> None:
    """Note what cases share. A read that may be torn adds to it; only one that settled takes away."""
    noted = [o for o in found if o.changed or o.row.dirty]
    tokens = {
        o.row.id: {keyed_digest(agent.installation_key, "group", name.encode()) for name in o.mapped.group}
        for o in noted
    }
    if tokens:
        unsettled = {o.row.id for o in noted if not settled(agent, tx, o.row)}
        cases.save_groups(tx.connection, tokens, grow_only=unsettled)


def _plan(
    agent: Agent, tx: Transaction, judged: Sequence[Observed], *, signed: bool, take_over: TakeOver | None
) -> None:
    """Judge each case, and write findings and messages where they differ from before."""
    if not judged:
        return
    judgements = [judge(agent, o.mapped, o.case, signed=signed, take_over=take_over) for o in judged]
    record_findings(tx, [(o.case, j.findings) for o, j in zip(judged, judgements, strict=True)])
    left = standing(tx.connection, [o.row for o in judged])
    for observed, judgement in zip(judged, judgements, strict=True):
        observed.payloads = judgement.payloads
        record_messages(agent, tx, observed.case, judgement, left[observed.row.id])
        observed.row.look_at = next_look(agent, observed.case, tx.now)
        day = received_on(observed.mapped.case)
        observed.row.received_on = day.isoformat() if day else None
        observed.row.due_on = next_due(observed.case.messages.values())
    save_messages(tx, [o.case for o in judged])
