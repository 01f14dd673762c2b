"""The five steps in which a case goes up, in their order."""

from enum import StrEnum

__all__ = ["MINTING", "STEP_ORDER", "Step"]


class Step(StrEnum):
    """One kind of message of a case."""

    CASE = "case"  # vụ việc
    PROCESSING = "processing"  # kết quả xử lý
    ACCEPTANCE = "acceptance"  # thụ lý
    SETTLEMENT = "settlement"  # kết quả giải quyết
    ENFORCEMENT = "enforcement"  # thi hành


STEP_ORDER: dict[Step, int] = {step: position for position, step in enumerate(Step)}

MINTING: frozenset[Step] = frozenset({Step.CASE, Step.SETTLEMENT, Step.ENFORCEMENT})
"""The steps for which the national side mints an Id of their own."""
