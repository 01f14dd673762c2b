"""What is wrong with the data of the whole source, before anything is sent: findings counted, never a value shown.

Needs neither the ledger nor the national side, and writes nothing.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from sync_agent.domain.findings import Finding
from sync_agent.mapping import Mapped
from sync_agent.sync.context import Agent
from sync_agent.sync.progress import NoProgress, Progress
from sync_agent.sync.scan import every_page, read_page

__all__ = ["Survey", "SurveyLine", "survey"]

_EXAMPLES = 5
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


def survey(agent: Agent, progress: Progress | None = None) -> Survey:
    """Map, gate and project every case of the source and count what was found. Raises SourceError."""
    found, progress = Survey(), progress or NoProgress()
    progress.stage("reading local cases", None)
    for keys in every_page(agent):
        for mapped in read_page(agent, keys):
            _count(agent, found, mapped)
        progress.advance(len(keys))
    progress.finish()
    return found


def _count(agent: Agent, found: Survey, mapped: Mapped) -> None:
    gated = agent.gate.clear(mapped.case, protected=False)
    projection = agent.contract.project(gated.cleared, token=_NO_TOKEN, options=agent.wire)
    checked = [finding for message in projection.messages for finding in agent.contract.check(message)]
    protected = gated.cleared.protected
    found.cases += 1
    found.protected += protected
    found.ready.update(step.value for step, _ in mapped.ready)
    name = agent.names.shown(mapped.case.case_key, protected=protected)
    for line in _lines([*mapped.findings, *gated.findings, *projection.findings, *checked]):
        found.by_line[line] += 1
        names = found.examples.setdefault(line, [])
        if len(names) < _EXAMPLES:
            names.append(name)


def _lines(findings: Iterable[Finding]) -> set[SurveyLine]:
    """Return each line once, however often it occurs in the case."""
    return {SurveyLine(each.level, each.rule, each.field, each.where) for each in findings}
