"""Each room says what it offers."""

import importlib
import pkgutil
from pathlib import Path

import pytest

import sync_agent

PACKAGE = Path(sync_agent.__file__).parent
ROOMS = sorted(path.parent.name for path in PACKAGE.glob("*/__init__.py"))
MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages([str(PACKAGE)], "sync_agent.")
    if ".migrations" not in module.name and not module.name.endswith("__main__")
)


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_says_what_it_decides(room: str) -> None:
    """The docstring of the package is the first thing a reader sees."""
    assert importlib.import_module(f"sync_agent.{room}").__doc__


@pytest.mark.parametrize("name", MODULES)
def test_every_public_name_exists(name: str) -> None:
    """`__all__` is there and each of its names resolves."""
    module = importlib.import_module(name)
    assert [public for public in module.__all__ if not hasattr(module, public)] == []


@pytest.mark.parametrize("room", ROOMS)
def test_the_public_names_are_unique(room: str) -> None:
    """No name stands twice."""
    names = importlib.import_module(f"sync_agent.{room}").__all__
    assert len(names) == len(set(names))
