"""Decides what can be told of the other end of the line without an account: whose it is, and what its clock says.

One HEAD of the root is sent, without credentials: whatever is answered, its date is what counts.
"""

import ssl
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPConnection, HTTPException
from itertools import chain
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from sync_agent.errors import NationalUnreachableError
from sync_agent.national.certificates import connection_to
from sync_agent.national.transport_settings import TransportSettings

__all__ = ["Endpoint", "visit"]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The other end: `issuer` of its certificate, None without TLS; `clock` as its answer says, None where it does not.

    `egress` is the address of this machine from which it was reached, or its proxy.
    """

    host: str
    egress: str
    issuer: str | None
    clock: datetime | None


def visit(settings: TransportSettings, folder: Path, address: str) -> Endpoint:
    """Return what is at an address. Raises ConfigError, NationalUnreachableError."""
    parts = urlsplit(address)
    connection = _connection(parts, settings, folder)
    try:
        connection.connect()
        line = connection.sock
        egress, issuer = str(line.getsockname()[0]), _issuer(line) if isinstance(line, ssl.SSLSocket) else None
        connection.request("HEAD", "/")
        told = connection.getresponse().headers.get("Date", "")
    except (OSError, HTTPException) as error:
        cause = type(error).__name__
    else:
        return Endpoint(parts.netloc, egress, issuer, _instant(told))
    finally:
        connection.close()
    raise NationalUnreachableError(
        "cannot be reached ({cause})",
        where=address,
        todo="check address, network, proxy, firewall and the certificates to trust",
        facts=(("cause", cause),),
    )


def _connection(parts: SplitResult, settings: TransportSettings, folder: Path) -> HTTPConnection:
    from sync_agent.national.transport import tls_context  # noqa: PLC0415 - httpx is slow to import

    if parts.scheme == "https":
        return connection_to(parts, settings, tls_context(settings, folder))
    return HTTPConnection(str(parts.hostname), parts.port or 80, timeout=settings.connect_seconds)


def _issuer(line: ssl.SSLSocket) -> str | None:
    """Return who issued the certificate that was shown and verified, by its organisation or its name."""
    shown: dict[str, Any] = line.getpeercert() or {}
    names: dict[str, str] = dict(chain.from_iterable(shown.get("issuer", ())))
    return names.get("organizationName") or names.get("commonName")


def _instant(date: str) -> datetime | None:
    try:
        told = parsedate_to_datetime(date)
    except ValueError:
        return None
    return told if told.tzinfo is not None else None
