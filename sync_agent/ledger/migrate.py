"""Brings a ledger to the current schema, and tells whether it is there. Guards of the audit tables included.

Alembic is slow to import and needed for a change of schema only: the revision is read without it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from importlib.resources import as_file, files
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, Engine, inspect, text
from sqlmodel import SQLModel

from sync_agent.audit import (
    OWNER,
    Entry,
    Event,
    append,
    grant_rights,
    has_sealed,
    install_guards,
    instant,
    missing_guards,
)
from sync_agent.errors import LedgerError
from sync_agent.ledger import tables
from sync_agent.ledger.quiet import WRITE
from sync_agent.ledger.store import Clock, utc_now

if TYPE_CHECKING:
    from alembic.config import Config

__all__ = ["HEAD", "SEALED", "anything_sealed", "newest", "problems", "require_current", "revision", "upgrade"]

HEAD: Final = "0005"
"""The revision this agent works with: that of the newest migration."""

SEALED: Final = "0004"
"""The first revision at which secrets and notes are sealed."""

_VERSION_TABLE = "alembic_version"
_TABLES_LOADED = tables.__name__


@contextmanager
def _config() -> "Iterator[Config]":
    from alembic.config import Config  # noqa: PLC0415 - slow to import

    with as_file(files("sync_agent.ledger") / "migrations") as folder:
        config = Config()
        config.set_main_option("script_location", str(folder).replace("%", "%%"))
        yield config


def upgrade(engine: Engine, *, as_owner: bool = False, actor: str = "agent", clock: Clock = utc_now) -> str:
    """Apply every missing migration in one transaction, put back every guard; return the revision reached.

    A ledger that was there before has an entry of it in its log. `as_owner`: on PostgreSQL the role of the owner does
    it and gives the others their rights. Raises LedgerError when there is no such role.
    """
    from alembic import command  # noqa: PLC0415 - slow to import

    found = revision(engine)
    with (
        _config() as config,
        engine.connect().execution_options(**{WRITE: True}) as connection,
        connection.begin(),  # ours: alembic would commit each migration by itself, where it does not trust the database
    ):
        config.attributes["connection"] = connection
        if as_owner:
            _become_owner(connection)
        command.upgrade(config, "head")
        install_guards(connection)
        if as_owner:
            grant_rights(connection)
        if found is not None and found != HEAD:
            _record(connection, found, actor, clock())
    return revision(engine) or ""


def _record(connection: Connection, found: str, actor: str, now: datetime) -> None:
    entry = Entry(event=Event.LEDGER_UPGRADED, time=instant(now), actor=actor, old_state=found, new_state=HEAD)
    append(connection, [entry])


def _become_owner(connection: Connection) -> None:
    member = text("SELECT pg_has_role(oid, 'MEMBER') FROM pg_roles WHERE rolname = :owner")
    if not connection.execute(member, {"owner": OWNER}).scalar():
        raise LedgerError(
            "the user in agent.ledger_owner is not in the role {role}",
            where="agent.ledger_owner",
            todo="have the administrator of the database run roles_postgresql.sql",
            facts=(("role", OWNER),),
        )
    connection.exec_driver_sql(f"SET LOCAL ROLE {OWNER}")


def revision(engine: Engine) -> str | None:
    """Return the revision the ledger is at, None for an empty database."""
    with engine.connect() as connection:
        if not inspect(connection).has_table(_VERSION_TABLE):
            return None
        return connection.execute(text(f"SELECT version_num FROM {_VERSION_TABLE}")).scalar()  # noqa: S608 - a constant


def newest() -> str:
    """Return the revision of the newest migration."""
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - slow to import

    with _config() as config:
        return ScriptDirectory.from_config(config).get_current_head() or ""


def anything_sealed(engine: Engine) -> bool:
    """Tell whether a secret or note of the ledger is sealed, at whatever schema it is."""
    if (revision(engine) or "") < SEALED:
        return False
    with engine.connect() as connection:
        return has_sealed(connection)


def require_current(engine: Engine) -> None:
    """Raise LedgerError unless the ledger is at the revision this agent needs."""
    found = revision(engine)
    if found != HEAD:
        raise LedgerError(
            "the ledger is at schema {found}, this agent needs {needed}",
            todo="run: sync-agent db upgrade",
            facts=(("found", found or "-"), ("needed", HEAD)),
        )


def problems(connection: Connection) -> list[str]:
    """Return what differs from the schema and guards that should be: names only, empty when all is right."""
    from alembic.autogenerate import compare_metadata  # noqa: PLC0415 - slow to import
    from alembic.migration import MigrationContext  # noqa: PLC0415 - slow to import

    context = MigrationContext.configure(connection, opts={"compare_type": True})
    drift = [str(difference[0]) for difference in _flat(compare_metadata(context, SQLModel.metadata))]
    return [f"schema:{name}" for name in drift] + [f"guard:{name}" for name in missing_guards(connection)]


def _flat(differences: list[object]) -> Iterator[tuple[object, ...]]:
    for difference in differences:
        if isinstance(difference, list):
            yield from difference
        elif isinstance(difference, tuple):
            yield difference
