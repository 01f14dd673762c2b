"""Decides once more, on this side of the gate, that no identity of a protected case can reach a message.

The gate is the one who decides; what it might let through by a loosened policy is still not carried here.
"""

from sync_agent.domain.casefile import CaseFile, Petitioners

__all__ = ["closed"]


def closed(case: CaseFile) -> CaseFile:
    """Return `case` without what a message of a protected case never carries (Law on Denunciations, Art. 56)."""
    petitioners = case.petitioners or Petitioners()
    return case.model_copy(
        update={
            "linked_case": None,
            "reception": None,
            "petition": case.petition
            and case.petition.model_copy(update={"content": None, "forwarded_by": None, "place": None}),
            "petitioners": petitioners.model_copy(update={"people": (), "organisation": None}),
            "respondents": (),
            "representative": None,
            "prior_settlements": (),
            "attachments": (),
            "processing": case.processing
            and case.processing.model_copy(
                update={"officer": None, "approver": None, "summary": None, "reason": None, "document": None}
            ),
            "acceptance": case.acceptance
            and case.acceptance.model_copy(update={"approver": None, "document": None, "document_no": None}),
            "settlements": tuple(
                settlement.model_copy(
                    update={
                        "decision_no": None,
                        "document": None,
                        "summary": None,
                        "people_handled": (),
                        "organisations_handled": (),
                    }
                )
                for settlement in case.settlements
            ),
        }
    )
