"""What a ledger belongs to, and what must be declared before anything goes up outside the demo."""

from dataclasses import asdict
from typing import Any

import pytest

from sync_agent.errors import ConfigError, GuardError, LockedError, SyncAgentError
from sync_agent.ledger import exclusive, settings_digest
from sync_agent.sync import decline_adoption, environment_of, rehearse
from tests.support.houses import House, Houses

SCOPE = '[scope]\nagencies = ["H217.01"]\nkinds = ["complaint"]\nstart_from = 2026-07-01'


@pytest.mark.parametrize(
    ("file", "old", "new", "setting"),
    [
        ("agent.toml", 'mode = "demo"', 'mode = "test"', "agent.mode"),
        ("agent.toml", "national.example/", "other.example/", "national.transport.base_url"),
        ("agent.toml", 'alias = "tinh"', 'alias = "tinh2"', "national.accounts"),
        ("profile.yaml", "id: nho", "id: nho2", "source.id (profile)"),
        ("profile.yaml", "[V vu_viec.id]", "[V vu_viec.id, org]", "key (profile)"),
        ("profile.yaml", "zone: Asia/Ho_Chi_Minh", "zone: Asia/Bangkok", "key (profile)"),
    ],
)
def test_a_ledger_of_another_environment_is_refused(house: House, file: str, old: str, new: str, setting: str) -> None:
    """The error names the setting that differs, and nothing is written."""
    house.local.case(1)
    house.sync()
    before = house.events()
    other = house.edited(file, old, new)
    with pytest.raises(ConfigError) as caught:
        other.sync()
    assert caught.value.where == setting
    assert house.events() == before


def test_another_contract_is_refused(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ids of one contract mean nothing in another."""
    house.local.case(1)
    house.sync()
    monkeypatch.setattr(house.agent.contract, "name", "kntc2")
    with pytest.raises(ConfigError) as caught:
        house.sync()
    assert caught.value.where == "national.contract"


def test_another_environment_is_refused_for_a_rehearsal_too(house: House) -> None:
    """A plan for the wrong place helps nobody."""
    house.local.case(1)
    house.sync()
    other = house.edited("agent.toml", "national.example/", "other.example/")
    with pytest.raises(ConfigError):
        rehearse(other.agent)


def test_a_ledger_is_bound_by_its_first_use(house: House) -> None:
    """With an entry that says to which mode, and commits to all else it belongs to."""
    (bound,) = [entry for entry in house.entries() if entry.event == "environment_bound"]
    assert (bound.new_state, bound.set_digest) == ("demo", settings_digest(asdict(environment_of(house.agent))))


def test_other_timeouts_are_no_other_environment(house: House) -> None:
    """How the service is reached may be mended at any time."""
    house.sync()
    house.edited("agent.toml", "[national.wire]", "read_seconds = 90\n[national.wire]").sync()
    assert house.events()[-1] == "run_ended"


def test_outside_the_demo_nothing_goes_up_without_a_scope(make_house: Houses) -> None:
    """The person in charge says which agencies, which kinds and from when."""
    house = make_house(mode="test")
    house.local.case(1)
    with pytest.raises(GuardError) as caught:
        house.sync()
    assert (caught.value.where, house.gateway.sent) == ("scope", [])


def test_outside_the_demo_nothing_goes_up_before_adoption_was_declared(make_house: Houses) -> None:
    """Whether cases are already there is for a person to say."""
    house = make_house(mode="test", extra=SCOPE)
    house.local.case(1)
    with pytest.raises(GuardError) as caught:
        house.sync()
    assert (caught.value.where, house.gateway.sent) == ("go-live", [])


def test_after_the_declaration_it_goes_up(make_house: Houses) -> None:
    """With the scope set and adoption declined."""
    house = make_house(mode="test", extra=SCOPE)
    house.local.case(1)
    decline_adoption(house.agent, reason="first_installation", actor="os:lan")
    house.sync()
    (declared,) = [entry for entry in house.entries() if entry.event == "go_live_declared"]
    assert (declared.actor, declared.reason) == ("os:lan", "declined:first_installation")
    assert house.gateway.cases() == ["Nội dung 1"]


def test_a_second_declaration_is_refused(make_house: Houses) -> None:
    """It would seem that something new was allowed."""
    house = make_house(mode="test", extra=SCOPE)
    decline_adoption(house.agent, reason="first_installation", actor="os:lan")
    with pytest.raises(SyncAgentError):
        decline_adoption(house.agent, reason="first_installation", actor="os:lan")


@pytest.mark.parametrize(
    ("values", "rule"),
    [
        ({"co_quan": "H217.02"}, "out_of_scope"),
        ({"loai": "PA", "linh_vuc": "PA.01"}, "out_of_scope"),
        ({"ngay_nhan": "2026-06-30"}, "before_start"),
        ({"ngay_nhan": None}, "before_start"),
    ],
)
def test_what_is_outside_the_scope_is_held(make_house: Houses, values: dict[str, Any], rule: str) -> None:
    """Another agency, another kind, older than the start, or of unknown age."""
    house = make_house(mode="test", extra=SCOPE)
    decline_adoption(house.agent, reason="first_installation", actor="os:lan")
    key = house.local.case(1, **values)
    house.sync()
    assert (house.state(key), house.message(key).reason, house.gateway.sent) == ("held", rule, [])


def test_a_wider_scope_lets_it_through(make_house: Houses) -> None:
    """A changed setting judges every case anew."""
    house = make_house(mode="test", extra=SCOPE)
    decline_adoption(house.agent, reason="first_installation", actor="os:lan")
    house.local.case(1, co_quan="H217.02")
    house.sync()
    house.clock.move(days=1)
    house.edited("agent.toml", 'agencies = ["H217.01"]\nkinds', 'agencies = ["H217.01", "H217.02"]\nkinds').sync()
    assert house.gateway.cases() == ["Nội dung 1"]


def test_an_agency_without_an_account_is_held(house: House) -> None:
    """Nobody speaks for it by default."""
    key = house.local.case(1, co_quan="H217.09")
    house.sync()
    assert (house.state(key), house.message(key).reason) == ("held", "no_account")


def test_a_second_instance_is_refused(house: House) -> None:
    """One process at a time works on a ledger."""
    with exclusive(house.agent.settings.state, house.agent.ledger.engine), pytest.raises(LockedError):
        house.sync()


def test_the_lock_is_given_back_after_a_failure(house: House) -> None:
    """Whatever went wrong, the next pass can run."""
    house.local.case(1)
    house.answers(RuntimeError("broken"))
    with pytest.raises(RuntimeError):
        house.sync()
    house.sync()
    assert house.events()[-1] == "run_ended"


def test_two_processes_may_take_turns(house: House) -> None:
    """Who gets the lock takes the ledger over; the other may take it back later."""
    other = house.reopened()
    house.sync()
    other.sync()
    house.sync()
    assert house.events().count("run_ended") == 3
