"""A CaseFile that has passed the gate: the only thing a contract may project."""

from dataclasses import dataclass, field

from sync_agent.domain.casefile import CaseFile

__all__ = ["ClearedCase"]


@dataclass(frozen=True, slots=True)
class ClearedCase:
    """`case` holds only what the policy lets through; `protected` tells whether an identity was withheld."""

    case: CaseFile = field(repr=False)
    protected: bool
    policy: str  # digest of the policy that let it through
