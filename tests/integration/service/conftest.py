"""Houses for the service: an agent on a ledger in a file, a scripted national side, a clock that tests turn."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.houses import SECRET_ENV, House, Houses


@pytest.fixture
def make_house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Houses]:
    """Yield what builds houses."""
    monkeypatch.setenv(SECRET_ENV, "bí-mật-thử")
    houses = Houses(tmp_path)
    with houses.stack:
        yield houses


@pytest.fixture
def house(make_house: Houses) -> House:
    """Return a house in demo mode with a signed policy, one worker, and three cases to send."""
    house = make_house(workers=1)
    for number in (1, 2, 3):
        house.local.case(number)
    return house
