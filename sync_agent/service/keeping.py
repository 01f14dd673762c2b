"""Decides what the service does for itself, beside passes: lists of codes, old data, backups.

A failure of it ends no service, not even one that the ledger is blamed for: whether the ledger is fit for work the next
pass tells. Whoever lost the ledger to another ends all the same.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

from sync_agent.audit import Event
from sync_agent.errors import EpochLostError, LedgerError, SyncAgentError
from sync_agent.ledger import Ledger, back_up_into, keep_house, last_told, source_state, tidy_database
from sync_agent.service.schedule import Task
from sync_agent.settings import BackupSection
from sync_agent.sync import Agent, pull_lists

__all__ = ["KEEPING", "keep", "last_done"]

Alive = Callable[[], None]
"""Hears that something was done."""

_TOLD: Final[Mapping[Task, Event]] = {
    Task.CODE_LISTS: Event.CODES_PULLED,
    Task.HOUSEKEEPING: Event.HOUSE_KEPT,
    Task.BACKUP: Event.BACKED_UP,
}
"""The entry of the log with which each is done."""

KEEPING: Final = frozenset(_TOLD)


def keep(task: Task, agent: Agent, alive: Alive) -> None:
    """Do one of these tasks, for an agent that holds the ledger. Raises SyncAgentError, EpochLostError."""
    try:
        _DOING[task](agent, alive)
    except EpochLostError:
        raise
    except LedgerError as error:
        raise SyncAgentError(error.what, where=error.where, todo=error.todo, facts=error.facts) from None


def last_done(ledger: Ledger) -> dict[Task, datetime]:
    """Return when each task that is seldom done was last done, by the ledger."""
    with ledger.read() as connection:
        told = {task: last_told(connection, event) for task, event in _TOLD.items()}
        told[Task.FULL_SCAN] = source_state(connection, ledger.source_id).full_scan_at
    return {task: at for task, at in told.items() if at is not None}


def _pull_lists(agent: Agent, alive: Alive) -> None:
    pull_lists(agent, agent.accounts.aliases[0], actor=agent.ledger.actor, held=True, answered=alive)


def _keep_house(agent: Agent, alive: Alive) -> None:
    keep_house(agent.ledger, agent.settings.state, keep=timedelta(days=agent.settings.service.keep_days))
    alive()
    tidy_database(agent.ledger)


def _back_up(agent: Agent, _alive: Alive) -> None:
    backup: BackupSection = agent.settings.backup
    if backup.folder is not None:
        back_up_into(agent.ledger, agent.settings.path(backup.folder), keep=backup.keep, actor=agent.ledger.actor)


_DOING: Final[Mapping[Task, Callable[[Agent, Alive], None]]] = {
    Task.CODE_LISTS: _pull_lists,
    Task.HOUSEKEEPING: _keep_house,
    Task.BACKUP: _back_up,
}
