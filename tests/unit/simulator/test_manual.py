"""The manual page of the simulator, and the docstring of its grammar, name everything there is."""

from pathlib import Path

import pytest

from sync_agent.simulator import CAPABILITY_VALUES, fault

PAGE = (Path(__file__).parents[3] / "docs" / "simulator.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", ["latency", *fault._KINDS])
def test_every_fault_is_in_the_manual_and_in_the_docstring(kind: str) -> None:
    """Whoever may use a fault can read what it does."""
    assert (f"`{kind}" in PAGE, f"    {kind}" in (fault.__doc__ or "")) == (True, True)


@pytest.mark.parametrize("name", CAPABILITY_VALUES)
def test_every_capability_is_in_the_manual_with_its_values(name: str) -> None:
    """Name and values, those in capitals by their name."""
    words = [value for value in CAPABILITY_VALUES[name] if not value.isupper()]
    assert [word for word in [name, *words] if f"`{word}`" not in PAGE] == []
