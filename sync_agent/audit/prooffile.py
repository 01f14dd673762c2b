"""Decides how a proof stands in a file, so that others can check it against the public key alone.

An entry's is a C2SP tlog-proof; that of two heads is what C2SP tlog-witness has a witness asked with.
"""

import base64
from collections.abc import Iterable

from sqlalchemy import Connection

from sync_agent.audit.checkpoints import StoredCheckpoint, newest_head_over, numbered_checkpoint
from sync_agent.audit.proofs import Tree
from sync_agent.audit.selection import written_entry
from sync_agent.errors import SyncAgentError

__all__ = ["consistency_file", "proof_file"]

_HEADER = "c2sp.org/tlog-proof@v1"


def proof_file(conn: Connection, idx: int) -> tuple[bytes, StoredCheckpoint]:
    """Return the proof that an entry stands under the newest head over it, and that head.

    Raises SyncAgentError when there is no such entry, or no head over it yet.
    """
    found, number = written_entry(conn, idx), (("idx", str(idx)),)
    if found is None:
        raise SyncAgentError("the audit log has no entry {idx}", todo="see: sync-agent audit list", facts=number)
    head = newest_head_over(conn, idx)
    if head is None:
        todo = "sign one: sync-agent audit checkpoint"
        raise SyncAgentError("no signed head stands over audit entry {idx} yet", todo=todo, facts=number)
    lines = [_HEADER, f"extra {_text(found.raw)}", f"index {idx}"]
    return _file(lines, Tree(conn).inclusion(idx, head.size), head), head


def consistency_file(conn: Connection, old: int, new: int) -> bytes:
    """Return the proof that the head number `old` is a beginning of the head number `new`.

    Raises SyncAgentError when one of them is not there, or `old` stands for more entries.
    """
    before, after = _numbered(conn, old), _numbered(conn, new)
    if not 0 < before.size <= after.size:
        raise SyncAgentError(
            "head {old} stands for {before} entries, head {new} for {after}",
            where="--consistency",
            todo="name the older head first",
            facts=(("old", str(old)), ("before", str(before.size)), ("new", str(new)), ("after", str(after.size))),
        )
    return _file([f"old {before.size}"], Tree(conn).consistency(before.size, after.size), after)


def _numbered(conn: Connection, number: int) -> StoredCheckpoint:
    found = numbered_checkpoint(conn, number)
    if found is None:
        raise SyncAgentError(
            "there is no signed head number {number}",
            where="--consistency",
            todo="the number stands in the head; a new one: sync-agent audit checkpoint",
            facts=(("number", str(number)),),
        )
    return found


def _file(lines: Iterable[str], hashes: Iterable[bytes], head: StoredCheckpoint) -> bytes:
    return "\n".join([*lines, *map(_text, hashes), "", ""]).encode() + head.note


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
