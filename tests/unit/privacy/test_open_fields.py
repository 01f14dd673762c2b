from sync_agent.privacy import Policy
from sync_agent.privacy.paths import STRUCTURAL, leaf_paths
from sync_agent.privacy.policy import NEVER_OPEN

AMOUNTS = ("money", "residential_land", "production_land")
SIDES = (
    "recover",
    "recover_state",
    "recover_organisation",
    "recover_individual",
    "give_back",
    "give_back_state",
    "give_back_organisation",
    "give_back_individual",
)

OPEN_WHEN_PROTECTED = {
    "agency",
    "kind",
    "classifications",
    "reception.received_on",
    "petition.received_on",
    "petition.source",
    "petition.eligible",
    "petition.redacted_summary",
    "processing.direction",
    "processing.agency",
    "processing.next_agency",
    "processing.processed_on",
    "processing.officer_role",
    "processing.approver_role",
    "acceptance.agency",
    "acceptance.accepted_on",
    "acceptance.approver_role",
    "settlements.agency",
    "settlements.issued_on",
    "settlements.outcome",
    "settlements.form",
    *(f"settlements.remedies.{side}.{amount}" for side in SIDES for amount in AMOUNTS),
    "settlements.remedies.people_restored",
    "settlements.remedies.people_handled",
    "settlements.remedies.officials_handled",
    "settlements.remedies.fines",
    "settlements.remedies.cases_to_investigation",
    "settlements.remedies.people_to_investigation",
    "enforcements.agency",
    *(f"enforcements.{side}.{amount}" for side in ("recovered", "returned") for amount in AMOUNTS),
    "enforcements.people_handled",
    "enforcements.organisations_handled",
    "enforcements.property_value",
    "enforcements.fines",
    "enforcements.prosecuted",
}

CLOSED_WHEN_UNPROTECTED = {
    "changed_at",
    "protection_requested",
    "petitioners.protected",
    "attachments.confidential",
    *(
        f"{person}.{field}"
        for person in ("petitioners.people", "respondents.person", "representative.person")
        for field in ("birth_date", "ethnicity", "occupation", "workplace", "phone", "email")
    ),
    "petitioners.people.position",
    "representative.person.position",
}


def test_what_passes_of_a_protected_case(policy: Policy) -> None:
    """Opening or closing one field for protected cases is a decision that this test must be told of."""
    assert policy.open_paths(protected=True) == OPEN_WHEN_PROTECTED


def test_what_does_not_pass_of_an_unprotected_case(policy: Policy) -> None:
    """Every other leaf of the CaseFile was opened on purpose; a new one stands here until it is."""
    everything = set(leaf_paths()) - STRUCTURAL
    assert everything - policy.open_paths(protected=False) == CLOSED_WHEN_UNPROTECTED


def test_what_no_policy_can_open_exists() -> None:
    """A field renamed in the CaseFile does not fall out of what the law keeps closed."""
    assert [
        closed for closed in NEVER_OPEN if not any(f"{path}.".startswith(f"{closed}.") for path in leaf_paths())
    ] == []
