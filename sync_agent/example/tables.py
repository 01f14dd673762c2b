"""How invented rows reach the database: collected in the order the application writes them, with ids like MySQL's."""

import sqlite3
from collections import defaultdict
from collections.abc import Mapping
from contextlib import closing
from datetime import datetime
from importlib import resources
from pathlib import Path
from typing import Any, Final, TypeAlias
from zoneinfo import ZoneInfo

__all__ = ["AUTO_ID", "ZONE", "Row", "Tables", "connect", "create_schema", "local", "moment"]

ZONE: Final = ZoneInfo("Asia/Ho_Chi_Minh")
"""The zone of the naive times in the database."""

Row: TypeAlias = dict[str, Any]

AUTO_ID: Final[Mapping[str, str]] = {
    "don_thu": "IdDonThu",
    "don_thu_thong_tin_don_thu": "IdThongTinDon",
    "don_thu_doi_tuong_di_kntc": "IdDoiTuongDiKNTC",
    "don_thu_doi_tuong_bi_kntc": "IdDoiTuongBiKNTC",
    "don_thu_doi_tuong_uy_quyen": "IdDoiTuongUyQuyen",
    "don_thu_ho_so_dinh_kem": "IDHoSoDinhKem",
    "don_thu_ket_qua_xu_ly": "IDKetQua",
    "don_thu_quyet_dinh_thu_ly": "IDQuyetDinhThuLy",
    "don_thu_quyet_dinh_giai_quyet": "IDQuyetDinhGiaiQuyet",
    "don_thu_quyet_dinh_giai_quyet_doi_tuong_bi_xlhc": "IdDoiTuongBiXLHC",
    "don_thu_thi_hanh_giai_quyet": "IDThiHanhGiaiQuyet",
    "don_thu_qua_trinh_xlgq": "IdQuaTrinhXLGQ",
    "don_thu_van_ban_xu_ly_giai_quyet": "IdVanBan",
    "don_thu_luan_chuyen": "IdLuanChuyen",
    "so_tiep_cong_dan": "IdSoTiepCongDan",
}
"""The id column of each table that mints one."""


def connect(path: Path) -> sqlite3.Connection:
    """Open an existing database; each statement commits by itself, as in the application."""
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, isolation_level=None)


def create_schema(path: Path) -> None:
    """Make a new, empty database; FileExistsError when `path` exists."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.open("xb").close()
    script = resources.files(__package__).joinpath("schema.sql").read_text(encoding="utf-8")
    with closing(connect(path)) as connection:
        connection.executescript(f"BEGIN;\n{script}\nCOMMIT;")


def local(instant: datetime) -> datetime:
    """Return an aware instant as the naive local time the database is kept in."""
    return instant.astimezone(ZONE).replace(tzinfo=None, microsecond=0)


def moment(value: datetime) -> str:
    """Return a naive local time as the columns hold it."""
    return value.strftime("%Y-%m-%d %H:%M:%S")


class Tables:
    """Rows on their way into one database. A column that a row does not name becomes NULL."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._rows: list[tuple[str, Row]] = []
        self._next = {table: self._highest(table, column) + 1 for table, column in AUTO_ID.items()}

    def _highest(self, table: str, column: str) -> int:
        minted = self._connection.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,)).fetchone()
        found = self._connection.execute(f"SELECT MAX({column}) FROM {table}").fetchone()  # noqa: S608 - own names
        return max(minted[0] if minted else 0, found[0] or 0)

    def add(self, table: str, **values: Any) -> Row:
        """Put a row in line and return it with its id; it may be changed until it is written."""
        column = AUTO_ID.get(table)
        if column is not None:
            values = {column: self._next[table], **values}
            self._next[table] += 1
        self._rows.append((table, values))
        return values

    def write_grouped(self) -> None:
        """Write every waiting row table by table; the caller holds the transaction."""
        grouped: defaultdict[str, list[Row]] = defaultdict(list)
        for table, row in self._rows:
            grouped[table].append(row)
        for table, rows in grouped.items():
            columns = self._columns(table)
            self._connection.executemany(_insert(table, columns), [[row.get(name) for name in columns] for row in rows])
        self._rows.clear()

    def write_in_turn(self) -> None:
        """Write every waiting row by itself, in the order they were added."""
        for table, row in self._rows:
            self._connection.execute(_insert(table, list(row)), list(row.values()))
        self._rows.clear()

    def _columns(self, table: str) -> list[str]:
        return [record[1] for record in self._connection.execute(f"PRAGMA table_info({table})")]


def _insert(table: str, columns: list[str]) -> str:
    marks = ", ".join("?" * len(columns))
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"  # noqa: S608 - names of our own schema
