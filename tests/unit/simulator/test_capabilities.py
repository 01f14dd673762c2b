"""Capabilities as the command line gives them."""

import pytest

from sync_agent.errors import ConfigError
from sync_agent.simulator import CAPABILITY_VALUES, WORST_CAPABILITIES, Capabilities, parse_capabilities


def test_nothing_said_is_the_default() -> None:
    """Without a word the service creates again what a client does not know how to update."""
    assert parse_capabilities({}) == Capabilities(settlement_update="none", processing="appends", acceptance="appends")


def test_every_value_is_read() -> None:
    """Each capability can be set."""
    values = {
        "case.update": "by_id",
        "settlement.update": "decision_id:IdKetQua",
        "processing": "overwrites",
        "acceptance": "overwrites",
        "lists_on_update": "replace",
        "empty_string": "keeps",
        "link": "on",
        "lookup": "exact",
        "lookup.lag": "1.5",
        "lookup.cap": "3",
        "owner": "same",
    }
    expected = Capabilities(
        settlement_update="decision_id",
        decision_field="IdKetQua",
        processing="overwrites",
        acceptance="overwrites",
        lists_on_update="replace",
        empty_string="keeps",
        link="on",
        lookup="exact",
        lookup_lag=1.5,
        lookup_cap=3,
        owner="same",
    )
    assert set(values) == set(CAPABILITY_VALUES)
    assert parse_capabilities(values) == expected


def test_the_worst_combination_can_be_played() -> None:
    """The combination that is exported for tests is one that exists."""
    assert parse_capabilities(WORST_CAPABILITIES).lookup == "none"


def test_an_unknown_capability_names_the_nearest() -> None:
    """A slip of the pen is told with the right word."""
    with pytest.raises(ConfigError) as caught:
        parse_capabilities({"lookup.lagg": "1"})
    assert str(caught.value) == "--capability: unknown capability 'lookup.lagg' - did you mean 'lookup.lag'?"


@pytest.mark.parametrize(
    ("name", "value", "values"),
    [
        ("link", "maybe", "off, on"),
        ("settlement.update", "decision_id", "none, by_number, decision_id:FIELD"),
        ("settlement.update", "decision_id:a b", "none, by_number, decision_id:FIELD"),
        ("lookup.lag", "-1", "SECONDS"),
        ("lookup.cap", "0", "NUMBER"),
    ],
)
def test_a_value_that_does_not_exist_is_told_with_those_that_do(name: str, value: str, values: str) -> None:
    """The line names every value the capability has."""
    with pytest.raises(ConfigError) as caught:
        parse_capabilities({name: value})
    assert str(caught.value) == f"--capability: capability '{name}' cannot be '{value}' - use one of: {values}"
