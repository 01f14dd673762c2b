"""What people may have done by a running service: what each action needs to be told, and what comes of it.

A command does the same things itself, by the same words, when no service holds the ledger. Order and result are JSON
in between; what is no such order is refused before anything is done.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Annotated, Any, Final

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as checked

from sync_agent.domain.canonical import canonical_bytes
from sync_agent.domain.steps import Step
from sync_agent.errors import SyncAgentError
from sync_agent.ledger import RequestKind, Selection
from sync_agent.sync.context import Agent
from sync_agent.sync.holds import reject, release
from sync_agent.sync.persons import local_keys, resolve
from sync_agent.sync.progress import NoProgress, Progress
from sync_agent.sync.repair import RepairReport, repair
from sync_agent.sync.resync import ResyncReport, resync
from sync_agent.sync.retry import retry
from sync_agent.sync.run import PassReport, run_pass

__all__ = [
    "ACTIONS",
    "Action",
    "Errand",
    "RejectOrder",
    "ReleaseOrder",
    "RepairOrder",
    "ResolveOrder",
    "ResyncOrder",
    "RetryOrder",
    "SyncOrder",
    "Tried",
]

_STRICT: Final = ConfigDict(extra="forbid")
_NUL: Final = b"\\u0000"
_MOST_CASES: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """For whom an action is done, with what note, and who hears how far it is. The ledger is held and claimed."""

    agent: Agent
    actor: str
    note: str | None = field(default=None, repr=False)
    progress: Progress = field(default_factory=NoProgress)


@dataclass(frozen=True)
class Action:
    """One thing that can be done: the type of its order, that of its result, and what does it."""

    order: Any
    result: Any
    perform: Callable[[Any, Errand], Any]

    def read(self, content: Mapping[str, Any]) -> Any:
        """Return the order that `content` says. Raises SyncAgentError when it is none."""
        try:
            said = canonical_bytes(dict(content))
            order = self._orders.validate_json(said, strict=True)
        except (ValidationError, ValueError, TypeError):
            raise SyncAgentError("what was asked cannot be understood") from None  # its values are not repeated
        if _NUL in said:  # no server can be asked for it
            raise SyncAgentError("what was asked cannot be understood")
        return order

    def said(self, order: Any) -> dict[str, Any]:
        """Return an order as a request keeps it."""
        content: dict[str, Any] = self._orders.dump_python(order, mode="json")
        return content

    def told(self, result: Any) -> Any:
        """Return a result as a request keeps it."""
        return self._results.dump_python(result, mode="json")

    def heard(self, document: Any) -> Any:
        """Return the result that a request keeps."""
        return self._results.validate_python(document)

    @cached_property
    def _orders(self) -> TypeAdapter[Any]:
        return TypeAdapter(self.order)

    @cached_property
    def _results(self) -> TypeAdapter[Any]:
        return TypeAdapter(self.result)


@checked(frozen=True, config=_STRICT)
class SyncOrder:
    """A pass: of some cases, of all, of no more messages than `limit`; `accepted` is the digest of a plan."""

    cases: Annotated[list[str], Field(max_length=_MOST_CASES)] = field(default_factory=list)
    full: bool = False
    limit: Annotated[int, Field(ge=1)] | None = None
    accepted: str | None = None


@checked(frozen=True, config=_STRICT)
class ReleaseOrder:
    """A release of the holds of a case by one rule; `digest` names what was looked at."""

    key: str
    rule: str
    digest: str
    reason: str
    overrule: bool = False


@checked(frozen=True, config=_STRICT)
class RejectOrder:
    """A rejection of what one rule holds of a case."""

    key: str
    rule: str
    reason: str


@checked(frozen=True, config=_STRICT)
class ResolveOrder:
    """What became of an uncertain message: it is there as `arrived`, or (None) it is not."""

    key: str
    step: Step
    arrived: str | None
    local_key: str = ""


@checked(frozen=True, config=_STRICT)
class RetryOrder:
    """Another try of what was refused of a case. Nobody hears the answers."""

    key: str
    reason: str
    step: Step | None = None


@checked(frozen=True, config=_STRICT)
class ResyncOrder:
    """What is to be sent again, its cases by key; `accepted` is the digest of what was shown."""

    selection: Selection
    reason: str
    accepted: str | None = None


@checked(frozen=True, config=_STRICT)
class RepairOrder:
    """What a comparison found that is to be repaired."""

    differences: list[dict[str, str]]
    reason: str


@dataclass(frozen=True, slots=True)
class Tried:
    """How a message stands after it was tried again."""

    step: str
    local_key: str
    state: str
    reason: str | None
    refusal: str | None
    ack_id: str | None
    ack_at: datetime | None
    attempts: int
    next_try_at: datetime | None


def _sync(order: SyncOrder, errand: Errand) -> PassReport:
    report = run_pass(
        errand.agent,
        actor=errand.actor,
        keys=local_keys(errand.agent, order.cases),
        full=order.full,
        limit=order.limit,
        accepted=order.accepted,
        progress=errand.progress,
        held=True,
    )
    return replace(report, plan=None)  # long, and printed by nobody


def _release(order: ReleaseOrder, errand: Errand) -> int:
    return release(
        errand.agent,
        order.key,
        order.rule,
        digest=order.digest,
        reason=order.reason,
        note=errand.note,
        overrule=order.overrule,
        actor=errand.actor,
        held=True,
    )


def _reject(order: RejectOrder, errand: Errand) -> int:
    agent, actor = errand.agent, errand.actor
    return reject(agent, order.key, order.rule, reason=order.reason, note=errand.note, actor=actor, held=True)


def _resolve(order: ResolveOrder, errand: Errand) -> None:
    agent, actor, arrived = errand.agent, errand.actor, order.arrived
    resolve(agent, order.key, order.step, local_key=order.local_key, arrived=arrived, actor=actor, held=True)


def _retry(order: RetryOrder, errand: Errand) -> list[Tried]:
    report = retry(
        errand.agent,
        order.key,
        step=order.step,
        reason=order.reason,
        actor=errand.actor,
        progress=errand.progress,
        held=True,
    )
    return [
        Tried(m.step, m.local_key, m.state, m.reason, m.refusal, m.ack_id, m.ack_at, m.attempts, m.next_try_at)
        for m in report.messages
    ]


def _resync(order: ResyncOrder, errand: Errand) -> ResyncReport:
    return resync(
        errand.agent,
        order.selection,
        reason=order.reason,
        note=errand.note,
        actor=errand.actor,
        accepted=order.accepted,
        held=True,
    )


def _repair(order: RepairOrder, errand: Errand) -> RepairReport:
    return repair(
        errand.agent,
        order.differences,
        reason=order.reason,
        note=errand.note,
        actor=errand.actor,
        progress=errand.progress,
        held=True,
    )


ACTIONS: Final[dict[RequestKind, Action]] = {
    RequestKind.SYNC: Action(SyncOrder, PassReport, _sync),
    RequestKind.RELEASE: Action(ReleaseOrder, int, _release),
    RequestKind.REJECT: Action(RejectOrder, int, _reject),
    RequestKind.RESOLVE: Action(ResolveOrder, None, _resolve),
    RequestKind.RETRY: Action(RetryOrder, list[Tried], _retry),
    RequestKind.RESYNC: Action(ResyncOrder, ResyncReport, _resync),
    RequestKind.RECONCILE: Action(RepairOrder, RepairReport, _repair),
}
"""By what a request asks for."""
