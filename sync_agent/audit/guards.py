"""Decides which guards the database must carry and whether it still does; the SQL is in `sql/`, for a DBA to review."""

import sqlite3
from importlib.resources import files

from sqlalchemy import Connection, text

from sync_agent.errors import LedgerError

__all__ = ["guard_statements", "install_guards", "missing_guards"]


def guard_statements(dialect: str) -> list[str]:
    """Return the statements that create the guards, one each, without comments; LedgerError for another database."""
    resource = files("sync_agent.audit") / "sql" / f"guards_{dialect}.sql"
    if not resource.is_file():
        raise LedgerError(
            "the audit log has no guards for {dialect}",
            todo="keep the ledger in SQLite",
            facts=(("dialect", dialect),),
        )
    return _statements(resource.read_text(encoding="utf-8"))


def install_guards(conn: Connection) -> None:
    """Create every guard that is missing, in the caller's transaction; one that was altered is replaced."""
    for name, statement in _missing(conn):
        conn.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name}")
        conn.exec_driver_sql(statement)


def missing_guards(conn: Connection) -> list[str]:
    """Return the names of the guards that the database lacks or has in another wording."""
    return [name for name, _ in _missing(conn)]


def _missing(conn: Connection) -> list[tuple[str, str]]:
    rows = conn.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"))
    present = {row.name: _words(row.sql) for row in rows}
    wanted = [(_name(statement), statement) for statement in guard_statements(conn.dialect.name)]
    return [(name, statement) for name, statement in wanted if present.get(name) != _words(statement)]


def _statements(script: str) -> list[str]:
    """Split a script at the ends of its statements, which SQLite itself recognises inside triggers."""
    statements, lines = [], []
    for line in script.splitlines():
        if line.strip() and not line.startswith("--"):
            lines.append(line)
        if lines and sqlite3.complete_statement("\n".join(lines)):
            statements.append("\n".join(lines))
            lines = []
    return statements


def _name(statement: str) -> str:
    return statement.split()[2]  # CREATE TRIGGER <name>


def _words(statement: str) -> list[str]:
    return statement.rstrip(";").split()
