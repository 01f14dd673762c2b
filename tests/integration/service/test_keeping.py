"""What the service does for itself: lists of codes, old data, backups; and that a failure of it ends no service."""

import os
import sqlite3
import stat
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sync_agent.errors import ConfigError, EpochLostError, LedgerError, NationalUnreachableError, SyncAgentError
from sync_agent.ledger import RequestKind, ask, end_run, finish_request, note_access, start_run, tallies
from sync_agent.national import CodeEntry
from sync_agent.service import Task
from sync_agent.service.keeping import keep, last_done
from sync_agent.sync import claim
from tests.support.houses import House, Houses

BACKUP = '[backup]\nfolder = "../backups"\nkeep = 3'


def did(house: House, task: Task) -> Any:
    """Do one task as the service does; return its entry."""
    keep(task, house.agent, lambda: None)
    return house.entries()[-1]


def copies(house: House) -> list[str]:
    """Return the names of everything in the folder of the backups."""
    return sorted(path.name for path in (house.folder / ".." / "backups").iterdir())


@pytest.fixture
def kept(make_house: Houses) -> House:
    """Return a house with a folder for backups, claimed as a service does."""
    house = make_house(workers=1, extra=BACKUP)
    (house.folder / ".." / "backups").mkdir()
    claim(house.agent)
    return house


# old data


def test_old_rows_go_and_the_log_stays_whole(kept: House) -> None:
    """The newest stay for their numbers and for what they tell; what is not ended stays; the log only grows."""
    for _ in range(3):
        with kept.agent.ledger.write() as tx:
            end_run(tx, start_run(tx, "sync"), "done", {})
            finish_request(tx, ask(tx, RequestKind.SYNC, {}, actor="os:lan"), None)
            ask(tx, RequestKind.SYNC, {}, actor="os:lan")
        kept.clock.move(days=40)
    before = kept.events()
    entry = did(kept, Task.HOUSEKEEPING)
    counts = {"runs": 1, "requests": 1, "notices": 0, "parts": 0, "access_days": 0}
    assert (entry.event, entry.counts, entry.actor) == ("house_kept", counts, "agent")
    assert kept.events() == [*before, "house_kept"]
    assert kept.select("SELECT count(*) FROM run") == [(2,)]
    assert kept.select("SELECT state, count(*) FROM request GROUP BY state ORDER BY state") == [
        ("asked", 3),
        ("done", 2),
    ]
    kept.clock.move(days=4000)
    did(kept, Task.HOUSEKEEPING)
    assert kept.select("SELECT id FROM run") == [(3,)]
    with kept.agent.ledger.write() as tx:
        assert start_run(tx, "sync").id == 4


def test_what_people_were_told_of_long_ago_goes_but_not_what_lasts(kept: House) -> None:
    """And a second time there is nothing left to do."""
    with kept.agent.ledger.write() as tx:
        for subject, ended in (("tinh", tx.now), ("huyen", None)):
            tx.connection.exec_driver_sql(
                "INSERT INTO notice (kind, subject, since, ended_at) VALUES ('national_down', ?, ?, ?)",
                (subject, str(tx.now), ended and str(ended)),
            )
    kept.clock.move(days=91)
    assert [did(kept, Task.HOUSEKEEPING).counts["notices"] for _ in range(2)] == [1, 0]
    assert kept.select("SELECT subject FROM notice") == [("huyen",)]


def test_more_rows_than_one_transaction_takes(kept: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for all of them."""
    monkeypatch.setattr("sync_agent.ledger.housekeeping._BATCH", 2)
    for _ in range(6):
        with kept.agent.ledger.write() as tx:
            end_run(tx, start_run(tx, "sync"), "interrupted", {})
    kept.clock.move(days=91)
    assert did(kept, Task.HOUSEKEEPING).counts["runs"] == 5


def test_the_days_of_the_access_log_are_closed_and_the_day_is_counted(kept: House) -> None:
    """Each finished day once."""
    with kept.agent.ledger.write() as tx:
        note_access(tx, "/", 200, account="lan", case_id=None, origin=None)
    kept.clock.move(days=2)
    assert [did(kept, Task.HOUSEKEEPING).counts["access_days"] for _ in range(2)] == [2, 0]
    with kept.agent.ledger.read() as connection:
        today = (kept.clock.now + timedelta(hours=7)).date().isoformat()
        assert "backlog.held" in {each.name for each in tallies(connection, today, today)}


def test_parts_of_files_go_when_nobody_can_be_writing_them(kept: House) -> None:
    """By the clock of the files; whole files stay."""
    state = kept.folder / "state"
    (state / "national-codes").mkdir()
    old, new, whole = state / ".audit.key.1a2b3c4d.part", state / ".ledger.head.new", state / "national-codes" / "x.csv"
    for path in (old, new, whole):
        path.write_bytes(b"x")
    for path in (old, whole):
        os.utime(path, (0, 0))
    assert did(kept, Task.HOUSEKEEPING).counts["parts"] == 1
    assert [path.exists() for path in (old, new, whole)] == [False, True, True]


def test_much_free_space_is_given_back_and_little_is_left(kept: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A small file that is mostly empty is written anew; a large one never is."""
    engine = kept.agent.ledger.engine
    with kept.agent.ledger.write() as tx:
        tx.connection.exec_driver_sql("CREATE TABLE filler (x BLOB)")
        tx.connection.exec_driver_sql("INSERT INTO filler VALUES (zeroblob(4000000))")
    with kept.agent.ledger.write() as tx:
        tx.connection.exec_driver_sql("DROP TABLE filler")
    path = Path(str(engine.url.database))
    full = path.stat().st_size
    did(kept, Task.HOUSEKEEPING)
    assert path.stat().st_size == full
    monkeypatch.setattr("sync_agent.ledger.sqlite._WASTED", 1_000_000)
    monkeypatch.setattr("sync_agent.ledger.sqlite._SHORT", 1000)
    did(kept, Task.HOUSEKEEPING)
    assert path.stat().st_size == full
    monkeypatch.setattr("sync_agent.ledger.sqlite._SHORT", 32_000_000)
    did(kept, Task.HOUSEKEEPING)
    assert path.stat().st_size < full - 3_000_000


def test_a_database_that_cannot_look_after_itself_ends_no_service(kept: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the driver says is told like any error; the rows went before."""
    monkeypatch.setattr("sync_agent.ledger.sqlite._ANALYSED", "= (")
    with pytest.raises(SyncAgentError, match="SQLITE_ERROR") as caught:
        keep(Task.HOUSEKEEPING, kept.agent, lambda: None)
    assert (isinstance(caught.value, LedgerError), kept.events()[-1]) == (False, "house_kept")


# backups


def test_a_backup_is_named_by_the_time_private_and_whole(kept: House) -> None:
    """And recorded with its head."""
    entry = did(kept, Task.BACKUP)
    (name,) = copies(kept)
    assert (entry.event, name) == ("backed_up", f"ledger-{kept.clock.now:%Y%m%dT%H%M%SZ}.db")
    path = kept.folder / ".." / "backups" / name
    with closing(sqlite3.connect(path)) as copy:
        assert copy.execute("SELECT size FROM audit_tree").fetchone() == (entry.head_size,)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_newest_backups_stay_and_nothing_else_is_touched(kept: House) -> None:
    """Three of five; what a killed backup left goes, a file of another name stays."""
    folder = kept.folder / ".." / "backups"
    for name in (".ledger-20260101T000000Z.db.part", "ledger-mine.db"):
        (folder / name).write_bytes(b"x")
    names = []
    for _ in range(5):
        did(kept, Task.BACKUP)
        names.append(f"ledger-{kept.clock.now:%Y%m%dT%H%M%SZ}.db")
        kept.clock.move(days=1)
    assert copies(kept) == [*names[2:], "ledger-mine.db"]


def test_a_clock_that_was_set_back_does_not_cost_the_newest(kept: House) -> None:
    """Whatever it is called."""
    for days in (0, 1, 1, -10):
        kept.clock.move(days=days)
        did(kept, Task.BACKUP)
    assert f"ledger-{kept.clock.now:%Y%m%dT%H%M%SZ}.db" in copies(kept)
    assert len(copies(kept)) == 3


def test_a_backup_that_fails_costs_no_earlier_one(kept: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not whole: it is thrown away. The service goes on, so it is no error of the ledger."""
    did(kept, Task.BACKUP)
    before = copies(kept)

    def damage(path: Path) -> None:
        with closing(sqlite3.connect(path)) as copy, copy:
            copy.execute("UPDATE audit_tree SET size = size - 1")

    monkeypatch.setattr("sync_agent.ledger.backup.make_durable", damage)
    kept.clock.move(days=1)
    with pytest.raises(SyncAgentError) as caught:
        keep(Task.BACKUP, kept.agent, lambda: None)
    assert (isinstance(caught.value, LedgerError), copies(kept)) == (False, before)


def test_a_folder_that_is_gone_is_told(kept: House) -> None:
    """A disk that is not mounted."""
    (kept.folder / ".." / "backups").rmdir()
    with pytest.raises(SyncAgentError, match="cannot be made"):
        keep(Task.BACKUP, kept.agent, lambda: None)


def test_there_must_be_room_for_a_backup(kept: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is looked for first."""
    monkeypatch.setattr("sync_agent.ledger.backup._ROOM", 10**12)
    with pytest.raises(SyncAgentError, match="too little free space"):
        keep(Task.BACKUP, kept.agent, lambda: None)
    assert copies(kept) == []


@pytest.mark.parametrize(
    ("extra", "problem"),
    [
        ('[backup]\nfolder = "state/copies"', "must not be in the state folder"),
        ('[backup]\nfolder = "copies"\ncron = ""', "cron must say when"),
    ],
)
def test_a_backup_beside_the_keys_is_refused(make_house: Houses, extra: str, problem: str) -> None:
    """As is one that would never be made."""
    with pytest.raises(ConfigError, match=problem):
        make_house(signed=False, extra=extra)


def test_a_ledger_on_a_server_is_not_backed_up_here(make_house: Houses) -> None:
    """The settings say so, not the first night."""
    ledger = "postgresql+psycopg://so@127.0.0.1/so"
    with pytest.raises(ConfigError, match="pg_dump"):
        make_house(signed=False, extra=BACKUP, ledger=ledger)


# lists of codes


def test_all_lists_are_asked_for_and_recorded(kept: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under the claim of the service; each answer is a sign of life."""
    answered: list[None] = []

    def answer(_gateway: object, number: int, _account: str, **_: str) -> list[CodeEntry]:
        return [CodeEntry(f"M{number}", "Mục")]

    monkeypatch.setattr(type(kept.gateway), "code_list", answer)
    epoch = kept.agent.ledger.epoch
    keep(Task.CODE_LISTS, kept.agent, lambda: answered.append(None))
    entry = kept.entries()[-1]
    lists = len(kept.agent.contract.file.lists)
    counts = dict(entry.counts or {})
    assert (entry.event, counts["lists"], counts["missing"], len(answered)) == ("codes_pulled", lists, 0, lists)
    assert (kept.agent.ledger.epoch, entry.account) == (epoch, "tinh")
    kept.clock.move(days=7)
    assert did(kept, Task.CODE_LISTS).counts["changed"] == 0


def test_lists_nobody_answers_change_nothing(kept: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is tried again when it is due."""

    def down(*_: object, **__: object) -> None:
        raise NationalUnreachableError("the national service gave no usable answer")

    monkeypatch.setattr(type(kept.gateway), "code_list", down)
    before = kept.events()
    with pytest.raises(NationalUnreachableError):
        keep(Task.CODE_LISTS, kept.agent, lambda: None)
    assert kept.events() == before


# when


def test_the_log_tells_when_each_was_last_done(kept: House) -> None:
    """So that one that was missed is done at the next start."""
    assert last_done(kept.agent.ledger) == {}
    times: dict[Task, datetime] = {}
    for task in (Task.BACKUP, Task.HOUSEKEEPING):
        did(kept, task)
        times[task] = kept.clock.now
        kept.clock.move(hours=1)
    found = last_done(kept.agent.ledger)
    assert {task for task, at in times.items() if abs(found[task] - at) < timedelta(seconds=1)} == set(times)


@pytest.mark.parametrize("task", [Task.HOUSEKEEPING, Task.BACKUP])
def test_whoever_lost_the_ledger_keeps_nothing(kept: House, task: Task) -> None:
    """And ends."""
    claim(kept.reopened().agent)
    before = kept.events()
    with pytest.raises(EpochLostError):
        keep(task, kept.agent, lambda: None)
    assert kept.events() == before
