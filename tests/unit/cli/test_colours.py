"""A colour repeats what a word says: on a terminal only, and never instead of the word."""

import io

import pytest

from sync_agent.cli.output import Column, Output, Toned
from sync_agent.cli.words import STATES, result_word, state_word
from sync_agent.i18n import Language, speaking
from sync_agent.ledger import State

COLUMNS = (Column("state", "State"), Column("late", "Late", right=True, style="red"))


class Terminal(io.StringIO):
    """A stream a person looks at."""

    def isatty(self) -> bool:
        """Say so."""
        return True


@pytest.fixture(autouse=True)
def _known_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)


def printed(stream: io.StringIO) -> str:
    """Return how a table with a held and an acknowledged message comes out."""
    with speaking(Language.EN):
        rows = [
            {"state": state_word("held"), "late": 2},
            {"state": [state_word("acknowledged"), ": case"], "late": 0},
        ]
        Output(stdout=stream, stderr=io.StringIO()).table(COLUMNS, rows)
    return stream.getvalue()


def test_a_terminal_shows_each_word_in_its_colour() -> None:
    """Word by word inside a cell; a column's own only where there is something."""
    text = printed(Terminal())
    assert [piece in text for piece in ("\x1b[33mheld\x1b[0m", "\x1b[32macknowledged\x1b[0m: case")] == [True, True]
    assert (text.count("\x1b[31m2\x1b[0m"), "\x1b[31m0" in text) == (1, False)


def test_no_color_takes_colours_away_and_no_word(monkeypatch: pytest.MonkeyPatch) -> None:
    """What stays is bold at most."""
    monkeypatch.setenv("NO_COLOR", "1")
    text = printed(Terminal())
    assert ("\x1b[3" in text, "held" in text, "acknowledged: case" in text) == (False, True, True)


def test_a_pipe_gets_words_alone() -> None:
    """Nothing a program would have to take out."""
    text = printed(io.StringIO())
    assert ("\x1b" in text, [line.split() for line in text.splitlines()][1:]) == (
        False,
        [["held", "2"], ["acknowledged:", "case", "0"]],
    )


def test_every_state_has_a_colour_and_a_word() -> None:
    """Whatever the ledger can say."""
    with speaking(Language.EN):
        words = {str(state_word(state)) for state in State}
    assert (set(STATES), len(words)) == (set(State), len(State))


@pytest.mark.parametrize(("result", "style"), [("done", "green"), (None, "yellow"), ("SourceError", "red")])
def test_how_a_run_ended_has_its_colour(result: str | None, style: str) -> None:
    """What is neither done nor cut off failed."""
    word = result_word(result)
    assert (isinstance(word, Toned), word.style) == (True, style)
