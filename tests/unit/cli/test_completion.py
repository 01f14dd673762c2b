"""What a shell is offered: commands, options and closed values in bash, zsh and fish; never a key of a case."""

import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from sync_agent.audit import Event
from sync_agent.cli.app import build_command
from sync_agent.cli.completion import event_names, rule_names
from sync_agent.domain.rules import RULES

KEYS = {"KEY", "CODE", "NAME", "ID"}
"""What parameters are called that take a key, a code of the installation or an id."""


def offered(shell: str, line: str) -> list[str]:
    """Return what a shell is told when a person presses Tab behind a line."""
    words = line.split(" ")
    variables = {
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(words) - 1),
        "_TYPER_COMPLETE_ARGS": line,
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
        "_SYNC_AGENT_COMPLETE": f"complete_{shell}",
        "SYNC_AGENT_LANG": "en",
    }
    command = [sys.executable, "-m", "sync_agent"]
    done = subprocess.run(command, capture_output=True, check=True, env={**os.environ, **variables})
    return done.stdout.decode().splitlines()


def parameters(command: Any = None, words: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every parameter with the command it belongs to."""
    command = command or build_command()
    yield from ((words, parameter) for parameter in command.params)
    for name, child in getattr(command, "commands", {}).items():
        yield from parameters(child, f"{words} {name}".strip())


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("sync-agent ca", ["cases"]),
        ("sync-agent cases list --so", ["--sort"]),
        ("sync-agent cases list --state un", ["uncertain"]),
        ("sync-agent cases list --kind ", ["complaint", "denunciation", "feedback", "mixed"]),
        ("sync-agent cases show ", []),
    ],
)
def test_bash_is_offered_what_fits(line: str, expected: list[str]) -> None:
    """One on each line."""
    assert [each for each in offered("bash", line) if each] == expected


def test_fish_and_zsh_get_each_description_on_its_line() -> None:
    """A second line would be another thing to choose."""
    fish, zsh = offered("fish", "sync-agent cases "), "\n".join(offered("zsh", "sync-agent cases "))
    assert [line.split("\t")[0] for line in fish] == ["list", "show", "resolve", "retry"]
    assert (all(line.count("\t") == 1 for line in fish), zsh.count("\n"), '"resolve":"' in zsh) == (True, 3, True)


def test_closed_names_are_offered_by_their_beginning() -> None:
    """Of rules and of events."""
    assert (rule_names(""), rule_names("file_")) == (sorted(RULES), ["file_missing"])
    assert (event_names(""), event_names("go_")) == (sorted(Event), ["go_live_declared"])


def test_no_key_of_a_case_is_ever_offered() -> None:
    """It would stay in the shell: only names of rules and events have a completion of ours."""
    ours = {
        (parameter.metavar, parameter.name)
        for _, parameter in parameters()
        if getattr(parameter, "_custom_shell_complete", None) is not None
    }
    assert (ours, {metavar for metavar, _ in ours} & KEYS) == (
        {("RULE", "rule"), ("RULE", "held_by"), ("EVENT", "event")},
        set(),
    )


@pytest.mark.parametrize(("shell", "beginning"), [("bash", "_sync_agent_completion()"), ("zsh", "#compdef sync-agent")])
def test_a_shell_is_given_what_to_load(shell: str, beginning: str) -> None:
    """As `--show-completion` prints it for the shell it is called from."""
    command = [sys.executable, "-m", "sync_agent", "--show-completion", shell]
    variables = {**os.environ, "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    done = subprocess.run(command, capture_output=True, check=True, env=variables)
    assert (done.stdout.decode().startswith(beginning), b"_SYNC_AGENT_COMPLETE=complete_" in done.stdout) == (
        True,
        True,
    )
