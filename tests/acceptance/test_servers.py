"""The whole path on the databases agencies have: source and ledger on real servers, worked by real processes."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime
from typing import Any

import pytest

from sync_agent.example import mutate
from tests.support.servers import MARIADB, POSTGRES, copy_database, fresh_database
from tests.support.stations import VIETNAM, Station


class Moved:
    """An installation whose local system and ledger were moved to servers; `local.db` is the original."""

    def __init__(self, station: Station, source: str, ledger: str) -> None:
        self.station = station
        self._source = source
        station.environment = {
            **station.environment,
            **({"SYNC_AGENT_SOURCE__URL": source} if source else {}),
            **({"SYNC_AGENT_AGENT__LEDGER_URL": ledger} if ledger else {}),
        }
        self.copy()

    def copy(self) -> None:
        """Bring the moved local system up to the original."""
        if self._source:
            copy_database(self.station.folder / "local.db", self._source)

    def work(self) -> None:
        """Play a day of work in the local system."""
        folder = self.station.folder
        mutate(folder / "local.db", folder / "files", seed=3, now=datetime.now(VIETNAM), edits=3, steps=2, new=2)
        self.copy()


@pytest.fixture(params=["sqlite-sqlite", "mariadb-postgres", "postgres-postgres"])
def moved(request: pytest.FixtureRequest, station: Station) -> Iterator[Moved]:
    """Yield an installation with its source on one kind of database and its ledger on another."""
    source, ledger = request.param.split("-")
    servers = {"mariadb": MARIADB, "postgres": POSTGRES}
    station.connect()
    with ExitStack() as opened:
        urls = [
            opened.enter_context(fresh_database(servers[kind])) if kind in servers else "" for kind in (source, ledger)
        ]
        yield Moved(station, *urls)
        station.close()


def rehearsed(station: Station) -> Any:
    """Return the plan of a signed installation that has sent nothing."""
    assert station.agent("--quiet", "privacy", "sign").code == 0
    return station.agent("--json", "sync", "--dry-run").document


def test_the_same_records_make_the_same_plan(moved: Moved, station: Station) -> None:
    """Its digest covers every byte that would go up: it is that of the files the local system came from."""
    there = rehearsed(station)
    station.environment = {k: v for k, v in station.environment.items() if not k.startswith("SYNC_AGENT_")}
    (station.folder / "state" / "ledger.head").unlink()  # another ledger, of which nothing was kept yet
    assert (rehearsed(station), len(there["messages"])) == (there, 89)


def test_from_the_first_day_to_a_quiet_one(moved: Moved, station: Station) -> None:
    """Checked, signed, sent, changed, sent again, and then nothing more: no loss, no duplicate, a sound log."""
    assert station.agent("--quiet", "privacy", "sign").code == 0
    checked = station.agent("check", "--probe")
    assert [line for line in checked.out.splitlines() if line.startswith("fail")] == []
    first = station.sync()["pass"]["delivered.acknowledged"]
    assert (first, station.national.requests()) == (station.sync()["messages"]["acknowledged"], first + 1)
    moved.work()
    second = station.sync()["pass"]["delivered.acknowledged"]
    before = station.national.requests()
    third = station.sync()
    assert (second > 5, station.national.requests(), station.national.state.duplicates()) == (True, before, [])
    assert (third["messages"]["acknowledged"] > first, "uncertain" in third["messages"]) == (True, False)
    assert station.agent("--quiet", "db", "check").code == 0


def test_a_ledger_on_a_server_is_held_by_one(moved: Moved, station: Station) -> None:
    """A second pass beside a running one waits for its end; what only one may do ends at once with the code for it."""
    station.agent("--quiet", "privacy", "sign")
    station.national.faults("latency=300ms")
    running = station.begin("--quiet", "sync")
    station.in_flight(running, 2)
    second, refused = station.begin("--quiet", "sync"), station.agent("--quiet", "privacy", "sign")
    assert (refused.complaint, running.poll()) == ((5, "", 1), None)
    station.national.faults()
    running.communicate(timeout=60)
    second.communicate(timeout=60)
    assert (running.wait(), second.wait(), station.national.state.duplicates()) == (1, 1, [])
