"""What the kinds of databases say of themselves; SQL Server, which has run nowhere, as SQLAlchemy writes it."""

from datetime import date, datetime
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import psycopg
import pymysql
import pytest
from sqlalchemy import Dialect, TextClause
from sqlalchemy.dialects.mssql.mssqlpython import MSDialect_mssqlpython
from sqlalchemy.sql.compiler import SQLCompiler

from sync_agent.errors import SourceError
from sync_agent.source import mssql, mysql, postgres
from sync_agent.source.dialect import Session
from sync_agent.source.problems import Kind, Problem, SourceLostError, explained
from sync_agent.source.spec import KeyPart, SourceSpec
from sync_agent.source.sql import _listed, _lists, _page

SESSION = Session(120, ZoneInfo("Asia/Ho_Chi_Minh"))
CHANGES = "SELECT id AS case_key, t AS changed_at FROM c WHERE :since IS NULL OR t >= :since OR d >= :since_day;"
PARTS = "SELECT id AS case_key FROM c WHERE n IN :number AND id IN :keys UNION SELECT id FROM d WHERE id IN :keys"
SPEC = SourceSpec(
    id="s",
    zone="Asia/Ho_Chi_Minh",
    changes=CHANGES,
    root=("c",),
    key_parts={"number": KeyPart(pattern="^C([0-9]+)$", integer=True)},
    parts={"c": PARTS},
)


def on_sql_server(statement: TextClause) -> SQLCompiler:
    """Return a statement as it would go to SQL Server."""
    dialect: Dialect = MSDialect_mssqlpython(paramstyle="qmark")  # type: ignore[no-untyped-call]
    compiled = statement.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
    assert isinstance(compiled, SQLCompiler)
    return compiled


def test_sql_server_page_takes_its_bounds_in_order() -> None:
    """The limit stands first there; what asks for everything is answered before."""
    compiled = on_sql_server(_page(mssql.DIALECT, CHANGES, full=False))
    assert compiled.positiontup == ["limit", "since", "since_day", "after", "floor"]
    sql = str(compiled)
    assert sql.startswith("\nSELECT TOP (?) case_key, MAX(moment) AS changed_at")
    assert "WHERE 1 = 0 OR t >= ? OR d >= ?\n) AS feed" in sql
    assert "written LIKE '%[+-][0-9][0-9]:[0-9][0-9]' OR written LIKE '%Z'" in sql


def test_sql_server_part_has_a_mark_for_each_key() -> None:
    """A list that stands twice counts twice against its 2,100 parameters."""
    statement, names = _listed(PARTS, SPEC)
    bound = statement.bindparams(number=[1, 2], keys=["C1", "C2"])
    assert str(on_sql_server(bound)) == (
        "SELECT id AS case_key FROM c WHERE n IN (?, ?) AND id IN (?, ?) UNION SELECT id FROM d WHERE id IN (?, ?)"
    )
    assert names == {"number", "keys"}
    assert _lists(PARTS) == 3
    assert mssql.DIALECT.most_parameters // _lists(PARTS) * _lists(PARTS) < 2100


def test_sql_server_reads_in_a_snapshot() -> None:
    """Without it a read would hold up the local system's own writes."""
    assert mssql.DIALECT.opening(SESSION) == (
        "SET LOCK_TIMEOUT 120000",
        "SET TRANSACTION ISOLATION LEVEL SNAPSHOT",
        "BEGIN TRANSACTION",
    )


def test_sql_server_full_read_begins_with_its_first_day() -> None:
    """Bound as times, because text would have to fit the narrowest of its types."""
    assert mssql.DIALECT.earliest == (datetime(1, 1, 1), date(1, 1, 1))  # noqa: DTZ001 - local


def test_page_of_an_incremental_read_takes_typed_bounds_on_postgresql() -> None:
    """Only where the query uses them."""
    page = _page(postgres.DIALECT, "SELECT a AS case_key, t AS changed_at FROM c WHERE t >= :since_day", full=True)
    assert sorted(page.compile().params) == ["after", "floor", "limit", "since_day"]


def test_mariadb_and_mysql_are_each_told_their_own_limit() -> None:
    """In comments that the other one skips: MariaDB in seconds, MySQL in milliseconds."""
    first = mysql.DIALECT.opening(SESSION)[0]
    assert "/*M!100101 max_statement_time = 120, */" in first
    assert "/*!50708 max_execution_time = 120000, */" in first
    assert "time_zone = '+07:00'" in first


def refused(said: str) -> psycopg.OperationalError:
    """Return the error of libpq for a connection that a server refused: it has no code."""
    return psycopg.OperationalError(f'connection failed: connection to server at "db", port 5432 failed: {said}')


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ('FATAL:  password authentication failed for user "agent"', Kind.ACCOUNT),
        ("fe_sendauth: no password supplied", Kind.ACCOUNT),
        ('FATAL:  no pg_hba.conf entry for host "10.0.0.5", user "agent"', Kind.ACCOUNT),
        ('FATAL:  permission denied for database "petitions"', Kind.ACCOUNT),
        ('FATAL:  database "petitions" does not exist', Kind.DATABASE),
        ("SSL error: certificate verify failed", Kind.ENCRYPTION),
        ("Connection refused", Kind.LOST),
        ("SSL connection has been closed unexpectedly", Kind.LOST),
        ("SSL SYSCALL error: EOF detected", Kind.LOST),
        ('FATAL:  too many connections for role "agent"', Kind.LOST),
        ('FATAL:  role "agent" is not permitted to log in', Kind.ACCOUNT),
        ("server does not support SSL, but SSL was required", Kind.ENCRYPTION),
        ("FATAL:  the database system is starting up", Kind.LOST),
        ("server closed the connection unexpectedly", Kind.LOST),
    ],
)
def test_refusal_of_postgresql_is_told_apart(said: str, kind: Kind) -> None:
    """Only what may pass by itself is tried again."""
    assert postgres.DIALECT.problem(refused(said)) == Problem(kind)


@pytest.mark.parametrize(
    ("error", "problem"),
    [
        (pymysql.OperationalError(2013, "Lost connection"), Problem(Kind.LOST, "", "2013")),
        (pymysql.InterfaceError(0, ""), Problem(Kind.LOST)),
        (pymysql.OperationalError(1045, "Access denied for user 'agent'@'db'"), Problem(Kind.ACCOUNT, "", "1045")),
        (
            pymysql.OperationalError(3024, "maximum statement execution time exceeded"),
            Problem(Kind.TIMEOUT, "", "3024"),
        ),
        (RuntimeError("'cryptography' package is required"), Problem(Kind.METHOD)),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid"), Problem(Kind.OTHER)),
        (pymysql.OperationalError("no number"), Problem(Kind.OTHER)),
    ],
)
def test_error_of_mysql_is_told_by_its_number(error: BaseException, problem: Problem) -> None:
    """What has none is not guessed."""
    assert mysql.DIALECT.problem(error) == problem


@pytest.mark.parametrize(
    ("driver", "server", "problem"),
    [
        ("Communication link failure", "", Problem(Kind.LOST)),
        ("Base table or view not found", "[SQL Server]Invalid object name 'dbo.cc'.", Problem(Kind.TABLE, "dbo.cc")),
        ("Column not found", "[SQL Server]Invalid column name 'nam'.", Problem(Kind.COLUMN, "nam")),
        ("Timeout expired", "", Problem(Kind.TIMEOUT)),
        ("General error", "[SQL Server]Snapshot isolation transaction failed", Problem(Kind.SNAPSHOT)),
        ("General error", "[SQL Server]'nofun' is not a recognized built-in", Problem(Kind.FUNCTION, "nofun")),
        ("General error", "[SQL Server]Conversion failed when converting 'Mẫu'", Problem(Kind.OTHER)),
    ],
)
def test_error_of_sql_server_is_told_by_the_drivers_words(driver: str, server: str, problem: Problem) -> None:
    """As its driver writes them."""
    error = RuntimeError()
    error.__dict__.update(vars(SimpleNamespace(driver_error=driver, ddbc_error=server)))
    assert mssql.DIALECT.problem(error) == problem


@pytest.mark.parametrize("kind", list(Kind))
def test_every_problem_has_its_line(kind: Kind) -> None:
    """Complete without a name, and never with the driver's words."""
    error = explained("parts.c", ValueError("Mẫu"), Problem(kind), seconds=120)
    assert "{" not in str(error)
    assert "Mẫu" not in str(error)
    assert isinstance(error, SourceLostError) is (kind is Kind.LOST)
    assert isinstance(error, SourceError)


def test_a_name_that_no_server_told_is_not_made_up() -> None:
    """A server whose messages are in another language."""
    error = explained("changes", ValueError(), Problem(Kind.TABLE), seconds=120)
    assert str(error) == (
        "the query changes needs a table that the source does not have - mend the query in the profile"
    )


def test_postgresql_names_a_missing_table_in_any_words() -> None:
    """By its code alone."""
    assert postgres.DIALECT.problem(psycopg.errors.UndefinedTable("quan hệ không tồn tại")) == Problem(
        Kind.TABLE, "", "42P01"
    )
