"""What a person is asked at a terminal: yes or no, and a note. Free text is never an argument: others could read it."""

import sys
from typing import Annotated, Final

import typer

from sync_agent.errors import ConfigError
from sync_agent.i18n import tr

__all__ = ["STDIN", "Dash", "Note", "agreed", "at_terminal", "note_text"]

Dash = Annotated[str | None, typer.Argument(metavar="[-]", help="After --note: read it from standard input.")]
Note = Annotated[bool, typer.Option("--note", help="Ask for a note; it is kept where it can be erased.")]

STDIN: Final = "-"
_YES: Final = frozenset({"y", "yes", "c", "có", "co"})
_LONGEST: Final = 4000
"""Characters of a note. It says why in a few sentences; a document belongs into the local system."""


def at_terminal() -> bool:
    """Tell whether a person can be asked."""
    return sys.stdin.isatty()


def agreed(question: str) -> bool:
    """Ask yes or no on stderr, in either language; anything but a yes is a no."""
    answer: str = typer.prompt(f"{question} {tr('(yes/no)')}", default="", show_default=False, err=True)
    return answer.strip().casefold() in _YES


def note_text(*, asked: bool, source: str | None) -> str | None:
    """Return the note of a person, None when none was `asked` for: from the terminal, or from standard input.

    `source` is what stood on the command line for it. Raises ConfigError for anything but `-`, and for an empty note.
    """
    if source not in {None, STDIN} or (source and not asked):
        # not repeated: it may be the note itself
        raise ConfigError(
            "a note is never given on the command line, where others can read it",
            where="--note",
            todo="give --note alone to be asked for it, or --note - to have it read from standard input",
        )
    if not asked:
        return None
    if source is None and at_terminal():
        typed: str = typer.prompt(tr("Note"), err=True)
        return typed.strip()
    text = sys.stdin.read(_LONGEST + 1).strip()
    if not text or len(text) > _LONGEST:
        raise ConfigError(
            "the note on standard input is empty or longer than {most} characters",
            where="--note",
            facts=(("most", str(_LONGEST)),),
        )
    return text
