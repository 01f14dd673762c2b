"""Where a pass can be cut off: at each transaction and statement on the ledger, before and after each send."""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlalchemy import Engine, event

from sync_agent.domain.steps import Step
from sync_agent.national import Accepted, FoundCase, Outcome, PersonQuery, WireRequest
from sync_agent.national.gateway import CodeEntry
from tests.support.houses import House

__all__ = ["Arrival", "Faults", "PaperGateway", "Snapshot", "on_paper"]


@dataclass
class Faults:
    """Counts the places a pass goes through, and acts at one of them."""

    at: int = 0  # 0: nowhere
    action: Callable[[], None] = lambda: None
    inside: bool = True  # also within transactions, not only at their borders
    passed: int = 0

    def place(self, *_: object) -> None:
        """Be at the next place."""
        self.passed += 1
        if self.passed == self.at:
            self.action()

    @contextmanager
    def on(self, engine: Engine) -> Iterator[None]:
        """Count the beginnings and commits of an engine's transactions, and the statements inside them."""
        listeners = [(name, self.place) for name in ("begin", "commit", *("before_cursor_execute",) * self.inside)]
        for name, listener in listeners:
            event.listen(engine, name, listener)
        try:
            yield
        finally:
            for name, listener in listeners:
                event.remove(engine, name, listener)


@dataclass(frozen=True)
class Arrival:
    """One record the national side made: what it is of, under which Id. Updates are no records."""

    step: str
    of: tuple[str, ...]
    national_id: str


@dataclass
class PaperGateway:
    """A national side that writes down on paper (a file) what arrived: it survives whoever sent it."""

    paper: Path
    faults: Faults = field(default_factory=Faults)
    around: Callable[[str], None] = lambda _: None  # called with "before" and "after"

    def send(self, request: WireRequest, account_alias: str) -> Outcome:
        """Write it down and accept it; an update keeps its Id."""
        del account_alias
        self.faults.place()
        self.around("before")
        body = request.body
        own = body.get("VuViec", {}).get("Id", "") or body.get("ThiHanhId", "")
        national_id = own if request.update else str(uuid4())
        line = {"step": request.step.value, "update": request.update, "id": national_id, "of": _of(request)}
        with self.paper.open("a", encoding="utf-8") as paper:
            paper.write(json.dumps(line) + "\n")
        self.around("after")
        self.faults.place()
        return Accepted(national_id, 200)

    def search(self, query: PersonQuery, account_alias: str) -> list[FoundCase]:
        """Know nobody by name: a paper keeps no people."""
        del query, account_alias
        return []

    def look_up(self, token: str, account_alias: str) -> list[str]:
        """Return the Ids of the cases that were written down with the token."""
        del account_alias
        self.faults.place()
        return [each.national_id for each in self.arrivals() if each.step == "case" and token in each.of[0]]

    def begin(self, faults: Faults, sheet: str = "") -> None:
        """Begin with a sheet on which this is written already."""
        self.faults = faults
        self.paper.write_text(sheet, encoding="utf-8")

    def written(self) -> str:
        """Return all that is on the sheet."""
        return self.paper.read_text("utf-8") if self.paper.exists() else ""

    def arrivals(self) -> list[Arrival]:
        """Return every record that was made, in order."""
        records: list[dict[str, Any]] = [json.loads(line) for line in self.written().splitlines()]
        return [Arrival(each["step"], tuple(each["of"]), each["id"]) for each in records if not each["update"]]

    def updates(self) -> list[str]:
        """Return the step of every update that came."""
        return [each["step"] for each in map(json.loads, self.written().splitlines()) if each["update"]]

    def code_list(
        self, kind: int, account_alias: str, *, province: str = "", ministry: str = "", classification: str = ""
    ) -> list[CodeEntry]:
        """Know no codes."""
        del kind, account_alias, province, ministry, classification
        return []

    def token_seconds(self, account_alias: str, *, ask: bool = True) -> float | None:
        """Need no token."""
        del account_alias, ask
        return None

    def close(self) -> None:
        """Hold nothing."""


def _of(request: WireRequest) -> list[str]:
    """Return what tells one record of a step from another."""
    body = request.body
    match request.step:
        case Step.CASE:
            return [body["NoiDungDon"].split("\n")[-1]]
        case Step.SETTLEMENT:
            return [body["Id"], body["SoQuyetDinh"]]
        case Step.ENFORCEMENT:
            return [body["Id"], body["IdKetQua"]]
        case _:
            return [body["Id"]]


def on_paper(house: House) -> tuple[House, PaperGateway]:
    """Return the house with a national side that survives it.

    Its ledger does not wait for the disk: a killed process loses nothing that the system has taken over.
    """
    engine = house.agent.ledger.engine
    engine.dispose()
    event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous = OFF"))
    paper = PaperGateway(house.folder / "paper")
    return replace(house, agent=replace(house.agent, gateway=paper)), paper


@dataclass(frozen=True)
class Snapshot:
    """The state folder of a house as it was once; nothing is connected to it afterwards."""

    house: House
    copy: Path

    @classmethod
    def of(cls, house: House) -> "Snapshot":
        """Keep it as it is now."""
        snapshot = cls(house, house.folder / "copy")
        house.agent.ledger.engine.dispose()
        shutil.copytree(house.agent.settings.state, snapshot.copy)
        return snapshot

    def restore(self) -> None:
        """Have it as it was."""
        self.house.agent.ledger.engine.dispose()
        shutil.rmtree(self.house.agent.settings.state)
        shutil.copytree(self.copy, self.house.agent.settings.state)
