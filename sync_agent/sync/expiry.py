"""Decides which proofs are watched for their end: certificates and tokens by which the two sides know each other."""

import base64
from collections.abc import Iterator
from datetime import UTC, datetime

import orjson

from sync_agent.national import Certificate, client_certificate, shown_certificates
from sync_agent.sync.context import Agent

__all__ = [
    "bearer_ends",
    "national_addresses",
    "own_certificate",
    "service_certificates",
    "token_addresses",
    "tokens_held",
]


def own_certificate(agent: Agent) -> Certificate | None:
    """Return the client certificate, None where none is set. Raises ConfigError."""
    return client_certificate(agent.settings.national.transport, agent.settings.folder)


def service_certificates(agent: Agent) -> Iterator[Certificate]:
    """Yield the certificate that each host of the national side shows; no request is sent.

    Raises ConfigError, NationalUnreachableError.
    """
    yield from shown_certificates(agent.settings.national.transport, agent.settings.folder, national_addresses(agent))


def bearer_ends(agent: Agent) -> dict[str, datetime]:
    """Return until when the fixed tokens of accounts hold, of those that say it as a JWT does (RFC 7519, `exp`)."""
    ends: dict[str, datetime] = {}
    for account in agent.settings.national.accounts:
        scheme, _, token = agent.accounts.authorization(account.alias).partition(" ")
        ends_at = _jwt_end(token) if account.auth == "bearer" and scheme == "Bearer" else None
        if ends_at is not None:
            ends[account.alias] = ends_at
    return ends


def _jwt_end(token: str) -> datetime | None:
    try:
        _, claims, _ = token.split(".")
        said = orjson.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
        return datetime.fromtimestamp(said["exp"], UTC)
    except (ValueError, KeyError, TypeError, OverflowError, OSError):
        return None


def tokens_held(agent: Agent) -> dict[str, float]:
    """Return in how many seconds the tokens in hand expire, by account; asks for none."""
    held = {alias: agent.gateway.token_seconds(alias, ask=False) for alias in agent.accounts.aliases}
    return {alias: seconds for alias, seconds in held.items() if seconds is not None}


def token_addresses(agent: Agent) -> list[str]:
    """Return where tokens are asked for."""
    return [each.lgsp.token_url for each in agent.settings.national.accounts if each.lgsp is not None]


def national_addresses(agent: Agent) -> list[str]:
    """Return every address of the national side that is spoken to."""
    return [agent.settings.national.transport.base_url, *token_addresses(agent)]
