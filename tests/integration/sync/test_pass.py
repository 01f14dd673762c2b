"""What one pass does, seen from the ledger and from the national side."""

from tests.support.houses import House
from tests.support.ledgers import ON_BOTH

pytestmark = ON_BOTH


def test_a_case_goes_up_in_the_order_of_its_steps(house: House) -> None:
    """Case first, then processing and acceptance, both decisions, and the enforcement after its decision."""
    house.local.full(1)
    house.sync()
    steps = ["case", "processing", "acceptance", "settlement", "settlement", "enforcement"]
    assert [(step, False) for step in steps] == house.gateway.steps
    assert set(house.states().values()) == {"acknowledged"}


def test_a_second_pass_sends_nothing(house: House) -> None:
    """What the national side has acknowledged is not sent again."""
    house.local.full(1)
    house.sync()
    house.sync()
    assert len(house.gateway.sent) == 6
