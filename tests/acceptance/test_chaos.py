"""Everything at once, for a short while: what `make chaos` does for minutes."""

from pathlib import Path

import pytest

from tests.chaos.chaos import CAPABILITIES, Chaos

KILLS, CASES, SEED = 6, 20, 5


@pytest.mark.parametrize("capabilities", ["cautious", "known"])
def test_nothing_is_lost_twice_or_invented_under_everything_at_once(tmp_path: Path, capabilities: str) -> None:
    """Killed, interrupted, taken over, lied to, disturbed: at rest both sides agree and the log holds."""
    chaos = Chaos.set_up(tmp_path, CAPABILITIES[capabilities], cases=CASES, seed=SEED)
    try:
        chaos.run(KILLS, other_ids=False)
    finally:
        chaos.station.close()
    assert chaos.violations == []
    assert (chaos.figures["killed"], chaos.figures["compared"] > CASES) == (KILLS, True)
