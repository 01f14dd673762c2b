"""Reads past the cases that were erased: a mark tells them, and a change of one is something for a person."""

from collections.abc import Collection, Sequence

from sqlalchemy import Connection

from sync_agent.domain.canonical import keyed_digest
from sync_agent.ledger import erasure
from sync_agent.sync.context import Agent

__all__ = ["erased_among", "living", "mark_of", "mark_of_kept", "note_changed"]


def mark_of(agent: Agent, case_key: str) -> str:
    """Return what stays of a case when it is erased: useless without the key of the installation."""
    kept = case_key if agent.names.declared(case_key) else agent.names.pseudonym(case_key)
    return mark_of_kept(agent, kept)


def mark_of_kept(agent: Agent, kept_key: str) -> str:
    """Return the same by the key as the ledger keeps it."""
    return keyed_digest(agent.installation_key, "erased", kept_key.encode())


def living(agent: Agent, connection: Connection, keys: Sequence[str]) -> list[str]:
    """Return `keys` without those of erased cases."""
    marks = erasure.erased_marks(connection, agent.ledger.source_id)
    return [key for key in keys if mark_of(agent, key) not in marks] if marks else list(keys)


def erased_among(agent: Agent, connection: Connection, source_id: str, kept_keys: Collection[str]) -> set[str]:
    """Return those keys, as the ledger kept them, that are of erased cases."""
    marks = erasure.erased_marks(connection, source_id)
    return {key for key in kept_keys if marks and mark_of_kept(agent, key) in marks}


def note_changed(agent: Agent, keys: Collection[str]) -> None:
    """Note which of the cases that changed in the local system are erased ones."""
    with agent.ledger.read() as connection:
        marks = erasure.erased_marks(connection, agent.ledger.source_id)
    changed = {mark_of(agent, key) for key in keys} & marks if marks else ()
    if changed:
        with agent.ledger.write() as tx:
            erasure.note_changed(tx, agent.ledger.source_id, sorted(changed))
