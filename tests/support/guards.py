"""Statements against the guards of the audit log, in the words of either database."""

import re

from sqlalchemy import Connection

from sync_agent.audit import guard_statements

__all__ = ["drop_guard", "spoken", "table_of_guard", "without_guards"]

_TRIGGER = re.compile(r"CREATE (?:OR REPLACE )?TRIGGER (\w+)\s+BEFORE \w+ ON (\w+)")


def table_of_guard(dialect: str) -> dict[str, str]:
    """Return the table of each guard by its name."""
    return {match[1]: match[2] for each in guard_statements(dialect) if (match := _TRIGGER.match(each))}


def drop_guard(conn: Connection, name: str) -> None:
    """Take one guard away."""
    table = "" if conn.dialect.name == "sqlite" else f" ON {table_of_guard(conn.dialect.name)[name]}"
    conn.exec_driver_sql(f"DROP TRIGGER {name}{table}")


def without_guards(conn: Connection) -> None:
    """Do what an intruder with write access does first."""
    for name in table_of_guard(conn.dialect.name):
        drop_guard(conn, name)


def spoken(dialect: str, sql: str) -> str:
    """Return a statement written for SQLite with its bytes as the other database writes them."""
    if dialect == "sqlite":
        return sql
    sql = re.sub(r"zeroblob\((\d+)\)", r"decode(repeat('00', \1), 'hex')", sql)
    return re.sub(r"\bx'([0-9a-f]*)'", r"'\\x\1'::bytea", sql)
