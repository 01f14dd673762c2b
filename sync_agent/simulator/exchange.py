"""Decides what goes over the wire for one request: the answer of the service, or the fault drawn for it."""

import ipaddress
import os
import socket
import struct
import threading
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler
from typing import Any

import orjson

from sync_agent.errors import ConfigError
from sync_agent.simulator.actions import ACTIONS, TOKEN
from sync_agent.simulator.credentials import Credentials
from sync_agent.simulator.fault import Fault
from sync_agent.simulator.faults import FaultPlan
from sync_agent.simulator.front import TOKEN_PATH, Front
from sync_agent.simulator.refusals import RefusedError
from sync_agent.simulator.service import NationalService, Received, Reply, other_id

__all__ = ["RESET_ON_CLOSE", "Exchange", "Shared"]

RESET_ON_CLOSE = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)
"""The linger option under which closing a socket resets the connection."""

_FAULTS_PATH = "/_simulator/faults"
_REVOKE_PATH = "/_simulator/revoke"
_LARGEST_BODY = 30_000_000  # bytes; the usual limit of the server family that such services run on
_JSON = "application/json; charset=utf-8"
_HTML = "text/html; charset=utf-8"
_PAGE = "<!DOCTYPE html><html><body><h1>Hệ thống đang bảo trì, vui lòng quay lại sau</h1></body></html>".encode()


@dataclass(slots=True)
class Shared:
    """What every connection of one simulator uses; `plan` may be replaced at any time."""

    service: NationalService
    credentials: Credentials
    plan: FaultPlan
    stopping: threading.Event
    keepalive: float
    """Seconds."""
    front: Front | None = None


class Exchange(BaseHTTPRequestHandler):
    """The requests of one connection, one after the other."""

    protocol_version = "HTTP/1.1"
    server_version = "simulator"
    disable_nagle_algorithm = True

    def __init__(self, shared: Shared, *connection: Any) -> None:
        self.shared = shared
        super().__init__(*connection)

    def setup(self) -> None:
        """Let an idle client wait no longer than the options say."""
        super().setup()
        self.connection.settimeout(self.shared.keepalive)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the base class's
        """Say nothing: the requests are in the database."""

    def do_GET(self) -> None:
        """Tell the faults in force; everything else is asked by POST."""
        if self.path == _FAULTS_PATH:
            self._administer(None)
        else:
            self._send(405 if self._action() else 404, _HTML, b"")

    def do_POST(self) -> None:
        """Answer one action, or change the faults in force."""
        body = self._body()
        if body is None:
            self.close_connection = True
        elif self.path == _FAULTS_PATH:
            self._administer(body)
        elif self.path == _REVOKE_PATH and self.shared.front is not None:
            self._revoke(self.shared.front)
        elif action := self._action():
            self._act(action, body)
        else:
            self._send(404, _HTML, b"")

    def _action(self) -> str:
        if self.path == TOKEN_PATH and self.shared.front is not None:
            return TOKEN
        action = self.path.partition("?")[0].removeprefix("/KNTC/")
        return action if action in ACTIONS else ""

    def _body(self) -> bytes | None:
        """Return the whole body; None when there is none to trust, then the connection cannot go on."""
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit()) or int(length) > _LARGEST_BODY:
            self.close_connection = True
            self._send(413 if length.isdigit() else 411, _HTML, b"")
            return None
        body = self.rfile.read(int(length))
        return body if len(body) == int(length) else None

    def _act(self, action: str, body: bytes) -> None:
        shared = self.shared
        received = Received(action, self._account(action), self.headers.get("Content-Type", ""), body)
        drawn = shared.plan.draw(action)
        if drawn.delay and shared.stopping.wait(drawn.delay):
            self.close_connection = True
        elif drawn.fault is None:
            self._answer(self._processed(received, ""))
        elif drawn.fault.processed:
            self._show(drawn.fault, self._processed(received, drawn.fault.spec))
        elif drawn.fault.effect == "refuse":
            self._answer(self._refused(received, drawn.fault))
        else:
            shared.service.note(received, drawn.fault.spec)
            self._show(drawn.fault, Reply(None))

    def _account(self, action: str) -> str:
        """Return whose request it is, "" where that is not proved; before an LGSP that is found out later."""
        if action == TOKEN or self.shared.front is not None:
            return ""
        return self.shared.credentials.account(self.headers.get("Authorization", ""))

    def _refused(self, received: Received, fault: Fault) -> Reply:
        if received.action == TOKEN:
            self.shared.service.note(received, fault.spec)
            return _of_front(RefusedError("invalid_client", 401))
        return self.shared.service.refuse(received, fault.spec, quotes_name=fault.quotes_name)

    def _processed(self, received: Received, fault: str) -> Reply:
        front = self.shared.front
        if front is not None:
            return self._through(front, received, fault)
        if received.account:
            return self.shared.service.process(received, fault)
        self.shared.service.note(received, fault)
        return Reply({"Message": "Tài khoản hoặc mật khẩu không đúng"}, 401)

    def _through(self, front: Front, received: Received, fault: str) -> Reply:
        """Give a token, or let a call through to the service."""
        try:
            if received.action != TOKEN:
                return self.shared.service.process(replace(received, account=front.account(self.headers)), fault)
            granted = Reply(front.grant(self.headers, received.body), encodings=1)
        except RefusedError as refused:
            granted = _of_front(refused)
        self.shared.service.note(received, fault)
        return granted

    def _answer(self, reply: Reply) -> None:
        self._send(reply.status, _JSON, _encoded(reply))

    def _show(self, fault: Fault, reply: Reply) -> None:
        match fault.effect:
            case "status":
                self._send(fault.status, _HTML, _PAGE, fault.retry_after)
            case "lost":
                self.close_connection = True
            case "reset":
                self.close_connection = True
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
            case "html":
                self._send(200, _HTML, _PAGE)
            case "empty":
                self._send(200, _JSON, b"")
            case "truncated":
                self.close_connection = True
                self._send(reply.status, _JSON, _encoded(reply), sent_share=0.5)
            case "garbled":
                body = _encoded(reply)
                self._send(reply.status, _JSON, body[: len(body) // 2])
            case "text":
                self._send(reply.status, "text/plain; charset=utf-8", _encoded(reply))
            case "single":
                self._send(reply.status, _JSON, orjson.dumps(reply.payload))
            case _:  # other-id
                self._answer(other_id(reply))

    def _is_here(self) -> bool:
        """Tell whether it is this machine that asks; refuse every other."""
        here = ipaddress.ip_address(self.client_address[0]).is_loopback
        if not here:
            self._send(403, _HTML, b"")
        return here

    def _revoke(self, front: Front) -> None:
        if self._is_here():
            front.revoke()
            self._send(200, _JSON, b"{}")

    def _administer(self, body: bytes | None) -> None:
        if not self._is_here():
            return
        if body is not None:
            try:
                self.shared.plan = _plan_from(body, self.headers.get("Content-Type", ""))
            except ConfigError as error:
                self._send(400, _JSON, orjson.dumps({"error": str(error)}))
                return
        acted = [{"fault": spec, "acted": times} for spec, times in self.shared.plan.acted()]
        self._send(200, _JSON, orjson.dumps({"faults": acted}))

    def _send(
        self, status: int, kind: str, body: bytes, retry_after: int | None = None, *, sent_share: float = 1.0
    ) -> None:
        phrase = self.responses.get(status, ("",))[0]
        head = [f"HTTP/1.1 {status} {phrase}", f"Content-Type: {kind}", f"Content-Length: {len(body)}"]
        if status == 401:  # noqa: PLR2004 - a status of HTTP
            head.append('WWW-Authenticate: Basic realm="KNTC", charset="UTF-8"')
        if retry_after is not None:
            head.append(f"Retry-After: {retry_after}")
        if self.close_connection:
            head.append("Connection: close")
        self.wfile.write("\r\n".join([*head, "", ""]).encode("ascii") + body[: int(len(body) * sent_share)])


def _encoded(reply: Reply) -> bytes:
    once = orjson.dumps(reply.payload)
    return once if reply.encodings == 1 else orjson.dumps(once.decode())


def _of_front(refused: RefusedError) -> Reply:
    return Reply({"error": refused.text}, refused.status, encodings=1)


def _plan_from(body: bytes, content_type: str) -> FaultPlan:
    """Return the plan of `{"faults": [SPEC...], "seed": N}`; raises ConfigError."""
    if content_type.partition(";")[0].strip() != "application/json":
        raise ConfigError("the faults must come as application/json", where=_FAULTS_PATH)
    try:
        wanted = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise ConfigError("the faults are not valid JSON", where=_FAULTS_PATH) from error
    specs = wanted.get("faults") if isinstance(wanted, dict) else None
    if not isinstance(specs, list) or not all(isinstance(spec, str) for spec in specs):
        raise ConfigError("the faults must be a list of words under `faults`", where=_FAULTS_PATH)
    if not isinstance(wanted.get("seed", 0), int):
        raise ConfigError("the seed must be a whole number", where=_FAULTS_PATH)
    return FaultPlan.parse(specs, wanted.get("seed", 0))
