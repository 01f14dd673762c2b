"""Decides how secrets and notes of cases are erased: removed here, and their keys destroyed, so that no copy opens.

The order is: note what is meant, commit the removal, destroy. Whatever cuts it short, the next start goes on.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, delete, select, update

from sync_agent.audit.seals import sealed, seals_of
from sync_agent.audit.secrets import keep_note
from sync_agent.audit.tables import ERASABLE

__all__ = ["destroyed_owners", "erase_secrets", "finish_erasures", "seal_all"]


def erase_secrets(conn: Connection, source_id: str, case_keys: Sequence[str], *, note: str) -> str:
    """Remove the secrets and notes of some cases; return the commitment of a note about that, which may be empty.

    `finish_erasures` after the commit destroys them in every copy of the database too. Raises ConfigError.
    """
    # The note comes first: its number stays in use, above all that are removed, so that none is given out twice.
    commitment = keep_note(conn, "", "", note)
    owned = (ERASABLE.c.source_id == source_id) & (ERASABLE.c.case_key == bindparam("owner"))
    numbers = [
        n for key in case_keys for n in conn.execute(select(ERASABLE.c.number).where(owned), {"owner": key}).scalars()
    ]
    seals = seals_of(conn)
    if seals is not None:
        seals.intend(seals.intended | {number for number in numbers if number is not None})
    for key in case_keys:
        conn.execute(delete(ERASABLE).where(owned), {"owner": key})
    return commitment


def finish_erasures(conn: Connection) -> int:
    """Destroy the keys of what was removed, also of what an interruption left undone; return how many."""
    seals = seals_of(conn)
    intended = seals.intended if seals is not None else frozenset()
    if seals is None or not intended:
        return 0
    there = {n for n in intended if conn.execute(select(ERASABLE.c.number).where(ERASABLE.c.number == n)).first()}
    seals.destroy(intended - there)
    seals.settle()
    return len(intended - there)


def destroyed_owners(conn: Connection, source_id: str) -> dict[str, str]:
    """Return, by key, the subject of cases whose secrets were destroyed although their rows are here.

    The database is a copy from before their erasure then.
    """
    seals = seals_of(conn)
    if seals is None:
        return {}
    query = select(ERASABLE.c.case_key, ERASABLE.c.commitment, ERASABLE.c.number).where(
        ERASABLE.c.source_id == source_id, ERASABLE.c.kind == "secret", ERASABLE.c.number.is_not(None)
    )
    return {key: subject for key, subject, number in conn.execute(query) if seals.is_destroyed(number)}


def seal_all(conn: Connection) -> int:
    """Seal what was kept open before there were seals; return how many rows."""
    plain = conn.execute(select(ERASABLE).where(ERASABLE.c.number.is_(None))).all()
    if not plain or seals_of(conn) is None:
        return 0
    values = sealed(conn, [bytes(row.value) for row in plain])
    one = update(ERASABLE).where(ERASABLE.c.commitment == bindparam("of"))
    rows = [
        {"of": old.commitment, "n": new["number"], "v": new["value"]} for old, new in zip(plain, values, strict=True)
    ]
    conn.execute(one.values(number=bindparam("n"), value=bindparam("v")), rows)
    return len(plain)
