"""What must hold when everything is quiet again: nothing lost, nothing twice, nothing known that is not there."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sync_agent.audit import entries
from sync_agent.bootstrap import open_agent
from sync_agent.domain.findings import Finding, stops
from sync_agent.domain.steps import STEP_ORDER, Step
from sync_agent.ledger import KnownCase, MessageKey, State, known_by_key
from sync_agent.mapping import Mapped
from sync_agent.national import Ids
from sync_agent.simulator import SimulatorState
from sync_agent.sync import Agent
from sync_agent.sync.judge import Judgement, judge
from sync_agent.sync.scan import read_page
from tests.support.stations import Station

__all__ = ["Verdict", "unknown_ids"]

_LATER = frozenset({"reclassified"})
"""Rules that may keep back for good what could have gone up before they came."""

_IDS = frozenset({"Id", "IdKetQua", "ThiHanhId"})
_SINGLE = (Step.CASE, Step.PROCESSING, Step.ACCEPTANCE)
_MANY = 100_000
_PAGE = 200


def unknown_ids(station: Station, acknowledged: set[str]) -> set[str]:
    """Return the ids that the ledger calls acknowledged and the national side never minted."""
    return acknowledged - station.national.state.ids()


@dataclass
class Verdict:
    """The figures of the last look; `violations` are what must not be."""

    station: Station
    lists_replaced: bool
    figures: Counter[str] = field(default_factory=Counter)
    held: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)

    def reach(self) -> None:
        """Compare the ledger, the national side and a fresh projection of the local system."""
        state = self.station.national.state
        with open_agent(self.station.folder) as agent:
            known = self._known(agent)
            self._compare_ids(state, known)
            for case in known.values():
                self._look_at_states(case)
            self._look_for_the_lost(agent, state, known)
            self._look_at_epochs(agent)
        checked = self.station.agent("--json", "db", "check")
        if checked.code:
            self._wrong("log", f"db check ended with {checked.code}")
        verified = self.station.agent("--json", "audit", "verify")
        self.figures["audit_entries"] = verified.document["entries"]
        for found in verified.document["findings"]:
            self._wrong("log", f"{found['code']} {found['table']} {found['key']} {found['column']}")

    def _wrong(self, what: str, detail: str) -> None:
        self.figures[what] += 1
        self.violations.append(f"{what}: {detail}")

    def _known(self, agent: Agent) -> dict[str, KnownCase]:
        keys, after = [], ""
        while page := agent.source.changes(None, after=after, limit=_PAGE):
            keys += [change.case_key for change in page]
            after = page[-1].case_key
        with agent.ledger.read() as connection:
            found: dict[str, KnownCase] = {}
            for start in range(0, len(keys), _PAGE):
                found |= known_by_key(connection, agent.ledger.source_id, keys[start : start + _PAGE])
        for key in set(keys) - set(found):
            self._wrong("lost", f"{key} was never read")
        return found

    def _compare_ids(self, state: SimulatorState, known: Mapping[str, KnownCase]) -> None:
        acknowledged = {row.ack_id for case in known.values() for row in case.messages.values() if row.ack_id}
        minted = state.ids()
        self.figures["acknowledged_ids"] = len(acknowledged)
        for _ in acknowledged - minted:
            self._wrong("invented", "an acknowledged id that was never minted")
        for _ in minted - acknowledged:
            self._wrong("orphan", "a record that the ledger does not know")
        for duplicate in (*state.duplicates(), *state.repeated_numbers()):
            made = {c.id for c in state.creations() if (c.step, c.identity) == (duplicate.step, duplicate.identity)}
            # two local records may say the same: then each has an id of its own, and the ledger knows both
            if len(made) != duplicate.count or not made <= acknowledged:
                self._wrong("duplicate", f"{duplicate.step} x{duplicate.count}")

    def _look_at_states(self, case: KnownCase) -> None:
        for row in case.messages.values():
            self.figures[f"state.{row.state}"] += 1
            if row.state in {State.IN_FLIGHT, State.UNCERTAIN, State.WAITING, State.REJECTED}:
                self._wrong("unsettled", f"{case.row.case_key} {row.step} is {row.state} ({row.reason})")

    def _look_for_the_lost(self, agent: Agent, state: SimulatorState, known: Mapping[str, KnownCase]) -> None:
        keys = sorted(known)
        for start in range(0, len(keys), _PAGE):
            for mapped in read_page(agent, keys[start : start + _PAGE]):
                self._look_at_case(agent, state, mapped, known[mapped.case.case_key])

    def _look_at_case(self, agent: Agent, state: SimulatorState, mapped: Mapped, case: KnownCase) -> None:
        now = judge(agent, mapped, case, signed=True)
        fresh = judge(agent, mapped, KnownCase(case.row, case.secret), signed=True)
        may = _may_go_up(fresh)
        case_id = case.messages[Step.CASE, ""].ack_id if (Step.CASE, "") in case.messages else None
        record = state.case_record(case_id) if case_id in state.ids() else None
        for key, message in now.payloads.items():
            row = case.messages.get(key)
            stopped = stops(now.findings, *key)
            where = f"{mapped.case.case_key} {key[0]} {key[1]}"
            if row is None or row.ack_digest is None:
                self._not_there(where, stopped, expected=key in may)
            elif row.ack_digest == now.contents[key].digest:
                self.figures["compared"] += 1
                parent = case.messages.get((Step.SETTLEMENT, message.parent_key))
                ids = Ids(case_id or "", (parent.ack_id or "") if parent else "", row.ack_id or "")
                body = agent.contract.request(message, ids, _no_file).body
                there = _record_of(record, key[0], row.ack_id)
                wrong = ["no record"] if there is None else self._differences(body, there)
                if wrong:
                    self._wrong("lost", f"{where}: {', '.join(wrong)}")
            elif stopped or key not in now.ready:
                self.held.update({stopped[0].rule if stopped else "not_ready"})
            else:
                self._wrong("lost", f"{where} is not there in its last version")

    def _not_there(self, where: str, stopped: list[Finding], *, expected: bool) -> None:
        rules = {finding.rule for finding in stopped}
        if expected and not rules & _LATER:
            self._wrong("lost", f"{where} never went up ({', '.join(sorted(rules))})")
        self.held.update(sorted(rules)[:1] or ["waits"])

    def _differences(self, body: Any, there: Any, path: str = "") -> list[str]:
        """Return the paths of `body` at which the record says something else; the bytes of files apart."""
        if isinstance(body, dict):
            names = [name for name in body if name not in _IDS and not name.startswith("File")]
            empty: Any = there if isinstance(there, dict) else {}
            return [each for name in names for each in self._differences(body[name], empty.get(name), f"{path}.{name}")]
        if isinstance(body, list):
            if not self.lists_replaced:
                return []
            same = isinstance(there, list) and len(there) == len(body)
            if not same:
                return [path]
            return [
                each for one, other in zip(body, there, strict=True) for each in self._differences(one, other, path)
            ]
        return [] if body == there else [path]

    def _look_at_epochs(self, agent: Agent) -> None:
        """Whoever lost the ledger to another wrote nothing afterwards: the epochs of the log never go back."""
        highest = 0
        with agent.ledger.read() as connection:
            for stored in entries(connection):
                epoch = stored.entry.epoch or 0
                if 0 < epoch < highest:
                    self._wrong("old_epoch", f"an entry of epoch {epoch} after one of {highest}")
                highest = max(highest, epoch)
        self.figures["epochs"] = highest


def _may_go_up(judgement: Judgement) -> set[MessageKey]:
    """Return the messages that nothing keeps back, nor anything that has to go before them."""
    free = {key for key in judgement.payloads if key in judgement.ready and not stops(judgement.findings, *key)}
    may: set[MessageKey] = set()
    for key in sorted(free, key=lambda each: STEP_ORDER[each[0]]):
        before: list[MessageKey] = [(single, "") for single in _SINGLE if STEP_ORDER[single] < STEP_ORDER[key[0]]]
        if key[0] is Step.ENFORCEMENT:
            before.append((Step.SETTLEMENT, judgement.payloads[key].parent_key))
        if all(each in may for each in before if each in judgement.payloads):
            may.add(key)
    return may


def _record_of(record: dict[str, Any] | None, step: Step, national_id: str | None) -> dict[str, Any] | None:
    if record is None or step is Step.CASE:
        return record and record["body"]
    steps = [each for each in record["steps"][step] if national_id is None or each["id"] == national_id]
    return steps[-1]["body"] if steps else None


def _no_file(location: str) -> Any:
    raise AssertionError(f"no file is opened: {len(location)}")
