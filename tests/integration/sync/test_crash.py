"""A process killed at any moment: nothing is made twice, nothing is lost, and the log stays whole.

A child is killed (SIGKILL) at the borders of every transaction on the ledger and before and after every send, once
also between the statements. What arrived is on paper outside of it. The next passes and a person settle the rest.
"""

import os
import signal
from collections.abc import Callable

import pytest

from sync_agent.audit import head, recompute_root
from sync_agent.domain.steps import Step
from sync_agent.sync import resolve
from tests.support.faults import Faults, PaperGateway, Snapshot, on_paper
from tests.support.houses import House, Houses

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="kills a forked process")

LOOKUP = '"lookup" = "contains"'


def die() -> None:
    """Do what a power cut does."""
    os.kill(os.getpid(), signal.SIGKILL)


def killed(house: House, paper: PaperGateway, faults: Faults) -> bool:
    """Run a pass in a child that dies at its place number `faults.at`; tell whether it got that far."""
    house.agent.ledger.engine.dispose()
    child = os.fork()
    if child == 0:
        paper.faults = faults
        with paper.faults.on(house.agent.ledger.engine):
            house.sync()
        os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def at_every_place(
    house: House, paper: PaperGateway, check: Callable[[], list[str]], *, inside: bool, stride: int = 1
) -> tuple[list[str], int]:
    """Kill a pass at each of its places and go on from there; return what was wrong, and how many places there are."""
    snapshot, sheet = Snapshot.of(house), paper.written()
    wrong: list[str] = []
    at = 1 - stride
    while True:
        at += stride
        snapshot.restore()
        paper.begin(Faults(), sheet)
        if not killed(house, paper, Faults(at, die, inside=inside)):
            return wrong, at
        goes_on(house, paper)
        wrong += [f"{at}: {what}" for what in check()]


def goes_on(house: House, paper: PaperGateway) -> None:
    """Run passes, with a person who settles what no look-up can, until everything is done."""
    for _ in range(4):
        house.clock.move(minutes=30)
        house.sync()
        if set(house.states().values()) == {"acknowledged"}:
            return
        for (key, step, local_key), state in house.states().items():
            if state == "uncertain":
                settle(house, paper, key, Step(step), local_key)


def settle(house: House, paper: PaperGateway, key: str, step: Step, local_key: str) -> None:
    """Look at the paper, as a person looks into the national database, and say what is there."""
    case_id = house.message(key).ack_id or ""
    wanted = [case_id]
    if step is Step.SETTLEMENT:
        wanted.append(f"{local_key}/QĐ")
    if step is Step.ENFORCEMENT:
        wanted.append(house.message(key, "settlement", house.message(key, step, local_key).parent_key).ack_id or "")
    found = [each.national_id for each in paper.arrivals() if each.step == step and list(each.of) == wanted]
    brings = step in {Step.SETTLEMENT, Step.ENFORCEMENT}
    arrived = (found[0] if brings else case_id) if found else None
    resolve(house.agent, key, step, local_key=local_key, arrived=arrived, actor="os:lan")


def faults_of(house: House, paper: PaperGateway, records: int) -> list[str]:
    """Return what is not as it should be once everything is done."""
    arrivals = paper.arrivals()
    made = [(each.step, each.of) for each in arrivals]
    ids = {row for (row,) in house.select("SELECT ack_id FROM message WHERE ack_id IS NOT NULL")}
    with house.agent.ledger.read() as connection:
        whole = recompute_root(connection) == head(connection)
    checks = {
        "not everything is acknowledged": set(house.states().values()) == {"acknowledged"},
        "something was made twice": len(made) == len(set(made)),
        "something was lost": len(set(made)) == records,
        "an Id is stored that nobody minted": ids <= {each.national_id for each in arrivals},
        "the log is not whole": whole,
    }
    return [what for what, right in checks.items() if not right]


def test_a_first_pass_killed_anywhere_makes_each_record_once(make_house: Houses) -> None:
    """Two cases with all their steps: twelve records, whatever happened."""
    house, paper = on_paper(make_house(page=50, capabilities=LOOKUP))
    house.local.full(1)
    house.local.full(2)
    wrong, places = at_every_place(house, paper, lambda: faults_of(house, paper, 12), inside=False)
    assert (wrong, places > 50) == ([], True)


def test_a_pass_of_changes_and_doubts_killed_anywhere_loses_nothing(make_house: Houses) -> None:
    """One case was changed, one has a new step, one is to be adopted and one to be sent again."""
    house, paper = on_paper(make_house(page=50, workers=1, capabilities=LOOKUP))
    for number in (1, 2):
        house.local.case(number)
    house.sync()
    for number, lost in ((3, "before"), (4, "after")):
        house.local.case(number)
        lose_one(house, paper, lost)
    house.sync(limit=0)
    assert sorted(house.states().values()) == ["acknowledged", "acknowledged", "uncertain", "uncertain"]
    house.local.change(1, noi_dung="Nội dung mới")
    house.local.decided(2, 21)
    house.clock.move(minutes=30)
    wrong, places = at_every_place(
        house, paper, lambda: faults_of(house, paper, 5) + lost_update(paper), inside=True, stride=2
    )
    assert (wrong, places > 50) == ([], True)


def lose_one(house: House, paper: PaperGateway, when: str) -> None:
    """Have a worker die before or after a message arrived."""

    def broken(place: str) -> None:
        if place == when:
            raise RuntimeError("the machine was switched off")

    paper.around = broken
    with pytest.raises(RuntimeError):
        house.sync()
    paper.around = lambda _: None


def lost_update(paper: PaperGateway) -> list[str]:
    """Tell whether the change went up; an update may be sent twice, it makes no record."""
    return [] if "case" in paper.updates() else ["the change was lost"]
