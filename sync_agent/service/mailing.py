"""Decides when mails are made and what becomes of them: once a minute, sent beside the work, never in its way.

All is read, decided and written in the thread that works; the line to the mail server is in a thread of its own, for
which nothing waits. What could not be sent is made anew later, as things stand then.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Final

from sync_agent.errors import SyncAgentError
from sync_agent.ledger import Notice, NoticeKey, keep_notices, load_notices, note_digest
from sync_agent.logs import LogEvent, log
from sync_agent.mail import MailError, MailServer, send_mail
from sync_agent.service.letters import Parcel, digest_parcels, news_parcels
from sync_agent.service.notices import RECIPIENT, Round, conditions, weigh
from sync_agent.service.state import ServiceState
from sync_agent.service.watching import Watch
from sync_agent.sync import Agent

__all__ = ["Mailing"]

_EACH: Final = 60.0
"""Seconds between two looks."""

_AGAIN: Final = 900.0
"""Seconds until mails are tried again that did not get through."""

_SECONDS: Final = 10.0
"""How long a mail server may take for each answer."""

_PARTING: Final = 2.0
"""Seconds for which mails that are on their way are waited for at the end."""

Send = Callable[..., str]


@dataclass(slots=True)
class _Delivery:
    """What became of some mails: sent, refused for good, or to be tried again; `cause` of the last failure."""

    sent: list[Parcel] = field(default_factory=list)
    refused: list[Parcel] = field(default_factory=list)
    failed: list[Parcel] = field(default_factory=list)
    cause: str = ""


class Mailing:
    """Looks and mails. `send` hands one mail over; `steady` are the seconds of a clock that is never set."""

    def __init__(self, send: Send = send_mail, steady: Callable[[], float] = time.monotonic) -> None:
        self._send, self._steady, self._watch = send, steady, Watch(steady)
        self._next = self._retry = steady()
        self._carrier: Thread | None = None
        self._delivered: SimpleQueue[_Delivery] = SimpleQueue()
        self._failure: str | None = None
        self._kept: list[Parcel] = []  # of a round that others have got

    def look(self, agent: Agent, state: ServiceState) -> None:
        """Look how things stand and have people told, once a minute however often it is called. Raises LedgerError."""
        self._collect(agent)
        if self._steady() < self._next:
            return
        self._next = self._steady() + _EACH
        facts, limits = self._watch.facts(agent, state, self._failure), agent.settings.notifications
        lasting = conditions(facts, limits, agent.calendar)
        with agent.ledger.read() as connection:
            known = load_notices(connection)
        found = weigh(known, lasting, facts, limits)
        _remember(agent, known, found)
        if limits.host and self._carrier is None and self._steady() >= self._retry:
            digests = digest_parcels(agent, facts, lasting, found.notices)
            self._hand_over(agent, [*self._kept, *news_parcels(agent, facts, found.news), *digests])

    def end(self, agent: Agent) -> None:
        """Wait a moment for mails that are on their way, and remember what became of them. Raises LedgerError."""
        if self._carrier is not None:
            self._carrier.join(_PARTING)
        self._collect(agent)

    def _hand_over(self, agent: Agent, parcels: Sequence[Parcel]) -> None:
        self._kept = []
        if parcels:
            given = (agent.settings.notifications, agent.settings.folder, parcels)
            self._carrier = Thread(target=self._carry, args=given, name="mail", daemon=True)
            self._carrier.start()

    def _carry(self, server: MailServer, folder: Path, parcels: Sequence[Parcel]) -> None:
        """Send mails one after the other; when it is not one recipient that is wrong, the rest waits."""
        done = _Delivery(failed=list(parcels), cause="internal")
        try:
            while done.failed:
                self._deliver(server, folder, done)
        except MailError as error:
            done.cause = error.cause
        except SyncAgentError:  # a secret that cannot be read
            done.cause = "secret"
        else:
            done.cause = RECIPIENT if done.refused else ""
        finally:
            self._delivered.put(done)

    def _deliver(self, server: MailServer, folder: Path, done: _Delivery) -> None:
        """Send the next mail. Raises MailError when it is to be tried again, ConfigError."""
        parcel = done.failed[0]
        try:
            self._send(server, parcel.message, folder, seconds=_SECONDS, where="notifications")
        except MailError as error:
            if not error.final:
                raise
            done.refused.append(parcel)
        else:
            done.sent.append(parcel)
        del done.failed[0]

    def _collect(self, agent: Agent) -> None:
        """Remember what became of the mails that were on their way."""
        try:
            done = self._delivered.get_nowait()
        except Empty:
            return
        self._carrier, self._failure = None, done.cause
        over = [*done.sent, *done.refused]
        told = {key: parcel.made_at for parcel in over for key in parcel.tells}
        if done.failed:
            self._retry = self._steady() + _AGAIN
            self._kept = [replace(each, tells=frozenset()) for each in done.failed if _is_behind(each, told)]
        _say(done)
        digests = {parcel.digest for parcel in over if parcel.digest}
        if told or digests:
            _note(agent, told, digests)


def _remember(agent: Agent, known: Mapping[NoticeKey, Notice], found: Round) -> None:
    changed = [each for key, each in found.notices.items() if known.get(key) != each]
    if changed or found.gone:
        with agent.ledger.write() as tx:
            keep_notices(tx, changed, found.gone)


def _is_behind(parcel: Parcel, told: Mapping[NoticeKey, datetime]) -> bool:
    """Tell whether others have got what this mail tells, so that it will not be made anew."""
    return not parcel.digest and (not parcel.tells or bool(parcel.tells & told.keys()))


def _note(agent: Agent, told: Mapping[NoticeKey, datetime], digests: set[str]) -> None:
    """Note that people were told, as of when the mail was made: what ended while it was on its way is still to tell."""
    with agent.ledger.write() as tx:
        known = load_notices(tx.connection)
        keep_notices(tx, [replace(known[key], told_at=told[key]) for key in told.keys() & known.keys()])
        for recipient in digests:
            note_digest(tx, recipient)


def _say(done: _Delivery) -> None:
    if done.sent:
        log(LogEvent.MAIL_SENT, count=len(done.sent))
    if done.cause:
        log(LogEvent.MAIL_FAILED, "warning", cause=done.cause, count=len(done.failed) + len(done.refused))
