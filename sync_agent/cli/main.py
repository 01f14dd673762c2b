"""The entry point: turns every way a command can end into one line and an exit code."""

import atexit
import gc
import io
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

import typer
from typer import TyperException

from sync_agent.cli.app import build_command
from sync_agent.cli.completion import describe_on_one_line
from sync_agent.cli.exits import ExitCode
from sync_agent.cli.failures import error_line, frame_lines, install_hooks, leave_no_dump, say
from sync_agent.cli.leaving import leave_threads_behind
from sync_agent.cli.options import hoisted, language_in
from sync_agent.cli.usage import usage_line
from sync_agent.errors import SyncAgentError
from sync_agent.i18n import set_language, tr
from sync_agent.logs import start_log

__all__ = ["main"]

_OBJECTS_BEFORE_A_COLLECTION = 20_000
"""To load modules makes many objects and no garbage; to look for it as often as Python does is a tenth of a start."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code. An exception nobody foresaw is left to the hooks."""
    words = hoisted(sys.argv[1:] if arguments is None else arguments) or ["--help"]
    debug = "--debug" in words
    _seldom_collect()
    _speak_utf8()
    describe_on_one_line()
    set_language(language_in(words))
    install_hooks(debug=debug)
    leave_no_dump()
    start_log(debug=debug)
    try:
        with _termination_interrupts():
            code = _run(words)
    except KeyboardInterrupt:
        code = ExitCode.INTERRUPTED
    except typer.Abort:
        code = ExitCode.INTERRUPTED
    except BrokenPipeError:
        _drop_stdout()
        return ExitCode.NEEDS_PERSON
    except TyperException as error:
        say(usage_line(error))
        return ExitCode.USAGE
    except SyncAgentError as error:
        say(error_line(error))
        if debug:
            for line in frame_lines(error):
                say(line)
        return error.exit_code
    if code == ExitCode.INTERRUPTED:
        say(tr("interrupted"))
        leave_threads_behind(code)
    return code


def _run(words: list[str]) -> int:
    """Run the command; what it returns is its exit code, nothing means done."""
    code = build_command().main(args=words, prog_name="sync-agent", standalone_mode=False)
    sys.stdout.flush()
    return int(code or ExitCode.DONE)


@contextmanager
def _termination_interrupts() -> Iterator[None]:
    """Let a polite request to end (SIGTERM) do what Ctrl+C does: what was in flight is recorded first."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _interrupt(_number: int, frame: FrameType | None) -> None:
    """Do what an interrupt would do now: a pass may be putting it off. A shell may have ours ignore interrupts."""
    handler = signal.getsignal(signal.SIGINT)
    if not callable(handler):
        raise KeyboardInterrupt
    handler(signal.SIGINT, frame)


def _seldom_collect() -> None:
    """Look for garbage seldom, and not at all when the process ends: that alone takes a fifth of a short command."""
    gc.set_threshold(_OBJECTS_BEFORE_A_COLLECTION)
    atexit.unregister(gc.freeze)  # tests call `main` often
    atexit.register(gc.freeze)


def _speak_utf8() -> None:
    """Vietnamese and JSON are UTF-8 whatever the locale says; what cannot be written never ends a command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")


def _drop_stdout() -> None:
    """Send what is left nowhere: the reader of the pipe has gone, and Python would complain at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
