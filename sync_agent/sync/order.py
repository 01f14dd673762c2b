"""Decides in which order cases go up: today's by legal date, and among them a share of those that are overdue.

A backlog of thousands neither delays what arrives today nor waits until nothing arrives any more. What is sent again
has a lane of its own: never ahead of today's, a share beside the overdue, and only so much of it in one pass, so that
what arrives meanwhile is read and goes first.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice
from zoneinfo import ZoneInfo

from sync_agent.ledger import Due, due_cases, resync
from sync_agent.sync.context import Agent

__all__ = ["AGAIN_IN_A_PASS", "due_pages"]

AGAIN_IN_A_PASS = 400
"""So many cases are sent again in one pass; the next one goes on."""

_ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
_OVERDUE_EVERY = 4
"""Of so many cases one is overdue, as long as there are both."""

_FOR_EACH_WORKER = 4
"""Cases of a page: few, for while they are looked at nothing else leaves and no answer is recorded."""


def due_pages(agent: Agent, keys: Sequence[str]) -> Iterator[list[Due]]:
    """Yield pages of the cases that have something to do now, in the order they are to go up."""
    started = agent.clock()
    today = started.astimezone(_ZONE).date().isoformat()
    current = _queue(agent, keys, started, since=today)
    overdue = _queue(agent, keys, started, before=today)
    order = _once(_interleaved(current, overdue, _again(agent, keys, started)))
    size = min(agent.settings.source.page, _FOR_EACH_WORKER * agent.settings.delivery.workers)
    while page := list(islice(order, size)):
        yield page


def _again(agent: Agent, keys: Sequence[str], started: datetime) -> Iterator[Due]:
    """Yield as many cases as are sent again in one pass."""
    with agent.ledger.read() as connection:
        found = resync.cases_again(connection, agent.ledger.source_id, started, keys=keys, limit=AGAIN_IN_A_PASS)
    yield from found


def _queue(agent: Agent, keys: Sequence[str], started: datetime, *, since: str = "", before: str = "") -> Iterator[Due]:
    """Yield cases by legal date, read page by page."""
    after: Due | None = None
    while True:
        with agent.ledger.read() as connection:
            page = due_cases(
                connection,
                agent.ledger.source_id,
                started,
                after=after,
                limit=agent.settings.source.page,
                keys=keys,
                since=since,
                before=before,
                again=False,
            )
        if not page:
            return
        yield from page
        after = page[-1]


def _once(order: Iterator[Due]) -> Iterator[Due]:
    """Yield no case twice: its date may change from one queue to the other while it waits."""
    seen: set[int] = set()
    for due in order:
        if due.case_id not in seen:
            seen.add(due.case_id)
            yield due


def _interleaved(current: Iterator[Due], overdue: Iterator[Due], again: Iterator[Due]) -> Iterator[Due]:
    """Yield from all, one overdue case after so many current ones, then one sent again after so many overdue ones."""
    yield from _with_a_share(current, overdue)
    yield from _with_a_share(overdue, again)
    yield from again


def _with_a_share(first: Iterator[Due], other: Iterator[Due]) -> Iterator[Due]:
    """Yield all of the first, and one of the other after so many of them."""
    while some := list(islice(first, _OVERDUE_EVERY - 1)):
        yield from some
        yield from islice(other, 1)
