"""A small local system with every kind of rule, for the tests of this room."""

import textwrap
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path

import pytest

from sync_agent.mapping import CodeTable, CodeTables, Mapped, Mapper, Profile, parse_profile
from sync_agent.mapping.codes import CodeEntry
from sync_agent.source import CaseRows, Row

PROFILE = textwrap.dedent(
    """\
    version: 1
    source:
      id: small
      zone: Asia/Ho_Chi_Minh
      changes: SELECT k AS case_key, t AS changed_at FROM don
      root: [don]
      parts:
        don: SELECT * FROM don WHERE k IN :keys
        xu_ly: SELECT * FROM xu_ly WHERE k IN :keys
        nguoi: SELECT * FROM nguoi WHERE k IN :keys
        quyet_dinh: SELECT * FROM quyet_dinh WHERE k IN :keys
        xu_phat: SELECT * FROM xu_phat WHERE k IN :keys
    key:
      pattern: 'C[0-9]+'
      definition: [C don.id]
    absent:
      don: {so_nguoi: [0, '-'], '*': '0000-00-00'}
    fields:
      don:
        agency: {column: co_quan, codes: agencies, dated_by: ngay}
        kind: {column: loai, values: {1: complaint, 2: denunciation}}
        petition.number: {join: [so, nam], separator: /}
        petition.written_on: {column: ngay_viet, formats: ['%d/%m/%Y', '%m/%Y', '%Y']}
        petition.received_on: ngay
        petition.content: {first_of: [noi_dung, {column: tieu_de, when: {column: loai, not: 2}}]}
        petition.eligible: {column: khong_du, true_values: [0], false_values: [1]}
        petition.source: {column: nguon, values: {dodan: '1', donvi: '4'}}
        petition.place.province: {constant: '217', when: {column: loai, in: [1, 2]}}
        petitioners.headcount: so_nguoi
        recorded_at: luc
        withdrawal: {exists_when: {column: trang_thai, equals: -1}}
        withdrawal.reason: ly_do
      xu_ly:
        processing.direction: {column: huong, values: {4: accept, 5: forward}}
        processing.officer: {column: can_bo, split: {at: ' - ', take: before}}
        processing.officer_role: {column: can_bo, split: {at: ' - ', take: after}}
    lists:
      classifications: {part: nguoi, sort: [id], only: {column: ma, present: true}, value: ma}
      petitioners.people:
        part: nguoi
        sort: [id]
        fields: {full_name: ten, gender: {column: gioi, values: {1: male, 2: female}}}
      settlements:
        part: quyet_dinh
        sort: [ngay, id]
        fields:
          local_key: id
          issued_on: ngay
          agency: {column: co_quan, codes: agencies}
          remedies.recover.money: tien
        lists:
          people_handled: {part: xu_phat, on: {qd: id}, sort: [id], fields: {full_name: ten}}
    ready_when:
      case: {part: don, column: ngay, present: true}
      processing: {column: huong, present: true}
      settlement: {all: [{column: ngay, present: true}, {part: don, column: trang_thai, not: -1}]}
    group:
      petition: [{part: don, column: id}]
      person: [{part: nguoi, column: id}]
    """
)
AGENCIES = (
    CodeEntry("7", "H217.01", "Cơ quan cũ", None, date(2025, 6, 30), "test"),
    CodeEntry("7", "H217.02", "Cơ quan mới", date(2025, 7, 1), None, "test"),
    CodeEntry("8", "H217.08", "Cơ quan khác", None, None, "test"),
)
DON: dict[str, object] = {
    "id": 1,
    "co_quan": 7,
    "loai": 1,
    "so": "12",
    "nam": 2026,
    "ngay_viet": "03/2026",
    "ngay": "2026-03-14",
    "luc": "2026-03-14 08:30:00",
    "noi_dung": "Nội dung",
    "tieu_de": "Tiêu đề",
    "khong_du": 0,
    "nguon": "dodan",
    "so_nguoi": 2,
    "trang_thai": 0,
    "ly_do": None,
}

MapRows = Callable[..., Mapped]


@pytest.fixture
def tables() -> CodeTables:
    """Return the code tables of the small system, already read."""
    tables = CodeTables(Path("nowhere"))
    tables._tables["agencies"] = CodeTable("agencies", AGENCIES)
    return tables


@pytest.fixture
def profile() -> Profile:
    """Return the profile of the small system."""
    return parse_profile(PROFILE, "small.yaml")


@pytest.fixture
def mapper(profile: Profile, tables: CodeTables) -> Mapper:
    """Return the mapper of the small system."""
    return Mapper(profile, tables)


@pytest.fixture
def map_rows(mapper: Mapper) -> MapRows:
    """Return a function that maps a petition with changed columns and rows of other parts."""

    def map_rows(key: str = "C1", parts: Mapping[str, Sequence[Row]] | None = None, **columns: object) -> Mapped:
        return mapper.map(CaseRows(key, {"don": [DON | columns], **(parts or {})}))

    return map_rows


@pytest.fixture
def altered() -> Callable[[str, str], str]:
    """Return a function that changes one passage of the profile, which must be there."""

    def altered(passage: str, other: str) -> str:
        assert passage in PROFILE
        return PROFILE.replace(passage, other)

    return altered
