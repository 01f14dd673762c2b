"""Signing in and out, and the choice of a language. Whatever is wrong with a sign-in, the answer is the same."""

import asyncio
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from sync_agent.i18n import Language, tr
from sync_agent.ledger import Account
from sync_agent.web.front import Front
from sync_agent.web.passwords import matches
from sync_agent.web.rendering import page

__all__ = ["ROUTES", "local_path"]


def local_path(text: str) -> str:
    """Return a path of our own to go on to: anything else leads to the first page."""
    ours = text.startswith("/") and not text.startswith("//") and "\\" not in text and text.isprintable()
    return text if ours and text.isascii() else "/"


async def sign_in_form(request: Request) -> Response:
    """Show the form; who is signed in goes on."""
    after = local_path(request.query_params.get("next", "/"))
    if request.state.viewer is not None:
        return RedirectResponse(after, 303)
    return page(request, "signin.html", next=after, error="")


async def sign_in(request: Request) -> Response:
    """Let somebody in by name and password."""
    front: Front = request.app.state.front
    fields = request.state.form
    name, after, origin = fields.get("name", "")[:64], local_path(fields.get("next", "/")), front.origin(request)
    wait = max(front.by_account.wait(name), front.by_origin.wait(origin))
    if wait:
        return _again(request, after, 429, wait)
    front.by_account.count(name)
    front.by_origin.count(origin)
    async with request.app.state.hashing:
        account = await asyncio.to_thread(_checked, front, name, fields.get("password", ""))
    if account is None:
        return _again(request, after, 401)
    front.by_account.forget(name)
    front.by_origin.forget(origin)
    request.state.known_as = account.name
    front.sessions.end(request.cookies.get(front.cookie, ""))
    return _leading(after, front.set_cookie(front.sessions.begin(account.name, account.version)))


async def sign_out(request: Request) -> Response:
    """End the session for good."""
    front: Front = request.app.state.front
    front.sessions.end(request.cookies.get(front.cookie, ""))
    return _leading("/signin", front.set_cookie(front.sessions.new_token()))


async def choose_language(request: Request) -> Response:
    """Keep the language in which somebody wants to be spoken to."""
    fields = request.state.form
    answer = RedirectResponse(local_path(fields.get("next", "/")), 303)
    if fields.get("language") in set(Language):
        secure = request.app.state.front.desk.settings.web.secure
        answer.set_cookie("lang", fields["language"], 31_536_000, httponly=True, samesite="strict", secure=secure)
    return answer


def _checked(front: Front, name: str, password: str) -> Account | None:
    """Return the account when the password is its own. It takes as long where there is none."""
    account = front.account(name)
    return account if matches(account.password if account else None, password) else None


def _again(request: Request, after: str, status: int, wait: float = 0) -> Response:
    said = tr("Too many tries: wait a little.") if wait else tr("Name and password do not belong together.")
    answer = page(request, "signin.html", status, next=after, error=said)
    if wait:
        answer.headers["retry-after"] = str(int(wait) + 1)
    return answer


def _leading(path: str, cookie: str) -> Response:
    answer = RedirectResponse(path, 303)
    answer.headers.append("set-cookie", cookie)
    return answer


ROUTES: Final = [
    Route("/signin", sign_in_form, methods=["GET"]),
    Route("/signin", sign_in, methods=["POST"]),
    Route("/signout", sign_out, methods=["POST"]),
    Route("/language", choose_language, methods=["POST"]),
]
