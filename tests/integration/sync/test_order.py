"""The order in which cases go up, and that one which fails holds up no other."""

from collections import Counter
from datetime import date, timedelta
from itertools import chain
from typing import Any

import pytest

from sync_agent.ledger import CaseRow, Due, insert_rows
from sync_agent.national import Outcome, Refused, Unknown, WireRequest
from sync_agent.sync.order import due_pages
from tests.support.houses import House, Houses
from tests.support.ledgers import ON_BOTH

TODAY = date(2026, 11, 2)
BACKLOG = 2000


def stock(house: House, *due: str | None) -> None:
    """Put a case into the ledger for each legal date; their keys are numbered from 0."""
    now = house.clock()
    fixed: dict[str, Any] = {"source_id": "nho", "rev": 1, "dirty": False, "last_digest": "d"}
    times: dict[str, Any] = dict.fromkeys(("kind_seen_at", "first_seen", "digest_seen_at", "look_at"), now)
    with house.agent.ledger.write() as tx:
        rows = [CaseRow(case_key=f"V{n}", pseudonym=f"P{n}", due_on=day, **fixed, **times) for n, day in enumerate(due)]
        insert_rows(tx.connection, rows)


def order(house: House) -> list[Due]:
    """Return all that is due, in its order."""
    return list(chain.from_iterable(due_pages(house.agent, ())))


def overdue(count: int) -> list[str]:
    """Return legal dates before today, the newest first."""
    return [(TODAY - timedelta(days=day)).isoformat() for day in range(1, count + 1)]


def test_a_backlog_of_thousands_does_not_delay_a_case_of_today(make_house: Houses) -> None:
    """It is the first to go; of the next four one is overdue, the oldest."""
    house = make_house(page=200)
    stock(house, *overdue(BACKLOG), *[TODAY.isoformat()] * 6)
    first = [due.due_on for due in order(house)[:8]]
    today, oldest = TODAY.isoformat(), sorted(overdue(BACKLOG))
    assert first == [today, today, today, oldest[0], today, today, today, oldest[1]]


@ON_BOTH
@pytest.mark.parametrize("page", [1, 3, 50])
def test_nothing_is_left_out_or_twice_whatever_the_page(make_house: Houses, page: int) -> None:
    """Each queue keeps its own place."""
    house = make_house(page=page)
    stock(house, *overdue(20), *[TODAY.isoformat()] * 5, *[None] * 5)
    assert Counter(due.case_key for due in order(house)) == {f"V{number}": 1 for number in range(30)}


def test_within_each_queue_the_nearest_legal_date_comes_first(make_house: Houses) -> None:
    """A case that has gone up once has no date any more and comes last of those of today."""
    house = make_house()
    days = [(TODAY + timedelta(days=day)).isoformat() for day in (3, 0, 2, 1)]
    stock(house, None, *days, *overdue(3))
    found = [due.due_on for due in order(house)]
    assert [day for day in found if day >= TODAY.isoformat()] == [*sorted(days), "9999-12-31"]
    assert [day for day in found if day < TODAY.isoformat()] == sorted(overdue(3))


def test_cases_that_always_fail_hold_up_no_other(make_house: Houses) -> None:
    """Of a thousand 998 go up in the same pass."""
    house = make_house(page=200, workers=4, extra="[guards]\nvolume_min = 2000")
    for number in range(1000):
        house.local.case(number)
    poison: dict[str, Outcome] = {
        "Nội dung 400": Refused("refused_unknown", "", 200),
        "Nội dung 500": Unknown("server_error", 500),
    }

    def answer(request: WireRequest, _: str) -> Outcome | None:
        return poison.get(str(request.body.get("NoiDungDon")).split("\n")[0])

    house.gateway.by_account = answer
    house.sync()
    assert Counter(house.states().values()) == {"acknowledged": 998, "rejected": 1, "uncertain": 1}
