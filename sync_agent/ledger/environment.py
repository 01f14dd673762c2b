"""What a ledger belongs to, and what people declared about it: environment mark, go-live, versions."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, update

from sync_agent.audit import Event
from sync_agent.domain.canonical import canonical_bytes
from sync_agent.errors import ConfigError
from sync_agent.ledger.rows import fetch, insert_rows, table_of, values_of
from sync_agent.ledger.store import Transaction
from sync_agent.ledger.tables import EnvironmentRow, SourceRow

__all__ = [
    "Environment",
    "bind",
    "bind_again",
    "declare_go_live",
    "differences",
    "environment",
    "forget_progress",
    "require_fixed",
    "require_same",
    "save_source_state",
    "settings_digest",
    "source_state",
]


@dataclass(frozen=True, slots=True)
class Environment:
    """What may never differ between two runs on one ledger."""

    mode: str
    contract: str
    base_url: str
    accounts: str
    source_id: str
    key_definition: str
    agency_map: str


_SETTING = {
    "mode": "agent.mode",
    "contract": "national.contract",
    "base_url": "national.transport.base_url",
    "accounts": "national.accounts",
    "source_id": "source.id (profile)",
    "key_definition": "key (profile)",
    "agency_map": "national.accounts.agencies, codes of agency (profile)",
}
_FIXED = ("mode", "contract", "base_url")
"""What never changes once something was sent; the rest may change by `rekey`."""


def environment(connection: Connection) -> EnvironmentRow | None:
    """Return what the ledger is bound to, None while it is new."""
    rows = fetch(connection, EnvironmentRow, select(table_of(EnvironmentRow)))
    return rows[0] if rows else None


def bind(transaction: Transaction, wanted: Environment) -> None:
    """Bind a new ledger. Once something was sent from it, it stays bound."""
    row = EnvironmentRow(id=1, epoch=0, bound_at=transaction.now, **_fields(wanted))
    transaction.connection.execute(insert(table_of(EnvironmentRow)).values(values_of(row)))
    _record(transaction, wanted, kept=False)


def bind_again(transaction: Transaction, bound: EnvironmentRow, wanted: Environment, *, reason: str) -> None:
    """Bind the ledger to what is wanted now; `reason` is a code. What was declared of another environment is void."""
    values: dict[str, str | None] = dict(_fields(wanted))
    if any(name in _FIXED for name in differences(bound, wanted)):
        values["go_live"] = None
    transaction.connection.execute(update(table_of(EnvironmentRow)).values(values))
    kept = "go_live" not in values and bound.go_live is not None
    _record(transaction, wanted, kept=kept, old_state=bound.mode, reason=reason)


def _record(transaction: Transaction, wanted: Environment, *, kept: bool, **facts: str) -> None:
    """Record what the ledger belongs to, and whether a go-live that was declared before goes on (`kept`)."""
    digest, counts = settings_digest(_fields(wanted)), {"go_live": int(kept)}
    transaction.record(Event.ENVIRONMENT_BOUND, new_state=wanted.mode, set_digest=digest, counts=counts, **facts)


def settings_digest(settings: Mapping[str, str | None]) -> str:
    """Return the SHA-256, in hex, of the settings a ledger belongs to, by their names in `Environment`."""
    return hashlib.sha256(canonical_bytes({name: settings[name] for name in _SETTING})).hexdigest()


def differences(bound: EnvironmentRow, wanted: Environment) -> list[str]:
    """Return the names of what differs, what never may first. A ledger from before agency maps has none to differ."""
    found = [name for name, value in _fields(wanted).items() if getattr(bound, name) != value]
    return [name for name in found if not (name == "agency_map" and bound.agency_map is None)]


def require_same(bound: EnvironmentRow, wanted: Environment) -> None:
    """Raise ConfigError naming the first setting in which the ledger and the configuration differ."""
    require_fixed(bound, wanted)
    for name in differences(bound, wanted):
        raise ConfigError(
            "the ledger knows its cases by another setting: {setting} differs",
            where=_SETTING[name],
            todo="see what that means: sync-agent rekey --dry-run",
            facts=(("setting", _SETTING[name]),),
        )


def require_fixed(bound: EnvironmentRow, wanted: Environment) -> None:
    """Raise ConfigError when the ledger and the configuration differ in what never may."""
    for name in differences(bound, wanted):
        if name in _FIXED:
            raise ConfigError(
                "this ledger belongs to another environment: {setting} differs",
                where=_SETTING[name],
                todo="use the configuration it was made with, or a new state folder for another environment",
                facts=(("setting", _SETTING[name]),),
            )


def _fields(value: Environment) -> dict[str, str]:
    return {name: getattr(value, name) for name in _SETTING}


def declare_go_live(transaction: Transaction, how: str) -> None:
    """Record that a person allowed the first send; `how` is a reason code."""
    transaction.connection.execute(update(table_of(EnvironmentRow)).values(go_live=how))
    transaction.record(Event.GO_LIVE_DECLARED, reason=how)


def source_state(connection: Connection, source_id: str) -> SourceRow:
    """Return how far the source was read; a new one has no watermark."""
    table = table_of(SourceRow)
    rows = fetch(connection, SourceRow, select(table).where(table.c.source_id == source_id))
    return rows[0] if rows else SourceRow(source_id=source_id)


def save_source_state(transaction: Transaction, state: SourceRow) -> None:
    """Write back how far the source was read, in the transaction of what was read."""
    table = table_of(SourceRow)
    transaction.connection.execute(table.delete().where(table.c.source_id == state.source_id))
    insert_rows(transaction.connection, [state])


def forget_progress(transaction: Transaction, old_source: str, new_source: str) -> None:
    """Carry over how far a source was read under a name it may have changed, so that all of it is read again."""
    state = source_state(transaction.connection, old_source)
    table = table_of(SourceRow)
    transaction.connection.execute(table.delete().where(table.c.source_id == old_source))
    state.source_id, state.watermark = new_source, None
    save_source_state(transaction, state)
