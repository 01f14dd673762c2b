"""A national side that behaves like the service: it mints ids, keeps records, and does its worst when told to."""

from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sync_agent.domain.steps import Step
from sync_agent.national import Accepted, NotProcessed, Outcome, Refused, Unknown, WireRequest
from tests.support.houses import START, National

__all__ = ["Fate", "Identity", "Record", "Service"]

Identity = tuple[str, ...]
"""What tells one record of a step from another, as a person would."""


class Fate(StrEnum):
    """What becomes of one request."""

    TAKEN = "taken"
    LOST = "lost"  # processed, and the answer is lost
    NEVER = "never"  # never processed, and nobody can tell
    LATE = "late"  # the client has given up when it is processed
    REFUSED = "refused"
    DOWN = "down"
    SECRET = "secret"  # the account is refused


@dataclass
class Record:
    """One record as it is now."""

    step: Step
    identity: Identity
    national_id: str
    body: dict[str, Any] = field(repr=False)


@dataclass(slots=True)
class Service(National):
    """Answers by `fates`, then takes everything. `knows`: as the known capabilities say, else as the worst do.

    `at_send` is called before anything happens to a request. What is late is processed `lateness` later by `clock`, a
    creation `creation_lateness` later.
    """

    clock: Callable[[], datetime] = lambda: START
    knows: bool = False
    fates: deque[Fate] = field(default_factory=deque)
    lateness: timedelta = timedelta(minutes=10)
    creation_lateness: timedelta = timedelta(minutes=10)
    at_send: Callable[[WireRequest], None] = lambda _: None
    records: list[Record] = field(default_factory=list)
    _late: list[tuple[datetime, WireRequest]] = field(default_factory=list)
    _minted: int = 0

    def send(self, request: WireRequest, account_alias: str) -> Outcome:
        """Let the next fate happen."""
        del account_alias
        self.catch_up()
        self.at_send(request)
        fate = self.fates.popleft() if self.fates else Fate.TAKEN
        match fate:
            case Fate.DOWN:
                return NotProcessed("connect")
            case Fate.SECRET:
                return NotProcessed("unauthorized", 401)
            case Fate.REFUSED:
                return Refused("other", "", 200)
            case Fate.LATE:
                lateness = self.lateness if request.update else self.creation_lateness
                self._late.append((self.clock() + lateness, request))
            case Fate.LOST:
                self._process(request)
            case Fate.TAKEN:
                return self._process(request)
        return Unknown("read_timeout")

    def look_up(self, token: str, account_alias: str) -> list[str]:
        """Return the ids of the cases whose text holds the token."""
        del account_alias
        self.catch_up()
        return [each.national_id for each in self.records if each.step is Step.CASE and token in each.identity[0]]

    def catch_up(self) -> None:
        """Process what was late and is due."""
        due = [request for at, request in self._late if at <= self.clock()]
        self._late = [(at, request) for at, request in self._late if at > self.clock()]
        for request in due:
            self._process(request)

    def is_late(self, step: Step, case_id: str) -> bool:
        """Tell whether something of a step may still be processed; of creations of cases, any of them."""
        return any(each.step is step and each.body.get("Id", case_id) == case_id for _, each in self._late)

    def twice(self) -> list[Identity]:
        """Return what was created more than once."""
        made = Counter((each.step, each.identity) for each in self.records)
        return [identity for (_, identity), number in made.items() if number > 1]

    def of(self, step: Step, *identity: str) -> Iterator[Record]:
        """Yield the records of a step whose identity begins so."""
        for each in self.records:
            if each.step is step and each.identity[: len(identity)] == identity:
                yield each

    def _process(self, request: WireRequest) -> Outcome:
        identity, there = _identity(request), self._there(request)
        if there is not None:
            there.body = request.body
            return Accepted(there.national_id, 200)
        if request.body.get("Id") and not any(each.national_id == request.body["Id"] for each in self.records):
            return Refused("unknown_id", "", 200)
        self._minted += 1
        minted = f"SIM-{self._minted:08d}-0000-4000-8000-000000000000"
        self.records.append(Record(request.step, identity, minted, request.body))
        single = request.step in {Step.PROCESSING, Step.ACCEPTANCE}
        return Accepted(request.body["Id"] if single else minted, 200)

    def _there(self, request: WireRequest) -> Record | None:
        """Return the record that a request replaces, as far as it can name one."""
        body, identity = request.body, _identity(request)
        if request.step is Step.CASE:
            return next((each for each in self.records if each.national_id == body["VuViec"]["Id"]), None)
        if request.step is Step.ENFORCEMENT:
            return next((each for each in self.records if each.national_id == body["ThiHanhId"]), None)
        return next(self.of(request.step, *identity), None) if self.knows else None


def _identity(request: WireRequest) -> Identity:
    body = request.body
    match request.step:
        case Step.CASE:
            return (body["NoiDungDon"].split("\n")[-1],)
        case Step.SETTLEMENT:
            return body["Id"], body["SoQuyetDinh"]
        case Step.ENFORCEMENT:
            return body["Id"], body["IdKetQua"]
        case _:
            return (body["Id"],)
