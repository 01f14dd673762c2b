"""A day and a night of the service, with people, faults and other settings: what `make soak` does for weeks."""

from pathlib import Path

from tests.chaos.soak import Soak


def test_a_day_and_a_night_of_the_service(tmp_path: Path) -> None:
    """All tasks were done, one person was answered, and nothing is lost or there twice."""
    with Soak.set_up(tmp_path, cases=10, seed=3, every=3600, step=3600) as soak:
        soak.run(minutes=2, days=1.1)
        soak.judge()
    assert soak.violations == []
    done = soak.figures["tasks"]
    assert {"pass", "checkpoint", "full_scan", "housekeeping", "backup"} <= set(done)
    assert (soak.figures["backups"], soak.figures["requests"], soak.figures["lost"]) == (1, 1, 0)
