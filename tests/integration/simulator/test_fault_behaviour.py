"""Every fault, as a client meets it and as the service has counted it."""

import http.client
import json
import time
from collections.abc import Callable
from typing import Any

import pytest

Start = Callable[..., Any]


def _wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize(
    ("fault", "error", "committed"),
    [
        ("lost", http.client.RemoteDisconnected, 1),
        ("lost-before", http.client.RemoteDisconnected, 0),
        ("reset", ConnectionResetError, 0),
        ("reset-after", ConnectionResetError, 1),
        ("truncated", http.client.IncompleteRead, 1),
    ],
)
def test_a_connection_that_breaks(start: Start, fault: str, error: type[Exception], committed: int) -> None:
    """The client cannot tell whether the service has done what was asked; the service can."""
    sim = start(faults=[f"{fault}:count=1"])
    with pytest.raises(error) as caught:
        sim.post("CapNhatVuViec", sim.case())
    assert caught.type is error
    assert sim.state.counts_by_step()["case"] == committed


@pytest.mark.parametrize(
    ("fault", "status", "kind", "committed"),
    [
        ("503", 503, "text/html", 0),
        ("500", 500, "text/html", 0),
        ("500-after", 500, "text/html", 1),
        ("404", 404, "text/html", 0),
        ("html", 200, "text/html", 0),
        ("html-after", 200, "text/html", 1),
        ("empty", 200, "application/json", 1),
        ("empty-before", 200, "application/json", 0),
        ("garbled", 200, "application/json", 1),
        ("text", 200, "text/plain", 1),
        ("single", 200, "application/json", 1),
        ("refuse", 200, "application/json", 0),
    ],
)
def test_an_answer_that_is_not_as_agreed(start: Start, fault: str, status: int, kind: str, committed: int) -> None:
    """Status and type are what the fault says, and the case is there only when it was committed."""
    sim = start(faults=[fault])
    answer = sim.post("CapNhatVuViec", sim.case())
    assert (answer.status, answer.headers.get_content_type()) == (status, kind)
    assert sim.state.counts_by_step()["case"] == committed


def test_an_empty_answer_has_no_byte(start: Start) -> None:
    """Status 200 and nothing else."""
    sim = start(faults=["empty"])
    assert sim.post("CapNhatVuViec", sim.case()).raw == b""


def test_a_garbled_answer_is_no_json(start: Start) -> None:
    """Its length fits, its content does not."""
    sim = start(faults=["garbled"])
    answer = sim.post("CapNhatVuViec", sim.case())
    with pytest.raises(json.JSONDecodeError):
        json.loads(answer.raw)


def test_an_answer_may_be_encoded_once(start: Start) -> None:
    """One decoding gives the object."""
    sim = start(faults=["single"])
    case_id = json.loads(sim.post("CapNhatVuViec", sim.case()).raw)["Id"]
    assert sim.state.ids() == {case_id}


def test_a_status_may_ask_for_patience(start: Start) -> None:
    """The header tells how long."""
    sim = start(faults=["429:retry-after=7,count=1"])
    assert sim.post("TraDanhMuc", {"LoaiDanhMuc": 1}).headers["Retry-After"] == "7"
    assert sim.post("TraDanhMuc", {"LoaiDanhMuc": 1}).headers["Retry-After"] is None


def test_a_token_may_run_out(start: Start) -> None:
    """After some requests the credentials are not taken for a while, with the header that belongs to it."""
    sim = start(faults=["401:after=2,count=1"])
    answers = [sim.post("TraDanhMuc", {"LoaiDanhMuc": 1}) for _ in range(4)]
    assert [answer.status for answer in answers] == [200, 200, 401, 200]
    assert answers[2].headers["WWW-Authenticate"].startswith("Basic")


@pytest.mark.parametrize(
    ("action", "content", "text"),
    [
        ("CapNhatVuViec", None, "Không xác thực được thông tin công dân Nguyễn Văn Thử"),
        ("TraThongTinDon", {"TenNguoiKhieuNai": "Lê Thử"}, "Không xác thực được thông tin công dân Lê Thử"),
        ("TraDanhMuc", {"LoaiDanhMuc": 1}, "Không xác thực được thông tin công dân không xác định"),
    ],
)
def test_a_refusal_may_quote_a_name(start: Start, action: str, content: Any, text: str) -> None:
    """What the service says may hold what must not be kept."""
    sim = start(faults=["refuse=name"])
    assert sim.ask(action, content or sim.case()) == {"Id": "", "Message": text}


def test_an_update_may_be_answered_with_another_id(start: Start) -> None:
    """The record keeps its Id; the answer names one that no record has."""
    sim = start()
    case_id = sim.create()
    sim.server.set_faults(["other-id"])
    answer = sim.ask("CapNhatVuViec", sim.update(case_id))
    assert answer["Id"] not in {"", case_id}
    assert sim.state.ids() == {case_id}


def test_a_refusal_stays_a_refusal_whatever_the_id(start: Start) -> None:
    """An empty Id is not replaced."""
    sim = start(faults=["other-id"])
    assert sim.ask("CapNhatVuViec", sim.case(NoiDungDon=""))["Id"] == ""


def test_reading_suffers_too(start: Start) -> None:
    """Without a route a fault meets every action."""
    sim = start(faults=["503"])
    assert sim.post("TraThongTinDon", {"NoiDung": "x"}).status == 503


def test_a_route_spares_the_others(start: Start) -> None:
    """A fault of one action leaves the others alone."""
    sim = start(faults=["503@TraDanhMuc"])
    assert (sim.post("TraDanhMuc", {"LoaiDanhMuc": 1}).status, bool(sim.create())) == (503, True)


def test_a_late_answer_is_committed_all_the_same(start: Start) -> None:
    """A client that did not wait has a case it does not know of."""
    sim = start(faults=["latency=100ms:count=1"])
    sim.connection.timeout = 0.02
    with pytest.raises(TimeoutError):
        sim.post("CapNhatVuViec", sim.case())
    _wait_until(lambda: sim.state.counts_by_step()["case"] == 1)


def test_a_delay_passes_and_the_answer_comes(start: Start) -> None:
    """Latency alone changes nothing."""
    sim = start(faults=["latency=1ms..5ms"])
    assert sim.create()


def test_stopping_does_not_wait_for_a_delay(start: Start) -> None:
    """A request that is being delayed when the simulator stops is dropped unprocessed."""
    sim = start(faults=["latency=60s"])
    sim.connection.request("POST", "/KNTC/TraDanhMuc", b"{}", {"Content-Type": "application/json"})
    _wait_until(lambda: sim.server.faults_acted() == [("latency=60s", 1)])
    sim.server.stop()
    assert sim.state.request_count() == 0
    with pytest.raises(ConnectionError):
        sim.connection.getresponse()


@pytest.mark.parametrize("fault", ["lost", "reset", "503", "html", "refuse"])
def test_every_body_that_came_is_kept(start: Start, fault: str) -> None:
    """Whatever becomes of a request, its body has left the client and can be searched."""
    sim = start(faults=[fault])
    try:
        sim.post("CapNhatVuViec", sim.case("T7"))
    except OSError:
        sim.connection.close()
    assert [b"T7" in body for body in sim.state.bodies()] == [True]


def test_faults_can_be_changed_while_it_runs(start: Start) -> None:
    """A new plan begins to count anew."""
    sim = start(faults=["503"])
    assert sim.post("TraDanhMuc", {"LoaiDanhMuc": 1}).status == 503
    sim.server.set_faults(["429:count=1"], seed=3)
    statuses = [sim.post("TraDanhMuc", {"LoaiDanhMuc": 1}).status for _ in range(2)]
    assert (statuses, sim.server.faults_acted()) == ([429, 200], [("429:count=1", 1)])


def test_faults_can_be_changed_over_http(sim: Any) -> None:
    """The answer tells the plan in force."""
    body = json.dumps({"faults": ["503:count=1"], "seed": 4}).encode()
    changed = sim.request("POST", "/_simulator/faults", body, Content_Type="application/json")
    assert (changed.status, json.loads(changed.raw)) == (200, {"faults": [{"fault": "503:count=1", "acted": 0}]})
    assert sim.post("TraDanhMuc", {"LoaiDanhMuc": 1}).status == 503
    shown = sim.request("GET", "/_simulator/faults")
    assert json.loads(shown.raw) == {"faults": [{"fault": "503:count=1", "acted": 1}]}


@pytest.mark.parametrize(
    ("body", "kind", "error"),
    [
        (b'{"faults": ["lots"]}', "application/json", "there is no fault 'lots'"),
        (b'{"faults": "lost"}', "application/json", "must be a list of words"),
        (b'{"faults": [1]}', "application/json", "must be a list of words"),
        (b"[]", "application/json", "must be a list of words"),
        (b'{"faults": [], "seed": "x"}', "application/json", "the seed must be a whole number"),
        (b"{", "application/json", "not valid JSON"),
        (b'{"faults": []}', "text/plain", "must come as application/json"),
    ],
)
def test_a_wrong_change_leaves_the_faults_as_they_are(start: Start, body: bytes, kind: str, error: str) -> None:
    """The answer is the line that says what is wrong."""
    sim = start(faults=["503"])
    answer = sim.request("POST", "/_simulator/faults", body, Content_Type=kind)
    assert answer.status == 400
    assert error in json.loads(answer.raw)["error"]
    assert sim.server.faults_acted() == [("503", 0)]


def test_only_this_machine_may_change_the_faults(sim: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A caller from elsewhere is turned away."""
    monkeypatch.setattr("ipaddress.IPv4Address.is_loopback", False)
    answer = sim.request("POST", "/_simulator/faults", b'{"faults": ["503"]}', Content_Type="application/json")
    assert (answer.status, sim.server.faults_acted()) == (403, [])
