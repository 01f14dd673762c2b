"""What the simulator has counted, as tests and the demo read it."""

import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from sync_agent.errors import ConfigError
from sync_agent.simulator import Creation, Duplicate, SimulatorOptions, SimulatorServer, SimulatorState

Start = Callable[..., Any]


def test_a_case_created_twice_is_a_duplicate(sim: Any) -> None:
    """Two cases with one token are one case that went up twice."""
    first, _ = sim.create("T1"), sim.create("T1")
    sim.create("T2")
    assert sim.state.created_counts() == {("case", "T1"): 2, ("case", "T2"): 1}
    assert sim.state.duplicates() == [Duplicate("case", "T1", 2)]
    assert sim.state.cases()["T1"] == first


def test_a_case_without_a_token_is_recognised_by_its_content(sim: Any) -> None:
    """Only the very same message counts as the same case, and it is found by no token."""
    for text in ("A", "A", "B"):
        sim.create(NoiDungDon=text)
    assert sorted(sim.state.created_counts().values()) == [1, 2]
    assert sim.state.cases() == {}


def test_the_same_decision_twice_is_a_duplicate(sim: Any) -> None:
    """Settlements and enforcements are recognised by case and content."""
    case_id = sim.create()
    first, _ = (sim.ask("CapNhatKQGiaiQuyet", sim.settlement(case_id))["Id"] for _ in range(2))
    for _ in range(2):
        sim.ask("CapNhatThiHanh", sim.enforcement(case_id, first))
    assert [(found.step, found.count) for found in sim.state.duplicates()] == [("enforcement", 2), ("settlement", 2)]


def test_counts_name_every_step(sim: Any) -> None:
    """Steps nobody sent are counted as none."""
    sim.ask("CapNhatKQXuLy", sim.processing(sim.create()))
    assert sim.state.counts_by_step() == {
        "case": 1,
        "processing": 1,
        "acceptance": 0,
        "settlement": 0,
        "enforcement": 0,
    }


def test_creations_are_logged_in_their_order(start: Start) -> None:
    """Each with its time, action, Ids, identity and digest."""
    sim = start(clock=lambda: datetime(2026, 11, 23, 2, 0, tzinfo=UTC))
    case_id = sim.create("T1")
    sim.ask("CapNhatKQXuLy", sim.processing(case_id))
    found = list(sim.state.creations())
    time = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
    assert found == [
        Creation(time, "CapNhatVuViec", "case", case_id, case_id, "T1", found[0].digest),
        Creation(time, "CapNhatKQXuLy", "processing", case_id, "", case_id, found[1].digest),
    ]
    assert all(len(creation.digest) == 64 for creation in found)


def test_requests_are_counted_by_action(sim: Any) -> None:
    """All of them, or those of one action."""
    sim.create()
    sim.ask("TraThongTinDon", {"NoiDung": "x"})
    assert (sim.state.request_count(), sim.state.request_count("TraThongTinDon")) == (2, 1)


def test_bodies_need_not_be_kept(start: Start) -> None:
    """Requests are counted all the same."""
    sim = start(keep_bodies=False)
    sim.create()
    assert (sim.state.request_count(), list(sim.state.bodies())) == (1, [])


def test_an_unknown_id_has_no_record(sim: Any) -> None:
    """Asking for it is a KeyError."""
    with pytest.raises(KeyError):
        sim.state.case_record("SIM-x")


def test_the_reader_changes_nothing(sim: Any) -> None:
    """The database is opened read-only."""
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        list(sim.state._rows("DELETE FROM cases"))


def test_a_database_that_is_not_there_is_one_clear_line(tmp_path: Path) -> None:
    """No empty file is made."""
    with pytest.raises(ConfigError, match="there is no simulator database"):
        SimulatorState(tmp_path / "none.db")
    assert list(tmp_path.iterdir()) == []


def test_what_was_committed_is_there_after_a_restart(start: Start) -> None:
    """A second simulator on the same database goes on where the first ended."""
    first = start()
    case_id = first.create("T1")
    first.connection.close()
    first.server.stop()
    second = start()
    assert second.ask("CapNhatVuViec", second.update(case_id))["Id"] == case_id
    assert second.state.cases() == {"T1": case_id}


def test_the_same_server_can_be_started_again(sim: Any) -> None:
    """After a stop it may be started once more."""
    sim.create()
    sim.server.stop()
    sim.connection.close()
    with sim.server as again:
        assert again.state.request_count() == 1


@pytest.mark.parametrize("content", [b"not a database at all, only some text of more than a hundred bytes" * 3, b""])
def test_a_file_that_is_something_else_is_refused(tmp_path: Path, content: bytes) -> None:
    """Neither text nor the database of another program is touched."""
    path = tmp_path / "ledger.db"
    path.write_bytes(content)
    if not content:
        with sqlite3.connect(path) as connection:
            connection.execute("CREATE TABLE ledger (id INTEGER)")
        connection.close()
    before = path.read_bytes()
    with pytest.raises(ConfigError, match="cannot be opened"):
        SimulatorServer(SimulatorOptions(path)).start()
    assert path.read_bytes() == before


def test_a_folder_that_is_not_there_is_one_clear_line(tmp_path: Path) -> None:
    """The line says what to do."""
    with pytest.raises(ConfigError, match="name a file in a folder that exists"):
        SimulatorServer(SimulatorOptions(tmp_path / "none" / "n.db")).start()


def test_eight_clients_at_once_lose_nothing(start: Start) -> None:
    """Every case answered is kept once, with every step below it."""
    sim = start()
    callers = [type(sim)(sim.server) for _ in range(8)]

    def work(number: int) -> list[str]:
        caller = callers[number]
        ids = [caller.create(f"T{number}-{count}") for count in range(25)]
        for case_id in ids:
            caller.ask("CapNhatKQXuLy", caller.processing(case_id))
        caller.connection.close()
        return ids

    with ThreadPoolExecutor(8) as pool:
        answered = {case_id for ids in pool.map(work, range(8)) for case_id in ids}
    assert len(answered) == 200
    assert (sim.state.ids(), sim.state.duplicates(), sim.state.request_count()) == (answered, [], 400)
    assert sim.state.counts_by_step()["processing"] == 200


def test_the_count_of_a_fault_is_exact_with_eight_clients(start: Start) -> None:
    """A fault that acts ten times acts ten times, whoever comes first."""
    sim = start(faults=["503:count=10"])
    callers = [type(sim)(sim.server) for _ in range(8)]

    def work(caller: Any) -> list[int]:
        statuses = [caller.post("TraDanhMuc", {"LoaiDanhMuc": 13}).status for _ in range(10)]
        caller.connection.close()
        return statuses

    with ThreadPoolExecutor(8) as pool:
        statuses = [status for found in pool.map(work, callers) for status in found]
    assert (statuses.count(503), statuses.count(200)) == (10, 70)
