"""Decides how a simulator is set up: where it listens, whom it knows, what goes wrong, what it remembers."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sync_agent.errors import ConfigError
from sync_agent.simulator.service import utc_now

__all__ = ["SimulatorOptions", "parse_pairs", "secrets_from"]


@dataclass(frozen=True, slots=True)
class SimulatorOptions:
    """Everything a simulator is told at its start; port 0 takes any free one.

    With neither `accounts` nor `tokens` any well-formed credentials are taken; none at all are always refused.
    """

    db: Path
    host: str = "127.0.0.1"
    port: int = 0
    faults: Sequence[str] = ()
    capabilities: Mapping[str, str] = field(default_factory=dict)
    accounts: Mapping[str, str] = field(default_factory=dict, repr=False)
    """User name and password of HTTP Basic."""
    tokens: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Account name and token of HTTP Bearer."""
    lgsp: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Access key and secret key of those who come through an LGSP; then there is no other way in."""
    token_seconds: float = 3600.0
    """How long a token of the LGSP holds."""
    seed: int = 0
    keep_bodies: bool = True
    keepalive: float = 60.0
    """Seconds after which an idle connection is closed."""
    clock: Callable[[], datetime] = utc_now
    """The time of the service, aware UTC."""


def parse_pairs(pairs: Iterable[str], *, where: str, separator: str = "=") -> dict[str, str]:
    """Return `NAME=VALUE` words as a mapping; `where` is the option they came from. Raises ConfigError."""
    values: dict[str, str] = {}
    for pair in pairs:
        name, found, value = pair.partition(separator)
        if not (name and found and value):
            raise ConfigError(
                "'{pair}' is not of the form NAME{separator}VALUE",
                where=where,
                todo="name and value are both needed",
                facts=(("pair", pair), ("separator", separator)),
            )
        values[name] = value
    return values


def secrets_from(words: Iterable[str], environment: Mapping[str, str], *, where: str) -> dict[str, str]:
    """Return the secret of each `ACCOUNT:VARIABLE`, taken from `environment`; a secret is never itself an argument.

    Raises ConfigError for a variable that is not set.
    """
    secrets: dict[str, str] = {}
    for account, variable in parse_pairs(words, where=where, separator=":").items():
        if not environment.get(variable):
            raise ConfigError(
                "the environment variable '{variable}' is not set",
                where=where,
                todo="put the secret of account '{account}' into it",
                facts=(("variable", variable), ("account", account)),
            )
        secrets[account] = environment[variable]
    return secrets
