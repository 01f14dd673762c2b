"""What a ledger belongs to, and what people declared about it: environment mark, go-live, signed policies, versions."""

from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, update

from sync_agent.audit import Event
from sync_agent.errors import ConfigError
from sync_agent.ledger.rows import fetch, insert_rows, table_of
from sync_agent.ledger.store import Transaction
from sync_agent.ledger.tables import EnvironmentRow, SignatureRow, SourceRow

__all__ = [
    "Environment",
    "bind",
    "declare_go_live",
    "environment",
    "is_signed",
    "require_same",
    "save_source_state",
    "sign",
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


_SETTING = {
    "mode": "agent.mode",
    "contract": "national.contract",
    "base_url": "national.transport.base_url",
    "accounts": "national.accounts",
    "source_id": "source.id (profile)",
    "key_definition": "key (profile)",
}


def environment(connection: Connection) -> EnvironmentRow | None:
    """Return what the ledger is bound to, None while it is new."""
    rows = fetch(connection, EnvironmentRow, select(table_of(EnvironmentRow)))
    return rows[0] if rows else None


def bind(transaction: Transaction, wanted: Environment) -> None:
    """Bind a new ledger, for good."""
    row = EnvironmentRow(id=1, epoch=0, bound_at=transaction.now, **_fields(wanted))
    transaction.connection.execute(insert(table_of(EnvironmentRow)).values(row.model_dump()))
    transaction.record(Event.ENVIRONMENT_BOUND, new_state=wanted.mode, set_digest=wanted.key_definition)


def require_same(bound: EnvironmentRow, wanted: Environment) -> None:
    """Raise ConfigError naming the first setting in which the ledger and the configuration differ."""
    for name, value in _fields(wanted).items():
        if getattr(bound, name) != value:
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


def is_signed(connection: Connection, policy: str) -> bool:
    """Tell whether a named person has signed this policy digest."""
    table = table_of(SignatureRow)
    return connection.execute(select(table.c.policy).where(table.c.policy == policy)).first() is not None


def sign(transaction: Transaction, policy: str, actor: str) -> None:
    """Record that `actor` signed the policy digest; signing twice changes nothing."""
    if is_signed(transaction.connection, policy):
        return
    insert_rows(transaction.connection, [SignatureRow(policy=policy, actor=actor, signed_at=transaction.now)])
    transaction.record(Event.POLICY_SIGNED, set_digest=policy)


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
