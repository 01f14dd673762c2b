"""How the pages answer on a network: one process, few connections at once, nothing of an address in any log."""

import asyncio
import socket
from collections.abc import Callable
from ipaddress import ip_address
from typing import Any, Final

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from sync_agent.errors import ConfigError
from sync_agent.settings import Settings

__all__ = ["Impatient", "serve"]

_CONNECTIONS: Final = 128
_QUIET_SECONDS: Final = 15
_LARGEST_HEAD: Final = 16 * 1024
_LAST_SECONDS: Final = 10


def serve(app: ASGIApp, settings: Settings, announce: Callable[[str], None]) -> None:
    """Answer until told to end; `announce` is given the address. Raises ConfigError."""
    web = settings.web
    config = uvicorn.Config(
        app,
        http=Impatient,
        ws="none",
        lifespan="off",
        log_config=None,  # it would log addresses, which hold what was searched
        log_level="critical",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=_CONNECTIONS,
        timeout_keep_alive=_QUIET_SECONDS,
        timeout_graceful_shutdown=_LAST_SECONDS,
        h11_max_incomplete_event_size=_LARGEST_HEAD,
        ssl_certfile=settings.path(web.tls_certificate) if web.tls_certificate else None,
        ssl_keyfile=settings.path(web.tls_key) if web.tls_key else None,
    )
    try:
        config.load()
    except OSError as error:  # an SSLError is one
        raise _unusable("the certificate or its key cannot be used ({reason})", "web.tls_certificate", error) from None
    with _listening(web.address, web.port) as listener:
        port = listener.getsockname()[1]
        host = f"[{web.address}]" if ":" in web.address else web.address
        announce(f"{'https' if web.tls_certificate else 'http'}://{host}:{port}/")
        uvicorn.Server(config).run([listener])


class Impatient(H11Protocol):
    """A connection that is closed when no whole question came for some seconds: it would keep the place of another."""

    _leaving: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Begin."""
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Read on."""
        super().data_received(data)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._forget()
        super().connection_lost(exc)

    def _wait(self) -> None:
        if self.cycle is not None and not self.cycle.response_complete:  # a question is being answered
            self._forget()
        elif self._leaving is None:
            self._leaving = self.loop.call_later(_QUIET_SECONDS, self.transport.close)

    def _forget(self) -> None:
        if self._leaving is not None:
            self._leaving.cancel()
            self._leaving = None


def _listening(address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ip_address(address).version == 6 else socket.AF_INET  # noqa: PLR2004 - the protocol
    try:
        return socket.create_server((address, port), family=family, backlog=_CONNECTIONS)
    except OSError as error:
        raise _unusable("nothing can listen there ({reason})", "web.address, web.port", error) from None


def _unusable(what: str, where: str, error: OSError) -> ConfigError:
    return ConfigError(what, where=where, facts=(("reason", error.strerror or type(error).__name__),))
