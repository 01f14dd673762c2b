"""Decides what is looked at to tell how all stands: the ledger, the disk, this service, certificates and tokens."""

import shutil
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Thread
from typing import Final

from sync_agent.audit import failing_since
from sync_agent.errors import SyncAgentError
from sync_agent.ledger import LaneState, load_lanes, timeliness, watched
from sync_agent.service.notices import DONE, Down, Expiry, Facts, is_worked
from sync_agent.service.state import ServiceState
from sync_agent.sync import Agent, bearer_ends, own_certificate, service_certificates

__all__ = ["Watch"]

_PROOFS: Final = 43_200.0
"""Seconds between two looks at certificates."""

_SETTLING: Final = timedelta(minutes=10)
"""So long after its start a service is not called silent: its first pass may take its time."""

_PASSES: Final = "pass."
"""Jobs that are told of by how passes end."""


class Watch:
    """One watch. `steady` are the seconds of a clock that is never set."""

    def __init__(self, steady: Callable[[], float] = time.monotonic) -> None:
        self._steady, self._next_proofs = steady, steady()
        self._inspector: Thread | None = None
        self._expiries: tuple[Expiry, ...] | None = None
        self._jobs: Counter[str] = Counter()

    def facts(self, agent: Agent, state: ServiceState, mail_failure: str | None) -> Facts:
        """Return how everything stands now. Raises LedgerError."""
        self._inspect(agent)
        now, heads = agent.clock(), agent.ledger.heads
        today = timeliness.vietnam_day(now)
        with agent.ledger.read() as connection:
            found = watched(connection, agent.ledger.source_id, today)
            lanes = {name: lane for name, lane in load_lanes(connection).items() if lane.state != LaneState.CLOSED}
            anchors = failing_since(connection, [each.name for each in heads.channels] if heads else [])
            stopped = heads is not None and heads.stops_creations(connection, now)
        return Facts(
            now=now,
            free_bytes=shutil.disk_usage(agent.settings.state).free,
            result=_result(found.result, state),
            last_done=_last_done(found.done_at, state),
            last_acknowledged=found.acknowledged_at,
            settled=_is_settled(state, now),
            workday=is_worked(agent.calendar, today),
            configuration_refused=state.configuration_refused,
            creations_stopped=stopped,
            downs={
                name: Down(lane.opened_at or now, lane.cause or "")
                for name, lane in lanes.items()
                if name in agent.accounts.aliases
            },
            work=found.work,
            anchors=anchors,
            jobs=self._failed_jobs(state),
            expiries=self._expiries,
            mail_failure=mail_failure,
        )

    def _inspect(self, agent: Agent) -> None:
        """Look at certificates and tokens twice a day, beside the work: hosts may take their time."""
        if self._steady() < self._next_proofs or (self._inspector is not None and self._inspector.is_alive()):
            return
        self._next_proofs = self._steady() + _PROOFS
        self._inspector = Thread(target=self._see_proofs, args=(agent,), name="proofs", daemon=True)
        self._inspector.start()

    def _see_proofs(self, agent: Agent) -> None:
        found = [Expiry(alias, ends_at) for alias, ends_at in bearer_ends(agent).items()]
        try:
            own = own_certificate(agent)
            found += [] if own is None else [Expiry(own.name, own.ends_at)]
            found += [Expiry(each.name, each.ends_at) for each in service_certificates(agent)]
        except SyncAgentError:  # one cannot be seen now: what was seen before stands; what it means the passes tell
            return
        self._expiries = tuple(found)

    def _failed_jobs(self, state: ServiceState) -> frozenset[str]:
        """Return the jobs that were missed or failed since the last look."""
        counted = Counter(state.jobs_failed)
        new, self._jobs = counted - self._jobs, counted
        grave = [name for name in new if not name.startswith(_PASSES) and not name.endswith(".still_busy")]
        return frozenset(name.partition(".")[0] for name in grave)


def _result(recorded: str | None, state: ServiceState) -> str | None:
    """Return how the newest pass ended; a guard inside it is told apart from one that kept it from beginning."""
    said = state.last_pass_result
    return recorded if said is None or (said == "GuardError" and recorded == "guard") else said


def _last_done(recorded: datetime | None, state: ServiceState) -> datetime | None:
    """Return when a pass last ended well: one that found nothing to do may be in no ledger."""
    here = state.last_pass_at if state.last_pass_result == DONE else None
    return max((each for each in (recorded, here) if each is not None), default=None)


def _is_settled(state: ServiceState, now: datetime) -> bool:
    return state.last_pass_at is not None or (state.started_at is not None and now - state.started_at >= _SETTLING)
