"""`sync-agent run` as a process: what its manager hears, what signals do, who takes over."""

import json
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.managers import FakeManager
from tests.support.stations import Station

IDLE = "STATUS=waits for the next pass"
TAKEN_OVER_WITHIN = 15


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[FakeManager]:
    """Yield what stands in for systemd."""
    fake = FakeManager(tmp_path / "notify")
    yield fake
    fake.close()


@pytest.fixture
def house(signed: Station) -> Station:
    """Return an installation whose service makes a pass every second."""
    signed.configure(every_seconds="1")
    return signed


def begin(house: Station, manager: FakeManager | None = None) -> "subprocess.Popen[str]":
    """Start a service."""
    base = house.environment
    house.environment = {**base, "NOTIFY_SOCKET": manager.address} if manager else base
    process = house.begin("run")
    house.environment = base
    return process


def ended(process: "subprocess.Popen[str]") -> tuple[int, str, list[str]]:
    """Return exit code, stdout and the events in the log of a service that ends."""
    out, err = process.communicate(timeout=60)
    return process.returncode, out, [json.loads(line)["event"] for line in err.splitlines()]


def after_two_passes(manager: FakeManager) -> None:
    """Wait for two more passes than have ended so far."""
    manager.wait_for(IDLE, times=manager.drain().count(IDLE) + 2)


def test_a_service_from_its_start_to_its_end(house: Station, manager: FakeManager) -> None:
    """Ready; passes; a `sync` by hand stands back; settings are read anew or refused; told to end, it ends well."""
    process = begin(house, manager)
    manager.wait_for("READY=1")
    manager.wait_for(IDLE, times=2)  # one when it is ready, one after a pass
    sent = house.states()["acknowledged"]
    by_hand = house.agent("sync")
    lock = next(each for each in house.agent("--json", "check").document["checks"] if each["subject"] == "lock")

    house.edit("agent.toml", "every_seconds = 1\n", "every_second = 1\n")
    process.send_signal(signal.SIGHUP)
    after_two_passes(manager)
    refused = house.select("SELECT count(*) FROM audit_leaf WHERE event = 'configuration_refused'")
    house.edit("agent.toml", "every_second = 1\n", "every_seconds = 1\n")
    process.send_signal(signal.SIGHUP)
    after_two_passes(manager)

    process.send_signal(signal.SIGTERM)
    code, out, log = ended(process)
    told = manager.drain()
    assert sent > 0
    assert (by_hand.complaint, lock["verdict"]) == ((5, "", 1), "ok")
    assert refused == [(1,)]
    assert (code, out, log[0], log[-1]) == (0, "", "service_started", "service_stopped")
    assert [log.count(event) for event in ("configuration_refused", "configuration_read")] == [1, 1]
    assert ("WATCHDOG=1" in told, "STOPPING=1" in told, told.index("READY=1") < told.index(IDLE)) == (True, True, True)
    assert house.select("SELECT reason FROM audit_checkpoint ORDER BY number DESC LIMIT 1") == [("stop",)]


def test_told_to_end_while_it_sends_a_service_records_what_is_in_flight(house: Station, manager: FakeManager) -> None:
    """Within half a minute, and nothing goes up twice."""
    house.national.faults("latency=60ms..200ms")
    process = begin(house, manager)
    house.in_flight(process, more=8)
    begun = time.monotonic()
    process.send_signal(signal.SIGTERM)
    code, _, log = ended(process)
    took = time.monotonic() - begun
    assert (code, log[-1], took < 30) == (0, "service_stopped", True)
    assert "in_flight" not in house.states()
    assert house.acknowledged() == house.national.state.ids()
    assert house.select("SELECT result FROM run ORDER BY id DESC LIMIT 1") == [("interrupted",)]
    assert house.national.state.duplicates() == []


def test_a_second_service_takes_over_when_the_first_is_killed(house: Station, manager: FakeManager) -> None:
    """Within fifteen seconds, with an epoch of its own; what the first had sent is not sent again."""
    house.national.faults("latency=60ms..200ms")
    first = begin(house)
    house.in_flight(first, more=4)
    second = begin(house, manager)
    manager.wait_for("STATUS=stands by: another instance holds the ledger")
    (epoch,) = house.select("SELECT epoch FROM environment")
    first.send_signal(signal.SIGKILL)
    first.communicate()
    waited = manager.wait_for("READY=1")
    (after,) = house.select("SELECT epoch FROM environment")
    manager.wait_for(IDLE, times=2)
    second.send_signal(signal.SIGTERM)
    code, _, log = ended(second)
    assert (waited < TAKEN_OVER_WITHIN, after[0] - epoch[0]) == (True, 1)
    assert (code, log[0], log[-1]) == (0, "service_stands_by", "service_stopped")
    assert house.national.state.duplicates() == []
