"""Decides what is late by the law: the clock of a message runs from its trigger until it was first acknowledged.

Not ready, held or refused is no excuse: what was triggered and is not up counts. What the local system no longer has
does not, unless it went up. Days are Viet Nam's, written in ISO.
"""

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Connection, Select, func, select

from sync_agent.ledger.rows import fetch, table_of
from sync_agent.ledger.tables import CaseRow, MessageRow

__all__ = [
    "Overdue",
    "TimedMessage",
    "Timing",
    "by_month",
    "days_late",
    "due_soon",
    "due_soon_counts",
    "late",
    "late_counts",
    "timed_messages",
    "timing_of",
    "vietnam_day",
]

_CASE = table_of(CaseRow)
_MESSAGE = table_of(MessageRow)
_ZONE: Final = ZoneInfo("Asia/Ho_Chi_Minh")
_MONTH: Final = len("2026-01")


class Timing(StrEnum):
    """How the law's clock of one message stands."""

    NONE = "none"  # the law asks nothing yet
    ON_TIME = "on_time"
    DONE_LATE = "done_late"
    OPEN = "open"  # not up, and still in time
    LATE = "late"  # not up, and its day is over


@dataclass(frozen=True, slots=True)
class Overdue:
    """One message with its case: late, or about to be. The case is shown by `names.shown`, never by its key alone."""

    case: CaseRow
    message: MessageRow


@dataclass(frozen=True, slots=True, order=True)
class TimedMessage:
    """One message as the law sees it; `days` late, in calendar days: until it went up, or until today."""

    trigger_on: str
    due_on: str
    agency: str
    kind: str
    step: str
    timing: Timing = field(compare=False)
    days: int = field(compare=False)


def vietnam_day(instant: datetime) -> date:
    """Return the day it is in Viet Nam."""
    return instant.astimezone(_ZONE).date()


def timing_of(trigger_on: str | None, due_on: str | None, first_ack_at: datetime | None, today: date) -> Timing:
    """Return how the clock of one message stands on the day `today`."""
    if trigger_on is None or due_on is None:
        return Timing.NONE
    over = days_late(due_on, first_ack_at, today) > 0
    if first_ack_at is not None:
        return Timing.DONE_LATE if over else Timing.ON_TIME
    return Timing.LATE if over else Timing.OPEN


def days_late(due_on: str | None, first_ack_at: datetime | None, today: date) -> int:
    """Return how many calendar days after its legal date a message went up, or how many these are until today."""
    if due_on is None:
        return 0
    end = vietnam_day(first_ack_at) if first_ack_at is not None else today
    return max((end - date.fromisoformat(due_on)).days, 0)


def late(
    connection: Connection,
    source_id: str,
    today: date,
    *,
    agencies: Collection[str] = (),
    after: tuple[str, int] = ("", 0),
    limit: int = 100,
) -> list[Overdue]:
    """Return a keyset page of what is late: the longest first, `after` the (due_on, message id) of the last seen."""
    return _page(connection, [_is_late(source_id, today), *_of(agencies)], after, limit)


def due_soon(
    connection: Connection,
    source_id: str,
    today: date,
    until: date,
    *,
    agencies: Collection[str] = (),
    after: tuple[str, int] = ("", 0),
    limit: int = 100,
) -> list[Overdue]:
    """Return a keyset page of what is not up and must be from `today` to `until`: the nearest legal date first."""
    return _page(connection, [_is_due(source_id, today, until), *_of(agencies)], after, limit)


def late_counts(
    connection: Connection, source_id: str, today: date, *, agencies: Collection[str] = ()
) -> dict[tuple[str, str, str], int]:
    """Count late messages by (agency, kind, step); "" for an agency or a kind that is not known."""
    return _counts(connection, [_is_late(source_id, today), *_of(agencies)])


def due_soon_counts(
    connection: Connection, source_id: str, today: date, until: date, *, agencies: Collection[str] = ()
) -> dict[tuple[str, str, str], int]:
    """Count the messages that `due_soon` lists by (agency, kind, step)."""
    return _counts(connection, [_is_due(source_id, today, until), *_of(agencies)])


def timed_messages(
    connection: Connection,
    source_id: str,
    today: date,
    *,
    since: date | None = None,
    until: date | None = None,
    agencies: Collection[str] = (),
) -> Iterator[TimedMessage]:
    """Yield every message whose clock has started, in the days from `since` to `until` if given; in no order."""
    columns = (_MESSAGE.c.trigger_on, _MESSAGE.c.due_on, _MESSAGE.c.first_ack_at, _MESSAGE.c.step)
    statement = _joined(*columns, _CASE.c.agency, _CASE.c.kind).where(
        _counted(source_id), _MESSAGE.c.due_on.is_not(None), _MESSAGE.c.trigger_on.is_not(None), *_of(agencies)
    )
    statement = statement.where(_MESSAGE.c.trigger_on >= since.isoformat()) if since else statement
    statement = statement.where(_MESSAGE.c.trigger_on <= until.isoformat()) if until else statement
    for row in connection.execute(statement.execution_options(yield_per=1000)):
        timing = timing_of(row.trigger_on, row.due_on, row.first_ack_at, today)
        days = days_late(row.due_on, row.first_ack_at, today)
        yield TimedMessage(row.trigger_on, row.due_on, row.agency or "", row.kind or "", row.step, timing, days)


def by_month(
    connection: Connection,
    source_id: str,
    today: date,
    *,
    since: date | None = None,
    until: date | None = None,
    agencies: Collection[str] = (),
) -> dict[str, Counter[Timing]]:
    """Count messages by the calendar month of their trigger (`2026-01`) and how their clock stands, oldest first."""
    counts: dict[str, Counter[Timing]] = {}
    for each in timed_messages(connection, source_id, today, since=since, until=until, agencies=agencies):
        counts.setdefault(each.trigger_on[:_MONTH], Counter())[each.timing] += 1
    return dict(sorted(counts.items()))


def _joined(*columns: Any) -> Select[Any]:
    return select(*columns).select_from(_MESSAGE.join(_CASE, _MESSAGE.c.case_id == _CASE.c.id))


def _counted(source_id: str) -> ColumnElement[bool]:
    """Ours, and still asked for: of a case that is gone, only what went up."""
    return (_CASE.c.source_id == source_id) & (_CASE.c.gone_since.is_(None) | _MESSAGE.c.first_ack_at.is_not(None))


def _not_up(source_id: str) -> ColumnElement[bool]:
    return _counted(source_id) & _MESSAGE.c.first_ack_at.is_(None)


def _is_late(source_id: str, today: date) -> ColumnElement[bool]:
    return _not_up(source_id) & (_MESSAGE.c.due_on < today.isoformat())


def _is_due(source_id: str, today: date, until: date) -> ColumnElement[bool]:
    return _not_up(source_id) & _MESSAGE.c.due_on.between(today.isoformat(), until.isoformat())


def _of(agencies: Collection[str]) -> list[ColumnElement[bool]]:
    return [_CASE.c.agency.in_(agencies)] if agencies else []


def _page(
    connection: Connection, wanted: list[ColumnElement[bool]], after: tuple[str, int], limit: int
) -> list[Overdue]:
    day, last = after
    later = (_MESSAGE.c.due_on > day) | ((_MESSAGE.c.due_on == day) & (_MESSAGE.c.id > last))
    statement = select(_MESSAGE).join(_CASE, _MESSAGE.c.case_id == _CASE.c.id).where(*wanted, later)
    found = fetch(connection, MessageRow, statement.order_by(_MESSAGE.c.due_on, _MESSAGE.c.id).limit(limit))
    wanted_cases = select(_CASE).where(_CASE.c.id.in_({row.case_id for row in found}))
    cases = {row.id: row for row in fetch(connection, CaseRow, wanted_cases)}
    return [Overdue(cases[row.case_id], row) for row in found]


def _counts(connection: Connection, wanted: list[ColumnElement[bool]]) -> dict[tuple[str, str, str], int]:
    columns = (_CASE.c.agency, _CASE.c.kind, _MESSAGE.c.step)
    rows = connection.execute(_joined(*columns, func.count()).where(*wanted).group_by(*columns))
    counts: Counter[tuple[str, str, str]] = Counter()
    for agency, kind, step, number in rows:
        counts[agency or "", kind or "", step] += number
    return dict(counts)
