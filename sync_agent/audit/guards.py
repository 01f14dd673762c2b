"""Decides which guards the database must carry and whether it still does; the SQL is in `sql/`, for a DBA to review."""

import re
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files

from sqlalchemy import Connection, text

from sync_agent.errors import LedgerError

__all__ = ["guard_names", "guard_statements", "install_guards", "missing_guards"]

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


def guard_names(dialect: str) -> list[str]:
    """Return the names of the guards, which are those of triggers; LedgerError for another database."""
    return [match[1] for statement in guard_statements(dialect) if (match := _TRIGGER.match(statement))]


def guard_statements(dialect: str) -> list[str]:
    """Return the statements that create the guards, one each, without comments; LedgerError for another database."""
    resource = files("sync_agent.audit") / "sql" / f"guards_{dialect}.sql"
    if not resource.is_file():
        raise LedgerError(
            "the audit log has no guards for {dialect}",
            todo="keep the ledger in SQLite or PostgreSQL",
            facts=(("dialect", dialect),),
        )
    return _statements(
        resource.read_text(encoding="utf-8"), _ends if dialect == _POSTGRES else sqlite3.complete_statement
    )


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
