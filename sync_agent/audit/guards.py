"""Decides which guards the database must carry and whether it still does; the SQL is in `sql/`, for a DBA to review."""

import re
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

from sqlalchemy import Connection, text

from sync_agent.errors import LedgerError

__all__ = [
    "OWNER",
    "grant_rights",
    "grant_statements",
    "guard_names",
    "guard_statements",
    "install_guards",
    "missing_guards",
    "powers",
    "role_statements",
]

OWNER: Final = "sync_agent_owner"
"""The role in PostgreSQL that owns the tables; all others stand in `roles_postgresql.sql`."""

_POSTGRES = "postgresql"
_ALWAYS = "A"  # pg_trigger.tgenabled

_TRIGGER = re.compile(r"CREATE (?:OR REPLACE )?TRIGGER (\w+)")
_FUNCTION = re.compile(r"CREATE OR REPLACE FUNCTION (\w+)\(\).*?\$\$(.*)\$\$", re.DOTALL)
_CALLED = re.compile(r"EXECUTE FUNCTION (\w+)\(\)")

_TRIGGERS_OF_SERVER = text("""
    SELECT t.tgname AS name, pg_get_triggerdef(t.oid, true) AS definition, t.tgenabled AS enabled, p.prosrc AS body,
        l.lanname AS language, p.proconfig = ARRAY['search_path=' || quote_ident(n.nspname) || ', pg_temp'] AS pinned
    FROM pg_trigger t
    JOIN pg_class c ON c.oid = t.tgrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_proc p ON p.oid = t.tgfoid
    JOIN pg_language l ON l.oid = p.prolang
    WHERE NOT t.tgisinternal AND n.nspname = current_schema()
""")


_POWERS = text("""
    SELECT CASE
        WHEN (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN 'superuser'
        WHEN pg_has_role(c.relowner, 'MEMBER') THEN 'owner'
        ELSE wanted || ' ' || c.relname
        END AS power
    FROM pg_class c CROSS JOIN unnest(ARRAY['UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER']) AS wanted
    WHERE c.relnamespace = current_schema()::regnamespace
        AND c.relname IN ('audit_leaf', 'audit_tree', 'audit_tile', 'audit_checkpoint', 'audit_anchor')
        AND NOT (c.relname = 'audit_tree' AND wanted = 'UPDATE' AND NOT pg_has_role(c.relowner, 'MEMBER'))
        AND (has_table_privilege(c.oid, wanted) OR pg_has_role(c.relowner, 'MEMBER'))
    GROUP BY 1 ORDER BY 1
""")
"""What lets the user of a connection change what is written, or drop what keeps others from it."""


def powers(conn: Connection) -> list[str]:
    """Return what the user of this connection may do to the log beyond adding to it; nothing to say of a file."""
    return list(conn.execute(_POWERS).scalars()) if conn.dialect.name == _POSTGRES else []


def role_statements() -> list[str]:
    """Return the statements of `roles_postgresql.sql`, which an administrator runs once."""
    return _read("roles_postgresql.sql", _ends)


def grant_statements() -> list[str]:
    """Return the statements of `grants_postgresql.sql`."""
    return _read("grants_postgresql.sql", _ends)


def grant_rights(conn: Connection) -> None:
    """Give each role in PostgreSQL its rights and no others, in the caller's transaction, as the owner."""
    for statement in grant_statements():
        conn.exec_driver_sql(statement)


def guard_names(dialect: str) -> list[str]:
    """Return the names of the guards, which are those of triggers; LedgerError for another database."""
    return [match[1] for statement in guard_statements(dialect) if (match := _TRIGGER.match(statement))]


def guard_statements(dialect: str) -> list[str]:
    """Return the statements that create the guards, one each, without comments; LedgerError for another database."""
    if dialect not in {_POSTGRES, "sqlite"}:
        raise LedgerError(
            "the audit log has no guards for {dialect}",
            todo="keep the ledger in SQLite or PostgreSQL",
            facts=(("dialect", dialect),),
        )
    return _read(f"guards_{dialect}.sql", _ends if dialect == _POSTGRES else sqlite3.complete_statement)


def install_guards(conn: Connection) -> None:
    """Create every guard that is missing, in the caller's transaction; one that was altered is replaced."""
    missing = missing_guards(conn)
    if conn.dialect.name == _POSTGRES:
        for statement in guard_statements(_POSTGRES) if missing else ():
            conn.exec_driver_sql(statement)
        return
    for name, statement in _triggers(conn.dialect.name).items():
        if name in missing:
            conn.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name}")
            conn.exec_driver_sql(statement)


def missing_guards(conn: Connection) -> list[str]:
    """Return the names of the guards that the database lacks, has in another wording or has switched off."""
    if conn.dialect.name == _POSTGRES:
        wanted, present = _wanted_on_server(), _present_on_server(conn)
        return [name for name, guard in wanted.items() if present.get(name) != guard]
    rows = conn.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"))
    found = {row.name: _words(row.sql) for row in rows}
    return [name for name, statement in _triggers(conn.dialect.name).items() if found.get(name) != _words(statement)]


@dataclass(frozen=True, slots=True)
class _Guard:
    """A trigger on a server: its definition, whether it always fires, and what its function is."""

    definition: list[str]
    function: list[str]
    always: bool = True
    language: str = "plpgsql"
    pinned: bool = True


def _wanted_on_server() -> dict[str, _Guard]:
    statements = guard_statements(_POSTGRES)
    bodies = {match[1]: match[2] for statement in statements if (match := _FUNCTION.match(statement))}
    return {
        name: _Guard(_words(statement.replace("OR REPLACE ", "")), _words(bodies[_called(statement)]))
        for name, statement in _triggers(_POSTGRES).items()
    }


def _present_on_server(conn: Connection) -> dict[str, _Guard]:
    return {
        row.name: _Guard(
            _words(row.definition), _words(row.body), row.enabled == _ALWAYS, row.language, bool(row.pinned)
        )
        for row in conn.execute(_TRIGGERS_OF_SERVER)
    }


def _called(statement: str) -> str:
    match = _CALLED.search(statement)
    if match is None:
        raise ValueError("a trigger of the guards calls no function")
    return match[1]


def _triggers(dialect: str) -> dict[str, str]:
    return {match[1]: statement for statement in guard_statements(dialect) if (match := _TRIGGER.match(statement))}


def _read(name: str, whole: Callable[[str], bool]) -> list[str]:
    return _statements((files("sync_agent.audit") / "sql" / name).read_text(encoding="utf-8"), whole)


def _statements(script: str, whole: Callable[[str], bool]) -> list[str]:
    """Split a script at the ends of its statements."""
    statements: list[str] = []
    lines: list[str] = []
    for line in script.splitlines():
        if line.strip() and not line.startswith("--"):
            lines.append(line)
        if lines and whole("\n".join(lines)):
            statements.append("\n".join(lines))
            lines = []
    return statements


def _ends(script: str) -> bool:
    """Tell whether the text ends a statement and not one inside the body of a function."""
    return script.endswith(";") and script.count("$$") % 2 == 0


def _words(statement: str) -> list[str]:
    return statement.rstrip(";").split()
