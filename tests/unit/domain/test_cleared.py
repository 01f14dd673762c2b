from sync_agent.domain.casefile import CaseFile
from sync_agent.domain.cleared import ClearedCase


def test_a_cleared_case_shows_no_value() -> None:
    """Its repr tells the policy and the protection, nothing of the case."""
    assert repr(ClearedCase(CaseFile(case_key="1"), True, "ab")) == "ClearedCase(protected=True, policy='ab')"
