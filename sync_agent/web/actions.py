"""What an operator may ask of the service from a page: one row of `request` each, with a code that says why.

Nothing is done here. Whether it may be done, and whether the case is still what was looked at, the service decides
when it comes to it; who asked is in the audit log as `web:NAME`.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from sync_agent.audit import actor_code
from sync_agent.domain.nationalid import is_national_id
from sync_agent.domain.rules import RULES
from sync_agent.domain.steps import Step
from sync_agent.ledger import RequestKind, ask, case_row
from sync_agent.web.front import Desk, Front
from sync_agent.web.viewer import visible

__all__ = ["ROUTES"]

_REASON: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}", re.ASCII)
_DIGEST: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)
_LONGEST_NOTE: Final = 4000
_KEY: Final = re.compile(r"[!-~]{0,128}", re.ASCII)


def release(request: Request) -> Response:
    """Ask for the holds of a case by one rule to be let go, for the content that was looked at."""
    form = _Form(request)
    order = {"rule": form.known("rule", RULES), "digest": form.fitting("digest", _DIGEST), "reason": form.reason()}
    return _asked(request, RequestKind.RELEASE, order | {"overrule": form.ticked("overrule")})


def reject(request: Request) -> Response:
    """Ask for what one rule holds of a case to be turned down."""
    form = _Form(request)
    return _asked(request, RequestKind.REJECT, {"rule": form.known("rule", RULES), "reason": form.reason()})


def resolve(request: Request) -> Response:
    """Say what became of an uncertain message."""
    form = _Form(request)
    arrived = form.known("outcome", {"arrived", "not_arrived"}) == "arrived"
    number = form.fitting("national_id", _KEY)
    if arrived is not bool(number) or (arrived and not is_national_id(number)):
        raise HTTPException(400)
    step, local_key = form.known("step", set(Step)), form.fitting("local_key", _KEY)
    return _asked(request, RequestKind.RESOLVE, {"step": step, "local_key": local_key, "arrived": number or None})


def retry(request: Request) -> Response:
    """Ask for what was refused of a case to be tried again."""
    form = _Form(request)
    return _asked(request, RequestKind.RETRY, {"step": form.known("step", set(Step)), "reason": form.reason()})


def resync(request: Request) -> Response:
    """Ask for a case to be sent again, although nothing of it has changed."""
    return _asked(request, RequestKind.RESYNC, {"reason": _Form(request).reason()})


class _Form:
    """The fields of a form; what they cannot hold is 400, and is not repeated."""

    def __init__(self, request: Request) -> None:
        if not request.state.viewer.operates:
            raise HTTPException(403)
        self._fields: Mapping[str, str] = request.state.form

    def fitting(self, name: str, pattern: re.Pattern[str]) -> str:
        text = self._fields.get(name, "").strip()
        if pattern.fullmatch(text) is None:
            raise HTTPException(400)
        return text

    def known(self, name: str, words: Any) -> str:
        text = self._fields.get(name, "")
        if text not in words:
            raise HTTPException(400)
        return text

    def reason(self) -> str:
        return self.fitting("reason", _REASON)

    def ticked(self, name: str) -> bool:
        return name in self._fields


def _asked(request: Request, kind: RequestKind, order: dict[str, Any]) -> Response:
    """Ask for it, about a case that who asks may see."""
    front: Front = request.app.state.front
    key = _key(request, front.desk)
    named = {"selection": {"cases": [key]}} if kind is RequestKind.RESYNC else {"key": key}
    text = request.state.form.get("note", "").strip()
    if len(text) > _LONGEST_NOTE:
        raise HTTPException(400)
    note = front.seal(text) if text else None
    with front.desk.ledger.write() as tx:
        number = ask(tx, kind, named | order, actor=actor_code("web", request.state.viewer.name), note=note)
    return RedirectResponse(f"/requests#r{number}", 303)


def _key(request: Request, desk: Desk) -> str:
    """Return the key of the case that is named, as far as who asks may see it; any other is 404."""
    with desk.ledger.read() as connection:
        agencies = visible(request.state.viewer)
        found = case_row(connection, desk.ledger.source_id, request.path_params["case_id"], agencies)
    if found is None:
        raise HTTPException(404)
    return found.case_key


ROUTES: Final = [
    Route(f"/cases/{{case_id:int}}/{action.__name__}", action, methods=["POST"])
    for action in (release, reject, resolve, retry, resync)
]
