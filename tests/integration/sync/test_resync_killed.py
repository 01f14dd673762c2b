"""A re-sync of hundreds of messages whose process is killed five times in the middle finishes, in effect once."""

import os
import signal
from collections import Counter
from collections.abc import Callable

import pytest

from sync_agent.audit import Event, head, recompute_root
from sync_agent.ledger import Selection, verify
from sync_agent.sync import resync
from tests.support.faults import Faults, PaperGateway, on_paper
from tests.support.houses import House, Houses

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="kills a forked process")

CASES = 240
KILLED_AFTER = (3, 40, 95, 130, 160)
"""Places a process goes through before it dies: a commit, or before or after a send."""


def die() -> None:
    """Do what a power cut does."""
    os.kill(os.getpid(), signal.SIGKILL)


def killed(house: House, paper: PaperGateway, at: int, work: Callable[[], object]) -> bool:
    """Work in a child that dies at a place; tell whether it got that far."""
    house.agent.ledger.engine.dispose()
    child = os.fork()
    if child == 0:
        paper.faults = Faults(at, die, inside=False)
        with paper.faults.on(house.agent.ledger.engine):
            work()
        os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def sent_again(house: House) -> None:
    """Have every message sent again."""
    resync(house.agent, Selection(everything=True), reason="asked", actor="os:lan")


def left(house: House) -> int:
    """Return how many messages are marked still."""
    return int(house.select("SELECT count(*) FROM message WHERE forced IS NOT NULL")[0][0])


def test_it_finishes_in_effect_once(make_house: Houses) -> None:
    """No record is made, each message is acknowledged once for it, and the log is whole."""
    house, paper = on_paper(make_house(page=100, workers=4, extra="[guards]\nvolume_min = 1000\n"))
    for number in range(1, CASES + 1):
        house.local.case(number)
    house.sync()
    ids = house.select("SELECT id, ack_id, ack_digest FROM message ORDER BY id")
    paper.begin(Faults(), paper.written())
    made = len(paper.arrivals())

    def work() -> None:
        sent_again(house) if left(house) == 0 else house.sync()

    for at in KILLED_AFTER:
        assert killed(house, paper, at, work)
        assert left(house) > 0 or at == KILLED_AFTER[0]
        house.clock.move(minutes=30)
    if left(house) == 0:
        sent_again(house)
    for _ in range(3):
        house.clock.move(minutes=30)
        house.sync()

    assert left(house) == 0
    assert set(house.states().values()) == {"acknowledged"}
    assert len(paper.arrivals()) == made == CASES, "no record was made by it"
    assert house.select("SELECT id, ack_id, ack_digest FROM message ORDER BY id") == ids
    forced = [entry for entry in house.entries() if entry.forced is not None]
    accepted = Counter(entry.subject for entry in forced if entry.event is Event.ACCEPTED)
    assert (len(accepted), set(accepted.values())) == (CASES, {1}), "each was acknowledged once for it"
    assert CASES <= len(paper.updates()) <= CASES + 4 * len(KILLED_AFTER), "only what was on its way went twice"
    with house.agent.ledger.read() as connection:
        assert head(connection) == recompute_root(connection)
    assert not verify(house.agent.ledger).findings.listed
