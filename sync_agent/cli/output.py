"""The one place that prints. Results go to stdout, everything else to stderr; JSON alone on stdout when asked for."""

import re
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING, Self, TextIO

from sync_agent.i18n import date_text, number_text, time_text, tr

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from sync_agent.sync.progress import Progress

__all__ = ["Column", "Output", "Toned", "one_line", "shown"]

_WIDE = 1000
"""Columns of a table that no terminal shows: nothing is wrapped or cut."""

_RAGGED = re.compile(r" +((?:\x1b\[[0-9;]*m)*) *$", re.MULTILINE)
"""What Rich pads the last column with, before the code that ends a style."""


class Toned(str):
    """A word with the style in which a terminal shows it; everywhere else it is the word."""

    __slots__ = ("style",)
    style: str

    def __new__(cls, word: str, style: str) -> Self:
        """Keep the style beside the word."""
        made = super().__new__(cls, word)
        made.style = style
        return made


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table: `key` in the row, `title` for people, numbers to the right.

    `whole` is for what people copy, keys and codes: never broken over two lines. A `sparse` column is left out when no
    row has anything in it. In a cell may also stand a list of words, each in its own style; `style` is for a column.
    """

    key: str
    title: str
    right: bool = False
    whole: bool = False
    sparse: bool = False
    style: str = ""


def one_line(text: str) -> str:
    """Return `text` without line breaks or control characters, which could rewrite what a terminal shows."""
    return "".join(" " if character in "\n\r\t" else character for character in text if _harmless(character))


def _harmless(character: str) -> bool:
    return character in "\n\r\t" or unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Zl", "Zp"}


def shown(value: object) -> str:
    """Return a value as people of the chosen language write it."""
    match value:
        case None | "":
            text = "–"
        case bool():
            text = tr("yes") if value else tr("no")
        case Enum():
            text = str(value.value)
        case datetime():
            text = time_text(value)
        case date():
            text = date_text(value)
        case int() | Decimal():
            text = number_text(value)
        case _:
            text = str(value)
    return one_line(text)


class Output:
    """Prints for one run of one command.

    With `json`, `document` and `records` print and `table`, `facts` and `text` say nothing; without it the other way
    round: a command calls both and need not ask which. `quiet` silences `note` and the progress, never a warning.
    """

    def __init__(
        self,
        *,
        json: bool = False,
        quiet: bool = False,
        stdout: TextIO | None = None,
        stderr: TextIO | None = None,
    ) -> None:
        self.json = json
        self.quiet = quiet
        self._result = stdout or sys.stdout
        self._stderr = stderr or sys.stderr
        self._told: Progress | None = None

    def document(self, content: object) -> None:
        """Print one JSON document on stdout."""
        if self.json:
            self._stdout.write(_json(content, indent=True))

    def records(self, rows: Iterable[Mapping[str, object]]) -> None:
        """Print each row as one line of JSON on stdout."""
        if self.json:
            for row in rows:
                self._stdout.write(_json(row, indent=False))

    def table(self, columns: Sequence[Column], rows: Iterable[Mapping[str, object]], *, title: str = "") -> None:
        """Print rows for people; titles are in the reader's language already."""
        if self.json:
            return
        from rich.table import Table
        from rich.text import Text

        content = list(rows)
        used = [c for c in columns if not c.sparse or any(row.get(c.key) not in (None, "") for row in content)]
        grid = Table(box=None, pad_edge=False, show_header=any(column.title for column in used))
        for column in used:
            grid.add_column(
                Text(column.title, f"bold {column.style}".strip()),
                justify="right" if column.right else "left",
                overflow="fold",
                no_wrap=column.whole,
            )
        for row in content:
            grid.add_row(*(_cell(row.get(column.key), column.style) for column in used))
        if title:
            self.text(title)
        with self._console.capture() as captured:
            self._console.print(grid)
        self._stdout.write(_RAGGED.sub(r"\1", captured.get()))

    def facts(self, pairs: Iterable[tuple[str, object]], *, title: str = "") -> None:
        """Print one thing for people, a line for each of its facts."""
        rows = [{"name": name, "value": value} for name, value in pairs]
        self.table((Column("name", "", whole=True), Column("value", "")), rows, title=title)

    def text(self, line: str = "") -> None:
        """Print a line of the result for people."""
        if not self.json:
            self._stdout.write(one_line(line) + "\n")

    def flush(self) -> None:
        """Let a reader of a pipe have what was printed so far."""
        self._result.flush()

    def note(self, line: str) -> None:
        """Say on stderr how it goes; `quiet` silences it."""
        if not self.quiet:
            self._stderr.write(one_line(line) + "\n")

    def warn(self, line: str) -> None:
        """Say on stderr what the reader must not miss."""
        self._stderr.write(tr("warning: {text}", text=one_line(line)) + "\n")

    @contextmanager
    def progress(self) -> Iterator["Progress"]:
        """Give a pass somebody to tell how far it is: a bar on a terminal, else a line at the end of each stage."""
        from sync_agent.cli.progress import BarProgress, LineProgress

        bars = self._stderr.isatty() and not self.quiet and not self.json
        self._told = BarProgress(_console(self._stderr)) if bars else LineProgress(self.note)
        try:
            yield self._told
        finally:
            self._told.finish()

    @property
    def _stdout(self) -> TextIO:
        """The stream of results; bars that are still shown would be drawn across them."""
        if self._told is not None:
            self._told.finish()
        return self._result

    @cached_property
    def _console(self) -> "Console":
        return _console(self._result)


def _cell(value: object, style: str) -> "Text":
    """Return what stands in a cell; a figure of nothing has no colour."""
    from rich.text import Text

    words = value if isinstance(value, list) else [value]
    own = "" if value in (0, None) else style
    return Text.assemble(*((shown(each), each.style if isinstance(each, Toned) else own) for each in words))


def _console(stream: TextIO) -> "Console":
    from rich.console import Console

    terminal = stream.isatty()
    return Console(
        file=stream,
        force_terminal=terminal,
        width=None if terminal else _WIDE,
        markup=False,
        emoji=False,
        highlight=False,
    )


def _json(content: object, *, indent: bool) -> str:
    import orjson

    options = orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE | (orjson.OPT_INDENT_2 if indent else 0)
    return orjson.dumps(content, default=_plain, option=options).decode("utf-8")


def _plain(value: object) -> object:
    if isinstance(value, set | frozenset):
        return sorted(value)
    if isinstance(value, Mapping):
        return dict(value)
    return str(value)
