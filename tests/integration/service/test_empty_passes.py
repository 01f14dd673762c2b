"""Passes that find nothing to do leave no trail of their own: once an hour all of them are one run and one entry."""

from contextlib import suppress
from typing import Any

import pytest

from sync_agent.audit import Event
from sync_agent.errors import NationalUnreachableError, SourceError
from sync_agent.ledger import last_runs
from sync_agent.sync import EmptyPasses, PassReport, claim
from sync_agent.sync.run import recorded
from tests.support.houses import House


@pytest.fixture
def idle(house: House) -> House:
    """Return a house where everything has gone up, under a claim that is held."""
    house.sync(full=True)
    claim(house.agent)
    return house


def tick(house: House, empty: EmptyPasses, **options: Any) -> None:
    """Make a pass as the service does."""
    house.sync(held=True, empty=empty, **options)
    empty.record_due(house.agent.ledger)


def results(house: House) -> list[tuple[str | None, str]]:
    """Return result and counts of all runs, in order."""
    with house.agent.ledger.read() as connection:
        return [(run.result, run.counts) for run in reversed(last_runs(connection, 100))]


def test_an_hour_of_nothing_is_one_entry(idle: House) -> None:
    """It says how many passes there were, how many cases they read, and from when to when.

    For ten minutes each reads again what may not have been there yet; then there is nothing to read.
    """
    empty, events, runs = EmptyPasses(), idle.events(), results(idle)
    begun = idle.clock.now
    for _ in range(60):
        tick(idle, empty)
        idle.clock.move(minutes=1)
    assert (idle.events(), results(idle)) == (events, runs)
    tick(idle, empty)
    (entry,) = idle.entries()[len(events) :]
    assert (entry.event, entry.counts) == ("passes_empty", {"passes": 61, "read": 36})
    assert results(idle)[len(runs) :] == [("done", "passes=61 read=36")]
    assert entry.range is not None
    assert entry.range.until > begun.isoformat() > (entry.range.since or "")
    assert entry.run == f"run-{len(runs) + 1}"


def test_a_pass_that_changes_something_leaves_its_own_run(idle: House) -> None:
    """From its first entry on; the empty ones before it are told apart."""
    empty, before = EmptyPasses(), len(idle.events())
    tick(idle, empty)
    idle.local.case(4)
    tick(idle, empty)
    assert idle.events()[before] == "run_started"
    assert idle.events()[-1] == "run_ended"
    assert {entry.run for entry in idle.entries()[before:]} == {"run-2"}
    empty.record(idle.agent.ledger)
    assert results(idle)[-1] == ("done", "passes=1 read=3")


def test_a_full_scan_leaves_its_run_whatever_it_finds(idle: House) -> None:
    """It proves that nothing was missed."""
    tick(idle, EmptyPasses(), full=True)
    assert results(idle)[-1] == ("done", "changed=0 read=3 settling=0")


def test_a_pass_by_hand_leaves_its_run(idle: House) -> None:
    """A person asked for it."""
    idle.sync(held=True, actor="os:lan")
    assert [entry.actor for entry in idle.entries()[-2:]] == ["os:lan", "agent"]


def test_a_pass_that_fails_leaves_its_run(idle: House) -> None:
    """Also when it comes to that before anything was recorded."""
    idle.source.before_read = fail
    with pytest.raises(NationalUnreachableError):
        tick(idle, EmptyPasses())
    assert results(idle)[-1][0] == "NationalUnreachableError"
    idle.source.before_read = lambda _: None
    tick(idle, EmptyPasses())
    assert results(idle)[-1][0] == "NationalUnreachableError"


def fail(_number: int) -> None:
    """Fail in the middle of a pass."""
    raise NationalUnreachableError("nothing of the national side can be reached")


def test_what_is_rolled_back_has_opened_no_run(idle: House) -> None:
    """The next transaction that records something opens it."""
    ledger, before = idle.agent.ledger, len(idle.events())
    with recorded(idle.agent, PassReport(), "agent", held=True, empty=EmptyPasses()):
        with suppress(SourceError), ledger.write() as tx:
            tx.record(Event.NATIONAL_DOWN)
            raise SourceError("the source cannot be read")
        with ledger.write() as tx:
            tx.record(Event.NATIONAL_UP)
    assert idle.events()[before:] == ["run_started", "national_up", "run_ended"]
    assert {entry.run for entry in idle.entries()[before:]} == {"run-2"}


def test_nothing_is_recorded_of_no_passes(idle: House) -> None:
    """A service that ends at once has nothing to say."""
    events = idle.events()
    EmptyPasses().record(idle.agent.ledger)
    assert idle.events() == events
