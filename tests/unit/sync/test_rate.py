"""The bucket of tokens of each account, by a clock that the test turns."""

from typing import TYPE_CHECKING, cast

import pytest

from sync_agent.sync.rate import Pace

if TYPE_CHECKING:
    from sync_agent.sync.observe import Observed


class Watch:
    """A clock in seconds."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        """Return the second it stands at."""
        return self.now


def case(name: str) -> "Observed":
    """Return something to park."""
    return cast("Observed", name)


def test_without_a_limit_everything_goes() -> None:
    """At once, and nothing waits."""
    pace = Pace(0, 1, Watch())
    assert (all(pace.take("a") for _ in range(1000)), pace.wait) == (True, None)


@pytest.mark.parametrize(("rate", "burst"), [(2.0, 1), (0.5, 3), (100.0, 10)])
def test_no_more_leave_than_the_limit_allows(rate: float, burst: int) -> None:
    """A full bucket, then one for each token that came."""
    watch = Watch()
    pace = Pace(rate, burst, watch)
    taken = [pace.take("a") for _ in range(burst + 1)]
    assert taken == [True] * burst + [False]
    assert pace.seconds("a") == pytest.approx(1 / rate)
    watch.now += 1 / rate
    assert [pace.take("a"), pace.take("a")] == [True, False]


def test_a_quiet_night_saves_up_no_more_than_the_burst() -> None:
    """The service would not like a day's messages in one second."""
    watch = Watch()
    pace = Pace(10, 2, watch)
    pace.take("a")
    watch.now += 86_400
    assert [pace.take("a") for _ in range(3)] == [True, True, False]


def test_accounts_do_not_share_a_bucket() -> None:
    """What one has sent does not slow another."""
    pace = Pace(1, 1, Watch())
    assert [pace.take("a"), pace.take("b"), pace.take("a")] == [True, True, False]


def test_what_waits_comes_back_in_its_order_when_there_is_a_token() -> None:
    """Of the account that has one; the others stay."""
    watch = Watch()
    pace = Pace(1, 1, watch)
    pace.take("a")
    watch.now += 0.5
    pace.take("b")
    first, second, third = case("1"), case("2"), case("3")
    for account, each in (("a", first), ("b", second), ("a", third)):
        pace.park(account, each)
    assert (pace.ready(), round(pace.wait or 0, 3)) == ([], 0.5)
    watch.now += 0.5
    assert (pace.ready(), pace.busy, round(pace.wait or 0, 3)) == ([first, third], True, 0.5)
    watch.now += 0.5
    assert (pace.ready(), pace.busy, pace.wait) == ([second], False, None)
