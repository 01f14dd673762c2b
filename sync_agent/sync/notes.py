"""What a person may write down beside a decision: a code as the reason, and a note that tells of nobody."""

import re
from collections.abc import Sequence

from sync_agent.audit import keep_note
from sync_agent.errors import SyncAgentError
from sync_agent.ledger import KnownCase, Transaction
from sync_agent.sync.context import Agent
from sync_agent.sync.scan import read_page

__all__ = ["kept_note", "note_about_many", "require_harmless", "require_reason"]

_REASON = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")
_NUMBER_OR_MAIL = re.compile(r"(?:\d[\s.()-]?){9,}|\S@\S")


def require_reason(reason: str) -> None:
    """Raise SyncAgentError unless `reason` is a code: the audit log holds no free text."""
    if not _REASON.fullmatch(reason):
        raise SyncAgentError("a reason is a code", todo="write letters, digits and _ only; a note can say more")


_COMPARED = 200
"""Of so many cases the people are looked for in a note; who writes about more of them writes about nobody."""


def kept_note(agent: Agent, tx: Transaction, case: KnownCase, note: str | None) -> str | None:
    """Keep a note where it can be erased and return its commitment, None for none.

    Raises SyncAgentError for one that tells who it is about.
    """
    if not note:
        return None
    require_harmless(agent, case.row.case_key, note)
    return keep_note(tx.connection, case.row.source_id, case.row.case_key, note)


def note_about_many(agent: Agent, tx: Transaction, keys: Sequence[str], note: str | None) -> str | None:
    """Keep a note about many cases, under the one if it is one; return its commitment, None for none.

    Raises SyncAgentError for one that tells who one of the first of them is about.
    """
    if not note:
        return None
    for key in keys[:_COMPARED]:
        require_harmless(agent, key, note)
    owner = (agent.ledger.source_id, keys[0]) if len(keys) == 1 else ("", "")
    return keep_note(tx.connection, *owner, note)


def require_harmless(agent: Agent, case_key: str, note: str) -> None:
    """Raise SyncAgentError for a note with an identity of the case in it, or a number or address of anyone."""
    read = read_page(agent, [case_key])  # what cannot be read now cannot be compared
    told = not read or any(agent.gate.identities(mapped.case).found_in([note]) for mapped in read)
    if told or _NUMBER_OR_MAIL.search(note):
        raise SyncAgentError(
            "the note tells who it is about",
            todo="leave out names, numbers and addresses: they stay in the local system",
        )
