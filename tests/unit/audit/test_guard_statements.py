import re
import sqlite3

import pytest
from sqlmodel import SQLModel

from sync_agent.audit import guard_statements, tables
from sync_agent.errors import LedgerError

OTHER_DATABASE = "dbase"


def guarded_operations() -> dict[str, set[str]]:
    """Return, for each table, the operations that have a guard."""
    found: dict[str, set[str]] = {}
    for statement in guard_statements("sqlite"):
        match = re.search(r"BEFORE (INSERT|UPDATE|DELETE) ON (\w+)", statement)
        assert match is not None
        found.setdefault(match.group(2), set()).add(match.group(1))
    return found


def test_every_table_but_the_erasable_one_is_guarded_against_every_change() -> None:
    """UPDATE, DELETE and a wrong INSERT are refused on each append-only table."""
    guarded = {name for name in SQLModel.metadata.tables if name.startswith("audit_")} - {tables.ERASABLE.name}
    assert guarded_operations() == {name: {"INSERT", "UPDATE", "DELETE"} for name in guarded}


def test_each_statement_is_one_whole_trigger() -> None:
    """A migration can execute them one by one."""
    whole = [
        sqlite3.complete_statement(statement) and statement.count("CREATE TRIGGER") == 1
        for statement in guard_statements("sqlite")
    ]
    assert all(whole)


def test_no_statement_holds_what_a_driver_would_take_for_a_parameter() -> None:
    """Colons and per-cent signs would be read as bound parameters on the way to the database."""
    assert [statement for statement in guard_statements("sqlite") if set(statement) & set(":%?")] == []


def test_a_database_without_guards_is_refused() -> None:
    """The log is never kept where nothing guards it."""
    with pytest.raises(LedgerError, match="no guards for dbase"):
        guard_statements(OTHER_DATABASE)
