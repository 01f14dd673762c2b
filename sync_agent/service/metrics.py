"""Decides what a monitoring system is told: figures by code, account, rule and place, never of one case or person.

What the ledger says is read seldom and kept; what the service knows of itself is always of this moment.
"""

import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from sync_agent import __version__
from sync_agent.domain.steps import Step
from sync_agent.ledger import LaneState, gauges
from sync_agent.service.reading import Reading
from sync_agent.service.sending import ZONE
from sync_agent.service.state import ServiceState
from sync_agent.sync import Agent, own_certificate, service_certificates, tokens_held

__all__ = ["METRICS", "Metrics"]

_KEEP_SECONDS: Final = 10.0
_PATIENCE_SECONDS: Final = 5.0
_CERTIFICATES_SECONDS: Final = 6 * 3600.0
"""How often it is looked which certificate the national side shows."""


@dataclass(frozen=True, slots=True)
class _Kind:
    what: str
    labels: tuple[str, ...] = ()
    kind: Literal["gauge", "counter"] = "gauge"


METRICS: Final = {
    "sync_agent_up": _Kind("1 when the ledger answers"),
    "sync_agent_build": _Kind("1; the version is its label", ("version",)),
    "sync_agent_standby": _Kind("1 while another instance holds the ledger"),
    "sync_agent_idle_seconds": _Kind("Since the service last did anything"),
    "sync_agent_configuration_refused": _Kind("1 while a changed configuration is refused and the old one is in force"),
    "sync_agent_tasks_failed": _Kind("Tasks of the schedule that were missed or failed", ("task", "how"), "counter"),
    "sync_agent_pass_seconds": _Kind("How long the last pass took"),
    "sync_agent_pass_age_seconds": _Kind("Since the last pass ended, whatever came of it"),
    "sync_agent_pass_success_age_seconds": _Kind("Since a pass last ended as it should"),
    "sync_agent_acknowledged_age_seconds": _Kind("Since the national side last acknowledged something"),
    "sync_agent_passes": _Kind("Passes by result", ("result",), "counter"),
    "sync_agent_attempts": _Kind("Messages that were sent, by the state it led to", ("result",), "counter"),
    "sync_agent_cases": _Kind("Cases that are known"),
    "sync_agent_messages": _Kind("Messages by step and state", ("step", "state")),
    "sync_agent_needs_person": _Kind("Messages that wait for a person, by state", ("state",)),
    "sync_agent_held": _Kind("What keeps cases from going up, by rule", ("rule",)),
    "sync_agent_oldest_waiting_seconds": _Kind("How long the oldest unsent content has waited; 0: none waits"),
    "sync_agent_late": _Kind("Messages that have not gone up although their legal date is past", ("step",)),
    "sync_agent_due_soon": _Kind(
        "Messages that must go up today or in the working days of timeliness.warn_working_days", ("step",)
    ),
    "sync_agent_requests_waiting": _Kind("What people asked of the service and it has not begun"),
    "sync_agent_write_backs_waiting": _Kind("Acknowledgements the local system has not been told of"),
    "sync_agent_account_up": _Kind("1 when messages of the account may leave", ("account",)),
    "sync_agent_account_failures": _Kind("Failures of the account in a row", ("account",)),
    "sync_agent_account_success_age_seconds": _Kind("Since the account last got an answer", ("account",)),
    "sync_agent_token_expiry_seconds": _Kind("Until the token in hand of the account expires", ("account",)),
    "sync_agent_certificate_expiry_seconds": _Kind("Until a certificate expires: of a host, or our own", ("of",)),
    "sync_agent_audit_entries": _Kind("Entries of the audit log"),
    "sync_agent_checkpoint_age_seconds": _Kind("Since the head of the audit log was last signed"),
    "sync_agent_anchor_age_seconds": _Kind("Since a head last reached the place; +Inf: never", ("place",)),
    "sync_agent_creations_stopped": _Kind("1 while nothing new is created because no head gets out"),
    "sync_agent_ledger_bytes": _Kind("Room the database of the ledger takes"),
    "sync_agent_disk_free_bytes": _Kind("Room that is free where the state folder is"),
}
"""Every metric of our own; a counter's name ends with `_total` when it is told."""


class _Told:
    """Metrics that are being put together."""

    def __init__(self) -> None:
        self._families: dict[str, CounterMetricFamily | GaugeMetricFamily] = {}

    def put(self, name: str, value: float | None, *labels: str) -> None:
        """Add a value; None: it is not known, and nothing is said."""
        if value is None:
            return
        kind = METRICS[name]
        make = CounterMetricFamily if kind.kind == "counter" else GaugeMetricFamily
        family = self._families.setdefault(name, make(name, kind.what, labels=kind.labels))
        family.add_metric(labels, float(value))

    def collect(self) -> Iterator[Metric]:
        """Yield the families."""
        yield from self._families.values()


@dataclass(frozen=True, slots=True)
class _Ledger:
    """What the ledger said at an instant."""

    now: datetime
    gauges: gauges.Gauges
    creations_stopped: bool
    attempts: Counter[str]


class Metrics(Collector):
    """The metrics of one service. `agent` is asked for each time: a new configuration brings another one."""

    def __init__(
        self, agent: Callable[[], Agent], state: ServiceState, *, steady: Callable[[], float] = time.monotonic
    ) -> None:
        self._agent, self._state, self._steady = agent, state, steady
        self._counted: int | None = None  # the last run in the counters, which begin with this process
        self._attempts: Counter[str] = Counter()
        self._ledger = Reading(self._read, keep=_KEEP_SECONDS, patience=_PATIENCE_SECONDS, steady=steady)
        self._shown = Reading(self._look, keep=_CERTIFICATES_SECONDS, patience=0, steady=steady)
        self._disk = Reading(self._free, keep=_KEEP_SECONDS, patience=1, steady=steady)
        self._registry = CollectorRegistry()
        ProcessCollector(namespace="sync_agent", registry=self._registry)
        self._registry.register(self)

    @property
    def ledger_answers(self) -> bool:
        """Tell whether the ledger can be read, and in time."""
        return self._ledger.latest() is not None

    def text(self) -> bytes:
        """Return all metrics as Prometheus reads them."""
        return generate_latest(self._registry)

    def describe(self) -> Iterator[Metric]:
        """Say nothing before it is asked: to register reads no ledger."""
        yield from ()

    def collect(self) -> Iterator[Metric]:
        """Yield what is known now."""
        told, ledger = _Told(), self._ledger.latest()
        told.put("sync_agent_up", ledger is not None)
        told.put("sync_agent_disk_free_bytes", self._disk.latest())
        self._tell_service(told, ledger)
        if ledger is not None:
            _tell_work(told, ledger)
            _tell_accounts(told, ledger)
            _tell_evidence(told, ledger)
        self._tell_expiry(told)
        yield from told.collect()

    def _tell_service(self, told: _Told, ledger: _Ledger | None) -> None:
        state, now, ended_at = self._state, self._agent().clock(), self._state.last_pass_at
        done_at = ledger.gauges.last_done_at if ledger is not None else None  # a pass by hand, or before this process
        told.put("sync_agent_build", 1, __version__)
        told.put("sync_agent_standby", state.standby)
        told.put("sync_agent_idle_seconds", self._steady() - state.last_progress)
        told.put("sync_agent_configuration_refused", state.configuration_refused)
        told.put("sync_agent_pass_seconds", state.last_pass_seconds)
        told.put("sync_agent_pass_age_seconds", _seconds(ended_at, now))
        told.put("sync_agent_pass_success_age_seconds", _seconds(_later(state.last_success_at, done_at), now))
        for result, number in dict(state.passes).items():
            told.put("sync_agent_passes", number, result)
        for name, number in dict(state.jobs_failed).items():
            job, _, how = name.partition(".")
            told.put("sync_agent_tasks_failed", number, job, how)

    def _tell_expiry(self, told: _Told) -> None:
        agent, shown = self._agent(), self._shown.latest()
        for account, seconds in tokens_held(agent).items():
            told.put("sync_agent_token_expiry_seconds", seconds, account)
        for name, ends_at in (shown or {}).items():
            told.put("sync_agent_certificate_expiry_seconds", (ends_at - agent.clock()).total_seconds(), name)

    def _read(self) -> _Ledger:
        """Read the ledger, in a thread of its own."""
        agent = self._agent()
        ledger, heads, now = agent.ledger, agent.ledger.heads, agent.clock()
        places = [anchor.name for anchor in agent.settings.audit.anchors]
        today = now.astimezone(ZONE).date()
        soon = agent.calendar.add_working_days(today, agent.settings.timeliness.warn_working_days)
        with ledger.read() as connection:
            if self._counted is None:
                self._counted = gauges.newest_run(connection)
            for run in gauges.runs_after(connection, self._counted):
                self._count(run.counts)
                self._counted = run.id
            stopped = heads is not None and heads.stops_creations(connection, now)
            found = gauges.read_gauges(connection, ledger.source_id, today=today, soon=soon, places=places)
        return _Ledger(now, found, stopped, Counter(self._attempts))

    def _count(self, counts: str) -> None:
        """Add what a run delivered."""
        for name, _, number in (part.partition("=") for part in counts.split()):
            if name.startswith("delivered."):
                self._attempts[name.removeprefix("delivered.")] += int(number)

    def _free(self) -> int:
        """Return how much room there is; a disk that hangs would hang whoever asks."""
        return shutil.disk_usage(self._agent().settings.state).free

    def _look(self) -> dict[str, datetime]:
        """Look when the certificates end, in a thread of its own."""
        agent = self._agent()
        own = own_certificate(agent)
        found = {} if own is None else {"client": own.ends_at}
        return found | {each.name: each.ends_at for each in service_certificates(agent)}


def _tell_work(told: _Told, ledger: _Ledger) -> None:
    found, overview = ledger.gauges, ledger.gauges.overview
    told.put("sync_agent_cases", overview.cases)
    for (step, state), number in overview.messages.items():
        told.put("sync_agent_messages", number, step, state)
    for state, number in overview.for_a_person.items():
        told.put("sync_agent_needs_person", number, state)
    for rule, number in found.held.items():
        told.put("sync_agent_held", number, rule)
    told.put("sync_agent_oldest_waiting_seconds", _age(ledger, overview.oldest_waiting) or 0)
    for step in Step:
        told.put("sync_agent_late", found.late[step], step)
        told.put("sync_agent_due_soon", found.due_soon[step], step)
    told.put("sync_agent_requests_waiting", found.requests)
    told.put("sync_agent_write_backs_waiting", found.write_backs)
    for result, number in ledger.attempts.items():
        told.put("sync_agent_attempts", number, result)
    told.put("sync_agent_acknowledged_age_seconds", _age(ledger, found.last_acknowledged_at))


def _tell_accounts(told: _Told, ledger: _Ledger) -> None:
    for account, lane in ledger.gauges.lanes.items():
        told.put("sync_agent_account_up", lane.state == LaneState.CLOSED, account)
        told.put("sync_agent_account_failures", lane.failures, account)
        told.put("sync_agent_account_success_age_seconds", _age(ledger, lane.last_success_at), account)


def _tell_evidence(told: _Told, ledger: _Ledger) -> None:
    found = ledger.gauges
    told.put("sync_agent_audit_entries", found.entries)
    told.put("sync_agent_checkpoint_age_seconds", _age(ledger, found.checkpoint_at))
    for place, reached in found.anchored_at.items():
        told.put("sync_agent_anchor_age_seconds", float("inf") if reached is None else _age(ledger, reached), place)
    told.put("sync_agent_creations_stopped", ledger.creations_stopped)
    told.put("sync_agent_ledger_bytes", found.ledger_bytes)


def _age(ledger: _Ledger, instant: datetime | None) -> float | None:
    return _seconds(instant, ledger.now)


def _seconds(since: datetime | None, now: datetime) -> float | None:
    return None if since is None else (now - since).total_seconds()


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return max((each for each in (one, other) if each is not None), default=None)
