"""What a person sees of an exception: one line; with `--debug` the frames. Never a message, a local or a note.

Only a SyncAgentError may speak, in the reader's language; whatever else an exception says may hold personal data.
"""

import sys
import threading
import traceback
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType

from sync_agent.cli.output import one_line
from sync_agent.cli.phrases import told
from sync_agent.errors import SyncAgentError
from sync_agent.i18n import tr

__all__ = ["error_line", "frame_lines", "install_hooks", "internal_line", "leave_no_dump", "say"]

_PACKAGE = str(Path(__file__).parent.parent)


def say(line: str) -> None:
    """Print one line on stderr."""
    sys.stderr.write(one_line(line) + "\n")


def error_line(error: SyncAgentError) -> str:
    """Return where, what and what to do, in the reader's language."""
    what, todo = told(error.what, error.facts), told(error.todo, error.facts)
    place = f"{error.where}: " if error.where else ""
    return tr("error: {text}", text=place + what.rstrip(".") + (f" - {todo}" if todo else ""))


def internal_line(error: BaseException) -> str:
    """Return the type of an unexpected exception and where it rose, nothing of what it says."""
    return tr("internal error: {name} at {place}", name=type(error).__name__, place=_risen_at(error))


def frame_lines(error: BaseException) -> Iterator[str]:
    """Yield types and frames of an exception, of those behind it and of those inside a group."""
    seen: set[int] = set()
    waiting: list[BaseException] = [error]
    while waiting:
        current = waiting.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield f"{type(current).__module__}.{type(current).__qualname__}"
        for frame, line in traceback.walk_tb(current.__traceback__):
            yield f"  {_place(frame.f_code.co_filename, line)} in {frame.f_code.co_name}"
        behind = (current.__cause__, None if current.__suppress_context__ else current.__context__)
        waiting += [other for other in behind if other is not None]
        waiting += current.exceptions if isinstance(current, BaseExceptionGroup) else ()


def install_hooks(*, debug: bool) -> None:
    """Make every exception nobody caught end in one line, in threads and in the garbage collector too.

    Warnings of libraries, which may quote a value, are kept back as well.
    """

    def report(error: BaseException) -> None:
        say(internal_line(error))
        if debug:
            for line in frame_lines(error):
                say(line)

    def uncaught(_kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
        report(error)

    def uncaught_in_thread(failure: threading.ExceptHookArgs) -> None:
        if failure.exc_value is not None:
            report(failure.exc_value)

    def unraisable(failure: "sys.UnraisableHookArgs") -> None:
        if failure.exc_value is not None:
            report(failure.exc_value)

    warnings.showwarning = _warner(debug=debug)
    sys.excepthook = uncaught
    threading.excepthook = uncaught_in_thread
    sys.unraisablehook = unraisable


def leave_no_dump() -> None:
    """Have a crash leave no image of the memory behind, where the system knows such limits."""
    try:
        import resource
    except ImportError:
        return  # not on Windows
    _, most = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, most))


def _warner(*, debug: bool) -> Callable[..., None]:
    """Return what shows a library's warning: nothing of what it says, with `debug` its type and place."""

    def warned(_message: object, category: type[Warning], filename: str, lineno: int, *_rest: object) -> None:
        if debug:
            say(f"{category.__name__} at {_place(filename, lineno)}")

    return warned


def _risen_at(error: BaseException) -> str:
    """Return the innermost place of ours, or the innermost of all when none is."""
    places = [_place(frame.f_code.co_filename, line) for frame, line in traceback.walk_tb(error.__traceback__)]
    ours = [place for place in places if place.startswith("sync_agent/")]
    return (ours or places or ["?"])[-1]


def _place(file: str, line: int) -> str:
    """Return `sync_agent/cli/main.py:12`: a path below where it is installed, never one of this machine."""
    roots = [str(Path(_PACKAGE).parent), *sys.path]
    fitting = [root for root in roots if root and file.startswith(root.rstrip("/") + "/")]
    longest = max(fitting, key=len, default="")
    short = file.removeprefix(longest).lstrip("/") if longest else Path(file).name
    return f"{short}:{line}"
