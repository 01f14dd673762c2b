"""Whether a ledger is at the schema this agent needs, guards of the log included."""

from pathlib import Path

import pytest
from sqlalchemy import Engine, inspect
from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel

from sync_agent.audit import unclassified
from sync_agent.errors import LedgerError
from sync_agent.ledger import Ledger, migrate, open_engine
from tests.support.ledgers import ON_POSTGRES, ON_SQLITE, changing


def test_a_new_ledger_has_no_problem(engine: Engine) -> None:
    """The migrations make exactly the tables that the classes describe, and every guard."""
    with engine.connect() as connection:
        assert migrate.problems(connection) == []


def test_the_newest_migration_is_the_one_the_agent_works_with() -> None:
    """A new migration without its new number here would refuse every ledger."""
    assert migrate.newest() == migrate.HEAD


@ON_SQLITE
def test_upgrading_twice_changes_nothing(engine: Engine, path: Path) -> None:
    """What is there stays as it is."""
    engine.dispose()
    before = path.read_bytes()
    assert migrate.upgrade(engine) == migrate.HEAD
    engine.dispose()
    assert path.read_bytes() == before


def test_an_empty_database_has_no_revision(url: str) -> None:
    """Nothing was migrated yet."""
    engine = open_engine(url, create=True)
    assert migrate.revision(engine) is None
    engine.dispose()


def test_an_older_ledger_is_refused(engine: Engine) -> None:
    """The error says which schema it is at, which is needed and how to get there."""
    with changing(engine) as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0000'")
    with pytest.raises(LedgerError) as caught:
        migrate.require_current(engine)
    assert dict(caught.value.facts) == {"found": "0000", "needed": migrate.HEAD}
    assert "db upgrade" in caught.value.todo


def test_a_ledger_of_a_later_release_is_refused(engine: Engine) -> None:
    """An old agent must not write into what it does not know."""
    with changing(engine) as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(LedgerError):
        migrate.require_current(engine)


def test_a_missing_guard_is_a_problem(engine: Engine) -> None:
    """Whoever removed it can change the log unseen."""
    with changing(engine) as connection:
        on_table = "" if engine.name == "sqlite" else " ON audit_leaf"
        connection.exec_driver_sql(f"DROP TRIGGER audit_leaf_no_update{on_table}")
        assert migrate.problems(connection) == ["guard:audit_leaf_no_update"]


def test_a_missing_column_is_a_problem(engine: Engine) -> None:
    """A schema changed by hand shows."""
    with changing(engine) as connection:
        connection.exec_driver_sql("ALTER TABLE message DROP COLUMN epoch")
        assert migrate.problems(connection) == ["schema:add_column"]


def test_the_guards_refuse_to_change_the_log(ledger: Ledger) -> None:
    """They are there after a migration, not only in their own tests."""
    with changing(ledger.engine) as connection, pytest.raises(IntegrityError):
        connection.exec_driver_sql("DELETE FROM audit_leaf")


def test_a_migration_that_fails_leaves_nothing(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a table nor a revision: it is one transaction."""

    def fail(_: object) -> None:
        raise RuntimeError("on the way")

    monkeypatch.setattr("sync_agent.audit.install_guards", fail)
    engine = open_engine(url, create=True)
    with pytest.raises(RuntimeError):
        migrate.upgrade(engine)
    assert (inspect(engine).get_table_names(), migrate.revision(engine)) == ([], None)
    engine.dispose()


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("ALTER TABLE run ADD COLUMN note text", "schema:remove_column"),
        ("ALTER TABLE message ALTER COLUMN ack_id TYPE bigint USING ack_id::bigint", "schema:modify_type"),
        ("ALTER TABLE case_state ALTER COLUMN rev DROP NOT NULL", "schema:modify_nullable"),
        ("DROP INDEX ix_message_ack_id", "schema:add_index"),
        ("DROP TABLE case_group", "schema:add_table"),
    ],
)
@ON_POSTGRES
def test_a_schema_changed_on_the_server_is_a_problem(engine: Engine, statement: str, problem: str) -> None:
    """Types, columns, indexes and tables are compared."""
    with changing(engine) as connection:
        connection.exec_driver_sql(statement)
        assert problem in migrate.problems(connection)


def test_every_column_says_what_it_holds() -> None:
    """No column of the ledger is without a word on what may stand in it and whether the log proves it."""
    assert unclassified(SQLModel.metadata) == []
