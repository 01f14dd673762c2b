"""Decides whether new records may be created: not while nobody outside could prove that they were.

A record cannot be taken back, so it waits for its witness; changes of records that are known already go on.
"""

from sync_agent.audit import Event, entries
from sync_agent.errors import ConfigError
from sync_agent.ledger import Transaction
from sync_agent.settings import Mode, Settings
from sync_agent.sync.context import Agent

__all__ = ["creations_stopped", "require_witness"]


def require_witness(settings: Settings) -> None:
    """Raise ConfigError in production unless the heads of the log are taken to another machine."""
    if settings.agent.mode is Mode.PRODUCTION and not any(anchor.remote for anchor in settings.audit.anchors):
        raise ConfigError(
            "no place on another machine is named for the heads of the audit log",
            where="audit.anchors",
            todo="name one with remote = true: a volume of another machine, a syslog server or a mailbox",
        )


def creations_stopped(agent: Agent) -> bool:
    """Tell whether no head has reached another machine for longer than the settings allow; a change is recorded."""
    heads = agent.ledger.heads
    if heads is None or heads.stop_after is None:
        return False
    with agent.ledger.write() as tx:
        stopped = heads.stops_creations(tx.connection, tx.now)
        if stopped != _were_stopped(tx):
            tx.record(Event.CREATIONS_STOPPED if stopped else Event.CREATIONS_RESUMED, reason="anchor")
    return stopped


def _were_stopped(tx: Transaction) -> bool:
    newest = [
        next(entries(tx.connection, event=event, newest_first=True, limit=1), None)
        for event in (Event.CREATIONS_STOPPED, Event.CREATIONS_RESUMED)
    ]
    stopped, resumed = (entry.idx if entry else -1 for entry in newest)
    return stopped > resumed
