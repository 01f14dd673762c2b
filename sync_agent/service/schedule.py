"""Decides when which task is due, by the clock on the wall, and says so when one was late, crossed or failed.

Tasks are idempotent: however many times of one were missed, it is done once, now. A clock that was set back would keep
them waiting until it has caught up, so all times are made anew then.
"""

import logging
import time
from collections.abc import Callable, Mapping
from concurrent.futures import CancelledError
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_MAX_INSTANCES, EVENT_JOB_MISSED, JobEvent
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from sync_agent.logs import LogEvent, log
from sync_agent.service.sending import ZONE
from sync_agent.settings import Settings

__all__ = ["Disturbance", "FromNow", "Schedule", "Task"]

_CHECKPOINT_SECONDS: Final = 60
"""How often it is asked whether a head is due: less often and one would be late by as much."""

_JUMP_SECONDS: Final = 5
"""So far the clock may drift between two looks."""

_AFTER_THE_START: Final = timedelta(minutes=5)
"""So long a task waits that was missed and sends nothing: one that hangs leaves time for passes before it is killed."""

_LATE: Final = timedelta(minutes=1)
_MOMENT: Final = timedelta(microseconds=1)


class Task(StrEnum):
    """What the service does by itself. Each is done again without harm."""

    PASS = "pass"  # noqa: S105 - no password
    FULL_SCAN = "full_scan"
    CHECKPOINT = "checkpoint"
    CODE_LISTS = "code_lists"
    HOUSEKEEPING = "housekeeping"
    BACKUP = "backup"


class Disturbance(StrEnum):
    """Why a task was not done when it was due."""

    MISSED = "missed"
    STILL_BUSY = "still_busy"  # it, or what went before it, was not over yet
    FAILED = "failed"


class FromNow(BaseTrigger):  # type: ignore[misc] # the library has no types
    """The times of another trigger that are still to come; those that were missed are one."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def get_next_fire_time(self, _previous: datetime | None, now: datetime) -> datetime:
        """Return the first time after `now`: a clock that was years behind does not make it count them all."""
        return self.after(now)

    def after(self, moment: datetime) -> datetime:
        """Return the first time after `moment`."""
        following: datetime = self._inner.get_next_fire_time(None, moment.astimezone(ZONE) + _MOMENT)
        return following  # always one: the settings refuse a day that never comes


class Schedule:
    """Calls `ask` for what is due, each time in a thread of its own, which `ask` keeps until the task is done.

    `hear` is told, in any thread, of a task that was not done when it was due, and how. `wall` and `steady` are the
    seconds of a clock that may be set and of one that may not.
    """

    def __init__(
        self,
        ask: Callable[[Task], None],
        hear: Callable[[str, Disturbance], None] = lambda *_: None,
        *,
        wall: Callable[[], float] = time.time,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        logging.getLogger("apscheduler").setLevel(logging.CRITICAL)  # what it would say, the listener says
        self._ask, self._hear, self._wall, self._steady = ask, hear, wall, steady
        self._ahead = wall() - steady()
        self._scheduler = BackgroundScheduler(
            timezone=ZONE,
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
            executors={"default": {"type": "threadpool", "max_workers": len(Task)}},
        )
        self._scheduler.add_listener(self._listen, EVENT_JOB_MISSED | EVENT_JOB_MAX_INSTANCES | EVENT_JOB_ERROR)

    def start(self) -> None:
        """Begin to ask."""
        self._scheduler.start()

    def plan(self, settings: Settings, *, done: Mapping[Task, datetime]) -> None:
        """Set all times anew: a pass now, and soon what was missed since it was last done, as `done` says."""
        now, service = self._now(), settings.service
        often = CronTrigger.from_crontab(service.cron, ZONE) if service.cron else _each(service.every_seconds, now)
        self._add(Task.PASS, FromNow(often), now)
        checkpoint = FromNow(_each(min(_CHECKPOINT_SECONDS, settings.audit.checkpoint_seconds), now))
        self._add(Task.CHECKPOINT, checkpoint, checkpoint.after(now))
        for task, crontab in _crontabs(settings).items():
            self._plan_seldom(task, crontab, done.get(task), now)

    def _plan_seldom(self, task: Task, crontab: str, done: datetime | None, now: datetime) -> None:
        """Plan a task by its crontab; without one it is not done. One that was never done has missed nothing."""
        if crontab:
            trigger = FromNow(CronTrigger.from_crontab(crontab, ZONE))
            missed = done is not None and trigger.after(done) <= now
            soon = now if task is Task.FULL_SCAN else now + _AFTER_THE_START
            self._add(task, trigger, soon if missed else trigger.after(now))
        elif self._scheduler.get_job(task) is not None:
            self._scheduler.remove_job(task)

    def was_set_back(self) -> bool:
        """Look whether the clock was set: forward, then what is due is asked for; back, then plan anew."""
        ahead = self._wall() - self._steady()
        moved, self._ahead = ahead - self._ahead, ahead
        if abs(moved) < _JUMP_SECONDS:
            return False
        log(LogEvent.CLOCK_JUMPED, "warning", seconds=round(moved))
        if moved > 0:
            self._scheduler.wakeup()
        return moved < 0

    def is_behind(self) -> bool:
        """Tell whether a task that was due has not been asked for: then the scheduler does not work any more."""
        late = self._now() - _LATE
        return any(job.next_run_time < late for job in self._scheduler.get_jobs())

    def stop(self) -> None:
        """Ask for nothing more."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    def _add(self, task: Task, trigger: FromNow, first: datetime) -> None:
        self._scheduler.add_job(self._ask, trigger, [task], id=task, replace_existing=True, next_run_time=first)

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._wall(), ZONE)

    def _listen(self, event: JobEvent) -> None:
        """Log and hand on what the scheduler noticed. A task that the end of the service left is no failure."""
        job = event.job_id
        match event.code:
            case code if code == EVENT_JOB_MISSED:
                log(LogEvent.JOB_MISSED, "warning", job=job)
                self._hear(job, Disturbance.MISSED)
            case code if code == EVENT_JOB_MAX_INSTANCES:
                log(LogEvent.JOB_STILL_BUSY, job=job)
                self._hear(job, Disturbance.STILL_BUSY)
            case _ if not isinstance(event.exception, CancelledError):
                log(LogEvent.JOB_FAILED, "error", job=job, error=type(event.exception).__name__)
                self._hear(job, Disturbance.FAILED)


def _crontabs(settings: Settings) -> dict[Task, str]:
    service, backup = settings.service, settings.backup
    return {
        Task.FULL_SCAN: service.full_scan,
        Task.CODE_LISTS: service.code_lists,
        Task.HOUSEKEEPING: service.housekeeping,
        Task.BACKUP: backup.cron if backup.folder is not None else "",
    }


def _each(seconds: int, now: datetime) -> IntervalTrigger:
    return IntervalTrigger(seconds=seconds, start_date=now, timezone=ZONE)
