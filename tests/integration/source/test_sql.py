import sqlite3
import sys
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from sync_agent.errors import SourceError
from sync_agent.source import CaseRows, Change, SourceSpec, SqlSource

SPEC: dict[str, Any] = {
    "id": "small",
    "zone": "Asia/Ho_Chi_Minh",
    "changes": "SELECT 'C' || id AS case_key, t AS changed_at FROM c UNION ALL SELECT 'C' || c, t FROM step;",
    "root": ["c"],
    "key_parts": {
        "number": {"pattern": "^C([0-9]+)$", "integer": True},
        "word": {"pattern": "^W(.*)$"},
    },
    "parts": {
        "c": "SELECT 'C' || id AS case_key, id, name FROM c WHERE id IN :number AND 'C' || id IN :keys",
        "step": "SELECT 'C' || c AS case_key, note FROM step WHERE 'C' || c IN :keys",
    },
}
SCHEMA = "CREATE TABLE c (id INTEGER, name TEXT, t TEXT); CREATE TABLE step (c INTEGER, note TEXT, t TEXT);"


class Local:
    """A small local database and the source that reads it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.execute(SCHEMA)

    def execute(self, script: str) -> None:
        """Let the local system write."""
        connection = sqlite3.connect(self.path)
        connection.executescript(script)
        connection.close()

    def fill(self, count: int, moment: str | None) -> None:
        """Let the local system write many cases with one change time."""
        with sqlite3.connect(self.path) as connection:
            connection.executemany("INSERT INTO c VALUES (?, 'a', ?)", [(each + 1, moment) for each in range(count)])
        connection.close()

    def source(self, **change: object) -> SqlSource:
        """Return a source with some of its settings changed."""
        return SqlSource(f"sqlite:///{self.path}", SourceSpec.model_validate(SPEC | change))


@pytest.fixture
def local(tmp_path: Path) -> Local:
    """Return an empty local database."""
    return Local(tmp_path / "local.db")


@pytest.fixture
def source(local: Local) -> Iterator[SqlSource]:
    """Return the source with its settings as above."""
    source = local.source()
    yield source
    source.close()


def hanoi(text: str) -> datetime:
    """Return a local time as an instant."""
    return datetime.fromisoformat(text + "+07:00").astimezone(UTC)


def test_case_counts_once_with_its_latest_change(local: Local, source: SqlSource) -> None:
    """Changes in several tables are one case, at the latest time, in UTC."""
    local.execute(
        "INSERT INTO c VALUES (1, 'a', '2026-11-01 08:00:00'), (2, 'b', '2026-11-02 08:00:00');"
        "INSERT INTO step VALUES (1, 'x', '2026-11-03 08:00:00');"
    )
    assert source.changes(None) == [
        Change("C1", datetime(2026, 11, 3, 1, 0, tzinfo=UTC)),
        Change("C2", datetime(2026, 11, 2, 1, 0, tzinfo=UTC)),
    ]


def test_only_changes_since_the_watermark_come(local: Local, source: SqlSource) -> None:
    """The bound is inclusive and in the source's local time."""
    local.execute(
        "INSERT INTO c VALUES (1, 'a', '2026-11-23 07:59:59'), (2, 'b', '2026-11-23 08:00:00'),"
        " (3, 'c', '2026-11-23T08:00:01');"
    )
    assert [change.case_key for change in source.changes(hanoi("2026-11-23 08:00:00"))] == ["C2", "C3"]


@pytest.mark.parametrize("moment", ["NULL", "''", "'0000-00-00'", "'23/11/2026'", "'2020-01-01 08:00:00Z'", "'soon'"])
def test_unknown_change_time_always_counts(local: Local, source: SqlSource, moment: str) -> None:
    """A row whose change time is missing or unreadable is read again rather than lost."""
    local.execute(f"INSERT INTO c VALUES (1, 'a', {moment});")  # noqa: S608 (the test's own values)
    assert source.changes(hanoi("2026-11-23 08:00:00")) == [Change("C1", None)]


def test_date_without_time_counts_until_its_day_is_over(local: Local, source: SqlSource) -> None:
    """A row dated today is still read again this evening, and no longer tomorrow."""
    local.execute("INSERT INTO c VALUES (1, 'a', '2026-11-23');")
    assert source.changes(hanoi("2026-11-23 18:00:00")) == [Change("C1", hanoi("2026-11-23 23:59:59"))]
    assert source.changes(hanoi("2026-11-24 00:00:00")) == []


def test_pages_go_on_after_the_last_key(local: Local, source: SqlSource) -> None:
    """Every case comes exactly once over the pages, equal change times or not."""
    local.fill(25, "2026-11-01 08:00:00")
    pages, after = [], ""
    while page := source.changes(None, after=after, limit=10):
        pages.append([change.case_key for change in page])
        after = page[-1].case_key
    assert [len(page) for page in pages] == [10, 10, 5]
    assert sum(pages, []) == sorted(f"C{number}" for number in range(1, 26))  # noqa: RUF017 (three short lists)


def test_page_asked_for_again_is_read_again(local: Local, source: SqlSource) -> None:
    """What was read ahead serves only the next page; any other question goes to the database."""
    local.execute("INSERT INTO c VALUES (1, 'a', NULL), (2, 'b', NULL), (3, 'c', NULL);")
    assert [change.case_key for change in source.changes(None, limit=1)] == ["C1"]
    local.execute("DELETE FROM c WHERE id = 2;")
    assert [change.case_key for change in source.changes(None, after="C1", limit=1)] == ["C2"]
    assert [change.case_key for change in source.changes(None, after="C1", limit=1)] == ["C3"]


def test_integer_keys_are_text(local: Local) -> None:
    """A query that returns numbers as keys loses no case."""
    local.execute("INSERT INTO c VALUES (7, 'a', NULL);")
    source = local.source(changes="SELECT id AS case_key, t AS changed_at FROM c")
    assert source.changes(None) == [Change("7", None)]


def test_case_is_read_by_part(local: Local, source: SqlSource) -> None:
    """Rows come by part; the repr of a case shows its key alone."""
    local.execute(
        "INSERT INTO c VALUES (1, 'Đặng Thị Lụa', NULL), (2, 'b', NULL);"
        "INSERT INTO step VALUES (1, 'x', NULL), (1, 'y', NULL);"
    )
    cases = source.read(["C1"])
    assert cases == {
        "C1": CaseRows(
            "C1",
            {
                "c": [{"case_key": "C1", "id": 1, "name": "Đặng Thị Lụa"}],
                "step": [{"case_key": "C1", "note": "x"}, {"case_key": "C1", "note": "y"}],
            },
        )
    }
    assert repr(cases["C1"]) == "CaseRows()"


def test_case_without_a_root_row_is_gone(local: Local, source: SqlSource) -> None:
    """Rows left behind by a deletion do not make a case."""
    local.execute("INSERT INTO step VALUES (1, 'orphan', NULL);")
    assert source.read(["C1", "C2", "strange"]) == {}


def test_one_query_per_part_for_any_number_of_keys(local: Local, source: SqlSource) -> None:
    """Reading a page costs as many queries as there are parts."""
    local.fill(300, None)
    statements: list[str] = []
    event.listen(source._engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    assert len(source.read([f"C{number}" for number in range(1, 301)])) == 300
    assert sum("SELECT" in statement for statement in statements) == len(SPEC["parts"])


def test_rows_of_cases_not_asked_for_are_left_out(local: Local) -> None:
    """A query that forgets to filter by key does not mix cases."""
    local.execute("INSERT INTO c VALUES (1, 'a', NULL), (2, 'b', NULL);")
    loose = {"c": "SELECT 'C' || id AS case_key, name FROM c WHERE 1 = 1 OR id IN :keys"}
    assert list(local.source(parts=loose).read(["C2"])) == ["C2"]


def test_key_parts_of_text_are_bound_as_text(local: Local) -> None:
    """A part of the key that is not declared an integer stays text, leading zeros kept."""
    local.execute("INSERT INTO c VALUES (1, '007', NULL);")
    parts = {"c": "SELECT 'W' || name AS case_key FROM c WHERE name IN :word AND 'W' || name IN :keys"}
    assert list(local.source(parts=parts).read(["W007"])) == ["W007"]


def test_text_in_another_character_set_is_still_read(local: Local, source: SqlSource) -> None:
    """One damaged text does not hide the other cases of the page; it comes marked with lone surrogates."""
    local.execute("INSERT INTO c VALUES (1, CAST(x'4be9' AS TEXT), NULL), (2, 'b', NULL);")
    cases = source.read(["C1", "C2"])
    assert cases["C1"].parts["c"][0]["name"] == "K\udce9"
    assert cases["C2"].parts["c"][0]["name"] == "b"


def test_clock_is_the_databases_own(source: SqlSource) -> None:
    """Without a `now` query the clock of SQLite (UTC) counts."""
    assert abs((source.now() - datetime.now(UTC)).total_seconds()) < 60


def test_own_clock_query_gives_local_time(local: Local) -> None:
    """A `now` query returns naive local time."""
    assert local.source(now="SELECT '2026-11-23 10:00:00'").now() == datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


@pytest.mark.parametrize("query", ["SELECT 'soon'", "SELECT 1 WHERE 1 = 0"])
def test_clock_query_without_a_time_is_an_error(local: Local, query: str) -> None:
    """A clock that tells nothing stops the pass."""
    with pytest.raises(SourceError, match="does not return a time"):
        local.source(now=query).now()


def test_probe_names_every_query(source: SqlSource) -> None:
    """All queries are tried, none reads a case."""
    assert source.probe() == ["now", "changes", "parts.c", "parts.step"]


def test_columns_of_every_part_are_told(source: SqlSource) -> None:
    """The mapping is checked against what the queries return."""
    assert source.columns() == {"c": ("case_key", "id", "name"), "step": ("case_key", "note")}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"changes": "SELECT id AS case_key, t AS changed_at FROM cc"}, "no table cc, which the query changes needs"),
        ({"changes": "SELECT id AS case_key FROM c"}, "no column changed_at, which the query changes needs"),
        ({"parts": {"c": "SELECT nam FROM c WHERE id IN :keys"}}, "no column nam, which the query parts.c needs"),
        ({"parts": {"c": "SELECT name FROM c WHERE id IN :keys"}}, "parts.c returns no column case_key"),
        ({"parts": {"c": "SELECT *, id AS case_key, name FROM c WHERE id IN :keys"}}, "several columns named name"),
        ({"parts": {"c": "SELEC 1 WHERE id IN :keys"}}, "parts.c is not valid SQL"),
        ({"parts": {"c": "SELECT nofun(1) FROM c WHERE id IN :keys"}}, "no function nofun"),
        ({"parts": {"c": "SELECT 1 FROM c WHERE sum(1) IN :keys"}}, r"parts.c failed in the source \(Operational"),
    ],
)
def test_wrong_query_is_named(local: Local, change: dict[str, Any], expected: str) -> None:
    """The error names the query and the table or column, before any case is read."""
    with pytest.raises(SourceError, match=expected):
        local.source(**change).probe()


def test_missing_file_is_an_error_and_is_not_created(tmp_path: Path) -> None:
    """A wrong path never makes an empty database."""
    path = tmp_path / "nowhere.db"
    source = SqlSource(f"sqlite:///{path}", SourceSpec.model_validate(SPEC))
    with pytest.raises(SourceError, match="cannot be opened"):
        source.probe()
    assert not path.exists()


def test_file_that_is_no_database_is_an_error(tmp_path: Path) -> None:
    """A text file is not taken for an empty database."""
    path = tmp_path / "notes.txt"
    path.write_text("not a database at all, but long enough to be looked at" * 20)
    with pytest.raises(SourceError, match="not a SQLite database"):
        SqlSource(f"sqlite:///{path}", SourceSpec.model_validate(SPEC)).probe()


def test_locked_database_is_an_error(local: Local, source: SqlSource, monkeypatch: pytest.MonkeyPatch) -> None:
    """A writer that keeps the database to itself is named as the cause."""
    monkeypatch.setattr("sync_agent.source.sqlite._BUSY_SECONDS", 0.05)
    writer = sqlite3.connect(local.path, isolation_level=None)
    writer.execute("BEGIN EXCLUSIVE")
    with pytest.raises(SourceError, match="locked by another program"):
        source.changes(None)
    writer.close()


@pytest.mark.parametrize(
    "url", ["nonsense", "postgresql+psycopg2://server/db", "mysql://server/db", "sqlite://", "sqlite:///:memory:"]
)
def test_address_of_another_kind_is_refused(url: str) -> None:
    """A driver that was never tried, or no file."""
    with pytest.raises(SourceError, match="address of the source"):
        SqlSource(url, SourceSpec.model_validate(SPEC))


@pytest.mark.parametrize(
    ("module", "url", "extra"),
    [
        ("sync_agent.source.postgres", "postgresql+psycopg://server/db", "postgres"),
        ("sync_agent.source.mysql", "mariadb+pymysql://server/db", "mysql"),
        ("mssql_python", "mssql+mssqlpython://server/db", "mssql"),
    ],
)
def test_driver_that_is_not_installed_is_named(
    monkeypatch: pytest.MonkeyPatch, module: str, url: str, extra: str
) -> None:
    """By the extra of the package that brings it."""
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(SourceError) as caught:
        SqlSource(url, SourceSpec.model_validate(SPEC))
    assert str(caught.value) == f"the driver for the source is not installed - pip install 'sync-agent[{extra}]'"
    assert caught.value.__context__ is None


def test_concat_is_the_standard_function(local: Local) -> None:
    """NULL is nothing, a number its digits: a query that uses it runs on the servers, too."""
    part = {
        "c": "SELECT concat('C', id, NULL, '') AS case_key, concat(NULL) AS n FROM c WHERE concat('C', id) IN :keys"
    }
    local.execute("INSERT INTO c VALUES (1, 'a', NULL);")
    assert local.source(parts=part).read(["C1"])["C1"].parts["c"] == [{"case_key": "C1", "n": ""}]


@pytest.mark.parametrize("bound", [":since IS NULL OR t >= :since", "t >= coalesce(date(:since), '') OR t IS NULL"])
def test_older_ways_to_ask_for_everything_still_do(local: Local, bound: str) -> None:
    """A profile that was written when `:since` could be NULL."""
    local.execute("INSERT INTO c VALUES (1, 'a', NULL), (2, 'b', ''), (3, 'c', '2026-11-01');")
    source = local.source(changes=f"SELECT 'C' || id AS case_key, t AS changed_at FROM c WHERE {bound}")  # noqa: S608
    assert [change.case_key for change in source.changes(None)] == ["C1", "C2", "C3"]


def test_source_is_never_written(local: Local) -> None:
    """A query that writes is refused by the connection."""
    source = local.source(now="DELETE FROM c RETURNING '2026-11-23 10:00:00'")
    local.execute("INSERT INTO c VALUES (1, 'a', NULL);")
    with pytest.raises(SourceError, match="tries to write"):
        source.now()
    assert len(local.source().changes(None)) == 1


def test_error_never_carries_a_value(local: Local) -> None:
    """Neither the keys asked for nor a value read are in the error or its traceback."""
    local.execute("INSERT INTO c VALUES (1, 'Lò Thị Mẫu', NULL);")
    broken = {"c": "SELECT 'C' || id AS case_key, json_extract(name, '$.a') AS a FROM c WHERE 'C' || id IN :keys"}
    with pytest.raises(SourceError) as caught:
        local.source(parts=broken).read(["C1"])
    told = "".join(traceback.format_exception(caught.value))
    assert "Lò Thị Mẫu" not in told
    assert "parameters" not in told
    assert caught.value.__context__ is None


def test_a_key_of_damaged_text_is_said_to_be_there(local: Local) -> None:
    """It could not even be asked for again: one line instead of a crash, without the text."""
    local.execute("CREATE TABLE n (k TEXT); INSERT INTO n VALUES (CAST(x'56c3' AS TEXT))")
    with pytest.raises(SourceError, match=r"^the query changes failed in the source \(UnicodeError\)$"):
        local.source(changes="SELECT k AS case_key, NULL AS changed_at FROM n").changes(None)
