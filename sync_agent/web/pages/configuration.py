"""What is in force: environment, versions and policy with their digests, and what changed, when and by whom."""

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from sync_agent.audit import Event, newest_of
from sync_agent.ledger import content_of, environment, last_signed, source_state
from sync_agent.reports import event_sentence
from sync_agent.web.pages.audit import seen_by
from sync_agent.web.rendering import page
from sync_agent.words import step_word

__all__ = ["configuration"]

_CHANGES: Final = (
    Event.ENVIRONMENT_BOUND,
    Event.GO_LIVE_DECLARED,
    Event.ADOPT_DECLINED,
    Event.CONFIGURATION_CHANGED,
    Event.CONFIGURATION_REFUSED,
    Event.MAPPING_CHANGED,
    Event.CONTRACT_CHANGED,
    Event.POLICY_CHANGED,
    Event.POLICY_SIGNED,
    Event.CODES_CHANGED,
    Event.CAPABILITY_PROVEN,
    Event.KEY_ROTATED,
    Event.LEDGER_UPGRADED,
    Event.RESTORED,
    Event.REKEYED,
    Event.ACCOUNT_ADDED,
    Event.ACCOUNT_DISABLED,
)
_MOST: Final = 100


def configuration(request: Request) -> Response:
    """Show what is in force and what it was before."""
    ledger = request.app.state.desk.ledger
    with ledger.read() as connection:
        bound, state = environment(connection), source_state(connection, ledger.source_id)
        signed = last_signed(connection)
        changes = seen_by(request, connection)(newest_of(connection, _CHANGES, _MOST))
    content = content_of(signed) if signed is not None else None
    return page(
        request,
        "configuration.html",
        bound=bound,
        state=state,
        signed=signed,
        policy=_flat(content or {}),
        changes=[(each, event_sentence(each.document, step_word)) for each in changes],
    )


def _flat(content: dict[str, Any], before: str = "") -> list[tuple[str, str]]:
    """Return the parts of a policy as lines: a path, and what stands there."""
    lines = []
    for name, value in sorted(content.items()):
        path = f"{before}{name}"
        if isinstance(value, dict):
            lines += _flat(value, f"{path}.")
        else:
            lines.append((path, ", ".join(map(str, value)) if isinstance(value, list) else str(value)))
    return lines
