"""How a CSV file is read. Its encoding and delimiter are taken as declared, else only as they can be proved."""

import codecs
import csv
import io
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from sync_agent.domain.spelling import TONES, VOWELS, is_vietnamese
from sync_agent.errors import SourceError
from sync_agent.i18n import mark
from sync_agent.source.tables import Cells, Table, TableFiles, tabled

__all__ = ["read_delimited"]

_BOMS: Final = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_DELIMITERS: Final = ",;\t|"
_LONGEST: Final = 16_000_000  # characters in one cell

csv.field_size_limit(_LONGEST)


def read_delimited(data: bytes, spec: TableFiles, where: str) -> Table:
    """Return the table of one file; raises SourceError naming the file and the row."""
    content, encoding = _decoded(data, spec.encoding, where)
    delimiter = spec.delimiter or _delimiter(content, spec.header, where)
    table = tabled(_records(content, delimiter, spec.header, where), spec, where)
    return replace(table, encoding=encoding, delimiter=delimiter)


def _decoded(data: bytes, declared: str | None, where: str) -> tuple[str, str]:
    encoding = declared or next((name for bom, name in _BOMS.items() if data.startswith(bom)), None)
    for each in [encoding] if encoding else ["utf-8", "cp1258"]:
        try:
            content = data.decode(each)
        except UnicodeDecodeError:
            continue
        if encoding or each == "utf-8" or _is_1258(content):
            return content.removeprefix("\ufeff"), each
    if encoding:
        facts = (("encoding", encoding),)
        raise SourceError("the file is not in the encoding {encoding}", where=where, facts=facts)
    raise SourceError(
        "the file is not in UTF-8, and nothing proves another encoding",
        where=where,
        todo=mark("say it with `encoding`; for the fonts of TCVN3 and VNI windows-1252, and mend them with `text`"),
    )


def _is_1258(content: str) -> bool:
    """Return whether a text can be nothing but windows-1258: each tone stands behind a vowel, no letter is foreign."""
    tones = [place for place, each in enumerate(content) if each in TONES]
    behind = all(place and content[place - 1] in VOWELS for place in tones)
    return bool(tones) and behind and is_vietnamese(unicodedata.normalize("NFC", content))


def _delimiter(content: str, header: int, where: str) -> str:
    """Return the delimiter that makes the most columns of the header row."""
    counts: dict[str, int] = {}
    for each in _DELIMITERS:
        rows = _parsed(content, each, where)
        counts[each] = next((len(row) for number, row in rows if number == header), 0)
    best = max(counts.values())
    if best > 1 and list(counts.values()).count(best) > 1:
        todo = mark("say with `delimiter` which character stands between the columns")
        raise SourceError("the header row does not tell the delimiter", where=f"{where}:{header}", todo=todo)
    return max(counts, key=lambda each: counts[each])


def _records(content: str, delimiter: str, header: int, where: str) -> Iterator[Cells]:
    """Yield the rows from the header on; a row with more or fewer cells than the header is refused."""
    wanted = 0
    for number, row in _parsed(content, delimiter, where):
        if number == header:
            wanted = len(row)
        elif wanted and len(row) != wanted and any(cell.strip() for cell in row):
            raise SourceError(
                "the row has {found} cells, the header has {wanted}",
                where=f"{where}:{number}",
                todo=mark("mend the row; text that holds the delimiter or a line break stands in quotes"),
                facts=(("found", str(len(row))), ("wanted", str(wanted))),
            )
        if wanted and row:
            yield number, row


def _parsed(content: str, delimiter: str, where: str) -> Iterator[tuple[int, list[str]]]:
    number = 0
    try:
        for row in csv.reader(io.StringIO(content, newline=""), delimiter=delimiter, strict=True):
            number += 1
            yield number, row
    except csv.Error:
        raise SourceError(
            "the row cannot be read",
            where=f"{where}:{number + 1}",
            todo=mark("close its quotes; a quote inside a text is written twice"),
        ) from None
