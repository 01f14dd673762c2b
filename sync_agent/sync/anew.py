"""Looks at some cases again on the word of a person, as a pass would, so that what is decided is decided on what is."""

from collections.abc import Collection

from sync_agent.sync.context import Agent
from sync_agent.sync.observe import observe
from sync_agent.sync.scan import read_page

__all__ = ["seen_anew"]


def seen_anew(agent: Agent, keys: Collection[str]) -> set[str]:
    """Read some cases and judge them as a pass does; return the keys that read otherwise than before or not at all."""
    names = sorted(keys)
    seen = read_page(agent, names)
    with agent.ledger.write() as tx:
        found = observe(agent, tx, seen, plan=names)
    same = {one.row.case_key for one in found if not one.changed}
    return set(names) - same
