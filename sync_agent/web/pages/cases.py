"""Cases: found by key, state, kind, step, agency, day or lateness; and one of them with all that happened to it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from sync_agent.audit import Selection, WrittenEntry, log_page, subject_named
from sync_agent.domain.casefile import Kind
from sync_agent.domain.rules import RULES, Rule
from sync_agent.domain.steps import Step
from sync_agent.ledger import (
    CaseSearch,
    State,
    case_of,
    case_row,
    is_rejected,
    messages_of,
    page_sight,
    queries,
    search_cases,
    timeliness,
)
from sync_agent.reports import event_sentence
from sync_agent.web.pages.asked import address, choice, day, flag, number, word
from sync_agent.web.pages.overview import figures_of
from sync_agent.web.pages.shown import case_name
from sync_agent.web.rendering import page
from sync_agent.web.viewer import visible
from sync_agent.words import step_word

__all__ = ["FoundRule", "case", "cases", "find_case"]

_ROWS: Final = 50
_EVENTS: Final = 100
_KINDS: Final = tuple(kind.value for kind in Kind)


@dataclass(frozen=True, slots=True)
class FoundRule:
    """What one rule found in a case, once for all its places: whether it holds, and what a person said of it."""

    rule: str
    known: Rule | None
    level: str
    places: list[Any]
    released: Any
    rejected: Any

    @property
    def holds(self) -> bool:
        """Tell whether something does not go up because of it."""
        return self.level != "warn" and self.released is None

    @property
    def releasable(self) -> bool:
        """Tell whether a person may let it pass."""
        return self.known is not None and self.known.releasable


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that happened, as a sentence."""

    entry: WrittenEntry
    sentence: str


def cases(request: Request) -> Response:
    """Show a page of cases."""
    desk, seen = request.app.state.desk, visible(request.state.viewer)
    asked = _asked(request)
    wanted = CaseSearch(**asked, agencies=seen)
    today, source_id = figures_of(request).today(), desk.ledger.source_id
    with desk.ledger.read() as connection:
        found = search_cases(connection, source_id, wanted, today=today, before=number(request, "before"), limit=_ROWS)
        messages = messages_of(connection, [row.id for row in found.rows])
    rows = [(row, case_name(desk, row), _steps(messages[row.id], today)) for row in found.rows]
    following = address("/cases", **asked, before=found.next_before) if found.next_before else None
    return page(
        request,
        "cases.html",
        rows=rows,
        following=following,
        whole=found.whole,
        asked=asked,
        states=list(State),
        steps=list(Step),
        kinds=_KINDS,
        unknown=flag(request, "unknown"),
        first=number(request, "before") is None,
    )


def _asked(request: Request) -> dict[str, Any]:
    state = choice(request, "state", set(State))
    return {
        "state": State(state) if state else None,
        "step": choice(request, "step", set(Step)),
        "late": flag(request, "late"),
        "kind": choice(request, "kind", set(_KINDS)),
        "agency": word(request, "agency"),
        "received_since": day(request, "received_since"),
        "received_until": day(request, "received_until"),
        "protected": flag(request, "protected"),
        "gone": flag(request, "gone"),
    }


def _steps(messages: Iterable[Any], today: str) -> list[tuple[str, str, bool]]:
    """Return step, state and lateness of each message, several alike as one."""
    return list(dict.fromkeys((each.step, each.state, _is_late(each, today)) for each in messages))


def _is_late(row: Any, today: str) -> bool:
    """Tell whether a message is not up although its legal date is over."""
    return row.first_ack_at is None and row.due_on is not None and row.due_on < today


def find_case(request: Request) -> Response:
    """Go to the case of a key or pseudonym. What was typed stands in no address: it may be a name."""
    row = _found(request, request.state.form.get("key", "").strip())
    return RedirectResponse(f"/cases/{row.id}" if row else "/cases?unknown=1", 303)


def _found(request: Request, name: str) -> Any:
    ledger = request.app.state.desk.ledger
    with ledger.read() as connection:
        return case_of(connection, ledger.source_id, name, visible(request.state.viewer)) if name else None


def case(request: Request) -> Response:
    """Show one case: its messages, what was found, and all that happened to it."""
    desk, ledger = request.app.state.desk, request.app.state.desk.ledger
    with ledger.read() as connection:
        row = case_row(connection, ledger.source_id, request.path_params["case_id"], visible(request.state.viewer))
        if row is None:
            raise HTTPException(404)
        messages = messages_of(connection, [row.id])[row.id]
        findings = queries.findings_of(connection, [row.id])
        subject = subject_named(connection, row.source_id, row.case_key)
        told = _told(connection, subject, number(request, "below"))
    today = figures_of(request).today()
    return page(
        request,
        "case.html",
        row=row,
        name=case_name(desk, row),
        messages=[(each, _timing(each, today)) for each in messages],
        found=_by_rule(row, findings),
        subject=subject,
        told=told[0],
        older=told[1],
        sight=page_sight(row, messages, findings),
        today=today,
    )


def _timing(row: Any, today: str) -> str:
    return timeliness.timing_of(row.trigger_on, row.due_on, row.first_ack_at, date.fromisoformat(today)).value


def _told(connection: Any, subject: str | None, below: int | None) -> tuple[list[Told], int | None]:
    if subject is None:
        return [], None
    found = log_page(connection, Selection(subject=subject), below=below, limit=_EVENTS, most=_EVENTS * 10)
    return [Told(each, event_sentence(each.document, step_word)) for each in found.entries], found.next_below


def _by_rule(row: Any, findings: Iterable[Any]) -> list[FoundRule]:
    grouped: dict[tuple[str, str], list[Any]] = {}
    for each in findings:
        grouped.setdefault((each.rule, each.level), []).append(each)
    return [_found_rule(row, rule, level, places) for (rule, level), places in sorted(grouped.items(), key=_weight)]


def _weight(item: tuple[tuple[str, str], list[Any]]) -> tuple[int, str]:
    (rule, level), _ = item
    return ("block", "hold", "warn").index(level), rule


def _found_rule(row: Any, rule: str, level: str, places: list[Any]) -> FoundRule:
    released = all(each.released_digest == row.last_digest for each in places)
    rejected = next((each for each in places if is_rejected(each, row.last_digest)), None)
    return FoundRule(rule, RULES.get(rule), level, places, places[0] if released else None, rejected)
