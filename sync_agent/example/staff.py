"""Who works on the petitions: the same invented people in every database, "name - position" as the columns hold it.

Their names share no word with the summaries of protected petitions: they stand in every case.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sync_agent.example.chance import seeded
from sync_agent.example.names import FEMALE, MALE, Names
from sync_agent.example.organisations import ORGANISATIONS
from sync_agent.example.redaction import VOCABULARY

__all__ = ["POSITIONS", "STAFF", "STAFF_NAMES", "Staff"]

POSITIONS: Final = (
    "Chuyên viên",
    "Trưởng phòng",
    "Giám đốc",
    "Chủ tịch",
    "Phó Giám đốc",
    "Phó Chủ tịch",
    "Chánh Thanh tra",
)


@dataclass(frozen=True, slots=True)
class Staff:
    """The people of one organisation; `user` is the portal id of the officer."""

    officer: str
    approver: str
    leader: str
    deputy: str
    user: int


def _hired() -> Mapping[int, Staff]:
    rng = seeded(1)
    names = Names(rng)

    def named(position: str) -> str:
        return f"{names.draw(rng.choice((MALE, FEMALE)), avoid=VOCABULARY)} - {position}"

    hired = {}
    for entry in ORGANISATIONS:
        committee = entry.name.startswith("Ủy ban")
        head, second = ("Chủ tịch", "Phó Chủ tịch") if committee else ("Giám đốc", "Phó Giám đốc")
        head = "Chánh Thanh tra" if entry.name.startswith("Thanh tra") else head
        hired[entry.local_id] = Staff(
            named("Chuyên viên"), named("Trưởng phòng"), named(head), named(second), 20000 + entry.local_id
        )
    return hired


STAFF: Final = _hired()
"""The staff by local organisation id."""

STAFF_NAMES: Final = frozenset(
    text.split(" - ")[0]
    for staff in STAFF.values()
    for text in (staff.officer, staff.approver, staff.leader, staff.deputy)
)
