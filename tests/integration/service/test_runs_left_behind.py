"""A run that ends badly leaves nothing to the next one: neither its name in the log, nor a run half open."""

import pytest

from sync_agent.errors import ConfigError
from sync_agent.ledger import Ledger
from sync_agent.sync import EmptyPasses, claim
from tests.support.houses import House


def tick(house: House) -> None:
    """Make a pass as the service does."""
    house.sync(held=True, empty=EmptyPasses())


def test_a_head_that_cannot_be_kept_spoils_no_later_pass(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next one has a run of its own, or none."""

    def full(_ledger: Ledger) -> None:
        raise ConfigError("the head cannot be kept")

    house.sync(full=True)
    claim(house.agent)
    house.local.case(4)
    with monkeypatch.context() as patched:
        patched.setattr(Ledger, "keep_head", full)
        with pytest.raises(ConfigError):
            tick(house)
    before = len(house.entries())
    house.local.case(5)
    tick(house)
    (run,) = {entry.run for entry in house.entries()[before:]}
    assert house.events()[before] == "run_started"
    assert run == house.select("SELECT 'run-' || max(id) FROM run")[0][0]
