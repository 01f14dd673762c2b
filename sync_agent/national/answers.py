"""Decides what an answer means. Whatever is not surely "taken", "refused" or "not processed" is unknown."""

import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

import orjson

from sync_agent.domain.nationalid import is_national_id
from sync_agent.national.exchange import Reply
from sync_agent.national.kntc import KntcContract
from sync_agent.national.outcomes import TOO_LARGE, Accepted, NotProcessed, Outcome, Refused, Unknown
from sync_agent.national.search import FoundCase

__all__ = ["AnswerError", "found_cases", "found_ids", "judge", "listed", "seconds_to_wait"]

LONGEST_WAIT = 86_400.0


class AnswerError(Exception):
    """An answer is not what was agreed. `cause` is a code."""

    def __init__(self, cause: str) -> None:
        super().__init__(cause)
        self.cause = cause


def judge(reply: Reply, contract: KntcContract, *, production: bool, now: Callable[[], datetime]) -> Outcome:
    """Return the outcome of a write. In production an Id minted by a simulator is unknown, never kept."""
    outcome = _by_status(reply, contract, now)
    if outcome is not None:
        return outcome
    status = reply.status
    try:
        national_id, message = _id_and_message(reply, contract)
    except AnswerError as error:
        return _unreadable(reply, error.cause)
    if not national_id:
        return _refused(message, reply, contract)
    if status >= HTTPStatus.MULTIPLE_CHOICES:
        return Unknown("contradiction", status, reply.body)
    if production and _simulated(national_id, contract):
        return Unknown("foreign_id", status, reply.body)
    return Accepted(national_id, status, reply.body)


def _by_status(reply: Reply, contract: KntcContract, now: Callable[[], datetime]) -> Outcome | None:
    status = reply.status
    if status == HTTPStatus.UNAUTHORIZED:
        return NotProcessed("unauthorized", status)
    if status in contract.not_processed_statuses:
        return NotProcessed("status", status, seconds_to_wait(reply.retry_after, now()))
    if status in contract.file.statuses.refused:
        return Refused("refused_status", "", status, answer=reply.body)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Unknown("server_error", status, reply.body)
    return None


def _refused(message: str | None, reply: Reply, contract: KntcContract) -> Outcome:
    if reply.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return Refused(TOO_LARGE, _size(reply), reply.status, answer=reply.body, final=True)
    if message is None or HTTPStatus.MULTIPLE_CHOICES <= reply.status < HTTPStatus.BAD_REQUEST:
        return Unknown("malformed", reply.status, reply.body)
    refusals = contract.refusals
    masked, final = refusals.masked(message), refusals.is_final(message)
    return Refused(refusals.code(message), masked, reply.status, message, reply.body, final)


def _unreadable(reply: Reply, cause: str) -> Outcome:
    """Return the doubt that a page instead of an answer leaves, whatever its status: the message may be there."""
    if reply.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return Unknown(TOO_LARGE, reply.status, reply.body, _size(reply))
    return Unknown("forbidden" if reply.status == HTTPStatus.FORBIDDEN else cause, reply.status, reply.body)


def _size(reply: Reply) -> str:
    """Return what is said in place of a text where a message was too large."""
    return f"{reply.asked_bytes} bytes"


def listed(reply: Reply, contract: KntcContract) -> list[dict[str, Any]]:
    """Return the objects of a list answer. Raises AnswerError for anything else: it is never an empty list."""
    if reply.status >= HTTPStatus.MULTIPLE_CHOICES:
        raise AnswerError(f"status_{reply.status}")
    rows = _content(reply, contract)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise AnswerError("malformed")
    return rows


def found_ids(rows: list[dict[str, Any]], token: str, contract: KntcContract, *, production: bool) -> list[str]:
    """Return the Ids of the rows whose text holds the token as a whole line.

    Raises AnswerError when a row that holds it has no usable Id, or when the list may have been cut before it.
    """
    line = contract.token_line(token)
    ids = [row.get(contract.file.answer.id) for row in rows if line in _lines(row.get("NoiDung"))]
    usable = [each for each in ids if isinstance(each, str) and is_national_id(each)]
    if len(usable) != len(ids):
        raise AnswerError("malformed")
    if production and any(_simulated(each, contract) for each in usable):
        raise AnswerError("foreign_id")
    if not usable and contract.look_up_cap is not None and len(rows) >= contract.look_up_cap:
        raise AnswerError("cut_off")
    return list(dict.fromkeys(usable))


def found_cases(rows: list[dict[str, Any]], contract: KntcContract, *, production: bool) -> list[FoundCase]:
    """Return the found cases of a look-up, each Id once. Raises AnswerError for a row that cannot be understood."""
    found = {case.id: case for case in (_found_case(row, contract) for row in rows)}
    if production and any(_simulated(national_id, contract) for national_id in found):
        raise AnswerError("foreign_id")
    return list(found.values())


def _found_case(row: dict[str, Any], contract: KntcContract) -> FoundCase:
    national_id = row.get(contract.file.answer.id)
    if not isinstance(national_id, str) or not is_national_id(national_id):
        raise AnswerError("malformed")
    return FoundCase(national_id, *(_told(row.get(name)) for name in ("ChuDon", "CMTND", "DiaChi", "NoiDung")))


def _told(value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise AnswerError("malformed")
    return value


def seconds_to_wait(header: str, now: datetime) -> float | None:
    """Return what Retry-After asks for, at most a day; None for what cannot be read. `now` is aware."""
    header = header.strip()
    if re.fullmatch(r"[0-9]{1,9}", header):
        return min(float(header), LONGEST_WAIT)
    try:
        until = parsedate_to_datetime(header)
    except (ValueError, OverflowError):
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return min(max((until - now).total_seconds(), 0.0), LONGEST_WAIT)


def _id_and_message(reply: Reply, contract: KntcContract) -> tuple[str, str | None]:
    content = _content(reply, contract)
    names = contract.file.answer
    if not isinstance(content, dict) or names.id not in content:
        raise AnswerError("malformed")
    national_id, message = content[names.id] or "", content.get(names.message)
    if not isinstance(national_id, str) or not isinstance(message, str | None):
        raise AnswerError("malformed")
    national_id = national_id.strip()
    if national_id and not is_national_id(national_id):
        raise AnswerError("malformed")
    return national_id, message


def _content(reply: Reply, contract: KntcContract) -> Any:
    if reply.content_type.partition(";")[0].strip().lower() not in contract.file.answer.content_types:
        raise AnswerError("content_type")
    if not reply.body.strip():
        raise AnswerError("empty")
    content = _decoded(reply.body)
    return _decoded(content.encode()) if isinstance(content, str) else content


def _decoded(text: bytes) -> Any:
    try:
        return orjson.loads(text.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError:
        raise AnswerError("malformed") from None


def _simulated(national_id: str, contract: KntcContract) -> bool:
    return national_id.casefold().startswith(contract.file.answer.simulated_id_prefix.casefold())


def _lines(text: Any) -> list[str]:
    return [line.strip() for line in unicodedata.normalize("NFC", text).splitlines()] if isinstance(text, str) else []
