"""What the table of fates makes of messages in the ledger: states, reasons, next tries."""

from datetime import timedelta

import pytest

from sync_agent.national import Refused, Unknown
from tests.support.houses import House, Houses

REFUSED = Refused("refused_unknown", "▢", 200)
FINAL = Refused("not_owner", "không", 200, final=True)
HOURS = (1, 6, 24, 72)


def rests(house: House, key: str = "V1") -> timedelta | None:
    """Return how long a message rests, to the second."""
    until = house.message(key).next_try_at
    return None if until is None else timedelta(seconds=round((until - house.clock.now).total_seconds()))


def test_a_refusal_not_known_as_final_is_tried_again_four_times(house: House) -> None:
    """After 1, 6, 24 and 72 hours and not sooner; then it is left to a person. All the time it is one."""
    house.local.case(1)
    house.answers(*[REFUSED] * 5)
    house.sync()
    waits = []
    for number in range(1, 5):
        waits.append(rests(house))
        house.clock.move(seconds=(waits[-1] or timedelta()).total_seconds() - 5)
        house.sync()
        assert (len(house.gateway.sent), house.state("V1")) == (number, "rejected")
        house.clock.move(seconds=6)
        house.sync()
    assert waits == [timedelta(hours=hours) for hours in HOURS]
    house.clock.move(days=365)
    house.sync()
    assert (rests(house), len(house.gateway.sent), house.state("V1")) == (None, 5, "rejected")


def test_a_refused_message_that_is_taken_later_is_acknowledged(house: House) -> None:
    """What stood behind the service was down; the next refusal begins to count anew."""
    house.local.case(1)
    house.answers(REFUSED, REFUSED)
    house.sync()
    for hours in (1, 6):
        house.clock.move(hours=hours, seconds=1)
        house.sync()
    row = house.message("V1")
    assert (row.state, row.refusals, row.refusal, row.next_try_at) == ("acknowledged", 0, None, None)


def test_new_content_of_a_refused_message_goes_up_at_once(house: House) -> None:
    """And starts without the refusals of the old."""
    house.local.case(1)
    house.answers(*[REFUSED] * 3)
    house.sync()
    house.clock.move(hours=2)
    house.sync()
    house.local.change(1, noi_dung="Nội dung mới")
    house.sync()
    assert (house.message("V1").refusals, rests(house)) == (1, timedelta(hours=1))


def test_a_new_version_of_the_mapping_sends_a_refused_message_at_once(house: House) -> None:
    """Though its content is the same and its rest not over."""
    house.local.case(1)
    house.answers(REFUSED)
    house.sync()
    house.edited("profile.yaml", "pattern: 'V[0-9]{1,9}'", "pattern: 'V[0-9]{1,8}'").sync()
    assert house.state("V1") == "acknowledged"


@pytest.mark.parametrize("outcome", [FINAL, Refused("too_large", "12345 bytes", 413)], ids=["final", "413"])
def test_what_is_refused_for_ever_is_not_tried_again(house: House, outcome: Refused) -> None:
    """It tells the person why; its content must change."""
    house.local.case(1)
    house.answers(outcome)
    house.sync()
    house.clock.move(days=30)
    house.sync()
    row = house.message("V1")
    assert (row.state, row.reason, row.refusal) == ("rejected", outcome.code, outcome.masked)
    assert (row.next_try_at, len(house.gateway.sent)) == (None, 1)
    house.local.change(1, noi_dung="Nội dung mới")
    house.sync()
    assert house.state("V1") == "acknowledged"


@pytest.mark.parametrize(("found", "state"), [((), "rejected"), (("SIM-9",), "acknowledged")], ids=["not", "there"])
def test_a_page_with_413_is_looked_up_before_it_is_believed(
    make_house: Houses, found: tuple[str, ...], state: str
) -> None:
    """What stands before the service may say so of a message that went through; what did not is never sent again."""
    house = make_house(capabilities='lookup = "contains"')
    key = house.local.case(1)
    house.answers(Unknown("too_large", 413, masked="12345 bytes"))
    house.sync()
    assert house.state(key) == "uncertain"
    house.gateway.found[house.token(key)] = list(found)
    house.clock.move(days=1)
    house.sync()
    house.clock.move(days=30)
    house.sync()
    row = house.message(key)
    assert (row.state, len(house.gateway.sent)) == (state, 1)
    assert (row.reason, row.refusal) == (("too_large", "12345 bytes") if state == "rejected" else (None, None))


@pytest.mark.parametrize("outcome", [Unknown("content_type", 404), Refused("not_found", "", 404)], ids=["page", "text"])
def test_a_404_to_an_update_is_left_to_a_person_and_never_becomes_a_create(
    make_house: Houses, outcome: Refused | Unknown
) -> None:
    """The id stays; a person's new try is an update again."""
    house = make_house()
    house.local.case(1)
    house.sync()
    first = house.message("V1").ack_id
    house.local.change(1, noi_dung="Nội dung mới")
    house.answers(outcome)
    house.sync()
    house.clock.move(days=30)
    house.sync()
    row = house.message("V1")
    assert (row.state, row.reason, row.ack_id, row.next_try_at) == ("rejected", "not_there", first, None)
    assert house.gateway.steps == [("case", False), ("case", True)]
