"""What only a person settles, played by asking the national database: doubts without a look-up, and refusals."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sync_agent.bootstrap import open_agent
from sync_agent.domain.canonical import correlation_token
from sync_agent.domain.steps import Step
from sync_agent.ledger import KnownCase, MessageKey, MessageRow, State, sort_key, with_messages_in
from sync_agent.national import Ids, Message
from sync_agent.simulator import SimulatorState
from sync_agent.sync import Agent, resolve, retry
from sync_agent.sync.scan import read_page
from tests.support.stations import Ended, Station

__all__ = ["Person", "payloads_of"]

_IDS = frozenset({"Id", "IdKetQua", "ThiHanhId"})
ACTOR = "os:chaos"


def payloads_of(agent: Agent, case: KnownCase) -> dict[MessageKey, Message]:
    """Return what a case says now, message by message."""
    token = correlation_token(agent.installation_key, *case.row.origin)
    payloads = {}
    for mapped in read_page(agent, [case.row.case_key]):
        cleared = agent.gate.clear(mapped.case, protected=case.row.protected_since is not None).cleared
        for message in agent.contract.project(cleared, token=token, options=agent.wire).messages:
            payloads[message.step, message.local_key] = message
    return payloads


@dataclass
class Person:
    """Settles doubts while the national side stands still, so that what is looked at cannot change any more.

    `looks_up` tells that the agent settles cases by itself; every `by_hand`-th doubt is settled by the command.
    """

    station: Station
    looks_up: bool
    by_hand: int = 10
    settled: int = 0
    retried: int = 0
    said: list[Ended] = field(default_factory=list)

    def settle_doubts(self) -> None:
        """Say of each message in doubt whether it arrived. The national side must be stopped."""
        state = self.station.national.state
        with open_agent(self.station.folder) as agent:
            answers = [
                (case.row.case_key, row, self._arrived(agent, state, case, row)) for case, row in self._doubts(agent)
            ]
            for key, row, arrived in answers:
                self.settled += 1
                if self.settled % self.by_hand:
                    resolve(agent, key, Step(row.step), local_key=row.local_key, arrived=arrived, actor=ACTOR)
                else:
                    self._say(key, row, arrived)

    def try_refused_again(self) -> None:
        """Send again what was refused. The national side must answer."""
        with open_agent(self.station.folder) as agent:
            with agent.ledger.read() as connection:
                found = with_messages_in(connection, agent.ledger.source_id, State.REJECTED)
            for key in sorted(case.row.case_key for case in found):
                retry(agent, key, reason="fault_over", actor=ACTOR)
                self.retried += 1

    def _say(self, key: str, row: MessageRow, arrived: str | None) -> None:
        answer = ["--not-arrived"] if arrived is None else ["--arrived", arrived]
        words = ["cases", "resolve", key, "--step", row.step, *answer]
        self.said.append(self.station.agent("--quiet", *words, *(["--local-key", row.local_key] * bool(row.local_key))))

    def _doubts(self, agent: Agent) -> Iterator[tuple[KnownCase, MessageRow]]:
        with agent.ledger.read() as connection:
            found = with_messages_in(connection, agent.ledger.source_id, State.UNCERTAIN)
        for case in found:
            for row in sorted(case.messages.values(), key=sort_key):
                found_out = self.looks_up and row.step == Step.CASE and row.ack_digest is None
                if row.state == State.UNCERTAIN and not found_out:
                    yield case, row

    def _arrived(self, agent: Agent, state: SimulatorState, case: KnownCase, row: MessageRow) -> str | None:
        """Return the national id of what is there, None for what is not and for an update, which may go up twice."""
        if row.ack_digest is not None:
            return None
        if row.step == Step.CASE:
            return state.cases().get(correlation_token(agent.installation_key, *case.row.origin))
        case_id = case.messages[Step.CASE, ""].ack_id or ""
        there = state.case_record(case_id)["steps"][row.step]
        if row.step in {Step.PROCESSING, Step.ACCEPTANCE}:
            return case_id if there else None
        return _most_alike(agent, case, row, there)


def _most_alike(agent: Agent, case: KnownCase, row: MessageRow, there: list[dict[str, Any]]) -> str | None:
    """Return the id of the record that is this message: each record is the doubtful message that it is most like."""
    known = {other.ack_id for other in case.messages.values()}
    payloads = payloads_of(agent, case)
    pairs = []
    for other in case.messages.values():
        message = payloads.get((Step(other.step), other.local_key))
        if (other.step, other.state, other.ack_id) == (row.step, State.UNCERTAIN, None) and message is not None:
            body = agent.contract.request(message, Ids("x", "x"), _no_file).body
            parent = case.messages.get((Step.SETTLEMENT, other.parent_key))
            pairs += [
                (_likeness(body, each["body"]), other.local_key, each["id"])
                for each in there
                if each["id"] not in known and _may_be(body, each, parent)
            ]
    matched: dict[str, str] = {}
    for _, local_key, national_id in sorted(pairs, reverse=True):
        if local_key not in matched and national_id not in matched.values():
            matched[local_key] = national_id
    return matched.get(row.local_key)


def _may_be(body: dict[str, Any], record: dict[str, Any], parent: MessageRow | None) -> bool:
    """Tell whether a record can be a message at all: a decision by its number, an enforcement by its decision."""
    if "SoQuyetDinh" in body:
        return bool(record["body"].get("SoQuyetDinh") == body["SoQuyetDinh"])
    return parent is not None and record["parent_id"] == parent.ack_id


def _likeness(body: Any, other: Any) -> int:
    """Return how many values are the same."""
    if isinstance(body, dict) and isinstance(other, dict):
        return sum(_likeness(value, other.get(name)) for name, value in body.items() if name not in _IDS)
    return int(body == other)


def _no_file(location: str) -> Any:
    raise AssertionError(f"no file is opened: {len(location)}")
