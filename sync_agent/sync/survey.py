"""What is wrong with the data of the whole source, before anything is sent: findings counted, never a value shown.

Needs neither the ledger nor the national side, and writes nothing. Memory is that of one page and of the lines, which
are as many as rules and fields: entries of lists are not told apart, and of each line only so many keys are kept.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from sync_agent.domain.findings import Finding
from sync_agent.ledger import cases
from sync_agent.mapping import Mapped
from sync_agent.sync.context import Agent
from sync_agent.sync.progress import NoProgress, Progress
from sync_agent.sync.scan import every_page, read_page

__all__ = ["Survey", "SurveyLine", "survey"]

_KEYS = 5
_INDEX = re.compile(r"\[\d*\]|\.\d+(?=\.|$)")  # of a CaseFile path, of a path in a message
_SIZED = frozenset({"too_large"})  # rules that say a size of their own for each case, in the place of a column
_NO_TOKEN = "A" * 26  # stands in for the line that would end the text; nothing of it is sent or kept


@dataclass(frozen=True, slots=True, order=True)
class SurveyLine:
    """One rule at one place: which, how much it weighs, the CaseFile field, and the local table and column."""

    level: str
    rule: str
    field: str
    place: str


@dataclass(slots=True)
class Survey:
    """Cases by line, a few of their shown names, and how many cases and steps there are."""

    cases: int = 0
    protected: int = 0
    ready: Counter[str] = field(default_factory=Counter)
    by_line: Counter[SurveyLine] = field(default_factory=Counter)
    examples: dict[SurveyLine, list[str]] = field(default_factory=dict, repr=False)


def survey(agent: Agent, progress: Progress | None = None, *, keys: int = _KEYS) -> Survey:
    """Map, gate and project every case of the source and count what was found. Raises SourceError.

    Of each line at most `keys` shown names are kept, the first by key.
    """
    found, progress = Survey(), progress or NoProgress()
    progress.stage("reading local cases", None)
    for page in every_page(agent):
        sticky = _protected(agent, page)
        for mapped in read_page(agent, page):
            _count(agent, found, mapped, keys, protected=mapped.case.case_key in sticky)
        progress.advance(len(page))
    progress.finish()
    return found


def _protected(agent: Agent, keys: list[str]) -> set[str]:
    """Return which of some cases the ledger has as protected, for what they said before or for their group."""
    with agent.ledger.read() as connection:
        known = cases.load_cases(connection, agent.ledger.source_id, keys)
    return {key for key, row in known.items() if row.protected_since is not None}


def _count(agent: Agent, found: Survey, mapped: Mapped, keys: int, *, protected: bool) -> None:
    gated = agent.gate.clear(mapped.case, protected=protected)
    projection = agent.contract.project(gated.cleared, token=_NO_TOKEN, options=agent.wire)
    checked = [finding for message in projection.messages for finding in agent.contract.check(message)]
    protected = gated.cleared.protected
    found.cases += 1
    found.protected += protected
    found.ready.update(step.value for step, _ in mapped.ready)
    name = agent.names.shown(mapped.case.case_key, protected=protected)
    for line in _lines(agent, [*mapped.findings, *gated.findings, *projection.findings, *checked]):
        found.by_line[line] += 1
        names = found.examples.setdefault(line, [])
        if len(names) < keys:
            names.append(name)


def _lines(agent: Agent, findings: Iterable[Finding]) -> set[SurveyLine]:
    """Return each line once, however often it occurs in the case."""
    return {_line(agent, each) for each in findings}


def _line(agent: Agent, finding: Finding) -> SurveyLine:
    path = _INDEX.sub("", finding.field)
    place = "" if finding.rule in _SIZED else finding.where
    return SurveyLine(finding.level, finding.rule, path, place or agent.mapper.place_of(path))
