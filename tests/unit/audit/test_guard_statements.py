import re
import sqlite3
from itertools import pairwise

import pytest
from sqlmodel import SQLModel

from sync_agent.audit import guard_names, guard_statements, tables
from sync_agent.errors import LedgerError

DIALECTS = ["sqlite", "postgresql"]
OTHER_DATABASE = "dbase"

each_dialect = pytest.mark.parametrize("dialect", DIALECTS)


def guarded_operations(dialect: str) -> dict[str, set[str]]:
    """Return, for each table, the operations that have a guard."""
    found: dict[str, set[str]] = {}
    for statement in guard_statements(dialect):
        match = re.search(r"BEFORE (INSERT|UPDATE|DELETE|TRUNCATE) ON (\w+)", statement)
        if match is not None:
            found.setdefault(match.group(2), set()).add(match.group(1))
    return found


@pytest.mark.parametrize(
    ("dialect", "operations"),
    [
        ("sqlite", {"INSERT", "UPDATE", "DELETE"}),
        ("postgresql", {"INSERT", "UPDATE", "DELETE", "TRUNCATE"}),
    ],
)
def test_every_table_but_the_erasable_one_is_guarded_against_every_change(dialect: str, operations: set[str]) -> None:
    """Whatever takes a row away or changes it, and a wrong INSERT, is refused on each append-only table."""
    guarded = {name for name in SQLModel.metadata.tables if name.startswith("audit_")} - {tables.ERASABLE.name}
    assert guarded_operations(dialect) == dict.fromkeys(guarded, operations)


def test_each_statement_for_sqlite_is_one_whole_trigger() -> None:
    """A migration can execute them one by one."""
    whole = [
        sqlite3.complete_statement(statement) and statement.count("CREATE TRIGGER") == 1
        for statement in guard_statements("sqlite")
    ]
    assert all(whole)


def test_each_statement_for_a_server_is_one_whole_statement() -> None:
    """A function with its body, a trigger, what switches it on, and before them where functions find tables."""
    beginnings = [
        re.match(r"SELECT set_config|CREATE OR REPLACE (FUNCTION|TRIGGER)|ALTER TABLE", statement)
        for statement in guard_statements("postgresql")
    ]
    assert all(beginnings)
    assert {statement.count("$$") for statement in guard_statements("postgresql")} == {0, 2}


def test_every_guard_on_a_server_always_fires() -> None:
    """Each trigger is followed by what enables it, also in a session that plays a replica."""
    pairs = list(pairwise(guard_statements("postgresql")))
    enabled = [
        re.search(r"ENABLE ALWAYS TRIGGER (\w+);$", after)
        for before, after in pairs
        if before.startswith("CREATE OR REPLACE TRIGGER")
    ]
    assert [match and match[1] for match in enabled] == guard_names("postgresql")


def test_what_guards_a_file_guards_a_server() -> None:
    """By the same names; a server has guards against TRUNCATE besides, which SQLite does not know."""
    more = {name for name in guard_names("postgresql") if name.endswith("_no_truncate")}
    assert set(guard_names("postgresql")) - more == set(guard_names("sqlite"))


@each_dialect
def test_no_statement_holds_what_a_driver_would_take_for_a_parameter(dialect: str) -> None:
    """Colons and per-cent signs would be read as bound parameters on the way to the database."""
    assert [statement for statement in guard_statements(dialect) if set(statement) & set(":%?")] == []


def test_a_database_without_guards_is_refused() -> None:
    """The log is never kept where nothing guards it."""
    with pytest.raises(LedgerError, match="no guards for dbase"):
        guard_statements(OTHER_DATABASE)
