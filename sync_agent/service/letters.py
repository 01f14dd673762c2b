"""Decides who gets which mail: one a round for each who wants to know any of it, and one a day with how all stands."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from email.message import EmailMessage
from typing import Final

from sync_agent.domain.canonical import keyed_digest
from sync_agent.domain.notices import NoticeKind
from sync_agent.errors import ConfigError
from sync_agent.i18n import speaking
from sync_agent.ledger import DayFigures, Notice, NoticeKey, day_figures, digest_sent_at, queries, timeliness
from sync_agent.mail import compose
from sync_agent.reports import Letter, Line, agency_letter, digest_letter, news_letter, work_items, workbook_bytes
from sync_agent.service.notices import Condition, Facts, News, Stage
from sync_agent.service.sending import ZONE
from sync_agent.settings import RecipientSettings
from sync_agent.sync import Agent
from sync_agent.words import step_word

__all__ = ["Parcel", "digest_parcels", "news_parcels"]

_NAMED: Final = {
    NoticeKind.NATIONAL_DOWN: "account",
    NoticeKind.ANCHOR_FAILING: "place",
    NoticeKind.EXPIRING: "name",
    NoticeKind.JOB_FAILED: "job",
}
"""What the subject of a state is, in the words for it."""

_XLSX: Final = "vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Parcel:
    """One mail to one recipient. `tells` are the states it tells of, `digest` the recipient whose day it is."""

    message: EmailMessage
    made_at: datetime
    tells: frozenset[NoticeKey] = frozenset()
    digest: str = ""


def news_parcels(agent: Agent, facts: Facts, news: Iterable[News]) -> list[Parcel]:
    """Return one mail for each recipient who wants to know any of it, the gravest first."""
    tellable = [each for each in news if each.condition.kind is not NoticeKind.MAIL_FAILING or each.condition.variant]
    parcels = []
    for recipient in agent.settings.notifications.recipients:
        wanted = [each for each in tellable if recipient.wants(each.condition.kind)]
        if wanted:
            with speaking(recipient.language):
                lines = [_line(each.condition, each.stage, each.ended_at) for each in wanted]
                letter = news_letter(lines, source=agent.ledger.source_id, now=facts.now)
            tells = frozenset(each.condition.key for each in wanted)
            parcels.append(Parcel(_message(agent, recipient, letter, facts.now), facts.now, tells))
    return parcels


def digest_parcels(
    agent: Agent, facts: Facts, lasting: Sequence[Condition], notices: Mapping[NoticeKey, Notice]
) -> Iterator[Parcel]:
    """Yield the mails of the day that are due. Raises LedgerError."""
    limits, local = agent.settings.notifications, facts.now.astimezone(ZONE)
    if not limits.digest_at or local.time() < time.fromisoformat(limits.digest_at):
        return
    if limits.digest_days == "working" and not facts.workday:
        return
    lines = [replace(each, since=notices[each.key].since) for each in lasting]
    for recipient in limits.recipients:
        token = keyed_digest(agent.installation_key, "recipient", f"{recipient.address} {recipient.agency}".encode())
        with agent.ledger.read() as connection:
            sent_at = digest_sent_at(connection, token)
        if recipient.digest and (sent_at is None or timeliness.vietnam_day(sent_at) < local.date()):
            with speaking(recipient.language):
                said = [_line(each) for each in lines]
                message = _digest(agent, recipient, facts.now, sent_at or facts.now - _DAY, said)
                yield Parcel(message, facts.now, digest=token)


def _line(condition: Condition, stage: Stage = Stage.BEGUN, ended_at: datetime | None = None) -> Line:
    """Return how a mail tells it; of what is over only what it was about is known."""
    name = _NAMED.get(condition.kind)
    facts = dict(condition.facts) | ({name: condition.subject} if name and condition.subject else {})
    everywhere = condition.kind is NoticeKind.NATIONAL_DOWN and not condition.subject
    return Line(
        condition.kind,
        condition.since,
        variant="all" if everywhere else condition.variant,
        count=condition.count,
        facts=tuple(facts.items()),
        again=stage is Stage.LASTING,
        ended_at=ended_at,
    )


def _digest(
    agent: Agent, recipient: RecipientSettings, now: datetime, since: datetime, lasting: Sequence[Line]
) -> EmailMessage:
    source, today, agency = agent.ledger.source_id, timeliness.vietnam_day(now), recipient.agency
    soon = agent.calendar.add_working_days(today, agent.settings.timeliness.warn_working_days)
    with agent.ledger.read() as connection:
        figures = day_figures(connection, source, since=since, today=today, soon=soon, agency=agency)
    if agency:
        return _agency_digest(agent, recipient, figures, now, since)
    letter = digest_letter(figures, lasting, source=source, now=now, since=since)
    return _message(agent, recipient, letter, now)


def _agency_digest(
    agent: Agent, recipient: RecipientSettings, figures: DayFigures, now: datetime, since: datetime
) -> EmailMessage:
    agency, source = recipient.agency, agent.ledger.source_id
    book = _work_list(agent, agency) if figures.held else None
    letter = agency_letter(figures, agency, source=source, now=now, since=since, attached=book is not None)
    message = _message(agent, recipient, letter, now)
    if book is not None:
        plain = "".join(each for each in agency if each.isascii() and (each.isalnum() or each in ".-"))
        name = f"{plain}-{timeliness.vietnam_day(now)}.xlsx"
        message.add_attachment(book, maintype="application", subtype=_XLSX, filename=name)
    return message


def _work_list(agent: Agent, agency: str) -> bytes | None:
    """Return the work list of an agency: cases by key, as they must be found, protected ones by pseudonym."""
    with agent.ledger.read() as connection:
        holds = queries.every_hold(connection, agent.ledger.source_id, agency=agency)
        items = work_items(holds, agent.names, step_word=step_word, place_of=agent.mapper.place_of)
    try:
        return workbook_bytes(items)
    except ConfigError:  # the package that writes it is not installed: the mail says how to have it
        return None


def _message(agent: Agent, recipient: RecipientSettings, letter: Letter, now: datetime) -> EmailMessage:
    sender = agent.settings.notifications.sender
    return compose(sender, recipient.address, letter.subject, letter.text, now=now, language=recipient.language)
