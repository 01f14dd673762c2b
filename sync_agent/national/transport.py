"""Carries requests over HTTP and decides by the type of a failure whether bytes had left. The only user of httpx."""

import logging
import re
import ssl
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import httpx

from sync_agent.errors import ConfigError
from sync_agent.national.content import Content
from sync_agent.national.exchange import LostError, NotSentError, Reply
from sync_agent.national.messages import FileChangedError
from sync_agent.national.outcomes import FILE_CHANGED
from sync_agent.national.transport_settings import TransportSettings
from sync_agent.secretfile import is_private, secret_path

__all__ = ["HttpTransport", "tls_context"]

_HEADERS = {
    "User-Agent": "sync-agent",
    "Accept": "application/json",
    "Accept-Encoding": "gzip, deflate",
    "Connection": "keep-alive",
}
_NOTHING_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)


class HttpTransport:
    """One pool of connections for the life of the process. Relative paths of the settings are below `folder`.

    What a client of httpx adds would cost a third of a request's time and is not wanted: no redirect is followed, no
    cookie kept, which could carry one account into the session of another. Raises ConfigError for certificates that
    cannot be used.
    """

    def __init__(self, settings: TransportSettings, folder: Path, *, connections: int) -> None:
        for name in ("httpx", "httpcore"):  # both log whole addresses
            logging.getLogger(name).setLevel(logging.WARNING)
        self._base = str(settings.base_url).rstrip("/") + "/"
        context = tls_context(settings, folder)
        self._addresses: dict[str, httpx.URL] = {}
        self._pool = httpx.HTTPTransport(
            verify=context,
            trust_env=False,
            proxy=_proxy(settings.proxy, context),
            limits=httpx.Limits(
                max_connections=connections,
                max_keepalive_connections=connections,
                keepalive_expiry=settings.keepalive_expiry,
            ),
        )
        self._timeouts = {
            "connect": settings.connect_seconds,
            "read": settings.read_seconds,
            "write": settings.write_seconds,
            "pool": settings.pool_seconds,
        }

    def post(self, path: str, content: bytes | Content, headers: Mapping[str, str]) -> Reply:
        """Return the answer to a POST below the base address, or to a whole one. Raises NotSentError or LostError.

        It always says its length. One whose file changes on the way is cut off short of it, and its connection closed.
        """
        whole = {**_HEADERS, **headers, "Content-Length": str(len(content))}
        request = httpx.Request(
            "POST", self._address(path), headers=whole, content=content, extensions={"timeout": self._timeouts}
        )
        try:
            with closing(self._pool.handle_request(request)) as response:
                body = response.read()
        except FileChangedError:
            raise LostError(FILE_CHANGED) from None
        except _NOTHING_LEFT as error:
            raise NotSentError(_cause(error)) from None
        except httpx.RequestError as error:
            raise LostError(_cause(error)) from None
        return Reply(
            response.status_code,
            response.headers.get("content-type", ""),
            response.headers.get("retry-after", ""),
            body,
        )

    def close(self) -> None:
        """Close every connection."""
        self._pool.close()

    def _address(self, path: str) -> httpx.URL:
        """Return the whole address; there are as many as actions, and reading one takes time."""
        if path not in self._addresses:
            self._addresses[path] = httpx.URL(path if re.match(r"https?://", path) else self._base + path)
        return self._addresses[path]


def _proxy(address: str, context: ssl.SSLContext) -> httpx.Proxy | None:
    if not address:
        return None
    return httpx.Proxy(address, ssl_context=context if address.startswith("https:") else None)


def tls_context(settings: TransportSettings, folder: Path) -> ssl.SSLContext:
    """Return the context that verifies the service, by the private CA if one is set: TLS 1.2 or newer.

    Raises ConfigError.
    """
    setting, path = "national.transport.ca_file", settings.ca_file
    try:
        context = ssl.create_default_context(cafile=None if path is None else folder / path)
        # who sets SSLKEYLOGFILE could read every name on the wire; None is what takes it away, whatever its type says
        context.keylog_filename = None  # type: ignore[assignment]
        context.minimum_version = max(context.minimum_version, ssl.TLSVersion.TLSv1_2)
        setting, path = "national.transport.client_certificate", settings.client_certificate
        if path is not None:
            key = settings.client_key
            private = folder / (key or path)
            context.load_cert_chain(folder / path, key and secret_path(private), password=_no_password)
            _require_private(private)
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        raise ConfigError(
            "the certificate {path} cannot be used ({reason})",
            where=setting,
            facts=(("path", str(path)), ("reason", type(error).__name__)),
        ) from None
    return context


def _require_private(key: Path) -> None:
    if not is_private(key, secret_path(key).stat()):
        raise ConfigError(
            "others can read {name}",
            where="national.transport.client_key",
            todo="make it private: chmod 0400",
            facts=(("name", str(key)),),
        )


def _no_password() -> bytes:
    raise ValueError("a key with a pass phrase cannot be used by a service")


def _cause(error: Exception) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(error).__name__).lower()
