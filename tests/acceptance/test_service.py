"""`sync-agent run` as a process: what its manager hears, what signals do, who takes over."""

import json
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.managers import FakeManager
from tests.support.stations import Process, Station

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


def begin(house: Station, manager: FakeManager | None = None) -> Process:
    """Start a service."""
    base = house.environment
    house.environment = {**base, "NOTIFY_SOCKET": manager.address} if manager else base
    process = house.begin("run")
    house.environment = base
    return process


def ended(process: Process) -> tuple[int, str, list[str]]:
    """Return exit code, stdout and the events in the log of a service that ends."""
    out, err = process.communicate(timeout=60)
    return process.wait(), out, [json.loads(line)["event"] for line in err.splitlines()]


def after_two_passes(manager: FakeManager) -> None:
    """Wait for two more passes than have ended so far."""
    manager.wait_for(IDLE, times=manager.drain().count(IDLE) + 2)


def test_a_service_from_its_start_to_its_end(house: Station, manager: FakeManager) -> None:
    """Ready; passes; settings are read anew or refused; told to end, it ends well."""
    process = begin(house, manager)
    manager.wait_for("READY=1")
    manager.wait_for(IDLE, times=2)  # one when it is ready, one after a pass
    sent = house.states()["acknowledged"]
    checks = house.agent("--json", "check", "--offline").document["checks"]
    lock = next(each for each in checks if each["subject"] == "lock")

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
    assert lock["verdict"] == "ok"
    assert refused == [(1,)]
    assert (code, out, "service_started" in log, log[-1]) == (0, "", True, "service_stopped")
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
    assert (code, "service_stands_by" in log, log[-1]) == (0, True, "service_stopped")
    assert house.national.state.duplicates() == []


def test_what_people_ask_while_it_runs_is_done_by_the_service(house: Station, manager: FakeManager) -> None:
    """A pass, a rejected hold and a wrong word, each with the exit code of its command; all three in the audit log."""
    process = begin(house, manager)
    manager.wait_for("READY=1")
    manager.wait_for(IDLE, times=2)
    synced = house.agent("--json", "sync")
    hold = house.agent("--json", "holds", "list", "--limit", "1").records[0]
    words = ("holds", "reject", hold["case"], "--rule", hold["rule"], "--reason", "wrong_content")
    rejected = house.agent("--json", *words)
    wrong = house.agent("cases", "resolve", house.an_open_case(), "--step", "case", "--not-arrived")
    process.send_signal(signal.SIGTERM)
    code, _, log = ended(process)
    assert (code, log[-1]) == (0, "service_stopped")
    assert (synced.code in {0, 1}, rejected.code, rejected.document["rejected"] > 0) == (True, 0, True)
    assert (wrong.code, wrong.out) == (2, "")
    assert "neither uncertain nor in doubt" in wrong.err
    assert house.select("SELECT kind, state FROM request ORDER BY id") == [
        ("sync", "done"),
        ("reject", "done"),
        ("resolve", "failed"),
    ]
    assert house.select("SELECT count(*) FROM audit_leaf WHERE event = 'request_taken'") == [(3,)]
    assert house.agent("--quiet", "audit", "verify").code in {0, 1}


def test_a_request_whose_service_is_killed_is_not_done_twice(house: Station, manager: FakeManager) -> None:
    """What had begun ends as interrupted, by the standby that takes over; what it had sent is not sent again."""
    house.configure(every_seconds="3600")
    house.national.stop()
    first = begin(house, manager)
    manager.wait_for("READY=1")
    until = time.monotonic() + 60
    while not house.select("SELECT id FROM run WHERE ended_at IS NOT NULL"):  # the first pass could send nothing
        assert time.monotonic() < until
        time.sleep(0.1)
    house.national.start("latency=60ms..200ms")
    second = begin(house)
    asked = house.begin("sync")
    house.in_flight(asked, more=4)
    first.send_signal(signal.SIGKILL)
    first.communicate()
    asked.communicate(timeout=60)
    second.send_signal(signal.SIGTERM)
    ended(second)
    assert asked.wait() == 5
    assert house.select("SELECT kind, state FROM request") == [("sync", "failed")]
    assert house.national.state.duplicates() == []
