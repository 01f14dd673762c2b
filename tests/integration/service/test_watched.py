"""The service in this process, looked at over HTTP while it works and while it stands by."""

import http.client
import os
import signal
import socket
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest

from sync_agent import logs
from sync_agent.ledger import exclusive
from sync_agent.logs import keep_log_in, start_log
from sync_agent.service import Manager, Service
from tests.support.houses import House, Houses


def free_port() -> int:
    """Return a port that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def ask(port: int, path: str) -> tuple[int, str]:
    """Return status and text."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", path)
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


@pytest.fixture(autouse=True)
def _log_put_back(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(logs, "_threshold", replace(logs._threshold))
    yield
    keep_log_in(None, max_bytes=10_000, keep=1)


@pytest.fixture
def port() -> int:
    """Return where the service tells how it is."""
    return free_port()


@pytest.fixture
def house(make_house: Houses, port: int) -> House:
    """Return a house that logs into a file."""
    start_log(debug=False)  # as a command begins; a test before may have left it as --debug has it
    extra = f'[service]\nhealth_address = "127.0.0.1:{port}"\n[logs]\nfile = "run.log"\n'
    return make_house(extra=extra)


def interrupt() -> None:
    """Do what Ctrl+C does."""
    os.kill(os.getpid(), signal.SIGINT)


def until_answered(port: int, path: str) -> tuple[int, str]:
    """Ask until somebody listens."""
    while True:
        try:
            return ask(port, path)
        except ConnectionRefusedError:
            continue


def test_a_service_at_work_is_ready_and_falls_silent_with_it(
    house: House, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the midst of a pass; its log is where the settings say, for its owner's eyes only."""
    told: dict[str, tuple[int, str]] = {}

    def looks(*_: object, **__: object) -> None:
        told.update({path: until_answered(port, path) for path in ("/healthz", "/readyz", "/metrics")})
        interrupt()

    monkeypatch.setattr("sync_agent.service.serve.run_pass", looks)
    Service(lambda: nullcontext(house.agent), Manager(None)).run()
    assert (told["/healthz"], told["/readyz"]) == ((200, "ok\n"), (200, "ok\n"))
    assert "\nsync_agent_up 1.0\n" in told["/metrics"][1]
    with pytest.raises(ConnectionRefusedError):
        ask(port, "/healthz")
    log: Path = house.folder / "run.log"
    assert (log.stat().st_mode & 0o777, '"service_started"' in log.read_text("utf-8")) == (0o600, True)


def test_one_that_stands_by_lives_and_is_not_ready(house: House, port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who balances between two sees which one works."""
    told: list[tuple[int, str]] = []

    def sleeps(_: float) -> None:
        told.extend(until_answered(port, path) for path in ("/healthz", "/readyz"))
        interrupt()

    monkeypatch.setattr("sync_agent.service.serve.time.sleep", sleeps)
    with exclusive(house.agent.settings.state, house.agent.ledger.engine):
        Service(lambda: nullcontext(house.reopened().agent), Manager(None)).run()
    assert told == [(200, "ok\n"), (503, "standby\n")]
