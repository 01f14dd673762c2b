"""How a service ends: nobody waits for it in vain, and it waits for nobody outside."""

import os
import signal
from concurrent.futures import CancelledError
from contextlib import nullcontext
from dataclasses import dataclass, field
from threading import Thread

import pytest

from sync_agent.audit import StoredCheckpoint
from sync_agent.national import WireRequest
from sync_agent.service import Manager, Service, Task
from tests.support.houses import House

PATIENCE = 60


@dataclass
class Place:
    """A place outside that notes what was brought."""

    name: str = "place"
    remote: bool = True
    taken: list[str] = field(default_factory=list)

    def take(self, head: StoredCheckpoint) -> None:
        """Take a head."""
        self.taken.append(head.reason)


def test_a_task_that_was_taken_just_as_the_signal_came_is_not_waited_for(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is no longer in the queue, so nobody lets go of it; whoever asked must see that by himself."""
    monkeypatch.setattr("sync_agent.service.serve._PULSE", 0.01)
    service, ended = Service(lambda: nullcontext(house.agent), Manager(None)), list[type[BaseException]]()

    def ask() -> None:
        try:
            service._ask(Task.PASS)
        except CancelledError as error:
            ended.append(type(error))

    thread = Thread(target=ask, daemon=True)
    thread.start()
    service._asked.get()
    with pytest.raises(KeyboardInterrupt):
        service._end(signal.SIGINT, None)
    service._take_leave()
    thread.join(PATIENCE)
    assert ended == [CancelledError]


def test_a_service_that_is_told_to_end_takes_no_head_outside(house: House) -> None:
    """A place that does not answer would keep it from ending in time; the next start takes the head there."""
    place = Place()
    assert house.agent.ledger.heads is not None
    house.agent.ledger.heads.channels = (place,)

    def ends(_request: WireRequest) -> None:
        if not house.gateway.sent:
            house.clock.move(hours=12)  # so that a head is due there
            os.kill(os.getpid(), signal.SIGINT)

    house.gateway.before = ends
    Service(lambda: nullcontext(house.agent), Manager(None)).run()
    reasons = [reason for (reason,) in house.select("SELECT reason FROM audit_checkpoint ORDER BY number")]
    assert (place.taken, reasons[-2:]) == (["start"], ["run", "stop"])


def test_the_next_start_takes_out_what_the_end_left(house: House) -> None:
    """Nothing else is lost by it."""
    place = Place()
    assert house.agent.ledger.heads is not None
    house.agent.ledger.heads.channels = (place,)
    for _ in range(2):
        house.gateway.before = lambda _: os.kill(os.getpid(), signal.SIGINT)
        Service(lambda: nullcontext(house.agent), Manager(None)).run()
        house.clock.move(hours=12)
        house.local.touch(1)
    assert place.taken[:2] == ["start", "start"]
