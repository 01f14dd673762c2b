"""A repair of what is not as it was: a case that came back, or left, between two looks; and the same one twice."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pytest

from sync_agent.ledger import State, verify
from sync_agent.sync import Kind, reconcile, repair
from tests.support.houses import House, Houses

ONLY_LEDGER = [{"kind": "only_ledger", "case": "V1", "step": ""}]


@pytest.fixture
def house(make_house: Houses) -> House:
    """Return a house whose one case went up."""
    house = make_house()
    house.local.case(1)
    house.sync()
    return house


def mended(house: House, differences: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Repair differences; return how many were, by kind."""
    return dict(repair(house.agent, differences, reason="checked", actor="os:lan").repaired)


def away(house: House) -> None:
    """Take the first case out of the local system, without a date."""
    house.local.execute("UPDATE vu_viec SET id = 100 WHERE id = 1")


def back(house: House) -> None:
    """Put it back."""
    house.local.execute("UPDATE vu_viec SET id = 1 WHERE id = 100")


def test_a_case_that_came_back_while_it_was_repaired_is_not_gone(house: House) -> None:
    """It was read after it was compared: that counts."""
    away(house)
    first: list[int] = []

    def comes_back(number: int) -> None:
        first.append(number)
        if len(first) == 2:
            back(house)

    house.source.before_read = comes_back
    assert mended(house, ONLY_LEDGER) == {}
    assert house.select("SELECT count(*) FROM case_state WHERE gone_since IS NOT NULL") == [(0,)]
    assert not verify(house.agent.ledger).findings.listed


def test_what_was_repaired_is_repaired_once(house: House) -> None:
    """The second time there is nothing to do."""
    away(house)
    assert mended(house, ONLY_LEDGER) == {"only_ledger": 1}
    events = house.events()
    assert mended(house, ONLY_LEDGER) == {}
    assert set(house.events()[len(events) :]) <= {"epoch_taken", "reconciled"}
    back(house)
    house.sync(full=True)
    assert (house.state("V1"), len(house.gateway.sent)) == (State.ACKNOWLEDGED, 1)
    assert not verify(house.agent.ledger).findings.listed


def test_since_the_beginning_of_time_is_everything(house: House) -> None:
    """A day that no clock reaches is as near as it does."""
    assert reconcile(house.agent, since=date(1, 1, 1), actor="os:lan").cases == 1


def test_a_case_that_left_while_it_was_repaired_was_not_repaired(house: House) -> None:
    """What cannot be read is for a person."""
    house.local.execute("UPDATE vu_viec SET noi_dung = 'khác' WHERE id = 1")
    (found,) = reconcile(house.agent, actor="os:lan").differences
    assert found.kind is Kind.DIFFERENT_CONTENT
    first: list[int] = []

    def leaves(number: int) -> None:
        first.append(number)
        if len(first) == 2:
            away(house)

    house.source.before_read = leaves
    assert mended(house, [found.content]) == {}
    assert "difference_repaired" not in house.events()
