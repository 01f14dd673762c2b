"""What a demonstration proves: ledger, national side and audit log are compared, each promise by itself."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from sync_agent.audit import Event, entries
from sync_agent.demo.stage import FAULTS
from sync_agent.domain.findings import Level
from sync_agent.example import Changes, Stock
from sync_agent.i18n import mark
from sync_agent.ledger import Ledger, State, queries, verify, with_messages_in
from sync_agent.simulator import SimulatorState

__all__ = ["DemoReport", "prove"]


@dataclass(slots=True)
class DemoReport:
    """What the demo did and proved. `checks` names each promise (message ids) and whether it held."""

    folder: Path
    url: str
    stock: Stock = field(repr=False)
    messages: dict[tuple[str, str], int] = field(default_factory=dict)  # by (step, state)
    held: dict[str, int] = field(default_factory=dict)  # cases by rule
    faults: dict[str, int] = field(default_factory=dict)  # requests by the fault that met them
    settled: dict[str, int] = field(default_factory=dict)  # lost answers by how they were settled
    requests: list[int] = field(default_factory=list)  # of the three passes
    second_pass: set[tuple[str, str]] = field(default_factory=set)  # (case key, step) acknowledged
    audit_entries: int = 0
    examples: dict[str, str] = field(default_factory=dict)  # a case in each state, as people name it
    checks: dict[str, bool] = field(default_factory=dict)

    @property
    def sound(self) -> bool:
        """Tell whether everything came out as it should."""
        return all(self.checks.values())


def prove(report: DemoReport, ledger: Ledger, national: SimulatorState, changes: Changes) -> None:
    """Fill the report with figures and with every promise that must hold."""
    with ledger.read() as connection:
        known = with_messages_in(connection, ledger.source_id, State.ACKNOWLEDGED)
        held = {case.row.case_key for case in with_messages_in(connection, ledger.source_id, State.HELD)}
        counted = queries.hold_counts(connection, ledger.source_id)
        report.messages = queries.overview(connection, ledger.source_id).messages
        settled = Counter(each.entry.reason or "" for each in entries(connection, event=Event.RESOLVED))
    report.settled = dict(settled)
    verified = verify(ledger)
    report.audit_entries = verified.log.size
    met = national.fault_counts()
    report.faults = {fault.spec: met[fault.spec] for fault in FAULTS if fault.spec in met}
    for (level, rule, _), number in counted.items():
        if level != Level.WARN:
            report.held[rule] = report.held.get(rule, 0) + number
    ids = {row.ack_id for case in known for row in case.messages.values() if row.ack_id}
    expected = {(key, step) for step, keys in changes.steps.items() for key in keys}
    kept = {key for key, _ in expected - report.second_pass}
    states = {state for (_, state), number in report.messages.items() if number}
    report.checks = {
        mark("every acknowledged record is in the national database"): ids <= national.ids(),
        mark("every record there is acknowledged here"): national.ids() <= ids,
        mark("nothing was created twice"): not national.duplicates(),
        mark("nothing of a protected person left this machine"): not _leaks(report.stock, changes, national),
        mark("the second pass sent what had changed and is not held, and nothing else"): report.second_pass <= expected
        and kept <= held,
        mark("the third pass sent nothing"): report.requests[-1] == 0,
        mark("nothing is in doubt and nothing waits to be tried again"): not states
        & {State.UNCERTAIN, State.WAITING, State.IN_FLIGHT},
        mark("the audit log is whole, its heads are signed, and the ledger holds what it says"): verified.sound,
    }


def _leaks(stock: Stock, changes: Changes, national: SimulatorState) -> bool:
    secret = [value.encode() for value in {*stock.identifying, *changes.identifying}]
    return any(value in body for body in national.bodies() for value in secret)
