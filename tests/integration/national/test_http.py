"""The transport against a real server on this machine."""

import base64
import hashlib
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import Random
from typing import Any, BinaryIO, Literal

import pytest

from sync_agent.domain.steps import Step
from sync_agent.national import (
    Accepted,
    AccountSettings,
    FileChangedError,
    NotProcessed,
    Outcome,
    TransportSettings,
    Unknown,
    WireFile,
    WireRequest,
    load_contract,
    open_gateway,
)
from sync_agent.national.encoding import encode

FOLDER = Path(__file__).parents[3] / "schemas" / "kntc"
REQUEST = WireRequest(Step.CASE, "CapNhatVuViec", update=False, body={"NoiDungDon": "x"})
ANSWER = b'"{\\"Id\\":\\"SIM-1\\",\\"Message\\":\\"\\"}"'
Answer = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def serving(answer: Answer) -> Iterator[int]:
    """Serve POST with `answer` and give the port."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            answer(self)

        def log_message(self, *arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def send(tmp_path: Path) -> Callable[..., Outcome]:
    """Return what sends one message to a port of this machine."""
    secret = tmp_path / "secret"
    secret.write_text("s", encoding="utf-8")
    secret.chmod(0o400)

    def _send(
        port: int, *, production: bool = False, request: WireRequest = REQUEST, **settings: float | str
    ) -> Outcome:
        transport = TransportSettings.model_validate(
            {
                "base_url": f"http://127.0.0.1:{port}",
                "plain_http_host": "127.0.0.1",
                "plain_http_reason": "test",
                "tries": 1,
                **settings,
            }
        )
        account = AccountSettings(alias="a", agencies=("H1",), username="u", secret_file=Path("secret"))
        gateway = open_gateway(
            load_contract(FOLDER, {}), transport, [account], tmp_path, workers=1, production=production
        )
        try:
            return gateway.send(request, "a")
        finally:
            gateway.close()

    return _send


Send = Callable[..., Outcome]


def _json(handler: BaseHTTPRequestHandler, body: bytes = ANSWER, length: int | None = None) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", str(len(body) if length is None else length))
    handler.end_headers()
    handler.wfile.write(body)
    if length is not None:
        handler.close_connection = True


def _reset(handler: BaseHTTPRequestHandler) -> None:
    handler.connection.shutdown(socket.SHUT_RDWR)
    handler.close_connection = True


def test_a_message_arrives_and_is_accepted(send: Send) -> None:
    """Over a real connection, in the demo."""
    with serving(_json) as port:
        assert send(port) == Accepted("SIM-1", 200, ANSWER)


def test_a_simulator_cannot_be_mistaken_for_production(send: Send) -> None:
    """Its Id never reaches the ledger."""
    with serving(_json) as port:
        assert send(port, production=True) == Unknown("foreign_id", 200, ANSWER)


def test_nobody_listening_is_surely_not_processed(send: Send) -> None:
    """The connection is refused before a byte."""
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        port = reserved.getsockname()[1]

    assert send(port) == NotProcessed("connect_error")


def test_a_connection_that_ends_without_an_answer_is_unknown(send: Send) -> None:
    """The server had read the whole request."""
    with serving(_reset) as port:
        assert isinstance(send(port), Unknown)


def test_an_answer_that_is_cut_off_is_unknown(send: Send) -> None:
    """Fewer bytes than announced."""
    with serving(lambda handler: _json(handler, ANSWER[:10], len(ANSWER))) as port:
        assert send(port) == Unknown("remote_protocol_error")


def test_an_answer_that_does_not_come_is_unknown(send: Send) -> None:
    """The wait ends, the doubt stays."""
    done = threading.Event()

    def silent(handler: BaseHTTPRequestHandler) -> None:
        done.wait(5)
        handler.close_connection = True

    with serving(silent) as port:
        outcome = send(port, read_seconds=0.1)
        done.set()

    assert outcome == Unknown("read_timeout")


# files


@dataclass
class Received:
    """What the server got of one request: its headers, and as much of its body as came."""

    headers: dict[str, str]
    body: bytes


class Files:
    """A file that goes up, and a server that keeps what comes of it."""

    def __init__(self, path: Path, size: int) -> None:
        self.path = path
        path.write_bytes(Random(1).randbytes(size))  # noqa: S311 - nothing secret
        self.digest = hashlib.sha256(path.read_bytes()).hexdigest()
        self.received: list[Received] = []
        self.opened = 0
        self.while_it_comes: Callable[[], object] = lambda: None

    def request(self) -> WireRequest:
        """Return a request that carries the file."""

        def opener() -> BinaryIO:
            self.opened += 1
            return self.path.open("rb")

        file = WireFile(("Attachment", 0, "FileDinhKem"), self.digest, None, opener)
        body = {"NoiDungDon": "x", "Attachment": [{"TenHoSo": "đơn", "FileDinhKem": ""}], "CoQuanTiepNhan": "H1"}
        return WireRequest(Step.CASE, "CapNhatVuViec", update=False, body=body, files=(file,))

    def take(self, handler: BaseHTTPRequestHandler) -> None:
        """Read a request to its end, or to the end of what comes."""
        left, body = int(handler.headers["Content-Length"]), bytearray()
        with suppress(ConnectionResetError):
            while left and (part := handler.connection.recv(min(left, 65536))):
                body += part
                left -= len(part)
                act, self.while_it_comes = self.while_it_comes, lambda: None
                act()
        self.received.append(Received(dict(handler.headers), bytes(body)))

    @property
    def whole(self) -> dict[str, Any]:
        """The body as it should arrive."""
        request = self.request()
        request.body["Attachment"][0]["FileDinhKem"] = base64.b64encode(self.path.read_bytes()).decode()
        return request.body


@contextmanager
def taking(files: Files, answer: Answer) -> Iterator[int]:
    """Serve POST and give the port; the body is left to `files`."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        rbufsize = 0  # nothing of a body is read with its headers

        def do_POST(self) -> None:
            files.take(self)
            answer(self)

        def log_message(self, *arguments: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = False  # what came is known when all of them have ended

        def handle_error(self, request: Any, client_address: Any) -> None:
            """Say nothing: that a client left is what some tests are about."""

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize("form", ["json", "form"])
@pytest.mark.parametrize("size", [0, 10, 5_000_000])
def test_a_file_arrives_whole_and_with_its_length_said_before(
    send: Send, tmp_path: Path, form: Literal["json", "form"], size: int
) -> None:
    """Servers of that time do not take a body in chunks."""
    files = Files(tmp_path / "a.pdf", size)
    with taking(files, _json) as port:
        outcome = send(port, request=files.request(), body=form)
    (received,) = files.received
    expected = encode(files.whole, form)[0]
    assert (outcome, received.body == expected) == (Accepted("SIM-1", 200, ANSWER), True)
    assert (received.headers["Content-Length"], "Transfer-Encoding" in received.headers) == (str(len(expected)), False)


def test_a_body_without_files_says_its_length_too(send: Send, tmp_path: Path) -> None:
    """As it always did."""
    files = Files(tmp_path / "a.pdf", 0)
    with taking(files, _json) as port:
        send(port)
    assert files.received[0].headers["Content-Length"] == str(len(encode(REQUEST.body, "json")[0]))


def test_each_try_opens_the_file_anew(send: Send, tmp_path: Path) -> None:
    """A try that was not processed has read it to its end."""
    files, busy = Files(tmp_path / "a.pdf", 100_000), [503, 503]

    def answer(handler: BaseHTTPRequestHandler) -> None:
        if busy:
            handler.send_response(busy.pop())
            handler.send_header("Retry-After", "0")
            handler.send_header("Content-Length", "0")
            handler.end_headers()
        else:
            _json(handler)

    with taking(files, answer) as port:
        outcome = send(port, request=files.request(), tries=3)
    bodies = {received.body for received in files.received}
    assert (outcome, len(files.received), files.opened) == (Accepted("SIM-1", 200, ANSWER), 3, 3)
    assert bodies == {encode(files.whole, "json")[0]}


def test_a_file_that_is_another_by_now_is_not_sent(send: Send, tmp_path: Path) -> None:
    """Nobody is even connected to."""
    files = Files(tmp_path / "a.pdf", 10)
    request = files.request()
    files.path.write_bytes(b"another")
    with taking(files, _json) as port, pytest.raises(FileChangedError):
        send(port, request=request)
    assert files.received == []


def _rewritten(path: Path) -> None:
    path.write_bytes(b"\x00" * path.stat().st_size)


def _last_byte(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(-1, 2)
        byte = file.read(1)
        file.seek(-1, 2)
        file.write(bytes([byte[0] ^ 1]))


def _cut(path: Path) -> None:
    os.truncate(path, 1_000_000)


def _grown(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"more")


@pytest.mark.parametrize("change", [_rewritten, _last_byte, _cut, _grown])
@pytest.mark.parametrize("form", ["json", "form"])
def test_a_file_that_changes_on_its_way_never_arrives_whole(
    send: Send, tmp_path: Path, form: Literal["json", "form"], change: Callable[[Path], None]
) -> None:
    """The connection ends short of what was announced; what the server makes of that nobody knows."""
    files = Files(tmp_path / "a.pdf", 20_000_000)  # more than fits between the two ends
    files.while_it_comes = lambda: change(files.path)
    with taking(files, _json) as port:
        outcome = send(port, request=files.request(), body=form)
    (received,) = files.received
    assert (outcome, len(received.body) < int(received.headers["Content-Length"])) == (Unknown("file_changed"), True)


@pytest.mark.parametrize("change", ["replaced", "deleted"])
def test_a_file_replaced_on_its_way_arrives_as_it_was(send: Send, tmp_path: Path, change: str) -> None:
    """The handle is that of the file that was checked."""
    files = Files(tmp_path / "a.pdf", 20_000_000)
    expected = encode(files.whole, "json")[0]
    (tmp_path / "new").write_bytes(b"another")
    act = files.path.unlink if change == "deleted" else lambda: (tmp_path / "new").replace(files.path)
    files.while_it_comes = act
    with taking(files, _json) as port:
        outcome = send(port, request=files.request())
    assert (outcome, files.received[0].body == expected) == (Accepted("SIM-1", 200, ANSWER), True)
