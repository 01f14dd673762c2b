"""After a profile is mended everything is looked at again, and exactly what it changes goes up, within the guard."""

import pytest

from sync_agent.errors import GuardError
from tests.support.houses import House, Houses


def mended(house: House) -> House:
    """Return the house with a profile that reads the text of a case from another column, where that has one."""
    old = "petition.content: noi_dung"
    return house.edited("profile.yaml", old, "petition.content: {first_of: [tom_tat, noi_dung]}")


def test_exactly_the_cases_that_read_otherwise_go_up(house: House) -> None:
    """Of five cases two have what the new rule reads; long unchanged rows are no reason to miss them."""
    for number in range(1, 6):
        house.local.case(number, tom_tat=f"Tóm tắt {number}" if number in {2, 4} else None)
    house.sync()
    house.clock.move(days=3)
    report = mended(house).sync()
    assert report.scanned is not None
    assert (report.scanned.read, report.scanned.changed) == (5, 2)
    assert sorted(house.gateway.cases()[5:]) == ["Tóm tắt 2", "Tóm tắt 4"]
    assert house.gateway.steps[5:] == [("case", True)] * 2


def test_a_mended_profile_that_changes_no_message_sends_nothing(house: House) -> None:
    """It is another profile, and every case was judged by it."""
    for number in (1, 2):
        house.local.case(number)
    house.sync()
    report = house.edited("profile.yaml", "acceptance.deadline: han", "acceptance.deadline: {first_of: [han]}").sync()
    assert report.scanned is not None
    assert (report.scanned.read, len(house.gateway.sent), "mapping_changed" in house.events()) == (2, 2, True)


def test_a_mended_profile_that_changes_too_much_waits_for_a_person(make_house: Houses) -> None:
    """A mistake in one line of it would otherwise be in every record of the province."""
    house = make_house(extra="[guards]\nvolume_min = 2\nvolume_share = 0.0")
    for start in (1, 3):
        for number in (start, start + 1):
            house.local.case(number, tom_tat=f"Tóm tắt {number}")
        house.sync()
    changed = mended(house)
    with pytest.raises(GuardError) as caught:
        changed.sync()
    stopped = len(house.gateway.sent)
    changed.sync(accepted=dict(caught.value.facts)["digest"])
    assert (dict(caught.value.facts)["count"], stopped, len(house.gateway.sent)) == ("4", 4, 8)


def test_a_hold_that_the_new_profile_mends_goes_up(house: House) -> None:
    """What was held for a code nobody had mapped is judged again, and nothing else is sent."""
    house.local.case(1)
    key = house.local.case(2, loai="XX")
    house.sync()
    before = (house.state(key), len(house.gateway.sent))
    house.clock.move(days=3)
    house.edited("profile.yaml", "PA: feedback}", "PA: feedback, XX: complaint}").sync()
    assert (before, house.state(key), len(house.gateway.sent)) == (("held", 1), "acknowledged", 2)
