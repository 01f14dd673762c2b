"""A register that LibreOffice keeps: what its cells show is read as from a workbook of Excel."""

import os
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sync_agent.errors import SourceError
from sync_agent.source import SourceSpec, SqlSource

SPEC: dict[str, Any] = {
    "id": "so-xa",
    "zone": "Asia/Ho_Chi_Minh",
    "root": ["don"],
    "changes": "SELECT so AS case_key, _changed_at AS changed_at FROM don",
    "parts": {"don": "SELECT so AS case_key, * FROM don WHERE so IN :keys"},
    "tables": {"don": {"file": "don.ods"}},
}
SPACES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{rest}:1.0"'
    for name, rest in {"office": "office", "table": "table", "text": "text", "style": "style"}.items()
)
MEDIA = "application/vnd.oasis.opendocument.spreadsheet"
MANIFEST = f"""<?xml version="1.0" encoding="UTF-8"?>
<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" manifest:version="1.3">
<manifest:file-entry manifest:full-path="/" manifest:version="1.3" manifest:media-type="{MEDIA}"/>
<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>"""


def cell(shown: str = "", **said: str) -> str:
    """Return a cell as LibreOffice writes it: its type and value, and the text that is shown."""
    words = "".join(f' {name.replace("_", ":", 1).replace("_", "-")}="{value}"' for name, value in said.items())
    return f"<table:table-cell{words}>{f'<text:p>{shown}</text:p>' if shown else ''}</table:table-cell>"


def text(shown: str) -> str:
    """Return a cell with a text."""
    return cell(shown, office_value_type="string")


def row(*cells: str, **said: str) -> str:
    """Return a row."""
    words = "".join(f' {name.replace("_", ":", 1).replace("_", "-")}="{value}"' for name, value in said.items())
    return f"<table:table-row{words}>{''.join(cells)}</table:table-row>"


HEADER = row(*map(text, ("so", "ngay", "luc", "tien", "cong_thuc", "dung", "noi_dung")))
FIRST = row(
    text("0012"),
    cell("03/11/2026", office_value_type="date", office_date_value="2026-11-03"),
    cell("03/11/2026 08:30", office_value_type="date", office_date_value="2026-11-03T08:30:00"),
    cell("15.000.000.000", office_value_type="float", office_value="15000000000"),
    cell("7,5", table_formula="of:=[.D2]/2", office_value_type="float", office_value="7.5"),
    cell("TRUE", office_value_type="boolean", office_boolean_value="true"),
    text("Đơn thử"),
)
SECOND = row(
    cell("13", office_value_type="float", office_value="13"), cell(table_number_columns_repeated="5"), text("a, b")
)
REST = row(cell(table_number_columns_repeated="16384"), table_number_rows_repeated="1048570")
"""The empty rest of a sheet, which LibreOffice writes as one cell many times."""


def saved(path: Path, *rows: str, hidden: str = "") -> None:
    """Write a register as LibreOffice saves it, left alone for a while; `hidden` are the rows of a hidden sheet."""
    styles = '<style:style style:name="ta2" style:family="table"><style:table-properties table:display="false"/>'
    body = f'<table:table table:name="Sổ">{"".join(rows)}</table:table>'
    if hidden:
        body += f'<table:table table:name="Ẩn" table:style-name="ta2">{hidden}</table:table>'
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {SPACES} office:version="1.3">'
        f"<office:automatic-styles>{styles}</style:style></office:automatic-styles>"
        f"<office:body><office:spreadsheet>{body}</office:spreadsheet></office:body></office:document-content>"
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", MEDIA)
        archive.writestr("content.xml", content, zipfile.ZIP_DEFLATED)
        archive.writestr("META-INF/manifest.xml", MANIFEST, zipfile.ZIP_DEFLATED)
    moment = time.time() - 60
    os.utime(path, (moment, moment))


@pytest.fixture
def opened(tmp_path: Path) -> Callable[..., SqlSource]:
    """Return what opens a folder with one register of such rows."""

    def _opened(*rows: str, hidden: str = "") -> SqlSource:
        saved(tmp_path / "don.ods", *rows, hidden=hidden)
        return SqlSource(f"files:///{tmp_path}", SourceSpec.model_validate(SPEC), reconnect_seconds=0)

    return _opened


def test_a_register_gives_what_its_cells_show(opened: Callable[..., SqlSource]) -> None:
    """Days and times as ISO, whole numbers without fraction, the value of a formula, a text with its zeros."""
    source = opened(HEADER, FIRST, SECOND, REST, hidden=row(text("x")))
    found = source.read(["0012", "13"])
    source.close()
    shown = {key: tuple(list(rows.parts["don"][0].values())[5:]) for key, rows in found.items()}
    assert shown == {
        "0012": ("2026-11-03", "2026-11-03 08:30:00", "15000000000", "7.5", "1", "Đơn thử"),
        "13": (None, None, None, None, None, "a, b"),
    }


def test_repeated_rows_are_as_many_rows(opened: Callable[..., SqlSource]) -> None:
    """Equal rows are written once, with their number."""
    source = opened(HEADER, FIRST, row(text("2"), table_number_rows_repeated="3"), REST)
    found, told = source.read(["2"])["2"].parts["don"], source.files()
    source.close()
    assert (len(found), told[0].rows) == (3, 4)


@pytest.mark.parametrize("over", ["rows", "columns"])
def test_cells_merged_over_rows_are_refused(opened: Callable[..., SqlSource], over: str) -> None:
    """Their value would be lost in all rows but the first. A title over columns is harmless above the header."""
    merged = cell("x", **{f"table_number_{over}_spanned": "2"}, office_value_type="string")
    source = opened(HEADER, row(text("1"), merged), row(text("2"), "<table:covered-table-cell/>"), REST)
    if over == "columns":
        assert set(source.read(["1", "2"])) == {"1", "2"}
    else:
        with pytest.raises(SourceError, match="merged over rows"):
            source.read(["1"])
    source.close()
