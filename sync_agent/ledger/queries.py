"""What people ask the ledger: how much is where, which cases, what holds them. Reads only."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Select, case, exists, func, select

from sync_agent.domain.findings import Level
from sync_agent.domain.steps import Step
from sync_agent.ledger.findings import is_rejected
from sync_agent.ledger.messages import State
from sync_agent.ledger.rows import fetch, table_of
from sync_agent.ledger.tables import CaseRow, FindingRow, MessageRow

__all__ = [
    "Hold",
    "Overview",
    "acknowledged_case",
    "every_hold",
    "findings_of",
    "hold_counts",
    "late_cases",
    "list_holds",
    "overview",
    "standing",
]

_CASE = table_of(CaseRow)
_MESSAGE = table_of(MessageRow)
_FINDING = table_of(FindingRow)
_FOR_A_PERSON = (State.HELD, State.UNCERTAIN, State.REJECTED)


@dataclass(frozen=True, slots=True)
class Overview:
    """How everything stands. `messages` counts by (step, state); `refused_again` those that were refused and are tried
    again by themselves.
    """

    cases: int
    protected: int
    messages: dict[tuple[str, str], int]
    oldest_waiting: datetime | None
    next_try_at: datetime | None
    refused_again: int = 0

    @property
    def for_a_person(self) -> Counter[str]:
        """Count by state the messages that wait for a person, not those that are tried again by themselves."""
        totals: Counter[str] = Counter()
        for (_, state), number in self.messages.items():
            totals[state] += number if state in _FOR_A_PERSON else 0
        totals[State.REJECTED] -= self.refused_again
        return +totals


@dataclass(frozen=True, slots=True)
class Hold:
    """One finding that keeps something from going up, with its case.

    `due_on` is the legal date (ISO) of what it holds; `rejected` tells that a person rejected the present content.
    """

    case: CaseRow
    finding: FindingRow
    due_on: str | None = None

    @property
    def rejected(self) -> bool:
        """Tell whether a person said that the present content must not go up so."""
        return is_rejected(self.finding, self.case.last_digest)


def overview(connection: Connection, source_id: str) -> Overview:
    """Count cases and messages of a source."""
    ours = _CASE.c.source_id == source_id
    cases = connection.execute(select(func.count()).select_from(_CASE).where(ours)).scalar_one()
    protected = connection.execute(
        select(func.count()).select_from(_CASE).where(ours, _CASE.c.protected_since.is_not(None))
    ).scalar_one()
    joined = select(_MESSAGE).join(_CASE, _MESSAGE.c.case_id == _CASE.c.id).where(ours)
    grouped = joined.with_only_columns(_MESSAGE.c.step, _MESSAGE.c.state, func.count()).group_by(
        _MESSAGE.c.step, _MESSAGE.c.state
    )
    counts = {(step, state): number for step, state, number in connection.execute(grouped)}
    unsent = joined.where(_MESSAGE.c.state.in_([State.PENDING, State.WAITING]))
    oldest = connection.execute(unsent.with_only_columns(func.min(_CASE.c.digest_seen_at))).scalar()
    tried_again = joined.where(
        _MESSAGE.c.state.in_([State.WAITING, State.REJECTED]), _MESSAGE.c.next_try_at.is_not(None)
    )
    next_try = connection.execute(tried_again.with_only_columns(func.min(_MESSAGE.c.next_try_at))).scalar()
    refused = tried_again.where(_MESSAGE.c.state == State.REJECTED).with_only_columns(func.count())
    return Overview(cases, protected, counts, oldest, next_try, connection.execute(refused).scalar_one())


def acknowledged_case(connection: Connection, source_id: str) -> tuple[tuple[str, str], str, str] | None:
    """Return (origin, national id, account) of the case acknowledged last, None if there is none."""
    source = func.coalesce(_CASE.c.origin_source, _CASE.c.source_id)
    key = func.coalesce(_CASE.c.origin_key, _CASE.c.case_key)
    statement = (
        select(source, key, _MESSAGE.c.ack_id, _MESSAGE.c.ack_account)
        .join(_MESSAGE, _MESSAGE.c.case_id == _CASE.c.id)
        .where(_CASE.c.source_id == source_id, _MESSAGE.c.step == Step.CASE, _MESSAGE.c.ack_id.is_not(None))
        .order_by(_MESSAGE.c.ack_at.desc())
        .limit(1)
    )
    row = connection.execute(statement).first()
    return None if row is None else ((row[0], row[1]), row.ack_id, row.ack_account)


def late_cases(connection: Connection, source_id: str, today: str) -> int:
    """Count cases of which something has never gone up although its legal date was before `today` (ISO)."""
    late = exists().where(_MESSAGE.c.case_id == _CASE.c.id, _MESSAGE.c.ack_digest.is_(None), _MESSAGE.c.due_on < today)
    statement = select(func.count()).where(_CASE.c.source_id == source_id, _CASE.c.gone_since.is_(None), late)
    return connection.execute(statement).scalar_one()


def hold_counts(connection: Connection, source_id: str) -> dict[tuple[str, str, str], int]:
    """Count cases by (level, rule, field) of their standing findings, warnings included."""
    statement = (
        select(_FINDING.c.level, _FINDING.c.rule, _FINDING.c.field, func.count(_FINDING.c.case_id.distinct()))
        .join(_CASE, _FINDING.c.case_id == _CASE.c.id)
        .where(_CASE.c.source_id == source_id, standing())
        .group_by(_FINDING.c.level, _FINDING.c.rule, _FINDING.c.field)
    )
    return {(level, rule, field): number for level, rule, field, number in connection.execute(statement)}


def findings_of(connection: Connection, case_ids: Sequence[int]) -> list[FindingRow]:
    """Return all findings of some cases, oldest first."""
    statement = select(_FINDING).where(_FINDING.c.case_id.in_(case_ids)).order_by(_FINDING.c.since, _FINDING.c.id)
    return fetch(connection, FindingRow, statement)


def list_holds(
    connection: Connection,
    source_id: str,
    *,
    rule: str | None = None,
    agency: str | None = None,
    case_id: int | None = None,
    after: int = 0,
    limit: int = 100,
) -> list[Hold]:
    """Return a keyset page (by finding id) of what keeps cases from going up and was not released."""
    statement = (
        select(_FINDING)
        .join(_CASE, _FINDING.c.case_id == _CASE.c.id)
        .where(_CASE.c.source_id == source_id, _FINDING.c.id > after, _FINDING.c.level != Level.WARN, standing())
    )
    statement = statement.where(_FINDING.c.rule == rule) if rule else statement
    statement = statement.where(_CASE.c.agency == agency) if agency else statement
    statement = statement.where(_FINDING.c.case_id == case_id) if case_id else statement
    found = fetch(connection, FindingRow, statement.order_by(_FINDING.c.id).limit(limit))
    ids = {row.case_id for row in found}
    cases = {row.id: row for row in fetch(connection, CaseRow, _cases_by_id(sorted(ids)))}
    due = _due_dates(connection, ids)
    return [
        Hold(cases[row.case_id], row, due.get((row.case_id, row.step, row.local_key), cases[row.case_id].due_on))
        for row in found
    ]


def every_hold(
    connection: Connection, source_id: str, *, rule: str | None = None, agency: str | None = None, page: int = 500
) -> Iterator[Hold]:
    """Yield all that `list_holds` would return, `page` of them at a time."""
    after = 0
    while found := list_holds(connection, source_id, rule=rule, agency=agency, after=after, limit=page):
        yield from found
        after = found[-1].finding.id


def _due_dates(connection: Connection, case_ids: Collection[int]) -> dict[tuple[int, str, str], str | None]:
    """Return the legal date of each message of the cases; none for what has gone up once."""
    due = case((_MESSAGE.c.ack_digest.is_(None), _MESSAGE.c.due_on))
    statement = select(_MESSAGE.c.case_id, _MESSAGE.c.step, _MESSAGE.c.local_key, due)
    rows = connection.execute(statement.where(_MESSAGE.c.case_id.in_(case_ids)))
    return {(case_id, step, local_key): day for case_id, step, local_key, day in rows}


def _cases_by_id(ids: Sequence[int]) -> Select[tuple[CaseRow]]:
    return select(_CASE).where(_CASE.c.id.in_(ids))


def standing() -> ColumnElement[bool]:
    """Return the condition of a finding that was not released for the content the case has now."""
    return _FINDING.c.released_digest.is_distinct_from(_CASE.c.last_digest)
