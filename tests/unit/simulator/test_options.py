"""Options as the command line gives them."""

from pathlib import Path

import pytest

from sync_agent.errors import ConfigError
from sync_agent.simulator import SimulatorOptions, SimulatorServer, parse_pairs, secrets_from


def test_pairs_are_read() -> None:
    """The first separator divides name and value."""
    assert parse_pairs(["a=b=c", "d=e"], where="--capability") == {"a": "b=c", "d": "e"}


@pytest.mark.parametrize("word", ["a", "a=", "=b", ""])
def test_half_a_pair_is_refused(word: str) -> None:
    """The line names the option and the word."""
    with pytest.raises(ConfigError) as caught:
        parse_pairs([word], where="--capability")
    assert str(caught.value) == f"--capability: '{word}' is not of the form NAME=VALUE - name and value are both needed"


def test_secrets_come_from_the_environment() -> None:
    """The command line names the variable, never the secret."""
    assert secrets_from(["H217.01:PW"], {"PW": "bí mật"}, where="--account") == {"H217.01": "bí mật"}


def test_a_variable_that_is_not_set_is_named() -> None:
    """The line says which variable and for whom."""
    with pytest.raises(ConfigError) as caught:
        secrets_from(["H217.01:PW"], {}, where="--account")
    assert str(caught.value) == (
        "--account: the environment variable 'PW' is not set - put the secret of account 'H217.01' into it"
    )


def test_secrets_are_not_shown() -> None:
    """Printing the options tells no password and no token."""
    shown = repr(SimulatorOptions(Path("x.db"), accounts={"a": "secret-1"}, tokens={"b": "secret-2"}))
    assert "secret" not in shown


def test_a_simulator_that_was_not_started_has_no_address() -> None:
    """Asking too early is a mistake of the caller, told at once."""
    server = SimulatorServer(SimulatorOptions(Path("x.db")))
    with pytest.raises(RuntimeError, match="not running"):
        _ = server.url


@pytest.mark.parametrize(
    "options",
    [SimulatorOptions(Path("x.db"), faults=("lots",)), SimulatorOptions(Path("x.db"), capabilities={"lnik": "on"})],
)
def test_options_that_cannot_be_are_refused_before_anything_starts(options: SimulatorOptions) -> None:
    """A wrong fault or capability never reaches a running server."""
    with pytest.raises(ConfigError):
        SimulatorServer(options)
