"""Decides what the service answers to a request it has received, and what it has committed by then."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from sync_agent.simulator.actions import WRITES
from sync_agent.simulator.bodies import parse_body
from sync_agent.simulator.capabilities import Capabilities
from sync_agent.simulator.lookup import code_list, look_up
from sync_agent.simulator.records import Records, new_id
from sync_agent.simulator.refusals import RefusedError
from sync_agent.simulator.rules import check_message
from sync_agent.simulator.store import Store

__all__ = ["NationalService", "Received", "Reply", "utc_now"]


def utc_now() -> datetime:
    """Return the time of the machine, aware UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Received:
    """One request as it came; `account` is empty when its credentials were not accepted."""

    action: str
    account: str
    content_type: str
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back: the object of the answer, before it is encoded, and the status of HTTP."""

    payload: Any = field(repr=False)
    status: int = 200
    encodings: int = 2
    """How often it is encoded: what an LGSP answers for itself is encoded once."""


@dataclass(slots=True)
class NationalService:
    """The seven actions over one store; safe to call from every connection at once."""

    store: Store
    capabilities: Capabilities = field(default_factory=Capabilities)
    keep_bodies: bool = True
    clock: Callable[[], datetime] = utc_now

    def process(self, received: Received, fault: str = "") -> Reply:
        """Record the request, do what it asks in the same transaction, and return the answer."""
        try:
            content = self._understood(received)
        except RefusedError as refused:
            self.note(received, fault)
            return _refusal(refused)
        now = self.clock().timestamp()
        with self.store.transaction() as connection:
            records = Records(connection, self.capabilities, received.account, now)
            records.log_request(received.action, fault, received.body if self.keep_bodies else None)
            try:
                return Reply(self._done(records, received.action, content))
            except RefusedError as refused:
                return _refusal(refused)

    def note(self, received: Received, fault: str = "") -> None:
        """Record a request that is not processed."""
        with self.store.transaction() as connection:
            records = Records(connection, self.capabilities, received.account, self.clock().timestamp())
            records.log_request(received.action, fault, received.body if self.keep_bodies else None)

    def refuse(self, received: Received, fault: str, *, quotes_name: bool) -> Reply:
        """Record the request and refuse it, quoting the first name in it when asked to."""
        self.note(received, fault)
        if not quotes_name:
            return _refusal(RefusedError("Dữ liệu không hợp lệ, đề nghị đơn vị kiểm tra lại"))
        name = _first_name(parse_body(received.body, received.content_type)) or "không xác định"
        return _refusal(RefusedError(f"Không xác thực được thông tin công dân {name}"))

    def _understood(self, received: Received) -> dict[str, Any]:
        content = parse_body(received.body, received.content_type)
        extra = self.capabilities.decision_field if received.action == "CapNhatKQGiaiQuyet" else ""
        known = {name: value for name, value in content.items() if not extra or name != extra}
        check_message(received.action, known)
        return content

    def _done(self, records: Records, action: str, content: dict[str, Any]) -> Any:
        if action in WRITES:
            return records.write(action, content)
        return look_up(records, content) if action == "TraThongTinDon" else code_list(content)


def other_id(reply: Reply) -> Reply:
    """Return `reply` with an Id that no record has."""
    if not isinstance(reply.payload, dict) or not reply.payload.get("Id"):
        return reply
    return replace(reply, payload={**reply.payload, "Id": new_id()})


def _refusal(refused: RefusedError) -> Reply:
    return Reply({"Id": "", "Message": refused.text}, refused.status)


def _first_name(content: Any) -> str:
    if isinstance(content, dict):
        for name, value in content.items():
            found = value if name in {"HoTen", "TenNguoiKhieuNai"} and isinstance(value, str) else _first_name(value)
            if found:
                return found
    elif isinstance(content, list):
        return next(filter(None, map(_first_name, content)), "")
    return ""
