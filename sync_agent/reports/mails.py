"""Decides what a mail says: what happened, since when, what to do; and once a day how everything stands.

Whoever reads it has ten seconds. No case is named in a text: cases are counted, and the work list is attached.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sync_agent.domain.notices import WORK, NoticeKind
from sync_agent.i18n import date_text, mark, number_text, time_text, tr
from sync_agent.ledger import DayFigures, timeliness

__all__ = ["Letter", "Line", "agency_letter", "digest_letter", "news_letter", "trial_letter"]


@dataclass(frozen=True, slots=True)
class Line:
    """One thing a mail tells. `variant` tells apart why; `facts` fill the words."""

    kind: NoticeKind
    since: datetime
    variant: str = ""
    count: int = 0
    facts: tuple[tuple[str, str], ...] = ()
    again: bool = False  # people were told of it before
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail without its addresses. `text` is plain."""

    subject: str
    text: str


_TITLES: Final[dict[tuple[NoticeKind, str], str]] = {
    (NoticeKind.RECLASSIFIED, ""): mark("Cases that went up are protected now"),
    (NoticeKind.PLAN_STOPPED, ""): mark("Sending has stopped: more would go up than one pass may send"),
    (NoticeKind.CREATIONS_STOPPED, ""): mark("No new record goes up: the audit log reaches no other machine"),
    (NoticeKind.PASS_FAILING, ""): mark("The passes fail"),
    (NoticeKind.SILENCE, ""): mark("No pass has come to its end for hours"),
    (NoticeKind.SOURCE_DOWN, ""): mark("The local system cannot be read"),
    (NoticeKind.NATIONAL_DOWN, ""): mark("The national side does not take the messages of account {account}"),
    (NoticeKind.NATIONAL_DOWN, "all"): mark("The national side cannot be reached"),
    (NoticeKind.NATIONAL_DOWN, "unauthorized"): mark(
        "The national side refuses the user name or secret of account {account}"
    ),
    (NoticeKind.NATIONAL_DOWN, "forbidden"): mark("The national side forbids account {account} to send"),
    (NoticeKind.DISK, ""): mark("The disk is nearly full"),
    (NoticeKind.CONFIGURATION_REFUSED, ""): mark("The new configuration was refused, the old one stays in force"),
    (NoticeKind.ANCHOR_FAILING, ""): mark("The head of the audit log does not reach {place}"),
    (NoticeKind.EXPIRING, ""): mark("{name} is about to expire"),
    (NoticeKind.EXPIRING, "over"): mark("{name} has expired"),
    (NoticeKind.JOB_FAILED, ""): mark("A task of the schedule was missed or failed: {job}"),
    (NoticeKind.QUIET, ""): mark("Nothing was acknowledged for days"),
    (NoticeKind.UNCERTAIN, ""): mark("Messages whose outcome is not known"),
    (NoticeKind.REFUSED, ""): mark("Messages the national side refused"),
    (NoticeKind.LATE, ""): mark("Messages late by the law"),
    (NoticeKind.HELD, ""): mark("Cases that are held"),
    (NoticeKind.MAIL_FAILING, ""): mark("Mails do not get through"),
    (NoticeKind.MAIL_FAILING, "recipient"): mark("The mail server refuses a recipient of these mails"),
}
_TODOS: Final[dict[tuple[NoticeKind, str], str]] = {
    (NoticeKind.RECLASSIFIED, ""): mark(
        "tell whoever answers for confidentiality at once, and have the national side restrict these records: "
        "sync-agent holds list --rule reclassified"
    ),
    (NoticeKind.PLAN_STOPPED, ""): mark(
        "nothing goes up until a person has looked: sync-agent sync --dry-run; if it is right: "
        "sync-agent sync --accept-plan DIGEST"
    ),
    (NoticeKind.CREATIONS_STOPPED, ""): mark("see which place fails and why: sync-agent audit checkpoint"),
    (NoticeKind.PASS_FAILING, ""): mark("see what is wrong: sync-agent check; then: systemctl status sync-agent"),
    (NoticeKind.SILENCE, ""): mark("see whether the service works: systemctl status sync-agent; sync-agent status"),
    (NoticeKind.SOURCE_DOWN, ""): mark(
        "see whether the local database runs and its account may read: sync-agent check; nothing is lost meanwhile"
    ),
    (NoticeKind.NATIONAL_DOWN, ""): mark(
        "nothing at once: it is tried again by itself and nothing is lost; if it lasts: sync-agent check --probe, "
        "and ask the national side"
    ),
    (NoticeKind.NATIONAL_DOWN, "unauthorized"): mark(
        "put the right secret into its file; nothing has to be restarted: sync-agent check --probe"
    ),
    (NoticeKind.NATIONAL_DOWN, "forbidden"): mark(
        "have the national side give the account the right to send, then settle what is uncertain: "
        "sync-agent cases list --state uncertain"
    ),
    (NoticeKind.DISK, ""): mark("make room now: without it the service stops"),
    (NoticeKind.CONFIGURATION_REFUSED, ""): mark(
        "mend what is named by: sync-agent check; then: systemctl reload sync-agent"
    ),
    (NoticeKind.ANCHOR_FAILING, ""): mark("see why: sync-agent audit checkpoint"),
    (NoticeKind.EXPIRING, ""): mark("have it renewed before that day"),
    (NoticeKind.EXPIRING, "over"): mark("have it renewed now: nothing gets through"),
    (NoticeKind.JOB_FAILED, ""): mark(
        "it is tried again when it is due; if this comes again: journalctl -u sync-agent"
    ),
    (NoticeKind.QUIET, ""): mark(
        "see whether the local system still gets new cases and whether they are held: sync-agent status"
    ),
    (NoticeKind.UNCERTAIN, ""): mark(
        "look them up at the national side, then settle each: sync-agent cases list --state uncertain"
    ),
    (NoticeKind.REFUSED, ""): mark("mend the record or the mapping: sync-agent cases list --state rejected"),
    (NoticeKind.LATE, ""): mark("see what keeps them: sync-agent status"),
    (NoticeKind.HELD, ""): mark("have each mended or released: sync-agent holds list"),
    (NoticeKind.MAIL_FAILING, ""): mark("see what the mail server answers: sync-agent notify test"),
}


def news_letter(lines: Sequence[Line], *, source: str, now: datetime) -> Letter:
    """Return what changed: what began or goes on first, then what is over."""
    lasting = [line for line in lines if line.ended_at is None]
    ended = [line for line in lines if line.ended_at is not None]
    parts = ["\n\n".join(_told(number, line) for number, line in enumerate(lasting, 1))] if lasting else []
    if ended:
        parts.append("\n".join([tr("OVER"), *(_over(line) for line in ended)]))
    return Letter(_subject(lasting, ended, source), _page(parts, source, now))


def digest_letter(
    figures: DayFigures, lasting: Iterable[Line], *, source: str, now: datetime, since: datetime
) -> Letter:
    """Return how everything stands, for those who run the agent."""
    day = timeliness.vietnam_day(now)
    waits = figures.waiting + figures.late
    subject = tr("{day}: {count} to be looked at", day=date_text(day), count=number_text(waits))
    if not waits:
        subject = tr("{day}: nothing to be looked at", day=date_text(day))
    wrong = [line for line in lasting if line.kind not in WORK]
    standing = [f"- {_title(line)} ({tr('since {time}', time=time_text(line.since))})" for line in wrong]
    parts = [
        _rows(tr("FOR A PERSON"), _for_a_person(figures)),
        _rows(tr("SINCE {time}", time=time_text(since)), [(tr("messages acknowledged"), figures.acknowledged, "")]),
        "\n".join([tr("NOT IN ORDER NOW"), *(standing or [tr("- nothing")])]),
    ]
    return Letter(f"[sync-agent {source}] {subject}", _page(parts, source, now))


def agency_letter(
    figures: DayFigures, agency: str, *, source: str, now: datetime, since: datetime, attached: bool
) -> Letter:
    """Return how the cases of an agency stand, for those who keep them."""
    subject = tr(
        "{day}: cases of {agency} to be mended: {count}",
        day=date_text(timeliness.vietnam_day(now)),
        agency=agency,
        count=number_text(figures.held),
    )
    lines = [(words, count, "") for words, count, _ in _for_a_person(figures)]
    todo = (
        tr(
            "The list attached names for each case what is wrong, where to mend it and by when. Correct it in the "
            "local system; it goes up by itself."
        )
        if attached
        else tr("No list is attached: whoever runs the agent has it by: sync-agent holds list")
    )
    parts = [
        _rows(tr("AGENCY {agency}", agency=agency), lines),
        _rows(tr("SINCE {time}", time=time_text(since)), [(tr("messages acknowledged"), figures.acknowledged, "")]),
        *([todo] if figures.held else []),
    ]
    return Letter(f"[sync-agent {source}] {subject}", _page(parts, source, now))


def trial_letter(now: datetime) -> Letter:
    """Return a mail that proves nothing but that mails arrive."""
    text = tr("This mail only shows that mails of sync-agent arrive. There is nothing to do.")
    return Letter(f"[sync-agent] {tr('test mail')}", f"{text}\n\n{time_text(now)}\n")


def _subject(lasting: Sequence[Line], ended: Sequence[Line], source: str) -> str:
    first, *others = [*lasting, *ended]
    told = _title(first) if lasting else tr("Over: {what}", what=_title(first))
    more = tr(" (and {count} more)", count=number_text(len(others))) if others else ""
    return f"[sync-agent {source}] {told}{more}"


def _told(number: int, line: Line) -> str:
    """Return what is wrong, since when, and what to do."""
    count = f": {number_text(line.count)}" if line.count else ""
    since = tr("Since {time}", time=time_text(line.since))
    again = f" ({tr('told before, it goes on')})" if line.again else ""
    details = "".join(f"\n   {each}" for each in _details(line))
    todo = tr("To do: {todo}", todo=_words(_TODOS, line))
    return f"{number}. {_title(line)}{count}\n   {since}{again}{details}\n   {todo}"


def _over(line: Line) -> str:
    times = tr("from {since} to {until}", since=time_text(line.since), until=time_text(line.ended_at or line.since))
    return f"- {_title(line)} ({times})"


def _details(line: Line) -> Iterable[str]:
    facts = dict(line.facts)
    if "megabytes" in facts:
        yield tr("Free: {megabytes} MB", megabytes=number_text(int(facts["megabytes"])))
    if "day" in facts:
        yield tr("Expires on {day}", day=date_text(date.fromisoformat(facts["day"])))
    if "cause" in facts:
        yield tr("Cause: {cause}", cause=facts["cause"])
    if "error" in facts:
        yield tr("Cause: {cause}", cause=facts["error"])


def _title(line: Line) -> str:
    return tr(_TITLES.get((line.kind, line.variant)) or _TITLES[line.kind, ""], **dict(line.facts))


def _words(table: dict[tuple[NoticeKind, str], str], line: Line) -> str:
    return tr(table.get((line.kind, line.variant)) or table[line.kind, ""])


def _for_a_person(figures: DayFigures) -> list[tuple[str, int, str]]:
    """Return what waits for a person: words, how much, and the command that shows it."""
    return [
        (tr("cases held"), figures.held, "sync-agent holds list"),
        (tr("messages refused"), figures.refused, "sync-agent cases list --state rejected"),
        (tr("messages uncertain"), figures.uncertain, "sync-agent cases list --state uncertain"),
        (tr("messages late by the law"), figures.late, "sync-agent status"),
        (tr("messages soon due"), figures.due_soon, ""),
    ]


def _rows(title: str, rows: Iterable[tuple[str, int, str]]) -> str:
    """Return what there is any of."""
    lines = [f"- {words}: {number_text(count)}" + (f"   → {how}" if how else "") for words, count, how in rows if count]
    return "\n".join([title, *(lines or [tr("- nothing")])])


def _page(parts: Sequence[str], source: str, now: datetime) -> str:
    foot = tr("Sent by sync-agent ({source}) on {time}. Do not answer this mail.", source=source, time=time_text(now))
    return "\n\n".join([*parts, f"-- \n{foot}"]) + "\n"
