"""A ledger or a state folder that fails in the middle of a pass: every answer is recorded once, or is a doubt."""

import signal
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest
from sqlalchemy import event

from sync_agent.audit import head, recompute_root
from sync_agent.domain.steps import Step
from sync_agent.errors import EpochLostError, LedgerError
from sync_agent.ledger import HeadFile, Ledger, OutsideHead
from sync_agent.national import Accepted, Refused, WireRequest
from sync_agent.sync import deliver, resolve
from tests.support.houses import House, Houses
from tests.support.ledgers import ON_BOTH

REFUSED = Refused("refused_unknown", "▢", 200)


@pytest.fixture(autouse=True)
def _no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a pass wait for its ledger no longer than a try."""
    monkeypatch.setattr(deliver, "_RECORDED_WITHIN", 0)


@pytest.fixture
def house(make_house: Houses) -> House:
    """Return a house whose requests leave one after the other."""
    return make_house(workers=1)


def failing_head(monkeypatch: pytest.MonkeyPatch, at: int) -> None:
    """Have the head outside the database fail at its write number `at`."""
    real, times = HeadFile.note, Counter[str]()

    def note(self: HeadFile, new: OutsideHead) -> None:
        times["note"] += 1
        if times["note"] == at:
            raise LedgerError("the head of the ledger cannot be written")
        real(self, new)

    monkeypatch.setattr(HeadFile, "note", note)


def test_an_answer_is_recorded_once_when_the_head_fails_after_the_commit(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither refused twice, nor entered twice; the intent that went with it is in doubt at most."""
    house.local.case(1)
    house.local.case(2)
    house.answers(REFUSED)
    failing_head(monkeypatch, 2)
    with pytest.raises(LedgerError):
        house.sync()
    row = house.message("V1")
    assert (row.state, row.refusals, house.events().count("refused")) == ("rejected", 1, 1)
    ended = next(entry for entry in reversed(house.entries()) if entry.event == "run_ended")
    assert (ended.new_state, (ended.counts or {})["delivered.rejected"]) == ("LedgerError", 1)
    assert (house.state("V2"), len(house.gateway.sent)) == ("in_flight", 1)


@ON_BOTH
def test_an_answer_is_recorded_once_when_its_commit_fails(house: House) -> None:
    """What was in memory then is forgotten; the second try goes by the ledger."""
    house.local.case(1)
    house.answers(REFUSED)
    fails_once_after(house, lambda: bool(house.gateway.sent))
    with pytest.raises(sqlite3.OperationalError):
        house.sync()
    row = house.message("V1")
    assert (row.state, row.refusals, house.events().count("refused")) == ("rejected", 1, 1)
    ended = next(entry for entry in reversed(house.entries()) if entry.event == "run_ended")
    assert (ended.counts or {})["delivered.rejected"] == 1


def fails_once_after(house: House, since: Callable[[], bool]) -> None:
    """Have the next commit after `since` fail."""
    done: list[int] = []

    def fail(_: Any) -> None:
        if since() and not done:
            done.append(1)
            raise sqlite3.OperationalError("disk I/O error")

    event.listen(house.agent.ledger.engine, "commit", fail)


# no more space


@pytest.mark.parametrize("pages", [0, 2, 8, 16])
def test_a_full_disk_ends_the_pass_and_loses_nothing(make_house: Houses, pages: int) -> None:
    """Wherever the space ends: one line, and once there is space the next passes send each record once."""
    house = make_house(page=50)
    for number in range(1, 5):
        house.local.full(number)
    engine = house.agent.ledger.engine
    ((used,),) = house.select("PRAGMA page_count")
    limit = [used + pages]

    def limited(connection: sqlite3.Connection, *_: object) -> None:
        connection.execute(f"PRAGMA max_page_count = {limit[0]}")

    event.listen(engine, "checkout", limited)
    with pytest.raises(LedgerError) as caught:
        house.sync()
    assert dict(caught.value.facts)["kind"] == "SQLITE_FULL"
    limit[0] = 1_000_000
    goes_on(house)


def goes_on(house: House) -> None:
    """Run passes to the end, a person having looked what arrived; each record was made once and the log is whole."""
    for _ in range(3):
        house.clock.move(hours=2)
        house.sync()
        for (key, step, local_key), state in house.states().items():
            if state == "uncertain":
                settle(house, key, Step(step), local_key)
    assert set(house.states().values()) == {"acknowledged"}
    created = [(record.request.step, _of(record.request)) for record in house.gateway.sent if not record.request.update]
    assert sorted(set(created)) == sorted(created)
    with house.agent.ledger.read() as connection:
        assert recompute_root(connection) == head(connection)


def settle(house: House, key: str, step: Step, local_key: str) -> None:
    """Say what arrived: the scripted national side took all that it was sent."""
    wanted = (step, (house.message(key).ack_id or f"Nội dung {key[1:]}", _named(house, key, step, local_key)))
    found = [r for r in house.gateway.sent if (r.request.step, _of(r.request)) == wanted]
    outcome = found[0].outcome if found else None
    arrived = outcome.national_id if isinstance(outcome, Accepted) else None
    if arrived is not None and step in {Step.PROCESSING, Step.ACCEPTANCE}:
        arrived = house.message(key).ack_id
    resolve(house.agent, key, step, local_key=local_key, arrived=arrived, actor="os:lan")


def _named(house: House, key: str, step: Step, local_key: str) -> str:
    """Return what tells a record of a step from others of the same case."""
    if step is Step.SETTLEMENT:
        return f"{local_key}/QĐ"
    parent = house.message(key, step, local_key).parent_key
    return (house.message(key, "settlement", parent).ack_id or "") if step is Step.ENFORCEMENT else ""


def _of(request: WireRequest) -> tuple[str, str]:
    """Return what tells one record of a step from another."""
    body = request.body
    if request.step is Step.CASE:
        return body["NoiDungDon"].split("\n")[0], ""
    return body["Id"], body.get("SoQuyetDinh", "") or body.get("IdKetQua", "")


# another has it


@pytest.fixture
def locked(house: House) -> Iterator[Callable[[], sqlite3.Connection]]:
    """Yield what has another process write to the ledger for longer than this one waits."""
    with closing(
        sqlite3.connect(house.agent.settings.state / "ledger.db", isolation_level=None, check_same_thread=False)
    ) as other:

        def lock() -> sqlite3.Connection:
            other.execute("BEGIN IMMEDIATE")
            return other

        yield lock


def impatient(house: House) -> None:
    """Have each connection wait for a lock no longer than a moment."""
    event.listen(
        house.agent.ledger.engine, "checkout", lambda connection, *_: connection.execute("PRAGMA busy_timeout = 20")
    )


def test_a_ledger_that_somebody_else_writes_to_ends_the_pass(
    house: House, locked: Callable[[], sqlite3.Connection]
) -> None:
    """Before anything was sent: one line, and the next pass does it all."""
    house.local.full(1)
    impatient(house)
    other = locked()
    with pytest.raises(LedgerError) as caught:
        house.sync()
    assert (dict(caught.value.facts)["kind"], house.gateway.sent) == ("SQLITE_BUSY", [])
    other.rollback()
    goes_on(house)


def test_an_answer_waits_for_a_ledger_that_is_locked_for_a_moment(
    house: House, locked: Callable[[], sqlite3.Connection], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It ends the pass, but leaves nothing in doubt."""
    monkeypatch.setattr(deliver, "_RECORDED_WITHIN", 10)
    house.local.full(1)
    impatient(house)

    def let_go(_: float) -> Callable[[object], float]:
        return lambda _state: others[0].rollback() or 0.0  # type: ignore[func-returns-value]

    monkeypatch.setattr(deliver, "wait_fixed", let_go)
    others: list[sqlite3.Connection] = []
    house.gateway.before = lambda _: others.append(locked()) if len(house.gateway.sent) == 2 else None
    with pytest.raises(LedgerError):
        house.sync()
    assert ("uncertain" in house.states().values(), "in_flight" in house.states().values()) == (False, False)
    house.gateway.before = None
    goes_on(house)


@ON_BOTH
def test_a_process_that_wakes_up_after_a_takeover_writes_nothing(house: House) -> None:
    """It slept while its message was on the way; what it brings home is for the new holder to find out."""
    key = house.local.case(1)
    house.local.case(2)

    def taken_over(_: WireRequest) -> None:
        Ledger(house.agent.ledger.engine, source_id="nho", clock=house.clock).take_over()
        before.append(rows(house))

    before: list[list[Any]] = []
    house.gateway.before = taken_over
    with pytest.raises(EpochLostError):
        house.sync()
    assert (before, house.state(key), len(house.gateway.sent)) == ([rows(house)], "in_flight", 1)
    house.gateway.before = None
    house.gateway.found[house.token(key)] = [str(house.gateway.sent[0].outcome.national_id)]  # type: ignore[union-attr]
    house.clock.move(hours=1)
    house.reopened().sync()
    house.clock.move(hours=1)
    house.sync()
    assert (house.state(key), house.state("V2"), len(house.gateway.sent)) == ("acknowledged", "acknowledged", 2)


def rows(house: House) -> list[Any]:
    """Return all that a process could have written."""
    tables = ("message", "case_state", "audit_leaf", "run", "lane", "environment")
    return [house.select(f"SELECT * FROM {table} ORDER BY 1") for table in tables]  # noqa: S608 - names of a test


# asked to end


def test_a_pass_that_has_to_end_does_not_wait_without_end(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """What has no answer by then is in doubt, nothing more is begun, and nothing leaves later."""
    monkeypatch.setattr(deliver, "_LANDED_WITHIN", 0.2)
    key = house.local.case(1)
    house.local.case(2)
    answered, let_go = threading.Event(), threading.Event()

    def stuck(_: WireRequest) -> None:
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
        let_go.wait(30)
        answered.set()

    house.gateway.before = stuck
    with pytest.raises(KeyboardInterrupt):
        house.sync()
    assert (house.state(key), house.state("V2")) == ("in_flight", "pending")
    let_go.set()
    assert answered.wait(30)
    house.gateway.before = None
    house.sync()
    assert (house.state(key), house.state("V2")) == ("uncertain", "acknowledged")
