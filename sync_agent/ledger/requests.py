"""What people ask of a running service: one row each, from being asked to what came of it.

A note that comes with it is sealed under a key that follows from the installation's, and gone once it was carried out.
"""

import json
import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, Row, Select, delete, func, insert, select, text, update

from sync_agent import errors
from sync_agent.domain.canonical import keyed_digest
from sync_agent.errors import SyncAgentError
from sync_agent.ledger.accounts import Role, find_account
from sync_agent.ledger.engine import on_server
from sync_agent.ledger.rows import table_of
from sync_agent.ledger.store import Transaction
from sync_agent.ledger.tables import CaseRow, RequestRow

__all__ = [
    "WEB_ACTOR",
    "Request",
    "RequestKind",
    "RequestState",
    "ask",
    "begin_request",
    "begun_requests",
    "count_waiting",
    "fail_request",
    "find_request",
    "finish_request",
    "forget_requests",
    "is_claim_allowed",
    "last_requests",
    "mark_requests_seen",
    "next_request",
    "note_request_progress",
    "opened_note",
    "request_note",
    "sealed_note",
]

WEB_ACTOR: Final = "web:"
"""What the actors begin with who sign in at the pages."""

_TABLE, _CASE = table_of(RequestRow), table_of(CaseRow)
_NONCE: Final = 12
_SHOWN: Final = [each for each in _TABLE.c if each.name != "note"]
"""What the pages may read."""


class RequestKind(StrEnum):
    """What can be asked; what each needs in its content is in `sync.actions`."""

    SYNC = "sync"
    RESYNC = "resync"
    RECONCILE = "reconcile"
    RELEASE = "release"
    REJECT = "reject"
    RESOLVE = "resolve"
    RETRY = "retry"


class RequestState(StrEnum):
    """How far it is."""

    ASKED = "asked"
    BEGUN = "begun"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request as it stands. `result` is what came of it when it is done, `error` why it failed."""

    id: int
    kind: str  # a RequestKind, if it was asked by `ask`
    content: dict[str, Any] | None = field(repr=False)  # None: what stands there says nothing
    actor: str
    database_role: str | None
    asked_at: datetime
    seen_at: datetime | None
    begun_at: datetime | None
    ended_at: datetime | None
    state: RequestState
    run: str | None
    stage: str | None
    done: int
    total: int | None
    result: Any = field(default=None, repr=False)
    error: SyncAgentError | None = None


def ask(
    tx: Transaction, kind: RequestKind, content: Mapping[str, Any], *, actor: str, note: bytes | None = None
) -> int:
    """Ask something of the service; return the number of the request. `note` comes from `sealed_note`.

    Under which database role it is asked, and that it is asked and no more, is the database's to say.
    """
    values = {
        "kind": kind.value,
        "content": json.dumps(content, sort_keys=True),
        "note": note,
        "actor": actor,
        "asked_at": tx.now,
        "done": 0,
    }
    return int(tx.connection.execute(insert(_TABLE).values(values).returning(_TABLE.c.id)).scalar_one())


def find_request(connection: Connection, number: int) -> Request | None:
    """Return a request as it stands."""
    found = _fetch(connection, select(*_SHOWN).where(_TABLE.c.id == number))
    return found[0] if found else None


def last_requests(connection: Connection, limit: int, before: int | None = None) -> list[Request]:
    """Return the newest requests first, those before a number."""
    statement = select(*_SHOWN).order_by(_TABLE.c.id.desc()).limit(limit)
    return _fetch(connection, statement if before is None else statement.where(_TABLE.c.id < before))


def count_waiting(connection: Connection, *, unseen: bool = False) -> int:
    """Count what nobody has begun; with `unseen` what the service does not know of yet."""
    statement = select(func.count()).select_from(_TABLE).where(_TABLE.c.state == RequestState.ASKED)
    return int(connection.execute(statement.where(_TABLE.c.seen_at.is_(None)) if unseen else statement).scalar_one())


def next_request(connection: Connection) -> Request | None:
    """Return what was asked first of all that nobody has begun."""
    statement = select(*_SHOWN).where(_TABLE.c.state == RequestState.ASKED).order_by(_TABLE.c.id).limit(1)
    found = _fetch(connection, statement)
    return found[0] if found else None


def begun_requests(connection: Connection) -> list[Request]:
    """Return what was begun and has not ended: when the service starts, what an earlier one left."""
    return _fetch(connection, select(*_SHOWN).where(_TABLE.c.state == RequestState.BEGUN).order_by(_TABLE.c.id))


def is_claim_allowed(connection: Connection, request: Request) -> bool:
    """Tell whether whoever inserted a request may speak for its actor, and its actor may ask this.

    A role that can only ask, as that of the pages, speaks for the people who sign in there and for nobody else; what
    they may ask is looked up here again, because that role can write any row it likes.
    """
    if request.actor.startswith(WEB_ACTOR):
        return _may_ask(connection, request.actor.removeprefix(WEB_ACTOR), request.content or {})
    if not on_server(connection.engine.url):
        return True
    statement = text("SELECT coalesce(has_table_privilege(to_regrole(quote_ident(:role)), 'request', 'UPDATE'), false)")
    return bool(connection.execute(statement, {"role": request.database_role or ""}).scalar_one())


def _may_ask(connection: Connection, name: str, content: Mapping[str, Any]) -> bool:
    """Tell whether an account may ask this: an operator for named cases of its agencies, or of any if it has none."""
    account = find_account(connection, name)
    if account is None or account.role is not Role.OPERATOR or account.disabled_at is not None:
        return False
    if not account.agencies:
        return True
    named = _cases_named(content)
    theirs = select(func.count()).where(_CASE.c.case_key.in_(named), _CASE.c.agency.in_(account.agencies))
    return 0 < len(named) == connection.execute(theirs).scalar_one()


def _cases_named(content: Mapping[str, Any]) -> set[str]:
    """Return the cases that an order is limited to; none: it is limited to no case."""
    selection = content.get("selection")
    named = selection.get("cases") if isinstance(selection, dict) else content.get("cases", [content.get("key")])
    return {each for each in named if isinstance(each, str)} if isinstance(named, list) else set()


def mark_requests_seen(tx: Transaction) -> None:
    """Note that the service knows of all that was asked."""
    unseen = (_TABLE.c.state == RequestState.ASKED) & _TABLE.c.seen_at.is_(None)
    tx.connection.execute(update(_TABLE).where(unseen).values(seen_at=tx.now))


def begin_request(tx: Transaction, number: int) -> None:
    """Note that the service has begun with it."""
    _save(tx, number, state=RequestState.BEGUN.value, begun_at=tx.now, seen_at=func.coalesce(_TABLE.c.seen_at, tx.now))


def note_request_progress(
    tx: Transaction, number: int, *, stage: str | None, done: int, total: int | None, run: str | None
) -> None:
    """Note how far it is, unless it has ended."""
    open_still = (_TABLE.c.id == number) & _TABLE.c.ended_at.is_(None)
    values = {"stage": stage, "done": done, "total": total} | ({"run": run} if run else {})
    tx.connection.execute(update(_TABLE).where(open_still).values(values))


def finish_request(tx: Transaction, number: int, result: Any, *, run: str | None = None) -> None:
    """Note what came of it, in JSON, and let go of the note."""
    _end(tx, number, RequestState.DONE, {"value": result}, run)


def fail_request(tx: Transaction, number: int, error: SyncAgentError, *, run: str | None = None) -> None:
    """Note why it was not done, or not to its end, and let go of the note."""
    said = {"what": error.what, "where": error.where, "todo": error.todo, "facts": error.facts}
    _end(tx, number, RequestState.FAILED, {"error": _type_of(error), **said}, run)


def forget_requests(connection: Connection, names: Collection[str]) -> None:
    """Remove what was asked about an erased case, by any of its names."""
    for name in names:
        quoted = json.dumps(name)
        told = [each.contains(quoted, autoescape=True) for each in (_TABLE.c.content, _TABLE.c.result)]
        connection.execute(delete(_TABLE).where(told[0] | func.coalesce(told[1], False)))


def request_note(connection: Connection, number: int) -> bytes | None:
    """Return the sealed note that came with it."""
    note: bytes | None = connection.execute(select(_TABLE.c.note).where(_TABLE.c.id == number)).scalar()
    return note


def sealed_note(installation_key: bytes, said: str) -> bytes:
    """Return a note as a request keeps it."""
    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(_key(installation_key)).encrypt(nonce, said.encode(), None)


def opened_note(installation_key: bytes, sealed: bytes) -> str:
    """Return what a note says. Raises SyncAgentError when it was not sealed in this installation."""
    try:
        return AESGCM(_key(installation_key)).decrypt(sealed[:_NONCE], sealed[_NONCE:], None).decode()
    except (InvalidTag, ValueError):
        raise SyncAgentError("the note of a request does not open", where="request.note", todo="ask again") from None


def _key(installation_key: bytes) -> bytes:
    return bytes.fromhex(keyed_digest(installation_key, "request-note", b""))


def _save(tx: Transaction, number: int, **values: object) -> None:
    tx.connection.execute(update(_TABLE).where(_TABLE.c.id == number).values(values))


def _end(tx: Transaction, number: int, state: RequestState, outcome: Mapping[str, Any], run: str | None) -> None:
    told = json.dumps(outcome, sort_keys=True)
    values = {"state": state.value, "ended_at": tx.now, "result": told, "note": None}
    _save(tx, number, **values, **({"run": run} if run else {}))


def _fetch(connection: Connection, statement: Select[Any]) -> list[Request]:
    return [_request(row) for row in connection.execute(statement)]


def _request(row: Row[Any]) -> Request:
    values: dict[str, Any] = dict(row._mapping)  # noqa: SLF001 - the public name of it
    outcome = json.loads(values.pop("result") or "{}")
    values |= {"state": RequestState(values["state"]), "content": _content(values["content"])}
    return Request(**values, result=outcome.get("value"), error=_error(outcome) if "error" in outcome else None)


def _content(stored: str) -> dict[str, Any] | None:
    """Return what a request says; the role of the pages can write anything there."""
    try:
        content = json.loads(stored)
    except (ValueError, RecursionError):  # or it is nested without end
        return None
    return content if isinstance(content, dict) else None


def _type_of(error: SyncAgentError) -> str:
    """Return the name of what an error is in the tree of `errors.py`: what its exit code follows from."""
    return next(each.__name__ for each in type(error).__mro__ if each.__module__ == errors.__name__)


def _error(outcome: Mapping[str, Any]) -> SyncAgentError:
    """Return the error as it was raised in the service."""
    facts = tuple((name, value) for name, value in outcome["facts"])
    kind: type[SyncAgentError] = getattr(errors, outcome["error"])
    return kind(outcome["what"], where=outcome["where"], todo=outcome["todo"], facts=facts)
