"""Only a named person takes the protection of a case away, and only for the content it has now."""

import pytest

from sync_agent.errors import SyncAgentError
from sync_agent.sync import lift
from tests.support.houses import House, Houses

NAME = "Hoàng Thị Kín"


def _corrected(house: House, number: int = 1, **values: object) -> str:
    """Return the key of a case that was a denunciation by mistake and is a complaint now."""
    key = house.local.denunciation(number, name=NAME, san_sang=0, **values)
    house.sync()
    house.local.change(number, loai="KN", linh_vuc="KN.01.02")
    house.sync()
    assert house.protected(key)
    return key


def _lift(house: House, key: str) -> None:
    lift(house.agent, key, reason="kind_was_wrong", actor="os:lan")


def test_a_case_entered_as_a_denunciation_by_mistake_can_be_lifted(house: House) -> None:
    """By a person, with a reason; then it goes up as what it is."""
    key = _corrected(house)
    _lift(house, key)
    entry = next(entry for entry in house.entries() if entry.event == "unprotected")
    assert (entry.actor, entry.reason, house.protected(key)) == ("os:lan", "kind_was_wrong", False)
    house.local.touch(1)
    house.sync()
    assert not house.protected(key)


def test_what_was_lifted_goes_up(house: House) -> None:
    """The name is no secret any more."""
    key = house.local.denunciation(1, name=NAME)
    house.local.change(1, san_sang=0)
    house.sync()
    house.local.change(1, loai="KN", linh_vuc="KN.01.02", san_sang=1, tom_tat=None)
    house.sync()
    assert house.gateway.sent == []
    _lift(house, key)
    house.sync()
    assert (house.state(key), NAME in house.gateway.everything()) == ("acknowledged", True)


def test_a_case_that_still_is_a_denunciation_is_not_lifted(house: House) -> None:
    """What speaks for protection now is stronger than anybody's word."""
    key = house.local.denunciation(1, name=NAME)
    house.sync()
    with pytest.raises(SyncAgentError, match="still protected by itself"):
        _lift(house, key)
    assert house.protected(key)


def test_a_case_beside_a_denunciation_is_not_lifted(house: House) -> None:
    """The one would give the other away."""
    house.local.denunciation(1, person="P7", name=NAME)
    key = house.local.case(2, person="P7", name=NAME)
    house.sync()
    with pytest.raises(SyncAgentError, match="joined"):
        _lift(house, key)
    assert house.protected(key)


def test_a_case_that_is_not_protected_is_not_lifted(house: House) -> None:
    """There is nothing to take away, and nothing to write down."""
    key = house.local.case(1)
    house.sync()
    with pytest.raises(SyncAgentError, match="not protected"):
        _lift(house, key)
    assert "unprotected" not in house.events()


def test_content_that_nobody_has_seen_yet_is_not_lifted(house: House) -> None:
    """The person decided on what a pass had read."""
    key = _corrected(house)
    house.local.change(1, noi_dung="Nội dung khác")
    with pytest.raises(SyncAgentError, match="otherwise"):
        _lift(house, key)
    assert house.protected(key)


def test_content_that_has_not_settled_is_not_lifted(make_house: Houses) -> None:
    """It may be half of an edit."""
    house = make_house(settle=120)
    key = house.local.denunciation(1, name=NAME, san_sang=0)
    for _ in range(3):
        house.sync()
        house.clock.move(seconds=121)
    house.local.change(1, loai="KN", linh_vuc="KN.01.02")
    house.sync()
    with pytest.raises(SyncAgentError, match="otherwise"):
        _lift(house, key)
    house.clock.move(seconds=121)
    _lift(house, key)
    assert not house.protected(key)


def test_a_later_change_is_judged_anew(house: House) -> None:
    """A denunciation after all: protected again, and no name goes up."""
    key = _corrected(house)
    _lift(house, key)
    house.local.change(1, loai="TC", linh_vuc="TC.01.02", san_sang=1)
    house.sync()
    assert (house.protected(key), NAME in house.gateway.everything()) == (True, False)


def _pair(house: House) -> None:
    """Two cases of one person, protected by a mistake that was corrected."""
    house.local.denunciation(1, person="P7", name=NAME, san_sang=0)
    house.local.case(2, person="P7", name=NAME, san_sang=0)
    house.sync()
    house.local.change(1, loai="KN", linh_vuc="KN.01.02")
    house.sync()
    assert [house.protected(f"V{number}") for number in (1, 2)] == [True, True]


def test_a_lifted_case_stays_so_beside_one_that_is_only_protected_by_the_past(house: House) -> None:
    """Else nobody could ever lift one of two."""
    _pair(house)
    _lift(house, "V2")
    for _ in range(2):
        house.local.touch(1)
        house.local.touch(2)
        house.sync()
    assert [house.protected(f"V{number}") for number in (1, 2)] == [True, False]


def test_a_lifted_case_is_protected_again_when_its_neighbour_becomes_a_denunciation(house: House) -> None:
    """What was lifted was the past, not what comes."""
    _pair(house)
    _lift(house, "V2")
    house.local.change(1, loai="TC", linh_vuc="TC.01.02")
    house.sync()
    assert house.protected("V2")


def test_a_lifted_case_names_no_neighbour(house: House) -> None:
    """A link may lead to one that is still protected."""
    _pair(house)
    house.local.change(2, lien_ket="V1")
    house.sync()
    _lift(house, "V2")
    assert "link_across_protection" in house.rules("V2")


def test_a_note_of_the_lifting_tells_of_nobody(house: House) -> None:
    """It is kept apart, where it can be erased."""
    key = _corrected(house)
    with pytest.raises(SyncAgentError, match="note tells"):
        lift(house.agent, key, reason="seen", note=f"Bà {NAME} khiếu nại", actor="os:lan")
    assert house.protected(key)
    lift(house.agent, key, reason="seen", note="Đã đối chiếu hồ sơ giấy", actor="os:lan")
    assert next(entry for entry in house.entries() if entry.event == "unprotected").note is not None
