"""Decides what may stand in the log: events of a closed list and facts of a closed list, each in a form of its own.

A fact nobody declared, and a value that has not the form of its fact, become a mark and are counted, never written.
Of what a library logs only who logged it and where in its code remains. Lines go to stderr, or to a file that turns
over.
"""

import logging
import os
import re
import sys
import threading
from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager, nullcontext, suppress
from contextvars import copy_context
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from io import FileIO, TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any, Literal, ParamSpec, TypeVar

from sync_agent.domain.steps import Step
from sync_agent.errors import ConfigError

__all__ = ["LogEvent", "LogLevel", "bound", "carried", "keep_log_in", "log", "set_level", "start_log"]

P = ParamSpec("P")
T = TypeVar("T")
LogLevel = Literal["debug", "info", "warning", "error"]

_LEVELS: dict[LogLevel, int] = {"debug": 10, "info": 20, "warning": 30, "error": 40}
_NOTHING = 50
_MARK = "▢"
_STATES = frozenset({"acknowledged", "held", "in_flight", "not_ready", "pending", "rejected", "uncertain", "waiting"})
_JOBS = frozenset({"pass", "full_scan", "checkpoint", "code_lists", "housekeeping", "backup"})
_TALKATIVE = ("alembic", "apscheduler", "httpcore", "httpx", "sqlalchemy", "urllib3")
"""Libraries that log addresses, statements or parameters when they are let."""


class LogEvent(StrEnum):
    """What can stand in the log."""

    PASS_STARTED = "pass_started"  # noqa: S105 - no password
    PASS_ENDED = "pass_ended"  # noqa: S105
    PAGE_SCANNED = "page_scanned"
    DOUBT_SETTLED = "doubt_settled"
    GUARD_STOPPED = "guard_stopped"
    MESSAGE_TRIED = "message_tried"
    ACCOUNT_CLOSED = "account_closed"
    WRITE_BACK_FAILED = "write_back_failed"
    SECRET_UNUSABLE = "secret_unusable"  # noqa: S105 - a new secret cannot be read, the old one stays in use
    SERVICE_STARTED = "service_started"
    SERVICE_STANDS_BY = "service_stands_by"
    SERVICE_STOPPED = "service_stopped"
    JOB_FAILED = "job_failed"  # it is tried again when it is due
    JOB_MISSED = "job_missed"
    REQUESTS_UNREADABLE = "requests_unreadable"  # what people ask cannot be looked at now: tried again
    JOB_STILL_BUSY = "job_still_busy"  # due again before it was done, or while another one is
    CLOCK_JUMPED = "clock_jumped"  # seconds: how far it was set
    CONFIGURATION_READ = "configuration_read"
    CONFIGURATION_REFUSED = "configuration_refused"  # the one before stays in force
    HEALTH_UNAVAILABLE = "health_unavailable"  # its address cannot be listened at: tried again
    MAIL_SENT = "mail_sent"  # count: to how many
    MAIL_FAILED = "mail_failed"  # it is tried again
    LIBRARY = "library"


@dataclass(slots=True)
class _Threshold:
    """The lowest level that is written; a fixed one is not changed by settings."""

    level: int = _NOTHING
    fixed: bool = False


class _File(RotatingFileHandler):
    """A file for its owner's eyes only, that turns over when it is full."""

    def _open(self) -> TextIOWrapper:
        def private(path: str, flags: int) -> int:
            return os.open(path, flags, 0o600)

        return TextIOWrapper(FileIO(self.baseFilename, self.mode, opener=private), encoding="utf-8", write_through=True)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the name logging calls
        """Write to stderr what the file does not take: a full disk stops no work, and is seen."""
        _to_stderr(record.getMessage())


@dataclass(slots=True)
class _Place:
    """Where lines go: a file, or stderr."""

    file: _File | None = None


_threshold = _Threshold()
_place = _Place()
_writing = threading.Lock()


def start_log(*, debug: bool) -> None:
    """Have this process log on stderr: everything with `debug`, else nothing until `set_level` says otherwise.

    What a command has to say to the person who called it, it says itself; that of libraries is kept back as well.
    """
    _threshold.level, _threshold.fixed = _LEVELS["debug"] if debug else _NOTHING, debug
    root = logging.getLogger()
    if not any(isinstance(handler, _Bridge) for handler in root.handlers):
        root.addHandler(_Bridge())
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)


def set_level(level: LogLevel | None) -> None:
    """Write what is at least as grave as `level`; None and a log that was started for debugging change nothing."""
    if level is not None and not _threshold.fixed:
        _threshold.level = _LEVELS[level]


def keep_log_in(path: Path | None, *, max_bytes: int, keep: int) -> None:
    """Write to a file from now on, None: to stderr; a log for debugging stays there. Of full ones the last are kept.

    Raises ConfigError when the file cannot be written; then nothing changes.
    """
    if _threshold.fixed:
        return
    file = None
    if path is not None:
        try:
            file = _File(path, maxBytes=max_bytes, backupCount=keep)
        except OSError as error:
            raise ConfigError(
                "the log cannot be written there ({reason})",
                where="logs.file",
                todo="name a file in a folder this account may write to",
                facts=(("reason", error.strerror or "error"),),
            ) from None
    before, _place.file = _place.file, file
    if before is not None:
        before.close()


def log(event: LogEvent, level: LogLevel = "info", /, **facts: object) -> None:
    """Write one line, with what is bound here; facts that are None are left out. Never fails."""
    if _LEVELS[level] >= _threshold.level:
        said = {name: value for name, value in facts.items() if value is not None}
        _logger(terminal=_place.file is None and sys.stderr.isatty()).log(_LEVELS[level], event, **said)


def bound(**facts: object) -> AbstractContextManager[None]:
    """Have every line that is written inside the block carry these facts."""
    if _threshold.level >= _NOTHING:
        return nullcontext()
    from structlog.contextvars import bound_contextvars  # noqa: PLC0415 - the help stays fast

    return bound_contextvars(**facts)


def carried(function: Callable[P, T]) -> Callable[P, T]:
    """Return the function with what is bound here, for another thread to call once."""
    context = copy_context()

    def inside(*args: P.args, **kwargs: P.kwargs) -> T:
        return context.run(function, *args, **kwargs)

    return inside


class _Bridge(logging.Handler):
    """Takes what libraries log and lets nothing of what they say through."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write who logged, where in its code, and the type of the exception if there is one."""
        level: LogLevel = "debug"
        for name, number in _LEVELS.items():
            level = name if record.levelno >= number else level
        error = record.exc_info[0] if record.exc_info else None
        place = f"{record.module}:{record.lineno}"
        log(LogEvent.LIBRARY, level, logger=record.name, place=place, error=error.__name__ if error else None)


def _matches(pattern: str) -> Callable[[object], bool]:
    compiled = re.compile(pattern, re.ASCII)
    return lambda value: isinstance(value, str) and compiled.fullmatch(value) is not None


def _one_of(words: Collection[str]) -> Callable[[object], bool]:
    return lambda value: isinstance(value, str) and value in words


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _seconds(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _flag(value: object) -> bool:
    return isinstance(value, bool)


def _imported(value: object) -> bool:
    """Tell whether a logger is named after code that is loaded: a name of a logger can be anything."""
    return _DOTTED(value) and str(value).partition(".")[0] in sys.modules


def _figures(value: object) -> bool:
    return isinstance(value, Mapping) and all(_CODE(name) and _whole(number) for name, number in value.items())


_CODE = _matches(r"[a-z][a-z0-9_.]{0,63}")
_DOTTED = _matches(r"[A-Za-z_][A-Za-z0-9_.]{0,99}")

_FORMS: dict[str, Callable[[object], bool]] = {
    "run": _matches(r"run-\d{1,18}"),
    "case": _matches(r"P-[A-Z2-7]{10}"),  # always the pseudonym, of every case
    "step": _one_of(frozenset(Step)),
    "update": _flag,
    "job": _one_of(_JOBS),
    "state": _one_of(_STATES),
    "cause": _CODE,
    "how": _CODE,
    "account": _matches(r"[A-Za-z0-9._-]{1,40}"),
    "http_status": lambda value: _whole(value) and len(str(value)) == len("200"),
    "attempt": _whole,
    "seconds": _seconds,
    "count": _whole,
    "read": _whole,
    "changed": _whole,
    "counts": _figures,
    "result": _matches(r"[A-Za-z_]{1,40}"),
    "logger": _imported,
    "place": _matches(r"[A-Za-z_][A-Za-z0-9_]{0,60}:\d{1,6}"),
    "error": _matches(r"[A-Za-z_][A-Za-z0-9_]{0,60}"),
}


def _allowed(_logger: object, _method: str, said: Mapping[str, Any]) -> dict[str, Any]:
    """Keep what fits; count what does not."""
    kept: dict[str, Any] = {"event": said["event"].value if isinstance(said["event"], LogEvent) else _MARK}
    kept |= {name: said[name] if fits(said[name]) else _MARK for name, fits in _FORMS.items() if name in said}
    masked = sum(value is _MARK for value in kept.values()) + len(said.keys() - kept.keys())
    return kept | ({"masked": masked} if masked else {})


class _Lines:
    """Writes lines to where they go at that moment."""

    def msg(self, line: str) -> None:
        """Write one line whole."""
        file = _place.file
        if file is None:
            _to_stderr(line)
        else:
            file.handle(logging.makeLogRecord({"msg": line}))

    debug = info = warning = error = msg


def _to_stderr(line: str) -> None:
    """Write one line to whatever stderr is at that moment. One that takes nothing any more stops no work."""
    with _writing, suppress(OSError, ValueError):
        sys.stderr.write(line + "\n")
        sys.stderr.flush()


@cache
def _logger(*, terminal: bool) -> Any:
    """Return what writes lines: JSON for programs, in colours for people."""
    import orjson  # noqa: PLC0415 - the help stays fast
    import structlog  # noqa: PLC0415

    def to_json(said: object, **_: object) -> str:
        return orjson.dumps(said).decode()

    return structlog.wrap_logger(
        _Lines(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.NOTSET),
        processors=[
            structlog.contextvars.merge_contextvars,
            _allowed,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
            structlog.dev.ConsoleRenderer(timestamp_key="time", colors="NO_COLOR" not in os.environ)
            if terminal
            else structlog.processors.JSONRenderer(to_json),
        ],
    )
