"""What systemd is told."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sync_agent.service import Manager
from tests.support.managers import FakeManager


@pytest.fixture
def fake(tmp_path: Path) -> Iterator[FakeManager]:
    """Yield a manager that listens."""
    fake = FakeManager(tmp_path / "notify")
    yield fake
    fake.close()


def test_each_thing_is_one_line_of_the_protocol(fake: FakeManager) -> None:
    """As sd_notify(3) has them."""
    manager = Manager.of({"NOTIFY_SOCKET": fake.address})
    manager.ready()
    manager.say("reads\nlocal  cases")
    manager.alive()
    manager.extend(1.5)
    manager.stopping()
    manager.close()
    told = ["READY=1", "STATUS=reads local cases", "WATCHDOG=1", "EXTEND_TIMEOUT_USEC=1500000", "STOPPING=1"]
    assert fake.drain() == told


def test_signs_of_life_are_not_repeated_within_a_second(fake: FakeManager) -> None:
    """A pass commits far more often."""
    manager = Manager.of({"NOTIFY_SOCKET": fake.address})
    for _ in range(50):
        manager.alive()
    manager.close()
    assert fake.drain() == ["WATCHDOG=1"]


@pytest.mark.parametrize("environment", [{}, {"NOTIFY_SOCKET": "gone"}], ids=["none", "gone"])
def test_work_goes_on_without_a_manager(environment: dict[str, str], tmp_path: Path) -> None:
    """Started by hand, or when the manager has gone away."""
    manager = Manager.of({name: str(tmp_path / value) for name, value in environment.items()})
    manager.ready()
    manager.close()
    manager.alive()
