"""What every request must be before anything looks into it, and what every answer carries.

The shell knows no account and no page: it refuses what is too long, too slow, too large, of another kind or for another
host, and lets no exception out.
"""

import asyncio
from collections.abc import Callable
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["Shell", "replayed"]

_METHODS: Final = frozenset({"GET", "HEAD", "POST"})
_LONGEST_TARGET: Final = 4096
_LARGEST_HEAD: Final = 16 * 1024
_LARGEST_BODY: Final = 64 * 1024
_BODY_SECONDS: Final = 10
_SECONDS: Final = 60  # until an answer begins
_SENDING_SECONDS: Final = 900
_FORM: Final = "application/x-www-form-urlencoded"

_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

_HEADERS: Final = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "x-robots-tag": "noindex, nofollow",
}


class _Refused(Exception):  # noqa: N818 - an answer, not an error
    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Shell:
    """Wraps the whole application. `hosts` are the names people may open it by, `tell` hears of an exception.

    `proxy` is the only address that may ask, where nothing but that proxy has the TLS; "": any may.
    """

    def __init__(
        self,
        app: ASGIApp,
        hosts: frozenset[str],
        *,
        secure: bool,
        tell: Callable[[BaseException], None],
        proxy: str = "",
    ) -> None:
        self._app, self._hosts, self._tell, self._proxy = app, hosts, tell, proxy
        self._headers = _HEADERS | ({"strict-transport-security": "max-age=31536000"} if secure else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        begun, limit = False, asyncio.timeout(_SECONDS)

        async def dressed(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(self._dressed(message))

        async def sent(message: Message) -> None:
            if not begun:
                limit.reschedule(asyncio.get_running_loop().time() + _SENDING_SECONDS)  # a download takes its time
            await dressed(message)

        try:
            self._examine(scope)
            body = await _whole(Headers(scope=scope), receive) if scope["method"] == "POST" else b""
            async with limit:
                await self._app(scope, replayed(body, receive), sent)
        except _Refused as refused:
            await _plain(refused.status)(scope, receive, dressed)
        except Exception as error:  # noqa: BLE001 - its words may hold anything: nobody hears them
            self._tell(error)
            if not begun:
                await _plain(503 if isinstance(error, TimeoutError) else 500)(scope, receive, dressed)

    def _examine(self, scope: Scope) -> None:
        headers = Headers(scope=scope)
        if self._proxy and (scope["client"] or ("",))[0] != self._proxy:
            raise _Refused(403)
        if scope["method"] not in _METHODS:
            raise _Refused(405)
        if len(scope.get("raw_path") or b"") + len(scope["query_string"]) > _LONGEST_TARGET:
            raise _Refused(414)
        if sum(len(name) + len(value) for name, value in scope["headers"]) > _LARGEST_HEAD:
            raise _Refused(431)
        if len(headers.getlist("host")) != 1 or _name(headers["host"]) not in self._hosts:
            raise _Refused(400)
        if scope["method"] == "POST" and headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
            raise _Refused(415)

    def _dressed(self, message: Message) -> Message:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in self._headers.items():
                headers[name] = value
            headers.setdefault("cache-control", "no-cache" if "etag" in headers else "no-store")  # of files: asked anew
        return message


def _name(host: str) -> str:
    """Return the name in a Host header without its port."""
    name = host.lower()
    return name[: name.rindex(":")] if ":" in name and not name.endswith("]") else name


async def _whole(headers: Headers, receive: Receive) -> bytes:
    """Return the body of a request. Raises _Refused when it is too large or comes too slowly."""
    length = headers.get("content-length", "0")
    if not (length.isascii() and length.isdecimal()):
        raise _Refused(400)
    if len(length) > len(str(_LARGEST_BODY)) or int(length) > _LARGEST_BODY:
        raise _Refused(413)
    body, more = b"", True
    try:
        async with asyncio.timeout(_BODY_SECONDS):
            while more:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise _Refused(400)
                body, more = body + message.get("body", b""), message.get("more_body", False)
                if len(body) > _LARGEST_BODY:
                    raise _Refused(413)
    except TimeoutError:
        raise _Refused(408) from None
    return body


def replayed(body: bytes, receive: Receive) -> Receive:
    """Return what gives the body once more, and then what comes after it."""
    given = False

    async def replay() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


def _plain(status: int) -> ASGIApp:
    return PlainTextResponse(f"{status}\n", status, {"connection": "close"})
