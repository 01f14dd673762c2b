"""The three passes and the person who is asked in between, told step by step."""

import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from sync_agent.bootstrap import open_agent
from sync_agent.demo.report import DemoReport, prove
from sync_agent.demo.stage import FAULTS, configure, make_room, simulator
from sync_agent.domain.steps import Step
from sync_agent.errors import GuardError, NationalUnreachableError
from sync_agent.example import Changes, generate, mutate
from sync_agent.i18n import mark
from sync_agent.ledger import KnownCase, MessageRow, State, with_messages_in
from sync_agent.simulator import SimulatorState
from sync_agent.sync import Agent, PassReport, Progress, rehearse, remote_wait, resolve, run_pass, sign_policy

__all__ = ["Narrator", "run_demo"]

_MOST_PASSES: Final = 30
_LEAST_PAUSE: Final = 0.1
VIETNAM: Final = ZoneInfo("Asia/Ho_Chi_Minh")


class Narrator(Progress, Protocol):
    """Who is told how the demo goes, by message ids and their facts; strings among these are message ids too."""

    def say(self, message: str, **facts: object) -> None:
        """Begin a step of the demo."""
        ...

    def add(self, message: str, **facts: object) -> None:
        """Tell what happened in it."""
        ...


def run_demo(folder: Path, *, cases: int, faults: bool, seed: int, actor: str, narrator: Narrator) -> DemoReport:
    """Play the demo in `folder`, which is left as a configuration to go on with.

    Raises ConfigError when the folder holds something else, and whatever a pass may raise.
    """
    make_room(folder)
    staged = FAULTS if faults else ()
    with simulator(folder, staged, seed) as (url, secret):
        configure(folder, url, secret)
        today = datetime.now(VIETNAM).date()
        stock = generate(folder / "local.db", folder / "files", cases=cases, seed=seed, today=today)
        narrator.say(
            mark("1. The local system: {cases} invented cases, {protected} of them to be protected, in {file}."),
            cases=stock.cases,
            protected=len(stock.protected),
            file=folder / "local.db",
        )
        narrator.say(mark("2. The national side: a simulator, a process of its own, at {url}."), url=url)
        if staged:
            narrator.add(mark("Now and then it fails on purpose:"))
        for fault in staged:
            narrator.add(mark("· {does}"), does=fault.does)
        with open_agent(folder) as agent:
            return _Play(agent, DemoReport(folder, url, stock), actor, narrator).play(seed)


class _Play:
    """The passes, the person who is asked in between, and the proof at the end."""

    def __init__(self, agent: Agent, report: DemoReport, actor: str, narrator: Narrator) -> None:
        self._agent = agent
        self._report = report
        self._actor = actor
        self._tell = narrator
        self._national = SimulatorState(report.folder / "simulator.db")

    def play(self, seed: int) -> DemoReport:
        """Sync, change, sync again, and once more; then look at what is where."""
        sign_policy(self._agent, actor=self._actor)
        self._tell.say(mark("3. You read and sign the privacy policy (privacy sign); until then every case is held."))
        self._tell.say(mark("4. First pass: every case is read, and what may go up is sent."))
        self._until_quiet()
        began = self._agent.clock()
        changes = self._work(seed)
        self._until_quiet()
        self._report.second_pass = set(self._acknowledged_since(began))
        self._tell.add(
            mark("{count} messages went up: what had changed, nothing else."), count=len(self._report.second_pass)
        )
        self._tell.say(mark("6. Third pass: nothing has changed, so nothing is sent."))
        self._until_quiet()
        self._report.examples = self._examples()
        prove(self._report, self._agent.ledger, self._national, changes)
        return self._report

    def _work(self, seed: int) -> Changes:
        folder = self._report.folder
        changes = mutate(folder / "local.db", folder / "files", seed=seed, now=datetime.now(VIETNAM))
        steps = sum(len(keys) for step, keys in changes.steps.items() if step != Step.CASE)
        self._tell.say(
            mark(
                "5. A day of work in the local system: {edited} cases edited, {steps} steps added or corrected, "
                "{created} cases new, {withdrawn} withdrawn. Second pass:"
            ),
            edited=len(changes.edited),
            steps=steps,
            created=len(changes.created),
            withdrawn=len(changes.withdrawn),
        )
        return changes

    def _until_quiet(self) -> None:
        """Pass after pass until nothing is left to try; the person does what only a person may."""
        before, accepted = self._national.request_count(), ""
        for _ in range(_MOST_PASSES):
            try:
                self._tell_of(self._pass(accepted))
            except GuardError:
                accepted = self._accepted_plan()
                continue
            except NationalUnreachableError:
                self._tell.add(mark("Nothing gets through for now; what was to be sent is tried again later."))
            if not self._wait():
                break
            self._ask_the_person()
        self._report.requests.append(self._national.request_count() - before)

    def _pass(self, accepted: str) -> PassReport:
        return run_pass(self._agent, actor=self._actor, accepted=accepted or None, progress=self._tell)

    def _accepted_plan(self) -> str:
        """Look at the plan that the volume guard stopped, as a person would, and accept it."""
        plan = rehearse(self._agent).plan
        digest = plan.digest if plan else ""
        self._tell.add(
            mark("{count} messages at once are unusually many: the volume guard stopped the pass, nothing was sent."),
            count=plan.count if plan else 0,
        )
        self._tell.add(
            mark("You look at the plan (sync --dry-run) and accept it (sync --accept-plan {digest}…)."),
            digest=digest[:12],
        )
        return digest

    def _tell_of(self, report: PassReport) -> None:
        """Say what a pass did beyond what its bars show."""
        sent, settled = report.delivered.outcomes, report.settled
        told = (
            (mark("Lost answers found by look-up: {count}"), settled["found"]),
            (mark("Lost messages that had not arrived: {count}"), settled["not_found"]),
            (mark("Lost updates sent once more: {count}"), settled["repeatable"]),
            (mark("Acknowledged now: {count} messages."), sent[State.ACKNOWLEDGED]),
            (mark("Surely not processed, to be tried again: {count}"), sent[State.WAITING]),
            (mark("Answers lost, so that nobody knows whether the messages arrived: {count}"), sent[State.UNCERTAIN]),
        )
        for message, count in told:
            if count:
                self._tell.add(message, count=count)

    def _wait(self) -> bool:
        """Wait until whatever is in doubt or to be tried again may be touched; tell whether there was anything."""
        now, due = self._agent.clock(), list(self._due())
        if not due:
            return False
        seconds = max((max(due) - now).total_seconds(), _LEAST_PAUSE)
        if seconds >= 1:
            self._tell.add(
                mark("Waiting {seconds} seconds, until the national side has surely finished with them …"),
                seconds=round(seconds),
            )
        time.sleep(seconds)
        return True

    def _due(self) -> Iterator[datetime]:
        for case in (*self._cases(State.WAITING), *self._cases(State.UNCERTAIN)):
            for row in case.messages.values():
                if row.state == State.WAITING and row.next_try_at is not None:
                    yield row.next_try_at
                if row.state == State.UNCERTAIN and row.intent_at is not None:
                    yield row.intent_at + remote_wait(self._agent)

    def _ask_the_person(self) -> None:
        """Settle uncertain messages that no look-up can find, by what the national database shows."""
        for case in self._cases(State.UNCERTAIN):
            national_id = case.messages[Step.CASE, ""].ack_id
            doubts = [row for row in case.messages.values() if row.state == State.UNCERTAIN and row.step != Step.CASE]
            for row in doubts if national_id else ():
                self._settle(case, row, self._arrived(case, row, national_id or ""))

    def _settle(self, case: KnownCase, row: MessageRow, arrived: str | None) -> None:
        step, name = Step(row.step), self._shown(case)
        words = f"cases resolve {name} --step {step} --local-key {row.local_key}".removesuffix(" --local-key ")
        self._tell.add(
            mark("The answer to one {step} was lost. You looked for it in the national database: {found} ({command})."),
            step=step,
            found=mark("it had arrived") if arrived else mark("it had not arrived"),
            command=f"{words} --arrived {arrived}" if arrived else f"{words} --not-arrived",
        )
        resolve(self._agent, case.row.case_key, step, local_key=row.local_key, arrived=arrived, actor=self._actor)

    def _arrived(self, case: KnownCase, row: MessageRow, national_id: str) -> str | None:
        """Return the id under which the simulator holds what was sent, None when it does not."""
        known = {other.ack_id for other in case.messages.values()}
        found = [step["id"] for step in self._national.case_record(national_id)["steps"][row.step]]
        if row.step in {Step.PROCESSING, Step.ACCEPTANCE}:
            return national_id if found else None
        return next((one for one in found if one not in known), None)

    def _cases(self, state: State) -> list[KnownCase]:
        with self._agent.ledger.read() as connection:
            return with_messages_in(connection, self._agent.ledger.source_id, state)

    def _acknowledged_since(self, moment: datetime) -> Iterator[tuple[str, str]]:
        for case in self._cases(State.ACKNOWLEDGED):
            for row in case.messages.values():
                if row.ack_at is not None and row.ack_at >= moment:
                    yield case.row.case_key, row.step

    def _examples(self) -> dict[str, str]:
        """Return for a few states the name of a case that a newcomer may look at: the one with most messages."""
        found = {state: self._cases(state) for state in (State.ACKNOWLEDGED, State.HELD)}
        return {
            state: self._shown(max(cases, key=lambda case: (len(case.messages), -case.row.id)))
            for state, cases in found.items()
            if cases
        }

    def _shown(self, case: KnownCase) -> str:
        return self._agent.names.shown(case.row.case_key, protected=case.row.protected_since is not None)
