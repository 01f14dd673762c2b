"""Processes killed between the tree, the signature, the places outside and the key: the next start always goes on."""

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pytest

from sync_agent.audit import CheckpointReason, Event, KeyFile, head, recompute_root, sign_head
from sync_agent.ledger import HeadFile, HeadKeeper, heads
from sync_agent.ledger.verification import verify
from tests.support.houses import House, Houses

ANCHORED = """
[audit]
checkpoint_entries = 5
[[audit.anchors]]
name = "volume"
kind = "file"
folder = "volume"
remote = true
"""


@pytest.fixture
def house(make_house: Houses, tmp_path: Path) -> House:
    """Return a house whose log has a head, with more to do."""
    (tmp_path / "house" / "volume").mkdir(parents=True)
    made = make_house(page=50, workers=1, extra=ANCHORED)
    made.local.case(1)
    made.sync()
    made.clock.move(hours=9)
    made.local.full(2)
    return made


def die(*_: object, **__: object) -> NoReturn:
    """End this process as a power cut would."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("still alive")


def after(real: Callable[..., Any]) -> Callable[..., Any]:
    """Return what does as `real` does and dies."""

    def done(*args: Any, **named: Any) -> NoReturn:
        real(*args, **named)
        die()

    return done


def killed(house: House, owner: Any, name: str, fault: Any, act: Callable[[], object]) -> bool:
    """Let a child do something with one of the agent's functions replaced; tell whether it was killed there."""
    house.agent.ledger.engine.dispose()
    child = os.fork()
    if child == 0:
        setattr(owner, name, fault)
        act()
        os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def goes_on(house: House) -> None:
    """See that the next passes work, nothing went up twice, and log, heads and ledger tell one story."""
    again = house.reopened()
    again.sync()
    again.clock.move(hours=9)
    again.sync()
    with again.agent.ledger.read() as connection:
        assert recompute_root(connection) == head(connection)
    found = verify(again.agent.ledger)
    assert (found.tampered, found.unsigned < 5) == (False, True)


@pytest.mark.parametrize(
    ("owner", "name", "fault"),
    [
        pytest.param(HeadKeeper, "sign", die, id="tree committed, head not signed"),
        pytest.param(heads, "sign_head", after(sign_head), id="head signed, not committed"),
        pytest.param(HeadKeeper, "take_out", die, id="head committed, taken nowhere"),
        pytest.param(heads, "keep_attempts", die, id="taken outside, not recorded"),
        pytest.param(HeadFile, "keep", die, id="before the head in the state folder"),
        pytest.param(HeadFile, "keep", after(HeadFile.keep), id="after the head in the state folder"),
        pytest.param(HeadFile, "note", die, id="before the head of an intent"),
        pytest.param(HeadFile, "note", after(HeadFile.note), id="after the head of an intent"),
    ],
)
def test_a_pass_killed_around_a_head_is_no_refusal(house: House, owner: Any, name: str, fault: Any) -> None:
    """Whatever was committed stays; what was not is done again."""
    assert killed(house, owner, name, fault, house.sync)
    goes_on(house)


@pytest.mark.parametrize(
    ("owner", "name", "fault", "rotated"),
    [
        pytest.param(KeyFile, "prepare", after(KeyFile.prepare), 0, id="new key made"),
        pytest.param(heads, "sign_head", after(sign_head), 0, id="named in the log, not committed"),
        pytest.param(KeyFile, "advance", die, 1, id="committed, the old key in place"),
        pytest.param(KeyFile, "_publish", after(KeyFile._publish), 1, id="published, the old key in place"),
        pytest.param(KeyFile, "advance", after(KeyFile.advance), 1, id="in place, nothing signed by it"),
    ],
)
def test_a_rotation_killed_on_its_way_is_no_refusal(
    house: House, owner: Any, name: str, fault: Any, rotated: int
) -> None:
    """Before the commit it never was; after it the next start puts the new key in its place."""
    keeper = house.agent.ledger.heads
    assert keeper is not None
    old = keeper.key.load().verifier
    keeper.sign_if_due(house.agent.ledger, CheckpointReason.HOUR)
    assert killed(house, owner, name, fault, lambda: keeper.rotate(house.agent.ledger, "os:lan"))
    goes_on(house)
    named = [entry for entry in house.entries() if entry.event is Event.KEY_ROTATED]
    assert (len(named) - 1, keeper.key.load().verifier != old) == (rotated, bool(rotated))
