"""What the pages' own connection can do to a ledger: the database refuses all the rest, whatever the pages try."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.pool import NullPool

from sync_agent.audit import SEALS, Seals, create_secrets, role_statements
from sync_agent.audit.guards import grant_statements
from sync_agent.errors import ConfigError
from sync_agent.ledger import (
    Ledger,
    RequestKind,
    Role,
    add_account,
    ask,
    find_account,
    find_request,
    ledger_address,
    migrate,
    note_access,
    open_engine,
    open_for_pages,
)
from tests.support.ledgers import DATABASES, ledger_url

LOGIN = f"sync_agent_test_pages_{uuid4().hex[:8]}"
ALLOWED = ["SELECT * FROM audit_leaf", "SELECT * FROM case_state", "SELECT commitment FROM audit_erasable"]
REFUSED = [
    "SELECT value FROM audit_erasable",
    "SELECT * FROM audit_erasable",
    "SELECT note FROM request",
    "UPDATE account SET role = 'operator'",
    "UPDATE request SET state = 'done'",
    "UPDATE access_log SET account = 'x'",
    "DELETE FROM access_log",
    "DELETE FROM request",
    "INSERT INTO account SELECT 'x', role, agencies, password, created_at, NULL, 1 FROM account",
    "INSERT INTO audit_leaf (idx, entry, leaf_hash, event) VALUES (9, '', '', 'x')",
    "UPDATE message SET state = state",
    "DROP TABLE access_log",
    "CREATE TABLE beside (id integer)",
    "CREATE INDEX beside ON access_log (page)",
    "ALTER TABLE access_log ADD COLUMN more integer",
]
OF_SQLITE = [
    "INSERT OR REPLACE INTO access_log (id, at, page, status) VALUES (1, '2026-01-01', 'x', 1)",
    "REPLACE INTO request (id, kind, content, actor, asked_at, state, done) VALUES (1, 'x', '', '', '', 'done', 0)",
    "INSERT INTO access_log (id, at, page, status) VALUES (1, '', 'x', 1) ON CONFLICT (id) DO UPDATE SET page = 'y'",
    "ATTACH DATABASE ':memory:' AS other",
    "PRAGMA writable_schema = ON",
    "PRAGMA query_only = OFF",
    "PRAGMA journal_mode = DELETE",
    "DROP TRIGGER once_access_log",
    "CREATE TEMP TABLE access_log (id integer)",
    "VACUUM",
    "VACUUM INTO '/tmp/copy.db'",
    "SELECT load_extension('x')",
]
OF_POSTGRES = [
    "SET ROLE sync_agent_writer",
    "SET ROLE sync_agent_owner",
    "INSERT INTO request (kind, content, actor, asked_at, state, database_role) SELECT '', '', '', now(), '', 'x'",
    "INSERT INTO request (kind, content, actor, asked_at, state, result) SELECT '', '', '', now(), 'done', '{}'",
    "INSERT INTO request (kind, content, actor, asked_at, state) SELECT '', '', '', now(), 'done'",
    "TRUNCATE access_log",
    "SELECT pg_read_file('/etc/passwd')",
    "COPY access_log TO PROGRAM 'true'",
]


@pytest.fixture(params=DATABASES)
def database(request: pytest.FixtureRequest) -> str:
    """Return which database keeps the ledger."""
    return str(request.param)


@pytest.fixture
def writing(database: str, tmp_path: Path) -> Iterator[Engine]:
    """Yield the ledger as its owner uses it, with an account, a case's secret and roles."""
    with ledger_url(database, tmp_path / "ledger.db") as url:
        engine = open_engine(url, create=True)
        seals = Seals(tmp_path)
        seals.make()
        engine.update_execution_options(**{SEALS: seals})
        migrate.upgrade(engine)
        if database == "postgresql":
            made = f"CREATE ROLE {LOGIN} LOGIN IN ROLE sync_agent_web"
            _run(engine, *role_statements(), *grant_statements(), made)
        with Ledger(engine, source_id="nho").write(actor="os:test") as tx:
            add_account(tx, "lan", Role.AUDITOR, frozenset(), "kept")
            create_secrets(tx.connection, "nho", ["V1"])
            ask(tx, RequestKind.SYNC, {}, actor="os:test", note=b"sealed")
            note_access(tx, "overview", 200, account="lan", case_id=None, origin=None)
        yield engine
        if database == "postgresql":
            _run(engine, f"DROP OWNED BY {LOGIN}", f"DROP ROLE {LOGIN}")
        engine.dispose()


@pytest.fixture
def pages(writing: Engine, database: str) -> Iterator[Engine]:
    """Yield the ledger as the pages open it."""
    url = writing.url.set(username=LOGIN) if database == "postgresql" else writing.url
    engine = open_for_pages(ledger_address(url))
    yield engine
    engine.dispose()


def _run(engine: Engine, *statements: str) -> None:
    plain = create_engine(engine.url, poolclass=NullPool)
    with plain.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement.replace("%", "%%"))


def refused(engine: Engine, statement: str) -> str:
    """Run a statement on the pages' own connection, past everything of ours; return why the database refused it."""
    connection = engine.raw_connection()
    try:
        connection.cursor().execute(statement)
    except (sqlite3.DatabaseError, psycopg.Error) as error:
        barred = any(words in str(error) for words in ("not authorized", "authorization denied", "prohibited"))
        return "authorizer" if barred else type(error).__name__
    finally:
        connection.rollback()
        connection.close()
    return ""


def test_what_the_pages_need_they_may(pages: Engine, writing: Engine, database: str) -> None:
    """Read, ask, note who looked; and under whose role something was asked is the database's to say."""
    ledger = Ledger(pages, source_id="nho")
    with ledger.read() as connection:
        for statement in ALLOWED:
            connection.execute(text(statement)).all()
        assert find_account(connection, "lan") is not None
    with ledger.write() as tx:
        number = ask(tx, RequestKind.SYNC, {"cases": []}, actor="web:lan", note=b"sealed")
        note_access(tx, "case", 200, account="lan", case_id=1, origin="O-X")
    with ledger.read() as connection:
        found = find_request(connection, number)
    assert found is not None
    assert (found.actor, found.database_role) == ("web:lan", LOGIN if database == "postgresql" else None)
    with writing.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM access_log")).scalar() == 2


def test_everything_else_is_refused_by_the_database(pages: Engine, database: str) -> None:
    """Before any guard or any line of the pages is asked."""
    statements = REFUSED + (OF_SQLITE if database == "sqlite" else OF_POSTGRES)
    why = {statement: refused(pages, statement) for statement in statements}
    wanted = {"authorizer"} if database == "sqlite" else {"InsufficientPrivilege"}
    assert {statement: said for statement, said in why.items() if said not in wanted} == {}


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_user_who_may_do_more_is_not_taken(writing: Engine) -> None:
    """The owner of everything, or the agent itself: the pages do not begin."""
    with pytest.raises(ConfigError, match="superuser"):
        open_for_pages(ledger_address(writing.url))
    _run(writing, f"GRANT sync_agent_writer TO {LOGIN}")
    with pytest.raises(ConfigError, match="DELETE account"):
        open_for_pages(ledger_address(writing.url.set(username=LOGIN)))
