"""Which cases are protected: by their own witnesses, and by what they share with a protected case.

It only grows, but for what a named person lifted for exactly the content it has.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from sync_agent.audit import Event
from sync_agent.ledger import CaseRow, KnownCase, Transaction, cases, known_by_id, save_rows
from sync_agent.mapping import Mapped
from sync_agent.sync.context import Agent

__all__ = ["protect", "settled"]

_GROUP = "group"


class _Seen(Protocol):
    case: KnownCase
    mapped: Mapped


def protect(agent: Agent, tx: Transaction, seen: Mapping[int, _Seen]) -> set[int]:
    """Mark as protected what has become so, and all that shares a petition, a person or a link with it.

    Returns the row ids of the newly protected cases among `seen`; others are marked to be looked at again.
    What is kept for good rests on a settled read; until then the gate itself protects what it sees.
    """
    rested = {i: one for i, one in seen.items() if settled(agent, tx, one.case.row)}
    _end_lifting(tx, [one.case for one in rested.values()])
    own = {i: "+".join(sorted(found)) for i, one in rested.items() if (found := agent.gate.protection(one.mapped.case))}
    newly = {i: rested[i].case for i in own if rested[i].case.row.protected_since is None}
    newly |= _reached(tx, seen, set(own), newly)
    beside = cases.beside_protected(tx.connection, list(rested))
    newly |= {i: rested[i].case for i in beside if _may_join(rested[i].case.row) and i not in newly}
    sticky = {i for i, one in rested.items() if one.case.row.protected_since is not None} | set(newly)
    newly |= _reached(tx, seen, sticky, newly, spared=True)
    for case_id, case in newly.items():
        case.row.protected_since, case.row.protection = tx.now, own.get(case_id, _GROUP)
        case.row.lifted_digest = None
        case.record(tx, Event.PROTECTED, reason=case.row.protection)
        if case_id not in seen:
            case.look_again(tx)
    return set(newly) & set(seen)


def _end_lifting(tx: Transaction, rested: Sequence[KnownCase]) -> None:
    """Forget what a person lifted for content that is no more: should it come back, it is judged anew."""
    ended = [case for case in rested if case.row.lifted_digest is not None and not _lifted(case.row)]
    for case in ended:
        case.row.lifted_digest = None
        case.record(tx, Event.LIFT_ENDED)
    save_rows(tx.connection, [case.row for case in ended])


def _reached(
    tx: Transaction, seen: Mapping[int, _Seen], start: set[int], newly: Collection[int], *, spared: bool = False
) -> dict[int, KnownCase]:
    """Return what `start` protects, however far it is joined.

    A witness that speaks now protects all; protection that is only kept (`spared`) leaves alone what a person lifted.
    """
    found: dict[int, KnownCase] = {}
    frontier = start
    while frontier:
        ids = cases.members_of(tx.connection, frontier, unprotected=True) - set(newly) - set(found)
        members = [seen[i].case for i in ids if i in seen] + known_by_id(tx.connection, ids - set(seen))
        shared = {
            case.row.id: case
            for case in members
            if case.row.protected_since is None and not (spared and _lifted(case.row))
        }
        found |= shared
        frontier = set(shared)
    return found


def settled(agent: Agent, tx: Transaction, row: CaseRow) -> bool:
    """Tell whether a case has read the same for long enough."""
    once = not agent.names.declared(row.case_key)  # there is no second look at what cannot be read by its key
    return once or tx.now - row.digest_seen_at >= agent.settings.settle


def _may_join(row: CaseRow) -> bool:
    return row.protected_since is None and not _lifted(row)


def _lifted(row: CaseRow) -> bool:
    """Tell whether a person has lifted the protection of a case for the content it has."""
    return row.lifted_digest is not None and row.lifted_digest == row.last_digest
