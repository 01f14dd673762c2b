"""Tells the local system, where that is wanted, under which national id it was acknowledged and when. Nothing else.

It never keeps anything from going up: what cannot be told waits, is tried again, and is shown.
"""

import random
from collections import Counter
from collections.abc import Sequence

from sync_agent.audit import Event
from sync_agent.domain.steps import MINTING, Step
from sync_agent.ledger import (
    KnownCase,
    MessageKey,
    Untold,
    forget_told,
    known_by_id,
    note_told,
    queue_told,
    untold,
)
from sync_agent.logs import LogEvent, log
from sync_agent.mapping import Mapped
from sync_agent.source import STOPPING, Acknowledged
from sync_agent.sync.context import Agent
from sync_agent.sync.decide import back_off

__all__ = ["tell_local", "tell_lost"]

_PAGE = 100
_JITTER = random.SystemRandom()


def tell_local(agent: Agent) -> Counter[str]:
    """Tell the local system what was acknowledged since; return how many it was told, and could not be, by code."""
    told: Counter[str] = Counter()
    if agent.writer is None:
        return told
    steps, after = agent.writer.steps, 0
    with agent.ledger.write() as tx:
        queue_told(tx.connection, agent.ledger.source_id, steps, tx.now)
        now = tx.now
    while True:
        with agent.ledger.read() as connection:
            page = untold(connection, agent.ledger.source_id, now, steps, after=after, limit=_PAGE)
        if not page:
            return told
        after = page[-1].message_id
        reasons = agent.writer.tell([Acknowledged(u.step, u.case_key, u.local_key, u.national_id, u.at) for u in page])
        _note(agent, page, reasons, told)
        if len(reasons) < len(page) or reasons[-1] in STOPPING:
            return told


def _note(agent: Agent, page: Sequence[Untold], reasons: Sequence[str | None], told: Counter[str]) -> None:
    """Record what was told and what not, in one transaction; an entry when it was, and at each new reason why not."""
    tried = list(zip(page, reasons, strict=False))
    with agent.ledger.write() as tx:
        known = {case.row.id: case for case in known_by_id(tx.connection, {each.case_id for each, _ in tried})}
        for each, reason in tried:
            event = Event.WRITTEN_BACK if reason is None else Event.WRITE_BACK_FAILED
            told["written_back" if reason is None else "not_written_back"] += 1
            case = known[each.case_id]
            if reason is not None:
                log(
                    LogEvent.WRITE_BACK_FAILED,
                    "warning",
                    case=case.row.pseudonym,
                    step=each.step,
                    cause=reason,
                    attempt=each.attempts + 1,
                )
            if reason is None or reason != each.reason:
                case.record(tx, event, step=each.step, item=case.item(each.local_key), reason=reason)
        failed = [
            (each.message_id, reason, tx.now + back_off(agent, each.attempts + 1, _JITTER.random(), None))
            for each, reason in tried
            if reason is not None
        ]
        note_told(tx.connection, failed, [(each.message_id, each.at) for each, reason in tried if reason is None])


def tell_lost(agent: Agent, found: Sequence[tuple[KnownCase, Mapped]]) -> None:
    """Have the local system told again what a full scan no longer finds there, as after a restored backup."""
    if agent.writer is None:
        return
    steps = agent.writer.steps
    lost = [
        message.id
        for case, mapped in found
        for key, message in case.messages.items()
        if message.step in steps and message.ack_digest is not None and not _is_there(mapped, key)
    ]
    if lost:
        with agent.ledger.write() as tx:
            forget_told(tx.connection, lost)


def _is_there(mapped: Mapped, key: MessageKey) -> bool:
    """Tell whether the local system has an id for this message (another one is a finding), or says that it was sent."""
    return key in mapped.national_ids if Step(key[0]) in MINTING else key in mapped.sent
