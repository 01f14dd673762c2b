"""Who may open the pages, as what, and whose cases each of them sees. Every change of it is an entry of the audit log.

A role or a password that was changed in the database alone is found by `audit verify`: the entries name both.
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, insert, select, update

from sync_agent.audit import Event
from sync_agent.errors import ConfigError
from sync_agent.ledger.rows import table_of
from sync_agent.ledger.store import Transaction
from sync_agent.ledger.tables import AccountRow

__all__ = [
    "Account",
    "Role",
    "add_account",
    "all_accounts",
    "disable_account",
    "enable_account",
    "find_account",
    "password_digest",
    "require_account_name",
    "set_password",
]

_ACCOUNT: Final = table_of(AccountRow)
_NAME: Final = re.compile(r"[a-z][a-z0-9._-]{1,31}", re.ASCII)
_AGENCY: Final = re.compile(r"[A-Za-z0-9_.:-]{1,64}", re.ASCII)
_MOST_CODES: Final = 500  # characters that an entry holds of the agencies


class Role(StrEnum):
    """What an account may do: look, or also ask the service for something."""

    AUDITOR = "auditor"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Account:
    """Who may open the pages. `agencies` are those whose cases it sees; none: all."""

    name: str
    role: Role
    agencies: frozenset[str]
    password: str
    version: int
    created_at: datetime
    disabled_at: datetime | None

    def __repr__(self) -> str:
        return "Account()"


def find_account(connection: Connection, name: str) -> Account | None:
    """Return an account by its name, disabled or not."""
    row = connection.execute(select(_ACCOUNT).where(_ACCOUNT.c.name == name)).first()
    return None if row is None else _account(row)


def all_accounts(connection: Connection) -> list[Account]:
    """Return every account by name; without what is kept of the passwords."""
    columns = [column for column in _ACCOUNT.c if column.name != "password"]
    return [_account(row) for row in connection.execute(select(*columns).order_by(_ACCOUNT.c.name))]


def add_account(tx: Transaction, name: str, role: Role, agencies: frozenset[str], password: str) -> None:
    """Add an account; `password` is the hash of one. Raises ConfigError for a name that is taken or is none."""
    require_account_name(name)
    codes = _joined(agencies)
    if find_account(tx.connection, name) is not None:
        raise ConfigError("there is an account {name} already", where="accounts", facts=(("name", name),))
    values = {"role": role.value, "agencies": " ".join(sorted(agencies)), "password": password}
    row = {"name": name, "created_at": tx.now, "disabled_at": None, "version": 1}
    tx.connection.execute(insert(_ACCOUNT).values(**row, **values))
    said = {"new_state": role.value, "reason": codes, "wanted": password_digest(password)}
    tx.record(Event.ACCOUNT_ADDED, account=name, **said)


def set_password(tx: Transaction, name: str, password: str) -> None:
    """Give an account another password, of which the hash is given; its sessions are over. Raises ConfigError."""
    _change(tx, name, password=password)
    tx.record(Event.ACCOUNT_PASSWORD_SET, account=name, wanted=password_digest(password))


def disable_account(tx: Transaction, name: str) -> bool:
    """Let an account in no more and end its sessions; tell whether it was let in. Raises ConfigError."""
    if _known(tx, name).disabled_at is not None:
        return False
    _change(tx, name, disabled_at=tx.now)
    tx.record(Event.ACCOUNT_DISABLED, account=name)
    return True


def enable_account(tx: Transaction, name: str) -> bool:
    """Let a disabled account in again; tell whether it was disabled. Raises ConfigError."""
    if _known(tx, name).disabled_at is None:
        return False
    _change(tx, name, disabled_at=None)
    tx.record(Event.ACCOUNT_ENABLED, account=name)
    return True


def require_account_name(name: str) -> None:
    """Raise ConfigError for what cannot name an account."""
    if _NAME.fullmatch(name) is None:
        todo = "two to 32 small letters, digits, dots, hyphens or underscores, a letter first"
        raise ConfigError("this cannot be the name of an account", where="accounts", todo=todo)


def password_digest(password: str) -> str:
    """Return what an entry says of a password: the digest of its salted hash, from which nothing can be guessed."""
    return hashlib.sha256(password.encode()).hexdigest()


def _joined(agencies: frozenset[str]) -> str | None:
    """Return codes as an entry holds them: `agencies:` and the codes, joined by `+`. Raises ConfigError."""
    codes = "+".join(sorted(agencies))
    if any(_AGENCY.fullmatch(code) is None for code in agencies) or len(codes) > _MOST_CODES:
        raise ConfigError("these agencies cannot be named in the audit log", where="--agency", todo="name their codes")
    return f"agencies:{codes}" if codes else None


def _known(tx: Transaction, name: str) -> Account:
    found = find_account(tx.connection, name)
    if found is None:
        raise ConfigError("there is no account {name}", where="accounts", facts=(("name", name),))
    return found


def _change(tx: Transaction, name: str, **values: Any) -> None:
    version = _known(tx, name).version + 1
    statement = update(_ACCOUNT).where(_ACCOUNT.c.name == name)
    tx.connection.execute(statement.values(version=version, **values))


def _account(row: Any) -> Account:
    return Account(
        row.name,
        Role(row.role),
        frozenset(row.agencies.split()),
        getattr(row, "password", ""),
        row.version,
        row.created_at,
        row.disabled_at,
    )
