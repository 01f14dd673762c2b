"""What a person says of a hold: let this content through, or do not let it go up like this.

Both count for exactly one content of the case. Neither opens a field: what may leave is the gate's matter alone.
"""

from collections.abc import Iterable, Mapping

from sync_agent.audit import Event
from sync_agent.domain.findings import Level
from sync_agent.domain.rules import RULES
from sync_agent.errors import SyncAgentError
from sync_agent.i18n import mark
from sync_agent.ledger import (
    FindingKey,
    FindingRow,
    KnownCase,
    Transaction,
    finding_key,
    is_rejected,
    known_by_name,
    load_findings,
    page_sight,
    save_rows,
    sight,
    to_finding,
)
from sync_agent.sync.anew import seen_anew
from sync_agent.sync.binding import alone
from sync_agent.sync.context import Agent
from sync_agent.sync.notes import kept_note, require_reason
from sync_agent.sync.record import field_word

__all__ = ["reject", "release"]


def release(
    agent: Agent,
    key: str,
    rule: str,
    *,
    digest: str,
    reason: str,
    note: str | None = None,
    overrule: bool = False,
    actor: str,
    held: bool = False,
) -> int:
    """Release the holds of a case under `rule` for the content that `digest` names; return how many.

    `digest` is what `ledger.sight` or `page_sight` gave when a person looked. The case is read again first. Raises
    SyncAgentError when it is not the same any more, for a rule that is mended at its source, when the case is not held
    by it, when a person rejected this content (unless `overrule`), for a reason that is no code, and for a note that
    tells who it is about.
    """
    require_reason(reason)
    if rule in RULES and not RULES[rule].releasable:
        todo = mark("mend it in the settings") if RULES[rule].in_settings else mark("mend it at its source")
        raise SyncAgentError("a hold by rule {rule} cannot be released", todo=todo, facts=(("rule", rule),))
    with alone(agent, held=held):
        with agent.ledger.read() as connection:
            case = known_by_name(connection, agent.ledger.source_id, key)
            found = load_findings(connection, [case.row.id])[case.row.id]
        _require_held(agent, case, _standing(case, found.values(), rule))
        changed = seen_anew(agent, [case.row.case_key])  # what the ledger concludes of it is kept in any case
        with agent.ledger.write(actor=actor) as tx:
            case = known_by_name(tx.connection, agent.ledger.source_id, key)
            found = load_findings(tx.connection, [case.row.id])[case.row.id]
            if changed or digest not in _sights(case, found):
                raise SyncAgentError(
                    "the record has changed since it was looked at: nothing was released",
                    where=agent.shown(case.row),
                    todo="look at it again: sync-agent holds show KEY",
                )
            holds = _standing(case, found.values(), rule)
            _require_held(agent, case, holds)
            _let_go(agent, tx, case, holds, reason=reason, note=note, overrule=overrule, actor=actor)
        seen_anew(agent, [case.row.case_key])  # so that the next pass finds it in its plan
    return len(holds)


def _sights(case: KnownCase, found: Mapping[FindingKey, FindingRow]) -> set[str]:
    """Return by which names what is seen of a case now is known: to a command, and to a page, which has no secret."""
    return {sight(case, found), page_sight(case.row, case.messages.values(), found.values())}


def _standing(case: KnownCase, found: Iterable[FindingRow], rule: str) -> list[FindingRow]:
    """Return the holds of a case under `rule` that were not released for its present content."""
    return [row for row in _holds(found, rule) if row.released_digest != case.row.last_digest]


def _holds(found: Iterable[FindingRow], rule: str) -> list[FindingRow]:
    return [row for row in found if row.rule == rule and row.level != Level.WARN]


def _require_held(agent: Agent, case: KnownCase, held: list[FindingRow]) -> None:
    if not held:
        raise SyncAgentError(
            "the case is not held by this rule", where=agent.shown(case.row), todo="see: sync-agent holds show KEY"
        )


def _let_go(
    agent: Agent,
    tx: Transaction,
    case: KnownCase,
    held: list[FindingRow],
    *,
    reason: str,
    note: str | None,
    overrule: bool,
    actor: str,
) -> None:
    digest = case.row.last_digest
    rejected = any(is_rejected(row, digest) for row in held)
    if rejected and not overrule:
        raise SyncAgentError(
            "a person rejected this hold for its present content",
            where=agent.shown(case.row),
            todo="have the record corrected in the local system; who decides otherwise adds --overrule",
        )
    commitment = kept_note(agent, tx, case, note)
    for row in held:
        before = "rejected" if is_rejected(row, digest) else None
        row.released_digest, row.released_by, row.released_at, row.released_reason = digest, actor, tx.now, reason
        _forget_rejection(row)
        _record(tx, Event.RELEASED, case, row, old_state=before, reason=reason, note=commitment)
    save_rows(tx.connection, held)
    case.look_again(tx)


def reject(
    agent: Agent, key: str, rule: str, *, reason: str, note: str | None = None, actor: str, held: bool = False
) -> int:
    """Note that the present content of a case must not go up as `rule` holds it; return how many holds that are.

    They stay until the content changes, and a release of it is taken back. Raises SyncAgentError when the case is not
    held by the rule, for a reason that is no code, and for a note that tells who it is about.
    """
    require_reason(reason)
    with alone(agent, held=held), agent.ledger.write(actor=actor) as tx:
        case = known_by_name(tx.connection, agent.ledger.source_id, key)
        holds = _holds(load_findings(tx.connection, [case.row.id])[case.row.id].values(), rule)
        _require_held(agent, case, holds)
        digest, commitment = case.row.last_digest, kept_note(agent, tx, case, note)
        released = any(row.released_digest == digest for row in holds)
        for row in holds:
            row.rejected_digest, row.rejected_by, row.rejected_at, row.rejected_reason = (
                digest,
                actor,
                tx.now,
                reason,
            )
            row.released_digest = row.released_by = row.released_at = row.released_reason = None
            _record(tx, Event.REJECTED_HOLD, case, row, old_state=None, reason=reason, note=commitment)
        save_rows(tx.connection, holds)
        if released:
            case.look_again(tx)  # before anything of it is sent
    return len(holds)


def _forget_rejection(row: FindingRow) -> None:
    row.rejected_digest = row.rejected_by = row.rejected_at = row.rejected_reason = None


def _record(
    tx: Transaction,
    event: Event,
    case: KnownCase,
    row: FindingRow,
    *,
    old_state: str | None,
    reason: str,
    note: str | None,
) -> None:
    case.record(
        tx,
        event,
        rule=row.rule,
        field=field_word(row.field),
        step=row.step or None,
        item=case.item(row.local_key),
        finding=case.secret.finding(finding_key(to_finding(row))),
        old_state=old_state,
        wanted=case.row.last_digest,
        reason=reason,
        note=note,
    )
