"""The one place that prints."""

import contextlib
import io
import json
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

import pytest

from sync_agent.cli.output import Column, Output, one_line, shown
from sync_agent.cli.progress import BarProgress, LineProgress

COLUMNS = (Column("key", "Vụ việc"), Column("count", "Số", right=True))
ROWS = [{"key": "D1-H217", "count": 1234}, {"key": "T2", "count": 5}]


class Streams:
    """Two streams to print to."""

    def __init__(self, *, json: bool = False, quiet: bool = False, terminal: bool = False) -> None:
        self.stdout = Terminal() if terminal else io.StringIO()
        self.stderr = Terminal() if terminal else io.StringIO()
        self.output = Output(json=json, quiet=quiet, stdout=self.stdout, stderr=self.stderr)

    @property
    def printed(self) -> tuple[str, str]:
        """What stands on stdout and on stderr."""
        return self.stdout.getvalue(), self.stderr.getvalue()


class Terminal(io.StringIO):
    """A stream a person looks at."""

    def isatty(self) -> bool:
        """Say so."""
        return True


class Colour(StrEnum):
    """Any closed list."""

    RED = "red"


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Streams:
    """Give streams on a terminal of known abilities."""
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    return Streams(terminal=True)


def everything(output: Output) -> None:
    """Call all that prints results."""
    output.document({"cases": 2})
    output.records(ROWS)
    output.table(COLUMNS, ROWS)
    output.facts([("name", "x")])
    output.text("text")


def test_json_stands_alone_on_stdout() -> None:
    """A program reads it: nothing for people among it."""
    streams = Streams(json=True)
    streams.output.document({"cases": 2, "name": "Tiếp dân"})
    streams.output.table(COLUMNS, ROWS)
    streams.output.facts([("name", "x")])
    streams.output.text("text")
    streams.output.note("note")
    streams.output.warn("careful")
    assert (json.loads(streams.printed[0]), streams.printed[1]) == (
        {"cases": 2, "name": "Tiếp dân"},
        "note\ncảnh báo: careful\n",
    )


def test_lists_are_lines_of_json() -> None:
    """One record a line."""
    streams = Streams(json=True)
    streams.output.records(ROWS)
    assert [json.loads(line) for line in streams.printed[0].splitlines()] == ROWS


def test_people_get_no_json() -> None:
    """Without `--json` a document says nothing."""
    streams = Streams()
    streams.output.document({"cases": 2})
    streams.output.records(ROWS)
    assert streams.printed == ("", "")


def test_json_carries_dates_and_sets_and_numbers_whole() -> None:
    """RFC 3339 UTC, decimals as text, sets in order."""
    streams = Streams(json=True)
    streams.output.document(
        {
            "at": datetime(2026, 11, 23, 8, tzinfo=UTC),
            "on": date(2026, 11, 23),
            "land": Decimal("12.50"),
            "states": frozenset({"b", "a"}),
            "facts": MappingProxyType({"kind": Colour.RED}),
        }
    )
    assert json.loads(streams.printed[0]) == {
        "at": "2026-11-23T08:00:00Z",
        "on": "2026-11-23",
        "land": "12.50",
        "states": ["a", "b"],
        "facts": {"kind": "red"},
    }


def test_a_table_in_a_pipe_is_plain_and_uncut() -> None:
    """No colours, no ellipsis, whatever the width."""
    streams = Streams()
    streams.output.table(COLUMNS, [{"key": "K" * 200, "count": 1234}])
    assert [line.split() for line in streams.printed[0].splitlines()] == [["Vụ", "việc", "Số"], ["K" * 200, "1.234"]]


def test_a_table_has_a_title_when_it_is_given_one() -> None:
    """Brackets in it are brackets."""
    streams = Streams()
    streams.output.table(COLUMNS, ROWS, title="[bold]")
    assert streams.printed[0].splitlines()[0].strip() == "[bold]"


@pytest.mark.parametrize("on_terminal", [True, False])
def test_no_line_ends_in_blanks(terminal: Streams, on_terminal: bool) -> None:
    """Neither in a pipe nor before the end of a style on a terminal."""
    streams = terminal if on_terminal else Streams()
    streams.output.table((Column("a", "A" * 9), Column("b", "B" * 9)), [{"a": 1, "b": 2}], title="T")
    assert [line for line in streams.printed[0].splitlines() if re.sub(r"\x1b\[[0-9;]*m", "", line)[-1:] == " "] == []


def test_facts_have_no_heading() -> None:
    """A line for each, and none before the first but the title."""
    streams = Streams()
    streams.output.facts([("a", 1), ("bc", None)], title="Facts of a case with a long title")
    assert streams.printed[0] == "Facts of a case with a long title\na   1\nbc  –\n"


def test_a_sparse_column_is_there_when_it_is_needed() -> None:
    """And only then."""
    columns = (Column("key", "K"), Column("why", "W", sparse=True))
    streams = Streams()
    streams.output.table(columns, [{"key": "a", "why": None}])
    streams.output.table(columns, [{"key": "a", "why": "x"}, {"key": "b"}])
    assert streams.printed[0] == "K\na\nK  W\na  x\nb  –\n"


def test_what_people_copy_is_never_broken(terminal: Streams, monkeypatch: pytest.MonkeyPatch) -> None:
    """A narrow terminal folds the other columns."""
    monkeypatch.setenv("COLUMNS", "30")
    terminal.output.table(
        (Column("key", "K", whole=True), Column("text", "T")), [{"key": "P-ABCDEFGHIJ", "text": "word " * 9}]
    )
    assert "P-ABCDEFGHIJ" in terminal.printed[0]


def test_values_are_never_markup() -> None:
    """A key with brackets is shown as it is."""
    streams = Streams()
    streams.output.facts([("[red]", "[link=x]y")])
    assert streams.printed[0].split() == ["[red]", "[link=x]y"]


def test_a_terminal_gets_colours(terminal: Streams) -> None:
    """Titles are bold there."""
    terminal.output.table(COLUMNS, ROWS)
    assert "\x1b[1m" in terminal.printed[0]


def test_no_color_is_respected(terminal: Streams, monkeypatch: pytest.MonkeyPatch) -> None:
    """See no-color.org: no colours; what is bold may stay bold."""
    monkeypatch.setenv("NO_COLOR", "1")
    terminal.output.table(COLUMNS, ROWS)
    assert "\x1b[3" not in terminal.printed[0]


def test_quiet_silences_notes_only() -> None:
    """Results and warnings stay."""
    streams = Streams(quiet=True)
    streams.output.text("text")
    streams.output.note("note")
    streams.output.warn("careful")
    assert streams.printed == ("text\n", "cảnh báo: careful\n")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        ("", "–"),
        (True, "có"),
        (False, "không"),
        (Colour.RED, "red"),
        (datetime(2026, 11, 23, 8, tzinfo=UTC), "23/11/2026 15:00"),
        (date(2026, 11, 23), "23/11/2026"),
        (1234, "1.234"),
        (Decimal("1.5"), "1,5"),
        ("00123", "00123"),
    ],
)
def test_values_are_shown_as_people_write_them(value: object, text: str) -> None:
    """Identifiers are text and keep their zeros."""
    assert shown(value) == text


@pytest.mark.parametrize("code", ["\x1b[2J", "\x9b2J", "\x07", "\u202e", "\u2028"])
def test_nothing_printed_can_steer_a_terminal(code: str) -> None:
    """Control and direction characters are dropped."""
    assert one_line(f"a{code}b").replace("[2J", "").replace("2J", "") == "ab"


def test_a_line_is_one_line() -> None:
    """Line breaks in a value do not make a second message."""
    assert one_line("a\nb\tc") == "a b c"


def test_what_was_printed_can_be_handed_over_at_once() -> None:
    """A parent process waits for the first line."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    output = Output(stdout=stream)
    output.text("ready")
    output.flush()
    assert stream.buffer.getvalue() == b"ready\n"


def test_a_pipe_gets_a_line_for_each_stage() -> None:
    """No bar, no escape codes."""
    streams = Streams()
    with streams.output.progress() as progress:
        assert isinstance(progress, LineProgress)
        progress.stage("yes", 3)
        progress.advance()
        progress.advance(2)
    assert streams.printed == ("", "có: 3/3\n")


def test_a_terminal_gets_bars(terminal: Streams) -> None:
    """On stderr, so that stdout stays the result's."""
    with terminal.output.progress() as progress:
        assert isinstance(progress, BarProgress)
        progress.stage("yes", 2)
        progress.advance(2)
    out, err = terminal.printed
    assert (out, "2/2" in err) == ("", True)


@pytest.mark.parametrize(("quiet", "json"), [(True, False), (False, True)])
def test_no_bar_where_none_was_wanted(quiet: bool, json: bool) -> None:
    """Not with `--quiet`, not with `--json`, even on a terminal."""
    streams = Streams(quiet=quiet, json=json, terminal=True)
    with streams.output.progress() as progress:
        assert isinstance(progress, LineProgress)


def test_the_terminal_is_given_back_when_the_pass_fails(terminal: Streams) -> None:
    """The cursor is shown again."""
    with contextlib.suppress(KeyError), terminal.output.progress() as progress:
        progress.stage("yes", None)
        raise KeyError
    assert terminal.printed[1].rindex("\x1b[?25h") > terminal.printed[1].rindex("\x1b[?25l")


@pytest.mark.parametrize("result", ["text", "table"])
def test_a_result_printed_during_a_pass_ends_the_bars_first(terminal: Streams, result: str) -> None:
    """Nothing is drawn across it."""
    with terminal.output.progress() as progress:
        progress.stage("yes", 1)
        terminal.output.text("x") if result == "text" else terminal.output.table(COLUMNS, ROWS)
        assert terminal.printed[1].endswith("\x1b[?25h")
