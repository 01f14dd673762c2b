"""What only a person may decide: settle an uncertain message, release a hold, sign the policy, allow the first send.

Each decision is one transaction with one entry that names the person by the authenticated login.
"""

import re
from collections.abc import Sequence

from sync_agent.audit import Event, keep_note
from sync_agent.domain.rules import RULES
from sync_agent.domain.steps import Step
from sync_agent.errors import SyncAgentError
from sync_agent.ledger import (
    FindingRow,
    KnownCase,
    MessageRow,
    State,
    Transaction,
    declare_go_live,
    environment,
    exclusive,
    find_case,
    id_is_taken,
    known_by_name,
    load_findings,
    save_rows,
    sign,
)
from sync_agent.settings import Mode
from sync_agent.sync.context import Agent
from sync_agent.sync.notes import require_harmless, require_reason
from sync_agent.sync.observe import observe
from sync_agent.sync.record import field_word
from sync_agent.sync.run import claim
from sync_agent.sync.scan import read_page
from sync_agent.sync.uncertain import settle_as_arrived, settle_as_missing

__all__ = ["decline_adoption", "local_keys", "release", "resolve", "sign_policy"]

_NATIONAL_ID = re.compile(r"[!-~]{1,64}")


def resolve(agent: Agent, key: str, step: Step, *, local_key: str = "", arrived: str | None, actor: str) -> None:
    """Settle an uncertain message: it arrived under the id `arrived`, or (None) it did not.

    A step that brings no id of its own is confirmed with the national id of its case, so that a slip of the pen is
    noticed. Raises SyncAgentError when there is nothing to settle or the id cannot be right.
    """
    with exclusive(agent.settings.state):
        claim(agent)
        with agent.ledger.write(actor=actor) as tx:
            case = known_by_name(tx.connection, agent.ledger.source_id, key)
            message, shown = case.messages.get((step, local_key)), _shown(agent, case)
            if message is None or message.state != State.UNCERTAIN:
                raise SyncAgentError(
                    "this message is not uncertain", where=shown, todo="see: sync-agent cases show KEY"
                )
            if arrived is None:
                settle_as_missing(tx, case, message, "person")
                return
            _require_id(agent, shown, arrived)
            national_id = _checked_id(tx, shown, message, case.messages[Step.CASE, ""], arrived)
            settle_as_arrived(tx, case, message, national_id=national_id, how="person")


def _shown(agent: Agent, case: KnownCase) -> str:
    """Return the name of a case in errors, which end in logs: what was typed may be the key of a protected one."""
    return agent.names.shown(case.row.case_key, protected=case.row.protected_since is not None)


def _require_id(agent: Agent, shown: str, arrived: str) -> None:
    simulated = arrived.startswith(agent.contract.file.answer.simulated_id_prefix)
    if not _NATIONAL_ID.fullmatch(arrived) or (simulated and agent.settings.agent.mode is Mode.PRODUCTION):
        raise SyncAgentError("this cannot be a national id", where=shown, todo="copy it from the national database")


def _checked_id(tx: Transaction, shown: str, message: MessageRow, case: MessageRow, arrived: str) -> str | None:
    if Step(message.step) in {Step.PROCESSING, Step.ACCEPTANCE}:
        if arrived != case.ack_id:
            raise SyncAgentError(
                "this step brings no id of its own", where=shown, todo="give the national id of the case to confirm"
            )
        return None
    if message.ack_id is not None and message.ack_id != arrived:
        raise SyncAgentError("this message already has another national id", where=shown)
    if id_is_taken(tx.connection, message.step, arrived, message.id):
        raise SyncAgentError("this national id belongs to another case", where=shown, todo="look it up again")
    return arrived


def release(agent: Agent, key: str, rule: str, *, reason: str, note: str | None = None, actor: str) -> int:
    """Release the holds of a case under `rule` for its content as it is now; return how many.

    Raises SyncAgentError for a rule that is mended at its source, when the case is not held by it, for a reason that is
    no code, and for a note that tells who it is about.
    """
    require_reason(reason)
    if rule in RULES and not RULES[rule].releasable:
        raise SyncAgentError(
            "a hold by rule {rule} cannot be released", todo="mend it at its source", facts=(("rule", rule),)
        )
    with exclusive(agent.settings.state):
        claim(agent)
        with agent.ledger.write(actor=actor) as tx:
            case = known_by_name(tx.connection, agent.ledger.source_id, key)
            found = load_findings(tx.connection, [case.row.id])[case.row.id].values()
            held = [row for row in found if row.rule == rule]
            if not held:
                raise SyncAgentError(
                    "the case is not held by this rule",
                    where=_shown(agent, case),
                    todo="see: sync-agent holds show KEY",
                )
            commitment = _kept(agent, tx, case, note) if note else None
            for row in held:
                row.released_digest, row.released_at = case.row.last_digest, tx.now
                row.released_by, row.released_reason = actor, reason
                _record_release(tx, case, row, note=commitment)
            save_rows(tx.connection, held)
            case.look_again(tx)
        _judge_anew(agent, case.row.case_key)
    return len(held)


def _judge_anew(agent: Agent, case_key: str) -> None:
    """Read the case once more, so that the next pass finds what was let go in its plan. Changed content stays held."""
    seen = read_page(agent, [case_key])
    with agent.ledger.write() as tx:
        observe(agent, tx, seen, plan=[case_key])


def _kept(agent: Agent, tx: Transaction, case: KnownCase, note: str) -> str:
    require_harmless(agent, case.row.case_key, note)
    return keep_note(tx.connection, case.row.source_id, case.row.case_key, note)


def _record_release(tx: Transaction, case: KnownCase, row: FindingRow, *, note: str | None) -> None:
    case.record(
        tx,
        Event.RELEASED,
        rule=row.rule,
        field=field_word(row.field),
        step=row.step or None,
        item=case.item(row.local_key),
        wanted=row.released_digest,
        reason=row.released_reason,
        note=note,
    )


def sign_policy(agent: Agent, *, actor: str) -> str:
    """Sign the policy in force; return its digest."""
    with exclusive(agent.settings.state):
        claim(agent)
        with agent.ledger.write(actor=actor) as tx:
            sign(tx, agent.policy.digest, actor)
    return agent.policy.digest


def decline_adoption(agent: Agent, *, reason: str, actor: str) -> None:
    """Declare that no case of this source is in the national database yet, so that nothing is adopted."""
    require_reason(reason)
    with exclusive(agent.settings.state):
        claim(agent)
        with agent.ledger.write(actor=actor) as tx:
            bound = environment(tx.connection)
            if bound is not None and bound.go_live is not None:
                raise SyncAgentError("the first send was already allowed", where="go-live")
            declare_go_live(tx, f"declined:{reason}")


def local_keys(agent: Agent, names: Sequence[str]) -> list[str]:
    """Return the local keys of cases named by key or pseudonym; a name the ledger does not know is taken as a key."""
    with agent.ledger.read() as connection:
        found = [find_case(connection, agent.ledger.source_id, name) for name in names]
    return [row.case_key if row else name for row, name in zip(found, names, strict=True)]
