"""A whole agent on a small local database, with a scripted national side and a clock that tests turn."""

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
    """Return a house in demo mode with cautious capabilities and a signed policy."""
    return make_house()
