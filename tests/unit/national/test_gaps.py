"""Nothing of a CaseFile is dropped silently."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import get_args

from pydantic import BaseModel

from sync_agent.domain.casefile import (
    Acceptance,
    CaseFile,
    Extension,
    Petition,
    Reception,
    Remedies,
    Settlement,
    Suspension,
    Withdrawal,
)
from sync_agent.domain.findings import Finding, Level
from sync_agent.domain.steps import Step
from sync_agent.national import KntcContract, Projection

Project = Callable[..., Projection]

INTERNAL = {
    # the agent's own: keys, times, where bytes are, what only decides whether something may go up
    "schema_version", "case_key", "recorded_at", "changed_at", "protection_requested", "petition.redacted_summary",
    "petitioners.protected", "attachments.local_key", "attachments.confidential", "settlements.local_key",
    "enforcements.local_key", "enforcements.settlement_key",
}  # fmt: skip
DOCUMENTS = ("attachments", "processing.document", "acceptance.document", "settlements.document")
CARRIED = {
    "agency", "kind", "classifications",
    "reception.session", "reception.leader", "reception.delegated", "reception.delegated_leader",
    "petition.entered_on", "petition.source", "petition.forwarded_by.agency", "petition.forwarded_by.document_no",
    "petition.forwarded_by.document_date", "petition.content", "petition.anonymous", "petition.eligible",
    "petitioners.kind", "petitioners.headcount", "petitioners.representatives", "petitioners.organisation.name",
    "petitioners.organisation.address.detail", "respondents.kind", "respondents.person.position",
    "respondents.organisation.name", "representative.kind", "prior_settlements.agency", "prior_settlements.instance",
    "prior_settlements.decision_kind", "prior_settlements.issued_on", "prior_settlements.result", "attachments.name",
    "attachments.kind", "attachments.summary", "processing.direction", "processing.agency", "processing.next_agency",
    "processing.processed_on", "processing.officer", "processing.approver", "processing.summary", "processing.reason",
    "acceptance.agency", "acceptance.accepted_on", "acceptance.deadline", "acceptance.approver",
    "settlements.instance", "settlements.agency", "settlements.decision_no", "settlements.issued_on",
    "settlements.summary", "settlements.outcome", "settlements.form", "settlements.may_sue",
    "settlements.remedies.people_restored", "settlements.remedies.people_to_investigation",
    "settlements.remedies.fines", "enforcements.agency", "enforcements.updated_on", "enforcements.people_handled",
    "enforcements.organisations_handled", "enforcements.property_value", "enforcements.fines",
    "enforcements.prosecuted",
    *(f"settlements.people_handled.{name}" for name in ("full_name", "position", "measure")),
    *(f"settlements.organisations_handled.{name}" for name in ("name", "measure")),
    *(f"{path}.{name}" for path in DOCUMENTS for name in ("file_name", "location", "size", "sha256")),
    *(f"petitioners.people.{name}" for name in ("ethnicity", "nationality")),
    *(f"respondents.person.{name}" for name in ("ethnicity", "nationality")),
    *(
        f"{path}.{name}"
        for path in ("petitioners.people", "respondents.person", "representative.person")
        for name in (
            "full_name", "id_number", "id_issued_on", "id_issued_by", "gender",
            "address.province", "address.district", "address.commune", "address.detail",
        )
    ),
    *(f"respondents.organisation.address.{name}" for name in ("province", "district", "commune", "detail")),
    *(
        f"{path}.{name}"
        for path in ("settlements.remedies.recover", "settlements.remedies.give_back", "enforcements.recovered",
                     "enforcements.returned")
        for name in ("money", "residential_land", "production_land")
    ),
}  # fmt: skip


def _leaves(model: type[BaseModel], path: str = "") -> Iterator[str]:
    for name, field in model.model_fields.items():
        here = f"{path}{name}"
        inner = _model_in(field.annotation)
        if inner is None:
            yield here
        else:
            yield from _leaves(inner, f"{here}.")


def _model_in(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for argument in get_args(annotation) if (found := _model_in(argument)) is not None), None)


def test_every_field_of_the_case_file_is_carried_counted_stated_or_internal(contract: KntcContract) -> None:
    """A new CaseFile field is nowhere until somebody has decided."""
    gaps = contract.file.gaps
    declared = (*gaps.counted, *gaps.stated)

    undecided = {
        leaf
        for leaf in _leaves(CaseFile)
        if leaf not in CARRIED | INTERNAL and not any(f"{leaf}.".startswith(f"{path}.") for path in declared)
    }

    assert undecided == set()


def test_every_declared_gap_is_a_field_of_the_case_file(contract: KntcContract) -> None:
    """A misspelt gap would count nothing."""
    leaves = set(_leaves(CaseFile))
    declared = {*contract.file.gaps.counted, *contract.file.gaps.stated}

    assert {path for path in declared if not any(f"{leaf}.".startswith(f"{path}.") for leaf in leaves)} == set()


def test_nothing_is_both_carried_and_declared_a_gap(contract: KntcContract) -> None:
    """The lists do not contradict each other."""
    assert CARRIED & {*contract.file.gaps.counted, *contract.stated_gaps} == set()


def test_a_withdrawal_is_counted(bare: CaseFile, project: Project) -> None:
    """No message says that a petition was withdrawn."""
    findings = project(bare.model_copy(update={"withdrawal": Withdrawal(withdrawn_on=date(2026, 5, 1))})).findings

    assert findings == (Finding("not_expressible", Level.WARN, "withdrawal"),)


def test_each_extension_and_a_suspension_are_counted(bare: CaseFile, project: Project) -> None:
    """Two extensions are two findings of the acceptance."""
    acceptance = Acceptance(extensions=(Extension(), Extension()), suspension=Suspension())

    findings = project(bare.model_copy(update={"acceptance": acceptance})).findings

    assert [(finding.step, finding.field) for finding in findings] == [
        (Step.ACCEPTANCE, "acceptance.extensions[0]"),
        (Step.ACCEPTANCE, "acceptance.extensions[1]"),
        (Step.ACCEPTANCE, "acceptance.suspension"),
    ]


def test_the_details_of_a_reception_are_one_finding(bare: CaseFile, project: Project) -> None:
    """A part the contract has no room for counts once, not once for each of its fields."""
    reception = Reception(content="Trình bày", result="Hướng dẫn", visitors=3, first_time=False)

    findings = project(bare.model_copy(update={"reception": reception})).findings

    assert findings == (Finding("not_expressible", Level.WARN, "reception"),)


def test_what_a_settlement_leaves_behind_names_the_decision(bare: CaseFile, project: Project) -> None:
    """Two decisions, one of which has figures the wire lacks."""
    settlements = (Settlement(local_key="1"), Settlement(local_key="2", remedies=Remedies(officials_handled=1)))

    findings = project(bare.model_copy(update={"settlements": settlements})).findings

    assert findings == (Finding("not_expressible", Level.WARN, "settlements.remedies", Step.SETTLEMENT, "2"),)


def test_findings_hold_no_value_of_the_case(case: CaseFile, project: Project) -> None:
    """A finding names the place only."""
    loud = case.model_copy(
        update={
            "linked_case": "BÍMẬT1",
            "reception": Reception(content="BÍMẬT2"),
            "petition": Petition(duplicate_of="BÍMẬT3", previous_instance="BÍMẬT4"),
            "respondents": case.respondents * 3,
        }
    )

    assert "BÍMẬT" not in repr(project(loud))
