"""The options every command shares."""

from pathlib import Path

import pytest
import typer
from typer.core import TyperCommand

from sync_agent.cli.options import Options, hoisted, language_in, options_of
from sync_agent.cli.output import Output
from sync_agent.i18n import Language


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["init", "D"], ["init", "D"]),
        (["init", "D", "--json"], ["--json", "init", "D"]),
        (["init", "--lang", "en", "D"], ["--lang", "en", "init", "D"]),
        (["init", "--config=D", "--quiet"], ["--config=D", "--quiet", "init"]),
        (["init", "--", "--json"], ["init", "--", "--json"]),
        (["init", "--lang"], ["init", "--lang"]),
        ([], []),
    ],
)
def test_shared_options_may_stand_anywhere(words: list[str], expected: list[str]) -> None:
    """Before the noun or after the verb, but not behind `--`."""
    assert hoisted(words) == expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], Language.VI),
        (["--lang", "en", "init"], Language.EN),
        (["--lang=en", "init"], Language.EN),
        (["--lang", "xx"], Language.VI),
        (["--lang"], Language.VI),
        (["init", "--", "--lang=en"], Language.VI),
    ],
)
def test_the_language_is_known_before_anything_is_parsed(words: list[str], expected: Language) -> None:
    """Vietnamese when nothing or nonsense is asked for."""
    assert language_in(words) == expected


def test_the_environment_may_ask_for_a_language(monkeypatch: pytest.MonkeyPatch) -> None:
    """A service account sets it once."""
    monkeypatch.setenv("SYNC_AGENT_LANG", "en")
    assert language_in([]) == Language.EN


def test_the_command_line_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was typed counts."""
    monkeypatch.setenv("SYNC_AGENT_LANG", "en")
    assert language_in(["--lang", "vi"]) == Language.VI


def test_a_command_finds_the_options_of_its_application() -> None:
    """They hang on the outermost context."""
    outer = typer.Context(TyperCommand("outer"))
    outer.obj = Options(config=Path("D"), language=Language.EN, debug=True, output=Output())
    assert options_of(typer.Context(TyperCommand("inner"), parent=outer)) is outer.obj


def test_a_command_outside_the_application_is_a_mistake_of_the_code() -> None:
    """No silent defaults."""
    with pytest.raises(RuntimeError, match="outside the application"):
        options_of(typer.Context(TyperCommand("alone")))
