"""What `sync` says and how it ends when the national side refused one of several accounts."""

import io
import json
from dataclasses import replace
from typing import Any

import pytest

from sync_agent.cli.exits import ExitCode
from sync_agent.cli.output import Output
from sync_agent.cli.sync import print_pass
from sync_agent.national import Refused
from sync_agent.sync import PassReport
from sync_agent.sync.lanes import ClosedLane
from tests.support.houses import House, Houses


@pytest.fixture
def house(make_house: Houses) -> House:
    """Return a house in which one case went up."""
    house = make_house(page=50)
    house.local.case(1)
    house.sync()
    return house


def printed(house: House, report: PassReport, *, as_json: bool = False) -> tuple[int, str]:
    """Return the exit code and what stands on stdout."""
    stdout = io.StringIO()
    code = print_pass(Output(json=as_json, stdout=stdout, stderr=stdout), house.agent.ledger, report)
    return code, stdout.getvalue()


@pytest.mark.parametrize(
    ("cause", "what", "todo"),
    [
        (
            "unauthorized",
            "the national side refuses the credentials of account xa-1",
            "check its user name and secret",
        ),
        (
            "forbidden",
            "the national side forbids account xa-1 to send",
            "have the national side give it the right to send, then settle what is uncertain",
        ),
    ],
)
@pytest.mark.usefixtures("english")
def test_each_refused_account_has_a_line(house: House, cause: str, what: str, todo: str) -> None:
    """What happened, what becomes of its messages, what to do; exit code 1."""
    report = PassReport()
    report.delivered.closed["xa-1"] = ClosedLane("xa-1", cause)
    code, text = printed(house, report)
    line = f"{what}; its messages wait for the next pass - {todo}"
    assert (code, line in text.splitlines()) == (ExitCode.NEEDS_PERSON, True)


def test_refused_accounts_are_in_the_document(house: House) -> None:
    """For whoever watches many installations."""
    report = PassReport()
    for alias, cause in (("xa-1", "unauthorized"), ("xa-2", "forbidden")):
        report.delivered.closed[alias] = ClosedLane(alias, cause)
    code, text = printed(house, report, as_json=True)
    document: dict[str, Any] = json.loads(text)
    assert (code, document["needs_person"], document["pass"]["accounts_refused"]) == (ExitCode.NEEDS_PERSON, 0, 2)
    assert document["accounts_refused"] == [
        {"account": "xa-1", "cause": "unauthorized"},
        {"account": "xa-2", "cause": "forbidden"},
    ]


@pytest.mark.usefixtures("english")
def test_refused_look_ups_have_a_line(house: House) -> None:
    """They settle nothing, and nobody would know why."""
    report = PassReport()
    report.settled["account_refused"] = 3
    _, text = printed(house, report)
    assert "could not be looked up, because their account is refused: 3 - see: sync-agent check --probe" in text


REFUSED = Refused("refused_unknown", "▢", 200)


def test_a_refused_message_needs_a_person_when_its_last_try_was_refused(house: House) -> None:
    """Until then it is tried again by itself: after 1, 6, 24 and 72 hours."""
    house.local.case(2)
    house.answers(*[REFUSED] * 5)
    found = []
    for _ in range(5):
        code, text = printed(house, house.sync(), as_json=True)
        document = json.loads(text)
        found.append((code, document["needs_person"], document["refused_again"]))
        house.clock.move(hours=73)
    assert found == [(ExitCode.DONE, 0, 1)] * 4 + [(ExitCode.NEEDS_PERSON, 1, 0)]


@pytest.mark.usefixtures("english")
def test_what_is_refused_for_good_needs_a_person_at_once(house: House) -> None:
    """Beside it stands how many are tried again."""
    for number in (2, 3):
        house.local.case(number)
    house.answers(REFUSED, replace(REFUSED, final=True))
    code, text = printed(house, house.sync())
    lines = text.splitlines()
    assert code == ExitCode.NEEDS_PERSON
    assert "1 refused messages are tried again by themselves." in lines
    assert "1 messages need a person, refused - see: sync-agent cases list --state rejected" in lines


def test_a_pass_without_refusals_says_nothing_of_them(house: House) -> None:
    """And ends as ever."""
    code, text = printed(house, house.sync(), as_json=True)
    assert (code, json.loads(text)["accounts_refused"]) == (ExitCode.DONE, [])
