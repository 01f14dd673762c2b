"""A full scan at the command line: what it names as gone, and where that is seen afterwards."""

import json
from collections.abc import Callable

import pytest

from tests.support.houses import House, Houses

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def house(make_house: Houses) -> House:
    """Return a house that no full scan has found the second case of, once."""
    house = make_house()
    for number in (1, 2):
        house.local.case(number)
    house.sync()
    house.local.execute("DELETE FROM vu_viec WHERE id = 2")
    house.sync(full=True)
    return house


def test_a_case_that_is_gone_is_named_before_and_after(house: House, run: Run) -> None:
    """By the rehearsal, the status and the list of cases; nothing of it needs a person."""
    _, before, _ = run("status")
    planned = json.loads(run("sync", "--full", "--dry-run", "--json")[1])
    run("sync", "--full", "--limit", "1")
    listed = [json.loads(line) for line in run("cases", "list", "--gone", "--json")[1].splitlines()]
    status = json.loads(run("status", "--json")[1])
    assert ("not found by the last full scan" in before, planned["gone"]) == (True, ["V2"])
    assert [(each["case"], each["gone_since"] is not None) for each in listed] == [("V2", True)]
    assert (status["gone"], status["missing"], status["needs_person"]) == (1, 0, 0)


def test_a_full_scan_of_some_cases_is_no_full_scan(house: House, run: Run) -> None:
    """Wrong usage is said."""
    code, _, error = run("sync", "--full", "--case", "V1")
    assert (code, "only one of --full and --case" in error) == (2, True)
