"""Reads bytes in every way in which they could still say something, and collects what a process left behind.

What is searched for is compared without case and accents, in the bytes as they are and in what they decode to: base64,
hex, percent, JSON escapes, UTF-16, and streams of ZIP (XLSX, DOCX), gzip, zlib and PDF, one inside another.
"""

import base64
import binascii
import re
import shutil
import sqlite3
import subprocess
import unicodedata
import zlib
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import unquote_to_bytes

from sqlalchemy import make_url

__all__ = ["in_folder", "in_postgres", "plain", "readings", "said"]

_DEPTH = 4
_MOST = 1 << 24
"""Bytes that one stream may unpack to."""

_MARKS = re.compile("[\u0300-\u036f]")
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{12,}={0,2}")
_URL_SAFE = bytes.maketrans(b"-_", b"+/")
_HEX = re.compile(rb"[0-9a-fA-F]{12,}")
_ESCAPE = re.compile(rb"\\+u([0-9a-fA-F]{4})")
_HIGH = rb"[\x00\x01\x03\x1e]"  # of the letters of Vietnamese, combining marks included
_UTF16 = {
    "utf-16-le": re.compile(rb"(?:[^\x00]" + _HIGH + rb"|\x00\x03){6,}", re.DOTALL),  # U+0300 is the grave
    "utf-16-be": re.compile(rb"(?:" + _HIGH + rb"[^\x00]|\x03\x00){6,}", re.DOTALL),
}
_ZIPPED = re.compile(rb"PK\x03\x04", re.DOTALL)
_GZIPPED = re.compile(rb"\x1f\x8b\x08", re.DOTALL)
_ZLIB = re.compile(rb"\x78[\x01\x5e\x9c\xda]", re.DOTALL)
_PROMISING = re.compile(b"|".join(each.pattern for each in (_ZIPPED, _GZIPPED, _ZLIB)), re.DOTALL)
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f\x7f]")
_ASCII85 = re.compile(rb"stream\s+([!-uz\s]+)~>")


def plain(text: str) -> str:
    """Return a text without case, accents and presentation forms."""
    folded = unicodedata.normalize("NFKD", text).casefold().replace("đ", "d")
    return _MARKS.sub("", unicodedata.normalize("NFKD", folded))


def said(words: Iterable[str], data: bytes) -> set[str]:
    """Return which of the words the data says in any form."""
    texts = list(readings(data))
    return {word for word in words if any(plain(word) in text for text in texts)}


def readings(data: bytes, depth: int = _DEPTH) -> Iterator[str]:
    """Yield all that the data can be read as, plain."""
    yield from _texts(data)
    if depth:
        decoded = set(_decoded(data))
        promising = {part for part in decoded if _PROMISING.search(part) or not _CONTROL.search(part)}
        yield from _texts(b"\n".join(decoded - promising))  # a digest, most likely: nothing is inside it
        respelled = set(_respelled(data)) - {data}  # what says nothing else says nothing more
        for inside in (respelled, promising, _unpacked(data)):
            found = b"\n".join(inside)
            if found:
                yield from readings(found, depth - 1)


def _texts(data: bytes) -> Iterator[str]:
    """Yield the data as UTF-8, and what may be UTF-16 in it."""
    yield plain(data.decode("utf-8", "replace"))
    for codec, runs in _UTF16.items():
        yield plain("\n".join(run.decode(codec, "replace") for run in runs.findall(data)))


def _respelled(data: bytes) -> Iterator[bytes]:
    """Yield what escapes stand for."""
    if b"%" in data:
        yield unquote_to_bytes(data.replace(b"+", b" "))
    if b"\\u" in data:
        yield _ESCAPE.sub(lambda found: chr(int(found[1], 16)).encode("utf-8", "replace"), data)


def _decoded(data: bytes) -> Iterator[bytes]:
    """Yield what runs of letters and digits stand for, wherever in them it begins."""
    for run in set(_BASE64.findall(data)):
        letters = run.rstrip(b"=").translate(_URL_SAFE)
        for start in range(4):
            part = letters[start:]
            part = part[: len(part) - 1] if len(part) % 4 == 1 else part
            yield base64.b64decode(part + b"=" * (-len(part) % 4))
    for run in set(_HEX.findall(data)):
        for start in range(2):
            part = run[start:]
            yield binascii.unhexlify(part[: len(part) & ~1])
    for run in _ASCII85.findall(data):
        try:
            yield base64.a85decode(run)
        except ValueError:
            continue


def _unpacked(data: bytes) -> Iterator[bytes]:
    """Yield what streams unpack to, wherever they begin and however they were cut off."""
    for found in _ZIPPED.finditer(data):
        header = data[found.start() : found.start() + 30]
        name, extra = int.from_bytes(header[26:28], "little"), int.from_bytes(header[28:30], "little")
        yield _inflated(data[found.start() + 30 + name + extra :], -zlib.MAX_WBITS)
    for found in _GZIPPED.finditer(data):
        yield _inflated(data[found.start() :], zlib.MAX_WBITS | 16)
    for found in _ZLIB.finditer(data):
        yield _inflated(data[found.start() :], zlib.MAX_WBITS)


def _inflated(stream: bytes, bits: int) -> bytes:
    """Return what a stream unpacks to, as far as it is one."""
    unpacker, unpacked = zlib.decompressobj(bits), b""
    try:
        while stream and len(unpacked) < _MOST and not unpacker.eof:
            unpacked += unpacker.decompress(stream[:4096])
            stream = stream[4096:]
    except zlib.error:
        pass  # what came before is what it says
    return unpacked


def in_folder(root: Path) -> dict[str, bytes]:
    """Return name and content of every file and folder below `root`, and the values of every SQLite database."""
    found: dict[str, bytes] = {}
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        found[f"name of {name}"] = path.name.encode("utf-8", "surrogateescape")
        if path.is_file() and not path.is_symlink():
            found[name] = path.read_bytes()
            if found[name].startswith(b"SQLite format 3\x00"):
                found[f"values of {name}"] = _values(path)
    return found


def _values(path: Path) -> bytes:
    """Return every value of a database: a long one lies on several pages, a new one beside the file."""
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as database:
        return "\n".join(database.iterdump()).encode("utf-8", "surrogateescape")


def in_postgres(url: str) -> bytes:
    """Return a dump of a PostgreSQL database."""
    program = shutil.which("pg_dump")
    assert program is not None
    address = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    return subprocess.run([program, "--dbname", address], capture_output=True, check=True, timeout=60).stdout
