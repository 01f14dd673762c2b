"""What holds on every kind of database, and what differs by it."""

import logging
import traceback
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import event

from sync_agent.errors import SourceError
from sync_agent.source import CaseRows, Change, SqlSource
from tests.support.places import Place, hanoi

MORNING = "2026-11-23 08:00:00"
On = Callable[[str], Place]


def keys(changes: list[Change]) -> list[str]:
    """Return the keys alone."""
    return [change.case_key for change in changes]


def all_pages(source: SqlSource, limit: int) -> list[list[str]]:
    """Return the keys of all pages of a full read."""
    pages, after = [], ""
    while page := source.changes(None, after=after, limit=limit):
        pages.append(keys(page))
        after = page[-1].case_key
    return pages


def test_a_case_counts_once_with_its_latest_change(place: Place) -> None:
    """Over all its tables, in UTC."""
    place.execute(
        "INSERT INTO c VALUES (1, 'a', '2026-11-01 08:00:00'), (2, 'b', '2026-11-02 08:00:00')",
        "INSERT INTO step VALUES (1, 'x', '2026-11-03 08:00:00')",
    )
    assert place.source().changes(None) == [
        Change("C1", datetime(2026, 11, 3, 1, 0, tzinfo=UTC)),
        Change("C2", datetime(2026, 11, 2, 1, 0, tzinfo=UTC)),
    ]


def test_only_changes_since_the_watermark_and_unknown_ones_come(place: Place) -> None:
    """The bound is inclusive; fractions are cut; a time to come counts; NULL always does."""
    place.execute(
        "INSERT INTO c VALUES (1, 'a', '2026-11-23 07:59:59'), (2, 'b', '2026-11-23 08:00:00'),"
        " (3, 'c', '2026-11-23 08:00:00.75'), (4, 'd', '2999-01-01 10:00:00'), (5, 'e', NULL)"
    )
    assert place.source().changes(hanoi(MORNING)) == [
        Change("C2", hanoi(MORNING)),
        Change("C3", hanoi(MORNING)),
        Change("C4", hanoi("2999-01-01 10:00:00")),
        Change("C5", None),
    ]


def test_midnight_counts_until_its_day_is_over(place: Place) -> None:
    """It is what a date without time becomes beside a column with times."""
    place.execute("INSERT INTO c VALUES (1, 'a', '2026-11-23 00:00:00')")
    source = place.source()
    assert source.changes(hanoi("2026-11-23 18:00:00")) == [Change("C1", hanoi("2026-11-23 23:59:59"))]
    assert source.changes(hanoi("2026-11-24 00:00:00")) == []


def test_ties_are_paged_without_loss(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Equal and missing change times, read page by page from the database."""
    monkeypatch.setattr("sync_agent.source.sql._WINDOW", 0)
    rows = ", ".join(f"({each}, 'a', {'NULL' if each % 3 else repr(MORNING)})" for each in range(1, 26))
    place.execute(f"INSERT INTO c VALUES {rows}")  # noqa: S608 - the test's own values
    pages = all_pages(place.source(), 10)
    assert [len(page) for page in pages] == [10, 10, 5]
    assert sum(pages, []) == sorted(f"C{each}" for each in range(1, 26))  # noqa: RUF017 - three short lists


def test_keys_that_only_a_collation_takes_for_equal_stay_apart(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Capitals, accents and spaces at the end; in the order of bytes, so that a page neither loses nor repeats one."""
    monkeypatch.setattr("sync_agent.source.sql._WINDOW", 0)
    nocase = " COLLATE NOCASE" if place.kind == "sqlite" else ""
    names = ["a", "A", "a ", "á", "b", "B", "đ", "D"]
    place.execute(
        f"CREATE TABLE k (k VARCHAR(20){nocase})",
        "INSERT INTO k VALUES " + ", ".join(f"('{name}')" for name in names),  # noqa: S608 - the test's own values
    )
    pages = all_pages(place.source(changes="SELECT k AS case_key, NULL AS changed_at FROM k"), 1)
    assert pages == [[name] for name in sorted(names, key=str.encode)]


ODD_TIMES = [
    ("sqlite", "TEXT", "'0001-01-01 00:00:00'"),
    ("sqlite", "TEXT", "'1899-12-31 10:00:00'"),
    ("postgres", "TIMESTAMP", "'infinity'"),
    ("postgres", "TIMESTAMP", "'-infinity'"),
    ("postgres", "TIMESTAMPTZ", "'infinity'"),
    ("postgres", "DATE", "'infinity'"),
    ("postgres", "TIMESTAMP", "'0044-03-15 10:00:00 BC'"),
    ("postgres", "TIMESTAMPTZ", "'12026-11-23 10:00:00'"),
    ("postgres", "TIMESTAMP", "'0001-01-01 10:00:00'"),
    ("postgres", "TEXT", "'soon'"),
    ("postgres", "TEXT", "''"),
    ("postgres", "TEXT", "'2020-01-01 08:00:00Z'"),
    ("postgres", "TEXT", "'2020-13-01'"),
    ("mariadb", "DATETIME", "'0000-00-00 00:00:00'"),
    ("mariadb", "DATE", "'0000-00-00'"),
    ("mariadb", "DATE", "'2026-00-00'"),
    ("mariadb", "TEXT", "'23/11/2026'"),
    ("mariadb", "TEXT", "'2020-01-01T08:00:00+07:00'"),
]


@pytest.mark.parametrize(("kind", "column", "value"), ODD_TIMES)
def test_an_odd_change_time_always_counts(on: On, kind: str, column: str, value: str) -> None:
    """What is no date, or none of a case, is read again rather than lost, and breaks no driver."""
    source = on(kind).one(column, value)
    assert source.changes(hanoi(MORNING)) == [Change("C1", None)]
    assert source.changes(None) == [Change("C1", None)]
    assert list(source.read(["C1"])) == ["C1"]


@pytest.mark.parametrize(
    ("kind", "column", "value", "read"),
    [
        ("postgres", "TIMESTAMP", "'infinity'", "infinity"),
        ("postgres", "DATE", "'0044-03-15 BC'", "0044-03-15 BC"),
        ("mariadb", "DATETIME", "'0000-00-00 00:00:00'", "0000-00-00 00:00:00"),
        ("mariadb", "BIT(1)", "1", 1),
        ("postgres", "UUID", "'6f1c7a52-5a0b-4b0e-9d52-3f1d2c1b0a99'", "6f1c7a52-5a0b-4b0e-9d52-3f1d2c1b0a99"),
        ("postgres", "TIMESTAMPTZ", "'2026-11-23 01:00:00+00'", datetime(2026, 11, 23, 8, 0)),  # noqa: DTZ001
        ("postgres", "DATE", "'2026-11-23'", date(2026, 11, 23)),
    ],
)
def test_a_value_python_lacks_is_text(on: On, kind: str, column: str, value: str, read: object) -> None:
    """The mapping reports it at its column; a time with a zone is the local time of the source."""
    assert on(kind).one(column, value).read(["C1"])["C1"].parts["odd"][0]["t"] == read


@pytest.mark.parametrize(
    ("kind", "column", "value"),
    [
        ("postgres", "TIMESTAMPTZ", "'2026-11-23 01:00:00.5+00'"),
        ("mariadb", "TIMESTAMP", "from_unixtime(1795395600)"),
        ("postgres", "TEXT", "'2026-11-23T08:00'"),
        ("mariadb", "TEXT", "'2026-11-23T08:00:00.25'"),
    ],
)
def test_an_instant_is_compared_in_local_time(on: On, kind: str, column: str, value: str) -> None:
    """Whatever zone the server itself is in."""
    source = on(kind).one(column, value)
    assert source.changes(hanoi(MORNING)) == [Change("C1", hanoi(MORNING))]
    assert source.changes(hanoi("2026-11-23 08:00:01")) == []


@pytest.mark.parametrize(("kind", "column"), [("postgres", "DATE"), ("mariadb", "DATE"), ("sqlite", "TEXT")])
def test_a_date_is_compared_by_the_day(on: On, kind: str, column: str) -> None:
    """`:since_day` is the day of the watermark: a row of this morning is read again this evening."""
    daily = on(kind).one(column, "'2026-11-23'", where=" WHERE t >= :since_day")
    assert keys(daily.changes(hanoi("2026-11-23 18:00:00"))) == ["C1"]
    assert daily.changes(hanoi("2026-11-24 00:00:00")) == []


@pytest.mark.parametrize("bound", ["t >= :since", "t >= :since_day", ":since IS NULL OR t >= :since"])
@pytest.mark.parametrize(
    ("kind", "column", "value"),
    [
        ("sqlite", "TEXT", "''"),
        ("postgres", "TIMESTAMP", "'-infinity'"),
        ("postgres", "DATE", "'-infinity'"),
        ("postgres", "TIMESTAMPTZ", "'0044-03-15 10:00:00 BC'"),
        ("mariadb", "DATETIME", "'0000-00-00 00:00:00'"),
        ("mariadb", "DATE", "'0000-00-00'"),
    ],
)
def test_a_full_read_leaves_out_no_time_at_all(on: On, kind: str, column: str, value: str, bound: str) -> None:
    """Not even those before every real date."""
    assert keys(on(kind).one(column, value, where=f" WHERE {bound}").changes(None)) == ["C1"]


def test_a_profile_may_ask_whether_everything_is_read(place: Place) -> None:
    """`:since IS NULL` holds for a full read alone, which then brings rows without a time, too."""
    place.execute("INSERT INTO c VALUES (1, 'a', NULL)")
    asked = "SELECT concat('C', id) AS case_key, t AS changed_at FROM c WHERE :since is null OR t >= :since"
    source = place.source(changes=asked)
    assert keys(source.changes(None)) == ["C1"]
    assert source.changes(hanoi(MORNING)) == []


def test_a_case_is_read_by_part_with_small_columns(place: Place) -> None:
    """However the query spells them and the database folds them."""
    place.execute("INSERT INTO c VALUES (1, 'Đặng Thị Lụa', NULL)", "INSERT INTO step VALUES (1, 'x', NULL)")
    parts = {
        "c": "SELECT concat('C', ID) AS Case_Key, ID, NAME AS TenNguoi FROM c WHERE id IN :number AND 'x' NOT IN :keys",
        "step": "SELECT concat('C', c) AS CASE_KEY, Note FROM step WHERE concat('C', c) IN :keys",
    }
    source = place.source(parts=parts)
    assert source.columns() == {"c": ("case_key", "id", "tennguoi"), "step": ("case_key", "note")}
    assert source.read(["C1", "C2"]) == {
        "C1": CaseRows(
            "C1",
            {
                "c": [{"case_key": "C1", "id": 1, "tennguoi": "Đặng Thị Lụa"}],
                "step": [{"case_key": "C1", "note": "x"}],
            },
        )
    }


def test_columns_that_differ_in_capitals_only_are_refused(place: Place) -> None:
    """The mapping could not tell them apart."""
    marks = "``" if place.kind == "mariadb" else '""'
    first, second = (f"{marks[0]}{name}{marks[1]}" for name in ("Ten", "tEN"))
    twice = f"SELECT concat('C', id) AS case_key, id AS {first}, name AS {second} FROM c WHERE id IN :keys"  # noqa: S608
    twice = twice.replace("id IN", "name IN")
    with pytest.raises(SourceError) as caught:
        place.source(parts={"c": twice}).probe()
    assert str(caught.value) == "the query parts.c returns several columns named ten - mend the query in the profile"


def test_many_keys_are_asked_for_in_turn(place: Place) -> None:
    """Where a database takes fewer parameters than there are keys, a part is several queries; no row is lost."""
    place.execute("INSERT INTO c VALUES " + ", ".join(f"({each}, 'a', NULL)" for each in range(1, 8)))  # noqa: S608
    source = place.source()
    source._most_keys = 3
    asked: list[str] = []
    event.listen(source._engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    assert list(source.read([f"C{each}" for each in range(1, 8)])) == [f"C{each}" for each in range(1, 8)]
    assert sum("FROM step" in statement for statement in asked) == 3


def test_a_key_part_beyond_64_bits_is_no_case(place: Place) -> None:
    """No column holds it, and the driver need not try."""
    assert place.source().read(["C99999999999999999999", "C1"]) == {}


def test_all_parts_come_from_one_moment(server: Place) -> None:
    """What the local system writes between two parts is seen by neither."""
    server.execute("INSERT INTO c VALUES (1, 'before', NULL)", "INSERT INTO step VALUES (1, 'before', NULL)")
    source = server.source()
    write = ["UPDATE c SET name = 'after'", "UPDATE step SET note = 'after'"]

    def between(*event_args: Any) -> None:
        if "FROM c" in event_args[2] and write:
            server.execute(*write)
            write.clear()

    event.listen(source._engine, "after_cursor_execute", between)
    parts = source.read(["C1"])["C1"].parts
    assert not write
    assert (parts["c"][0]["name"], parts["step"][0]["note"]) == ("before", "before")


@pytest.mark.parametrize(
    ("kind", "query"),
    [
        ("postgres", "INSERT INTO c VALUES (1, 'a', NULL) RETURNING '2026-11-23 10:00:00'"),
        ("postgres", "SELECT nextval('s')"),
        ("mariadb", "INSERT INTO c VALUES (1, 'a', NULL) RETURNING '2026-11-23 10:00:00'"),
        ("mariadb", "INSERT INTO plain VALUES (1)"),
        ("mariadb", "CREATE TABLE more (id INTEGER)"),
    ],
)
def test_a_query_that_writes_is_refused(on: On, kind: str, query: str) -> None:
    """By the server, whatever the account may do."""
    place = on(kind)
    place.execute("CREATE SEQUENCE s" if kind == "postgres" else "CREATE TABLE plain (id INTEGER) ENGINE = MyISAM")
    with pytest.raises(SourceError) as caught:
        place.source(now=query).now()
    assert str(caught.value) == (
        "the query now tries to write, but the source is only ever read - mend the query in the profile"
    )
    assert place.source().changes(None) == []


@pytest.mark.parametrize(("kind", "query"), [("postgres", "SELECT pg_sleep(30)"), ("mariadb", "SELECT sleep(30)")])
def test_a_statement_that_takes_too_long_is_ended(on: On, kind: str, query: str) -> None:
    """The line names the query and the setting; it is not tried again."""
    with pytest.raises(SourceError) as caught:
        on(kind).source(statement_seconds=1, now=query).now()
    assert str(caught.value) == (
        "the query now took longer than 1 seconds - help it by an index, or raise source.statement_seconds"
    )


def test_the_clock_is_the_databases_own(place: Place) -> None:
    """In UTC, whatever zone the server is in."""
    assert abs((place.source().now() - datetime.now(UTC)).total_seconds()) < 60


def test_tables_that_no_query_names_are_told(server: Place, reader: str) -> None:
    """Those the account may read and no other: where a table with passwords is among them, people see its name."""
    assert server.source(reader).beside() == []
    server.execute("CREATE TABLE secrets (word VARCHAR(10))")
    assert server.source(reader).beside() == []
    server.let_read(reader)
    assert server.source(reader).beside() == ["secrets"]


def test_a_file_has_no_account_that_reads_too_much(on: On) -> None:
    """Whoever has the file has all of it."""
    assert on("sqlite").source().beside() is None


def test_a_server_that_anybody_may_write_to_is_told(server: Place) -> None:
    """The tests' own account may do everything."""
    assert server.source().may_write()


def test_a_file_has_no_account(on: On) -> None:
    """It is opened read-only."""
    assert not on("sqlite").source().may_write()


BROKEN: list[tuple[dict[str, Any], str]] = [
    (
        {"changes": "SELECT id AS case_key, t AS changed_at FROM cc"},
        r"the source has no table ([\w]+\.)?cc, which the query changes needs - mend the query in the profile",
    ),
    (
        {"changes": "SELECT id AS case_key FROM c"},
        "the source has no column changed_at, which the query changes needs - mend the query in the profile",
    ),
    (
        {"parts": {"c": "SELECT nam FROM c WHERE name IN :keys"}},
        "the source has no column nam, which the query parts.c needs - mend the query in the profile",
    ),
    (
        {"parts": {"c": "SELECT nofun(1) FROM c WHERE name IN :keys"}},
        r"the source has no function ([\w]+\.)?nofun, which the query parts.c needs - mend the query in the profile",
    ),
    (
        {"parts": {"c": "SELEC 1 FROM c WHERE name IN :keys"}},
        "the query parts.c is not valid SQL - mend the query in the profile",
    ),
    (
        {"parts": {"c": "SELECT name FROM c WHERE name IN :keys"}},
        "the query parts.c returns no column case_key - mend the query in the profile",
    ),
]


@pytest.mark.parametrize(("change", "line"), BROKEN)
def test_a_wrong_query_is_named(place: Place, change: dict[str, Any], line: str) -> None:
    """With the table, column or function, in the same line on every kind of database."""
    with pytest.raises(SourceError, match=f"^{line}$") as caught:
        place.source(**change).probe()
    assert caught.value.__context__ is None


def test_values_of_different_types_are_said(on: On) -> None:
    """PostgreSQL converts nothing by itself."""
    with pytest.raises(SourceError) as caught:
        on("postgres").source(parts={"c": "SELECT name AS case_key FROM c WHERE id IN :keys"}).probe()
    assert str(caught.value) == ("the query parts.c compares values of different types - convert one of them by CAST")


@pytest.mark.parametrize(
    ("kind", "expression", "code"),
    [
        ("postgres", "CAST(name AS integer)", "InvalidTextRepresentation 22P02"),
        ("mariadb", "updatexml(1, concat('~', name), 1)", "OperationalError 1105"),
    ],
)
def test_no_error_carries_a_value(
    on: On, kind: str, expression: str, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither a key nor a value read is in the error, its traceback or a log, though the driver quotes it."""
    place, key = on(kind), "C" + "1"
    place.execute("INSERT INTO c VALUES (1, 'Lò Thị Mẫu', NULL)")
    for name in ("sqlalchemy.engine", "sqlalchemy.pool"):
        caplog.set_level(logging.DEBUG, logger=name)
    query = f"SELECT concat('C', id) AS case_key, {expression} AS x FROM c WHERE concat('C', id) IN :keys"  # noqa: S608
    with pytest.raises(SourceError) as caught:
        place.source(parts={"c": query}).read([key])
    assert str(caught.value) == f"the query parts.c failed in the source ({code})"
    told = "".join(traceback.format_exception(caught.value)) + caplog.text
    assert "Mẫu" not in told
    assert key not in told
