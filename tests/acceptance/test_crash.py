"""Killed, interrupted, doubled: whatever ends or crosses a pass, nothing is lost and nothing goes up twice."""

import random
import signal
import time
from collections.abc import Iterator

import pytest

from sync_agent.bootstrap import open_agent
from sync_agent.domain.steps import Step
from sync_agent.ledger import KnownCase, MessageRow, State, with_messages_in
from sync_agent.sync import Agent, resolve
from tests.support.stations import Station

KILLS = 8  # by each of two seeds
LONGEST = 0.5


@pytest.fixture
def slow(signed: Station) -> Station:
    """Return an installation whose national side takes its time, so that messages are in flight."""
    signed.national.faults("latency=60ms..200ms")
    return signed


def kill_while_it_sends(station: Station, after: float) -> bool:
    """Start a pass, kill it `after` seconds from its first message on; tell whether it was killed in time."""
    process = station.begin("--quiet", "sync")
    before = station.national.requests()
    while station.national.requests() == before and process.poll() is None:
        time.sleep(0.01)
    time.sleep(after)
    alive = process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.communicate()
    return alive


def doubts(agent: Agent) -> Iterator[tuple[KnownCase, MessageRow]]:
    """Yield the messages in doubt of cases whose own message is not, as only a person can settle them."""
    with agent.ledger.read() as connection:
        found = with_messages_in(connection, agent.ledger.source_id, State.UNCERTAIN)
    for case in found:
        for row in case.messages.values():
            if row.state == State.UNCERTAIN and row.step != Step.CASE:
                yield case, row


def ask_the_person(station: Station) -> None:
    """Settle what no look-up can, by what the national database shows."""
    given: set[str | None] = set()
    with open_agent(station.folder) as agent:
        for case, row in list(doubts(agent)):
            national_id = case.messages[Step.CASE, ""].ack_id or ""
            known = given | {other.ack_id for other in case.messages.values()}
            there = [step["id"] for step in station.national.state.case_record(national_id)["steps"][row.step]]
            new = next((one for one in there if one not in known), None)
            arrived = (national_id if there else None) if row.step in {"processing", "acceptance"} else new
            resolve(agent, case.row.case_key, Step(row.step), local_key=row.local_key, arrived=arrived, actor="os:test")
            given.add(arrived)


def until_quiet(station: Station) -> None:
    """Sync until nothing is in doubt and nothing is to be tried again."""
    station.national.faults()
    station.impatient()
    station.sync()
    while {"uncertain", "waiting"} & set(station.states()):
        ask_the_person(station)
        station.sync()
    station.sync()


@pytest.mark.parametrize("seed", [1, 2])
def test_killed_at_any_moment_nothing_is_lost_and_nothing_goes_up_twice(slow: Station, seed: int) -> None:
    """`kill -9` while messages are in flight, again and again; then both sides agree and the audit log holds."""
    chance = random.Random(seed)  # noqa: S311 - moments of a test
    killed = 0
    for _ in range(KILLS):
        killed += kill_while_it_sends(slow, chance.uniform(0, LONGEST))
        minted, acknowledged = slow.national.state.ids(), slow.acknowledged()
        assert acknowledged <= minted
        open_ends = sum(slow.states().get(state, 0) for state in ("in_flight", "uncertain"))
        assert len(minted - acknowledged) <= open_ends
    assert killed == KILLS
    until_quiet(slow)
    assert slow.acknowledged() == slow.national.state.ids()
    assert slow.national.state.duplicates() == []
    left = {state for state in slow.states() if state not in {"acknowledged", "held", "not_ready", "pending"}}
    assert left == set()
    assert slow.agent("db", "check").code == 0


def test_killed_while_it_reads_a_pass_begins_again(signed: Station) -> None:
    """Before anything was sent; the ledger opens and the next pass does it all."""
    for pause in (0.2, 0.6, 1.0, 1.2):
        process = signed.begin("--quiet", "sync", "--limit", "1")
        time.sleep(pause)
        process.send_signal(signal.SIGKILL)
        process.communicate()
    until_quiet(signed)
    assert signed.acknowledged() == signed.national.state.ids()
    assert signed.national.state.duplicates() == []
    assert signed.agent("db", "check").code == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_pass_records_what_was_in_flight(slow: Station, number: signal.Signals) -> None:
    """One line, exit 130; nothing is left on its way and the answers that came are known."""
    process = slow.begin("--quiet", "sync")
    slow.in_flight(process, more=8)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (130, "", "interrupted\n")
    assert "in_flight" not in slow.states()
    assert slow.acknowledged() == slow.national.state.ids()
    assert slow.select("SELECT result FROM run ORDER BY id DESC LIMIT 1") == [("interrupted",)]
    slow.sync()
    assert slow.national.state.duplicates() == []


def test_a_second_instance_stands_back(signed: Station) -> None:
    """One line and exit 5 for what only one may do; looking is allowed. Another pass waits for its turn."""
    signed.national.faults("latency=2s")
    process = signed.begin("--quiet", "sync")
    signed.in_flight(process)
    codes = [signed.agent("--quiet", *words).complaint for words in (["privacy", "sign"], ["db", "upgrade"])]
    looking = [signed.agent("--json", *words).code for words in (["status"], ["holds", "list"])]
    assert process.poll() is None
    assert (codes, set(looking) <= {0, 1}) == ([(5, "", 1)] * 2, True)
    waiting = signed.begin("--quiet", "sync", "--limit", "1")
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    waiting.communicate(timeout=60)
    assert (process.wait(), waiting.wait() in {0, 1}) == (130, True)
    assert signed.national.state.duplicates() == []
