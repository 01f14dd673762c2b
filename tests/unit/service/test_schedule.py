"""When which task is asked for, with a clock that the test turns."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from queue import SimpleQueue
from typing import Any

import pytest
import time_machine
from apscheduler.schedulers.base import STATE_PAUSED, STATE_RUNNING
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from sync_agent import logs
from sync_agent.errors import SourceError
from sync_agent.logs import set_level, start_log
from sync_agent.service import Schedule, Task
from sync_agent.service.schedule import FromNow
from sync_agent.service.sending import ZONE
from sync_agent.settings import AuditSection, BackupSection, ServiceSection, Settings

START = datetime(2026, 11, 2, 3, 0, tzinfo=UTC)  # ten in the morning in Viet Nam
Captured = pytest.CaptureFixture[str]


@dataclass
class Clocks:
    """A clock on the wall, and one that nobody sets."""

    wall: float = START.timestamp()
    steady: float = 0.0

    def go(self, seconds: float) -> None:
        """Let time pass."""
        self.wall += seconds
        self.steady += seconds


@dataclass
class Planned:
    """A schedule whose scheduler looks only when the test has it look."""

    clocks: Clocks = field(default_factory=Clocks)
    asked: SimpleQueue[Task] = field(default_factory=SimpleQueue)
    fails: Exception | None = None

    def __post_init__(self) -> None:
        self.schedule = Schedule(self._ask, wall=lambda: self.clocks.wall, steady=lambda: self.clocks.steady)
        self.scheduler: Any = self.schedule._scheduler
        self.scheduler.start(paused=True)

    def _ask(self, task: Task) -> None:
        self.asked.put(task)
        if self.fails is not None:
            raise self.fails

    def plan(self, *, scanned: datetime | None = None, **service: object) -> None:
        """Plan by these settings."""
        settings = Settings.model_construct(
            service=ServiceSection(**service), audit=AuditSection(), backup=BackupSection()
        )
        self.schedule.plan(settings, done={} if scanned is None else {Task.FULL_SCAN: scanned})

    def look(self) -> list[Task]:
        """Return what is asked for now."""
        with time_machine.travel(datetime.fromtimestamp(self.clocks.wall, UTC), tick=False):
            self.scheduler.state = STATE_RUNNING
            self.scheduler._process_jobs()
            self.scheduler.state = STATE_PAUSED
        pool = self.scheduler._executors["default"]._pool
        pool.submit(lambda: None).result()  # all workers are free again: the tasks return at once
        while any(self.scheduler._executors["default"]._instances.values()):
            pool.submit(lambda: None).result()
        return sorted(self.asked.get() for _ in range(self.asked.qsize()))

    def next_run(self, task: Task) -> datetime:
        """Return when a task is due."""
        due: datetime = self.scheduler.get_job(task).next_run_time
        return due.astimezone(UTC)


@pytest.fixture
def planned(lines: object) -> Iterator[Planned]:
    """Yield a schedule; the log was begun before it, as in a process."""
    planned = Planned()
    yield planned
    planned.schedule.stop()


@pytest.fixture
def lines(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[dict[str, Any]]]:
    """Return what reads the log so far, without times."""
    monkeypatch.setattr(logs, "_threshold", replace(logs._threshold, fixed=False))
    start_log(debug=False)
    set_level("info")

    def read() -> list[dict[str, Any]]:
        said = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
        return [{name: value for name, value in each.items() if name not in {"time", "level"}} for each in said]

    return read


def test_a_pass_is_due_at_once_and_then_every_so_many_seconds(planned: Planned) -> None:
    """A minute by default; a head is looked for as often."""
    planned.plan(full_scan="")
    seen = [planned.look()]
    for seconds in (30, 30, 60):
        planned.clocks.go(seconds)
        seen.append(planned.look())
    both = [Task.CHECKPOINT, Task.PASS]
    assert seen == [[Task.PASS], [], both, both]


def test_a_crontab_takes_the_place_of_the_seconds(planned: Planned) -> None:
    """In Viet Nam's hours."""
    planned.plan(cron="30 7-18 * * mon-fri", full_scan="")
    assert planned.look() == [Task.PASS]
    assert planned.next_run(Task.PASS) == START + timedelta(minutes=30)


def test_the_full_scan_is_at_night_in_viet_nam(planned: Planned) -> None:
    """Two o'clock there is seven in the evening in UTC."""
    planned.plan(scanned=START - timedelta(hours=3))
    assert planned.next_run(Task.FULL_SCAN) == datetime(2026, 11, 2, 19, 0, tzinfo=UTC)


def test_a_full_scan_that_was_missed_is_made_at_the_start(planned: Planned) -> None:
    """The machine was off at two o'clock."""
    planned.plan(scanned=START - timedelta(hours=20))
    assert Task.FULL_SCAN in planned.look()


def test_a_ledger_that_never_read_anything_misses_no_full_scan(planned: Planned) -> None:
    """Its first pass reads everything."""
    planned.plan(scanned=None)
    assert planned.look() == [Task.PASS]


def test_a_full_scan_can_be_switched_off_again(planned: Planned) -> None:
    """By other settings."""
    planned.plan()
    planned.plan(full_scan="")
    assert [job.id for job in planned.scheduler.get_jobs() if job.id == Task.FULL_SCAN] == []


def test_however_much_was_missed_is_done_once(planned: Planned) -> None:
    """A clock that was fifty years behind and is set: one of each. No backup, as none is wanted."""
    planned.clocks.wall -= 50 * 365 * 86_400
    planned.plan()
    planned.look()
    planned.clocks.wall += 50 * 365 * 86_400
    assert planned.look() == sorted(set(Task) - {Task.BACKUP})
    assert planned.next_run(Task.PASS) <= START + timedelta(minutes=1)


@pytest.mark.parametrize("inner", [CronTrigger.from_crontab("* * * * *", ZONE), IntervalTrigger(seconds=60)])
def test_the_next_time_is_never_now(inner: Any) -> None:
    """Else one moment would be counted without end."""
    now = datetime(2030, 1, 1, 0, 0, tzinfo=ZONE)
    following = FromNow(inner).get_next_fire_time(now, now)
    assert now < following <= now + timedelta(minutes=1)


def test_a_clock_that_is_set_back_is_noticed_and_the_plan_made_anew(
    planned: Planned, lines: Callable[[], list[dict[str, Any]]]
) -> None:
    """Else nothing would be due for a day."""
    planned.plan(full_scan="")
    planned.look()
    planned.clocks.wall -= 86_400
    assert planned.look() == []
    assert planned.schedule.was_set_back()
    planned.plan(full_scan="")
    assert planned.look() == [Task.PASS]
    assert lines() == [{"event": "clock_jumped", "seconds": -86_400}]


def test_a_clock_that_is_set_forward_needs_no_new_plan(
    planned: Planned, lines: Callable[[], list[dict[str, Any]]]
) -> None:
    """What is due then is asked for; the jump is told once."""
    planned.clocks.wall += 3600
    assert [planned.schedule.was_set_back() for _ in range(2)] == [False, False]
    assert lines() == [{"event": "clock_jumped", "seconds": 3600}]


def test_a_clock_that_drifts_is_not_a_jump(planned: Planned, lines: Callable[[], list[dict[str, Any]]]) -> None:
    """NTP keeps it near."""
    planned.clocks.wall -= 2
    assert (planned.schedule.was_set_back(), lines()) == (False, [])


def test_a_scheduler_that_asks_for_nothing_is_noticed(planned: Planned) -> None:
    """Then the service gives no sign of life any more."""
    planned.plan(full_scan="")
    planned.look()
    before = planned.schedule.is_behind()
    planned.clocks.go(200)
    assert (before, planned.schedule.is_behind()) == (False, True)


def test_a_task_that_failed_is_in_the_log_and_due_again(
    planned: Planned, lines: Callable[[], list[dict[str, Any]]]
) -> None:
    """By the kind of its error; the library itself says nothing."""
    planned.plan(full_scan="")
    planned.fails = SourceError("Nguyễn Thị Ngát cannot be read")
    planned.look()
    assert lines() == [{"event": "job_failed", "job": "pass", "error": "SourceError"}]
    planned.clocks.go(60)
    assert Task.PASS in planned.look()


def test_a_task_that_the_end_took_leave_of_did_not_fail(
    planned: Planned, lines: Callable[[], list[dict[str, Any]]]
) -> None:
    """The log does not end with an error."""
    planned.plan(full_scan="")
    planned.fails = CancelledError()
    planned.look()
    assert lines() == []


def test_a_task_that_is_still_busy_is_not_begun_again(
    planned: Planned, lines: Callable[[], list[dict[str, Any]]]
) -> None:
    """It is told, and due again later."""
    planned.plan(full_scan="")
    planned.scheduler._executors["default"]._instances[Task.PASS] = 1
    with time_machine.travel(START, tick=False):
        planned.scheduler.state = STATE_RUNNING
        planned.scheduler._process_jobs()
        planned.scheduler.state = STATE_PAUSED
    planned.scheduler._executors["default"]._instances.clear()
    assert (planned.asked.qsize(), lines()) == (0, [{"event": "job_still_busy", "job": "pass"}])
