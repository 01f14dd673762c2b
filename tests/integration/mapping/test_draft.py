"""A draft of a profile from the structures that local systems have: it loads, its queries run, and it reads cases."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, event

from sync_agent.errors import ConfigError, SourceError
from sync_agent.mapping import Mapper, Profile, draft_profile, load_code_tables, parse_profile
from sync_agent.source import SqlSource, Structure, read_structure
from tests.support.servers import MARIADB, POSTGRES, fresh_database

CODES = Path(__file__).parents[3] / "config" / "codes"
HERE = Path(__file__).parents[2] / "support"

RUN_TOGETHER = """
CREATE TABLE donthu (donthuid INTEGER PRIMARY KEY, ngaynhan DATE, tennguoivietdon VARCHAR(255), cmnd_hc VARCHAR(20),
  ngaycap DATE, noicap VARCHAR(200), sdt VARCHAR(20), diachinguoiviet VARCHAR(255), doituongkhieunai VARCHAR(255),
  noidung TEXT, create_at TIMESTAMP NULL, id_csdlqg VARCHAR(50));
CREATE TABLE phanloaidonthu (donthuid INTEGER PRIMARY KEY, loaidon VARCHAR(10), linhvuc VARCHAR(10),
  donvi INTEGER, huonggiaiquyet VARCHAR(10));
CREATE TABLE ketquagiaiquyet (donthuid VARCHAR(20) PRIMARY KEY, soquyetdinh INTEGER, ngayquyetdinh DATE,
  danhgiadonthu VARCHAR(10), thutien VARCHAR(50));
CREATE TABLE loaidon (loaidonid INTEGER PRIMARY KEY, tenloaidon VARCHAR(200));
INSERT INTO donthu (donthuid, ngaynhan, tennguoivietdon, noidung) VALUES (7, '2026-10-01', 'Lò Văn Mẫu', 'Nội dung');
INSERT INTO phanloaidonthu (donthuid, loaidon, huonggiaiquyet) VALUES (7, '1', '1');
INSERT INTO ketquagiaiquyet (donthuid, soquyetdinh, ngayquyetdinh) VALUES ('7', 12, '2026-11-01');
"""
CAMEL = """
CREATE TABLE hoSo (maTinh INTEGER, so INTEGER, noiDung TEXT, ngayNhan TIMESTAMP NULL, loaiDon INTEGER, hoTen TEXT,
  PRIMARY KEY (maTinh, so));
CREATE TABLE xuLy (id INTEGER PRIMARY KEY, maTinh INTEGER, so INTEGER, huongXuLy INTEGER,
  FOREIGN KEY (maTinh, so) REFERENCES hoSo (maTinh, so));
INSERT INTO hoSo (maTinh, so, noiDung, ngayNhan) VALUES (2, 100, 'Nội dung', '2026-10-01 08:00:00');
"""
ACCENTS = """
CREATE TABLE "Đơn khiếu nại" ("Mã đơn" VARCHAR(30) PRIMARY KEY, "Họ tên" VARCHAR(200), "Nội dung" TEXT,
  "Ngày nhận" VARCHAR(20), "Loại đơn" VARCHAR(20), "order" INTEGER, "giờ:phút" VARCHAR(20));
CREATE TABLE "Kết quả giải quyết" ("Mã đơn" VARCHAR(30), "Số quyết định" VARCHAR(50), "Ngày quyết định" DATE,
  "select" TEXT);
INSERT INTO "Đơn khiếu nại" ("Mã đơn", "Ngày nhận") VALUES ('KN-1', '2026-10-01');
"""
NO_KEY = """
CREATE TABLE don (so_don TEXT, noi_dung TEXT, ngay_nhan TEXT, loai_don TEXT);
INSERT INTO don (so_don, noi_dung) VALUES ('12', 'Nội dung');
"""
SNAKE_ROW = "INSERT INTO vu_viec (id, noi_dung) VALUES (3, 'Nội dung');"
SNAKE = (HERE / "local.sql").read_text(encoding="utf-8") + SNAKE_ROW


@pytest.fixture
def address(tmp_path: Path) -> str:
    """Return the address of an empty SQLite database."""
    return f"sqlite:///{tmp_path / 'local.db'}"


def made(address: str, schema: str) -> Structure:
    """Make the tables of a schema and return what is found of them."""
    with closing(sqlite3.connect(address.removeprefix("sqlite:///"))) as connection, connection:
        connection.executescript(schema)
    return read_structure(address, None, seconds=10)


def tried(address: str, text: str) -> tuple[Profile, list[str]]:
    """Load a draft and read every case with it; return it and their keys."""
    profile = parse_profile(text, "draft")
    mapper, source = Mapper(profile, load_code_tables(CODES)), SqlSource(address, profile.source)
    source.probe()
    mapper.check_columns(source.columns())
    keys = [change.case_key for change in source.changes(None)]
    read = {key: mapper.map(rows) for key, rows in source.read(keys).items()}
    assert all(mapped.case.kind is None for mapped in read.values())  # none is ever made up
    return profile, sorted(read)


@pytest.mark.parametrize(
    ("schema", "keys"),
    [(RUN_TOGETHER, ["D7"]), (CAMEL, ["D2-100"]), (ACCENTS, ["KN-1"]), (NO_KEY, ["12"]), (SNAKE, ["D3"])],
    ids=["run together", "camel case", "accents and blanks", "no key", "snake case"],
)
def test_a_draft_reads_the_cases_of_a_system(address: str, schema: str, keys: list[str]) -> None:
    """However it spells its names."""
    draft = draft_profile(made(address, schema), codes=["agencies"])
    profile, read = tried(address, draft.text)
    assert (read, bool(profile.fields), len(draft.open) >= 8) == (keys, True, True)


@pytest.mark.parametrize("server", [POSTGRES, MARIADB], ids=["postgres", "mariadb"])
def test_a_draft_fits_the_database_it_was_made_for(server: str) -> None:
    """Names and comparisons are those of that server: a number that stands as text elsewhere, a name with capitals."""
    capitals = (
        "" if server == MARIADB else 'CREATE TABLE "xuLy" ("Id" INTEGER PRIMARY KEY, donthuid INTEGER, "ngayXuLy" DATE)'
    )
    with fresh_database(server) as url:
        engine = create_engine(url)
        with engine.begin() as connection:
            for statement in [*RUN_TOGETHER.split(";"), capitals]:
                if statement.strip():
                    connection.exec_driver_sql(statement)
        engine.dispose()
        draft = draft_profile(read_structure(url, None, seconds=10), codes=["agencies"])
        assert tried(url, draft.text)[1] == ["D7"]


def test_the_same_words_are_known_in_every_spelling(address: str) -> None:
    """The person in the table of cases becomes the petitioner, and nobody else does."""
    profile, _ = tried(address, draft_profile(made(address, RUN_TOGETHER)).text)
    people, respondents = profile.lists["petitioners.people"], profile.lists["respondents"]
    assert {path: rule.column for path, rule in people.fields.items()} == {
        "full_name": "tennguoivietdon",
        "id_number": "cmnd_hc",
        "id_issued_on": "ngaycap",
        "id_issued_by": "noicap",
        "phone": "sdt",
        "address.detail": "diachinguoiviet",
    }
    assert {path: rule.column for path, rule in respondents.fields.items()} == {"person.full_name": "doituongkhieunai"}


def test_a_table_far_from_the_case_is_joined_over_those_between(address: str) -> None:
    """An enforcement belongs to a decision, the decision to a case."""
    profile, _ = tried(address, draft_profile(made(address, SNAKE)).text)
    query = profile.source.parts["thi_hanh"]
    assert re.search(r"JOIN quyet_dinh j1 ON j1.vu_viec = r.id\s+JOIN thi_hanh t ON t.quyet_dinh = j1.id", query)
    assert profile.lists["enforcements"].fields["settlement_key"].column == "quyet_dinh"


def test_what_has_no_change_time_is_read_in_every_pass(address: str) -> None:
    """And a person is told so."""
    draft = draft_profile(made(address, CAMEL))
    assert (
        any("no change time" in told or "thời gian" in told for told in draft.open),
        "NULL AS changed_at" in draft.text,
    ) == (True, True)


def test_a_flag_whose_name_says_no_is_asked_about(address: str) -> None:
    """Never turned round in silence."""
    schema = (
        "CREATE TABLE don_thu (id INTEGER PRIMARY KEY, noi_dung TEXT, ngay_nhan TEXT, DonKhongDuDieuKienXL INTEGER);"
    )
    draft = draft_profile(made(address, schema))
    line = next(line for line in draft.text.splitlines() if "petition.eligible:" in line)
    assert ("true_values: 0" in line, "# ? " in line) == (True, True)


def test_code_lists_are_no_part_of_a_case(address: str) -> None:
    """Their names would otherwise join every case of a code."""
    profile, _ = tried(address, draft_profile(made(address, RUN_TOGETHER)).text)
    assert "loaidon" not in profile.source.parts


@pytest.mark.parametrize(
    "schema", ["", "CREATE TABLE nhan_vien (id INTEGER PRIMARY KEY, ho_ten TEXT, ngay_nhan TEXT);"]
)
def test_where_no_petition_is_nothing_is_drafted(address: str, schema: str) -> None:
    """A table of staff is not taken for one."""
    structure = made(address, schema)
    with pytest.raises(ConfigError, match="no table looks like one of petitions"):
        draft_profile(structure)


def test_a_source_that_is_not_there_is_one_line() -> None:
    """As everywhere else."""
    with pytest.raises(SourceError, match="the source cannot be opened"):
        read_structure("sqlite:////nowhere/local.db", None, seconds=10)


def test_reading_the_structure_reads_no_row(address: str) -> None:
    """No statement names a table of cases but to ask what it looks like."""
    made(address, RUN_TOGETHER)
    asked: list[str] = []
    event.listen(Engine, "before_cursor_execute", note := lambda *each: asked.append(each[2]))
    try:
        structure = read_structure(address, None, seconds=10)
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    rows = [each for each in asked if re.search(r"FROM\s+.?(donthu|phanloai|ketqua)", each)]
    assert (len(structure.tables), len(asked) > 0, rows) == (4, True, [])
