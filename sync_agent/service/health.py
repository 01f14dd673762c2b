"""Decides who is told how the service is: whoever asks on this machine, by a name of this machine, and only to look.

`/healthz`: it moves on. `/readyz`: it may work. `/metrics`: figures for a monitoring system. Nothing else is there.
"""

import threading
import time
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from socket import AF_INET6, socket
from typing import Any, Final, Self
from urllib.parse import urlsplit

from prometheus_client.exposition import CONTENT_TYPE_LATEST

from sync_agent.logs import LogEvent, log
from sync_agent.service.metrics import Metrics
from sync_agent.service.state import ServiceState
from sync_agent.sync import Agent

__all__ = ["Health"]

_STUCK_SECONDS: Final = 600.0
"""Without any progress for so long it hangs; as long as the unit of systemd waits."""

_AGAIN_SECONDS: Final = 5.0
"""After this it is tried again to listen where another still does."""

_POLL_SECONDS: Final = 0.1
"""How often it is looked whether listening is over."""

_TEXT: Final = "text/plain; charset=utf-8"
_Answer = tuple[HTTPStatus, str, bytes]


class Health:
    """Answers at an address of this machine. `agent` is the one that is at work."""

    def __init__(
        self,
        agent: Callable[[], Agent],
        state: ServiceState,
        *,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._agent, self._state, self._steady = agent, state, steady
        self._metrics = Metrics(agent, state, steady=steady)
        self._pages = {"/healthz": self._alive, "/readyz": self._ready, "/metrics": self._figures}
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._server: _Server | None = None
        self.listening = threading.Event()

    @property
    def port(self) -> int:
        """Where it listens; 0 while it does not."""
        return int(self._server.server_address[1]) if self._server is not None else 0

    def __enter__(self) -> Self:
        """Listen, in a thread of its own, as soon as nobody else does there; nowhere when the settings say so."""
        address = self._agent().settings.service.health_address
        if address:
            threading.Thread(target=self._listen, args=(address,), name="health", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Listen no longer."""
        with self._lock:
            self._over.set()
            server = self._server
        if server is not None:
            server.shutdown()
            server.server_close()

    def answer(self, path: str) -> _Answer:
        """Return what is said at a path."""
        page = self._pages.get(path)
        return (HTTPStatus.NOT_FOUND, _TEXT, b"") if page is None else page()

    def _listen(self, address: str) -> None:
        said = False
        while not self._over.is_set():
            try:
                server = _Server(address, self)
            except OSError as error:
                if not said:
                    log(LogEvent.HEALTH_UNAVAILABLE, "warning", error=type(error).__name__)
                said = True
                self._over.wait(_AGAIN_SECONDS)
                continue
            with self._lock:
                if self._over.is_set():
                    server.server_close()
                    return
                self._server = server
            self.listening.set()
            server.serve_forever(_POLL_SECONDS)
            return

    def _alive(self) -> _Answer:
        stuck = self._steady() - self._state.last_progress > _STUCK_SECONDS
        return _told("stuck" if stuck else None)

    def _ready(self) -> _Answer:
        if self._state.standby:
            return _told("standby")
        if self._state.started_at is None:
            return _told("starting")
        if self._state.configuration_refused:
            return _told("configuration refused")
        return _told(None if self._metrics.ledger_answers else "ledger does not answer")

    def _figures(self) -> _Answer:
        return HTTPStatus.OK, CONTENT_TYPE_LATEST, self._metrics.text()


def _told(obstacle: str | None) -> _Answer:
    status = HTTPStatus.OK if obstacle is None else HTTPStatus.SERVICE_UNAVAILABLE
    return status, _TEXT, f"{obstacle or 'ok'}\n".encode()


class _Server(ThreadingHTTPServer):
    """Listens at one address, for a few askers at a time: others are turned away at once."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 32
    _MOST = 8

    def __init__(self, address: str, health: Health) -> None:
        parts = urlsplit(f"//{address}")
        host = str(parts.hostname)
        self.health, self.names = health, {host, "localhost", "127.0.0.1", "::1"}
        self._places = threading.BoundedSemaphore(self._MOST)
        if ip_address(host).version == 6:  # noqa: PLR2004 - the sixth version
            self.address_family = AF_INET6
        super().__init__((host, parts.port or 0), _Asker)

    def process_request(self, request: socket | tuple[bytes, socket], client_address: Any) -> None:
        """Answer in a thread of its own while there is a place."""
        if self._places.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: socket | tuple[bytes, socket], client_address: Any) -> None:
        """Give the place back."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()

    def handle_error(self, request: socket | tuple[bytes, socket], client_address: Any) -> None:
        """Say nothing of one who went away."""


class _Asker(BaseHTTPRequestHandler):
    """One who asks. Nothing of what was asked is repeated, logged or told to anyone."""

    server: _Server
    timeout = 5  # seconds of silence

    def do_GET(self) -> None:
        """Answer, unless it was asked by a name that leads here from elsewhere (DNS rebinding)."""
        if self._host() not in self.server.names:
            self._say(HTTPStatus.MISDIRECTED_REQUEST, _TEXT, b"")
        else:
            self._say(*self.server.health.answer(self.path.partition("?")[0]))

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Refuse without a word of what was asked; what is not GET is not done here."""
        del message, explain
        unknown = code == HTTPStatus.NOT_IMPLEMENTED
        self._say(HTTPStatus.METHOD_NOT_ALLOWED if unknown else HTTPStatus(code), _TEXT, b"")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name of the library
        """Log nothing."""

    def _host(self) -> str:
        hosts = self.headers.get_all("Host", [])
        try:
            return str(urlsplit(f"//{hosts[0]}").hostname) if len(hosts) == 1 else ""
        except ValueError:  # half an address
            return ""

    def _say(self, status: HTTPStatus, kind: str, body: bytes) -> None:
        self.send_response_only(status)
        for name, value in (
            ("Content-Type", kind),
            ("Content-Length", str(len(body))),
            ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"),
            ("Connection", "close"),
        ):
            self.send_header(name, value)
        if status is HTTPStatus.METHOD_NOT_ALLOWED:
            self.send_header("Allow", "GET")
        self.end_headers()
        self.wfile.write(body)
