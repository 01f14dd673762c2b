"""One small local system on each kind of database that is here."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.places import Place, furnished


@pytest.fixture(params=["sqlite", "postgres", "mariadb"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """Return the small system on each kind of database."""
    with furnished(request.param, tmp_path) as place:
        yield place


@pytest.fixture(params=["postgres", "mariadb"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """Return the small system on each server."""
    with furnished(request.param, tmp_path) as place:
        yield place


@pytest.fixture
def on(tmp_path: Path) -> Iterator[Callable[[str], Place]]:
    """Return a function that makes the small system on a kind of database."""
    with ExitStack() as made:
        yield lambda kind: made.enter_context(furnished(kind, tmp_path))


@pytest.fixture
def reader(server: Place) -> Iterator[str]:
    """Return the address of an account that may read two tables."""
    name = f"reader_{server.url.rpartition('_')[2]}"
    if server.kind == "mariadb":
        server.execute(
            f"CREATE USER '{name}'@'%%' IDENTIFIED BY 'invented'",
            *(f"GRANT SELECT ON {table} TO '{name}'@'%%'" for table in ("c", "step")),
        )
        yield server.account(username=name, password="invented")
        server.execute(f"DROP USER '{name}'@'%%'")
    else:
        server.execute(f"CREATE ROLE {name} LOGIN", f"GRANT SELECT ON c, step TO {name}")
        yield server.account(username=name)
        server.execute(f"DROP OWNED BY {name}", f"DROP ROLE {name}")
