"""Decides which record a message creates or updates, and what of an update replaces what was there.

Every creation is logged under the identity a careful client would give it, so that duplicates can be counted:
a case by its correlation token, a later step by its case, settlements and enforcements by their content too.
"""

import hashlib
import sqlite3
import uuid
from dataclasses import dataclass
from typing import Any

import orjson

from sync_agent.simulator.actions import STEP_OF_ACTION
from sync_agent.simulator.capabilities import Capabilities
from sync_agent.simulator.refusals import RefusedError

__all__ = ["ID_PREFIX", "LINE_LABEL", "Records", "merged", "new_id", "token_of"]

ID_PREFIX = "SIM-"
LINE_LABEL = "Mã liên thông: "
_CREATED, _UPDATED, _LINKED = "Thêm mới thành công", "Cập nhật thành công", "Gắn vụ việc thành công"

Content = dict[str, Any]
Answer = dict[str, str]


def new_id() -> str:
    """Return a GUID that nobody can take for one of the real service."""
    return f"{ID_PREFIX}{uuid.uuid4()}"


def token_of(content: str) -> str:
    """Return the token of the last line of `content` that is a correlation line, or an empty string."""
    lines = [line for line in content.splitlines() if line.startswith(LINE_LABEL)]
    return lines[-1].removeprefix(LINE_LABEL).strip() if lines else ""


def merged(old: Any, new: Any, capabilities: Capabilities) -> Any:
    """Return `old` as an update with `new` leaves it; names that `new` does not mention stay."""
    if isinstance(old, dict) and isinstance(new, dict):
        return old | {name: merged(old.get(name), value, capabilities) for name, value in new.items()}
    if isinstance(old, list) and isinstance(new, list) and capabilities.lists_on_update == "append":
        return old + new
    if new == "" and old is not None and capabilities.empty_string == "keeps":
        return old
    return new


@dataclass(frozen=True, slots=True)
class Records:
    """The records as one request sees and changes them, inside its transaction; `now` in seconds since 1970."""

    connection: sqlite3.Connection
    capabilities: Capabilities
    account: str
    now: float

    def log_request(self, action: str, fault: str, body: bytes | None) -> None:
        """Record that a request came."""
        self.connection.execute(
            "INSERT INTO requests (received_at, action, account, fault, body) VALUES (?, ?, ?, ?, ?)",
            (self.now, action, self.account, fault, body),
        )

    def write(self, action: str, content: Content) -> Answer:
        """Do what a message of one of the five steps asks; raises RefusedError before anything is changed."""
        if action == "CapNhatVuViec":
            return self._case(action, content)
        self._case_row(content["Id"])
        if action == "CapNhatKQGiaiQuyet":
            return self._settlement(action, content)
        if action == "CapNhatThiHanh":
            return self._enforcement(action, content)
        return self._single(action, content)

    def _case(self, action: str, content: Content) -> Answer:
        national_id = content["VuViec"].get("Id", "")
        if str(content["VuViec"].get("GanVuViec", "")) == "1":
            return self._link(national_id, content)
        if national_id:
            return self._update_case(self._case_row(national_id), content)
        case_id, text = new_id(), content["NoiDungDon"]
        self.connection.execute(
            "INSERT INTO cases (id, token, account, content, body, created_at, updated_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (case_id, token_of(text), self.account, text, _text(content), self.now, self.now),
        )
        digest = _digest(content)
        self._log_creation(action, case_id, case_id, token_of(text) or digest, digest)
        return _answer(case_id, _CREATED)

    def _link(self, case_id: str, content: Content) -> Answer:
        if self.capabilities.link == "off":
            raise RefusedError("Chức năng gắn vụ việc không được hỗ trợ")
        if not case_id:
            raise RefusedError("Trường VuViec.Id không được để trống khi gắn vụ việc")
        self._case_row(case_id)
        self.connection.execute(
            "INSERT INTO links (case_id, token, account, body, created_at) VALUES (?, ?, ?, ?, ?)",
            (case_id, token_of(content["NoiDungDon"]), self.account, _text(content), self.now),
        )
        return _answer(case_id, _LINKED)

    def _update_case(self, row: sqlite3.Row, content: Content) -> Answer:
        self._own(row)
        body = merged(orjson.loads(row["body"]), content, self.capabilities)
        self.connection.execute(
            "UPDATE cases SET token = ?, content = ?, body = ?, updated_at = ? WHERE id = ?",
            (token_of(body["NoiDungDon"]), body["NoiDungDon"], _text(body), self.now, row["id"]),
        )
        return _answer(row["id"], _UPDATED)

    def _single(self, action: str, content: Content) -> Answer:
        step, case_id = STEP_OF_ACTION[action], content["Id"]
        overwrites = getattr(self.capabilities, step) == "overwrites"
        row = self._step_row(case_id, step) if overwrites else None
        if row is not None:
            return self._update_step(row, content, case_id)
        self._create_step(action, "", "", content, case_id)
        return _answer(case_id, _CREATED)

    def _settlement(self, action: str, content: Content) -> Answer:
        own = content.pop(self.capabilities.decision_field, "")
        row = self._decision(content, own)
        if row is not None:
            return self._update_step(row, content, row["id"])
        decision_id = new_id()
        self._create_step(action, decision_id, "", content, f"{content['Id']}/{_digest(content)}")
        return _answer(decision_id, _CREATED)

    def _decision(self, content: Content, own: object) -> sqlite3.Row | None:
        """Return the decision that the message updates, as far as the capability lets it name one."""
        number = content.get("SoQuyetDinh", "")
        if self.capabilities.settlement_update == "by_number" and number:
            return self._step_row(content["Id"], "settlement", number=number)
        return self._named_step(content["Id"], "settlement", own, "kết quả giải quyết") if own else None

    def _enforcement(self, action: str, content: Content) -> Answer:
        case_id, decision_id = content["Id"], content["IdKetQua"]
        self._named_step(case_id, "settlement", decision_id, "kết quả giải quyết")
        own = content.pop("ThiHanhId", "")
        if own:
            row = self._named_step(case_id, "enforcement", own, "thông tin thi hành")
            return self._update_step(row, content, row["id"])
        enforcement_id = new_id()
        self._create_step(action, enforcement_id, decision_id, content, f"{case_id}/{_digest(content)}")
        return _answer(enforcement_id, _CREATED)

    def _case_row(self, case_id: str) -> sqlite3.Row:
        row: sqlite3.Row | None = self.connection.execute("SELECT * FROM cases WHERE id = ?", (case_id,)).fetchone()
        if row is None:
            raise RefusedError(f"Không tìm thấy vụ việc có Id {case_id}")
        return row

    def _step_row(self, case_id: str, step: str, *, national_id: str = "", number: str = "") -> sqlite3.Row | None:
        row: sqlite3.Row | None = self.connection.execute(
            "SELECT * FROM steps WHERE case_id = :case_id AND step = :step"
            " AND (:id = '' OR id = :id) AND (:number = '' OR number = :number) ORDER BY seq",
            {"case_id": case_id, "step": step, "id": national_id, "number": number},
        ).fetchone()
        return row

    def _named_step(self, case_id: str, step: str, national_id: object, name: str) -> sqlite3.Row:
        row = self._step_row(case_id, step, national_id=national_id) if isinstance(national_id, str) else None
        if row is None:
            raise RefusedError(f"Không tìm thấy {name} có Id {national_id} trong vụ việc")
        return row

    def _create_step(self, action: str, national_id: str, parent_id: str, content: Content, identity: str) -> None:
        step, case_id = STEP_OF_ACTION[action], content["Id"]
        number = content.get("SoQuyetDinh", "")
        self.connection.execute(
            "INSERT INTO steps (step, id, case_id, parent_id, number, account, body, created_at, updated_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (step, national_id, case_id, parent_id, number, self.account, _text(content), self.now, self.now),
        )
        self._log_creation(action, case_id, national_id, identity, _digest(content))

    def _update_step(self, row: sqlite3.Row, content: Content, answered_id: str) -> Answer:
        self._own(row)
        body = merged(orjson.loads(row["body"]), content, self.capabilities)
        self.connection.execute(
            "UPDATE steps SET number = ?, body = ?, updated_at = ? WHERE seq = ?",
            (body.get("SoQuyetDinh", ""), _text(body), self.now, row["seq"]),
        )
        return _answer(answered_id, _UPDATED)

    def _own(self, row: sqlite3.Row) -> None:
        if self.capabilities.owner == "same" and row["account"] != self.account:
            raise RefusedError("Tài khoản không có quyền cập nhật thông tin do đơn vị khác nhập")

    def _log_creation(self, action: str, case_id: str, national_id: str, identity: str, digest: str) -> None:
        self.connection.execute(
            "INSERT INTO creations (created_at, action, step, case_id, id, identity, digest)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (self.now, action, STEP_OF_ACTION[action], case_id, national_id, identity, digest),
        )


def _answer(national_id: str, message: str) -> Answer:
    return {"Id": national_id, "Message": message}


def _text(content: Content) -> str:
    return orjson.dumps(content).decode()


def _digest(content: Content) -> str:
    return hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()
