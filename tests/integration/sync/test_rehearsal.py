"""A rehearsal does all but send and write: what would go up, and nothing of it has happened."""

from collections import Counter
from pathlib import Path

from sync_agent.sync import rehearse
from tests.support.houses import House, Houses
from tests.support.ledgers import ON_BOTH


def bytes_of(folder: Path) -> dict[str, bytes]:
    """Return every file of the state folder; the index of the journal is SQLite's own business."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if not path.name.endswith("-shm")}


@ON_BOTH
def test_a_rehearsal_says_what_would_go_up(house: House) -> None:
    """Per case and step, creates and updates apart."""
    house.local.full(1)
    house.sync()
    house.local.change(1, noi_dung="Mới")
    house.local.case(2)
    plan = rehearse(house.agent).plan
    assert plan is not None
    assert [(row.case_key, row.step, row.update) for row in plan.rows] == [("V1", "case", True), ("V2", "case", False)]
    assert Counter(plan.counts) == {"case.update": 1, "case.create": 1}


def test_a_rehearsal_leaves_the_ledger_as_it_is(house: House) -> None:
    """Not a byte of its file changes, and nothing is sent."""
    house.local.full(1)
    house.sync()
    house.local.change(1, noi_dung="Mới")
    state = house.agent.settings.state
    before = bytes_of(state)
    rehearse(house.agent)
    assert bytes_of(state) == before
    assert len(house.gateway.sent) == 6


@ON_BOTH
def test_a_rehearsal_before_the_first_pass_shows_everything(house: House) -> None:
    """An empty ledger is rehearsed like any other."""
    house.local.case(1)
    plan = rehearse(house.agent).plan
    assert plan is not None
    assert [row.case_key for row in plan.rows] == ["V1"]
    assert house.states() == {}


def test_a_rehearsal_of_named_cases_shows_only_them(house: House) -> None:
    """As a pass over them would."""
    house.local.case(1)
    house.local.case(2)
    plan = rehearse(house.agent, keys=["V2"]).plan
    assert plan is not None
    assert [row.case_key for row in plan.rows] == ["V2"]


def test_the_same_content_has_the_same_digest(house: House) -> None:
    """However often it is rehearsed."""
    house.local.full(1)
    digests = {rehearse(house.agent).plan.digest for _ in range(3)}  # type: ignore[union-attr]  # a rehearsal has one
    assert len(digests) == 1


def test_other_content_has_another_digest(house: House) -> None:
    """A single letter is enough."""
    house.local.case(1)
    first = rehearse(house.agent).plan
    house.local.change(1, noi_dung="Nội dung 1.")
    second = rehearse(house.agent).plan
    assert first is not None
    assert second is not None
    assert first.digest != second.digest


def test_a_rehearsal_does_not_wait_to_settle(make_house: Houses) -> None:
    """It shows what a pass would plan, also what will be read a second time before it goes."""
    house = make_house(settle=120)
    house.local.case(1)
    plan = rehearse(house.agent).plan
    assert plan is not None
    assert len(plan.rows) == 1


def test_a_rehearsal_needs_no_lock(house: House) -> None:
    """It can be asked for while a pass runs."""
    house.local.case(1)
    plans: list[int] = []

    def look(_: object) -> None:
        plan = rehearse(house.agent).plan
        plans.append(len(plan.rows) if plan else -1)

    house.gateway.before = look
    house.sync()
    assert plans == [0]
    assert house.state("V1") == "acknowledged"
