"""Ctrl-C at any moment: what was in flight is recorded first, nothing is in doubt and nothing is lost."""

import signal
import sqlite3
import sys
from contextlib import closing, suppress
from types import FrameType

import pytest

from sync_agent.audit import Event
from sync_agent.interrupt import undivided
from tests.support.faults import Faults, Snapshot, on_paper
from tests.support.houses import House, Houses


def press_ctrl_c() -> None:
    """Do what the terminal does."""
    signal.raise_signal(signal.SIGINT)


def test_an_interruption_while_answers_are_awaited(house: House) -> None:
    """The answers are awaited and recorded; the run says that it was interrupted."""
    house.local.full(1)
    house.local.full(2)
    house.gateway.before = lambda _: None if house.gateway.sent else press_ctrl_c()
    with pytest.raises(KeyboardInterrupt):
        house.sync()
    assert {"in_flight", "uncertain"} & set(house.states().values()) == set()
    ((result,),) = house.select("SELECT result FROM run ORDER BY id DESC LIMIT 1")
    assert (result, house.state("V1")) == ("interrupted", "acknowledged")


def test_a_screen_that_breaks_loses_no_answer(house: House) -> None:
    """What shows the progress may fail at any time."""
    house.local.full(1)
    house.local.full(2)
    with pytest.raises(BrokenPipeError):
        house.sync(progress=_Torn())
    assert {"in_flight", "uncertain"} & set(house.states().values()) == set()
    house.sync()
    assert set(house.states().values()) == {"acknowledged"}


class _Torn:
    """A terminal that closes once sending has begun."""

    def __init__(self) -> None:
        self._sending = False

    def stage(self, name: str, total: int | None) -> None:
        """Remember the stage."""
        del total
        self._sending = name == "sending"

    def advance(self, count: int = 1) -> None:
        """Fail when there is something to show of the sending."""
        if self._sending and count:
            raise BrokenPipeError

    def finish(self) -> None:
        """Show nothing."""


def test_an_interruption_at_any_place_leaves_nothing_in_doubt(make_house: Houses) -> None:
    """Wherever it comes, the next pass goes on by itself, and each record is made once."""
    house, paper = on_paper(make_house(page=50))
    house.local.full(1)
    house.local.case(2)
    snapshot = Snapshot.of(house)
    wrong, at, places = [], 0, 1
    while at < places:
        at += 2
        snapshot.restore()
        paper.begin(Faults(at, press_ctrl_c))
        places = at + 1
        with paper.faults.on(house.agent.ledger.engine), suppress(KeyboardInterrupt):
            house.sync()
            places = paper.faults.passed
        paper.faults = Faults()
        house.sync()
        house.sync()
        made = [(each.step, each.of) for each in paper.arrivals()]
        if set(house.states().values()) != {"acknowledged"} or len(made) != 7 or len(set(made)) != 7:
            wrong.append(at)
    assert (wrong, at > 50) == ([], True)


def test_an_undivided_block_ends_before_the_interruption() -> None:
    """It comes, but later."""
    done: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        _interrupted_block(done)
    assert done == ["first", "second"]


def _interrupted_block(done: list[str]) -> None:
    with undivided():
        done.append("first")
        press_ctrl_c()
        done.append("second")


def test_an_interruption_is_not_lost_when_the_block_fails() -> None:
    """Else a service that was told to end would go on."""
    with pytest.raises(KeyboardInterrupt):
        _interrupted_and_broken()


def _interrupted_and_broken() -> None:
    with undivided():
        press_ctrl_c()
        raise ValueError("broken")


class _PressedAt:
    """Presses Ctrl-C at the nth call or return, of Python or of C; `passed` counts them."""

    def __init__(self, nth: int) -> None:
        self.nth, self.passed = nth, 0

    def __call__(self, frame: FrameType, event: str, argument: object) -> None:
        self.passed += 1
        if self.passed == self.nth:
            press_ctrl_c()


def _written(house: House, pressed: _PressedAt) -> KeyboardInterrupt | None:
    """Write one entry; return what ended it, with all that it still holds on to."""
    sys.setprofile(pressed)
    try:
        with house.agent.ledger.write() as tx:
            tx.record(Event.RUN_STARTED)
    except KeyboardInterrupt as interruption:
        return interruption
    finally:
        sys.setprofile(None)
    return None


def test_an_interruption_of_a_write_leaves_no_lock_behind(house: House) -> None:
    """Wherever it strikes, also between two steps of the database's library: what is in flight can be recorded."""
    house.sync()
    counted, locked = _PressedAt(0), []
    _written(house, counted)
    for nth in range(1, counted.passed, 7):
        interruption = _written(house, _PressedAt(nth))
        with closing(sqlite3.connect(house.folder / "state" / "ledger.db", timeout=0)) as beside:
            try:
                beside.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                locked.append((nth, interruption))
        if locked:
            break
    assert (locked, counted.passed > 500) == ([], True)


def test_a_failure_inside_an_undivided_block_is_the_failure() -> None:
    """The handler of before is back in its place."""
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(ValueError, match="broken"), undivided():
        raise ValueError("broken")
    assert signal.getsignal(signal.SIGINT) is before


def test_an_ignored_interruption_stays_ignored() -> None:
    """A process started in the background with it ignored."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with undivided():
            press_ctrl_c()
    finally:
        signal.signal(signal.SIGINT, before)
