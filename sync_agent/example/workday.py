"""Which cases a day of work can touch, and how each kind of work is written to the tables."""

import random
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Final

from sync_agent.example.chance import seeded
from sync_agent.example.desk import Desk, Draft
from sync_agent.example.expect import Case, expectations, read_cases
from sync_agent.example.files import Files
from sync_agent.example.kinds import DENUNCIATION, FEEDBACK
from sync_agent.example.links import EDITED, put_back, take_out
from sync_agent.example.names import Names
from sync_agent.example.organisations import ORGANISATIONS
from sync_agent.example.people import People
from sync_agent.example.petitions import add_petition, add_summary
from sync_agent.example.places import Addresses
from sync_agent.example.plan import Plan
from sync_agent.example.staff import STAFF_NAMES
from sync_agent.example.steps import ACCEPT, add_acceptance, add_enforcement, add_processing, add_settlement
from sync_agent.example.tables import Row, Tables
from sync_agent.example.topics import topics_of

__all__ = ["Workday"]

_MILLION: Final = 1_000_000
_COMPLAINT_OUTCOMES: Final = (1, 2, 6)
_PEOPLE_TABLES: Final = ("don_thu_doi_tuong_di_kntc", "don_thu_doi_tuong_bi_kntc", "don_thu_doi_tuong_uy_quyen")

_CAN_BE: Final = {
    "processed": "EXISTS (SELECT 1 FROM don_thu_ket_qua_xu_ly k WHERE k.IdDonThu = d.IdDonThu)",
    "to_accept": "EXISTS (SELECT 1 FROM don_thu_ket_qua_xu_ly k WHERE k.IdDonThu = d.IdDonThu AND k.MaHuongXuLy = 4)",
    "accepted": "EXISTS (SELECT 1 FROM don_thu_quyet_dinh_thu_ly t WHERE t.IdDonThu = d.IdDonThu)",
    "settled": "EXISTS (SELECT 1 FROM don_thu_quyet_dinh_giai_quyet q WHERE q.IdDonThu = d.IdDonThu)",
    "with_remedy": "EXISTS (SELECT 1 FROM don_thu_quyet_dinh_giai_quyet q WHERE q.IdDonThu = d.IdDonThu"
    " AND q.IDKetQuaGiaiQuyet IN (1, 2, 3, 5))",
    "enforced": "EXISTS (SELECT 1 FROM don_thu_quyet_dinh_giai_quyet q JOIN don_thu_thi_hanh_giai_quyet h"
    " ON h.IDQuyetDinhGiaiQuyet = q.IDQuyetDinhGiaiQuyet WHERE q.IdDonThu = d.IdDonThu)",
}


class Workday:
    """The state of one day: what was read at its beginning, and which cases are already taken."""

    def __init__(self, connection: sqlite3.Connection, files_root: Path, seed: int, clock: datetime) -> None:
        self._connection = connection
        self._rng = seeded(seed)
        self._clock = clock
        self._desk = _desk(connection, files_root, self._rng, clock)
        cases = read_cases(connection)
        protected, _, held = expectations(connection, files_root, cases)
        receipts = Counter(case.petition for case in cases.values())
        withdrawn = {petition for (petition,) in connection.execute("SELECT IdDonThu FROM don_thu WHERE Status = -1")}
        self._free = {
            key: case
            for key, case in cases.items()
            if case.petition is not None
            and receipts[case.petition] == 1
            and case.petition not in withdrawn
            and key not in held
        }
        self._protected = protected
        self._facts = {name: self._petitions(condition) for name, condition in _CAN_BE.items()}

    def open_cases(self) -> list[Case]:
        """Return the cases that hide nobody."""
        return [case for case in self._free.values() if case.key not in self._protected]

    def protected_cases(self) -> list[Case]:
        """Return the protected cases that can go up."""
        return [case for case in self._free.values() if case.key in self._protected]

    def to_process(self) -> list[Case]:
        """Return the cases that nobody has looked at yet."""
        return self._where(self._free.values(), "", "processed")

    def to_accept(self) -> list[Case]:
        """Return the cases whose direction is acceptance."""
        return self._where(self._free.values(), "to_accept", "accepted")

    def to_settle(self) -> list[Case]:
        """Return the accepted complaints: a new decision of theirs names nobody whom a summary could leak."""
        open_complaints = (case for case in self.open_cases() if case.kind not in {DENUNCIATION, FEEDBACK})
        return self._where(open_complaints, "accepted", "settled")

    def to_enforce(self) -> list[Case]:
        """Return the cases with a decision that orders something."""
        return self._where(self._free.values(), "with_remedy", "")

    def to_correct(self) -> list[Case]:
        """Return the cases with an enforcement."""
        return self._where(self._free.values(), "enforced", "")

    def each(self, cases: list[Case], count: int, work: Callable[[Case], None]) -> tuple[str, ...]:
        """Do `work` on at most `count` of `cases`, which nothing else touches from then on; return their keys."""
        chosen = self._rng.sample(cases, min(count, len(cases)))
        for case in chosen:
            del self._free[case.key]
            work(case)
        return tuple(case.key for case in chosen)

    def edit(self, case: Case) -> None:
        """Add to the content of the petition."""
        petition = _petition(case)
        content = self._row("SELECT NoiDungDonThu FROM don_thu WHERE IdDonThu = ?", petition)["NoiDungDonThu"]
        added = f"{content} Bổ sung ngày {self._clock:%d/%m/%Y}: có thêm {self._rng.randint(2, 40)} trang tài liệu."
        self._update("don_thu", "IdDonThu", petition, {"NoiDungDonThu": added})
        put_back(self._connection, take_out(self._connection, petition))
        self._desk.line(petition, self._clock, EDITED)
        self._desk.tables.write_in_turn()

    def withdraw(self, case: Case) -> None:
        """Let the writer withdraw: a state and a line, no reason and no date."""
        petition = _petition(case)
        self._update("don_thu", "IdDonThu", petition, {"Status": -1})
        self._desk.line(petition, self._clock, "<p>Người viết đơn rút đơn.</p>")
        self._desk.tables.write_in_turn()

    def correct(self, case: Case) -> None:
        """Raise the fine of the latest enforcement: a fix in the database, with its line."""
        row = self._row(
            "SELECT h.IDThiHanhGiaiQuyet, h.SoTienNopPhat FROM don_thu_thi_hanh_giai_quyet h"
            " JOIN don_thu_quyet_dinh_giai_quyet q ON q.IDQuyetDinhGiaiQuyet = h.IDQuyetDinhGiaiQuyet"
            " WHERE q.IdDonThu = ? ORDER BY h.IDThiHanhGiaiQuyet DESC",
            _petition(case),
        )
        fine = (row["SoTienNopPhat"] or 0) + self._rng.randint(1, 20) * _MILLION
        report = row["IDThiHanhGiaiQuyet"]
        self._update("don_thu_thi_hanh_giai_quyet", "IDThiHanhGiaiQuyet", report, {"SoTienNopPhat": fine})
        self._desk.line(_petition(case), self._clock, "<p>Đính chính số liệu thi hành.</p>")
        self._desk.tables.write_in_turn()

    def process(self, case: Case) -> None:
        """Decide to accept the petition."""
        self._step(case, lambda draft: add_processing(self._desk, draft, draft.receipts[0], self._desk.today, ACCEPT))

    def accept(self, case: Case) -> None:
        """Accept the petition."""
        self._step(case, lambda draft: add_acceptance(self._desk, draft, draft.receipts[0], self._desk.today))

    def settle(self, case: Case) -> None:
        """Issue a decision on the complaint."""
        outcome = self._rng.choice(_COMPLAINT_OUTCOMES)
        self._step(case, lambda draft: add_settlement(self._desk, draft, draft.receipts[0], self._desk.today, outcome))

    def enforce(self, case: Case) -> None:
        """Report on carrying out the latest decision that orders something."""
        decision = self._row(
            "SELECT * FROM don_thu_quyet_dinh_giai_quyet WHERE IdDonThu = ? AND IDKetQuaGiaiQuyet IN (1, 2, 3, 5)"
            " ORDER BY IDQuyetDinhGiaiQuyet DESC",
            _petition(case),
        )
        add_enforcement(self._desk, _petition(case), case.agency, decision, self._desk.today)
        self._desk.tables.write_in_turn()

    def create(self, kind: int) -> str:
        """Enter a new petition at one agency, with an approved summary when it denounces; return its case key."""
        agency = self._rng.choice([entry.local_id for entry in ORGANISATIONS if entry.settles])
        draft = add_petition(self._desk, Plan(kind, 0, (agency,), summary=kind == DENUNCIATION))
        add_summary(self._desk, draft, protected=kind == DENUNCIATION)
        self._desk.tables.write_in_turn()
        return f"D{draft.id}-{agency}"

    def _step(self, case: Case, work: Callable[[Draft], Row]) -> None:
        draft = self._draft(case)
        receipt = draft.receipts[0]
        before = {**draft.row}, {**receipt}
        work(draft)
        self._desk.tables.write_in_turn()
        self._update("don_thu", "IdDonThu", draft.id, _changed(before[0], draft.row))
        written = _changed(before[1], receipt)
        self._update("don_thu_thong_tin_don_thu", "IdThongTinDon", receipt["IdThongTinDon"], written)

    def _draft(self, case: Case) -> Draft:
        petition = _petition(case)
        row = self._row("SELECT * FROM don_thu WHERE IdDonThu = ?", petition)
        plan = Plan(case.kind, 0, (case.agency,))
        draft = Draft(plan, topics_of(case.kind)[0], self._clock.date(), row)
        draft.receipts = self._rows("SELECT * FROM don_thu_thong_tin_don_thu WHERE IdDonThu = ?", petition)
        draft.people = self._rows(
            "SELECT p.* FROM don_thu_nguoi_dai_dien n JOIN don_thu_doi_tuong_di_kntc p"
            " ON p.IdDoiTuongDiKNTC = n.IdDoiTuongDiKNTC WHERE n.IdDonThu = ? ORDER BY p.IdDoiTuongDiKNTC",
            petition,
        )
        return draft

    def _where(self, cases: Iterable[Case], has: str, lacks: str) -> list[Case]:
        having = self._facts.get(has)
        lacking = self._facts.get(lacks, frozenset())
        return [case for case in cases if (having is None or case.petition in having) and case.petition not in lacking]

    def _petitions(self, condition: str) -> frozenset[int]:
        found = self._connection.execute(f"SELECT d.IdDonThu FROM don_thu d WHERE {condition}")  # noqa: S608 - own text
        return frozenset(petition for (petition,) in found)

    def _row(self, query: str, value: int) -> Row:
        return self._rows(query, value)[0]

    def _rows(self, query: str, value: int) -> list[Row]:
        cursor = self._connection.execute(query, (value,))
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, record, strict=True)) for record in cursor]

    def _update(self, table: str, column: str, value: int, changes: Row) -> None:
        if changes:
            assigned = ", ".join(f"{name} = ?" for name in changes)
            statement = f"UPDATE {table} SET {assigned} WHERE {column} = ?"  # noqa: S608 - own names
            self._connection.execute(statement, (*changes.values(), value))


def _desk(connection: sqlite3.Connection, files_root: Path, rng: random.Random, clock: datetime) -> Desk:
    names, details = set(STAFF_NAMES), set()
    for table in _PEOPLE_TABLES:
        for name, detail in connection.execute(f"SELECT HoTen, DiaChiChiTiet FROM {table}"):  # noqa: S608 - own names
            names.add(name)
            details.add(detail)
    tables = Tables(connection)
    people = People(rng, tables, Names(rng, names), Addresses(rng, details))
    return Desk(rng, tables, people, Files(rng, files_root), clock.date(), clock)


def _petition(case: Case) -> int:
    if case.petition is None:
        raise ValueError("a reception without petition has no steps")
    return case.petition


def _changed(before: Row, after: Row) -> Row:
    return {name: value for name, value in after.items() if before.get(name) != value}
