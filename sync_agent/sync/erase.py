"""Erases cases on the word of a person: what ties log and ledger to them is destroyed, the log itself stays whole.

Nothing of an erased case is read or sent again. What the national side holds of it is not touched.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sync_agent.errors import ConfigError, SyncAgentError
from sync_agent.ledger import KnownCase, Transaction, erasure, exclusive, known_by_id, known_by_name
from sync_agent.sync.context import Agent
from sync_agent.sync.decide import UNSETTLED
from sync_agent.sync.erased import mark_of, mark_of_kept
from sync_agent.sync.notes import require_harmless, require_reason
from sync_agent.sync.run import claim

__all__ = ["LEAST_MONTHS", "erasable_since", "erase", "erase_old"]

LEAST_MONTHS: Final = 12
"""So long, at least, the log keeps what ties it to a case that nobody asked to erase."""

_PAGE: Final = 200


def erase(agent: Agent, name: str, *, reason: str, note: str | None = None, actor: str) -> bool:
    """Erase the case whose key or pseudonym is `name`; `reason` is the code of the legal basis.

    For a case erased before, note that a person looked at its later change. Return whether the database was written
    anew without what was removed. Raises SyncAgentError for a case with an open outcome, for an unknown one, for a
    reason that is no code, and for a note that tells who it is about.
    """
    require_reason(reason)
    with exclusive(agent.settings.state, agent.ledger.engine):
        claim(agent)
        with agent.ledger.write(actor=actor) as tx:
            if erasure.forget_change(tx, agent.ledger.source_id, mark_of(agent, name)):
                return True
            case = known_by_name(tx.connection, agent.ledger.source_id, name)
            if note:
                require_harmless(agent, case.row.case_key, note)
            _erase(agent, tx, [case], reason, note or "")
        return _finish(agent)


def erase_old(agent: Agent, case_ids: Sequence[int], *, reason: str, note: str | None = None, actor: str) -> bool:
    """Erase the cases that `erasable_since` returned. Return and raise as `erase`."""
    require_reason(reason)
    with exclusive(agent.settings.state, agent.ledger.engine):
        claim(agent)
        for start in range(0, len(case_ids), _PAGE):
            with agent.ledger.write(actor=actor) as tx:
                found = known_by_id(tx.connection, case_ids[start : start + _PAGE])
                _erase(agent, tx, found, reason, note or "")
        return _finish(agent)


def erasable_since(agent: Agent, months: int) -> list[int]:
    """Return the row ids of the cases with nothing open of which nothing happened for so many months.

    Raises ConfigError for less than a year.
    """
    if months < LEAST_MONTHS:
        raise ConfigError(
            "cases are kept for at least {months} months",
            where="--older-than",
            facts=(("months", str(LEAST_MONTHS)),),
        )
    with agent.ledger.read() as connection:
        return erasure.untouched_since(connection, agent.ledger.source_id, _months_before(agent.clock(), months))


def _erase(agent: Agent, tx: Transaction, found: Sequence[KnownCase], reason: str, note: str) -> None:
    for case in found:
        if any(message.state in UNSETTLED for message in case.messages.values()):
            raise SyncAgentError(
                "nobody knows yet whether something of this case has arrived: it cannot be erased",
                where=agent.shown(case.row),
                todo="settle it first: sync-agent cases list --state uncertain",
            )
    erasing = [_erasing(agent, case) for case in found]
    erasure.erase_cases(tx, agent.ledger.source_id, erasing, basis=reason, note=note)


def _erasing(agent: Agent, case: KnownCase) -> erasure.Erasing:
    return erasure.Erasing(case.row.id, case.row.case_key, case.subject, mark_of_kept(agent, case.row.case_key))


def _finish(agent: Agent) -> bool:
    erasure.finish(agent.ledger)
    agent.ledger.keep_head()
    return erasure.compact(agent.ledger.engine)


def _months_before(now: datetime, months: int) -> datetime:
    """Return the first day of the month that began so many months before: none is erased too early."""
    count = now.year * 12 + now.month - 1 - months
    return now.replace(year=count // 12, month=count % 12 + 1, day=1)
