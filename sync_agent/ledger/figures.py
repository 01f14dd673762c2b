"""Decides what the overview counts: every message once, by where it stands, so that any choice is a sum over cells.

One scan of all messages takes a second or two in a large ledger; whoever shows pages keeps the result for a while.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, String, case, func, literal, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction

from sync_agent.domain.findings import Level
from sync_agent.ledger.rows import table_of
from sync_agent.ledger.tables import CaseRow, FindingRow, MessageRow
from sync_agent.ledger.timeliness import Timing

__all__ = ["CaseCell", "Cell", "HoldCell", "count_cases", "count_holds", "count_messages"]

_CASE: Final = table_of(CaseRow)
_MESSAGE: Final = table_of(MessageRow)
_FINDING: Final = table_of(FindingRow)
_MONTH: Final = 7  # characters of an ISO day


@dataclass(frozen=True, slots=True)
class Cell:
    """So many messages alike. `month` is that of the legal trigger, `received` that of the case, both "" if unknown.

    `standing` is how the law's clock stands, as `timing_of` says of one message.
    """

    received: str
    month: str
    agency: str | None
    kind: str | None
    step: str
    state: str
    standing: str
    number: int


@dataclass(frozen=True, slots=True)
class CaseCell:
    """So many cases alike."""

    received: str
    agency: str | None
    kind: str | None
    protected: bool
    gone: bool
    number: int


@dataclass(frozen=True, slots=True)
class HoldCell:
    """So many cases of an agency in which a rule found something that keeps them from going up."""

    agency: str | None
    rule: str
    level: str
    number: int


class _DayInVietNam(GenericFunction[str]):
    """The day on which an instant fell there, in ISO."""

    type = String()
    inherit_cache = True


@compiles(_DayInVietNam, "sqlite")
def _in_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    return f"date({compiler.process(element.clauses, **options)}, '+7 hours')"


@compiles(_DayInVietNam, "postgresql")
def _in_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    return f"to_char({compiler.process(element.clauses, **options)} AT TIME ZONE 'Asia/Ho_Chi_Minh', 'YYYY-MM-DD')"


def count_messages(connection: Connection, source_id: str, today: str) -> list[Cell]:
    """Count the messages of a source; `today` is the day (ISO) from which what was due before is late."""
    m, c = _MESSAGE.c, _CASE.c
    up = m.first_ack_at.is_not(None)
    standing = case(
        (m.trigger_on.is_(None) | m.due_on.is_(None) | (c.gone_since.is_not(None) & ~up), literal(Timing.NONE.value)),
        (up & (m.due_on < _DayInVietNam(m.first_ack_at)), literal(Timing.DONE_LATE.value)),
        (up, literal(Timing.ON_TIME.value)),
        (m.due_on < today, literal(Timing.LATE.value)),
        else_=literal(Timing.OPEN.value),
    )
    parts = [_month(c.received_on), _month(m.trigger_on), c.agency, c.kind, m.step, m.state, standing]
    return [Cell(*row) for row in connection.execute(_grouped(parts, source_id, joined=True))]


def count_cases(connection: Connection, source_id: str) -> list[CaseCell]:
    """Count the cases of a source."""
    c = _CASE.c
    parts = [_month(c.received_on), c.agency, c.kind, c.protected_since.is_not(None), c.gone_since.is_not(None)]
    rows = connection.execute(_grouped(parts, source_id, joined=False))
    return [CaseCell(row[0], row[1], row[2], bool(row[3]), bool(row[4]), row[5]) for row in rows]


def count_holds(connection: Connection, source_id: str, agencies: Collection[str] | None = None) -> list[HoldCell]:
    """Count the cases that a rule keeps from going up, what was released for its present content left out."""
    f, c = _FINDING.c, _CASE.c
    standing = f.released_digest.is_distinct_from(c.last_digest)
    query = (
        select(c.agency, f.rule, f.level, func.count(f.case_id.distinct()))
        .join(_CASE, f.case_id == c.id)
        .where(c.source_id == source_id, f.level != Level.WARN, standing)
        .group_by(c.agency, f.rule, f.level)
    )
    query = query if agencies is None else query.where(c.agency.in_(agencies))
    return [HoldCell(*row) for row in connection.execute(query)]


def _month(day: Any) -> Any:
    return func.substr(func.coalesce(day, ""), 1, _MONTH)


def _grouped(parts: list[Any], source_id: str, *, joined: bool) -> Any:
    """Return the query that counts by `parts`, which are named so that a server groups by what it shows."""
    named = [part.label(f"part_{place}") for place, part in enumerate(parts)]
    query = select(*named, func.count()).where(_CASE.c.source_id == source_id)
    if joined:
        query = query.select_from(_MESSAGE).join(_CASE, _MESSAGE.c.case_id == _CASE.c.id)
    return query.group_by(*(part.name for part in named))
