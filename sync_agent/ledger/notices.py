"""What people are told of by mail: how things stand in the ledger, and what they were told of it already."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Connection, func, select

from sync_agent.domain.findings import Level
from sync_agent.domain.notices import NoticeKind
from sync_agent.ledger.messages import State
from sync_agent.ledger.rows import fetch, insert_rows, table_of
from sync_agent.ledger.store import Transaction
from sync_agent.ledger.tables import CaseRow, FindingRow, MessageRow, NoticeRow, RunRow
from sync_agent.ledger.timeliness import due_soon_counts, late_counts

__all__ = [
    "DayFigures",
    "Notice",
    "NoticeKey",
    "Watched",
    "Work",
    "day_figures",
    "digest_sent_at",
    "keep_notices",
    "load_notices",
    "note_digest",
    "watched",
]

NoticeKey = tuple[str, str]
_CASE: Final = table_of(CaseRow)
_MESSAGE: Final = table_of(MessageRow)
_FINDING: Final = table_of(FindingRow)
_NOTICE: Final = table_of(NoticeRow)
_RUN: Final = table_of(RunRow)
_DIGEST: Final = "digest"
_RECLASSIFIED: Final = "reclassified"  # the rule
_VIET_NAM: Final = ZoneInfo("Asia/Ho_Chi_Minh")


@dataclass(frozen=True, slots=True)
class Notice:
    """A state of things: since when, when people were last told of it, and when it ended."""

    kind: NoticeKind
    subject: str  # an account, a place; empty: all
    since: datetime
    told_at: datetime | None = None
    ended_at: datetime | None = None

    @property
    def key(self) -> NoticeKey:
        """By which it is the same at the next look."""
        return self.kind, self.subject


@dataclass(frozen=True, slots=True)
class Work:
    """How much of one kind waits for a person, and when the newest of it came."""

    count: int
    newest: datetime | None = None


@dataclass(frozen=True, slots=True)
class Watched:
    """How the ledger says that everything stands: how the newest pass ended, when one last ended well, when something
    was last acknowledged, and what waits for a person.
    """

    result: str | None
    done_at: datetime | None
    acknowledged_at: datetime | None
    work: dict[NoticeKind, Work]


@dataclass(frozen=True, slots=True)
class DayFigures:
    """What the digest tells: cases that are held, and messages: refused, uncertain, late, soon due, acknowledged."""

    held: int
    refused: int
    uncertain: int
    late: int
    due_soon: int
    acknowledged: int

    @property
    def waiting(self) -> int:
        """How much of it waits for a person."""
        return self.held + self.refused + self.uncertain


def load_notices(connection: Connection) -> dict[NoticeKey, Notice]:
    """Return what is known of every state people are or were told of."""
    rows = fetch(connection, NoticeRow, select(_NOTICE).where(_NOTICE.c.kind.in_(list(NoticeKind))))
    found = [Notice(NoticeKind(row.kind), row.subject, row.since, row.told_at, row.ended_at) for row in rows]
    return {each.key: each for each in found}


def keep_notices(transaction: Transaction, notices: Iterable[Notice], gone: Iterable[NoticeKey] = ()) -> None:
    """Write states as they are now, and forget those that are over."""
    kept = [
        NoticeRow(kind=each.kind, subject=each.subject, since=each.since, told_at=each.told_at, ended_at=each.ended_at)
        for each in notices
    ]
    _replace(transaction, kept, gone)


def digest_sent_at(connection: Connection, recipient: str) -> datetime | None:
    """Return when a recipient, by the digest of the address, last got the figures of a day."""
    found: datetime | None = connection.execute(
        select(_NOTICE.c.told_at).where(_NOTICE.c.kind == _DIGEST, _NOTICE.c.subject == recipient)
    ).scalar()
    return found


def note_digest(transaction: Transaction, recipient: str) -> None:
    """Note that a recipient has got the figures of today."""
    row = NoticeRow(kind=_DIGEST, subject=recipient, since=transaction.now, told_at=transaction.now)
    _replace(transaction, [row])


def watched(connection: Connection, source_id: str, today: date) -> Watched:
    """Return how everything stands; `today` decides what is late."""
    ended = select(_RUN.c.result, _RUN.c.ended_at).where(_RUN.c.kind == "sync", _RUN.c.ended_at.is_not(None))
    newest_first = ended.order_by(_RUN.c.id.desc()).limit(1)
    newest = connection.execute(newest_first).first()
    done = connection.execute(newest_first.where(_RUN.c.result == "done")).first()
    acknowledged = connection.execute(select(func.max(_MESSAGE.c.ack_at))).scalar()
    work = _work(connection, source_id, today)
    return Watched(newest.result if newest else None, done.ended_at if done else None, acknowledged, work)


def day_figures(
    connection: Connection, source_id: str, *, since: datetime, today: date, soon: date, agency: str = ""
) -> DayFigures:
    """Return the figures of a digest, of one agency where that is given; `soon` is the last day that is soon."""
    ours, agencies = _CASE.c.source_id == source_id, [agency] if agency else []
    ours = ours & (_CASE.c.agency == agency) if agency else ours
    return DayFigures(
        held=_found(connection, ours).count,
        refused=_in_state(connection, ours, _refused()).count,
        uncertain=_in_state(connection, ours, _MESSAGE.c.state == State.UNCERTAIN).count,
        late=sum(late_counts(connection, source_id, today, agencies=agencies).values()),
        due_soon=sum(due_soon_counts(connection, source_id, today, soon, agencies=agencies).values()),
        acknowledged=_in_state(connection, ours, _MESSAGE.c.ack_at >= since).count,
    )


def _replace(transaction: Transaction, rows: list[NoticeRow], gone: Iterable[NoticeKey] = ()) -> None:
    for kind, subject in [*gone, *((row.kind, row.subject) for row in rows)]:
        transaction.connection.execute(_NOTICE.delete().where(_NOTICE.c.kind == kind, _NOTICE.c.subject == subject))
    insert_rows(transaction.connection, rows)


def _work(connection: Connection, source_id: str, today: date) -> dict[NoticeKind, Work]:
    ours = _CASE.c.source_id == source_id
    found = {
        NoticeKind.HELD: _found(connection, ours & (_FINDING.c.rule != _RECLASSIFIED)),
        NoticeKind.RECLASSIFIED: _found(connection, ours & (_FINDING.c.rule == _RECLASSIFIED)),
        NoticeKind.REFUSED: _in_state(connection, ours, _refused()),
        NoticeKind.UNCERTAIN: _in_state(connection, ours, _MESSAGE.c.state == State.UNCERTAIN),
        NoticeKind.LATE: _late(connection, source_id, today),
    }
    return {kind: work for kind, work in found.items() if work.count}


def _refused() -> ColumnElement[bool]:
    """For good: what is tried again by itself waits for nobody yet."""
    return (_MESSAGE.c.state == State.REJECTED) & _MESSAGE.c.next_try_at.is_(None)


def _found(connection: Connection, which: ColumnElement[bool]) -> Work:
    """Count the cases that something holds."""
    standing = _FINDING.c.released_digest.is_distinct_from(_CASE.c.last_digest) & (_FINDING.c.level != Level.WARN)
    statement = select(func.count(_CASE.c.id.distinct()), func.max(_FINDING.c.since))
    joined = statement.select_from(_FINDING.join(_CASE, _FINDING.c.case_id == _CASE.c.id))
    return Work(*connection.execute(joined.where(which, standing)).one())


def _in_state(connection: Connection, ours: ColumnElement[bool], which: ColumnElement[bool]) -> Work:
    statement = select(func.count(), func.max(_MESSAGE.c.intent_at))
    joined = statement.select_from(_MESSAGE.join(_CASE, _MESSAGE.c.case_id == _CASE.c.id))
    return Work(*connection.execute(joined.where(ours, which)).one())


def _late(connection: Connection, source_id: str, today: date) -> Work:
    """Count what is late by the law; it is new from the end of its last day on."""
    count = sum(late_counts(connection, source_id, today).values())
    ours = (_CASE.c.source_id == source_id) & _CASE.c.gone_since.is_(None)
    late = _MESSAGE.c.first_ack_at.is_(None) & (_MESSAGE.c.due_on < today.isoformat())
    joined = select(func.max(_MESSAGE.c.due_on)).select_from(_MESSAGE.join(_CASE, _MESSAGE.c.case_id == _CASE.c.id))
    last = connection.execute(joined.where(ours, late)).scalar()
    return Work(count, None if last is None else _end_of(date.fromisoformat(last)))


def _end_of(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), _VIET_NAM).astimezone(UTC)
