"""Passes as the service makes them: under a claim it holds, and only as long as it may send."""

from datetime import timedelta
from pathlib import Path
from time import sleep

import pytest

from sync_agent.errors import ConfigError, EpochLostError
from sync_agent.national import WireRequest
from sync_agent.sync import claim, hand_over
from tests.support.houses import House, Houses


def test_outside_its_times_a_pass_reads_and_sends_nothing(house: House) -> None:
    """Also nothing is asked of the national side; the next pass that may send does it all."""
    report = house.sync(stop=lambda: True)
    assert (report.scanned is not None and report.scanned.read, house.gateway.sent) == (3, [])
    assert report.plan is not None
    assert report.plan.counts["case.create"] == 3
    house.sync()
    assert len(house.gateway.sent) == 3


def test_a_guard_does_not_stop_what_would_not_be_sent(make_house: Houses) -> None:
    """Its alarm comes when sending begins."""
    house = make_house(extra="[guards]\nvolume_min = 0\nvolume_share = 0")
    house.local.case(1)
    assert house.sync(stop=lambda: True).counts == {"read": 1, "changed": 1, "settling": 0}


def test_when_sending_ends_in_the_middle_the_rest_waits_for_the_next_pass(house: House) -> None:
    """What is on its way is brought home."""

    def time_passes(_request: WireRequest) -> None:
        house.clock.move(seconds=2)

    house.gateway.before = time_passes
    end = house.clock.now + timedelta(seconds=3)
    report = house.sync(stop=lambda: house.clock.now >= end)
    assert report.delivered.outcomes == {"acknowledged": 2}
    house.sync()
    assert sorted(house.states().values()) == ["acknowledged"] * 3


def test_passes_of_a_service_keep_the_epoch_it_took(house: House) -> None:
    """By it another that took the ledger over is noticed."""
    claim(house.agent)
    before = house.agent.ledger.epoch
    for _ in range(2):
        house.sync(held=True)
    assert (house.agent.ledger.epoch, house.select("SELECT epoch FROM environment")) == (before, [(before,)])


def test_a_service_whose_ledger_was_taken_over_sends_nothing(house: House) -> None:
    """It ends instead of taking it back."""
    claim(house.agent)
    claim(house.reopened().agent)
    with pytest.raises(EpochLostError):
        house.sync(held=True)
    assert house.gateway.sent == []


def test_while_the_national_side_hangs_there_is_no_sign_of_life(house: House) -> None:
    """Signs are commits: so the watchdog notices what hangs."""
    signs: list[None] = []
    during: list[int] = []

    def hangs(_request: WireRequest) -> None:
        before = len(signs)
        sleep(0.05)
        during.append(len(signs) - before)

    house.agent.ledger.on_commit = lambda: signs.append(None)
    house.gateway.before = hangs
    house.sync()
    assert (during[1:], len(signs) > 3) == ([0, 0], True)


def test_other_settings_go_on_under_the_same_claim(house: House) -> None:
    """Nobody else can have come between."""
    claim(house.agent)
    epoch = house.agent.ledger.epoch
    other = house.edited("agent.toml", "workers = 1", "workers = 2")
    hand_over(house.agent, other.agent)
    other.sync(held=True)
    assert (other.agent.ledger.epoch, len(house.gateway.sent)) == (epoch, 3)


def test_settings_that_name_another_ledger_are_refused(house: House, tmp_path: Path) -> None:
    """Its lock is not held."""
    claim(house.agent)
    other = house.edited("agent.toml", 'ledger_url = ""', f'ledger_url = "sqlite:///{tmp_path / "other.db"}"')
    with pytest.raises(ConfigError, match="cannot change its ledger"):
        hand_over(house.agent, other.agent)


def test_settings_of_another_environment_are_refused(house: House) -> None:
    """What was sent belongs to one national side."""
    house.sync()
    other = house.edited("agent.toml", "https://national.example/", "https://other.example/")
    with pytest.raises(ConfigError):
        hand_over(house.agent, other.agent)
    claim(house.agent)
    assert house.sync(held=True).scanned is not None
