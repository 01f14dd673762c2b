import pytest

from sync_agent.domain.findings import Level
from sync_agent.domain.steps import Step
from sync_agent.mapping.fields import FieldKind, case_fields, held_step, level_of, step_of


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("kind", FieldKind.CHOICE),
        ("classifications", FieldKind.TEXTS),
        ("recorded_at", FieldKind.DATETIME),
        ("petition.written_on", FieldKind.PARTIAL_DATE),
        ("petition.received_on", FieldKind.DATE),
        ("petition.forwarded_by.agency", FieldKind.TEXT),
        ("petition.eligible", FieldKind.FLAG),
        ("petitioners.people", FieldKind.LIST),
        ("petitioners.headcount", FieldKind.INTEGER),
        ("withdrawal", FieldKind.PART),
        ("processing.document.sha256", FieldKind.TEXT),
        ("acceptance.extensions", FieldKind.LIST),
    ],
)
def test_path_knows_what_it_takes(path: str, kind: FieldKind) -> None:
    """The kind of a field comes from the CaseFile itself."""
    assert case_fields()[path].kind is kind


@pytest.mark.parametrize("path", ["case_key", "schema_version", "settlements.agency", "petition.contents"])
def test_path_that_a_profile_cannot_fill_is_unknown(path: str) -> None:
    """The key comes from the reader, fields of lists belong to their list."""
    assert path not in case_fields()


@pytest.mark.parametrize(
    ("path", "step"),
    [
        ("kind", None),
        ("agency", None),
        ("classifications", None),
        ("", None),
        ("petition.received_on", Step.CASE),
        ("petitioners.people.gender", Step.CASE),
        ("attachments.kind", Step.CASE),
        ("processing.direction", Step.PROCESSING),
        ("acceptance.deadline", Step.ACCEPTANCE),
        ("settlements.outcome", Step.SETTLEMENT),
        ("enforcements.agency", Step.ENFORCEMENT),
    ],
)
def test_fault_stops_the_step_it_is_in(path: str, step: Step | None) -> None:
    """What the whole case hangs on stops every step."""
    assert step_of(path) is step


@pytest.mark.parametrize(
    ("path", "step"),
    [
        ("settlements.outcome", None),
        ("settlements.local_key", None),
        ("settlements", None),
        ("petitioners.protected", None),
        ("classifications", None),
        ("settlements.issued_on", Step.SETTLEMENT),
        ("petitioners.headcount", Step.CASE),
    ],
)
def test_fault_that_hides_a_witness_holds_the_whole_case(path: str, step: Step | None) -> None:
    """An outcome nobody can read may be that of a denunciation: no name goes up by any step."""
    assert held_step(path) is step


@pytest.mark.parametrize(
    ("path", "level"),
    [
        ("kind", Level.HOLD),
        ("agency", Level.HOLD),
        ("classifications", Level.HOLD),
        ("processing.direction", Level.HOLD),
        ("processing.next_agency", Level.HOLD),
        ("petition.forwarded_by.agency", Level.HOLD),
        ("prior_settlements.agency", Level.HOLD),
        ("settlements.outcome", Level.HOLD),
        ("petitioners.kind", Level.HOLD),
        ("petitioners.people.address.commune", Level.WARN),
        ("petitioners.people.ethnicity", Level.WARN),
        ("respondents.person.nationality", Level.WARN),
        ("petition.source", Level.WARN),
        ("attachments.kind", Level.WARN),
    ],
)
def test_unknown_code_holds_where_it_changes_the_meaning(path: str, level: Level) -> None:
    """Descriptive codes only warn; every other one holds, new fields included."""
    assert level_of(path) is level
