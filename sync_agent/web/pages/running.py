"""Runs and requests: what the agent did, and what people asked of it."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from sync_agent.ledger import last_requests, last_runs
from sync_agent.web.pages.asked import address, number
from sync_agent.web.rendering import page
from sync_agent.web.viewer import visible

__all__ = ["requests", "runs"]

_ROWS: Final = 50


def runs(request: Request) -> Response:
    """Show the passes, the newest first; their figures, which are of every agency, to who sees all."""
    whole, ledger = visible(request.state.viewer) is None, request.app.state.desk.ledger
    with ledger.read() as connection:
        found = last_runs(connection, _ROWS + 1, before=number(request, "before"))
    shown = [(each, _figures(each.counts) if whole else {}) for each in found[:_ROWS]]
    following = address("/runs", before=shown[-1][0].id) if len(found) > _ROWS else None
    return page(request, "runs.html", rows=shown, following=following)


def requests(request: Request) -> Response:
    """Show what was asked of the service, the newest first; of whom sees only some agencies, what they asked."""
    viewer, ledger = request.state.viewer, request.app.state.desk.ledger
    with ledger.read() as connection:
        found = last_requests(connection, _ROWS + 1, before=number(request, "before"))
    shown = [each for each in found[:_ROWS] if visible(viewer) is None or each.actor == f"web:{viewer.name}"]
    following = address("/requests", before=found[_ROWS - 1].id) if len(found) > _ROWS else None
    return page(request, "requests.html", rows=shown, following=following)


def _figures(counts: str) -> dict[str, int]:
    """Return the figures of a run, which stand as `code=n code=n`."""
    return {name: int(figure) for name, _, figure in (part.partition("=") for part in counts.split())}
