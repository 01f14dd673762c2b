"""Which privacy policy is in force: the one that was signed last, by as many people as it needs.

A signature is not for ever: who goes back to an older policy signs it again.
"""

import json
from typing import Any

from sqlalchemy import Connection, select

from sync_agent.audit import Event
from sync_agent.domain.canonical import canonical_bytes
from sync_agent.errors import SyncAgentError
from sync_agent.ledger.rows import fetch, insert_rows, table_of
from sync_agent.ledger.store import Transaction
from sync_agent.ledger.tables import SignatureRow

__all__ = ["content_of", "is_signed", "last_signed", "sign", "signature"]

_TABLE = table_of(SignatureRow)


def signature(connection: Connection, policy: str) -> SignatureRow | None:
    """Return who signed this policy digest last, None when nobody did."""
    rows = fetch(connection, SignatureRow, select(_TABLE).where(_TABLE.c.policy == policy))
    return rows[0] if rows else None


def last_signed(connection: Connection, *, four_eyes: bool = False) -> SignatureRow | None:
    """Return the policy that was last put in force; with `four_eyes` only what two people signed counts."""
    statement = select(_TABLE).order_by(_TABLE.c.number.desc(), _TABLE.c.signed_at.desc()).limit(1)
    if four_eyes:
        statement = statement.where(_TABLE.c.second_actor.is_not(None))
    rows = fetch(connection, SignatureRow, statement)
    return rows[0] if rows else None


def is_signed(connection: Connection, policy: str, *, four_eyes: bool = False) -> bool:
    """Tell whether this policy digest is in force."""
    last = last_signed(connection, four_eyes=four_eyes)
    return last is not None and last.policy == policy


def content_of(row: SignatureRow) -> dict[str, Any] | None:
    """Return what was signed, None for a signature from before contents were kept."""
    return None if row.content is None else dict(json.loads(row.content))


def sign(
    transaction: Transaction,
    policy: str,
    actor: str,
    *,
    content: dict[str, Any] | None = None,
    reason: str | None = None,
    four_eyes: bool = False,
) -> None:
    """Record that `actor` signed the policy digest; what is in force already is not signed again.

    With `four_eyes` a second call completes the signature; SyncAgentError when it is by the same person.
    """
    connection = transaction.connection
    if is_signed(connection, policy, four_eyes=four_eyes):
        return
    found, newest = signature(connection, policy), last_signed(connection)
    number = (newest.number if newest else 0) + 1
    waits = four_eyes and found is not None and found.second_actor is None and found.number == number - 1
    if waits and found is not None:
        if found.actor == actor:
            raise SyncAgentError(
                "the same person cannot sign twice", todo="another person signs, under their own login"
            )
        row = found
        row.second_actor, row.second_at, row.number = actor, transaction.now, number
    else:
        row = SignatureRow(
            policy=policy,
            actor=actor,
            signed_at=transaction.now,
            number=number,
            content=None if content is None else canonical_bytes(content).decode("utf-8"),
            reason=reason,
        )
    connection.execute(_TABLE.delete().where(_TABLE.c.policy == policy))
    insert_rows(connection, [row])
    in_force = row.second_actor is not None or not four_eyes
    state = "in_force" if in_force else "waits_for_second"
    before = "waits_for_second" if waits else None  # a second signature, not a new first one
    transaction.record(Event.POLICY_SIGNED, set_digest=policy, reason=row.reason, old_state=before, new_state=state)
