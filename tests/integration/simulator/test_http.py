"""The service as an HTTP server: credentials, bodies that make no sense, clients that go away."""

import base64
import json
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from sync_agent.errors import ConfigError
from sync_agent.simulator import SimulatorOptions, SimulatorServer
from sync_agent.simulator.exchange import RESET_ON_CLOSE

Start = Callable[..., Any]
ACCOUNTS = {"accounts": {"H217.01": "secret"}, "tokens": {"lgsp": "token-1"}}


def _ask(action: str, body: bytes) -> bytes:
    head = f"POST /KNTC/{action} HTTP/1.1\r\nAuthorization: Bearer x\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def _raw(sim: Any, request: bytes) -> bytes:
    address = urlsplit(sim.server.url)
    with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
        connection.sendall(request)
        parts = iter(lambda: connection.recv(65536), b"")
        return b"".join(parts)


@pytest.mark.parametrize(
    ("authorization", "status"),
    [
        ("Basic " + base64.b64encode(b"H217.01:secret").decode(), 200),
        ("Bearer token-1", 200),
        ("Basic " + base64.b64encode(b"H217.01:wrong").decode(), 401),
        ("Bearer token-2", 401),
        ("", 401),
    ],
)
def test_credentials_are_checked(start: Start, authorization: str, status: int) -> None:
    """Without the right secret nothing is done and HTTP says so."""
    sim = start(**ACCOUNTS)
    sim.authorization = authorization
    answer = sim.post("CapNhatVuViec", sim.case())
    assert (answer.status, sim.state.counts_by_step()["case"]) == (status, int(status == 200))


def test_the_account_that_created_a_case_is_kept(start: Start) -> None:
    """A case belongs to whoever sent it."""
    sim = start(**ACCOUNTS)
    sim.authorization = "Bearer token-1"
    assert sim.state.case_record(sim.create())["account"] == "lgsp"


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b"a[=1", "application/x-www-form-urlencoded", 400),
        (b"{}", "text/xml", 415),
    ],
)
def test_a_body_that_makes_no_sense(sim: Any, body: bytes, kind: str, status: int) -> None:
    """HTTP says that it was not understood; the answer still has an empty Id and a sentence."""
    answer = sim.request("POST", "/KNTC/CapNhatVuViec", body, Content_Type=kind)
    assert (answer.status, answer.content["Id"], bool(answer.content["Message"])) == (status, "", True)
    assert list(sim.state.bodies()) == [body]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/KNTC/XoaVuViec", 404),
        ("POST", "/", 404),
        ("GET", "/KNTC/CapNhatVuViec", 405),
        ("GET", "/", 404),
        ("DELETE", "/KNTC/CapNhatVuViec", 501),
    ],
)
def test_what_the_service_does_not_offer(sim: Any, method: str, path: str, status: int) -> None:
    """Unknown actions and methods are told by their status and not counted."""
    assert (sim.request(method, path).status, sim.state.request_count()) == (status, 0)


@pytest.mark.parametrize(
    ("header", "status"),
    [
        (b"", b"411"),
        (b"Content-Length: x\r\n", b"411"),
        (b"Transfer-Encoding: chunked\r\n", b"411"),
        (b"Content-Length: 30000001\r\n", b"413"),
    ],
)
def test_a_body_without_a_sensible_length_ends_the_connection(sim: Any, header: bytes, status: bytes) -> None:
    """The server cannot know where the next request begins."""
    answer = _raw(sim, b"POST /KNTC/CapNhatVuViec HTTP/1.1\r\nHost: x\r\n" + header + b"\r\n")
    assert answer.startswith(b"HTTP/1.1 " + status)
    assert b"Connection: close" in answer


def test_one_connection_serves_many_requests(sim: Any) -> None:
    """The connection is kept alive after answers, refusals and errors."""
    sim.create("T1")
    before = sim.connection.sock
    sim.request("POST", "/KNTC/X", b"{}")
    sim.request("POST", "/KNTC/CapNhatVuViec", b"{")
    sim.create("T2")
    assert sim.connection.sock is before


def test_an_idle_connection_is_closed(start: Start) -> None:
    """After the time the options give, the server goes first."""
    sim = start(keepalive=0.05)
    assert _raw(sim, b"") == b""


def test_a_client_that_goes_away_in_the_middle_of_a_body_is_forgotten(
    sim: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    """Nothing is processed, nothing is printed, the next client is served."""
    address = urlsplit(sim.server.url)
    with socket.create_connection((address.hostname, address.port)) as connection:
        connection.sendall(b"POST /KNTC/CapNhatVuViec HTTP/1.1\r\nContent-Length: 100\r\n\r\n{")
    assert sim.create()
    assert (sim.state.request_count(), capfd.readouterr()) == (1, ("", ""))


def test_a_client_that_does_not_wait_for_the_answer_is_forgotten(
    start: Start, capfd: pytest.CaptureFixture[str]
) -> None:
    """A reset by the client is not an error of the simulator."""
    sim = start(faults=["latency=30ms"])
    address = urlsplit(sim.server.url)
    with socket.create_connection((address.hostname, address.port)) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        connection.sendall(_ask("TraDanhMuc", b"{}"))
    deadline = time.monotonic() + 10
    while sim.state.request_count() == 0 and time.monotonic() < deadline:
        time.sleep(0.01)
    sim.server.stop()
    assert capfd.readouterr() == ("", "")


def test_stopping_does_not_wait_for_a_client_that_does_not_read(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer nobody fetches is cut off after a while."""
    monkeypatch.setattr("sync_agent.simulator.server._FINISH_SECONDS", 0.05)
    sim = start()
    sim.create("T1", NoiDungDon="Đất đai " * 1_000_000)
    address = urlsplit(sim.server.url)
    with socket.create_connection((address.hostname, address.port)) as connection:
        connection.sendall(_ask("TraThongTinDon", '{"NoiDung": "Đất đai"}'.encode()))
        assert connection.recv(9) == b"HTTP/1.1 "
        sim.server.stop()
    assert sim.state.request_count() == 2


def _visit(options: SimulatorOptions) -> None:
    with SimulatorServer(options) as server:
        address = urlsplit(server.url)
        with socket.create_connection((address.hostname, address.port)) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\n\r\n")
            assert connection.recv(1) == b""


def test_a_mistake_of_the_simulator_itself_is_not_swallowed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """It is printed, and raised when the simulator stops."""

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("sync_agent.simulator.exchange.Exchange.do_GET", broken)
    with pytest.raises(ZeroDivisionError):
        _visit(SimulatorOptions(tmp_path / "n.db"))
    assert "ZeroDivisionError" in capfd.readouterr().err


def test_a_mistake_of_the_simulator_is_raised_by_stop_too(
    start: Start, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Tests that start and stop by hand see it as well."""
    sim = start()
    monkeypatch.setattr("sync_agent.simulator.exchange.Exchange.do_GET", lambda _: 1 / 0)
    with pytest.raises(ConnectionError):
        sim.request("GET", "/")
    with pytest.raises(ZeroDivisionError):
        sim.server.stop()
    assert "ZeroDivisionError" in capfd.readouterr().err


def test_starting_twice_is_a_mistake(sim: Any) -> None:
    """A simulator runs once at a time."""
    with pytest.raises(RuntimeError, match="already running"):
        sim.server.start()


def test_stopping_twice_is_not(sim: Any) -> None:
    """The second stop has nothing to do."""
    sim.server.stop()
    sim.server.stop()


def test_a_port_that_is_taken_is_one_clear_line(sim: Any, tmp_path: Path) -> None:
    """The line names address and reason, and the database is closed again."""
    port = urlsplit(sim.server.url).port
    with pytest.raises(ConfigError, match=f"cannot listen on 127.0.0.1:{port}"):
        SimulatorServer(SimulatorOptions(tmp_path / "other.db", port=port or 0)).start()


def test_the_faults_page_takes_no_unknown_path(sim: Any) -> None:
    """Only one path of the admin surface exists."""
    assert sim.request("POST", "/_simulator/other", json.dumps({}).encode()).status == 404
