"""Reads what may have changed, or everything, and brings the ledger up to it. Sends nothing.

The watermark moves when all was read: a scan that was cut short is done again from the start. What it had read is in
the ledger, so that this only costs reading; to go on in the middle would join two states of the source and call that
complete.
"""

import hashlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sync_agent.audit import Event
from sync_agent.ledger import Seen, SourceRow, cases, known_cases, save_source_state, source_state
from sync_agent.logs import LogEvent, log
from sync_agent.mapping import Mapped
from sync_agent.source import Change
from sync_agent.sync.context import Agent
from sync_agent.sync.erased import living, note_changed
from sync_agent.sync.gone import count_missing, require_answer, unseen_pages
from sync_agent.sync.observe import Observed, observe
from sync_agent.sync.progress import Progress
from sync_agent.sync.writeback import tell_lost

__all__ = ["ScanReport", "every_page", "read_page", "scan"]


@dataclass(slots=True)
class ScanReport:
    """What was read: changes after `since` (None: everything) up to `until`, by the source's clock."""

    since: datetime | None
    until: datetime
    read: int = 0
    changed: int = 0
    missing: int = 0  # known cases that a full scan did not find
    key_set: str = ""  # digest of the pseudonyms of the cases read
    full: bool = False


def scan(agent: Agent, progress: Progress, *, keys: Sequence[str] = (), full: bool = False) -> ScanReport:
    """Read the changed cases, with `full` every case, or exactly `keys`, and note what they would send.

    A full scan also counts the known cases it did not find. Raises SourceError when it found none at all.
    """
    with agent.ledger.read() as connection:
        before = source_state(connection, agent.ledger.source_id)
    anew, started = _judged_anew(agent, before), agent.source.now()
    since = None if keys or full or anew else _since(before, started)
    report = ScanReport(since=since, until=started, full=since is None and not keys)
    progress.stage("reading local cases", len(keys) or (_known(agent) if report.full else 0) or None)
    key_set, seen = hashlib.sha256(), Seen()
    for page in _pages(agent, since, keys):
        names = [change.case_key for change in page]
        # The rows of a case do not show that its files changed; its change time may.
        suspects = {change.case_key for change in page if keys or (since and change.changed_at)}
        # handed on, not kept: two pages of cases at once would be most of the memory of a scan
        _note_seen(agent, report, seen, _take_in(agent, report, names, plan=names if anew else suspects))
        note_changed(agent, [change.case_key for change in page if since and change.changed_at])
        for key in names:
            key_set.update(agent.names.shown(key, protected=True).encode() + b"\n")
        progress.advance(len(page))
        log(LogEvent.PAGE_SCANNED, count=len(page), read=report.read, changed=report.changed)
    report.key_set = key_set.hexdigest()
    if not keys:
        _finish(agent, before, report, _missing(agent, report, seen) if report.full else [])
    return report


def _known(agent: Agent) -> int:
    """Count the known cases; not in a tick, which must not cost more the more there are."""
    with agent.ledger.read() as connection:
        return known_cases(connection, agent.ledger.source_id)


def _since(before: SourceRow, started: datetime) -> datetime | None:
    """Return from when changes are read; None, everything, where the source's clock was set back behind that."""
    if before.watermark is not None and before.watermark > started:
        return None
    return before.watermark


def _take_in(agent: Agent, report: ScanReport, names: Sequence[str], *, plan: Collection[str]) -> list[Observed]:
    """Read some cases and bring the ledger up to them."""
    seen = read_page(agent, names)
    with agent.ledger.write() as tx:
        observed = observe(agent, tx, seen, plan=plan)
    report.read += len(observed)
    report.changed += sum(one.changed for one in observed)
    return observed


def _note_seen(agent: Agent, report: ScanReport, seen: Seen, found: Sequence[Observed]) -> None:
    """Note whom a full scan has seen, and have the local system told again what it has lost."""
    if report.full:
        tell_lost(agent, [(one.case, one.mapped) for one in found])
    seen.note(one.row.id for one in found)


def _missing(agent: Agent, report: ScanReport, seen: Seen) -> list[int]:
    """Return the row ids of known cases that cannot be read, not even by their keys."""
    require_answer(agent, report.read)
    missing: list[int] = []
    for page in unseen_pages(agent, seen):
        found = {one.row.id for one in _take_in(agent, report, [key for _, key in page], plan=())}
        missing += [case_id for case_id, _ in page if case_id not in found]
    report.missing = len(missing)
    return missing


def every_page(agent: Agent) -> Iterator[list[str]]:
    """Yield the keys of all cases the source has, by pages."""
    after = ""
    while page := agent.source.changes(None, after=after, limit=agent.settings.source.page):
        yield [change.case_key for change in page]
        after = page[-1].case_key


def read_page(agent: Agent, keys: Sequence[str]) -> list[Mapped]:
    """Read and map some cases, under the keys that the ledger may keep; those that are gone or erased are absent."""
    with agent.ledger.read() as connection:
        keys = living(agent, connection, keys)
        known_as = cases.origins(connection, agent.ledger.source_id, keys)
    rows = agent.source.read(keys) if keys else {}
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


def _finish(agent: Agent, before: SourceRow, report: ScanReport, missing: Sequence[int]) -> None:
    overlap = timedelta(seconds=agent.settings.source.overlap_seconds)
    with agent.ledger.write() as tx:
        count_missing(agent, tx, before, missing)
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
                full_scan_at=tx.now if report.full else before.full_scan_at,
                queued_until=before.queued_until,
            ),
        )
