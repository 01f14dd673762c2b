"""What the local system says of the national database: ids by step and entry, sent-flags, values that are no id."""

from collections.abc import Callable

import pytest

from sync_agent.domain.findings import Finding, Level
from sync_agent.domain.steps import Step
from sync_agent.mapping import CodeTables, Mapped, Mapper, parse_profile
from sync_agent.source import CaseRows
from tests.unit.mapping.conftest import DON, PROFILE

SECTION = """\
national_ids:
  case: {part: don, column: ma_qg}
  processing: {part: xu_ly, when: {column: da_gui, equals: 1}}
  settlement: {column: ma_qg}
"""
DECISION: dict[str, object] = {"ngay": "2026-04-01", "co_quan": 7, "tien": None, "ma_qg": None}
PROCESSING: dict[str, object] = {"huong": 4, "can_bo": None, "da_gui": 0}

MapRows = Callable[..., Mapped]


@pytest.fixture
def mapped(tables: CodeTables) -> MapRows:
    """Return what maps a case with an id, a processing and decisions."""
    content = PROFILE.replace("absent:\n", "absent:\n  quyet_dinh: {ma_qg: '0'}\n") + SECTION
    mapper = Mapper(parse_profile(content, "p"), tables)

    def _mapped(national_id: object = None, *decisions: dict[str, object], sent: object = 0) -> Mapped:
        parts = {
            "don": [DON | {"ma_qg": national_id}],
            "xu_ly": [PROCESSING | {"da_gui": sent}],
            "quyet_dinh": [DECISION | each for each in decisions],
        }
        return mapper.map(CaseRows("C1", parts))

    return _mapped


def test_ids_are_read_by_step_and_local_key(mapped: MapRows) -> None:
    """Each decision has its own; blank and declared values are absent."""
    decisions = ({"id": 1, "ma_qg": "d-1"}, {"id": 2, "ma_qg": " "}, {"id": 3, "ma_qg": "0"}, {"id": 4, "ma_qg": 44})
    found = mapped(" c-1 ", *decisions)
    assert found.national_ids == {
        (Step.CASE, ""): "c-1",
        (Step.SETTLEMENT, "1"): "d-1",
        (Step.SETTLEMENT, "4"): "44",
    }


@pytest.mark.parametrize(("flag", "sent"), [(1, {(Step.PROCESSING, "")}), (0, set()), (None, set())])
def test_a_flag_says_that_a_step_was_sent(mapped: MapRows, flag: object, sent: set[tuple[Step, str]]) -> None:
    """As its condition says."""
    assert mapped(sent=flag).sent == sent


def test_the_profile_says_of_which_steps_it_tells(mapped: MapRows) -> None:
    """Of the others nothing is known."""
    assert mapped().told_steps == {Step.CASE, Step.PROCESSING, Step.SETTLEMENT}


@pytest.mark.parametrize("value", ["đã gửi", "a b", "x" * 65, "-1", b"id", "a\ud800"])
def test_a_value_that_can_be_no_id_is_a_finding(mapped: MapRows, value: object) -> None:
    """And no id; the finding names the column, not the value."""
    found = mapped(None, {"id": 7, "ma_qg": value})
    assert found.national_ids == {}
    assert Finding("bad_value", Level.HOLD, "", Step.SETTLEMENT, "7", "quyet_dinh.ma_qg") in found.findings


def test_two_rows_of_a_case_that_disagree_on_its_id_are_a_finding(tables: CodeTables) -> None:
    """Which of them is meant is not guessed."""
    rows = [DON | {"ma_qg": "a"}, DON | {"ma_qg": "b"}]
    found = Mapper(parse_profile(PROFILE + SECTION, "p"), tables).map(CaseRows("C1", {"don": rows}))
    assert (found.national_ids, "rows_disagree" in {each.rule for each in found.findings}) == ({}, True)


def test_a_decision_read_twice_has_one_id(mapped: MapRows) -> None:
    """With two different ids it has none, and is left out itself."""
    twice = mapped(None, {"id": 1, "ma_qg": "a"}, {"id": 1, "ma_qg": "a"})
    differing = mapped(None, {"id": 1, "ma_qg": "a"}, {"id": 1, "ma_qg": "b"})
    assert (list(twice.national_ids.values()), differing.national_ids) == (["a"], {})


def test_nothing_of_it_is_shown(mapped: MapRows) -> None:
    """An id leads to a person."""
    assert "c-1" not in repr(mapped("c-1"))
