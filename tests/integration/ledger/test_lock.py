"""One instance per ledger."""

import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import Engine

from sync_agent.errors import LedgerError, LockedError
from sync_agent.ledger import exclusive, is_held, open_engine
from tests.support.ledgers import ON_POSTGRES, ON_SQLITE, changing, ledger_url

HOLDS = """
import sys, pathlib
from sync_agent.ledger import exclusive, open_engine
with exclusive(pathlib.Path(sys.argv[1]), open_engine(sys.argv[2], create=True)):
    print("held", flush=True)
    sys.stdin.read()
"""


def another_process(state: Path, url: str) -> subprocess.Popen[bytes]:
    """Return a process that holds the ledger until its stdin ends."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(state), url], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"
    return holder


@ON_SQLITE
def test_a_second_one_is_refused(tmp_path: Path, engine: Engine) -> None:
    """At once, with the file that is locked."""
    with exclusive(tmp_path, engine), pytest.raises(LockedError) as caught, exclusive(tmp_path, engine):
        pass
    assert caught.value.where == str(tmp_path / "ledger.lock")


@ON_POSTGRES
def test_a_second_one_is_refused_wherever_its_state_is(tmp_path: Path, engine: Engine) -> None:
    """Two machines have two state folders and one database, which the error names."""
    with exclusive(tmp_path / "a", engine), pytest.raises(LockedError) as caught, exclusive(tmp_path / "b", engine):
        pass
    assert caught.value.where == f"{engine.url.host}/{engine.url.database}"


def test_the_next_one_gets_it(tmp_path: Path, engine: Engine) -> None:
    """It is given back, also by who failed."""
    with pytest.raises(RuntimeError), exclusive(tmp_path, engine):
        raise RuntimeError("broken")
    with exclusive(tmp_path, engine):
        pass


def test_the_lock_of_a_killed_process_is_free(tmp_path: Path, url: str) -> None:
    """A power cut leaves no lock behind. A server may need a moment to see it."""
    engine = open_engine(url, create=True)
    with another_process(tmp_path, url) as holder:
        with pytest.raises(LockedError), exclusive(tmp_path, engine):
            pass
        holder.kill()
    with exclusive(tmp_path, engine, wait_seconds=10):
        pass


def test_a_standby_waits_its_turn(tmp_path: Path, url: str) -> None:
    """It gets the ledger when the holder ends."""
    engine = open_engine(url, create=True)
    with another_process(tmp_path, url) as holder:
        assert holder.stdin is not None
        with pytest.raises(LockedError), exclusive(tmp_path, engine, wait_seconds=0.3):
            pass
        holder.stdin.close()
        with exclusive(tmp_path, engine, wait_seconds=30):
            pass


@ON_SQLITE
def test_a_folder_that_is_not_there_is_told(tmp_path: Path, engine: Engine) -> None:
    """The lock cannot be written, which is not the same as held."""
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(LedgerError) as caught, exclusive(tmp_path / "file", engine):
        pass
    assert not isinstance(caught.value, LockedError)


@ON_POSTGRES
def test_ledgers_side_by_side_do_not_meet(tmp_path: Path, engine: Engine) -> None:
    """Another schema of the same database, or another database of the same server, is another ledger."""
    with ledger_url("postgresql", tmp_path) as other:
        elsewhere = open_engine(other, create=True)
        with exclusive(tmp_path, engine), exclusive(tmp_path, elsewhere):
            _make_schema(engine, "beside")
            beside = open_engine(engine.url, create=False)
            with exclusive(tmp_path, beside):
                assert _schemas_that_are_locked(engine) == {"public", "beside"}


def _make_schema(engine: Engine, name: str) -> None:
    """Make a schema in which every later session of this user is."""
    with changing(engine) as connection:
        connection.exec_driver_sql(f"CREATE SCHEMA {name}")
        user = connection.exec_driver_sql("SELECT quote_ident(current_user)").scalar_one()
        connection.exec_driver_sql(f"ALTER ROLE {user} IN DATABASE {engine.url.database} SET search_path = {name}")


def _schemas_that_are_locked(engine: Engine) -> set[str]:
    with engine.connect() as connection:
        found = connection.exec_driver_sql(
            "SELECT nspname FROM pg_locks JOIN pg_namespace n ON n.oid = objid JOIN pg_database d ON d.oid = database"
            " WHERE locktype = 'advisory' AND datname = current_database()"
        )
        return set(found.scalars())


@ON_POSTGRES
def test_a_lock_whose_session_was_ended_ends_without_an_error(tmp_path: Path, engine: Engine) -> None:
    """What happened meanwhile is for the epoch to judge."""
    with exclusive(tmp_path, engine), engine.connect() as connection:
        connection.exec_driver_sql(
            "SELECT pg_terminate_backend(l.pid, 10000) FROM pg_locks l JOIN pg_database d ON d.oid = l.database"
            " WHERE locktype = 'advisory' AND datname = current_database()"
        )
        with exclusive(tmp_path, engine):
            pass


def test_whether_a_ledger_is_held_is_seen_without_a_trace(tmp_path: Path, engine: Engine) -> None:
    """Free, held, free again; before there is a lock file none is made."""
    before = is_held(tmp_path / "new", engine)
    with exclusive(tmp_path, engine):
        held = is_held(tmp_path, engine)
    assert (before, held, is_held(tmp_path, engine), (tmp_path / "new").exists()) == (False, True, False, False)
