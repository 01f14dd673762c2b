"""Decides who somebody is before any page hears of the request, and notes every page that was looked at.

No page but the sign-in is given to nobody; no form is taken without the token of our own page; no answer leaves before
the access log has it.
"""

import hmac
from typing import Final
from urllib.parse import parse_qsl, quote

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sync_agent.i18n import Language, language, speaking
from sync_agent.ledger import note_access
from sync_agent.web.front import Front
from sync_agent.web.rendering import error_page
from sync_agent.web.shell import replayed
from sync_agent.web.viewer import Viewer

__all__ = ["OPEN", "Gate", "language_of"]

_SIGN_IN: Final = "/signin"
OPEN: Final = frozenset({_SIGN_IN, "/language"})
"""What is given to who is not signed in."""

_STATIC: Final = "/static/"
_TOO_MANY: Final = 429
_MOST_FIELDS: Final = 50
_MOST_ROWS: Final = 2**31  # so far a database counts
_LANGUAGE: Final = "lang"


def language_of(request: Request) -> Language:
    """Return the language somebody chose, or that of this process."""
    chosen = request.cookies.get(_LANGUAGE)
    return Language(chosen) if chosen in set(Language) else language()


class Gate:
    """Stands before every page. Static files, which say nothing of anybody, are given to all."""

    def __init__(self, app: ASGIApp, front: Front) -> None:
        self._app, self._front = app, front

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request pass, or answer it here."""
        request = Request(scope, receive)
        state = request.state
        state.viewer, state.by_proxy, state.csrf, state.new_cookie, state.known_as = None, False, "", "", None
        state.lang = language_of(request)
        with speaking(state.lang):
            await self._introduce(request)
            body = await request.body() if request.method == "POST" else b""
            form = _fields(body)
            state.form = form or {}
            answer = self._refusal(request) or self._app if form is not None else error_page(request, 400)
            await answer(scope, replayed(body, receive), self._noting(request, send))

    def _noting(self, request: Request, send: Send) -> Send:
        """Return what sends an answer once it is noted who gets it."""

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                if self._is_noted(request, message["status"]):
                    await run_in_threadpool(self._note, request, message["status"])
                if request.state.new_cookie and (request.state.viewer or request.url.path in OPEN):
                    cookie = self._front.set_cookie(request.state.new_cookie)
                    MutableHeaders(scope=message).append("set-cookie", cookie)
            await send(message)

        return sent

    async def _introduce(self, request: Request) -> None:
        """Find out who asks, and by which token their forms are known."""
        front, state = self._front, request.state
        named = front.named_by_proxy(request)
        token = request.cookies.get(front.cookie, "")
        session = front.sessions.find(token) if token and named is None else None
        name = named or (session.account if session else None)
        account = await run_in_threadpool(front.account, name) if name else None
        if session is not None and account is not None and account.version != session.version:
            account = None
        state.by_proxy = named is not None
        state.viewer = account and Viewer(account.name, account.role, account.agencies, state.lang)
        state.new_cookie = "" if token else front.sessions.new_token()
        state.csrf = front.sessions.form_token(token or state.new_cookie, account.name if account else "")

    def _refusal(self, request: Request) -> ASGIApp | None:
        path = request.url.path
        if path.startswith(_STATIC):
            return None
        if request.state.viewer is None and path not in OPEN:
            return _to_signin(request)
        if request.method == "POST" and not _is_ours(request):
            return error_page(request, 403)
        return None

    def _is_noted(self, request: Request, status: int) -> bool:
        """Tell whether the access log hears of it: all that somebody sees, and each sign-in that was really tried."""
        if request.url.path.startswith(_STATIC):
            return False
        tried = request.method == "POST" and request.url.path == _SIGN_IN and status != _TOO_MANY
        return tried or request.state.viewer is not None

    def _note(self, request: Request, status: int) -> None:
        desk, scope, state = self._front.desk, request.scope, request.state
        case_id = scope.get("path_params", {}).get("case_id", getattr(state, "case_id", None))
        with desk.ledger.write() as tx:
            note_access(
                tx,
                getattr(scope.get("endpoint"), "__name__", "none"),
                status,
                account=state.viewer.name if state.viewer else state.known_as,
                case_id=case_id if type(case_id) is int and case_id < _MOST_ROWS else None,
                origin=desk.names.origin(self._front.origin(request)),
            )


def _fields(body: bytes) -> dict[str, str] | None:
    """Return the fields of a form, of each name the last; None for what is none, or no database takes."""
    try:
        read = dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict"))
    except ValueError:
        return None
    return None if any("\0" in text for text in read.values()) else read


def _is_ours(request: Request) -> bool:
    """Tell whether a form was sent from a page of ours, by the browser that got it."""
    if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        return False
    token = request.state.form.get("csrf", "")
    return hmac.compare_digest(token.encode(), request.state.csrf.encode())


def _to_signin(request: Request) -> Response:
    if request.method == "POST":
        return error_page(request, 401)
    asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return RedirectResponse(f"{_SIGN_IN}?next={quote(asked, safe='')}", 303)
