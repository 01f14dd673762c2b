"""The search itself: every form in every container must be caught, or the marker test proves nothing."""

import base64
import gzip
import io
import json
import sqlite3
import unicodedata
import urllib.parse
import zipfile
import zlib
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import docx
import pytest
import xlsxwriter  # type: ignore[import-untyped]
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from tests.support.loud import Marks
from tests.support.servers import POSTGRES, fresh_database
from tests.support.traces import in_folder, in_postgres, plain, readings, said

Form = Callable[[str], bytes]

READABLE: dict[str, Form] = {
    "as it is": str.encode,
    "capitals": lambda text: text.upper().encode(),
    "decomposed": lambda text: unicodedata.normalize("NFD", text).encode(),
    "without accents": lambda text: plain(text).encode(),
    "base64": lambda text: base64.b64encode(text.encode()),
    "base64, one byte further": lambda text: base64.b64encode(b"x" + text.encode()),
    "base64, two bytes further": lambda text: base64.b64encode(b"xx" + text.encode()),
    "base64 amid letters": lambda text: b"abcde" + base64.b64encode(text.encode()),
    "base64 for addresses": lambda text: base64.urlsafe_b64encode(b"\xfb\xff" + text.encode()),
    "percent-encoded": lambda text: urllib.parse.quote(text).encode(),
    "as a form": lambda text: urllib.parse.urlencode({"a b": text}).encode(),
    "JSON escapes": lambda text: json.dumps(text).encode(),
    "JSON inside JSON": lambda text: json.dumps(json.dumps(text)).encode(),
    "hex": lambda text: text.encode().hex().encode(),
    "hex in capitals": lambda text: b"A" + text.encode().hex().upper().encode(),
    "hex of UTF-16": lambda text: text.encode("utf-16-le").hex().encode(),
    "base64 of percent": lambda text: base64.b64encode(urllib.parse.quote(text).encode()),
    "full width": lambda text: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text).encode(),
}
"""Forms that are text."""

FORMS: dict[str, Form] = READABLE | {
    "UTF-16": lambda text: text.encode("utf-16"),
    "UTF-16, little end first": lambda text: text.encode("utf-16-le"),
    "UTF-16, big end first": lambda text: text.encode("utf-16-be"),
    "UTF-16, decomposed": lambda text: unicodedata.normalize("NFD", text).encode("utf-16-le"),
}


def zipped(content: bytes, kind: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a ZIP archive with one file."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", kind) as archive:
        archive.writestr("a.bin", content)
    return stream.getvalue()


def pdf(content: bytes) -> bytes:
    """Return a PDF object with a packed stream."""
    packed = zlib.compress(content)
    return b"%%PDF-1.7\n4 0 obj\n<< /Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream\n" % (len(packed), packed)


def letters_pdf(content: bytes) -> bytes:
    """Return a PDF object with a packed stream that is spelt in letters."""
    spelt = base64.a85encode(zlib.compress(content))
    return b"<< /Filter [/ASCII85Decode /FlateDecode] >>\nstream\n" + spelt + b"~>\nendstream\n"


CONTAINERS: dict[str, Callable[[bytes], bytes]] = {
    "bare": bytes,
    "zip": zipped,
    "zip without packing": lambda content: zipped(content, zipfile.ZIP_STORED),
    "zip cut off": lambda content: zipped(content)[:-40],
    "zip in zip": lambda content: zipped(zipped(content)),
    "gzip": gzip.compress,
    "zlib": zlib.compress,
    "pdf": pdf,
    "pdf in letters": letters_pdf,
}


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("form", FORMS)
def test_a_planted_marker_is_found(form: str, container: str) -> None:
    """Each form in each container, amid other bytes."""
    marks = Marks()
    other, planted = marks.word("other"), marks.word("planted")
    assert other != planted
    content = CONTAINERS[container](b"\x00\xff ab " + FORMS[form](planted) + b" cd \x80")
    assert marks.found(b"\x80 before\n" + content + b"\n after \xff") == {"planted"}


def test_a_marker_in_a_workbook_is_found(tmp_path: Path) -> None:
    """Every form that is text, each in a cell of its own and in a comment."""
    marks = Marks()
    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as book:
        sheet = book.add_worksheet()
        for row, (form, written) in enumerate(READABLE.items()):
            sheet.write_string(row, 0, written(marks.word(form)).decode())
            sheet.write_comment(row, 0, written(marks.word(f"{form}, comment")).decode())
    found = marks.found(in_folder(tmp_path)["a.xlsx"])
    assert found == {*READABLE, *(f"{form}, comment" for form in READABLE)}


def test_a_marker_in_a_document_is_found(tmp_path: Path) -> None:
    """Every form that is text, each in a paragraph of its own and one in the properties."""
    marks = Marks()
    document = docx.Document()
    document.core_properties.author = marks.word("author")
    for form, written in READABLE.items():
        document.add_paragraph(written(marks.word(form)).decode())
    document.save(str(tmp_path / "a.docx"))
    assert marks.found(in_folder(tmp_path)["a.docx"]) == {*READABLE, "author"}


def _committed(database: sqlite3.Connection, value: bytes) -> None:
    database.execute("INSERT INTO t VALUES (?)", (value,))
    database.commit()


def _kept(database: sqlite3.Connection, value: bytes) -> None:
    """Leave the value in the file itself."""
    _committed(database, value)
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _freed(database: sqlite3.Connection, value: bytes) -> None:
    """Leave the value on a page that nothing uses any more."""
    _kept(database, value)
    database.execute("PRAGMA secure_delete = OFF")
    database.execute("DELETE FROM t")
    database.commit()
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _long(database: sqlite3.Connection, value: bytes) -> None:
    """Leave the value torn over two pages."""
    for before in range(4040, 4100, 4):
        _kept(database, b"." * before + value)


WAYS: dict[str, Callable[[sqlite3.Connection, bytes], None]] = {
    "log": _committed,
    "file": _kept,
    "free page": _freed,
    "two pages": _long,
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("form", FORMS)
def test_a_marker_in_a_database_is_found(tmp_path: Path, form: str, way: str) -> None:
    """In the file, the write-ahead log, on free pages, over several pages; while it is open."""
    marks = Marks()
    with closing(sqlite3.connect(tmp_path / "a.db")) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA wal_autocheckpoint = 0")
        database.execute("CREATE TABLE t (v)")
        database.commit()
        WAYS[way](database, b"1 " + FORMS[form](marks.word("planted")) + b" 2")
        found = {name: marks.found(content) for name, content in in_folder(tmp_path).items()}
    places = {name.removeprefix("values of ") for name, marked in found.items() if marked == {"planted"}}
    assert places - {"a.db"} == ({"a.db-wal"} if way == "log" else set())
    assert places


def test_a_marker_in_postgres_is_found() -> None:
    """Text and bytes; every form, in one dump."""
    marks = Marks()
    with fresh_database(POSTGRES) as url:
        engine = create_engine(url, poolclass=NullPool)
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE t (form text, bytes bytea)"))
            for form, written in FORMS.items():
                row = {"form": marks.word(f"name of {form}"), "bytes": written(marks.word(form))}
                connection.execute(text("INSERT INTO t VALUES (:form, :bytes)"), row)
        found = marks.found(in_postgres(url))
    assert found == {*FORMS, *(f"name of {form}" for form in FORMS)}


@pytest.mark.parametrize("form", ["as it is", "base64", "JSON escapes", "full width", "hex", "UTF-16"])
@pytest.mark.parametrize("digits", [10, 12])
def test_a_planted_number_is_found(form: str, digits: int) -> None:
    """Telephones and ID numbers too, also inside a longer run of digits."""
    marks = Marks()
    number = marks.number("planted", digits)
    assert marks.found(b"x " + FORMS[form](number) + b" y") == {"planted"}
    assert marks.found(b"x 11" + number.encode() + b"22 y") == {"planted"}


@pytest.mark.parametrize("form", FORMS)
def test_a_name_of_words_is_found(form: str) -> None:
    """As real names are, with blanks between them."""
    name = "Trần Thị Đào Nguyên"
    assert said([name, "Lò Văn Mẫu"], b"\xff ab " + FORMS[form](name) + b" cd") == {name}


def test_a_name_of_a_file_is_found(tmp_path: Path) -> None:
    """Of a folder too."""
    marks = Marks()
    folder = tmp_path / marks.word("folder")
    folder.mkdir()
    (folder / marks.word("file")).touch()
    assert {place for content in in_folder(tmp_path).values() for place in marks.found(content)} == {"folder", "file"}


def test_nothing_is_found_where_nothing_was_planted() -> None:
    """Otherwise every run would be a leak."""
    marks = Marks()
    marks.word("other")
    noise = "Zệt, zet oq, 0900000000 và nhiều chữ khác".encode() * 3
    assert marks.found(noise + zipped(noise) + gzip.compress(noise) + noise.hex().encode()) == set()


def test_what_is_broken_ends_the_search_of_nothing() -> None:
    """Beginnings of streams that are none, and halves."""
    marks = Marks()
    planted = marks.word("planted").encode()
    broken = b"PK\x03\x04 \x1f\x8b\x08 x\x9c stream <~ vvv~> %zz \\u12 " + gzip.compress(b"abc")[:-3]
    assert marks.found(broken + planted) == {"planted"}
    assert any("abc" in reading for reading in readings(broken))
