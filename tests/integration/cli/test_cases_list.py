"""`cases list` and `status` at the command line: filters, pages, JSON lines, colours that only repeat the word."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from sync_agent.cli.cases import KindName, SortName, StateName
from sync_agent.cli.words import STATES
from sync_agent.domain.casefile import Kind
from sync_agent.ledger import CaseOrder, State, exclusive
from tests.support.houses import House, Houses

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def house(make_house: Houses) -> House:
    """Return a house of three cases that went up."""
    house = make_house()
    for number in (1, 2, 3):
        house.local.case(number)
    house.sync()
    return house


def rows(run: Run, *words: str) -> list[dict[str, Any]]:
    """Return the lines of a list."""
    return [json.loads(line) for line in run("cases", "list", "--json", *words)[1].splitlines()]


def test_the_words_of_options_are_those_of_the_ledger() -> None:
    """Written out there so that the help loads nothing; each state has its colour."""
    for option, closed in ((StateName, State), (KindName, Kind), (SortName, CaseOrder)):
        assert [each.value for each in option] == [each.value for each in closed]
    assert set(STATES) == set(State)


def test_a_page_ends_with_the_word_for_the_next(house: House, run: Run) -> None:
    """On stderr for people, in each line for programs; the last page ends with none."""
    first = rows(run, "--limit", "2")
    rest = rows(run, "--limit", "2", "--after", first[-1]["next"])
    assert ([each["case"] for each in first], [each["case"] for each in rest]) == (["V1", "V2"], ["V3"])
    code, text, _ = run("cases", "list", "--sort", "due", "--limit", "3")
    assert (code, text.count("acknowledged: case")) == (0, 3)


def test_a_case_is_told_with_its_days_and_states(house: House, run: Run) -> None:
    """As a program reads it."""
    (one,) = rows(run, "--limit", "1")
    (message,) = [each for each in one["messages"] if each["step"] == "case"]
    assert (message["state"], message["late"], set(message)) == (
        "acknowledged",
        False,
        {"step", "local_key", "state", "due_on", "late"},
    )
    assert {"kind", "agency", "received_on", "protected", "gone_since", "next"} <= set(one)


@pytest.mark.parametrize(
    "words",
    [("--late",), ("--due-soon",), ("--held-by", "schema"), ("--protected",), ("--state", "held"), ("--agency", "X")],
    ids=" ".join,
)
def test_a_filter_that_finds_nothing_says_so(house: House, run: Run, words: tuple[str, ...]) -> None:
    """And is no error; here all went up in time."""
    assert run("cases", "list", *words)[:2] == (0, "The ledger knows no such cases.\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--after", "V1", "--sort", "due"), "error: --after: "),
        (("--held-by", "nothing"), "error: --held-by: there is no such rule"),
        (("--since", "yesterday"), "'--since'"),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else value,
)
def test_what_cannot_be_meant_is_refused(house: House, run: Run, words: tuple[str, ...], said: str) -> None:
    """In one line, before the ledger is read."""
    code, out, error = run("cases", "list", *words)
    assert (code, out, said in error, error.count("\n")) == (2, "", True, 1)


def test_status_tells_who_holds_the_ledger_and_what_proves_it(house: House, run: Run) -> None:
    """The last success, the last signed head, and whether anybody is at work."""
    free = json.loads(run("status", "--json")[1])
    with exclusive(house.agent.settings.state, house.agent.ledger.engine):
        held, text = json.loads(run("status", "--json")[1]), run("status")[1]
    assert (free["service"]["holds_ledger"], held["service"]["holds_ledger"]) == (False, True)
    assert (free["service"]["requests_waiting"], free["service"]["last_success_at"][:10]) == (0, "2026-11-02")
    assert set(free["audit"]) == {"entries", "root", "checkpoint", "anchors"}
    assert re.search(r"^service +at work", text, re.MULTILINE)
    assert re.search(r"^last success +2026-11-02 10:0\d \(", text, re.MULTILINE)
