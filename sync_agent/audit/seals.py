"""Decides which rows are sealed: those of a connection that carries the keys, as all ledgers of an installation do."""

from collections.abc import Sequence
from itertools import count, islice
from typing import Final

from sqlalchemy import Connection, func, select

from sync_agent.audit.sealing import Seals
from sync_agent.audit.tables import ERASABLE
from sync_agent.errors import AuditError

__all__ = ["SEALS", "has_sealed", "opened", "require_seals", "sealed", "seals_of"]

SEALS: Final = "audit_seals"
"""Execution option of an engine: the keys by which secrets and notes are sealed."""


def seals_of(conn: Connection) -> Seals | None:
    """Return the keys that a connection carries, None where nothing is sealed."""
    found = conn.get_execution_options().get(SEALS)
    return found if isinstance(found, Seals) else None


def has_sealed(conn: Connection) -> bool:
    """Tell whether any row is sealed."""
    return conn.execute(select(ERASABLE.c.number).where(ERASABLE.c.number.is_not(None)).limit(1)).first() is not None


def require_seals(conn: Connection) -> None:
    """Raise ConfigError when the file of the keys is missing, open to others or no such file."""
    seals = seals_of(conn)
    if seals is not None:
        seals.is_destroyed(0)


def sealed(conn: Connection, values: Sequence[bytes]) -> list[dict[str, object]]:
    """Return the values as rows keep them, each under the next number whose key is not destroyed."""
    seals = seals_of(conn)
    if seals is None or not values:
        return [{"value": value, "number": None} for value in values]
    highest = conn.execute(select(func.max(ERASABLE.c.number))).scalar()
    following = count(0 if highest is None else highest + 1)
    numbers = islice((number for number in following if not seals.is_destroyed(number)), len(values))
    return [
        {"value": seals.seal(number, value), "number": number} for number, value in zip(numbers, values, strict=True)
    ]


def opened(seals: Seals | None, number: int | None, value: bytes) -> bytes | None:
    """Return what a row keeps, None when its key was destroyed. AuditError for what does not open."""
    if number is None:
        return bytes(value)
    if seals is None:
        raise AuditError("a sealed secret cannot be opened here", where="audit_erasable")
    return seals.unseal(number, bytes(value))
