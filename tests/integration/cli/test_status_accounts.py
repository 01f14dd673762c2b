"""`status` tells of each account whether the national side takes its messages."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from sync_agent.errors import NationalUnreachableError
from sync_agent.national import NotProcessed
from tests.support.houses import House, Houses

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def house(make_house: Houses) -> House:
    """Return a house whose account rests after one failure."""
    house = make_house(breaker=60, extra="unreachable_after = 1")
    house.local.case(1)
    return house


def accounts(run: Run) -> list[dict[str, Any]]:
    """Return what `status` says of the accounts."""
    found: list[dict[str, Any]] = json.loads(run("--json", "status")[1])["accounts"]
    return found


def test_an_account_that_sent_nothing_yet_is_not_listed(run: Run, house: House) -> None:
    """Nobody knows how it would fare."""
    house.local.execute("DELETE FROM vu_viec")
    house.sync()
    assert accounts(run) == []


def test_an_account_whose_messages_are_taken_is_up(run: Run, house: House) -> None:
    """With the time of its last success, in the table too."""
    house.sync()
    (one,) = accounts(run)
    assert (one["account"], one["up"], one["down_since"], one["next_try_at"]) == ("tinh", True, None, None)
    assert one["last_success_at"].startswith("2026-11-02T03:00")
    code, text, _ = run("--lang", "en", "status")
    assert (code, "tinh" in text, "down since" in text) == (0, True, False)


def test_an_account_that_rests_is_down_since_and_until(run: Run, house: House) -> None:
    """And why, as a code."""
    house.answers(NotProcessed("connect_error"))
    with pytest.raises(NationalUnreachableError):
        house.sync()
    (one,) = accounts(run)
    assert (one["up"], one["cause"], one["down_since"][:16]) == (False, "connect_error", "2026-11-02T03:00")
    assert one["next_try_at"][:16] == "2026-11-02T03:01"
    text = run("--lang", "en", "status")[1]
    assert ("down since" in text, "connect_error" in text) == (True, True)
