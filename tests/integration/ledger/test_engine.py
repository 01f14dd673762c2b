"""How the ledger's database is opened."""

from pathlib import Path

import pytest
from sqlalchemy import Engine, event
from sqlalchemy.exc import OperationalError

from sync_agent.audit import Event, head, recompute_root
from sync_agent.errors import LedgerError
from sync_agent.ledger import Ledger, copy_in_memory, open_engine
from tests.support.ledgers import ON_SQLITE


def test_a_missing_ledger_is_not_made_by_chance(path: Path) -> None:
    """A wrong path must not become a new, empty ledger."""
    with pytest.raises(LedgerError) as caught:
        open_engine(f"sqlite:///{path}", create=False)
    assert ("db upgrade" in caught.value.todo, path.exists()) == (True, False)


@ON_SQLITE
def test_its_folder_is_made_for_its_owner_alone(engine: Engine, path: Path) -> None:
    """The ledger holds the secrets of cases."""
    engine.dispose()
    assert path.parent.stat().st_mode & 0o077 == 0


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    """With the reason."""
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(LedgerError):
        open_engine(f"sqlite:///{tmp_path}/file/state/ledger.db", create=True)


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://db/ledger",
        "postgresql+psycopg2://db/ledger",
        "mysql://db/ledger",
        "sqlite+aiosqlite:///ledger.db",
        "not a url",
        "sqlite//nothing",
        "",
        "postgresql+psycopg://db:port/ledger",
        "postgresql+psycopg://db",
        "postgresql+psycopg://one,two/ledger",
        "postgresql+psycopg://db/ledger?host=one&host=two",
        "postgresql+psycopg://db/ledger?password=x",
        "postgresql+psycopg://db/ledger?options=-csynchronous_commit%3Doff",
    ],
)
def test_another_address_is_refused(address: str) -> None:
    """Another database or driver, several servers, a password or an option in it, a slip: the setting is named."""
    with pytest.raises(LedgerError) as caught:
        open_engine(address, create=True)
    assert caught.value.where == "agent.ledger_url"


@ON_SQLITE
def test_every_commit_reaches_the_disk(engine: Engine) -> None:
    """An intent that a power cut forgets would be sent twice."""
    with engine.connect() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("synchronous", "journal_mode", "foreign_keys", "secure_delete")
        }
    assert pragmas == {"synchronous": 2, "journal_mode": "wal", "foreign_keys": 1, "secure_delete": 1}


@ON_SQLITE
def test_a_write_takes_the_lock_at_once(ledger: Ledger) -> None:
    """A second writer waits at the beginning, not after it has read what is about to change."""
    impatient = open_engine(str(ledger.engine.url), create=False)
    with ledger.write(), impatient.connect().execution_options(ledger_write=True) as other:
        with pytest.raises(OperationalError, match="locked"):
            _begin_at_once(other)
        other.invalidate()


def _begin_at_once(connection: object) -> None:
    driver = connection.connection.driver_connection  # type: ignore[attr-defined]  # a connection of SQLAlchemy
    driver.execute("PRAGMA busy_timeout = 1")
    connection.exec_driver_sql("SELECT 1")  # type: ignore[attr-defined]  # as above


def test_readers_do_not_wait_for_a_writer(ledger: Ledger) -> None:
    """Status can be asked for while a pass runs."""
    with ledger.write() as tx:
        tx.connection.exec_driver_sql("UPDATE environment SET mode = 'production'")
        with ledger.read() as connection:
            assert connection.exec_driver_sql("SELECT mode FROM environment").scalar_one() == "test"


@ON_SQLITE
def test_a_ledger_that_cannot_be_written_can_be_read(ledger: Ledger) -> None:
    """The error is one line that says what kind it is."""
    event.listen(ledger.engine, "connect", lambda connection, _: connection.execute("PRAGMA query_only = ON"))
    ledger.engine.dispose()
    with ledger.read() as connection:
        assert connection.exec_driver_sql("SELECT mode FROM environment").scalar_one() == "test"
    with pytest.raises(LedgerError) as caught:
        ledger.take_over()
    assert dict(caught.value.facts) == {"kind": "SQLITE_READONLY"}


def test_a_file_that_is_no_ledger_is_told(path: Path) -> None:
    """One line, without the text of a driver."""
    path.parent.mkdir()
    path.write_bytes(b"this is not a database, whatever its name says" * 50)
    ledger = Ledger(open_engine(f"sqlite:///{path}", create=False), source_id="nho")
    with pytest.raises(LedgerError) as caught:
        ledger.take_over()
    assert dict(caught.value.facts) == {"kind": "SQLITE_NOTADB"}


def test_a_failure_of_the_database_quotes_no_value(ledger: Ledger) -> None:
    """A driver's text may hold parameters; ours holds its kind."""
    with pytest.raises(LedgerError) as caught, ledger.write() as tx:
        tx.connection.exec_driver_sql("INSERT INTO run (id, kind, started_at) VALUES (1, 'Lò Văn Mẫu', NULL)")
    assert "Mẫu" not in repr(caught.value)
    assert (caught.value.__cause__, caught.value.__suppress_context__) == (None, True)


def test_a_copy_in_memory_is_apart(ledger: Ledger) -> None:
    """What is written there is seen by nobody else."""
    copy = Ledger(copy_in_memory(ledger.engine), source_id="nho", clock=ledger.clock)
    copy.take_over()
    with copy.read() as there, ledger.read() as here:
        epochs = [
            connection.exec_driver_sql("SELECT epoch FROM environment").scalar_one() for connection in (there, here)
        ]
    assert epochs == [2, 1]


def test_a_copy_in_memory_goes_on_where_the_log_stands(ledger: Ledger) -> None:
    """Its head is that of the ledger, and moves the same way, over the end of a tile."""
    with ledger.write() as tx:
        for _ in range(700):
            tx.record(Event.GAP_DECLARED)
    copy = Ledger(copy_in_memory(ledger.engine), source_id="nho", clock=ledger.clock)
    copy.epoch = ledger.epoch
    for each in (ledger, copy):
        with each.write() as tx:
            for _ in range(100):
                tx.record(Event.GAP_DECLARED)
    with copy.read() as there, ledger.read() as here:
        assert head(there) == head(here) == recompute_root(here)


def test_a_copy_is_made_while_somebody_writes(ledger: Ledger) -> None:
    """Nobody waits for a rehearsal, and it sees what was committed."""
    with ledger.write() as tx:
        tx.connection.exec_driver_sql("UPDATE environment SET mode = 'production'")
        with copy_in_memory(ledger.engine).connect() as copied:
            assert copied.exec_driver_sql("SELECT mode FROM environment").scalar_one() == "test"
