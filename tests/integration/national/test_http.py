"""The transport against a real server on this machine."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from sync_agent.domain.steps import Step
from sync_agent.national import (
    Accepted,
    AccountSettings,
    NotProcessed,
    Outcome,
    TransportSettings,
    Unknown,
    WireRequest,
    load_contract,
    open_gateway,
)

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

    def _send(port: int, *, production: bool = False, **settings: float) -> Outcome:
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
            return gateway.send(REQUEST, "a")
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
