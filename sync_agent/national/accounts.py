"""Decides whose account speaks for an agency, and where its secret comes from: a private file or the environment.

A secret in a file may be changed while the agent runs: the next request carries the new one.
"""

import base64
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from sync_agent.errors import ConfigError
from sync_agent.logs import LogEvent, log
from sync_agent.national.lgsp import LgspSettings, identity_of
from sync_agent.secretfile import read_secret

__all__ = ["Account", "AccountSettings", "Accounts", "load_accounts"]


class AccountSettings(BaseModel):
    """An account at the national service; the secret itself is never a setting."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    alias: str = Field(pattern=r"^[A-Za-z0-9._-]{1,40}$")
    agencies: tuple[str, ...]  # none: speaks for nobody yet
    auth: Literal["basic", "bearer", "lgsp"] = "basic"
    username: str = ""
    lgsp: LgspSettings | None = None
    secret_file: Path | None = None
    secret_env: str = ""

    @model_validator(mode="after")
    def _one_secret(self) -> "AccountSettings":
        if (self.secret_file is None) == (not self.secret_env):
            raise ValueError("exactly one of secret_file and secret_env is needed")
        if self.auth == "basic" and (not self.username or ":" in self.username):
            raise ValueError("basic needs a username without a colon")
        if self.auth == "lgsp" and self.username:
            raise ValueError("lgsp takes no username: it is named by its access_key")
        if self.auth == "lgsp" and self.lgsp is None:
            raise ValueError("lgsp needs the table [national.accounts.lgsp] below its account")
        if self.auth != "lgsp" and self.lgsp is not None:
            raise ValueError('the table [national.accounts.lgsp] needs auth = "lgsp"')
        return self


@dataclass(frozen=True, slots=True)
class Account:
    """An account ready to be used; `authorization` is the header's value, or what gives the one now in force.

    For an account that goes through an LGSP it is the value of `lgspaccesstoken`, by which it gets its tokens.
    """

    alias: str
    agencies: frozenset[str]
    authorization: str | Callable[[], str] = field(repr=False)
    lgsp: LgspSettings | None = None


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
        """Return the header's value, by the secret now in force. Raises ConfigError for an alias not configured."""
        account = self._by_alias.get(alias)
        if account is None:
            raise ConfigError("there is no account {alias}", where="national.accounts", facts=(("alias", alias),))
        return account.authorization if isinstance(account.authorization, str) else account.authorization()

    def lgsp(self, alias: str) -> LgspSettings | None:
        """Return how an account speaks through an LGSP, None for one that does not."""
        account = self._by_alias.get(alias)
        return None if account is None else account.lgsp


class _FromFile:
    """The header's value by a secret file, which is read again when it is another than before.

    Replace the file by renaming a new one over it: one that is written in place can be read half done. While a new
    file cannot be used (missing, empty, open to others) the old secret stays in use and each call tries again. Safe
    to share between threads.
    """

    def __init__(self, settings: AccountSettings, file: Path) -> None:
        self._settings = settings
        self._file = file
        self._reading = Lock()
        self._warned = False
        self._known = self._look(), self._read()  # looked at first: what replaces it in between is seen next time

    def __call__(self) -> str:
        """Return the value now in force."""
        if self._look() != self._known[0]:
            self._renew()
        return self._known[1]

    def _renew(self) -> None:
        with self._reading:
            seen = self._look()
            if seen == self._known[0]:
                return
            try:
                self._known = seen, self._read()
            except ConfigError:
                if not self._warned:
                    log(LogEvent.SECRET_UNUSABLE, "warning", account=self._settings.alias)
                self._warned = True
            else:
                self._warned = False

    def _look(self) -> tuple[int, int, int] | None:
        try:
            found = self._file.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino

    def _read(self) -> str:
        return _authorization(self._settings, read_secret(self._file, "", where=_place(self._settings.alias)))


def load_accounts(settings: Iterable[AccountSettings], folder: Path, *, secrets_at_use: bool = False) -> Accounts:
    """Read the secrets of all accounts; relative files are below `folder`. Raises ConfigError.

    With `secrets_at_use` a secret is read when something is sent: who sends nothing needs none.
    """
    source_of = _at_use if secrets_at_use else _source_of
    accounts: list[Account] = []
    for each in settings:
        taken = {agency for account in accounts for agency in account.agencies} & set(each.agencies)
        if any(account.alias == each.alias for account in accounts):
            raise _wrong("two accounts have this alias", each.alias)
        if taken:
            raise _wrong("another account already speaks for {agency}", each.alias, ("agency", min(taken)))
        accounts.append(Account(each.alias, frozenset(each.agencies), source_of(each, folder), each.lgsp))
    return Accounts(accounts)


def _authorization(settings: AccountSettings, secret: str) -> str:
    if settings.lgsp is not None:
        return identity_of(settings.lgsp, secret)
    if settings.auth == "basic":
        return "Basic " + base64.b64encode(f"{settings.username}:{secret}".encode()).decode("ascii")
    if not secret.isascii() or not secret.isprintable() or " " in secret:
        raise _wrong("a bearer token must be one word of printable ASCII", settings.alias)
    return f"Bearer {secret}"


def _source_of(settings: AccountSettings, folder: Path) -> str | Callable[[], str]:
    if settings.secret_file is not None:
        return _FromFile(settings, folder / settings.secret_file)
    return _authorization(settings, read_secret(None, settings.secret_env, where=_place(settings.alias)))


def _at_use(settings: AccountSettings, folder: Path) -> Callable[[], str]:
    def authorization() -> str:
        source = _source_of(settings, folder)
        return source if isinstance(source, str) else source()

    return authorization


def _wrong(what: str, alias: str, *facts: tuple[str, object]) -> ConfigError:
    return ConfigError(what, where=_place(alias), facts=tuple((name, str(value)) for name, value in facts))


def _place(alias: str) -> str:
    return f"national.accounts ({alias})"
