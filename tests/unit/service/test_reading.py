"""What is slow is asked seldom, by one at a time, and waited for by nobody for long."""

from dataclasses import dataclass
from threading import Event

import pytest

from sync_agent.errors import LedgerError
from sync_agent.service.reading import Reading


@dataclass
class Steady:
    """A clock that only a test moves."""

    now: float = 0.0

    def __call__(self) -> float:
        """Return where it stands."""
        return self.now


class Slow:
    """Answers how often it was asked, each time after it was allowed to."""

    def __init__(self) -> None:
        self.asked, self.go, self.failure = 0, Event(), None
        self.go.set()

    def __call__(self) -> int:
        """Wait, then answer."""
        self.asked += 1
        assert self.go.wait(60)
        if self.failure is not None:
            raise self.failure
        return self.asked

    failure: Exception | None


def settled(reading: Reading[int]) -> int | None:
    """Return the answer once nothing is under way."""
    reading.latest()
    assert reading._answered.wait(60)
    return reading.latest()


def test_an_answer_is_kept() -> None:
    """For as long as it was asked to; then it is read anew."""
    slow, steady = Slow(), Steady()
    reading = Reading(slow, keep=10, patience=60, steady=steady)
    first = [reading.latest() for _ in range(3)]
    steady.now = 10
    assert (first, reading.latest(), slow.asked) == ([1, 1, 1], 2, 2)


def test_what_took_long_is_left_in_peace_for_longer() -> None:
    """Twenty times as long as it took."""
    slow, steady = Slow(), Steady()

    def read() -> int:
        steady.now += 3
        return slow()

    reading = Reading(read, keep=10, patience=60, steady=steady)
    assert reading.latest() == 1
    steady.now = 62.9
    assert reading.latest() == 1
    steady.now = 63
    assert reading.latest() == 2


def test_nobody_waits_for_what_hangs_and_no_second_one_is_asked() -> None:
    """The last answer is given while it is not too old."""
    slow, steady = Slow(), Steady()
    reading = Reading(slow, keep=10, patience=0.01, steady=steady)
    assert settled(reading) == 1
    slow.go.clear()
    steady.now = 20
    assert (reading.latest(), reading.latest()) == (1, 1)
    steady.now = 60.1
    assert (reading.latest(), reading.latest(), slow.asked) == (None, None, 2)
    slow.go.set()
    assert settled(reading) == 2


@pytest.mark.parametrize("failure", [LedgerError("the ledger cannot be used"), OSError(5, "error")])
def test_what_cannot_be_read_has_no_answer(failure: Exception) -> None:
    """Until it can be read again."""
    slow, steady = Slow(), Steady()
    reading = Reading(slow, keep=10, patience=60, steady=steady)
    assert reading.latest() == 1
    slow.failure, steady.now = failure, 10
    assert reading.latest() is None
    slow.failure, steady.now = None, 20
    assert reading.latest() == 3
