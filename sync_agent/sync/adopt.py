"""Takes over what is in the national database already, before the first send: by local ids, and by look-up if asked.

Page by page and case by case, each in a transaction of its own: what was cut short is simply done again.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from sync_agent.domain.findings import Finding, stops
from sync_agent.domain.steps import Step
from sync_agent.ledger import (
    Doubt,
    KnownCase,
    MessageKey,
    State,
    Transaction,
    declare_go_live,
    environment,
    exclusive,
)
from sync_agent.sync.context import Agent
from sync_agent.sync.decide import UNSETTLED
from sync_agent.sync.judge import Look, began_on
from sync_agent.sync.lookup import LookUp, Trust
from sync_agent.sync.notes import require_reason
from sync_agent.sync.observe import Observed, observe
from sync_agent.sync.progress import NoProgress, Progress
from sync_agent.sync.record import standing
from sync_agent.sync.run import on_a_copy, recorded
from sync_agent.sync.scan import ScanReport, every_page, read_page
from sync_agent.sync.takeover import LocalIds, TakenOver, cast_doubt
from sync_agent.sync.uncertain import recover

__all__ = ["OUTCOMES", "AdoptionReport", "adopt", "rehearse_adoption"]

OUTCOMES: Final = ("adopted", "create", "ambiguous", "waiting", "kept")
"""What becomes of a case: taken over; may be created; a person must look; to be looked up later; held otherwise."""

_CASE: Final[MessageKey] = (Step.CASE, "")
_FOREIGN: Final = frozenset({"foreign_writer", "national_id_shared"})
_BATCH = 20  # cases read once more right before they are looked up
_NAMED = 100
_PROBES = 50


@dataclass(slots=True)
class AdoptionReport:
    """What an adoption did. `table` counts cases by (kind, year, outcome); `steps` what was taken over by step.

    `ambiguous` names the first cases a person must look at, as lists may show them; `trust` tells why "not found" was
    trusted, "" when it was not and None when nothing was looked up.
    """

    table: Counter[tuple[str, int | None, str]] = field(default_factory=Counter)
    steps: Counter[str] = field(default_factory=Counter)
    ambiguous: list[str] = field(default_factory=list)
    trust: Trust | None = None
    read: int = 0
    scanned: ScanReport | None = None
    plan: None = None

    @property
    def counts(self) -> dict[str, int]:
        """All figures by code, as the run and its audit entry keep them."""
        figures = {f"adopted.{step}": number for step, number in sorted(self.steps.items())}
        totals = {outcome: self.total(outcome) for outcome in OUTCOMES if outcome != "adopted"}
        return figures | {name: number for name, number in totals.items() if number} | {"read": self.read}

    def total(self, outcome: str) -> int:
        """Count the cases with an outcome."""
        return sum(number for (_, _, each), number in self.table.items() if each == outcome)

    @property
    def needs_person(self) -> int:
        """Count the cases that a person must look at, or have looked up again."""
        return self.total("ambiguous") + self.total("waiting")


def adopt(
    agent: Agent,
    *,
    actor: str,
    look_up: bool = False,
    push: bool = False,
    reason: str | None = None,
    progress: Progress | None = None,
) -> AdoptionReport:
    """Take over what is there, and allow the first send. Nothing is sent.

    `look_up`: ask the national side for cases without a local id; `push` (needs a `reason`): have the next pass send
    the local content over what is there. Raises the errors of `errors.py`; what was taken over by then stays.
    """
    if push or reason:
        require_reason(reason or "")
    report = AdoptionReport()
    with (
        exclusive(agent.settings.state, agent.ledger.engine),
        recorded(agent, report, actor, kind="adopt", reason=f"push:{reason}" if push else reason),
    ):
        recover(agent)
        _Adoption(agent, report, actor, look_up=look_up, push=push).run(progress or NoProgress())
        with agent.ledger.write(actor=actor) as tx:
            bound = environment(tx.connection)
            if bound is not None and bound.go_live is None:
                declare_go_live(tx, "adopted")
    return report


def rehearse_adoption(
    agent: Agent, *, look_up: bool = False, push: bool = False, progress: Progress | None = None
) -> AdoptionReport:
    """Do all of an adoption on a copy of the ledger in memory; with `look_up` the national side is asked."""
    rehearsal, report = on_a_copy(agent), AdoptionReport()
    _Adoption(rehearsal, report, "agent", look_up=look_up, push=push).run(progress or NoProgress())
    return report


class _Adoption:
    def __init__(self, agent: Agent, report: AdoptionReport, actor: str, *, look_up: bool, push: bool) -> None:
        self._agent = agent
        self._report = report
        self._actor = actor
        self._ids = LocalIds()
        self._taken = TakenOver(agent, self._ids, push=push, steps=report.steps)
        self._look_up = LookUp(agent, self._ids, actor, push=push) if look_up else None
        self._adopted: set[int] = set()  # row ids of the cases taken over now
        self._open: list[str] = []  # keys of the cases to look up
        self._surely_there: list[str] = []

    def run(self, progress: Progress) -> None:
        """Count the ids of the whole source, take over by them, then look up what is left."""
        progress.stage("reading local cases", None)
        for keys in every_page(self._agent):
            for mapped in read_page(self._agent, keys):
                self._ids.count(mapped)
            progress.advance(len(keys))
        progress.stage("taking over", None)
        for keys in every_page(self._agent):
            self._take_page(keys)
            progress.advance(len(keys))
        if self._look_up is not None:
            self._look_up_all(self._look_up, progress)
        progress.finish()

    def _take_page(self, keys: Sequence[str]) -> None:
        seen = read_page(self._agent, keys)
        with self._agent.ledger.write(actor=self._actor) as tx:
            names = [mapped.case.case_key for mapped in seen]
            found = observe(self._agent, tx, seen, plan=names, take_over=partial(self._take, tx))
            self._report.read += len(found)
            later = {observed.row.id for observed in found if self._is_to_look_up(observed)}
            self._count(tx, [observed for observed in found if observed.row.id not in later])

    def _take(self, tx: Transaction, case: KnownCase, look: Look) -> None:
        if self._taken.take(tx, case, look):
            self._adopted.add(case.row.id)
        elif self._look_up is not None and _may_be_there(case, look):
            cast_doubt(tx, case, _CASE, Doubt.ADOPTION if look.protected else Doubt.LOOK_UP)

    def _is_to_look_up(self, observed: Observed) -> bool:
        """Note what can be asked for: cases that may be there, and some that surely are, to try the look-up."""
        message = observed.case.messages.get(_CASE)
        if self._look_up is None or message is None:
            return False
        if message.ack_id is not None:
            if _CASE in observed.mapped.national_ids and len(self._surely_there) < _PROBES:
                self._surely_there.append(observed.row.case_key)
            return False
        if message.ack_digest is not None or message.doubt not in {Doubt.LOOK_UP, Doubt.UNPROVEN}:
            return False
        self._open.append(observed.row.case_key)
        self._look_up.note(observed)
        return True

    def _look_up_all(self, look_up: LookUp, progress: Progress) -> None:
        self._report.trust = ""
        progress.stage("looking cases up", len(self._open))
        if self._open:
            look_up.prove(self._surely_there)
            self._report.trust = look_up.trust
        for start in range(0, len(self._open), _BATCH):
            keys, before = self._open[start : start + _BATCH], look_up.found
            found = look_up.settle(keys)
            self._adopted |= {observed.row.id for observed in found if _is_acknowledged(observed.case)}
            self._report.steps[Step.CASE.value] += look_up.found - before
            with self._agent.ledger.write(actor=self._actor) as tx:
                self._count(tx, found)
            progress.advance(len(keys))

    def _count(self, tx: Transaction, found: Sequence[Observed]) -> None:
        left = standing(tx.connection, [observed.row for observed in found])
        for observed in found:
            outcome = self._outcome(observed, left[observed.row.id])
            if outcome is None:
                continue
            day = began_on(observed.mapped.case)
            self._report.table[observed.row.kind or "", day.year if day else None, outcome] += 1
            if outcome == "ambiguous" and len(self._report.ambiguous) < _NAMED:
                self._report.ambiguous.append(self._shown(observed))

    def _outcome(self, observed: Observed, left: Sequence[Finding]) -> str | None:
        """Return what becomes of a case; None for one that is ours for long, or that is no message at all."""
        message = observed.case.messages.get(_CASE)
        if observed.row.id in self._adopted:
            return "adopted"
        if message is None or message.ack_digest is not None:
            return None
        rules = {finding.rule for finding in stops(left, *_CASE)}
        if rules & _FOREIGN:
            return "ambiguous"
        if rules - {"maybe_present"} or message.state == State.NOT_READY or message.state in UNSETTLED:
            return "kept"
        if message.doubt == Doubt.LOOK_UP and rules:
            return "waiting"
        return "ambiguous" if rules else "create"

    def _shown(self, observed: Observed) -> str:
        case = observed.mapped.case
        protected = observed.row.protected_since is not None or bool(self._agent.gate.protection(case))
        return self._agent.names.shown(observed.row.case_key, protected=protected)


def _is_acknowledged(case: KnownCase) -> bool:
    message = case.messages.get(_CASE)
    return message is not None and message.ack_digest is not None


def _may_be_there(case: KnownCase, look: Look) -> bool:
    """Tell whether a case was never sent, has no local id, and nobody has said or asked yet whether it is there."""
    message = case.messages.get(_CASE)
    if _CASE not in look.contents or _CASE in look.mapped.national_ids:
        return False
    return message is None or (message.ack_digest is None and message.state not in UNSETTLED and message.doubt is None)
