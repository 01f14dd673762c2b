"""Tasks that are seldom done: when they are due, and when one that was missed is made up for."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sync_agent.service import Schedule, Task
from sync_agent.settings import AuditSection, BackupSection, ServiceSection, Settings

NOW = datetime(2026, 11, 2, 3, 0, tzinfo=UTC)  # Monday, ten in the morning in Viet Nam


@pytest.fixture
def schedule() -> Iterator[Schedule]:
    """Yield a schedule that asks for nothing, as its scheduler looks at nothing."""
    made = Schedule(lambda _: None, wall=NOW.timestamp, steady=lambda: 0.0)
    made._scheduler.start(paused=True)
    yield made
    made.stop()


def due(schedule: Schedule, *, done: dict[Task, datetime] | None = None, **changed: Any) -> dict[str, datetime]:
    """Return when each task is due after planning by these settings."""
    backup = BackupSection(folder=Path("backups"))
    settings = {"service": ServiceSection(), "audit": AuditSection(), "backup": backup} | changed
    schedule.plan(Settings.model_construct(**settings), done=done or {})
    return {job.id: job.next_run_time.astimezone(UTC) for job in schedule._scheduler.get_jobs()}


def test_each_has_its_hour_in_viet_nam(schedule: Schedule) -> None:
    """At night, the lists on Sundays; nothing was missed that was never done."""
    found = due(schedule)
    assert found[Task.BACKUP] == datetime(2026, 11, 2, 18, 30, tzinfo=UTC)
    assert found[Task.HOUSEKEEPING] == datetime(2026, 11, 2, 20, 0, tzinfo=UTC)
    assert found[Task.CODE_LISTS] == datetime(2026, 11, 7, 20, 30, tzinfo=UTC)


@pytest.mark.parametrize("task", [Task.BACKUP, Task.HOUSEKEEPING, Task.CODE_LISTS])
def test_one_that_was_missed_is_made_up_for_after_passes_had_their_time(schedule: Schedule, task: Task) -> None:
    """The machine was off; what hangs must not keep everything else from being done."""
    assert due(schedule, done={task: NOW - timedelta(days=8)})[task] == NOW + timedelta(minutes=5)


@pytest.mark.parametrize("task", [Task.BACKUP, Task.HOUSEKEEPING, Task.CODE_LISTS])
def test_one_that_was_not_missed_waits_for_its_hour(schedule: Schedule, task: Task) -> None:
    """A restart changes nothing."""
    assert due(schedule, done={task: NOW - timedelta(hours=2)}) == due(schedule)


def test_each_can_be_left_out_again(schedule: Schedule) -> None:
    """By other settings."""
    due(schedule)
    left = due(schedule, service=ServiceSection(code_lists="", housekeeping="", full_scan=""), backup=BackupSection())
    assert set(left) == {Task.PASS, Task.CHECKPOINT}
