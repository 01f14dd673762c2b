"""How the application saves the links of a petition: it deletes people and field codes and inserts them again."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final, TypeAlias

from sync_agent.example.tables import connect, local, moment

__all__ = ["EDITED", "Links", "put_back", "take_out", "torn_edit"]

EDITED: Final = "<p>Đã cập nhật thông tin đơn thư.</p>"
"""The journal line that ends an edit."""

Links: TypeAlias = dict[str, list[tuple[int, int | str]]]

_TABLES: Final = {"don_thu_linh_vuc": "IdLinhVuc", "don_thu_nguoi_dai_dien": "IdDoiTuongDiKNTC"}


def take_out(connection: sqlite3.Connection, petition: int) -> Links:
    """Delete the links of a petition and return them; each statement commits by itself."""
    links: Links = {}
    for table, column in _TABLES.items():
        found = f"SELECT IdDonThu, {column} FROM {table} WHERE IdDonThu = ? ORDER BY rowid"  # noqa: S608 - own names
        links[table] = connection.execute(found, (petition,)).fetchall()
        connection.execute(f"DELETE FROM {table} WHERE IdDonThu = ?", (petition,))  # noqa: S608 - own names
    return links


def put_back(connection: sqlite3.Connection, links: Links) -> None:
    """Insert the links again, one statement each."""
    for table, rows in links.items():
        for row in rows:
            connection.execute(f"INSERT INTO {table} VALUES (?, ?)", row)  # noqa: S608 - own names


@contextmanager
def torn_edit(path: Path, case_key: str, *, now: datetime, content: str | None = None) -> Iterator[None]:
    """Save a petition in two committed halves: inside the block its people and field codes are gone.

    On entry the new `content` (None: unchanged) is written and the links are deleted; on leaving they are inserted
    again and the journal line follows, dated `now` (aware). `case_key` is that of any receipt of the petition.
    """
    petition = int(case_key.removeprefix("D").partition("-")[0])
    with closing(connect(path)) as connection:
        if content is not None:
            connection.execute("UPDATE don_thu SET NoiDungDonThu = ? WHERE IdDonThu = ?", (content, petition))
        links = take_out(connection, petition)
        try:
            yield
        finally:
            put_back(connection, links)
            connection.execute(
                "INSERT INTO don_thu_qua_trinh_xlgq (IdDonThu, NgayDang, NoiDung, HeThongTao) VALUES (?, ?, ?, 1)",
                (petition, moment(local(now)), EDITED),
            )
