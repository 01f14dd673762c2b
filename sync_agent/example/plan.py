"""What kinds of petitions a database gets, how old they are and how far they have come, before any row is made."""

import random
from dataclasses import dataclass
from typing import Final

from sync_agent.example.chance import likely
from sync_agent.example.kinds import COMPLAINT, DENUNCIATION, FEEDBACK, MIXED, OTHER
from sync_agent.example.organisations import ORGANISATIONS
from sync_agent.example.stock import Special

__all__ = ["ACCEPTED", "ENFORCED", "PROCESSED", "RECEIVED", "SETTLED", "Plan", "make_plans"]

RECEIVED: Final = 0
PROCESSED: Final = 1
ACCEPTED: Final = 2
SETTLED: Final = 3
ENFORCED: Final = 4

_KINDS: Final = (COMPLAINT, DENUNCIATION, FEEDBACK, MIXED)
_SHARES: Final = (30, 16, 48, 6)
_RECEPTION_BOARD: Final = ORGANISATIONS[0].local_id
_SETTLING: Final = tuple(entry.local_id for entry in ORGANISATIONS if entry.settles)
_OLDEST: Final = 720
_USUAL_AGE: Final = 90
_SEVERAL: Final = 0.1
_REPEATED: Final = 0.04
_BOARD_WHEN_SEVERAL: Final = 0.4
_BOARD_ALONE: Final = 0.08
_PER_OTHER_KIND: Final = 400
_PAIRED: Final = frozenset({Special.SHARED_PERSON, Special.LINK_ACROSS})

_ODDITIES: Final[tuple[tuple[Special, int, int, int, bool | None], ...]] = (
    (Special.LEAK, DENUNCIATION, 40, PROCESSED, True),
    (Special.FIELD_CODE, COMPLAINT, 60, ACCEPTED, True),
    (Special.OUTCOME, COMPLAINT, 260, SETTLED, True),
    (Special.CORRUPTION, FEEDBACK, 35, PROCESSED, True),
    (Special.SHARED_PERSON, DENUNCIATION, 210, ACCEPTED, True),
    (Special.SHARED_PERSON, COMPLAINT, 100, ACCEPTED, True),
    (Special.OTHER_KIND, OTHER, 25, RECEIVED, None),
    (Special.ROWS_DISAGREE, COMPLAINT, 50, PROCESSED, None),
    (Special.MISSING_FILE, FEEDBACK, 33, PROCESSED, None),
    (Special.FUTURE_LINE, FEEDBACK, 28, PROCESSED, None),
    (Special.UNDATED_LINE, FEEDBACK, 44, PROCESSED, None),
    (Special.SAME_MOMENT, FEEDBACK, 12, RECEIVED, None),
    (Special.SAME_MOMENT, FEEDBACK, 13, RECEIVED, None),
    (Special.SAME_MOMENT, COMPLAINT, 14, RECEIVED, None),
    (Special.SAME_MOMENT, FEEDBACK, 15, RECEIVED, None),
    (Special.NO_DIRECTION, COMPLAINT, 22, PROCESSED, None),
    (Special.FUTURE_ENFORCEMENT, COMPLAINT, 330, ENFORCED, None),
    (Special.BACK_DATED, COMPLAINT, 18, RECEIVED, None),
    (Special.WITHDRAWN, COMPLAINT, 75, ACCEPTED, None),
    (Special.ODD_AMOUNT, COMPLAINT, 300, ENFORCED, None),
    (Special.LINK_ACROSS, DENUNCIATION, 180, PROCESSED, True),
    (Special.LINK_ACROSS, FEEDBACK, 55, PROCESSED, False),
    (Special.ANONYMOUS_FLAG, FEEDBACK, 65, PROCESSED, None),
    (Special.DECOMPOSED, FEEDBACK, 70, PROCESSED, None),
    (Special.NO_FIELD_CODE, FEEDBACK, 30, RECEIVED, False),
    (Special.OUTCOME, COMPLAINT, 240, SETTLED, False),
    (Special.UNAPPROVED, DENUNCIATION, 48, PROCESSED, True),
    (Special.LEAK, DENUNCIATION, 95, ACCEPTED, True),
    (Special.SHARED_PERSON, DENUNCIATION, 150, PROCESSED, True),
    (Special.SHARED_PERSON, COMPLAINT, 80, PROCESSED, False),
    (Special.CORRUPTION, FEEDBACK, 20, RECEIVED, False),
    (Special.BACK_DATED, FEEDBACK, 16, RECEIVED, None),
)
"""The deliberate oddities, the most telling first: special, kind, age, stage, summary."""


@dataclass(slots=True, eq=False)
class Plan:
    """One petition to make. `age` is in days; `agencies[0]` has the original receipt, the others a transfer.

    `stage` None lets age and chance decide; `summary` None lets chance decide whether a protected petition has one.
    `partner` is an older petition: the one repeated, or whose person row is used again.
    """

    kind: int
    age: int
    agencies: tuple[int, ...]
    special: Special | None = None
    stage: int | None = None
    summary: bool | None = None
    partner: "Plan | None" = None


def make_plans(rng: random.Random, receipts: int) -> list[Plan]:
    """Return plans with exactly `receipts` receipts, oldest first. Oddities take at most half of them."""
    plans = _specials(rng, receipts)
    free = receipts - len(plans)
    while free > 0:
        plan = _usual(rng, free)
        plans.append(plan)
        free -= len(plan.agencies)
    plans.sort(key=lambda plan: -plan.age)
    _repeat(rng, plans)
    return plans


def _usual(rng: random.Random, free: int) -> Plan:
    kind = rng.choices(_KINDS, _SHARES)[0]
    age = round(rng.triangular(1, _OLDEST, _USUAL_AGE))
    several = likely(rng, _SEVERAL)
    wanted = rng.choice((2, 2, 2, 2, 3)) if several else 1
    agencies = rng.sample(_SETTLING, min(wanted, free))
    if likely(rng, _BOARD_WHEN_SEVERAL if several else _BOARD_ALONE):
        agencies[0] = _RECEPTION_BOARD
    return Plan(kind, age, tuple(agencies))


def _repeat(rng: random.Random, plans: list[Plan]) -> None:
    """Let some petitions repeat an older one of their kind; an original is never a repetition itself."""
    originals: dict[int, list[Plan]] = {kind: [] for kind in _KINDS}
    for plan in plans:
        if plan.special is not None:
            continue
        known = originals[plan.kind]
        if known and likely(rng, _REPEATED):
            plan.partner = known.pop(rng.randrange(len(known)))
        else:
            known.append(plan)


def _specials(rng: random.Random, receipts: int) -> list[Plan]:
    plans: list[Plan] = []
    for special, kind, age, stage, summary in _ODDITIES:
        partner = plans[-1] if special in _PAIRED and kind != DENUNCIATION else None
        plans.append(Plan(kind, age, (rng.choice(_SETTLING),), special, stage, summary, partner))
    more = [30 + 11 * number % _OLDEST for number in range(receipts // _PER_OTHER_KIND)]
    plans.extend(Plan(OTHER, age, (rng.choice(_SETTLING),), Special.OTHER_KIND, RECEIVED) for age in more)
    return plans[: receipts // 2]
