"""Decides whose account speaks for an agency, and where its secret comes from: a private file or the environment."""

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from sync_agent.errors import ConfigError
from sync_agent.secretfile import read_secret

__all__ = ["Account", "AccountSettings", "Accounts", "load_accounts"]


class AccountSettings(BaseModel):
    """An account at the national service; the secret itself is never a setting."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    alias: str = Field(pattern=r"^[A-Za-z0-9._-]{1,40}$")
    agencies: tuple[str, ...]  # none: speaks for nobody yet
    auth: Literal["basic", "bearer"] = "basic"
    username: str = ""
    secret_file: Path | None = None
    secret_env: str = ""

    @model_validator(mode="after")
    def _one_secret(self) -> "AccountSettings":
        if (self.secret_file is None) == (not self.secret_env):
            raise ValueError("exactly one of secret_file and secret_env is needed")
        if self.auth == "basic" and (not self.username or ":" in self.username):
            raise ValueError("basic needs a username without a colon")
        return self


@dataclass(frozen=True, slots=True)
class Account:
    """An account ready to be used; `authorization` is the header's value."""

    alias: str
    agencies: frozenset[str]
    authorization: str = field(repr=False)


class Accounts:
    """The accounts of the installation. An agency nobody speaks for has none: there is no default account."""

    def __init__(self, accounts: Iterable[Account]) -> None:
        self._by_alias = {account.alias: account for account in accounts}
        self._by_agency = {agency: each.alias for each in self._by_alias.values() for agency in each.agencies}

    @property
    def aliases(self) -> tuple[str, ...]:
        """Every alias, sorted."""
        return tuple(sorted(self._by_alias))

    @property
    def agencies(self) -> Mapping[str, str]:
        """The alias for each agency."""
        return dict(self._by_agency)

    def for_agency(self, agency: str) -> str | None:
        """Return the alias that speaks for `agency`, None if there is none."""
        return self._by_agency.get(agency)

    def authorization(self, alias: str) -> str:
        """Return the header's value. Raises ConfigError for an alias that is not configured."""
        account = self._by_alias.get(alias)
        if account is None:
            raise ConfigError("there is no account {alias}", where="national.accounts", facts=(("alias", alias),))
        return account.authorization


def load_accounts(settings: Iterable[AccountSettings], folder: Path) -> Accounts:
    """Read the secrets of all accounts; relative files are below `folder`. Raises ConfigError."""
    accounts: list[Account] = []
    for each in settings:
        taken = {agency for account in accounts for agency in account.agencies} & set(each.agencies)
        if any(account.alias == each.alias for account in accounts):
            raise _wrong("two accounts have this alias", each.alias)
        if taken:
            raise _wrong("another account already speaks for {agency}", each.alias, ("agency", min(taken)))
        accounts.append(Account(each.alias, frozenset(each.agencies), _authorization(each, _secret(each, folder))))
    return Accounts(accounts)


def _authorization(settings: AccountSettings, secret: str) -> str:
    if settings.auth == "basic":
        return "Basic " + base64.b64encode(f"{settings.username}:{secret}".encode()).decode("ascii")
    if not secret.isascii() or not secret.isprintable() or " " in secret:
        raise _wrong("a bearer token must be one word of printable ASCII", settings.alias)
    return f"Bearer {secret}"


def _secret(settings: AccountSettings, folder: Path) -> str:
    file = None if settings.secret_file is None else folder / settings.secret_file
    return read_secret(file, settings.secret_env, where=_place(settings.alias))


def _wrong(what: str, alias: str, *facts: tuple[str, object]) -> ConfigError:
    return ConfigError(what, where=_place(alias), facts=tuple((name, str(value)) for name, value in facts))


def _place(alias: str) -> str:
    return f"national.accounts ({alias})"
