"""Lifts the protection of one case, for exactly the content it has. Only a named person does that, never time.

What it is refused for: a witness of its own or of its group that still speaks, and content that is not what was seen.
"""

from collections.abc import Collection

from sqlalchemy import Connection

from sync_agent.audit import Event
from sync_agent.errors import SyncAgentError
from sync_agent.i18n import mark
from sync_agent.ledger import KnownCase, Transaction, cases, exclusive, known_by_id, known_by_name, save_rows
from sync_agent.sync.anew import seen_anew
from sync_agent.sync.context import Agent
from sync_agent.sync.notes import kept_note, require_reason
from sync_agent.sync.protection import settled
from sync_agent.sync.run import claim
from sync_agent.sync.scan import read_page

__all__ = ["lift"]


def lift(agent: Agent, key: str, *, reason: str, note: str | None = None, actor: str) -> None:
    """Lift the protection of the case called `key`; the next change of it is judged anew.

    Raises SyncAgentError when it is not protected, when anything still protects it, when it reads otherwise than it was
    seen, for a reason that is no code and for a note that tells who it is about.
    """
    require_reason(reason)
    with exclusive(agent.settings.state, agent.ledger.engine):
        claim(agent)
        with agent.ledger.read() as connection:
            group = _group(connection, known_by_name(connection, agent.ledger.source_id, key))
        # what the ledger concludes of them is kept, also when the lifting is refused then
        changed = seen_anew(agent, [one.row.case_key for one in group])
        with agent.ledger.write(actor=actor) as tx:
            case = known_by_name(tx.connection, agent.ledger.source_id, key)
            _require_liftable(agent, tx, case, changed)
            commitment = kept_note(agent, tx, case, note)
            case.row.protected_since, case.row.protection = None, ""
            case.row.lifted_digest = case.row.last_digest
            case.record(tx, Event.UNPROTECTED, wanted=case.row.last_digest, reason=reason, note=commitment)
            case.look_again(tx)
            save_rows(tx.connection, [case.row])
        seen_anew(agent, [case.row.case_key])


def _group(connection: Connection, case: KnownCase) -> list[KnownCase]:
    """Return the case and all it is joined to, however far."""
    ids: set[int] = {case.row.id}
    frontier = ids
    while frontier:
        frontier = cases.members_of(connection, frontier) - ids
        ids |= frontier
    return known_by_id(connection, ids)


def _require_liftable(agent: Agent, tx: Transaction, case: KnownCase, changed: Collection[str]) -> None:
    shown = agent.names.shown(case.row.case_key, protected=True)
    if case.row.protected_since is None:
        raise SyncAgentError("the case is not protected", where=shown, todo="see: sync-agent cases show KEY")
    if changed or not settled(agent, tx, case.row):
        raise SyncAgentError(
            "the case or one of its group reads otherwise than it was seen",
            where=shown,
            todo="let a pass see it, look at it again, then lift",
        )
    group = _group(tx.connection, case)
    for mapped in read_page(agent, [one.row.case_key for one in group]):
        if agent.gate.protection(mapped.case):
            alone = mapped.case.case_key == case.row.case_key
            raise SyncAgentError(
                mark("the case is still protected by itself") if alone else mark("a case it is joined to is protected"),
                where=shown,
                todo="correct it in the local system, let a pass see it, then lift",
            )
