"""Decides what is left of a case that was erased: a mark by which the source is read past it, and nothing else."""

import sqlite3
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, Engine, delete, exists, func, insert, select, update

from sync_agent.audit import Event, erase_secrets, finish_erasures
from sync_agent.ledger import postgres, sqlite
from sync_agent.ledger.engine import on_server
from sync_agent.ledger.messages import State
from sync_agent.ledger.quiet import told
from sync_agent.ledger.requests import forget_requests
from sync_agent.ledger.rows import table_of
from sync_agent.ledger.store import Ledger, Transaction
from sync_agent.ledger.tables import CaseRow, ErasedRow, FindingRow, GroupRow, MessageRow, WriteBackRow

__all__ = [
    "Erasing",
    "compact",
    "erase_cases",
    "erased_counts",
    "erased_marks",
    "finish",
    "forget_change",
    "move_marks",
    "note_changed",
    "untouched_since",
]

_CASE, _MESSAGE = table_of(CaseRow), table_of(MessageRow)
_FINDING, _GROUP, _TOLD = table_of(FindingRow), table_of(GroupRow), table_of(WriteBackRow)
_ERASED = table_of(ErasedRow)
_REWRITTEN: Final = ("audit_erasable", "case_state", "message", "finding", "case_group", "write_back", "request")
_OPEN: Final = (State.PENDING, State.WAITING, State.IN_FLIGHT, State.UNCERTAIN, State.HELD, State.REJECTED)


@dataclass(frozen=True, slots=True)
class Erasing:
    """One case that is to be erased: row id (None: it has no row), key, subject of the log and mark."""

    case_id: int | None
    case_key: str = field(repr=False)
    subject: str
    mark: str


def erase_cases(tx: Transaction, source_id: str, erasing: Sequence[Erasing], *, basis: str, note: str = "") -> None:
    """Remove all that the ledger holds of some cases, with an entry for each. After the commit: `finish`.

    `basis` is the code of the legal basis.
    """
    kept = erase_secrets(tx.connection, source_id, [one.case_key for one in erasing], note=note)
    for one in erasing:
        forget_requests(tx.connection, [one.case_key, *_pseudonym_of(tx.connection, one.case_id)])
        _remove(tx.connection, one.case_id)
        tx.connection.execute(insert(_ERASED).values(source_id=source_id, mark=one.mark, changed=False))
        tx.record(Event.ERASED, subject=one.subject, reason=basis, note=kept)


def _pseudonym_of(connection: Connection, case_id: int | None) -> Sequence[str]:
    return connection.execute(select(_CASE.c.pseudonym).where(_CASE.c.id == case_id)).scalars().all()


def _remove(connection: Connection, case_id: int | None) -> None:
    messages = select(_MESSAGE.c.id).where(_MESSAGE.c.case_id == case_id)
    connection.execute(delete(_TOLD).where(_TOLD.c.message_id.in_(messages)))
    for table in (_MESSAGE, _FINDING, _GROUP):
        connection.execute(delete(table).where(table.c.case_id == case_id))
    connection.execute(delete(_CASE).where(_CASE.c.id == case_id))


def finish(ledger: Ledger) -> None:
    """Destroy the keys of what was erased, also of what an interruption left undone. Raises ConfigError."""
    with ledger.read() as connection:
        finish_erasures(connection)


def erased_marks(connection: Connection, source_id: str) -> frozenset[str]:
    """Return the marks of the erased cases of a source."""
    return frozenset(connection.execute(select(_ERASED.c.mark).where(_ERASED.c.source_id == source_id)).scalars())


def erased_counts(connection: Connection, source_id: str) -> tuple[int, int]:
    """Count the erased cases, and those of them that the local system changed and nobody has looked at."""
    counted = select(func.count()).where(_ERASED.c.source_id == source_id)
    every = connection.execute(counted).scalar_one()
    return every, connection.execute(counted.where(_ERASED.c.changed)).scalar_one()


def note_changed(tx: Transaction, source_id: str, marks: Collection[str]) -> None:
    """Note that the local system changed erased cases; an entry for each of which that was not known yet."""
    for mark in marks:
        _turn(tx, source_id, mark, Event.ERASED_CHANGED, changed=True)


def forget_change(tx: Transaction, source_id: str, mark: str) -> bool:
    """Note that a person looked at the change of an erased case; tell whether there was one."""
    return _turn(tx, source_id, mark, Event.ERASED_SEEN, changed=False)


def _turn(tx: Transaction, source_id: str, mark: str, event: Event, *, changed: bool) -> bool:
    one = update(_ERASED).where(_ERASED.c.source_id == source_id, _ERASED.c.mark == mark, _ERASED.c.changed != changed)
    turned = bool(tx.connection.execute(one.values(changed=changed)).rowcount)
    if turned:
        tx.record(event)  # of no subject: that nothing ties the mark to the log is what erasure is for
    return turned


def move_marks(connection: Connection, old_source: str, new_source: str, marks: Mapping[str, str]) -> None:
    """Give erased cases the name of now of their source, and their marks (old: new) of now."""
    ours = update(_ERASED).where(_ERASED.c.source_id == old_source)
    for old, new in marks.items():
        connection.execute(ours.where(_ERASED.c.mark == old).values(mark=new))
    connection.execute(ours.values(source_id=new_source))


def untouched_since(connection: Connection, source_id: str, before: datetime) -> list[int]:
    """Return the row ids of the cases with nothing open that neither changed nor were acknowledged since `before`."""
    busy = exists().where(_MESSAGE.c.case_id == _CASE.c.id, _MESSAGE.c.state.in_(_OPEN) | (_MESSAGE.c.ack_at >= before))
    old = select(_CASE.c.id).where(_CASE.c.source_id == source_id, _CASE.c.digest_seen_at < before, ~busy)
    return list(connection.execute(old.order_by(_CASE.c.id)).scalars())


def compact(engine: Engine) -> bool:
    """Write the tables anew without what was removed; tell whether that could be done.

    In a file another reader, on a server the rights of the role may stand in the way.
    """
    return _compact_server(engine) if on_server(engine.url) else _compact_file(engine)


def _compact_file(engine: Engine) -> bool:
    with engine.connect() as connection:
        driver = sqlite.driver_of(connection)
        try:
            driver.execute("VACUUM")
            busy, *_ = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except sqlite3.OperationalError:
            return False
    return not busy


def _compact_server(engine: Engine) -> bool:
    own = postgres.open_session(engine)
    owned = "SELECT bool_and(pg_has_role(tableowner, 'USAGE')) FROM pg_tables WHERE schemaname = current_schema()"
    try:
        with told(own), own.connect() as session:
            may = bool(session.exec_driver_sql(owned).scalar())
            if may:
                session.exec_driver_sql(f"VACUUM (FULL) {', '.join(_REWRITTEN)}")
            return may
    finally:
        own.dispose()
