"""Real processes: the agent, the simulator and what stands between them, each test in a folder of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.stations import Station, Template, environment_of

_CASES = 40
_EVERY_ODDITY = 70


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return the environment of child processes; all workers share one cache of compiled modules."""
    base = tmp_path_factory.getbasetemp()
    return environment_of((base.parent if base.name.startswith("popen-") else base) / "pycache")


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    """Return an example local system to copy."""
    return Template.made(tmp_path_factory.mktemp("template") / "local", _CASES)


@pytest.fixture
def oddities(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, environment: dict[str, str]
) -> Iterator[Station]:
    """Yield an installation like `signed` whose local system holds every oddity of the example."""
    template = Template.made(tmp_path_factory.mktemp("oddities") / "local", _EVERY_ODDITY)
    station = Station.set_up(tmp_path / "agent", template, environment)
    station.connect()
    station.sign()
    yield station
    station.close()


@pytest.fixture
def station(tmp_path: Path, template: Template, environment: dict[str, str]) -> Iterator[Station]:
    """Yield an installation that has never run; its national side is not started."""
    station = Station.set_up(tmp_path / "agent", template, environment)
    yield station
    station.close()


@pytest.fixture
def signed(station: Station) -> Station:
    """Return an installation whose policy is signed and whose national side answers."""
    station.connect()
    station.sign()
    return station
