"""Decides how a local case counts in the report on completeness: exactly one standing for each, late or not beside it.

A case is up when its case message was acknowledged once; what of it is still to go is told beside. Only counts are
kept, by agency, kind and reporting month of receipt.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import Connection, select

from sync_agent.audit import AnchorRecord, StoredCheckpoint
from sync_agent.domain.findings import Level
from sync_agent.domain.officialtables import OfficialCounts
from sync_agent.domain.periods import Period
from sync_agent.domain.steps import Step
from sync_agent.ledger.absence import Seen
from sync_agent.ledger.cases import load_cases
from sync_agent.ledger.messages import State, load_messages
from sync_agent.ledger.queries import findings_of
from sync_agent.ledger.rows import table_of
from sync_agent.ledger.tables import CaseRow, FindingRow, MessageRow
from sync_agent.ledger.timeliness import Timing, days_late, timing_of

__all__ = [
    "CaseStanding",
    "CaseState",
    "Completeness",
    "Place",
    "PlaceCounts",
    "TimedCounts",
    "known_beside",
    "standings",
]

_CASE = table_of(CaseRow)
_SOME: Final = 5
_MANY: Final = 30


class CaseState(StrEnum):
    """Where a local case stands; each has exactly one."""

    UP = "up"
    WAITING = "waiting"  # to be sent, or sent again
    NOT_READY = "not_ready"  # not finished in the local system
    HELD = "held"
    REFUSED = "refused"
    UNCERTAIN = "uncertain"
    INEXPRESSIBLE = "inexpressible"  # the contract has no message for it
    UNREAD = "unread"  # in the local system, not yet in the ledger


@dataclass(frozen=True, slots=True)
class CaseStanding:
    """What the ledger says of one case."""

    standing: CaseState
    unfinished: bool = False  # up, but something of it is not
    partly: bool = False  # something of it cannot be expressed in the contract
    rules: frozenset[str] = frozenset()  # that hold it, or something of it
    late: bool = False  # something of it is not up although its day is over
    done_late: bool = False  # something of it went up after its day
    days: int = 0  # calendar days, of the latest


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """By what cases are counted: "" where it is not known."""

    agency: str
    kind: str
    month: str  # name of the reporting month of receipt


@dataclass(slots=True)
class PlaceCounts:
    """Counts of one place. `figures` by standing and by the other facts' names; `days` the latest of all."""

    figures: Counter[str] = field(default_factory=Counter)
    days: int = 0

    def add(self, case: CaseStanding) -> None:
        """Count one case."""
        self.figures["local"] += 1
        self.figures[case.standing] += 1
        for name in ("unfinished", "partly", "late", "done_late"):
            self.figures[name] += getattr(case, name)
        self.days = max(self.days, case.days)


@dataclass(slots=True)
class TimedCounts:
    """Messages by how their legal clock stands, and how late the late ones are."""

    figures: Counter[str] = field(default_factory=Counter)
    days: int = 0

    def add(self, timing: Timing, days: int) -> None:
        """Count one message."""
        self.figures["triggered"] += 1
        self.figures[timing] += 1
        if days:
            self.figures["few_days" if days <= _SOME else "some_days" if days <= _MANY else "many_days"] += 1
        self.days = max(self.days, days)


@dataclass(slots=True)
class Completeness:
    """All counts of one report. `undated` cases have no day of receipt, so no period can claim them."""

    period: Period
    made_at: datetime
    official: OfficialCounts = field(repr=False)
    places: dict[Place, PlaceCounts] = field(default_factory=dict)
    undated: PlaceCounts = field(default_factory=PlaceCounts)
    outside: int = 0  # received on other days
    rules: Counter[tuple[str, str]] = field(default_factory=Counter)  # cases of the period by (agency, rule)
    beside: Counter[str] = field(default_factory=Counter)  # only in the ledger, by agency: gone from the local system
    timed: dict[tuple[str, str], TimedCounts] = field(default_factory=dict)  # by (agency, reporting month)
    steps: Counter[tuple[str, str]] = field(default_factory=Counter)  # messages of the period's cases by (step, state)
    erased: int = 0
    agency_names: Mapping[str, str] = field(default_factory=dict)
    checkpoint: StoredCheckpoint | None = None
    anchor: AnchorRecord | None = None


def standings(
    connection: Connection, source_id: str, keys: Collection[str], today: date
) -> dict[str, tuple[CaseRow, CaseStanding, list[MessageRow]]]:
    """Return what the ledger says of those cases among `keys` that it knows, with their rows."""
    cases = load_cases(connection, source_id, keys)
    ids = [row.id for row in cases.values()]
    messages = load_messages(connection, ids)
    findings: dict[int, list[FindingRow]] = {case_id: [] for case_id in ids}
    for finding in findings_of(connection, ids):
        findings[finding.case_id].append(finding)
    return {
        key: (
            row,
            _standing(row, list(messages[row.id].values()), findings[row.id], today),
            [*messages[row.id].values()],
        )
        for key, row in cases.items()
    }


def known_beside(connection: Connection, source_id: str, period: Period, seen: Seen) -> Counter[str]:
    """Count by agency the cases received in the period that the ledger knows and the local system does not show."""
    days = _CASE.c.received_on.between(period.start.isoformat(), period.end.isoformat())
    rows = connection.execute(select(_CASE.c.id, _CASE.c.agency).where(_CASE.c.source_id == source_id, days))
    return Counter(row.agency or "" for row in rows if row.id not in seen)


def _standing(
    case: CaseRow, messages: Collection[MessageRow], findings: Collection[FindingRow], today: date
) -> CaseStanding:
    standing = [each for each in findings if each.released_digest is None or each.released_digest != case.last_digest]
    rules = frozenset(each.rule for each in standing if each.level != Level.WARN)
    timings = [timing_of(each.trigger_on, each.due_on, each.first_ack_at, today) for each in messages]
    days = [days_late(each.due_on, each.first_ack_at, today) for each in messages]
    where = _where(messages, held=bool(rules))
    up = where is CaseState.UP
    return CaseStanding(
        where,
        unfinished=up and any(each.state not in {State.ACKNOWLEDGED, State.NOT_READY} for each in messages),
        partly=any(each.rule == "not_expressible" for each in standing),
        rules=rules,
        late=Timing.LATE in timings,
        done_late=Timing.DONE_LATE in timings,
        days=max(days, default=0),
    )


_BY_STATE: Final = {
    State.NOT_READY: CaseState.NOT_READY,
    State.PENDING: CaseState.WAITING,
    State.WAITING: CaseState.WAITING,
    State.HELD: CaseState.HELD,
    State.REJECTED: CaseState.REFUSED,
    State.UNCERTAIN: CaseState.UNCERTAIN,
    State.IN_FLIGHT: CaseState.UNCERTAIN,
    State.ACKNOWLEDGED: CaseState.UP,
}


def _where(messages: Collection[MessageRow], *, held: bool) -> CaseState:
    """Return the standing of a case by its case message; without one it is held, or cannot be expressed."""
    case = next((each for each in messages if each.step == Step.CASE), None)
    if case is None:
        return CaseState.HELD if held else CaseState.INEXPRESSIBLE
    return CaseState.UP if case.first_ack_at is not None else _BY_STATE[State(case.state)]
