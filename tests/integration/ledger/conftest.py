"""A ledger at the current schema, in a file and on a server."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from sync_agent.ledger import Ledger, bind, migrate, open_engine
from tests.support.ledgers import DATABASES, NOW, WANTED, ledger_url


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where a ledger in a file is."""
    return tmp_path / "state" / "ledger.db"


@pytest.fixture(params=DATABASES)
def database(request: pytest.FixtureRequest) -> str:
    """Return which database keeps the ledger."""
    return str(request.param)


@pytest.fixture
def url(database: str, path: Path) -> Iterator[str]:
    """Yield the address of a ledger that is not made yet."""
    with ledger_url(database, path) as made:
        yield made


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    """Yield a new ledger at the current schema."""
    made = open_engine(url, create=True)
    migrate.upgrade(made)
    yield made
    made.dispose()


@pytest.fixture
def ledger(engine: Engine) -> Ledger:
    """Return a ledger that is bound to an environment and taken over."""
    made = Ledger(engine, source_id="nho", clock=lambda: NOW)
    with made.write() as tx:
        bind(tx, WANTED)
    made.take_over()
    return made
