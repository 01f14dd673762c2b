"""Decides until when the certificates hold by which the service and the agent know each other."""

import re
import ssl
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPException, HTTPSConnection
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from sync_agent.errors import ConfigError, NationalUnreachableError
from sync_agent.national.transport_settings import TransportSettings

__all__ = ["Certificate", "client_certificate", "connection_to", "shown_certificates"]

_PEM = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
_VERSION, _UTC_TIME = 0xA0, 0x17  # tags of DER: X.690, section 8; fields by RFC 5280, section 4.1
_LONG_FORM = 0x80
_CENTURY_TURNS = 50  # a year of two digits below this is in 20..: RFC 5280, section 4.1.2.5.1


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate by the host that shows it or the file it is in, and the aware instant at which it ends."""

    name: str
    ends_at: datetime


def client_certificate(settings: TransportSettings, folder: Path) -> Certificate | None:
    """Return the client certificate, None where none is set. Raises ConfigError."""
    path = settings.client_certificate
    if path is None:
        return None
    try:
        first = _PEM.search((folder / path).read_text(encoding="ascii"))
        ends_at = None if first is None else _end_of(ssl.PEM_cert_to_DER_cert(first[0]))
    except (OSError, ValueError, IndexError):
        ends_at = None
    if ends_at is None:
        raise ConfigError(
            "the certificate {path} cannot be read",
            where="national.transport.client_certificate",
            facts=(("path", str(path)),),
        )
    return Certificate(str(path), ends_at)


def shown_certificates(settings: TransportSettings, folder: Path, addresses: Iterable[str]) -> Iterator[Certificate]:
    """Yield the certificate that each host of `addresses` shows; no request is sent. Hosts without TLS have none.

    Behind a proxy that is itself spoken to by TLS none can be seen. Raises ConfigError, NationalUnreachableError.
    """
    from sync_agent.national.transport import tls_context  # noqa: PLC0415 - httpx is slow to import

    places = {(parts.hostname, parts.port): parts for parts in map(urlsplit, addresses) if parts.scheme == "https"}
    if settings.proxy.startswith("https:"):
        return
    for parts in places.values():
        ends_at = _end_of(_peer(parts, settings, tls_context(settings, folder)))
        yield Certificate(f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname), ends_at)


def _peer(service: SplitResult, settings: TransportSettings, context: ssl.SSLContext) -> bytes:
    """Return the verified certificate a host shows, in DER. Raises NationalUnreachableError."""
    connection = connection_to(service, settings, context)
    try:
        connection.connect()
        shown = connection.sock.getpeercert(True)
    except (OSError, HTTPException) as error:
        cause = type(error).__name__
    else:
        return bytes(shown or b"")  # one that is verified is there
    finally:
        connection.close()
    raise NationalUnreachableError(
        "no certificate was shown ({cause})",
        where=service.geturl(),
        todo="check address, network, proxy and the certificates to trust",
        facts=(("cause", cause),),
    )


def connection_to(service: SplitResult, settings: TransportSettings, context: ssl.SSLContext) -> HTTPSConnection:
    """Return a connection by TLS to a service, through the proxy where there is one; not opened yet."""
    host, port = str(service.hostname), service.port or 443
    if not settings.proxy:
        return HTTPSConnection(host, port, timeout=settings.connect_seconds, context=context)
    proxy = urlsplit(settings.proxy)
    through = HTTPSConnection(str(proxy.hostname), proxy.port or 80, timeout=settings.connect_seconds, context=context)
    through.set_tunnel(host, port)
    return through


def _end_of(der: bytes) -> datetime:
    """Return `notAfter` of an X.509 certificate. Raises ValueError or IndexError for what is none."""
    _, certificate, _ = _element(der)
    _, fields, _ = _element(certificate)
    tag, _, rest = _element(fields)
    if tag == _VERSION:
        _, _, rest = _element(rest)  # the serial number
    _, _, rest = _element(rest)  # the algorithm
    _, _, rest = _element(rest)  # the issuer
    _, validity, _ = _element(rest)
    _, _, rest = _element(validity)
    tag, end, _ = _element(rest)
    text = end.decode("ascii")
    if tag == _UTC_TIME:
        text = ("20" if int(text[:2]) < _CENTURY_TURNS else "19") + text
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)


def _element(der: bytes) -> tuple[int, bytes, bytes]:
    """Return the first element as (tag, content, what follows it)."""
    length, start = der[1], 2
    if length & _LONG_FORM:
        start += length & ~_LONG_FORM
        length = int.from_bytes(der[2:start])
    if len(der) < start + length:
        raise ValueError("cut off")
    return der[0], der[start : start + length], der[start + length :]
