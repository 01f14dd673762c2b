"""Which acknowledgements the local system was told, and which it still has to be told.

Nothing is lost by a crash: what was acknowledged since the last look is queued in the transaction that notes the look.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Select, func, insert, literal, null, select, update

from sync_agent.ledger.rows import fetch, table_of
from sync_agent.ledger.tables import CaseRow, MessageRow, SourceRow, WriteBackRow

__all__ = ["Untold", "forget_told", "note_told", "queue_told", "untold", "write_back_counts", "write_back_row"]

_CASE = table_of(CaseRow)
_MESSAGE = table_of(MessageRow)
_SOURCE = table_of(SourceRow)
_TOLD = table_of(WriteBackRow)


@dataclass(frozen=True, slots=True)
class Untold:
    """One acknowledgement the local system has not been told."""

    message_id: int
    case_id: int
    case_key: str = field(repr=False)
    step: str
    local_key: str = field(repr=False)
    national_id: str
    at: datetime
    attempts: int
    reason: str | None


def queue_told(connection: Connection, source_id: str, steps: Collection[str], now: datetime) -> None:
    """Queue what was acknowledged since this was last done, of what was sent from here."""
    until = connection.execute(select(_SOURCE.c.queued_until).where(_SOURCE.c.source_id == source_id)).scalar()
    new = select(_MESSAGE.c.id).join(_CASE, _MESSAGE.c.case_id == _CASE.c.id).where(_CASE.c.source_id == source_id)
    new = new.where(_MESSAGE.c.step.in_(steps), _MESSAGE.c.intent_at.is_not(None), _MESSAGE.c.ack_at.is_not(None))
    if until is not None:
        new = new.where(_MESSAGE.c.ack_at >= until)
    _queue(connection, new)
    connection.execute(update(_SOURCE).where(_SOURCE.c.source_id == source_id).values(queued_until=now))


def forget_told(connection: Connection, message_ids: Sequence[int]) -> None:
    """Queue messages of which the local system was found to know nothing any more."""
    waiting = select(_TOLD.c.message_id).where(_TOLD.c.wrote_at.is_(None))
    _queue(connection, select(_MESSAGE.c.id).where(_MESSAGE.c.id.in_(message_ids), _MESSAGE.c.id.not_in(waiting)))


def _queue(connection: Connection, messages: Select[tuple[int]]) -> None:
    connection.execute(_TOLD.delete().where(_TOLD.c.message_id.in_(messages)))
    queued = messages.add_columns(literal(0))
    connection.execute(insert(_TOLD).from_select(["message_id", "attempts"], queued))


def untold(
    connection: Connection, source_id: str, now: datetime, steps: Collection[str], *, after: int, limit: int
) -> list[Untold]:
    """Return a page (by message) of what is to be told now; nothing of a case that is gone."""
    statement = (
        select(
            _MESSAGE.c.id,
            _CASE.c.id,
            _CASE.c.case_key,
            _MESSAGE.c.step,
            _MESSAGE.c.local_key,
            func.coalesce(_MESSAGE.c.ack_id, ""),
            _MESSAGE.c.ack_at,
            _TOLD.c.attempts,
            _TOLD.c.reason,
        )
        .join(_MESSAGE, _TOLD.c.message_id == _MESSAGE.c.id)
        .join(_CASE, _MESSAGE.c.case_id == _CASE.c.id)
        .where(_open(source_id), _TOLD.c.message_id > after, _MESSAGE.c.step.in_(steps))
        .where(_TOLD.c.next_try_at.is_(None) | (_TOLD.c.next_try_at <= now))
        .order_by(_TOLD.c.message_id)
        .limit(limit)
    )
    return [Untold(*row) for row in connection.execute(statement)]


def write_back_row(connection: Connection, message_id: int) -> WriteBackRow | None:
    """Return what the local system was told of one message."""
    rows = fetch(connection, WriteBackRow, select(_TOLD).where(_TOLD.c.message_id == message_id))
    return rows[0] if rows else None


def note_told(
    connection: Connection, failed: Iterable[tuple[int, str, datetime]], written: Iterable[tuple[int, datetime]]
) -> None:
    """Note what could not be told (why, and when it is tried again), and what was (the time of its acknowledgement)."""
    for message_id, reason, again in failed:
        values = {"attempts": _TOLD.c.attempts + 1, "reason": reason, "next_try_at": again}
        connection.execute(update(_TOLD).where(_TOLD.c.message_id == message_id).values(values))
    for message_id, at in written:
        done = {"wrote_at": at, "attempts": 0, "reason": null(), "next_try_at": null()}
        connection.execute(update(_TOLD).where(_TOLD.c.message_id == message_id).values(done))


def write_back_counts(connection: Connection, source_id: str) -> dict[str, int]:
    """Count what the local system is still to be told: by the reason of the last failure, "" for not tried yet."""
    reason = func.coalesce(_TOLD.c.reason, "")
    statement = (
        select(reason, func.count())
        .join(_MESSAGE, _TOLD.c.message_id == _MESSAGE.c.id)
        .join(_CASE, _MESSAGE.c.case_id == _CASE.c.id)
        .where(_open(source_id))
        .group_by(reason)
    )
    return {row[0]: row[1] for row in connection.execute(statement)}


def _open(source_id: str) -> ColumnElement[bool]:
    return (_TOLD.c.wrote_at.is_(None)) & (_CASE.c.source_id == source_id) & (_CASE.c.gone_since.is_(None))
