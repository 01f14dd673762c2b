"""The five steps in which a case goes up, in their order."""

from enum import StrEnum

__all__ = ["STEP_ORDER", "Step"]


class Step(StrEnum):
    """One kind of message of a case."""

    CASE = "case"  # vụ việc
    PROCESSING = "processing"  # kết quả xử lý
    ACCEPTANCE = "acceptance"  # thụ lý
    SETTLEMENT = "settlement"  # kết quả giải quyết
    ENFORCEMENT = "enforcement"  # thi hành


STEP_ORDER: dict[Step, int] = {step: position for position, step in enumerate(Step)}
