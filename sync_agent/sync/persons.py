"""What only a person may decide: settle an uncertain message, allow the first send. Of holds: `holds`.

Each decision is one transaction with one entry that names the person by the authenticated login.
"""

from collections.abc import Sequence

from sync_agent.domain.nationalid import is_national_id
from sync_agent.domain.steps import Step
from sync_agent.errors import SyncAgentError
from sync_agent.ledger import (
    KnownCase,
    MessageRow,
    State,
    Transaction,
    declare_go_live,
    environment,
    find_case,
    id_is_taken,
    known_by_name,
)
from sync_agent.sync.binding import alone
from sync_agent.sync.context import Agent
from sync_agent.sync.judge import Look
from sync_agent.sync.notes import require_reason
from sync_agent.sync.observe import observe
from sync_agent.sync.scan import read_page
from sync_agent.sync.signing import sign_policy
from sync_agent.sync.takeover import Present, is_doubted, is_simulated, settle_doubt, take_over_found
from sync_agent.sync.uncertain import settle_as_arrived, settle_as_missing

__all__ = ["decline_adoption", "local_keys", "resolve", "sign_policy"]


def resolve(
    agent: Agent,
    key: str,
    step: Step,
    *,
    local_key: str = "",
    arrived: str | None,
    actor: str,
    held: bool = False,
) -> None:
    """Settle an uncertain message, or one in doubt since an adoption: it is there as `arrived`, or (None) it is not.

    A step that brings no id of its own is confirmed with the national id of its case, so that a slip of the pen is
    noticed. Raises SyncAgentError when there is nothing to settle or the id cannot be right.
    """
    with alone(agent, held=held):
        with agent.ledger.write(actor=actor) as tx:
            case = known_by_name(tx.connection, agent.ledger.source_id, key)
            message, shown = case.messages.get((step, local_key)), agent.shown(case.row)
            doubted = message is not None and is_doubted(message)
            if message is None or not (doubted or message.state == State.UNCERTAIN):
                raise SyncAgentError(
                    "this message is neither uncertain nor in doubt", where=shown, todo="see: sync-agent cases show KEY"
                )
            national_id = _arrived_id(agent, tx, case, message, arrived)
            if doubted:
                settle_doubt(tx, case, message, missing=arrived is None)
            elif arrived is None:
                settle_as_missing(tx, case, message, "person")
            else:
                settle_as_arrived(tx, case, message, national_id=national_id, how="person")
        if doubted:
            present = None if arrived is None else Present((step, local_key), national_id, "person")
            _judge_anew(agent, case.row.case_key, actor=actor, present=present)


def _arrived_id(agent: Agent, tx: Transaction, case: KnownCase, message: MessageRow, arrived: str | None) -> str | None:
    """Return the id to store, None where the step has none or nothing arrived."""
    if arrived is None:
        return None
    shown = agent.shown(case.row)
    _require_id(agent, shown, arrived)
    parent = case.messages[Step.CASE, ""]
    if message.step != Step.CASE and parent.ack_id is None:
        raise SyncAgentError("the case itself has no national id yet", where=shown, todo="settle the case first")
    return _checked_id(tx, shown, message, parent, arrived)


def _require_id(agent: Agent, shown: str, arrived: str) -> None:
    if not is_national_id(arrived) or is_simulated(agent, arrived):
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


def _judge_anew(agent: Agent, case_key: str, *, actor: str, present: Present | None) -> None:
    """Read the case once more, so that the next pass finds what was settled in its plan. Changed content stays held.

    Takes over what a person says is `present`; raises SyncAgentError when it is no longer part of the case.
    """
    seen, taken = read_page(agent, [case_key]), present is None
    with agent.ledger.write(actor=actor) as tx:

        def take_over(case: KnownCase, look: Look) -> None:
            nonlocal taken
            if present is not None and present.key in look.contents:
                take_over_found(agent, tx, case, look, present)
                taken = True

        observe(agent, tx, seen, plan=[case_key], take_over=take_over)
        if not taken:
            raise SyncAgentError("this message is no longer part of the case", todo="see: sync-agent cases show KEY")


def decline_adoption(agent: Agent, *, reason: str, actor: str) -> None:
    """Declare that no case of this source is in the national database yet, so that nothing is adopted."""
    require_reason(reason)
    with alone(agent), agent.ledger.write(actor=actor) as tx:
        bound = environment(tx.connection)
        if bound is not None and bound.go_live is not None:
            raise SyncAgentError("the first send was already allowed", where="go-live")
        declare_go_live(tx, f"declined:{reason}")


def local_keys(agent: Agent, names: Sequence[str]) -> list[str]:
    """Return the local keys of cases named by key or pseudonym; a name the ledger does not know is taken as a key."""
    with agent.ledger.read() as connection:
        found = [find_case(connection, agent.ledger.source_id, name) for name in names]
    return [row.case_key if row else name for row, name in zip(found, names, strict=True)]
