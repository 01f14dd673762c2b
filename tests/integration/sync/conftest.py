"""A whole agent on a small local database, with a scripted national side and a clock that tests turn."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.houses import SECRET_ENV, House, Houses
from tests.support.servers import POSTGRES, fresh_database


@pytest.fixture
def database(request: pytest.FixtureRequest) -> str:
    """Return which database keeps the ledgers: a file, unless the test is marked with ON_BOTH."""
    return str(getattr(request, "param", "sqlite"))


@pytest.fixture
def ledger(database: str) -> Iterator[str]:
    """Yield the address of the ledger of each house, "" for a file in its state folder."""
    if database == "sqlite":
        yield ""
    else:
        with fresh_database(POSTGRES) as url:
            yield url


@pytest.fixture
def make_house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ledger: str) -> Iterator[Houses]:
    """Yield what builds houses."""
    monkeypatch.setenv(SECRET_ENV, "bí-mật-thử")
    houses = Houses(tmp_path, ledger=ledger)
    with houses.stack:
        yield houses


@pytest.fixture
def house(make_house: Houses) -> House:
    """Return a house in demo mode with cautious capabilities and a signed policy."""
    return make_house()
