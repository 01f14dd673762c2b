"""A ledger in a file, at the current schema."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from sync_agent.ledger import Ledger, bind, migrate, open_engine
from tests.support.ledgers import NOW, WANTED


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where the ledger is."""
    return tmp_path / "state" / "ledger.db"


@pytest.fixture
def engine(path: Path) -> Iterator[Engine]:
    """Yield a new ledger at the current schema."""
    made = open_engine(f"sqlite:///{path}", create=True)
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
