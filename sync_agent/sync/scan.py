"""Reads what may have changed and brings the ledger up to it. Sends nothing.

The watermark moves in the transaction of the last page: a scan that was cut short is simply done again.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sync_agent.audit import Event
from sync_agent.ledger import SourceRow, cases, save_source_state, source_state
from sync_agent.logs import LogEvent, log
from sync_agent.mapping import Mapped
from sync_agent.source import Change
from sync_agent.sync.context import Agent
from sync_agent.sync.observe import observe
from sync_agent.sync.progress import Progress

__all__ = ["ScanReport", "every_page", "read_page", "scan"]


@dataclass(slots=True)
class ScanReport:
    """What was read: changes after `since` (None: everything) up to `until`, by the source's clock."""

    since: datetime | None
    until: datetime
    read: int = 0
    changed: int = 0
    key_set: str = ""  # digest of the pseudonyms of the cases read


def scan(agent: Agent, progress: Progress, *, keys: Sequence[str] = ()) -> ScanReport:
    """Read the changed cases, or exactly `keys`, and note what they would send."""
    progress.stage("reading local cases", len(keys) or None)
    key_set = hashlib.sha256()
    with agent.ledger.read() as connection:
        before = source_state(connection, agent.ledger.source_id)
    anew = _judged_anew(agent, before)
    started = agent.source.now()
    # What a new mapping reads from unchanged rows may differ: then everything is read.
    since = None if keys or anew else before.watermark
    report = ScanReport(since=since, until=started)
    for page in _pages(agent, since, keys):
        names = [change.case_key for change in page]
        # The rows of a case do not show that its files changed; its change time may.
        suspects = {change.case_key for change in page if keys or (since and change.changed_at)}
        seen = read_page(agent, names)
        with agent.ledger.write() as tx:
            observed = observe(agent, tx, seen, plan=names if anew else suspects)
        report.read += len(observed)
        report.changed += sum(one.changed for one in observed)
        for key in names:
            key_set.update(agent.names.shown(key, protected=True).encode() + b"\n")
        progress.advance(len(page))
        log(LogEvent.PAGE_SCANNED, count=len(page), read=report.read, changed=report.changed)
    report.key_set = key_set.hexdigest()
    if not keys:
        _finish(agent, before, report)
    return report


def every_page(agent: Agent) -> Iterator[list[str]]:
    """Yield the keys of all cases the source has, by pages."""
    after = ""
    while page := agent.source.changes(None, after=after, limit=agent.settings.source.page):
        yield [change.case_key for change in page]
        after = page[-1].case_key


def read_page(agent: Agent, keys: Sequence[str]) -> list[Mapped]:
    """Read and map some cases, under the keys that the ledger may keep; those that are gone are absent."""
    rows = agent.source.read(keys)
    with agent.ledger.read() as connection:
        known_as = cases.origins(connection, agent.ledger.source_id, keys)
    return [agent.names.stored(agent.mapper.map(rows[key]), known_as.get(key)) for key in keys if key in rows]


def _pages(agent: Agent, since: datetime | None, keys: Sequence[str]) -> Iterator[Sequence[Change]]:
    limit = agent.settings.source.page
    if keys:
        named = [Change(key, None) for key in dict.fromkeys(keys)]
        yield from (named[start : start + limit] for start in range(0, len(named), limit))
        return
    after = ""
    while changes := agent.source.changes(since, after=after, limit=limit):
        yield changes
        after = changes[-1].case_key


def _judged_anew(agent: Agent, state: SourceRow) -> bool:
    """Tell whether what cases are judged by has changed since the last complete scan."""
    with agent.ledger.read() as connection:
        signed = agent.signed(connection)
    return state.signed != signed or any(old != new for _, old, new in _versions(agent, state))


def _versions(agent: Agent, state: SourceRow) -> tuple[tuple[Event, str | None, str], ...]:
    return (
        (Event.MAPPING_CHANGED, state.mapping, agent.mapper.digest),
        (Event.CONTRACT_CHANGED, state.contract, agent.contract.digest),
        (Event.POLICY_CHANGED, state.policy, agent.policy.digest),
        (Event.CONFIGURATION_CHANGED, state.configuration, agent.configuration),
    )


def _finish(agent: Agent, before: SourceRow, report: ScanReport) -> None:
    overlap = timedelta(seconds=agent.settings.source.overlap_seconds)
    with agent.ledger.write() as tx:
        for event, old, new in _versions(agent, before):
            if old != new:
                tx.record(event, old_state=old, new_state=new)
        save_source_state(
            tx,
            SourceRow(
                source_id=before.source_id,
                # By the source's own clock: a row dated in the future cannot push it, and the overlap is read again.
                watermark=report.until - overlap,
                mapping=agent.mapper.digest,
                contract=agent.contract.digest,
                policy=agent.policy.digest,
                configuration=agent.configuration,
                signed=agent.signed(tx.connection),
                full_scan_at=tx.now if report.since is None else before.full_scan_at,
            ),
        )
