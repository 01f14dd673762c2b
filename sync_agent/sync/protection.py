"""Which cases are protected: by their own witnesses, and by what they share with a protected case. It only grows."""

from collections.abc import Mapping
from typing import Protocol

from sync_agent.audit import Event
from sync_agent.ledger import KnownCase, Transaction, cases, known_by_id
from sync_agent.mapping import Mapped
from sync_agent.sync.context import Agent

__all__ = ["protect"]

_GROUP = "group"


class _Seen(Protocol):
    case: KnownCase
    mapped: Mapped


def protect(agent: Agent, tx: Transaction, seen: Mapping[int, _Seen]) -> set[int]:
    """Mark as protected what has become so, and all that shares a petition, a person or a link with it.

    Returns the row ids of the newly protected cases among `seen`; others are marked to be looked at again.
    """
    reasons = _reasons(agent, tx, seen)
    newly = {i: seen[i].case for i in reasons}
    frontier = set(newly) | {i for i, one in seen.items() if one.case.row.protected_since and _settled(agent, tx, one)}
    while frontier:
        shared = _unprotected(tx, seen, cases.members_of(tx.connection, frontier) - set(newly))
        newly |= shared
        frontier = set(shared)
    for case_id, case in newly.items():
        case.row.protected_since, case.row.protection = tx.now, reasons.get(case_id, _GROUP)
        case.record(tx, Event.PROTECTED, reason=case.row.protection)
        if case_id not in seen:
            case.look_again(tx)
    return set(newly) & set(seen)


def _reasons(agent: Agent, tx: Transaction, seen: Mapping[int, _Seen]) -> dict[int, str]:
    """Return the reasons of the cases that are protected by themselves or join a protected group.

    What is kept for good rests on a settled read; until then the gate itself protects what it sees.
    """
    found: dict[int, str] = {}
    settled = {i: one for i, one in seen.items() if one.case.row.protected_since is None and _settled(agent, tx, one)}
    joined = cases.beside_protected(tx.connection, list(settled))
    for case_id, one in settled.items():
        own = agent.gate.protection(one.mapped.case)
        if own:
            found[case_id] = "+".join(sorted(own))
        elif case_id in joined:
            found[case_id] = _GROUP
    return found


def _settled(agent: Agent, tx: Transaction, one: _Seen) -> bool:
    row = one.case.row
    once = not agent.names.declared(row.case_key)  # there is no second look at what cannot be read by its key
    return once or tx.now - row.digest_seen_at >= agent.settings.settle


def _unprotected(tx: Transaction, seen: Mapping[int, _Seen], ids: set[int]) -> dict[int, KnownCase]:
    found = [seen[i].case for i in ids if i in seen] + known_by_id(tx.connection, ids - set(seen))
    return {case.row.id: case for case in found if case.row.protected_since is None}
