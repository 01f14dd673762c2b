"""The shipped profile on every kind of database: the same records become the same cases."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from sync_agent.mapping import Mapped, Mapper, load_code_tables, load_profile
from sync_agent.source import CaseRows, Change, SqlSource
from tests.support.example import Example, make
from tests.support.places import hanoi
from tests.support.servers import MARIADB, POSTGRES, copy_database, fresh_database

CONFIG = Path(__file__).parents[3] / "config"


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Example:
    """Return a few hundred cases with every oddity."""
    return make(tmp_path_factory.mktemp("example"), cases=400)


@pytest.fixture(scope="module")
def here(example: Example) -> SqlSource:
    """Return the source on the SQLite file."""
    return _source(f"sqlite:///{example.path}")


@pytest.fixture(scope="module", params=[POSTGRES, MARIADB], ids=["postgres", "mariadb"])
def there(request: pytest.FixtureRequest, example: Example) -> Iterator[SqlSource]:
    """Return the source on a server that holds a copy."""
    with fresh_database(request.param) as url:
        copy_database(example.path, url)
        yield _source(url)


def _source(url: str) -> SqlSource:
    return SqlSource(url, load_profile(CONFIG / "profiles" / "tinh-a.yaml").source)


def _changes(source: SqlSource, since: datetime | None = None) -> list[Change]:
    return source.changes(since, limit=10_000)


def _rows(source: SqlSource) -> dict[str, CaseRows]:
    return source.read([change.case_key for change in _changes(source)])


def _mapped(source: SqlSource) -> dict[str, Mapped]:
    mapper = Mapper(load_profile(CONFIG / "profiles" / "tinh-a.yaml"), load_code_tables(CONFIG / "codes"))
    mapper.check_columns(source.columns())
    return {key: mapper.map(rows) for key, rows in _rows(source).items()}


@pytest.mark.parametrize("since", [None, "2026-11-20 15:00:00", "2026-11-22 00:00:00"])
def test_the_same_cases_changed_at_the_same_time(here: SqlSource, there: SqlSource, since: str | None) -> None:
    """In the same order."""
    bound = hanoi(since) if since else None
    found = _changes(there, bound)
    assert found == _changes(here, bound)
    assert found


def test_the_same_columns_come(here: SqlSource, there: SqlSource) -> None:
    """However the database spells them."""
    assert there.columns() == here.columns()


def test_the_same_rows_come(here: SqlSource, there: SqlSource) -> None:
    """Value by value, times as text; in what order is for the mapping to undo."""
    assert {key: _plain(rows) for key, rows in _rows(there).items()} == {
        key: _plain(rows) for key, rows in _rows(here).items()
    }


def _plain(rows: CaseRows) -> dict[str, list[dict[str, str]]]:
    return {
        part: sorted(({name: _told(value) for name, value in row.items()} for row in found), key=str)
        for part, found in rows.parts.items()
    }


def _told(value: object) -> str:
    return str(value).removesuffix(" 00:00:00")  # a date in a column with times


def test_the_same_cases_are_mapped(here: SqlSource, there: SqlSource) -> None:
    """With the same findings, readiness and groups."""
    expected = _mapped(here)
    assert _mapped(there) == expected
    assert len(expected) == 400


def test_a_case_that_is_gone_is_absent(there: SqlSource) -> None:
    """As in the file."""
    assert there.read(["D999999-1003", "T999999", "strange"]) == {}
