"""A copy of the ledger while it is in use: one moment of it, whole, and nobody waits."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine

from sync_agent.audit import Event, head, recompute_root
from sync_agent.errors import LedgerError
from sync_agent.ledger import Ledger, back_up, migrate, open_engine
from sync_agent.ledger.sqlite import driver_of
from tests.support.ledgers import ON_POSTGRES, ON_SQLITE


def opened(path: Path) -> Engine:
    """Open a copy."""
    return open_engine(f"sqlite:///{path}", create=False)


def fill(ledger: Ledger, entries: int) -> None:
    """Have some entries in the log."""
    with ledger.write() as tx:
        for _ in range(entries):
            tx.record(Event.RECONCILED)


@ON_SQLITE
def test_a_copy_is_whole_and_private(ledger: Ledger, tmp_path: Path) -> None:
    """At the same schema, with guards, one file that only its owner reads."""
    fill(ledger, 300)
    copied = back_up(ledger, tmp_path / "copy.db", actor="os:lan")
    engine = opened(tmp_path / "copy.db")
    with engine.connect() as connection:
        assert (head(connection), recompute_root(connection), migrate.problems(connection)) == (copied, copied, [])
    engine.dispose()
    assert ((tmp_path / "copy.db").stat().st_mode & 0o777, sorted(p.name for p in tmp_path.glob("copy*"))) == (
        0o600,
        ["copy.db"],
    )


@ON_SQLITE
def test_it_is_recorded_in_the_ledger(ledger: Ledger, tmp_path: Path) -> None:
    """With the head that the copy has; the copy itself knows nothing of it."""
    copied = back_up(ledger, tmp_path / "copy.db", actor="os:lan")
    with ledger.read() as connection:
        assert head(connection).size == copied.size + 1


@ON_SQLITE
def test_who_holds_the_ledger_goes_on(ledger: Ledger, tmp_path: Path) -> None:
    """Another process copies: no epoch is taken."""
    other = Ledger(ledger.engine, source_id="nho", clock=ledger.clock)
    back_up(other, tmp_path / "copy.db", actor="os:lan")
    fill(ledger, 1)


@ON_SQLITE
def test_what_is_written_meanwhile_is_not_in_it(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The copy is of one moment and does not begin anew, however much is written."""
    fill(ledger, 3000)
    steps: list[int] = []

    class Busy:
        """A driver's connection beside which others write after each page."""

        def __init__(self, connection: Connection) -> None:
            self._own = driver_of(connection)

        def backup(self, target: sqlite3.Connection, *, pages: int) -> None:
            assert pages > 0

            def write(_: int, left: int, __: int) -> None:
                if len(steps) < 5:
                    fill(ledger, 10)
                steps.append(left)

            self._own.backup(target, pages=1, progress=write)

    monkeypatch.setattr("sync_agent.ledger.sqlite.driver_of", Busy)
    before = _size(ledger)
    copied = back_up(ledger, tmp_path / "copy.db", actor="os:lan")
    assert (copied.size, len(steps) > 10, steps) == (before, True, sorted(steps, reverse=True))
    assert _size(ledger) == before + 51


def _size(ledger: Ledger) -> int:
    with ledger.read() as connection:
        return head(connection).size


@ON_SQLITE
def test_no_file_is_ever_written_over(ledger: Ledger, tmp_path: Path) -> None:
    """Not even an empty one."""
    (tmp_path / "copy.db").touch()
    with pytest.raises(LedgerError):
        back_up(ledger, tmp_path / "copy.db", actor="os:lan")
    assert (tmp_path / "copy.db").stat().st_size == 0


@ON_SQLITE
def test_a_folder_that_is_not_there_is_told(ledger: Ledger, tmp_path: Path) -> None:
    """In one line with the file."""
    with pytest.raises(LedgerError) as caught:
        back_up(ledger, tmp_path / "none" / "copy.db", actor="os:lan")
    assert caught.value.where.endswith("copy.db")


@ON_SQLITE
def test_of_a_copy_that_is_not_whole_nothing_is_left(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would be trusted."""

    def damage(place: Path) -> None:
        with closing(sqlite3.connect(place)) as copy, copy:
            copy.execute("UPDATE alembic_version SET version_num = '0001'")

    monkeypatch.setattr("sync_agent.ledger.backup.make_durable", damage)
    with pytest.raises(LedgerError):
        back_up(ledger, tmp_path / "copy.db", actor="os:lan")
    assert (list(tmp_path.glob("copy*")), _size(ledger)) == ([], 2)


@ON_POSTGRES
def test_a_ledger_on_a_server_names_the_servers_tool(ledger: Ledger, tmp_path: Path) -> None:
    """A file of ours would be no backup of it."""
    with pytest.raises(LedgerError) as caught:
        back_up(ledger, tmp_path / "copy.db", actor="os:lan")
    assert ("pg_dump" in caught.value.todo, list(tmp_path.glob("copy*"))) == (True, [])
