"""The simulator as a process of its own: started, told to stop, killed, started again."""

import http.client
import itertools
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from sync_agent.simulator import SimulatorOptions, SimulatorState, serve
from sync_agent.simulator.__main__ import main

Run = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    """Start a process of the simulator with the words given; whatever still runs at the end is killed."""
    processes: list[subprocess.Popen[str]] = []

    def started(*words: str, **environment: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "sync_agent.simulator", "--db", str(tmp_path / "national.db"), *words],
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        processes.append(process)
        return process

    yield started
    for process in processes:
        if process.poll() is None:
            process.kill()
        process.communicate()


def _address(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    word, url = process.stdout.readline().split()
    assert word == "ready"
    return url


def _create(url: str, token: str) -> str:
    address = urlsplit(url)
    connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=10)
    case = {
        "VuViec": {"NgayNhapDon": "01/02/2026"},
        "NguoiKNTC": {"LoaiNguoiKNTC": 1, "DataNguoiKNTC": [{"HoTen": "Nguyễn Văn Thử"}]},
        "NoiDungDon": f"Nội dung\nMã liên thông: {token}",
        "CoQuanTiepNhan": "H217.01",
    }
    headers = {"Content-Type": "application/json", "Authorization": "Bearer token-1"}
    connection.request("POST", "/KNTC/CapNhatVuViec", json.dumps(case).encode(), headers)
    answer: dict[str, str] = json.loads(json.loads(connection.getresponse().read()))
    connection.close()
    return answer["Id"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_process_stops_cleanly_when_told_to(run: Run, tmp_path: Path, number: signal.Signals) -> None:
    """It says when it is ready, ends with 0, prints nothing else, and leaves no files beside its database."""
    process = run("--token", "lgsp:SIMULATOR_TOKEN", SIMULATOR_TOKEN="token-1")
    _create(_address(process), "T1")
    process.send_signal(number)
    assert (process.communicate(timeout=20), process.returncode) == (("", ""), 0)
    assert [path.name for path in tmp_path.iterdir()] == ["national.db"]


def test_what_was_answered_survives_a_kill(run: Run, tmp_path: Path) -> None:
    """After kill -9 in the middle of requests the state can be read at once, and a new process goes on with it."""
    first = run()
    url = _address(first)
    answered: dict[str, str] = {}

    def work(prefix: str) -> None:
        with suppress(OSError, http.client.HTTPException):
            for number in itertools.count():
                answered[f"{prefix}{number}"] = _create(url, f"{prefix}{number}")
                if number == 20:
                    first.kill()

    workers = [threading.Thread(target=work, args=(prefix,)) for prefix in "AB"]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    first.wait()
    state = SimulatorState(tmp_path / "national.db")
    assert len(answered) > 20
    assert {token: state.cases()[token] for token in answered} == answered
    answered["C"] = _create(_address(run()), "C")
    assert state.cases()["C"] == answered["C"]
    assert state.duplicates() == []


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["--fault", "lots"], "--fault lots: there is no fault 'lots' - did you mean 'lost'?"),
        (
            ["--capability", "link"],
            "--capability: 'link' is not of the form NAME=VALUE - name and value are both needed",
        ),
        (
            ["--account", "a:NO_SUCH"],
            "--account: the environment variable 'NO_SUCH' is not set - put the secret of account 'a' into it",
        ),
    ],
)
def test_a_wrong_option_is_one_clear_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], line: str
) -> None:
    """Exit code 2 and nothing on standard output."""
    assert main(["--db", str(tmp_path / "n.db"), *words]) == 2
    assert capsys.readouterr() == ("", line + "\n")


def test_serving_in_this_process_puts_the_signal_handlers_back(tmp_path: Path) -> None:
    """A command that serves and then goes on is interrupted as before."""
    before = signal.getsignal(signal.SIGTERM)
    urls: list[str] = []

    def ready(url: str) -> None:
        urls.append(url)
        threading.Timer(0.01, os.kill, (os.getpid(), signal.SIGTERM)).start()

    serve(SimulatorOptions(tmp_path / "n.db"), ready)
    assert (len(urls), signal.getsignal(signal.SIGTERM)) == (1, before)


def test_the_command_serves_until_it_is_interrupted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every option reaches the simulator, and the exit code is 0."""
    seen: list[Any] = []
    monkeypatch.setattr("sync_agent.simulator.__main__.serve", seen.append)
    monkeypatch.setenv("SIMULATOR_PASSWORD", "secret")
    words = "--port 8 --fault lost --capability link=on --account a:SIMULATOR_PASSWORD --seed 5 --forget-bodies"
    assert main(["--db", str(tmp_path / "n.db"), *words.split(), "--keepalive", "2"]) == 0
    assert seen == [
        SimulatorOptions(
            tmp_path / "n.db",
            port=8,
            faults=("lost",),
            capabilities={"link": "on"},
            accounts={"a": "secret"},
            seed=5,
            keep_bodies=False,
            keepalive=2.0,
        )
    ]
    assert capsys.readouterr() == ("", "")
