"""Decides which states people are told of, and when: after a while, again while they last, and once they are over.

Pure: facts in, what to tell and what to remember out. What is remembered is in the ledger, so that a restart neither
repeats nor forgets. What could not be judged (None) stays as it was.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Final

from sync_agent.domain.deadlines import Calendar
from sync_agent.domain.notices import HAPPENINGS, WORK, NoticeKind
from sync_agent.ledger import Notice, NoticeKey, Work
from sync_agent.service.sending import ZONE
from sync_agent.settings import NotificationsSection

__all__ = [
    "DONE",
    "RECIPIENT",
    "Condition",
    "Down",
    "Expiry",
    "Facts",
    "News",
    "Round",
    "Stage",
    "conditions",
    "is_worked",
    "weigh",
    "worked",
]

RECIPIENT: Final = "recipient"
"""Why mails fail when it is one recipient only: then the others can be told."""

_CALM: Final = timedelta(minutes=15)
"""How long a state must be over before that is told: one that comes and goes is one."""

_PAUSE: Final = timedelta(hours=1)
"""At least so long between two mails of a state that keeps coming back."""

_DOUBT: Final = timedelta(hours=1)
"""An uncertain message is looked up and settled by itself first, where that is possible."""

_STALE: Final = timedelta(days=7)
"""What happened is not told any more when no mail got through for so long."""

_ANCHORING: Final = timedelta(hours=1)
_MEGABYTE: Final = 1_000_000
_REFUSED_ACCOUNT: Final = frozenset({"unauthorized", "forbidden"})
DONE: Final = "done"  # as the result of a pass
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Down:
    """An account whose messages the national side does not take: since when, and the code of why."""

    since: datetime
    cause: str


@dataclass(frozen=True, slots=True)
class Expiry:
    """What lets the two sides know each other, and until when. `name`: a host, a file or an account."""

    name: str
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Facts:
    """How everything stands. `result` is how the newest pass ended; `settled`: the service is up long enough to tell
    silence; `workday`: today is worked.
    """

    now: datetime
    free_bytes: int
    result: str | None = None
    last_done: datetime | None = None
    last_acknowledged: datetime | None = None
    settled: bool = True
    workday: bool = True
    configuration_refused: bool = False
    creations_stopped: bool = False
    downs: Mapping[str, Down] = field(default_factory=dict)
    work: Mapping[NoticeKind, Work] = field(default_factory=dict)
    anchors: Mapping[str, datetime] = field(default_factory=dict)
    jobs: frozenset[str] = frozenset()
    expiries: tuple[Expiry, ...] | None = None
    mail_failure: str | None = None  # the code of why; "": mails get through; None: none was tried yet


@dataclass(frozen=True, slots=True)
class Condition:
    """A state that lasts now. `count` and `facts` are for the words, `newest` tells when more of it came."""

    kind: NoticeKind
    since: datetime
    subject: str = ""
    variant: str = ""
    count: int = 0
    newest: datetime | None = None
    facts: tuple[tuple[str, str], ...] = ()

    @property
    def key(self) -> NoticeKey:
        """By which it is the same at the next look."""
        return self.kind, self.subject


class Stage(StrEnum):
    """What of a state is told."""

    BEGUN = "begun"
    LASTING = "lasting"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class News:
    """One thing to tell."""

    stage: Stage
    condition: Condition
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Round:
    """What one look came to: all states as they are now, those that are over, and what to tell."""

    notices: dict[NoticeKey, Notice]
    gone: tuple[NoticeKey, ...]
    news: tuple[News, ...]


def conditions(facts: Facts, limits: NotificationsSection, calendar: Calendar) -> list[Condition]:
    """Return the states that last, the gravest first."""
    found = [
        *_of_passes(facts),
        *_of_silence(facts, limits, calendar),
        *_of_places(facts, limits),
        *_of_work(facts),
    ]
    return sorted(found, key=lambda each: (list(NoticeKind).index(each.kind), each.subject))


def _of_passes(facts: Facts) -> Iterable[Condition]:
    for account, down in facts.downs.items():
        variant = down.cause if down.cause in _REFUSED_ACCOUNT else ""
        said = (("account", account), ("cause", down.cause))
        yield Condition(NoticeKind.NATIONAL_DOWN, down.since, account, variant, facts=said)
    refused = any(down.cause in _REFUSED_ACCOUNT for down in facts.downs.values())
    match facts.result:
        case None | "done" | "interrupted":
            pass
        case "guard":
            yield Condition(NoticeKind.PLAN_STOPPED, facts.now)
        case "SourceError":
            yield Condition(NoticeKind.SOURCE_DOWN, facts.now)
        case "NationalUnreachableError":
            if not facts.downs:
                yield Condition(NoticeKind.NATIONAL_DOWN, facts.now, variant="all")
        case "ConfigError" if refused:  # every account is: that is told above
            pass
        case result:
            yield Condition(NoticeKind.PASS_FAILING, facts.now, facts=(("error", result),))


def _of_silence(facts: Facts, limits: NotificationsSection, calendar: Calendar) -> Iterable[Condition]:
    """Yield what nobody would notice. Only days that are worked count, and it begins on none other."""
    hours, days = limits.silence_hours, limits.quiet_days
    done, acknowledged = facts.last_done, facts.last_acknowledged
    if not facts.workday:
        return
    if hours and facts.settled and done and worked(calendar, done, facts.now) >= timedelta(hours=hours):
        yield Condition(NoticeKind.SILENCE, done, facts=(("hours", str(hours)),))
    if days and acknowledged and worked(calendar, acknowledged, facts.now) >= timedelta(days=days):
        yield Condition(NoticeKind.QUIET, acknowledged, facts=(("days", str(days)),))


def _of_places(facts: Facts, limits: NotificationsSection) -> Iterable[Condition]:
    if facts.configuration_refused:
        yield Condition(NoticeKind.CONFIGURATION_REFUSED, facts.now)
    if facts.creations_stopped:
        yield Condition(NoticeKind.CREATIONS_STOPPED, facts.now)
    for place, since in facts.anchors.items():
        yield Condition(NoticeKind.ANCHOR_FAILING, since, place, facts=(("place", place),))
    if facts.free_bytes < limits.disk_megabytes * _MEGABYTE:
        free = str(facts.free_bytes // _MEGABYTE)
        yield Condition(NoticeKind.DISK, facts.now, facts=(("megabytes", free),))
    for each in facts.expiries or ():
        if each.ends_at - facts.now < timedelta(days=limits.expiry_days):
            said = (("name", each.name), ("day", _day(each.ends_at).isoformat()))
            over = "over" if each.ends_at <= facts.now else ""
            yield Condition(NoticeKind.EXPIRING, facts.now, each.name, over, facts=said)
    for job in facts.jobs:
        yield Condition(NoticeKind.JOB_FAILED, facts.now, job, facts=(("job", job),))
    if facts.mail_failure:
        variant = RECIPIENT if facts.mail_failure == RECIPIENT else ""
        yield Condition(NoticeKind.MAIL_FAILING, facts.now, variant=variant, facts=(("cause", facts.mail_failure),))


def _of_work(facts: Facts) -> Iterable[Condition]:
    for kind, work in facts.work.items():
        yield Condition(kind, facts.now, count=work.count, newest=work.newest)


def weigh(
    known: Mapping[NoticeKey, Notice], lasting: Iterable[Condition], facts: Facts, limits: NotificationsSection
) -> Round:
    """Compare what lasts now with what people were told of, and return what to tell and what to remember."""
    present = {each.key: each for each in lasting}
    notices = {key: _continued(known.get(key), each, facts.now) for key, each in present.items()}
    news = [_said_of(notices[key], each, facts.now, limits) for key, each in present.items()]
    gone: list[NoticeKey] = []
    for key, notice in known.items():
        if key in present:
            continue
        ended = notice if notice.ended_at or _is_unknown(notice, facts) else replace(notice, ended_at=facts.now)
        if _is_over(ended, facts.now, limits):
            gone.append(key)
            continue
        notices[key] = ended
        news.append(_said_of_end(ended, facts.now))
    return Round(notices, tuple(gone), tuple(each for each in news if each is not None))


def worked(calendar: Calendar, since: datetime, until: datetime) -> timedelta:
    """Return how much of a time lay on days that are worked; of a long one only as much as the last year had."""
    day, total = max(_day(since), _day(until) - 366 * _DAY), timedelta()
    while day <= _day(until):
        if is_worked(calendar, day):
            total += min(until, _start(day + _DAY)) - max(since, _start(day))
        day += _DAY
    return total


def is_worked(calendar: Calendar, day: date) -> bool:
    """Tell whether a day is worked."""
    return calendar.add_working_days(day - _DAY, 1) == day


def _is_unknown(notice: Notice, facts: Facts) -> bool:
    """Tell whether these facts say nothing of a state, so that it does not end."""
    no_pass = facts.result != DONE
    unknown = {
        NoticeKind.EXPIRING: facts.expiries is None,
        NoticeKind.MAIL_FAILING: facts.mail_failure is None,
        NoticeKind.SILENCE: not (facts.settled and facts.workday),
        NoticeKind.QUIET: not facts.workday,
        NoticeKind.PLAN_STOPPED: no_pass,
        NoticeKind.SOURCE_DOWN: no_pass,
        NoticeKind.PASS_FAILING: no_pass,
        NoticeKind.NATIONAL_DOWN: no_pass and not notice.subject,  # of an account its own line tells
    }
    return unknown.get(notice.kind, False)


def _continued(notice: Notice | None, condition: Condition, now: datetime) -> Notice:
    """Return a state that lasts. One whose end was told begins anew."""
    if notice is None:
        return Notice(condition.kind, condition.subject, condition.since)
    if notice.ended_at is None:
        return notice
    anew = notice.told_at is not None and notice.told_at >= notice.ended_at and notice.kind not in HAPPENINGS
    return replace(notice, ended_at=None, since=now if anew else notice.since)


def _said_of(notice: Notice, condition: Condition, now: datetime, limits: NotificationsSection) -> News | None:
    stage = _stage(notice, condition, now, limits)
    return None if stage is None else News(stage, replace(condition, since=notice.since))


def _stage(notice: Notice, condition: Condition, now: datetime, limits: NotificationsSection) -> Stage | None:
    """Return what of a lasting state is to be told now, None for nothing."""
    told_at = notice.told_at
    if told_at is None or told_at < notice.since:
        early = told_at is not None and now - told_at < _PAUSE
        return None if early or now - notice.since < _patience(condition, limits) else Stage.BEGUN
    if now - told_at < timedelta(hours=limits.repeat_hours):
        return None
    more = condition.kind not in WORK or (condition.newest is not None and condition.newest > told_at)
    return Stage.LASTING if more else None


def _patience(condition: Condition, limits: NotificationsSection) -> timedelta:
    """Return how long a state must last before anybody is told."""
    if condition.kind is NoticeKind.NATIONAL_DOWN and condition.variant in _REFUSED_ACCOUNT:
        return timedelta()  # no pause mends it
    waits = {
        NoticeKind.NATIONAL_DOWN: timedelta(minutes=limits.down_minutes),
        NoticeKind.SOURCE_DOWN: timedelta(minutes=limits.down_minutes),
        NoticeKind.PASS_FAILING: timedelta(minutes=limits.down_minutes),
        NoticeKind.ANCHOR_FAILING: _ANCHORING,
        NoticeKind.UNCERTAIN: _DOUBT,
    }
    return waits.get(condition.kind, timedelta())


def _said_of_end(notice: Notice, now: datetime) -> News | None:
    """Return that a state is over, if people know that it began and not yet that it ended."""
    told_at, ended_at = notice.told_at, notice.ended_at
    condition = Condition(notice.kind, notice.since, notice.subject)
    if notice.kind in HAPPENINGS:
        return News(Stage.BEGUN, condition) if told_at is None else None  # it could not be told when it happened
    if ended_at is None or now - ended_at < _CALM or not _end_is_untold(notice):
        return None
    return News(Stage.ENDED, condition, ended_at)


def _is_over(notice: Notice, now: datetime, limits: NotificationsSection) -> bool:
    """Tell whether nothing of a state that ended needs to be remembered any more.

    That people were told is remembered as long as they must not be told again.
    """
    told_at, ended_at = notice.told_at, notice.ended_at
    if ended_at is None or now - ended_at < _CALM or _end_is_untold(notice):
        return False
    if notice.kind in HAPPENINGS:
        pause = timedelta(hours=limits.repeat_hours)
        return now - told_at >= pause if told_at else now - ended_at >= _STALE
    return told_at is None or now - told_at >= _PAUSE


def _end_is_untold(notice: Notice) -> bool:
    if notice.ended_at is None or notice.told_at is None or notice.kind in HAPPENINGS:
        return False
    return notice.since <= notice.told_at < notice.ended_at


def _day(instant: datetime) -> date:
    return instant.astimezone(ZONE).date()


def _start(day: date) -> datetime:
    return datetime.combine(day, time(), ZONE).astimezone(UTC)
