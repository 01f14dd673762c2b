"""The service for weeks in minutes: one process, a clock that is moved to the next due time, and life around it.

    python -m tests.chaos.soak [--minutes M] [--days D] [--cases N] [--every S] [--step S] [--seed S] [--folder DIR]
                               [--json FILE]

People edit the local system, the national side fails for a while now and then, the settings are read anew, somebody
asks for a pass, nights bring full scans, housekeeping and backups. Prints what the process took (memory, handles,
threads), how its due times held, and whether anything was lost or sent twice. Exit code 1 when something must not be.
"""

import argparse
import gc
import json
import os
import random
import shutil
import signal
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import time_machine

from sync_agent.bootstrap import open_agent
from sync_agent.example import mutate
from sync_agent.ledger import RequestKind, RequestState, ask, find_request
from sync_agent.service import Manager, Schedule, Service, Task
from sync_agent.service.mailing import Mailing
from sync_agent.sync import Agent
from tests.chaos.chaos import Chaos, Play
from tests.support.houses import Steered
from tests.support.stations import VIETNAM

__all__ = ["Soak", "main"]

PLAY = Play(
    ("processing=overwrites", "acceptance=overwrites", "settlement.update=by_number", "lists_on_update=replace"),
    (
        '"processing" = "overwrites"',
        '"acceptance" = "overwrites"',
        '"settlement.update" = "by_number"',
        '"lists_on_update" = "replace"',
        '"empty_string" = "clears"',
    ),
    "contains",
)
FAULTS = ("503", "500", "502-after", "lost", "lost-before", "reset", "reset-after", "html", "empty", "refuse@writes")
"""Those after which nothing is processed any more: the clock leaps, the national side does not know."""

PAST: Final = timedelta(days=400)
"""So far back it begins: where it ends, the clock is still behind, and what follows is later than all of it."""

PATIENCE: Final = 120.0
DAY: Final = 86_400.0
SETTINGS = """
[backup]
folder = "{backups}"
keep = 5

[logs]
level = "error"

[service]
health_address = ""
every_seconds = {every}
"""


class Wall:
    """The clock that is moved, as the source of the agent wants it."""

    @property
    def now(self) -> datetime:
        """The instant it shows."""
        return datetime.now(UTC)


class Observed(Service):
    """A service on the clock that is moved, which counts what it does and how late it begins."""

    def __init__(self, wire: Callable[[], Any]) -> None:
        super().__init__(wire, Manager(None))
        self.done: Counter[str] = Counter()
        self.late = 0.0
        self.due: dict[str, datetime] = {}
        self.schedule = Schedule(self._ask, self._disturbances.hear, wall=time.time, steady=time.time)
        self._schedule, self._mailing = self.schedule, Mailing(steady=time.time)
        self.scheduler: Any = self.schedule._scheduler

    def _work(self, task: Task) -> None:
        due = self.due.pop(task, None)
        if due is not None:
            self.late = max(self.late, time.time() - due.timestamp())
        self.done[task] += 1
        super()._work(task)

    @property
    def busy(self) -> bool:
        """Tell whether a task is being done or still to be begun."""
        now = datetime.now(UTC)
        executor = self.scheduler._executors["default"]
        due = any(job.next_run_time <= now for job in self.scheduler.get_jobs())
        return due or any(executor._instances.values()) or not self._asked.empty()

    def next_due(self) -> dict[str, datetime]:
        """Return when each task is due."""
        return {job.id: job.next_run_time for job in self.scheduler.get_jobs()}


@dataclass(frozen=True, slots=True)
class Sample:
    """What the process holds at one moment of the play."""

    day: float
    rss_kb: int
    handles: int
    threads: int
    entries: int


@dataclass
class Soak:
    """One run. `step` is the least the clock is moved by, so that several due times may fall together."""

    chaos: Chaos
    travel: Any
    today: datetime
    chance: random.Random
    step: float = 0.0
    origin: float = field(default_factory=time.monotonic)
    samples: list[Sample] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)
    violations: list[str] = field(default_factory=list)
    began: datetime = field(default_factory=lambda: datetime.now(UTC))
    _grids: dict[str, set[str]] = field(default_factory=dict)
    _drift: float = 0.0
    _last_pass: datetime | None = None
    _faults_until: datetime | None = None
    _seeds: int = 0

    @classmethod
    @contextmanager
    def set_up(cls, folder: Path, *, cases: int, seed: int, every: int, step: float = 0.0) -> Iterator["Soak"]:
        """Make an installation in the past, and have the clock stand there."""
        today = datetime.now(UTC)
        with time_machine.travel(today - PAST) as travel:
            chaos = Chaos.set_up(folder, PLAY, cases=cases, seed=seed)
            chaos.station.configure(tries="1", quick_retry_seconds="0", connect_seconds="10", read_seconds="30")
            (folder / "backups").mkdir()
            toml = folder / "agent" / "agent.toml"
            lines = toml.read_text(encoding="utf-8").split("\n[service]\n", 1)
            rest = lines[1][lines[1].index("\n[") :] if "\n[" in lines[1] else ""
            added = SETTINGS.format(backups=folder / "backups", every=every)
            toml.write_text(lines[0] + "\n" + added + rest, encoding="utf-8")
            chance = random.Random(seed)  # noqa: S311 - a play
            try:
                yield cls(chaos, travel, today, chance, step)
            finally:
                chaos.station.close()

    def run(self, *, minutes: float, days: float = 300) -> None:
        """Have the service work until either is over, then end it."""
        service = Observed(self._wire)
        until, over = time.monotonic() + 60 * minutes, self.began + timedelta(days=days)
        world = threading.Thread(target=self._live, args=(service, until, over), name="world")
        world.start()
        real = time.monotonic()
        service.run()
        world.join()
        self._tell(service, time.monotonic() - real)

    def judge(self) -> None:
        """Let all come to rest by real passes, on the clock of today, and look at both sides."""
        self.travel.move_to(self.today + timedelta(seconds=time.monotonic() - self.origin))
        self.chaos.figures["national_down"] = 0
        self.chaos._come_to_rest()
        self.chaos._judge()
        self.violations += self.chaos.violations
        figures = self.chaos.figures
        self.figures |= {name: figures[name] for name in ("compared", "acknowledged_ids", "audit_entries")}
        self.figures |= {name: figures.get(name, 0) for name in ("lost", "duplicate", "invented", "orphan")}

    @contextmanager
    def _wire(self) -> Iterator[Agent]:
        with open_agent(self.chaos.station.folder) as agent:
            yield replace(agent, source=Steered(agent.source, Wall()))  # type: ignore[arg-type] # it asks for `now` only

    # the world around it, in a thread of its own

    def _live(self, service: Observed, until: float, over: datetime) -> None:
        try:
            with ExitStack() as opened:
                asking = opened.enter_context(open_agent(self.chaos.station.folder))
                self._wait(lambda: service.state.started_at is not None and not service.busy, "it did not start")
                self._sample(asking)
                next_day = self.began + timedelta(days=1)
                while time.monotonic() < until and datetime.now(UTC) < over:
                    self._tick(service)
                    self._weather()
                    if self.chance.random() < 1 / 200:
                        self._edit()
                    if datetime.now(UTC) >= next_day:
                        next_day += timedelta(days=1)
                        self._day(service, asking)
                self._calm()
                self._sample(asking)
        except BaseException as error:  # noqa: BLE001 - a thread has nobody to raise to; it is a finding of the run
            self.violations.append(f"harness: {error!r}")
        finally:
            os.kill(os.getpid(), signal.SIGINT)

    def _tick(self, service: Observed) -> None:
        """Move the clock to the next due time, and wait until all that is due is done."""
        due = service.next_due()
        now = datetime.now(UTC)
        nearest = min(due.values())
        ahead = max((nearest - now).total_seconds(), self.step)
        service.due = {task: at for task, at in due.items() if at <= now + timedelta(seconds=ahead)}
        self._note_due(service.due)
        if ahead > 0:
            self.travel.shift(ahead)
        service.scheduler.wakeup()
        self._wait(lambda: not service.busy, "tasks did not end")

    def _note_due(self, due: dict[str, datetime]) -> None:
        for task, at in due.items():
            if task in {Task.FULL_SCAN, Task.HOUSEKEEPING, Task.BACKUP, Task.CODE_LISTS}:
                self._grids.setdefault(task, set()).add(f"{at.astimezone(VIETNAM):%H:%M:%S.%f}")
        passed = due.get(Task.PASS)
        if passed is not None:
            if self._last_pass is not None and not self.step:
                self._drift = max(self._drift, abs((passed - self._last_pass).total_seconds() - self._every))
            self._last_pass = passed

    @property
    def _every(self) -> float:
        toml = (self.chaos.station.folder / "agent.toml").read_text(encoding="utf-8")
        return float(toml.split("every_seconds = ")[1].split()[0])

    def _weather(self) -> None:
        """Now and then something is wrong with the national side for an hour."""
        now = datetime.now(UTC)
        if self._faults_until is not None and now >= self._faults_until:
            self._calm()
        elif self._faults_until is None and self.chance.random() < 1 / 240:
            chosen = self.chance.sample(FAULTS, self.chance.randint(1, 3))
            self.chaos.station.national.faults(
                *(f"{each}:share={self.chance.uniform(0.1, 0.6):.2f}" for each in chosen)
            )
            self._faults_until = now + timedelta(minutes=self.chance.randint(10, 90))

    def _calm(self) -> None:
        self.chaos.station.national.faults()
        self._faults_until = None

    def _edit(self) -> None:
        """Let the people of the local system work for an hour or two."""
        self._seeds += 1
        folder = self.chaos.station.folder
        work = {"edits": 1, "steps": 1, "corrections": 1, "new": 1}
        mutate(folder / "local.db", folder / "files", seed=self._seeds, now=datetime.now(VIETNAM), **work)

    def _day(self, service: Observed, asking: Agent) -> None:
        """Each day the settings are read anew, somebody asks for a pass, and the process is looked at."""
        os.kill(os.getpid(), signal.SIGHUP)
        time.sleep(0.2)  # a signal is heard by the main thread when it comes to it
        self._last_pass = None  # all times are made anew
        service.scheduler.wakeup()
        self._wait(lambda: not service.busy, "the settings were not read")
        with asking.ledger.write() as tx:
            number = ask(tx, RequestKind.SYNC, {"full": self.chance.random() < 0.2}, actor="os:soak")
        self._wait(lambda: self._is_answered(asking, number), "a request was not answered")
        self.figures["requests"] = self.figures.get("requests", 0) + 1
        self._sample(asking)

    def _is_answered(self, asking: Agent, number: int) -> bool:
        with asking.ledger.read() as connection:
            request = find_request(connection, number)
        return request is not None and request.state in {RequestState.DONE, RequestState.FAILED}

    def _sample(self, asking: Agent) -> None:
        gc.collect()
        with asking.ledger.read() as connection:
            (entries,) = connection.exec_driver_sql("SELECT size FROM audit_tree").one()
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        self.samples.append(
            Sample(
                (datetime.now(UTC) - self.began).total_seconds() / DAY,
                pages * os.sysconf("SC_PAGE_SIZE") // 1024,
                len(list(Path("/proc/self/fd").iterdir())),
                threading.active_count(),
                entries,
            )
        )

    def _wait(self, done: Callable[[], bool], problem: str) -> None:
        end = time.monotonic() + PATIENCE
        while not done():
            if time.monotonic() > end:
                raise TimeoutError(problem)
            time.sleep(0.001)

    # what came of it

    def _tell(self, service: Observed, seconds: float) -> None:
        first, last = self.samples[0], self.samples[-1]
        folder = self.chaos.station.folder
        requests = self.chaos.station.national.requests()
        self.figures |= {
            "simulated_days": round(last.day, 2),
            "seconds": round(seconds),
            "tasks": {str(task): number for task, number in service.done.items()},
            "passes_by_result": dict(service.state.passes),
            "jobs_disturbed": dict(service.state.jobs_failed),
            "requests_to_national_side": requests,
            "rss_mb": (first.rss_kb // 1024, last.rss_kb // 1024, max(each.rss_kb for each in self.samples) // 1024),
            "rss_mb_by_day": [round(each.rss_kb / 1024, 1) for each in self.samples],
            "rss_kb_per_day_second_half": self._slope(),
            "handles": (first.handles, last.handles, max(each.handles for each in self.samples)),
            "threads": (first.threads, last.threads, max(each.threads for each in self.samples)),
            "latest_seconds": round(service.late, 3),
            "due_drift_seconds": self._drift,
            "due_at": {str(task): sorted(times) for task, times in self._grids.items()},
            "ledger_mb": round((folder / "state" / "ledger.db").stat().st_size / 1e6, 2),
            "backups": len(list((folder.parent / "backups").glob("ledger-*.db"))),
            "audit_entries_per_day": round((last.entries - first.entries) / max(last.day, 0.01)),
        }
        for task, times in self._grids.items():
            if len(times) > 1:
                self.violations.append(f"drift: {task} was due at {sorted(times)}")
        if self._drift > 0.001:
            self.violations.append(f"drift: a pass was due {self._drift} s off")

    def _slope(self) -> float | None:
        """Return by how much the memory grew a day, over the second half; None where there are too few looks."""
        later = self.samples[len(self.samples) // 2 :]
        if len(later) < 3:
            return None
        line = statistics.linear_regression([each.day for each in later], [each.rss_kb for each in later])
        return round(line.slope, 1)


def main(words: Sequence[str] | None = None) -> int:
    """Run one soak and print what came of it."""
    arguments = _arguments(words)
    folder = arguments.folder or Path(tempfile.mkdtemp(prefix="soak-"))
    chosen = {"cases": arguments.cases, "seed": arguments.seed, "every": arguments.every, "step": arguments.step}
    with Soak.set_up(folder, **chosen) as soak:
        soak.run(minutes=arguments.minutes, days=arguments.days)
        soak.judge()
    _print(arguments, soak)
    if soak.violations:
        sys.stderr.write(f"seed {arguments.seed}; everything is kept in {folder}\n")
        return 1
    shutil.rmtree(folder)
    return 0


def _print(arguments: argparse.Namespace, soak: Soak) -> None:
    width = max(map(len, soak.figures))
    for name, figure in soak.figures.items():
        sys.stdout.write(f"{name:{width}}  {figure}\n")
    for violation in soak.violations:
        sys.stdout.write(f"VIOLATION {violation}\n")
    line = json.dumps({"seed": arguments.seed, "figures": soak.figures, "violations": soak.violations})
    sys.stdout.write(f"{line}\n")
    if arguments.json:
        arguments.json.write_text(f"{line}\n", encoding="utf-8")


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="soak", description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--days", type=float, default=300, help="of the play; end after so many")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cases", type=int, default=200)
    parser.add_argument("--every", type=int, default=300, help="seconds between passes")
    parser.add_argument("--step", type=float, default=0, help="least seconds by which the clock is moved")
    parser.add_argument("--folder", type=Path, help="an empty folder to work in")
    parser.add_argument("--json", type=Path, help="a file for the line of JSON")
    return parser.parse_args(words)


if __name__ == "__main__":
    sys.exit(main())
