from collections import Counter

import pytest

from sync_agent.example.chance import seeded
from sync_agent.example.kinds import COMPLAINT, DENUNCIATION, FEEDBACK, MIXED
from sync_agent.example.plan import make_plans
from sync_agent.example.stock import Special


@pytest.mark.parametrize("receipts", [1, 2, 7, 70, 475])
def test_the_receipts_are_exactly_as_many_as_asked_for(receipts: int) -> None:
    """A petition at three agencies counts three times."""
    plans = make_plans(seeded(1), receipts)

    assert sum(len(plan.agencies) for plan in plans) == receipts


def test_every_oddity_occurs_from_64_receipts_on() -> None:
    """70 cases are enough to see everything."""
    plans = make_plans(seeded(1), 64)

    assert {plan.special for plan in plans} == {None, *Special}


def test_kinds_have_the_shares_of_real_life() -> None:
    """About 30 % complaints, 16 % denunciations, 48 % feedback, 6 % mixed."""
    plans = make_plans(seeded(1), 5000)
    kinds = Counter(plan.kind for plan in plans)
    shares = {kind: round(100 * kinds[kind] / len(plans)) for kind in (COMPLAINT, DENUNCIATION, FEEDBACK, MIXED)}

    assert shares == pytest.approx({COMPLAINT: 30, DENUNCIATION: 16, FEEDBACK: 48, MIXED: 6}, abs=2)


def test_the_oldest_come_first_and_a_partner_is_older() -> None:
    """Ids grow with time; a repeated petition or a shared person was there before."""
    plans = make_plans(seeded(1), 800)
    place = {id(plan): position for position, plan in enumerate(plans)}

    assert [plan.age for plan in plans] == sorted((plan.age for plan in plans), reverse=True)
    assert all(place[id(plan.partner)] < place[id(plan)] for plan in plans if plan.partner)


def test_no_petition_repeats_a_repetition() -> None:
    """The screens offer only originals, and each original is repeated at most once."""
    plans = make_plans(seeded(1), 3000)
    partners = [plan.partner for plan in plans if plan.partner and plan.special is None]

    assert partners
    assert all(partner is not None and partner.partner is None for partner in partners)
    assert len({id(partner) for partner in partners}) == len(partners)
