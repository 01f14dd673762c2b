"""The pages as one application: the shell outside, then the gate, then the routes. It holds no secret of any side."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from sync_agent.errors import LedgerError
from sync_agent.settings import WebSection
from sync_agent.web import actions, signin
from sync_agent.web.front import Desk, Front
from sync_agent.web.gate import Gate
from sync_agent.web.pages import ROUTES as PAGES
from sync_agent.web.rendering import error_page
from sync_agent.web.sessions import Sessions
from sync_agent.web.shell import Shell
from sync_agent.web.throttle import Throttle

__all__ = ["make_app", "routes"]

_STATIC: Final = Path(__file__).parent / "static"
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})
_MINUTE: Final = 60
_HASHES_AT_ONCE: Final = 2  # each takes much memory, on purpose


def routes() -> list[BaseRoute]:
    """Return every route there is."""
    static = Mount("/static", StaticFiles(directory=_STATIC), name="static")
    return [*signin.ROUTES, *actions.ROUTES, *PAGES, static]


def make_app(
    desk: Desk,
    *,
    seal: Callable[[str], bytes],
    tell: Callable[[BaseException], None],
    proxy_secret: str = "",
    clock: Callable[[], float] = time.monotonic,
) -> ASGIApp:
    """Return the application.

    `seal` closes a person's note for the service, `tell` hears of an exception that nobody foresaw, `proxy_secret` is
    what a reverse proxy sends that names accounts, and `clock` measures sessions and pauses.
    """
    web = desk.settings.web
    sessions = Sessions(web.session_minutes * _MINUTE, web.session_hours * _MINUTE * _MINUTE, clock)
    by_account, by_origin = Throttle(free=5, longest=60, now=clock), Throttle(free=20, longest=900, now=clock)
    front = Front(desk, sessions, seal, by_account, by_origin, proxy_secret)
    app = Starlette(
        routes=routes(),
        middleware=[Middleware(Gate, front=front)],
        exception_handlers={HTTPException: _known, LedgerError: _no_ledger, Exception: _unknown},
    )
    app.state.desk, app.state.front, app.state.tell = desk, front, tell
    app.state.hashing = asyncio.Semaphore(_HASHES_AT_ONCE)
    proxy = "" if web.here or web.tls_certificate else web.trusted_proxy
    return Shell(app, _hosts(web), secure=web.secure, tell=tell, proxy=proxy)


def _hosts(web: WebSection) -> frozenset[str]:
    """Return the names people may open the pages by; of this machine itself only when nothing stands in front."""
    own = f"[{web.address}]" if ":" in web.address else web.address
    named = frozenset(host.lower() for host in web.hosts)
    return named | _LOOPBACK | {own}


async def _known(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    return error_page(request, status)


async def _no_ledger(request: Request, error: Exception) -> Response:
    request.app.state.tell(error)
    return error_page(request, 503)


async def _unknown(request: Request, _error: Exception) -> Response:
    return error_page(request, 500)
