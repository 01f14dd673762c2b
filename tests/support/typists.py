"""People who typed cases into the national database by hand, before there was an agent."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from typing import BinaryIO

from sync_agent.bootstrap import open_agent
from sync_agent.domain.steps import MINTING, Step
from sync_agent.mapping import Mapped
from sync_agent.national import Accepted, Ids, Message, Projection, WireRequest
from sync_agent.sync import Agent
from sync_agent.sync.scan import read_page
from tests.support.stations import ACCOUNT, Station

__all__ = ["Typist", "typed", "without_token"]

_TOKEN_LINE = "Mã liên thông: "
_RICHER = "Nhà số 9, ghi đầy đủ khi nhập tay"
_KEPT_IN = {
    Step.SETTLEMENT: "UPDATE don_thu_quyet_dinh_giai_quyet SET mattcp = ? WHERE IDQuyetDinhGiaiQuyet = ?",
    Step.ENFORCEMENT: "UPDATE don_thu_thi_hanh_giai_quyet SET mattcp = ? WHERE IDThiHanhGiaiQuyet = ?",
}


def typed(station: Station) -> "Typist":
    """Have a third of the cases in the national database under ids the local system keeps, a tenth without."""
    with open_agent(station.folder) as agent:
        typist = Typist(agent)
        typist.work()
    with closing(sqlite3.connect(station.folder / "local.db")) as local, local:
        for statement, values in typist.notes:
            local.execute(statement, values)
    return typist


@dataclass
class Typist:
    """Types local cases into the national database, richer than the local record; half of the tenth in other words."""

    agent: Agent
    notes: list[tuple[str, tuple[object, ...]]] = field(default_factory=list)
    by_hand: set[str] = field(default_factory=set)
    with_id: set[str] = field(default_factory=set)

    def work(self) -> None:
        """Type every third case and note the ids locally; every tenth without a note."""
        for number, mapped in enumerate(self._unprotected()):
            if number % 3 == 0:
                self._type(mapped)
                self.with_id.add(mapped.case.case_key)
            elif number % 10 in {1, 5}:
                self._send_case(mapped, other_words=number % 10 == 5)
                self.by_hand.add(mapped.case.case_key)

    def _unprotected(self) -> Iterator[Mapped]:
        after = ""
        while page := self.agent.source.changes(None, after=after, limit=200):
            for mapped in read_page(self.agent, [change.case_key for change in page]):
                projection = self._projected(mapped)
                held = any(finding.level != "warn" for finding in (*mapped.findings, *projection.findings))
                if not held and mapped.case.petition and not self.agent.gate.protection(mapped.case):
                    yield mapped
            after = page[-1].case_key

    def _projected(self, mapped: Mapped) -> Projection:
        cleared = self.agent.gate.clear(mapped.case, protected=False).cleared
        return self.agent.contract.project(cleared, token="A" * 26, options=self.agent.wire)

    def _type(self, mapped: Mapped) -> None:
        """Type every step that is ready, and note each id."""
        ids = {Step.CASE.value: self._send_case(mapped)}
        for message in self._projected(mapped).messages:
            name = message.local_key or message.step.value
            if message.step is not Step.CASE and (message.step, message.local_key) in mapped.ready:
                known = Ids(case=ids[Step.CASE], parent=ids.get(message.parent_key, ""))
                ids[name] = self._send(self.agent.contract.request(message, known, _no_file))
            if name in ids:
                self._note(mapped.case.case_key, message, ids[name])

    def _send_case(self, mapped: Mapped, *, other_words: bool = False) -> str:
        message = self._projected(mapped).messages[0]
        request = self.agent.contract.request(message, Ids(), _no_file)
        request.body["NoiDungDon"] = without_token(request.body["NoiDungDon"]) + " (nhập tay)" * other_words
        for person in request.body["NguoiKNTC"]["DataNguoiKNTC"]:
            person["DiaChiChiTiet"] = _RICHER
        return self._send(request)

    def _send(self, request: WireRequest) -> str:
        outcome = self.agent.gateway.send(request, ACCOUNT)
        assert isinstance(outcome, Accepted), outcome
        return outcome.national_id

    def _note(self, key: str, message: Message, national_id: str) -> None:
        petition, _, organisation = key[1:].partition("-")
        if message.step in _KEPT_IN:
            self.notes.append((_KEPT_IN[message.step], (national_id, message.local_key)))
            return
        place = (int(petition), int(organisation))
        statements = {
            Step.CASE: "UPDATE don_thu_thong_tin_don_thu SET mattcp = ?3 WHERE IdDonThu = ?1 AND OrgNhan = ?2",
            Step.PROCESSING: "UPDATE don_thu_ket_qua_xu_ly SET DaLienThong = 1 WHERE IdDonThu = ?1 AND OrgTao = ?2",
            Step.ACCEPTANCE: (
                "UPDATE don_thu_quyet_dinh_thu_ly SET DaLienThong = 1"
                " WHERE IdDonThu = ?1 AND MaCoQuanThuLy = CAST(?2 AS TEXT)"
            ),
        }
        values = (*place, national_id) if message.step in MINTING else place
        self.notes.append((statements[message.step], values))


def _no_file(location: str) -> BinaryIO:
    raise AssertionError(f"no file is opened: {len(location)}")


def without_token(text: str) -> str:
    """Return a text as people type it."""
    return "\n".join(line for line in text.split("\n") if not line.startswith(_TOKEN_LINE))
