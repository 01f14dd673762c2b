"""Compares local system, ledger and national side case by case, all of them or a sample, and notes every difference.

Writes nothing but entries of the log, so that it needs not hold the ledger: it may run beside the service. What it
finds is looked at twice, so that what a pass was just changing is no difference.
"""

import hashlib
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

from sync_agent.audit import Event
from sync_agent.domain.canonical import keyed_digest
from sync_agent.ledger import Transaction, known_by_key, resync
from sync_agent.ledger import reconcile as sides
from sync_agent.sync.context import Agent
from sync_agent.sync.differences import Comparison, Difference, National
from sync_agent.sync.progress import NoProgress, Progress
from sync_agent.sync.sampling import most_different
from sync_agent.sync.scan import every_page

__all__ = ["ReconcileReport", "reconcile"]

_CHANCE: Final = random.SystemRandom()  # nobody can know beforehand what will be looked at


@dataclass(slots=True)
class ReconcileReport:
    """What was compared: `cases` of a `population`, `messages` by step, `known` by what the ledger knows of them.

    `not_compared` counts by reason what could not be told of the national side; `proven`: what was not found there is
    not there. `sampled`: the cases were drawn at random.
    """

    differences: list[Difference] = field(default_factory=list)
    population: int = 0
    cases: int = 0
    messages: Counter[str] = field(default_factory=Counter)
    known: Counter[str] = field(default_factory=Counter)
    not_compared: Counter[str] = field(default_factory=Counter)
    proven: bool = False
    tells: bool = False
    sampled: bool = False

    @property
    def counts(self) -> Counter[tuple[str, str]]:
        """Differences by kind and step."""
        return Counter((each.kind.value, each.step) for each in self.differences)

    @property
    def different_cases(self) -> int:
        """How many cases have a difference."""
        return len({each.case_key for each in self.differences})

    @property
    def most_different(self) -> int:
        """Return how many cases of all are different at the most, at 95 % confidence."""
        return most_different(self.population, self.cases, self.different_cases)


def reconcile(
    agent: Agent,
    *,
    since: date | None = None,
    sample: int | None = None,
    actor: str,
    progress: Progress | None = None,
) -> ReconcileReport:
    """Compare the three sides: every case, those that changed or went up `since` a day, or a `sample` of so many.

    Raises SourceError, LedgerError. A national side that cannot be asked is no error: the report says so.
    """
    progress = progress or NoProgress()
    keys = _keys(agent, since)
    report = ReconcileReport(population=len(keys), sampled=sample is not None and sample < len(keys))
    if sample is not None and sample < len(keys):
        keys = _CHANCE.sample(keys, sample)
    comparison = Comparison(agent, National(agent))
    progress.stage("comparing", len(keys))
    found: list[Difference] = []
    for page in _pages(keys, agent.settings.source.page):
        found += comparison.page(page)
        progress.advance(len(page))
    report.differences = _again(agent, found, comparison.national)
    report.cases, report.messages, report.known = comparison.cases, comparison.messages, comparison.known
    report.not_compared = comparison.national.not_compared
    report.proven, report.tells = comparison.national.proven, comparison.national.tells
    progress.finish()
    with agent.ledger.write(actor=actor) as tx:
        _record(agent, tx, report, keys)
    return report


def _again(agent: Agent, found: Sequence[Difference], national: National) -> list[Difference]:
    """Return what differs at a second look as well."""
    keys, before = list(dict.fromkeys(each.case_key for each in found)), Counter(national.not_compared)
    names = {each.name for each in found}
    looked = [
        each for page in _pages(keys, agent.settings.source.page) for each in Comparison(agent, national).page(page)
    ]
    national.not_compared = before
    return sorted(each for each in looked if each.name in names)


def _keys(agent: Agent, since: date | None) -> list[str]:
    """Return the keys of the cases to compare, of both sides."""
    start = resync.midnight(since) if since else None
    local = _changed(agent, start) if start else (key for page in every_page(agent) for key in page)
    with agent.ledger.read() as connection:
        known = sides.keys_known(connection, agent.ledger.source_id, start)
    return list(dict.fromkeys([*local, *(key for key in known if agent.names.declared(key))]))


def _changed(agent: Agent, since: datetime) -> Iterator[str]:
    after = ""
    while changes := agent.source.changes(since, after=after, limit=agent.settings.source.page):
        yield from (change.case_key for change in changes)
        after = changes[-1].case_key


def _pages(keys: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    yield from (keys[start : start + size] for start in range(0, len(keys), size))


def _record(agent: Agent, tx: Transaction, report: ReconcileReport, keys: Sequence[str]) -> None:
    """Note what was compared, and each difference by the commitment of its case."""
    digest = hashlib.sha256("\n".join(agent.names.shown(key, protected=True) for key in keys).encode()).hexdigest()
    counts = {"cases": report.cases, "population": report.population}
    counts |= {kind + (f".{step}" if step else ""): number for (kind, step), number in report.counts.items()}
    tx.record(Event.RECONCILED, counts=counts, set_digest=digest, versions=agent.versions)
    known = known_by_key(tx.connection, agent.ledger.source_id, [each.case_key for each in report.differences])
    for each in report.differences:
        case = known.get(each.case_key)
        if case is None:
            mark = keyed_digest(agent.installation_key, "case", each.case_key.encode())
            tx.record(Event.DIFFERENCE_FOUND, step=each.step or None, reason=each.kind.value, set_digest=mark)
        else:
            item = case.item(each.local_key)
            case.record(tx, Event.DIFFERENCE_FOUND, step=each.step or None, item=item, reason=each.kind.value)
