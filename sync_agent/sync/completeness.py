"""Counts what stands in the report on completeness: each local case once, as it is now, beside what the ledger says.

The local system is read through the profile, page by page; of a case nothing is kept but that it was counted. Writes
nothing: neither the ledger nor the national side is asked for anything but what is known.
"""

from collections.abc import Sequence
from datetime import date

from sync_agent.audit import last_checkpoint, last_done
from sync_agent.domain.casefile import CaseFile
from sync_agent.domain.deadlines import received_on
from sync_agent.domain.officialtables import OfficialCounts
from sync_agent.domain.periods import Period
from sync_agent.ledger import (
    CaseStanding,
    CaseState,
    Completeness,
    MessageRow,
    Place,
    PlaceCounts,
    Seen,
    TimedCounts,
    erasure,
    known_beside,
    standings,
    timeliness,
)
from sync_agent.mapping import Mapped
from sync_agent.sync.codelists import code_lists
from sync_agent.sync.context import Agent
from sync_agent.sync.progress import NoProgress, Progress
from sync_agent.sync.scan import every_page, read_page

__all__ = ["completeness"]

_AGENCIES = 2  # number of the national list of agencies
_UNKNOWN = CaseStanding(CaseState.UNREAD)


def completeness(agent: Agent, period: Period, progress: Progress | None = None) -> Completeness:
    """Count every local case for one period. Raises SourceError."""
    progress, now = progress or NoProgress(), agent.clock()
    found = Completeness(period, now, OfficialCounts(period, lambda path: bool(agent.mapper.place_of(path))))
    seen = Seen()
    progress.stage("reading local cases", None)
    for page in every_page(agent):
        _count_page(agent, found, read_page(agent, page), seen)
        progress.advance(len(page))
    progress.finish()
    _count_ledger(agent, found, seen)
    found.agency_names = _agency_names(agent)
    return found


def _count_page(agent: Agent, found: Completeness, page: Sequence[Mapped], seen: Seen) -> None:
    today = timeliness.vietnam_day(found.made_at)
    keys = [mapped.case.case_key for mapped in page]
    with agent.ledger.read() as connection:
        known = standings(connection, agent.ledger.source_id, keys, today)
    seen.note(row.id for row, _, _ in known.values())
    for mapped in page:
        found.official.add(mapped.case)
        _, standing, messages = known.get(mapped.case.case_key, (None, _UNKNOWN, ()))
        _count(found, mapped.case, standing, messages)


def _count(found: Completeness, case: CaseFile, standing: CaseStanding, messages: Sequence[MessageRow]) -> None:
    day = received_on(case)
    if day is None:
        found.undated.add(standing)
        return
    if day not in found.period:
        found.outside += 1
        return
    place = Place(case.agency or "", case.kind or "", _month(found.period, day))
    found.places.setdefault(place, PlaceCounts()).add(standing)
    found.rules.update((place.agency, rule) for rule in standing.rules)
    found.steps.update((message.step, message.state) for message in messages)


def _month(period: Period, day: date) -> str:
    """Return the name of the reporting month of a day of the period."""
    return next(month.name for month in period.months() if day in month)


def _count_ledger(agent: Agent, found: Completeness, seen: Seen) -> None:
    """Count what only the ledger and the log know."""
    period, source_id = found.period, agent.ledger.source_id
    today = timeliness.vietnam_day(found.made_at)
    with agent.ledger.read() as connection:
        found.beside = known_beside(connection, source_id, period, seen)
        found.erased = erasure.erased_counts(connection, source_id)[0]
        timed = timeliness.timed_messages(connection, source_id, today, since=period.start, until=period.end)
        for each in timed:
            place = (each.agency, _month(period, date.fromisoformat(each.trigger_on)))
            found.timed.setdefault(place, TimedCounts()).add(each.timing, each.days)
        found.checkpoint = last_checkpoint(connection)
        found.anchor = last_done(connection, [anchor.name for anchor in agent.settings.audit.anchors])


def _agency_names(agent: Agent) -> dict[str, str]:
    """Return the names of agencies by code, as the national list in force has them."""
    lists = code_lists(agent.settings, agent.contract)
    return {
        code: name
        for spec in lists.specs
        if spec.number == _AGENCIES
        for code, name in lists.in_force(spec).entries.items()
    }
