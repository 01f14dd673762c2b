"""Which states people are told of: each as it appears, lasts and ends, by a clock that tests turn."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from sync_agent.domain.deadlines import WeekdayCalendar
from sync_agent.domain.notices import HAPPENINGS, WORK, NoticeKind
from sync_agent.ledger import Notice, NoticeKey, Work
from sync_agent.service.notices import Down, Expiry, Facts, News, Stage, conditions, weigh, worked
from sync_agent.settings import NotificationsSection

MONDAY = datetime(2026, 11, 2, 3, 0, tzinfo=UTC)  # ten in the morning in Viet Nam
CALENDAR = WeekdayCalendar()
ROOM = 10_000_000_000
LIMITS = NotificationsSection()
FINE = Facts(MONDAY, ROOM, result="done", last_done=MONDAY, last_acknowledged=MONDAY, expiries=(), mail_failure="")


@dataclass
class Watchman:
    """Looks as the service does; `told` is what people were told, in order. Mails always get through unless `mute`."""

    now: datetime = MONDAY
    limits: NotificationsSection = LIMITS
    known: dict[NoticeKey, Notice] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)
    mute: bool = False

    def look(self, **facts: Any) -> list[News]:
        """Look once; what is not given is fine."""
        fresh = {"now": self.now, "last_done": self.now, "last_acknowledged": self.now}
        seen = replace(FINE, **(fresh | facts))
        found = weigh(self.known, conditions(seen, self.limits, CALENDAR), seen, self.limits)
        self.known = dict(found.notices)
        if not self.mute:
            for news in found.news:
                key = news.condition.key
                self.known[key] = replace(self.known[key], told_at=self.now)
                self.told.append(f"{news.stage} {news.condition.kind}")
        return list(found.news)

    def watch(self, minutes: int, **facts: Any) -> list[str]:
        """Look each minute for a while; return what was told meanwhile."""
        before = len(self.told)
        for _ in range(minutes):
            self.now += timedelta(minutes=1)
            self.look(**facts)
        return self.told[before:]


def gone_quiet(watchman: Watchman) -> datetime:
    """Return when something was last heard, long ago."""
    return watchman.now - timedelta(days=20)


Wrong = Callable[[Watchman], dict[str, Any]]
STATES: dict[NoticeKind, tuple[Wrong, int]] = {
    NoticeKind.RECLASSIFIED: (lambda _: {"work": {NoticeKind.RECLASSIFIED: Work(1)}}, 0),
    NoticeKind.PLAN_STOPPED: (lambda _: {"result": "guard"}, 0),
    NoticeKind.CREATIONS_STOPPED: (lambda _: {"creations_stopped": True}, 0),
    NoticeKind.PASS_FAILING: (lambda _: {"result": "ConfigError"}, 30),
    NoticeKind.SILENCE: (lambda w: {"last_done": gone_quiet(w)}, 0),
    NoticeKind.SOURCE_DOWN: (lambda _: {"result": "SourceError"}, 30),
    NoticeKind.NATIONAL_DOWN: (lambda _: {"result": "NationalUnreachableError"}, 30),
    NoticeKind.DISK: (lambda _: {"free_bytes": 999_999_999}, 0),
    NoticeKind.CONFIGURATION_REFUSED: (lambda _: {"configuration_refused": True}, 0),
    NoticeKind.ANCHOR_FAILING: (lambda _: {"anchors": {"volume": MONDAY}}, 60),
    NoticeKind.EXPIRING: (lambda w: {"expiries": (Expiry("national.example", w.now + timedelta(days=29)),)}, 0),
    NoticeKind.QUIET: (lambda w: {"last_acknowledged": gone_quiet(w)}, 0),
    NoticeKind.UNCERTAIN: (lambda _: {"work": {NoticeKind.UNCERTAIN: Work(2)}}, 60),
    NoticeKind.REFUSED: (lambda _: {"work": {NoticeKind.REFUSED: Work(2)}}, 0),
    NoticeKind.LATE: (lambda _: {"work": {NoticeKind.LATE: Work(2)}}, 0),
    NoticeKind.HELD: (lambda _: {"work": {NoticeKind.HELD: Work(2)}}, 0),
    NoticeKind.MAIL_FAILING: (lambda _: {"mail_failure": "recipient"}, 0),
}
"""How each state looks, and how many minutes it is borne before anybody is told."""


def test_every_state_is_tried_here() -> None:
    """What happens once has tests of its own."""
    assert set(STATES) | HAPPENINGS == set(NoticeKind)


@pytest.mark.parametrize("kind", STATES)
def test_a_state_is_told_once_when_it_appears_and_once_when_it_ends(kind: NoticeKind) -> None:
    """However often it is looked at in between, and only after as long as it is borne."""
    (wrong, minutes), watchman = STATES[kind], Watchman()
    for minute in range(minutes + 1):
        assert watchman.told == [], minute
        watchman.look(**wrong(watchman))
        watchman.now += timedelta(minutes=1)
    assert watchman.told == [f"begun {kind}"]
    assert watchman.watch(200, **wrong(watchman)) == []
    assert watchman.watch(15) == []
    assert watchman.watch(200) == [f"ended {kind}"]
    assert watchman.known == {}


@pytest.mark.parametrize("kind", [kind for kind in STATES if kind not in WORK])
def test_a_state_that_lasts_is_told_again_each_day(kind: NoticeKind) -> None:
    """At most once in `repeat_hours`."""
    (wrong, minutes), watchman = STATES[kind], Watchman()
    stale = wrong(watchman)
    watchman.watch(minutes + 2, **stale)
    watchman.now += timedelta(hours=23)
    watchman.look(**stale)
    watchman.now += timedelta(hours=1)
    watchman.look(**stale)
    assert watchman.told == [f"begun {kind}", f"lasting {kind}"]


@pytest.mark.parametrize("kind", sorted(WORK))
def test_work_is_told_again_only_when_more_has_come(kind: NoticeKind) -> None:
    """What stands, the digest says each day."""
    watchman, old = Watchman(), MONDAY - timedelta(days=3)
    watchman.watch(62, work={kind: Work(2, old)})
    watchman.now += timedelta(days=2)
    assert watchman.look(work={kind: Work(2, old)}) == []
    assert [news.stage for news in watchman.look(work={kind: Work(3, watchman.now)})] == [Stage.LASTING]


@pytest.mark.parametrize("kind", [kind for kind, (_, minutes) in STATES.items() if minutes])
def test_what_is_over_before_anybody_was_told_is_not_told(kind: NoticeKind) -> None:
    """A national side that is away for some minutes is no news."""
    (wrong, minutes), watchman = STATES[kind], Watchman()
    watchman.watch(minutes - 2, **wrong(watchman))
    assert (watchman.watch(60), watchman.known) == ([], {})


@pytest.mark.parametrize("kind", STATES)
def test_a_restart_neither_repeats_nor_forgets(kind: NoticeKind) -> None:
    """What is remembered is all that is needed; what a new process does not know yet ends nothing."""
    (wrong, minutes), watchman = STATES[kind], Watchman()
    seen = wrong(watchman)
    watchman.watch(minutes + 2, **seen)
    another = Watchman(now=watchman.now, known=watchman.known)
    unknown = {"settled": False, "expiries": None, "mail_failure": None}
    of_process = {"expiries", "mail_failure", "last_done", "result"}
    blind = seen if not of_process & seen.keys() else {"result": "interrupted"}
    assert another.watch(30, **(blind | unknown)) == []
    assert another.watch(20, **seen) == []
    assert another.watch(30) == [f"ended {kind}"]


def test_what_comes_and_goes_is_one_state() -> None:
    """An end is told after a quarter of an hour of calm."""
    watchman = Watchman()
    for _ in range(20):
        watchman.watch(10, free_bytes=0)
        watchman.watch(10)
    assert watchman.told == ["begun disk"]


def test_what_keeps_coming_back_is_told_at_most_each_hour() -> None:
    """Each time with its end."""
    watchman = Watchman()
    for _ in range(24):
        watchman.watch(10, free_bytes=0)
        watchman.watch(20)
    assert 12 <= len(watchman.told) <= 20
    assert set(watchman.told) == {"begun disk", "ended disk"}


def test_what_could_not_be_told_is_told_when_mails_get_through_again() -> None:
    """Nothing is forgotten by a mail server that is away."""
    watchman = Watchman(mute=True)
    watchman.watch(300, creations_stopped=True)
    watchman.mute = False
    assert watchman.watch(1, creations_stopped=True) == ["begun creations_stopped"]


def test_a_job_that_failed_is_told_once_and_has_no_end() -> None:
    """The next failure within a day is not told again."""
    watchman = Watchman()
    watchman.look(jobs=frozenset({"full_scan"}))
    watchman.watch(600)
    watchman.look(jobs=frozenset({"full_scan"}))
    assert watchman.told == ["begun job_failed"]
    watchman.watch(24 * 60)
    watchman.look(jobs=frozenset({"full_scan"}))
    assert watchman.told == ["begun job_failed"] * 2


def test_a_job_that_failed_while_no_mail_got_through_is_told_later() -> None:
    """It happened at one look only."""
    watchman = Watchman(mute=True)
    watchman.look(jobs=frozenset({"checkpoint"}))
    watchman.watch(60)
    watchman.mute = False
    assert watchman.watch(60) == ["begun job_failed"]


@pytest.mark.parametrize("cause", ["unauthorized", "forbidden"])
def test_an_account_that_is_refused_is_told_at_once(cause: str) -> None:
    """No pause mends it; that the pass ends for it as well is not told twice."""
    watchman = Watchman()
    (news,) = watchman.look(downs={"tinh": Down(MONDAY, cause)}, result="ConfigError")
    assert (news.condition.subject, news.condition.variant) == ("tinh", cause)


def test_each_account_is_told_of_apart() -> None:
    """In one round."""
    watchman, down = Watchman(), Down(MONDAY - timedelta(hours=1), "connect")
    news = watchman.look(downs={"a": down, "b": down}, result="NationalUnreachableError")
    assert [each.condition.subject for each in news] == ["a", "b"]


def test_the_gravest_comes_first() -> None:
    """As the mail tells them."""
    watchman = Watchman()
    news = watchman.look(free_bytes=0, work={NoticeKind.HELD: Work(1), NoticeKind.RECLASSIFIED: Work(1)})
    assert [each.condition.kind for each in news] == ["reclassified", "disk", "held"]


def test_a_stopped_plan_is_not_over_because_another_thing_failed_since() -> None:
    """Only a pass that went well ends it."""
    watchman = Watchman()
    watchman.look(result="guard")
    assert watchman.watch(20, result="SourceError") == []
    assert watchman.watch(20) == ["ended plan_stopped"]


# silence


def at(day: int, hour: int) -> datetime:
    """Return an hour of November 2026 in Viet Nam."""
    return datetime(2026, 11, day, hour, tzinfo=UTC) - timedelta(hours=7)


@pytest.mark.parametrize(
    ("since", "until", "hours"),
    [
        (at(3, 8), at(3, 12), 4),
        (at(3, 20), at(4, 4), 8),
        (at(6, 20), at(9, 3), 4 + 3),  # Friday evening to Monday morning
        (at(7, 8), at(8, 20), 0),  # a weekend
        (at(3, 12), at(3, 8), -4),
    ],
)
def test_only_days_that_are_worked_count(since: datetime, until: datetime, hours: int) -> None:
    """With the hours of a day in Viet Nam."""
    assert worked(CALENDAR, since, until) == timedelta(hours=hours)


def test_a_holiday_is_not_worked() -> None:
    """As the calendar says."""
    calendar = WeekdayCalendar.of([date(2026, 11, 3)])
    assert worked(calendar, at(2, 20), at(4, 3)) == timedelta(hours=7)


def test_silence_begins_and_ends_on_no_day_off() -> None:
    """What was silent on Friday is neither told nor over on Saturday."""
    watchman = Watchman(now=at(6, 23))
    heard = at(6, 18)
    watchman.look(last_done=heard)
    watchman.now = at(7, 12)
    assert watchman.watch(60, last_done=heard, workday=False) == []
    fresh = Watchman(now=at(7, 12))
    assert fresh.watch(60, last_done=at(1, 1), workday=False) == []


def test_a_service_that_has_just_started_is_not_silent() -> None:
    """Its first pass may take its time."""
    assert Watchman().look(last_done=MONDAY - timedelta(days=9), settled=False) == []


@pytest.mark.parametrize("setting", ["silence_hours", "quiet_days"])
def test_what_is_set_to_none_is_never_told(setting: str) -> None:
    """For agencies where nothing happens for weeks."""
    watchman, long_ago = Watchman(limits=NotificationsSection(**{setting: 0})), MONDAY - timedelta(days=90)
    name = {"silence_hours": "last_done", "quiet_days": "last_acknowledged"}[setting]
    assert watchman.look(**{name: long_ago}) == []


def test_what_has_expired_is_said_otherwise() -> None:
    """Then nothing gets through."""
    (news,) = Watchman().look(expiries=(Expiry("khach.pem", MONDAY - timedelta(hours=1)),))
    assert news.condition.variant == "over"
