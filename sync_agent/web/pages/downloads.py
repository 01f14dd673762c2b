"""What an inspector takes home: the whole log as a bundle that proves itself, or some of it as a list to be read.

The pages cannot write to the log: that somebody took it out stands in the access log, whose days the audit log closes.
One file is made at a time, in a place without a name, and is gone when it was handed over.
"""

import tempfile
import threading
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from typing import Any, BinaryIO, Final
from zipfile import ZipFile

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from sync_agent.audit import instant, last_checkpoint, selected, write_bundle
from sync_agent.i18n import speaking
from sync_agent.reports import digest_of, event_sentence, log_row, pack, write_log_book, write_log_csv
from sync_agent.web.front import Desk
from sync_agent.web.pages.audit import asked_of_log, seen_by, selection
from sync_agent.web.viewer import visible
from sync_agent.words import step_word

__all__ = ["MOST_LINES", "bundle", "log_csv", "log_xlsx"]

MOST_LINES: Final = 100_000
"""A longer list is for the command line: it would take a page longer than it may."""

_BLOCK: Final = 2**16
_MAKING: Final = threading.Lock()
_XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def bundle(request: Request) -> Response:
    """Hand out the bundle of the newest signed head: the whole log, to who may see all of it."""
    desk = request.app.state.desk
    if visible(request.state.viewer) is not None:
        raise HTTPException(403)
    return _handed_over(partial(_pack_bundle, desk), "audit-log.zip", "application/zip")


def log_xlsx(request: Request) -> Response:
    """Hand out the entries that are asked for as a workbook."""
    return _handed_over(partial(_write_list, request, write_log_book), "audit-log.xlsx", _XLSX)


def log_csv(request: Request) -> Response:
    """Hand out the entries that are asked for as a CSV file."""
    return _handed_over(partial(_write_list, request, write_log_csv), "audit-log.csv", "text/csv; charset=utf-8")


def _pack_bundle(desk: Desk, file: BinaryIO) -> None:
    ledger = desk.ledger
    if ledger.heads is None:
        raise HTTPException(404)
    with ledger.read() as connection, ZipFile(file, "w") as archive:
        newest = last_checkpoint(connection)
        if newest is None:
            raise HTTPException(404)
        keys, now = ledger.heads.key.verifiers(), instant(ledger.clock())
        write_bundle(connection, newest, keys, partial(pack, archive), made_at=now)


def _write_list(request: Request, write: Callable[[BinaryIO, Any], int], file: BinaryIO) -> None:
    wanted = selection(asked_of_log(request))
    with request.app.state.desk.ledger.read() as connection, speaking(request.state.viewer.lang):
        found = islice(selected(connection, wanted, sieve=seen_by(request, connection)), MOST_LINES + 1)
        rows = (log_row(each.idx, each.document, event_sentence(each.document, step_word)) for each in found)
        lines = write(file, rows)
    if lines > MOST_LINES:
        raise HTTPException(413)


def _handed_over(make: Callable[[BinaryIO], None], name: str, kind: str) -> Response:
    """Return a file that `make` writes; 429 while another is being made."""
    if not _MAKING.acquire(blocking=False):
        raise HTTPException(429)
    file = tempfile.TemporaryFile()  # noqa: SIM115 - closed when it was handed over
    try:
        make(file)
        digest = digest_of(file)
        size = file.seek(0, 2)
    except BaseException:
        file.close()
        raise
    finally:
        _MAKING.release()
    named = {"content-disposition": f'attachment; filename="{name}"', "content-length": str(size), "x-sha256": digest}
    return StreamingResponse(_blocks(file), media_type=kind, headers=named)


def _blocks(file: BinaryIO) -> Iterator[bytes]:
    with file:
        file.seek(0)
        while block := file.read(_BLOCK):
            yield block
