"""A resync that a service marks: what its own passes do before the command looks is told by the command as well."""

from sync_agent.ledger import Selection
from sync_agent.sync import claim, resync, send_again
from tests.support.houses import Houses


def test_what_a_pass_did_in_between_is_told(make_house: Houses) -> None:
    """One went up again, one is held: a person has to look, and the command says so."""
    house = make_house(workers=1)
    house.local.case(1)
    house.local.case(2)
    house.local.insert("tep", vu_viec=2, ten="đơn.pdf", duong_dan="don.pdf")
    house.sync()
    claim(house.agent)
    report = resync(house.agent, Selection(everything=True), reason="asked", actor="os:lan", held=True)
    house.sync(held=True)
    told = send_again(house.agent, report, lambda _: house.sync(held=True))
    assert (told.marked, told.acknowledged, dict(told.dropped), dict(told.left)) == (2, 1, {"file_missing": 1}, {})
