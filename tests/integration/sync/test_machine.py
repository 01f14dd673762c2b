"""Whatever happens, in whatever order: no record twice, none lost, and nothing sent while its outcome is unknown.

A machine plays local people, passes, crashes, doubts and a person on a national side that behaves like the service.
SYNC_AGENT_MACHINE=N plays N random stories instead of the same few.
"""

import os
import shutil
import sqlite3
import tempfile
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import event

from sync_agent.audit import entries
from sync_agent.domain.steps import Step
from sync_agent.errors import ConfigError, EpochLostError, LockedError, NationalUnreachableError
from sync_agent.ledger import verify
from sync_agent.national import WireRequest
from sync_agent.sync import resolve, retry
from tests.support.faults import Faults
from tests.support.houses import SECRET_ENV, House, Houses
from tests.support.services import Fate, Service

STORIES = int(os.environ.get("SYNC_AGENT_MACHINE", "0"))
KNOWN = """
"lookup" = "contains"
"processing" = "overwrites"
"acceptance" = "overwrites"
"settlement.update" = "by_number"
"lists_on_update" = "replace"
"empty_string" = "clears"
"""
NUMBERS = st.sampled_from([1, 2])
FATES = st.lists(st.sampled_from([Fate.TAKEN, *Fate]), min_size=2, max_size=4)
OUTCOMES = {"D": "2", "S": "6"}
CREATION_LATENESS = timedelta(days=1)
"""Where finding nothing proves nothing, a creation may be as late as it likes."""

WAIT = {"minutes": 25}
"""Longer than a request can take and the national side may need after it."""


class PowerCutError(BaseException):
    """The process is no more: nothing that it would still do happens."""


@dataclass
class Dying(Faults):
    """Dies at one place, and stays dead."""

    def place(self, *_: object) -> None:
        """Be at the next place, unless dead."""
        self.passed += 1
        if self.at and self.passed >= self.at:
            raise PowerCutError


@dataclass
class Matter:
    """What the local system says of one case."""

    content: str
    processing: str = ""
    accepted: bool = False
    decisions: dict[int, str] = field(default_factory=dict)
    money: dict[int, int] = field(default_factory=dict)


@dataclass
class Templates:
    """Houses made once and copied for each story; their ledgers do not wait for the disk."""

    folder: Path
    kept: dict[bool, House] = field(default_factory=dict)

    def copy(self, stack: ExitStack, *, knows: bool) -> House:
        """Return a new house that knows what the national side can do, or nothing of it."""
        if knows not in self.kept:
            with ExitStack() as opened:
                build = Houses(self.folder, stack=opened)
                capabilities = KNOWN if knows else ""
                self.kept[knows] = build(name=f"house-{knows}", page=50, workers=1, capabilities=capabilities)
        pattern = self.kept[knows]
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=self.folder)))
        shutil.copytree(pattern.folder, folder, dirs_exist_ok=True)
        clock = replace(pattern.clock)
        service = Service(clock=lambda: clock.now, knows=knows)
        service.creation_lateness = service.lateness if knows else CREATION_LATENESS
        local = pattern.local.__class__.__new__(pattern.local.__class__)
        local.path, local.clock = folder / "local.db", clock
        house = replace(pattern, folder=folder, local=local, clock=clock, gateway=service, stack=stack)
        return hurried(house.reopened())


TEMPLATES: list[Templates] = []


def hurried(house: House) -> House:
    """Have the ledger of a house not wait for the disk."""
    event.listen(house.agent.ledger.engine, "connect", lambda made, _: made.execute("PRAGMA synchronous = OFF"))
    house.agent.ledger.engine.dispose()
    return house


class DeliveryMachine(RuleBasedStateMachine):
    """Two cases and everything that may happen to them."""

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.matters: dict[int, Matter] = {}
        self.house: House
        self.service: Service
        self.versions = 0

    @initialize(knows=st.booleans())
    def move_in(self, knows: bool) -> None:
        """Begin with one case; `knows`: the agent was told all that the national side can do."""
        self.house = TEMPLATES[0].copy(self.stack, knows=knows)
        assert isinstance(self.house.gateway, Service)
        self.service = self.house.gateway
        self.service.at_send = self._is_intended
        self.change(1)

    def _is_intended(self, request: WireRequest) -> None:
        """Nothing leaves but under a committed intent: whatever is in doubt stays where it is."""
        flying = [key for key, state in self._rows("m.state") if state == "in_flight" and key[1] == request.step]
        assert len(flying) == 1, (request.step, self._rows("m.state"))

    def _rows(self, column: str) -> list[tuple[tuple[str, str, str], Any]]:
        sql = f"SELECT c.case_key, m.step, m.local_key, {column} FROM message m JOIN case_state c ON c.id = m.case_id"  # noqa: S608 - own names
        with closing(sqlite3.connect(self.house.folder / "state" / "ledger.db")) as ledger:
            return [((key, step, local), value) for key, step, local, value in ledger.execute(sql)]

    # what people do at the local system

    @rule(number=NUMBERS)
    def change(self, number: int) -> None:
        """Enter a case or change its text."""
        self.versions += 1
        content = f"Nội dung {number} lần {self.versions}."
        if number in self.matters:
            self.matters[number].content = content
            self.house.local.change(number, noi_dung=content)
        else:
            self.matters[number] = Matter(content)
            self.house.local.case(number, noi_dung=content)

    @rule(number=NUMBERS)
    def process(self, number: int) -> None:
        """Process a case, or change how it was processed."""
        matter = self.matters.get(number)
        if matter is None:
            return
        self.versions += 1
        said = f"Xử lý lần {self.versions}."
        if matter.processing:
            self.house.local.execute("UPDATE xu_ly SET noi_dung = ? WHERE vu_viec = ?", said, number)
            self.house.local.touch(number)
        else:
            self.house.local.processed(number, noi_dung=said)
        matter.processing = said

    @rule(number=NUMBERS, place=st.sampled_from([1, 2]), outcome=st.sampled_from(sorted(OUTCOMES)))
    def decide(self, number: int, place: int, outcome: str) -> None:
        """Issue a decision, or change one."""
        matter, decision = self.matters.get(number), number * 10 + place
        if matter is None:
            return
        if decision in matter.decisions:
            self.house.local.execute("UPDATE quyet_dinh SET ket_qua = ? WHERE id = ?", outcome, decision)
            self.house.local.touch(number)
        else:
            self.house.local.decided(number, decision, ket_qua=outcome)
        matter.decisions[decision] = outcome

    @precondition(lambda self: any(matter.decisions for matter in self.matters.values()))
    @rule(number=NUMBERS)
    def enforce(self, number: int) -> None:
        """Report on carrying out a decision, or correct the report."""
        matter = self.matters.get(number)
        if matter is None or not matter.decisions:
            return
        decision = min(matter.decisions)
        self.versions += 1
        money = 1_000_000 + self.versions
        if decision in matter.money:
            self.house.local.execute("UPDATE thi_hanh SET thu_tien = ? WHERE quyet_dinh = ?", money, decision)
        else:
            values = {"id": decision * 10, "quyet_dinh": decision, "ngay": "2026-10-30", "thu_tien": money}
            self.house.local.insert("thi_hanh", **values)
        self.house.local.touch(number)
        matter.money[decision] = money

    # what happens to passes

    @contextmanager
    def _fated(self, fates: Sequence[Fate]) -> Iterator[None]:
        self.service.fates = deque(fates)
        try:
            yield
        except (NationalUnreachableError, ConfigError):
            assert set(fates) & {Fate.DOWN, Fate.SECRET, Fate.NEVER, Fate.LOST, Fate.LATE}
        finally:
            self.service.fates = deque()

    @rule(fates=FATES)
    def deliver(self, fates: list[Fate]) -> None:
        """Run a pass on which this falls."""
        with self._fated(fates):
            self.house.sync()

    @rule(fates=FATES, number=NUMBERS)
    def change_and_deliver(self, fates: list[Fate], number: int) -> None:
        """Do what happens most."""
        self.change(number)
        self.deliver(fates)

    @rule(fates=FATES)
    def wait_and_deliver(self, fates: list[Fate]) -> None:
        """Let the next pass come when doubts are old enough to be settled."""
        self.wait(25)
        self.deliver(fates)

    @rule(fates=FATES, at=st.integers(1, 120))
    def crash(self, fates: list[Fate], at: int) -> None:
        """Switch the machine off at a statement, the border of a transaction or a request."""
        dying = Dying(at)
        intended = self.service.at_send

        def at_send(request: WireRequest) -> None:
            intended(request)
            dying.place()

        self.service.at_send = at_send
        try:
            with self._fated(fates), dying.on(self.house.agent.ledger.engine):
                self.house.sync()
        except PowerCutError:
            self.house.agent.ledger.engine.dispose()
        finally:
            self.service.at_send = intended
        self.house = hurried(self.house.reopened())

    @rule(fates=FATES, at=st.integers(1, 4))
    def take_over(self, fates: list[Fate], at: int) -> None:
        """Pause a pass at one of its requests until another process has taken its ledger and run a pass of its own."""
        other = hurried(self.house.reopened())
        intended, sent = self.service.at_send, 0

        def at_send(request: WireRequest) -> None:
            nonlocal sent
            intended(request)
            sent += 1
            if sent == at:
                kept, self.service.fates = self.service.fates, deque()
                (self.house.folder / "state" / "ledger.lock").unlink()
                other.sync()
                self.service.fates = kept

        self.service.at_send = at_send
        try:
            with self._fated(fates):
                self.house.sync()
            assert sent < at
        except EpochLostError:
            assert sent >= at
        finally:
            self.service.at_send = intended
        self.house = other

    @rule()
    def stand_back(self) -> None:
        """Another process that comes while the ledger is held does nothing."""
        other = hurried(self.house.reopened())
        intended = self.service.at_send
        came: list[BaseException] = []

        def at_send(request: WireRequest) -> None:
            intended(request)
            with pytest.raises(LockedError) as caught:
                other.sync()
            came.append(caught.value)

        self.service.at_send = at_send
        try:
            self.house.sync()
        finally:
            self.service.at_send = intended

    @rule(minutes=st.sampled_from([12, 25, 24 * 60 + 1]))
    def wait(self, minutes: int) -> None:
        """Let time pass."""
        self.house.clock.move(minutes=minutes)
        self.service.catch_up()

    @rule()
    def ask_a_person(self) -> None:
        """Have somebody settle what is in doubt by what the national side shows, once it cannot change any more."""
        for (key, step, local_key), state in sorted(self._rows("m.state")):
            if state != "uncertain":
                continue
            case_id = self.house.message(key).ack_id or ""
            if not self.service.is_late(Step(step), case_id):
                arrived = self._arrived(key, Step(step), local_key, case_id)
                resolve(self.house.agent, key, Step(step), local_key=local_key, arrived=arrived, actor="os:lan")

    def _arrived(self, key: str, step: Step, local_key: str, case_id: str) -> str | None:
        message = self.house.message(key, step, local_key)
        if message.ack_digest is not None:
            return None  # an update: sent again it creates nothing
        if step is Step.CASE:
            token = self.house.agent.contract.token_line(self.house.token(key))
            return next((each.national_id for each in self.service.of(step, token)), None)
        wanted = [case_id]
        if step is Step.SETTLEMENT:
            wanted.append(f"{local_key}/QĐ")
        if step is Step.ENFORCEMENT:
            wanted.append(self.house.message(key, Step.SETTLEMENT, message.parent_key).ack_id or "")
        found = next(self.service.of(step, *wanted), None)
        single = step in {Step.PROCESSING, Step.ACCEPTANCE}
        return None if found is None else case_id if single else found.national_id

    # what must hold

    @invariant()
    def nothing_is_there_twice(self) -> None:
        """One record for each case and step."""
        if self.matters:
            assert self.service.twice() == []

    @invariant()
    def what_is_acknowledged_is_there(self) -> None:
        """Every id the ledger has was minted, and every step it calls acknowledged has its record."""
        if not self.matters:
            return
        minted = {each.national_id for each in self.service.records}
        assert {value for _, value in self._rows("m.ack_id") if value} <= minted
        ids = {key[0]: value for key, value in self._rows("m.ack_id") if key[1] == Step.CASE}
        for (key, step, _), digest in self._rows("m.ack_digest"):
            if digest and step == Step.PROCESSING:
                assert list(self.service.of(Step.PROCESSING, ids[key])) != []

    def teardown(self) -> None:
        """Let everything come to rest: then both sides say the same."""
        try:
            if self.matters:
                self._come_to_rest()
                assert self._missing() == []
                assert self.service.twice() == []
                self._log_is_whole()
        finally:
            self.stack.close()

    def _come_to_rest(self) -> None:
        for _ in range(8):
            self.wait(24 * 60 + 1)
            self.house.sync()
            self.ask_a_person()
            for key in sorted({key[0] for key, state in self._rows("m.state") if state == "rejected"}):
                retry(self.house.agent, key, reason="fault_over", actor="os:lan")
            open_ones = {"in_flight", "uncertain", "waiting", "rejected", "pending"}
            if not open_ones & {state for _, state in self._rows("m.state")} and not self.service.fates:
                return
        raise AssertionError(self._rows("m.state"))

    def _missing(self) -> list[str]:
        """Return what the national side lacks, or has in an older version although it could be updated."""
        missing = []
        for number, matter in self.matters.items():
            token = self.house.agent.contract.token_line(self.house.token(f"V{number}"))
            case = next(self.service.of(Step.CASE, token), None)
            if case is None:
                missing.append(f"case {number}")
                continue
            if matter.content not in case.body["NoiDungDon"]:
                missing.append(f"content of {number}")
            missing += [f"{number}: {what}" for what in self._missing_steps(matter, case.national_id)]
        return missing

    def _missing_steps(self, matter: Matter, case_id: str) -> Iterator[str]:
        knows = self.service.knows
        if matter.processing:
            found = [str(each.body) for each in self.service.of(Step.PROCESSING, case_id)]
            if not found or (knows and matter.processing not in found[-1]):
                yield "processing"
        for decision, outcome in matter.decisions.items():
            there = next(self.service.of(Step.SETTLEMENT, case_id, f"{decision}/QĐ"), None)
            if there is None or (knows and there.body["MaLoaiKetQua"] != OUTCOMES[outcome]):
                yield f"decision {decision}"
            elif decision in matter.money:
                reports = [each.body for each in self.service.of(Step.ENFORCEMENT, case_id, there.national_id)]
                if [each["ThiHanhGiaiQuyet"]["ThuHoiTien"] for each in reports] != [matter.money[decision]]:
                    yield f"enforcement of {decision}"

    def _log_is_whole(self) -> None:
        with self.house.agent.ledger.read() as connection:
            epochs = [stored.entry.epoch for stored in entries(connection) if stored.entry.epoch]
        assert epochs == sorted(epochs)
        assert [each.facts for each in verify(self.house.agent.ledger).findings.listed] == []


@pytest.fixture(autouse=True)
def _pattern(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have houses to copy."""
    monkeypatch.setenv(SECRET_ENV, "bí-mật-thử")
    TEMPLATES[:] = [Templates(tmp_path)]


def test_nothing_is_lost_and_nothing_goes_up_twice_whatever_happens(
    run_machine: Callable[[type[RuleBasedStateMachine]], None],
) -> None:
    """Invariants after each step; when everything has come to rest both sides say the same."""
    run_machine(DeliveryMachine)


@pytest.mark.parametrize("fate", [Fate.LATE, Fate.NEVER, Fate.LOST])
@pytest.mark.parametrize("knows", [False, True])
def test_a_creation_in_doubt_goes_up_once(knows: bool, fate: Fate) -> None:
    """Processed at once, never, or long after somebody looked for it: by whatever way it is settled, there is one."""
    machine = DeliveryMachine()
    machine.move_in(knows)
    machine.deliver([fate])
    for _ in range(2):
        machine.wait(25)
        machine.deliver([])
    machine.wait(24 * 60 + 1)
    machine.nothing_is_there_twice()
    machine.teardown()


@pytest.fixture
def run_machine() -> Callable[[type[RuleBasedStateMachine]], None]:
    """Return what plays a machine: the same few stories each time, or as many as were asked for."""
    profile = settings(
        max_examples=STORIES or 40,
        stateful_step_count=25 if STORIES else 14,
        derandomize=not STORIES,
        deadline=None,
        database=None,
        print_blob=True,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    return lambda machine: run_state_machine_as_test(machine, settings=profile, _min_steps=10)
