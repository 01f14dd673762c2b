"""How the program names itself in the commands it prints."""

import sys
from pathlib import Path

import pytest

from sync_agent.cli.program import program


def test_as_a_module_it_names_the_interpreter(monkeypatch: pytest.MonkeyPatch) -> None:
    """A path with a blank is quoted."""
    monkeypatch.setattr(sys, "argv", ["/x/sync_agent/__main__.py"])
    monkeypatch.setattr(sys, "executable", "/a b/python")
    assert program() == "'/a b/python' -m sync_agent"


def test_on_the_path_it_is_a_word(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The shell finds the same file."""
    script = tmp_path / "sync-agent"
    script.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "argv", [str(script)])
    assert program() == "sync-agent"


def test_elsewhere_it_is_what_was_typed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As from a virtual environment that is not active."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "argv", [".venv/bin/sync-agent"])
    assert program() == ".venv/bin/sync-agent"
