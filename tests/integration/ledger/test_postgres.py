"""What is so only with a server: sessions that end, somebody between, writers from several machines."""

import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, make_url
from sqlalchemy.pool import NullPool

from sync_agent.audit import Event, entries, head, recompute_root
from sync_agent.errors import EpochLostError, LedgerError
from sync_agent.ledger import Ledger, declare_go_live, environment, exclusive, has_ledger, migrate, open_engine
from tests.support.poolers import pooler, turned_away
from tests.support.servers import POSTGRES

SHOWN = {
    "application_name": "sync-agent",
    "synchronous_commit": "on",
    "lock_timeout": "30s",
    "TimeZone": "UTC",
    "idle_in_transaction_session_timeout": "10min",
    "statement_timeout": "10min",
}


@pytest.fixture
def database() -> str:
    """Keep every ledger of these tests on the server."""
    return "postgresql"


@pytest.fixture
def administrator(url: str) -> Iterator[Engine]:
    """Yield another way into the same server."""
    made = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    yield made
    made.dispose()


def backend(ledger: Ledger) -> int:
    """Return the process that serves the next connection of the ledger."""
    with ledger.read() as connection:
        return int(connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one())


def end(administrator: Engine, pid: int) -> None:
    """End a session of the server, and wait until it has ended."""
    with administrator.connect() as connection:
        assert connection.exec_driver_sql(f"SELECT pg_terminate_backend({pid}, 10000)").scalar_one()


def kind_of(error: LedgerError) -> str:
    """Return the kind an error names."""
    return dict(error.facts)["kind"]


# how it is opened


def test_a_session_is_durable_and_patient_within_limits(engine: Engine) -> None:
    """Commits reach the disk, nobody waits for ever, and the server's log says whose session it is."""
    with engine.connect() as connection:
        assert {name: connection.exec_driver_sql(f"SHOW {name}").scalar_one() for name in SHOWN} == SHOWN


def test_a_read_sees_one_state_throughout(ledger: Ledger) -> None:
    """The head of the log and its entries belong together, whoever writes in between."""
    with ledger.read() as connection:
        before = head(connection)
        with ledger.write() as tx:
            tx.record(Event.GAP_DECLARED)
        assert (head(connection), recompute_root(connection)) == (before, before)


def test_what_only_reads_cannot_write(ledger: Ledger) -> None:
    """The server itself refuses it."""
    with pytest.raises(LedgerError) as caught, ledger.read() as connection:
        connection.exec_driver_sql("UPDATE environment SET mode = 'production'")
    assert kind_of(caught.value) == "ReadOnlySqlTransaction"


def test_a_pooler_is_refused(url: str) -> None:
    """Its sessions are not ours alone, so neither would the locks be."""
    with pooler(url) as through, pytest.raises(LedgerError) as caught:
        has_ledger(make_url(through))
    assert caught.value.what == "there is a connection pooler before the ledger's database"


def test_a_connection_of_the_pool_is_examined_like_the_first(url: str, ledger: Ledger) -> None:
    """Whatever is put between while the agent runs is noticed when it connects again."""
    with pooler(url) as through:
        moved = Ledger(open_engine(through, create=False), source_id="nho")
        for _ in range(2):
            with pytest.raises(LedgerError, match="pooler"), moved.read():
                pass
    assert backend(ledger) > 0


def test_a_user_without_a_schema_is_told(administrator: Engine, url: str) -> None:
    """Without one no lock would be held either."""
    with administrator.connect() as connection:
        connection.exec_driver_sql("DROP SCHEMA public")
    with pytest.raises(LedgerError, match="no schema"):
        has_ledger(make_url(url))


@pytest.mark.parametrize(
    ("sqlstate", "said", "what"),
    [
        ("28P01", 'password authentication failed for user "lan"', "the database server refuses the password"),
        ("28000", 'no pg_hba.conf entry for host "::1", user "lan"', "the database server lets this user not in"),
        ("53300", "sorry, too many clients already", "the database server takes no more connections"),
        ("XX000", "something about Lò Văn Mẫu", "the ledger cannot be used (OperationalError)"),
    ],
)
def test_a_server_that_lets_nobody_in_is_told(sqlstate: str, said: str, what: str) -> None:
    """In one line of ours: nothing of what the server says is repeated."""
    with turned_away(sqlstate, said) as address, pytest.raises(LedgerError) as caught:
        has_ledger(make_url(address))
    line = str(caught.value)
    assert (what in line, "lan" in line, "Mẫu" in line) == (True, False, False)
    assert caught.value.__suppress_context__


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"database": "sync_agent_no_such"}, "the database server knows no such database or user"),
        ({"username": "sync_agent_nobody"}, "the database server knows no such database or user"),
        ({"port": 1}, "no database server listens there"),
        ({"host": "no-such-host.invalid"}, "the name of the database server is not known"),
    ],
)
def test_a_wrong_address_is_told(change: dict[str, str], what: str) -> None:
    """What is not there: database, user, server, host."""
    with pytest.raises(LedgerError) as caught:
        has_ledger(make_url(POSTGRES).set(**change))  # type: ignore[arg-type]  # parts of an address
    assert caught.value.what == what


def test_without_the_driver_its_package_is_named(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is an extra that was not installed."""
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(LedgerError) as caught:
        open_engine(url, create=True)
    assert "sync-agent[postgres]" in caught.value.todo


def test_a_ledger_is_there_once_it_was_made(url: str) -> None:
    """An empty database is none yet."""
    engine = open_engine(url, create=True)
    found = [has_ledger(engine.url), migrate.upgrade(engine), has_ledger(engine.url)]
    engine.dispose()
    assert found == [False, migrate.HEAD, True]


# sessions that end


def test_a_session_that_ends_in_a_transaction_leaves_nothing_of_it(ledger: Ledger, administrator: Engine) -> None:
    """One error that says what happened, and the next transaction goes on."""
    with ledger.read() as connection:
        before = head(connection)
    with pytest.raises(LedgerError) as caught:
        _declare_and_lose_the_session(ledger, administrator)
    with ledger.read() as connection:
        bound, after = environment(connection), head(connection)
    assert bound is not None
    assert (kind_of(caught.value), bound.go_live, after) == ("AdminShutdown", None, before)
    with ledger.write() as tx:
        declare_go_live(tx, "declined:first")


def _declare_and_lose_the_session(ledger: Ledger, administrator: Engine) -> None:
    with ledger.write() as tx:
        declare_go_live(tx, "declined:first")
        tx.flush()
        end(administrator, tx.connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one())
        tx.connection.exec_driver_sql("SELECT 1")


def test_a_session_that_ends_before_the_commit_is_an_error(
    ledger: Ledger, administrator: Engine, capfd: pytest.CaptureFixture[str]
) -> None:
    """A commit that did not come through is never taken for one, and no library tells about it beside us."""
    with pytest.raises(LedgerError):
        _change_and_lose_the_session(ledger, administrator)
    with ledger.read() as connection:
        assert connection.exec_driver_sql("SELECT mode FROM environment").scalar_one() == "test"
    assert capfd.readouterr() == ("", "")


def _change_and_lose_the_session(ledger: Ledger, administrator: Engine) -> None:
    with ledger.write() as tx:
        tx.connection.exec_driver_sql("UPDATE environment SET mode = 'production'")
        end(administrator, tx.connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one())


def test_an_idle_session_that_ended_is_replaced(ledger: Ledger, administrator: Engine) -> None:
    """A restart of the server between two passes is not noticed."""
    gone = backend(ledger)
    end(administrator, gone)
    assert backend(ledger) != gone


def test_a_refusal_of_the_server_is_told_by_its_kind(ledger: Ledger) -> None:
    """SQLSTATE has a name; the text beside it may quote a row."""
    twice = "INSERT INTO policy_signature VALUES ('Lò Văn Mẫu', 'x', now()), ('Lò Văn Mẫu', 'x', now())"
    with pytest.raises(LedgerError) as caught, ledger.write() as tx:
        tx.connection.exec_driver_sql(twice)
    assert (kind_of(caught.value), "Mẫu" in repr(caught.value)) == ("UniqueViolation", False)


# several writers


def test_a_second_writer_waits_at_the_beginning(ledger: Ledger, url: str) -> None:
    """Not after it has read what is about to change; and not for ever."""
    impatient = create_engine(make_url(url), poolclass=NullPool)
    with ledger.write() as tx, impatient.connect() as other:
        (namespace, schema) = tx.connection.exec_driver_sql(
            "SELECT classid::int8, objid::int8 FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
        ).one()
        free = other.exec_driver_sql(f"SELECT pg_try_advisory_xact_lock({namespace}, {schema})").scalar_one()
    assert not free


def test_a_writer_that_waited_too_long_is_told(ledger: Ledger, url: str) -> None:
    """By its kind, as with a busy file."""
    impatient = Ledger(open_engine(url, create=False), source_id="nho")
    with impatient.read() as connection:
        connection.exec_driver_sql("SET SESSION lock_timeout = '50ms'")
        connection.commit()
    with ledger.write(), pytest.raises(LedgerError) as caught, impatient.write():
        pass
    impatient.engine.dispose()
    assert kind_of(caught.value) == "LockNotAvailable"


def test_writers_at_once_make_one_log(ledger: Ledger, url: str) -> None:
    """Four of them: no entry is lost, no index is given twice, and the root is that of the entries."""
    failures: list[Exception] = []

    def work(number: int) -> None:
        own = Ledger(open_engine(url, create=False), source_id="nho", clock=ledger.clock)
        try:
            for at in range(25):
                with own.write() as tx:
                    for _ in range(1 + at % 3):
                        tx.record(Event.PLANNED, attempt=number)
        except LedgerError as error:
            failures.append(error)
        own.engine.dispose()

    with ledger.read() as connection:
        before = head(connection).size
    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with ledger.read() as connection:
        said = [stored.entry.attempt for stored in entries(connection, since_idx=before)]
        assert head(connection) == recompute_root(connection)
    assert (failures, {number: said.count(number) for number in range(4)}) == ([], dict.fromkeys(range(4), 49))


def test_whoever_lost_its_lock_and_the_ledger_can_write_nothing(
    ledger: Ledger, url: str, administrator: Engine, tmp_path: Path
) -> None:
    """The session with the lock ended, another instance took over: the first one's next write stops it."""
    other = Ledger(open_engine(url, create=False), source_id="nho", clock=ledger.clock)
    with exclusive(tmp_path, ledger.engine):
        with administrator.connect() as connection:
            connection.exec_driver_sql(
                "SELECT pg_terminate_backend(l.pid, 10000) FROM pg_locks l JOIN pg_database d ON d.oid = l.database"
                " WHERE locktype = 'advisory' AND datname = current_database()"
            )
        with exclusive(tmp_path, other.engine):
            other.take_over()
            with pytest.raises(EpochLostError), ledger.write() as tx:
                tx.record(Event.GAP_DECLARED)
    other.engine.dispose()
