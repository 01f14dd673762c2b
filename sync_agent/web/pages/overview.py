"""The first page: what a person must see to first, then where everything stands, how timely it was, how it went on."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response

from sync_agent.audit import Event, newest_of
from sync_agent.domain.rules import RULES
from sync_agent.domain.steps import Step
from sync_agent.i18n import mark, tr
from sync_agent.ledger import (
    BACKLOG,
    DELIVERED,
    Cell,
    RequestState,
    State,
    Tally,
    environment,
    erasure,
    last_requests,
    last_runs,
    load_lanes,
    tallies,
    timeliness,
)
from sync_agent.web.charts import Chart, Series, columns, pieces
from sync_agent.web.pages.asked import address, choice, month
from sync_agent.web.pages.shown import BUCKETS, bucket_word
from sync_agent.web.rendering import page
from sync_agent.web.snapshot import Figures, Snapshot
from sync_agent.web.viewer import visible
from sync_agent.words import kind_word, step_word

__all__ = ["Matter", "figures_of", "overview"]

Timing = timeliness.Timing

_ZONE: Final = ZoneInfo("Asia/Ho_Chi_Minh")
_DAYS: Final = 30
_MONTHS: Final = 24
_HEADS: Final = "/audit/heads"
_ERASED: Final = "/audit?event=erased_changed"
_TIMINGS: Final = (
    (Timing.ON_TIME, mark("in time"), "up"),
    (Timing.DONE_LATE, mark("gone up late"), "held"),
    (Timing.LATE, mark("late, not up"), "refused"),
    (Timing.OPEN, mark("still in time"), "unready"),
)
_ATTEMPTS: Final = (
    ("acknowledged", mark("acknowledged"), "up"),
    ("waiting", mark("to be tried again"), "waiting"),
    ("rejected", mark("refused"), "refused"),
    ("uncertain", mark("uncertain"), "uncertain"),
)
_OPEN: Final = (
    ((State.PENDING, State.IN_FLIGHT, State.WAITING), "waiting"),
    ((State.HELD,), "held"),
    ((State.REJECTED,), "refused"),
    ((State.UNCERTAIN,), "uncertain"),
)


@dataclass(frozen=True, slots=True)
class Matter:
    """One thing a person must see to: how many, what, and where to go; the tone says how bad it is."""

    number: int | None
    said: str
    href: str
    tone: str


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table of states: a word, the numbers by bucket, how many are late, and the bar they make."""

    word: str
    name: str
    counts: Counter[str]
    late: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.counts.total()

    def bar(self) -> list[object]:
        """Return the pieces of the bar."""
        return list(pieces([Series(bucket_word(each), each, [self.counts[each]]) for each in BUCKETS]))


@dataclass(frozen=True, slots=True)
class Outage:
    """A time in which the national side could not be used by an account; `until` None: it still cannot."""

    account: str
    since: datetime
    until: datetime | None
    reason: str | None


def figures_of(request: Request) -> Snapshot:
    """Return the figures of this application."""
    state = request.app.state
    if not hasattr(state, "snapshot"):
        state.snapshot = Snapshot(state.desk)
    found: Snapshot = state.snapshot
    return found


def overview(request: Request) -> Response:
    """Show how everything stands."""
    counted = figures_of(request).figures()
    if counted is None:
        return _counting(request)
    seen = visible(request.state.viewer)
    known = sorted({each.agency for each in counted.cases if each.agency and (seen is None or each.agency in seen)})
    agency, since, until = choice(request, "agency", known), month(request, "since"), month(request, "until")
    allowed = _allowed(frozenset({agency}) if agency else seen)
    cells = [each for each in counted.messages if allowed(each.agency)]
    chosen = [each for each in cells if _within(each.received, since, until)]
    timed = [each for each in cells if _within(each.month, since, until)]
    facts: dict[str, Any] = {
        "agencies": known,
        "agency": agency,
        "since": since,
        "until": until,
        "counted": counted,
        "cases": sum(each.number for each in counted.cases if allowed(each.agency)),
        "protected": sum(each.number for each in counted.cases if allowed(each.agency) and each.protected),
        "steps": _rows(chosen, lambda each: each.step, list(Step), step_word),
        "kinds": _rows(chosen, lambda each: each.kind or "", _kinds(chosen), lambda kind: kind_word(kind or None)),
        "timeliness": _timeliness(timed),
        "share": _share(timed),
        "unlimited": seen is None,
        **_course(request, whole=seen is None),
    }
    facts["matters"] = _matters(request, cells, agency, whole=seen is None)
    facts["rules"] = _rules(counted, allowed)
    return page(request, "overview.html", **facts)


def _counting(request: Request) -> Response:
    """Return the page that stands while the first figures are being counted; it asks again by itself."""
    answer = page(request, "counting.html")
    answer.headers["refresh"] = "2"
    return answer


def _allowed(agencies: frozenset[str] | None) -> Callable[[str | None], bool]:
    return lambda agency: agencies is None or agency in agencies


def _within(found: str, since: str | None, until: str | None) -> bool:
    return (since is None or found >= since) and (until is None or ("" < found <= until))


def _rows(
    cells: Iterable[Cell], by: Callable[[Cell], str], names: Iterable[str], word: Callable[[str], str]
) -> list[Row]:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    late: Counter[str] = Counter()
    bucket = {state: name for name, (_, states) in BUCKETS.items() for state in states}
    for each in cells:
        counts[by(each)][bucket[State(each.state)]] += each.number
        late[by(each)] += each.number if each.standing == Timing.LATE else 0
    return [Row(word(name), name, counts[name], late[name]) for name in names]


def _kinds(cells: Iterable[Cell]) -> list[str]:
    return sorted({each.kind or "" for each in cells}, key=lambda kind: (not kind, kind))


def _timeliness(cells: Iterable[Cell]) -> Chart:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for each in cells:
        if each.standing != Timing.NONE:
            counts[each.month][each.standing] += each.number
    months = sorted(counts)[-_MONTHS:]
    series = [Series(tr(word), tone, [counts[at][timing] for at in months]) for timing, word, tone in _TIMINGS]
    return columns("timeliness", tr("Timeliness by month of the legal trigger"), [_month(at) for at in months], series)


def _share(cells: Iterable[Cell]) -> float | None:
    """Return how many of a hundred whose clock has ended, or should have, went up in time."""
    counts: Counter[str] = Counter()
    for each in cells:
        counts[each.standing] += each.number
    ended = counts[Timing.ON_TIME] + counts[Timing.DONE_LATE] + counts[Timing.LATE]
    return 100 * counts[Timing.ON_TIME] / ended if ended else None


def _course(request: Request, *, whole: bool) -> dict[str, object]:
    """Return how the last days went: what was open, what was tried, whether the national side could be used.

    Of the whole installation; who sees only some agencies sees of it no more than when the national side could be used.
    """
    ledger = request.app.state.desk.ledger
    now = ledger.clock()
    today = now.astimezone(_ZONE).date()
    days = [today - timedelta(days=back) for back in reversed(range(_DAYS))]
    with ledger.read() as connection:
        counted = tallies(connection, days[0].isoformat(), today.isoformat()) if whole else []
        lanes = load_lanes(connection)
        events = newest_of(connection, [Event.NATIONAL_DOWN, Event.NATIONAL_UP], 500)
        bound = environment(connection)
    outages = _outages([each.document for each in events])
    return {
        "now": now,
        "lanes": [lane for _, lane in sorted(lanes.items())] if whole else [],
        "outages": outages[:10] if whole else [],
        "backlog": _backlog(days, counted),
        "attempts": _attempts(days, counted),
        "availability": _availability(days, outages, bound.bound_at if bound else now, now),
    }


def _backlog(days: list[date], counted: Iterable[Tally]) -> Chart:
    found = {(each.day, each.name): each.number for each in counted}
    series = [
        Series(bucket_word(tone), tone, _carried(days, found, [f"{BACKLOG}{state.value}" for state in states]))
        for states, tone in _OPEN
    ]
    return columns("backlog", tr("What stood open at the end of each day"), [_day(day) for day in days], series)


def _carried(days: list[date], found: dict[tuple[str, str], int], names: list[str]) -> list[int]:
    """Return the sum for each day; a day without a run is as the one before."""
    numbers, last = [], 0
    for day in days:
        known = [found[day.isoformat(), name] for name in names if (day.isoformat(), name) in found]
        last = sum(known) if known else last
        numbers.append(last)
    return numbers


def _attempts(days: list[date], counted: Iterable[Tally]) -> Chart:
    found = {(each.day, each.name): each.number for each in counted}
    series = [
        Series(tr(word), tone, [found.get((day.isoformat(), f"{DELIVERED}{name}"), 0) for day in days])
        for name, word, tone in _ATTEMPTS
    ]
    return columns("attempts", tr("Attempts to send, by result"), [_day(day) for day in days], series)


def _outages(documents: list[dict[str, str]]) -> list[Outage]:
    """Return the outages that the log tells of, the newest first; `documents` are the newest first too."""
    ended: dict[str, datetime] = {}
    found = []
    for each in documents:
        account, at = each.get("account", ""), datetime.fromisoformat(each["time"])
        if each["event"] == Event.NATIONAL_UP:
            ended[account] = at
        else:
            found.append(Outage(account, at, ended.pop(account, None), each.get("reason")))
    return found


def _availability(days: list[date], outages: list[Outage], first: datetime, now: datetime) -> Chart:
    """Return a chart of the minutes of each day in which the national side could, and could not, be used.

    Of the time before this ledger was bound to it nothing is known.
    """
    known = [_known(day, first, now) for day in days]
    down = [_minutes_down(begin, end, outages, now) for begin, end in known]
    up = [
        max(int((end - begin).total_seconds() // 60) - lost, 0) for (begin, end), lost in zip(known, down, strict=True)
    ]
    series = [Series(tr("could be used"), "up", up), Series(tr("could not be used"), "refused", down)]
    title = tr("Minutes of each day in which the national side could be used")
    return columns("availability", title, [_day(day) for day in days], series)


def _known(day: date, first: datetime, now: datetime) -> tuple[datetime, datetime]:
    """Return the part of a day of which the log can tell."""
    begin = datetime(day.year, day.month, day.day, tzinfo=_ZONE)
    return max(begin, first), max(min(begin + timedelta(days=1), now), first)


def _minutes_down(begin: datetime, end: datetime, outages: list[Outage], now: datetime) -> int:
    parts = sorted((max(each.since, begin), min(each.until or now, end)) for each in outages)
    seconds, reached = 0.0, begin
    for since, until in parts:  # two accounts at once count once
        seconds += max((until - max(since, reached)).total_seconds(), 0)
        reached = max(reached, until)
    return int(seconds // 60)


def _matters(request: Request, cells: list[Cell], agency: str | None, *, whole: bool) -> list[Matter]:
    states: Counter[str] = Counter()
    for each in cells:
        states[each.state] += each.number
        states["late"] += each.number if each.standing == Timing.LATE else 0
    wanted = (
        ("late", tr("messages are late by the law"), address("/cases", late=True, agency=agency), "late"),
        ("uncertain", tr("messages are uncertain: sent, and nobody knows what became of them"), "", "uncertain"),
        ("rejected", tr("messages were refused by the national side"), "", "refused"),
        ("held", tr("messages are held until a person or the local system helps"), "", "held"),
    )
    found = [
        Matter(states[state], said, href or address("/cases", state=state, agency=agency), tone)
        for state, said, href, tone in wanted
        if states[state]
    ]
    return (_of_the_house(request) if whole else []) + found


def _of_the_house(request: Request) -> list[Matter]:
    """Return what concerns the installation as a whole."""
    ledger = request.app.state.desk.ledger
    with ledger.read() as connection:
        lanes, runs, requests = load_lanes(connection), last_runs(connection, 1), last_requests(connection, 20)
        _, changed = erasure.erased_counts(connection, ledger.source_id)
        stopped = ledger.heads is not None and ledger.heads.stops_creations(connection, ledger.clock())
    failed = sum(each.state is RequestState.FAILED for each in requests)
    down = [_down(lane) for lane in lanes.values() if lane.state != "closed"]
    silent = Matter(None, tr("No new records are created: no head reached a place outside."), _HEADS, "refused")
    unwell = Matter(None, tr("The last pass did not end well."), "/runs", "refused")
    undone = Matter(changed, tr("erased cases were changed in the local system"), _ERASED, "refused")
    refused = Matter(failed, tr("of the last requests failed"), "/requests", "held")
    found = ((stopped, silent), (_is_bad(runs), unwell), (changed, undone), (failed, refused))
    return down + [matter for is_so, matter in found if is_so]


def _is_bad(runs: list[Any]) -> bool:
    return bool(runs) and runs[0].result not in {"done", None}


def _down(lane: Any) -> Matter:
    said = tr("The national side cannot be used by the account {account}.", account=lane.account)
    return Matter(None, said, "#availability", "refused")


def _rules(counted: Figures, allowed: Callable[[str | None], bool]) -> list[tuple[str, str, bool, int]]:
    """Return (rule, level, whether a person may release it, cases) of what holds most."""
    found: Counter[tuple[str, str]] = Counter()
    for each in counted.holds:
        if allowed(each.agency):
            found[each.rule, each.level] += each.number
    return [
        (rule, level, rule in RULES and RULES[rule].releasable, number)
        for (rule, level), number in found.most_common(12)
    ]


def _month(text: str) -> str:
    return f"{text[5:]}/{text[2:4]}" if text else tr("unknown")


def _day(day: date) -> str:
    return f"{day.day}/{day.month}"
