"""How a person sees how far a pass is."""

import io

from rich.console import Console

from sync_agent.cli.progress import BarProgress, LineProgress
from sync_agent.sync.progress import NoProgress, Progress


def test_a_new_stage_ends_the_one_before() -> None:
    """Each stage has its line."""
    lines: list[str] = []
    progress: Progress = LineProgress(lines.append)
    progress.stage("yes", 1200)
    progress.advance(1200)
    progress.stage("no", None)
    progress.advance()
    progress.finish()
    assert lines == ["có: 1.200/1.200", "không: 1"]


def test_a_pass_that_began_no_stage_says_nothing() -> None:
    """Nothing to end."""
    lines: list[str] = []
    LineProgress(lines.append).finish()
    assert lines == []


def test_nobody_need_listen() -> None:
    """A pass without a person runs all the same."""
    progress: Progress = NoProgress()
    progress.stage("yes", 1)
    progress.advance()
    progress.finish()


def test_bars_outside_a_stage_do_nothing() -> None:
    """An advance before the first stage is no mistake."""
    stream = io.StringIO()
    progress: Progress = BarProgress(Console(file=stream))
    progress.advance()
    progress.finish()
    assert stream.getvalue().strip() == ""


def test_a_bar_of_unknown_length_ends_full() -> None:
    """It does not pulse on for ever, and tells how many there were."""
    stream = io.StringIO()
    progress: Progress = BarProgress(Console(file=stream, force_terminal=True, width=100, color_system=None))
    progress.stage("yes", None)
    progress.advance(7)
    progress.stage("no", 1)
    progress.finish()
    assert "có    ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ 7   0:00:00" in stream.getvalue()


def test_bars_shown_once_are_not_drawn_again() -> None:
    """What ended above a sentence stays there alone."""
    stream = io.StringIO()
    progress: Progress = BarProgress(Console(file=stream, force_terminal=True, width=100, color_system=None))
    progress.stage("yes", 2)
    progress.finish()
    before = len(stream.getvalue())
    progress.stage("no", None)
    progress.finish()
    assert ("có" in stream.getvalue()[before:], "không ━" in stream.getvalue()[before:]) == (False, True)
