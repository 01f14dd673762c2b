"""One house with a history for all tests of the pages; each test has the application for itself."""

import os
from collections.abc import Iterator

import pytest
from argon2 import PasswordHasher

from tests.support.houses import SECRET_ENV, House, Houses
from tests.support.sites import Site


@pytest.fixture(scope="module")
def lived_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Yield a house: V1 has gone up whole, V2 is another agency's, V6 is held for want of a file."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(SECRET_ENV, "bí-mật-thử")
        houses = Houses(tmp_path_factory.mktemp("house"), ledger="")
        with houses.stack:
            house = houses()
            house.local.full(1)
            house.local.case(2, co_quan="H217.02")
            house.local.case(6)
            house.local.insert("tep", vu_viec=6, ten="đơn.pdf", duong_dan="don.pdf")
            house.sync()
            yield house
    assert SECRET_ENV not in os.environ


@pytest.fixture(scope="module", autouse=True)
def quick_hashes() -> Iterator[None]:
    """Have passwords hashed with little work: what it costs a guesser is not what these tests are about."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sync_agent.web.passwords._HASHER", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
        yield


@pytest.fixture(scope="module")
def opened(lived_in: House) -> Site:
    """Return the pages of the house, with an auditor, an operator and one of a single agency."""
    made = Site.of(lived_in)
    made.let_in()
    return made


@pytest.fixture
def site(opened: Site) -> Site:
    """Return the pages as a process that has just begun shows them."""
    return opened.restarted()
