"""Which entries of the audit log a command is about: the options that say so, and what they mean."""

from datetime import date, datetime, time, timedelta
from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from sync_agent.cli.completion import event_names

if TYPE_CHECKING:
    from sync_agent.audit import Event
    from sync_agent.bootstrap import Desk

__all__ = ["CaseName", "EventName", "Since", "Until", "bound", "known_event", "open_log", "subject"]

EventName = Annotated[
    str | None, typer.Option("--event", metavar="EVENT", autocompletion=event_names, help="Only entries of this event.")
]
CaseName = Annotated[str | None, typer.Option("--case", metavar="KEY", help="Only entries about this case.")]
Since = Annotated[
    str | None, typer.Option("--since", metavar="N|DAY", help="From this entry, day (2026-11-02) or time on.")
]
Until = Annotated[
    str | None, typer.Option("--until", metavar="N|DAY", help="Up to this entry, day or time, itself included.")
]
_ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
_LAST_MOMENT = timedelta(days=1) - timedelta(milliseconds=1)  # entries tell milliseconds


def open_log(desk: "Desk") -> "Desk":
    """Return the desk. Raises LedgerError when there is no ledger, and so no log."""
    from sync_agent.errors import LedgerError
    from sync_agent.ledger import has_ledger

    if not has_ledger(desk.ledger.engine.url):
        raise LedgerError("there is no ledger yet", todo="the first pass makes it: sync-agent sync")
    return desk


def bound(text: str | None, option: str, *, end: bool = False) -> int | str | None:
    """Return what one end of a range means: an index, or an instant as entries write it. Raises ConfigError.

    Days and times without a zone are those of Việt Nam; a day at the `end` is meant whole.
    """
    from sync_agent.audit import instant
    from sync_agent.errors import ConfigError

    if text is None or text.isdecimal():
        return None if text is None else int(text)
    try:
        moment = _moment(text, end=end)
    except ValueError:
        raise ConfigError(
            "this is no number of an entry, no day and no time",
            where=option,
            todo="write it as 4711, 2026-11-02 or 2026-11-02T08:30",
        ) from None
    return instant(moment)


def _moment(text: str, *, end: bool) -> datetime:
    try:
        day = datetime.combine(date.fromisoformat(text), time(), _ZONE)
    except ValueError:
        moment = datetime.fromisoformat(text)
        return moment if moment.tzinfo else moment.replace(tzinfo=_ZONE)
    return day + _LAST_MOMENT if end else day


def known_event(text: str | None) -> "Event | None":
    """Return the event of a name. Raises ConfigError for one there is not."""
    from sync_agent.audit import Event
    from sync_agent.errors import ConfigError

    if text is None or text in set(Event):
        return Event(text) if text else None
    near = get_close_matches(text, list(Event), n=1)
    raise ConfigError(
        "there is no event {event}",
        where="--event",
        todo="did you mean {near}?" if near else "one of: {events}",
        facts=(("event", text), ("near", "".join(near)), ("events", ", ".join(Event))),
    )


def subject(desk: "Desk", case: str | None) -> str | None:
    """Return the commitment by which the log speaks of a case. Raises SyncAgentError for one nobody knows."""
    from sync_agent.ledger import subject_of

    if case is None:
        return None
    with desk.ledger.read() as connection:
        return subject_of(connection, desk.ledger.source_id, case)
