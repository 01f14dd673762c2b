"""Tasks that were not done when they were due: counted at once, in the log at once, then once an hour."""

from sync_agent.service.disturbances import Disturbances
from sync_agent.service.schedule import Disturbance
from sync_agent.service.state import ServiceState
from tests.support.houses import House


def told(house: House) -> list[tuple[str | None, str | None, int]]:
    """Return what the log says of them: how, which task, how many times."""
    entries = [entry for entry in house.entries() if entry.event == "schedule_disturbed"]
    return [(entry.new_state, entry.reason, (entry.counts or {})["times"]) for entry in entries]


def test_the_first_is_recorded_at_once_and_the_rest_of_the_hour_together(house: House) -> None:
    """A pass of an hour is due again sixty times meanwhile."""
    state = ServiceState()
    disturbances, ledger = Disturbances(state), house.agent.ledger
    for _ in range(60):
        disturbances.hear("pass", Disturbance.STILL_BUSY)
        disturbances.record(ledger)
        house.clock.move(minutes=1)
    disturbances.hear("full_scan", Disturbance.MISSED)
    disturbances.record(ledger)
    assert told(house) == [("still_busy", "pass", 1), ("still_busy", "pass", 59), ("missed", "full_scan", 1)]
    assert state.jobs_failed == {"pass.still_busy": 60, "full_scan.missed": 1}


def test_without_any_nothing_is_written(house: House) -> None:
    """The service asks after each thing it does."""
    before = house.events()
    Disturbances(ServiceState()).record(house.agent.ledger)
    assert house.events() == before
