import pytest

from sync_agent.domain.findings import Finding, Level, stops
from sync_agent.domain.rules import RULES
from sync_agent.domain.steps import STEP_ORDER, Step


@pytest.mark.parametrize("level", [Level.BLOCK, Level.HOLD])
def test_a_finding_of_the_whole_case_stops_every_message(level: Level) -> None:
    """Without a step it concerns all of them."""
    finding = Finding("schema", level)
    assert [stops([finding], step, "1") for step in Step] == [[finding]] * len(Step)


def test_a_warning_stops_nothing() -> None:
    """It goes up all the same; it is counted and shown."""
    assert stops([Finding("not_expressible", Level.WARN)], Step.CASE, "") == []


def test_a_finding_of_a_step_stops_only_that_step() -> None:
    """Another step of the case may go up."""
    finding = Finding("schema", Level.HOLD, step=Step.SETTLEMENT)
    assert [stops([finding], step, "1") for step in (Step.SETTLEMENT, Step.CASE)] == [[finding], []]


def test_a_finding_of_one_decision_stops_only_that_one() -> None:
    """The other decisions of the case may go up."""
    finding = Finding("schema", Level.HOLD, step=Step.SETTLEMENT, local_key="1")
    assert [stops([finding], Step.SETTLEMENT, key) for key in ("1", "2")] == [[finding], []]


def test_findings_can_be_sorted() -> None:
    """They are kept in one order, whatever order they were found in."""
    findings = [Finding("b", Level.HOLD), Finding("a", Level.WARN)]
    assert [finding.rule for finding in sorted(findings)] == ["a", "b"]


@pytest.mark.parametrize("name", sorted(RULES))
def test_every_rule_is_said_in_both_languages(name: str) -> None:
    """A person can read what is wrong."""
    assert all([RULES[name].vi, RULES[name].en])


@pytest.mark.parametrize("name", sorted(RULES))
def test_the_name_of_a_rule_can_stand_in_the_audit_log(name: str) -> None:
    """Lower-case ASCII words."""
    assert name.replace("_", "").isalnum()
    assert name.isascii()
    assert name.islower()


def test_the_steps_go_up_in_their_order() -> None:
    """Later steps need the ids that earlier ones bring."""
    assert sorted(Step, key=STEP_ORDER.__getitem__) == [
        Step.CASE,
        Step.PROCESSING,
        Step.ACCEPTANCE,
        Step.SETTLEMENT,
        Step.ENFORCEMENT,
    ]
