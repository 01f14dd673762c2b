"""The example system with a few rows of its own, read and mapped by the profile in `config/`."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from sync_agent.mapping import Mapped, Mapper, load_code_tables, load_profile
from sync_agent.source import SqlSource

ROOT = Path(__file__).parents[3]
PROFILE = ROOT / "config" / "profiles" / "tinh-a.yaml"
CODES = ROOT / "config" / "codes"
SCHEMA = ROOT / "sync_agent" / "example" / "schema.sql"


class Local:
    """The local database: what its application writes, and what the agent makes of it."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.executescript(SCHEMA.read_text(encoding="utf-8"))
        profile = load_profile(PROFILE)
        self.source = SqlSource(f"sqlite:///{path}", profile.source)
        self.mapper = Mapper(profile, load_code_tables(CODES))

    def add(self, table: str, **columns: object) -> None:
        """Insert one row."""
        names, places = ", ".join(columns), ", ".join("?" * len(columns))
        self._connection.execute(
            f"INSERT INTO {table} ({names}) VALUES ({places})",  # noqa: S608 (names are the test's own)
            tuple(columns.values()),
        )

    def petition(self, number: int = 1, org: int = 1003, **columns: object) -> None:
        """Insert a petition and its original receipt."""
        self.add("don_thu", IdDonThu=number, **({"LoaiDonThu": 1, "NgayNhanDon": "2026-03-01"} | columns))
        self.receipt(number, org)

    def receipt(self, number: int, org: int, **columns: object) -> None:
        """Insert one more receipt of a petition."""
        given = {"OrgChuyen": org, "NgayNhan": "2026-03-02", "NguonDonDen": 1} | columns
        self.add("don_thu_thong_tin_don_thu", IdDonThu=number, OrgNhan=org, **given)

    def changed(self) -> list[str]:
        """Return the keys of all cases."""
        return [change.case_key for change in self.source.changes(None)]

    def mapped(self, key: str) -> Mapped:
        """Return one case as the agent maps it."""
        return self.mapper.map(self.source.read([key])[key])

    def close(self) -> None:
        """Let go of the database."""
        self._connection.close()
        self.source.close()


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Local]:
    """Return the example system without any case."""
    local = Local(tmp_path / "tinh-a.db")
    yield local
    local.close()
