"""Decides in which order cases go up: today's by legal date, and among them a share of those that are overdue.

A backlog of thousands neither delays what arrives today nor waits until nothing arrives any more.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice
from zoneinfo import ZoneInfo

from sync_agent.ledger import Due, due_cases
from sync_agent.sync.context import Agent

__all__ = ["due_pages"]

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
    order = _once(_interleaved(current, overdue))
    size = min(agent.settings.source.page, _FOR_EACH_WORKER * agent.settings.delivery.workers)
    while page := list(islice(order, size)):
        yield page


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


def _interleaved(current: Iterator[Due], overdue: Iterator[Due]) -> Iterator[Due]:
    """Yield from both, one overdue case after so many others; when one has ended, the rest of the other."""
    while first := list(islice(current, _OVERDUE_EVERY - 1)):
        yield from first
        yield from islice(overdue, 1)
    yield from overdue
