"""Whether a ledger is at the schema this agent needs, guards of the log included."""

from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlmodel import SQLModel

from sync_agent.audit import unclassified
from sync_agent.errors import LedgerError
from sync_agent.ledger import migrate, open_engine


def test_a_new_ledger_has_no_problem(engine: Engine) -> None:
    """The migrations make exactly the tables that the classes describe, and every guard."""
    with engine.connect() as connection:
        assert migrate.problems(connection) == []


def test_the_newest_migration_is_the_one_the_agent_works_with() -> None:
    """A new migration without its new number here would refuse every ledger."""
    assert migrate.newest() == migrate.HEAD


def test_upgrading_twice_changes_nothing(engine: Engine, path: Path) -> None:
    """What is there stays as it is."""
    engine.dispose()
    before = path.read_bytes()
    assert migrate.upgrade(engine) == migrate.HEAD
    engine.dispose()
    assert path.read_bytes() == before


def test_an_empty_database_has_no_revision(path: Path) -> None:
    """Nothing was migrated yet."""
    assert migrate.revision(open_engine(f"sqlite:///{path}", create=True)) is None


def test_an_older_ledger_is_refused(engine: Engine) -> None:
    """The error says which schema it is at, which is needed and how to get there."""
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0000'")
    with pytest.raises(LedgerError) as caught:
        migrate.require_current(engine)
    assert dict(caught.value.facts) == {"found": "0000", "needed": migrate.HEAD}
    assert "db upgrade" in caught.value.todo


def test_a_ledger_of_a_later_release_is_refused(engine: Engine) -> None:
    """An old agent must not write into what it does not know."""
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(LedgerError):
        migrate.require_current(engine)


def test_a_missing_guard_is_a_problem(engine: Engine) -> None:
    """Whoever removed it can change the log unseen."""
    with engine.begin() as connection:
        names = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").scalars().all()
        connection.exec_driver_sql(f"DROP TRIGGER {names[0]}")
        assert migrate.problems(connection) == [f"guard:{names[0]}"]


def test_a_missing_column_is_a_problem(engine: Engine) -> None:
    """A schema changed by hand shows."""
    with engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE message DROP COLUMN epoch")
        assert migrate.problems(connection) == ["schema:add_column"]


def test_the_guards_refuse_to_change_the_log(engine: Engine) -> None:
    """They are there after a migration, not only in their own tests."""
    with engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT count(*) FROM sqlite_master WHERE type = 'trigger'").scalar_one()
    assert found >= 4


def test_every_column_says_what_it_holds() -> None:
    """No column of the ledger is without a word on what may stand in it and whether the log proves it."""
    assert unclassified(SQLModel.metadata) == []
