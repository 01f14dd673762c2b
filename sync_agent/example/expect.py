"""What must become of the cases of an example database: which are protected, which held and why. Read from its tables.

Written apart from the gate on purpose: the two must come to the same answer.
"""

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from sync_agent.example.kinds import COMPLAINT, DENUNCIATION, DENUNCIATION_OUTCOMES, FEEDBACK, MIXED, OTHER
from sync_agent.example.names import names_somebody

__all__ = ["CORRUPTION_FIELDS", "Case", "expectations", "identifying_values", "read_cases"]

CORRUPTION_FIELDS: Final = ("TC.01.05", "TC.02.01", "PA.01.05", "PA.02.01")

_FAMILIES: Final = {"KN": COMPLAINT, "TC": DENUNCIATION, "PA": FEEDBACK}
_COMPLAINT_OUTCOMES: Final = frozenset({1, 2, 6})


@dataclass(slots=True)
class Case:
    """What the tables say about one case, as far as it decides whether the case may go up."""

    key: str
    petition: int | None
    agency: int
    kind: int
    repeats: str
    fields: set[str] = field(default_factory=set)
    outcomes: set[int] = field(default_factory=set)
    people: set[int] = field(default_factory=set)
    processings: int = 0
    steps: int = 0
    summary: str | None = None

    @property
    def alone_protected(self) -> bool:
        """Tell whether this case is protected by what it says itself."""
        told = {_FAMILIES[code[:2]] for code in self.fields} | {self.kind} - {OTHER}
        told |= {DENUNCIATION for outcome in self.outcomes if outcome in DENUNCIATION_OUTCOMES}
        told |= {COMPLAINT for outcome in self.outcomes if outcome in _COMPLAINT_OUTCOMES}
        return (
            bool(told & {DENUNCIATION, MIXED})
            or len(told) > 1
            or bool(self.fields.intersection(CORRUPTION_FIELDS))
            or (not self.fields and (self.kind == FEEDBACK or self.steps > 0))
            or (self.kind == OTHER and self.steps > 0)
        )

    @property
    def ties(self) -> Iterator[str]:
        """Yield what other cases can share with this one."""
        if self.petition is not None:
            yield f"petition:{self.petition}"
        yield from (f"person:{person}" for person in self.people)
        if self.repeats:
            yield f"petition:{self.repeats}"


def read_cases(connection: sqlite3.Connection) -> dict[str, Case]:
    """Return every case by its key."""
    cases: dict[str, Case] = {}
    for petition, agency, kind, repeats in connection.execute(
        "SELECT r.IdDonThu, r.OrgNhan, d.LoaiDonThu, d.GanVuViec FROM don_thu_thong_tin_don_thu r"
        " JOIN don_thu d ON d.IdDonThu = r.IdDonThu ORDER BY r.IdThongTinDon"
    ):
        key = f"D{petition}-{agency}"
        cases[key] = Case(key, petition, agency, kind, repeats or "")
    _read_of_petitions(connection, cases)
    _read_steps(connection, cases)
    _read_receptions(connection, cases)
    return cases


def _read_of_petitions(connection: sqlite3.Connection, cases: dict[str, Case]) -> None:
    by_petition: defaultdict[int | None, list[Case]] = defaultdict(list)
    for case in cases.values():
        by_petition[case.petition].append(case)
    for petition, code in connection.execute("SELECT IdDonThu, IdLinhVuc FROM don_thu_linh_vuc"):
        for case in by_petition[petition]:
            case.fields.add(code)
    for petition, person in connection.execute("SELECT IdDonThu, IdDoiTuongDiKNTC FROM don_thu_nguoi_dai_dien"):
        for case in by_petition[petition]:
            case.people.add(person)
    for petition, text in connection.execute(
        "SELECT IdDonThu, TomTat FROM don_thu_tom_tat_lien_thong WHERE NgayDuyet IS NOT NULL"
    ):
        for case in by_petition[petition]:
            case.summary = text


def _read_steps(connection: sqlite3.Connection, cases: dict[str, Case]) -> None:
    for petition, agency in connection.execute("SELECT IdDonThu, OrgTao FROM don_thu_ket_qua_xu_ly"):
        cases[f"D{petition}-{agency}"].processings += 1
        cases[f"D{petition}-{agency}"].steps += 1
    for petition, agency in connection.execute("SELECT IdDonThu, MaCoQuanThuLy FROM don_thu_quyet_dinh_thu_ly"):
        cases[f"D{petition}-{agency}"].steps += 1
    for petition, agency, outcome in connection.execute(
        "SELECT IdDonThu, OrgTao, IDKetQuaGiaiQuyet FROM don_thu_quyet_dinh_giai_quyet"
    ):
        case = cases[f"D{petition}-{agency}"]
        case.steps += 1
        if outcome:
            case.outcomes.add(outcome)


def _read_receptions(connection: sqlite3.Connection, cases: dict[str, Case]) -> None:
    for reception, agency, kind in connection.execute(
        "SELECT IdSoTiepCongDan, OrgTao, LoaiLinhVuc FROM so_tiep_cong_dan WHERE IdDonThu IS NULL"
    ):
        cases[f"T{reception}"] = Case(f"T{reception}", None, agency, kind, "")
    for reception, code in connection.execute("SELECT IdSoTiepCongDan, IdLinhVuc FROM so_tiep_cong_dan_linh_vuc"):
        if (case := cases.get(f"T{reception}")) is not None:
            case.fields.add(code)


def expectations(
    connection: sqlite3.Connection, files_root: Path, cases: Mapping[str, Case]
) -> tuple[frozenset[str], frozenset[str], dict[str, frozenset[str]]]:
    """Return the protected keys, those of them protected by their group only, and why each held key is held."""
    alone = frozenset(case.key for case in cases.values() if case.alone_protected)
    protected = frozenset(key for group in _groups(cases.values()) if not alone.isdisjoint(group) for key in group)
    missing = _without_file(connection, files_root)
    held = {}
    for case in cases.values():
        reasons = frozenset(_reasons(connection, case, protected=case.key in protected, missing=missing))
        if reasons:
            held[case.key] = reasons
    return protected, protected - alone, held


def _groups(cases: Iterable[Case]) -> list[set[str]]:
    """Return the keys of cases that hang together: directly, or through others."""
    parent: dict[str, str] = {}

    def root(node: str) -> str:
        while (above := parent.setdefault(node, node)) != node:
            parent[node] = parent[above]
            node = above
        return node

    groups: defaultdict[str, set[str]] = defaultdict(set)
    listed = list(cases)
    for case in listed:
        for tie in case.ties:
            parent[root(case.key)] = root(tie)
    for case in listed:
        groups[root(case.key)].add(case.key)
    return list(groups.values())


def _reasons(connection: sqlite3.Connection, case: Case, *, protected: bool, missing: frozenset[str]) -> Iterator[str]:
    """Yield the rule codes that hold the case or one of its steps."""
    if case.kind == OTHER:
        yield "unmapped_code"
        if not protected:
            yield "not_classified"
    if case.processings > 1:
        yield "rows_disagree"
    if protected and case.summary is None:
        yield "needs_redacted_summary"
    elif protected and case.summary is not None and _names_somebody(connection, case, case.summary):
        yield "identity_in_text"
    elif not protected and case.key in missing:
        yield "file_missing"


_NAMES: Final = """
SELECT p.HoTen FROM don_thu_nguoi_dai_dien n
  JOIN don_thu_doi_tuong_di_kntc p ON p.IdDoiTuongDiKNTC = n.IdDoiTuongDiKNTC WHERE n.IdDonThu = :petition
UNION SELECT p.HoTen FROM don_thu d
  JOIN don_thu_doi_tuong_bi_kntc p ON p.IdDoiTuongBiKNTC = d.IdDoiTuongBiKNTC WHERE d.IdDonThu = :petition
UNION SELECT p.HoTen FROM don_thu d
  JOIN don_thu_doi_tuong_uy_quyen p ON p.IdDoiTuongUyQuyen = d.IdDoiTuongUyQuyen WHERE d.IdDonThu = :petition
UNION SELECT x.HoTen FROM don_thu_quyet_dinh_giai_quyet q
  JOIN don_thu_quyet_dinh_giai_quyet_doi_tuong_bi_xlhc x ON x.IdQuyetDinhGiaiQuyet = q.IDQuyetDinhGiaiQuyet
  WHERE q.IdDonThu = :petition
"""


def _names_somebody(connection: sqlite3.Connection, case: Case, summary: str) -> bool:
    found = connection.execute(_NAMES, {"petition": case.petition})
    return names_somebody(summary, [name for (name,) in found if name])


_LINKS: Final = """
SELECT r.IdDonThu, r.OrgNhan, h.LinkFileDinhKem FROM don_thu_thong_tin_don_thu r
  JOIN don_thu_ho_so_dinh_kem h ON h.IDDonThu = r.IdDonThu
UNION ALL SELECT IdDonThu, OrgTao, LinkFileDinhKem FROM don_thu_ket_qua_xu_ly
UNION ALL SELECT IdDonThu, MaCoQuanThuLy, LinkFileDinhKem FROM don_thu_quyet_dinh_thu_ly
UNION ALL SELECT IdDonThu, OrgTao, LinkFileDinhKem FROM don_thu_quyet_dinh_giai_quyet
"""


def _without_file(connection: sqlite3.Connection, files_root: Path) -> frozenset[str]:
    """Return the keys of the cases with a row that points to no file."""
    return frozenset(
        f"D{petition}-{agency}"
        for petition, agency, link in connection.execute(_LINKS)
        if link and not (files_root / str(petition) / link).is_file()
    )


_IDENTIFYING: Final = """
SELECT n.IdDonThu, NULL, p.HoTen, p.SoDinhDanhCaNhan, p.SoDienThoai, p.DiaChiChiTiet FROM don_thu_nguoi_dai_dien n
  JOIN don_thu_doi_tuong_di_kntc p ON p.IdDoiTuongDiKNTC = n.IdDoiTuongDiKNTC
UNION ALL SELECT d.IdDonThu, NULL, p.HoTen, p.SoDinhDanhCaNhan, p.SoDienThoai, p.DiaChiChiTiet FROM don_thu d
  JOIN don_thu_doi_tuong_bi_kntc p ON p.IdDoiTuongBiKNTC = d.IdDoiTuongBiKNTC
UNION ALL SELECT d.IdDonThu, NULL, p.HoTen, p.SoDinhDanhCaNhan, p.SoDienThoai, p.DiaChiChiTiet FROM don_thu d
  JOIN don_thu_doi_tuong_uy_quyen p ON p.IdDoiTuongUyQuyen = d.IdDoiTuongUyQuyen
UNION ALL SELECT q.IdDonThu, NULL, x.HoTen, NULL, NULL, NULL FROM don_thu_quyet_dinh_giai_quyet q
  JOIN don_thu_quyet_dinh_giai_quyet_doi_tuong_bi_xlhc x ON x.IdQuyetDinhGiaiQuyet = q.IDQuyetDinhGiaiQuyet
UNION ALL SELECT IdDonThu, NULL, TenCoQuanDiKNTC, NULL, NULL, DiaChiCoQuanDiKNTC FROM don_thu
UNION ALL SELECT NULL, n.IdSoTiepCongDan, p.HoTen, p.SoDinhDanhCaNhan, p.SoDienThoai, p.DiaChiChiTiet
  FROM so_tiep_cong_dan_nguoi_dai_dien n
  JOIN don_thu_doi_tuong_di_kntc p ON p.IdDoiTuongDiKNTC = n.IdDoiTuongDiKNTC
"""


def identifying_values(connection: sqlite3.Connection, protected: frozenset[str]) -> tuple[str, ...]:
    """Return names, ID numbers, telephones and address details of everybody in a protected case, sorted.

    The staff and the organisations complained about are left out: they stand in other cases as well.
    """
    wanted = {key.partition("-")[0] for key in protected}
    values: set[str] = set()
    for petition, reception, *row in connection.execute(_IDENTIFYING):
        if (f"D{petition}" if petition else f"T{reception}") in wanted:
            values.update(value for value in row if value)
    return tuple(sorted(values))
