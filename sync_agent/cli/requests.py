"""How a command has something done that a running service may have to do: it need not know who does it."""

from typing import TYPE_CHECKING, Any

from sync_agent.cli.actor import login_actor
from sync_agent.cli.output import Output

if TYPE_CHECKING:
    from sync_agent.ledger import RequestKind
    from sync_agent.sync import Agent

__all__ = ["have_done"]


def have_done(output: Output, agent: "Agent", kind: "RequestKind", order: Any, *, note: str | None = None) -> Any:
    """Do what is ordered in the name of who is logged in, or have the service do it; return what came of it.

    Raises what the action raises, LockedError when what holds the ledger does not answer.
    """
    from sync_agent.sync import Errand, do

    with output.progress() as progress:
        return do(kind, order, Errand(agent=agent, actor=login_actor(), note=note, progress=progress), output.note)
