"""`audit export`: the log in a file, to be checked by others or to be read."""

from collections.abc import Callable
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from sync_agent.cli.actor import login_actor
from sync_agent.cli.audit_select import CaseName, EventName, Since, Until, bound, known_event, open_log, subject
from sync_agent.cli.options import options_of
from sync_agent.cli.words import step_word
from sync_agent.i18n import number_text, tr

if TYPE_CHECKING:
    from sync_agent.audit import Selection
    from sync_agent.bootstrap import Desk

__all__ = ["add"]


class Format(StrEnum):
    """What the file is."""

    BUNDLE = "bundle"
    JSONL = "jsonl"
    CSV = "csv"
    XLSX = "xlsx"


def add(audit: typer.Typer) -> None:
    """Register the command."""
    audit.command("export")(export)


def export(
    context: typer.Context,
    *,
    form: Annotated[Format, typer.Option("--format", help="A bundle to be checked, or a list to be read.")],
    output: Annotated[Path, typer.Option(metavar="FILE", help="The new file; of a bundle a .zip or a new folder.")],
    since: Since = None,
    until: Until = None,
    event: EventName = None,
    case: CaseName = None,
) -> None:
    """Take the log out of the house: as a bundle that proves itself, or as a list. The log notes who did."""
    from sync_agent.audit import Selection
    from sync_agent.bootstrap import open_desk
    from sync_agent.errors import ConfigError

    options = options_of(context)
    if form is Format.BUNDLE and any(each is not None for each in (since, until, event, case)):
        raise ConfigError("a bundle is always the whole log", where="audit export", todo="choose another --format")
    first, last, happened = bound(since, "--since"), bound(until, "--until", end=True), known_event(event)
    desk = open_log(open_desk(options.config))
    wanted = Selection(event=happened, subject=subject(desk, case), since=first, until=last)
    if form is Format.BUNDLE:
        entries, digest = _export_bundle(desk, output)
    else:
        entries, digest = _export_list(desk, form, output, wanted)
    options.output.document({"format": form, "file": str(output), "entries": entries, "digest": digest})
    count = number_text(entries)
    options.output.text(tr("{count} entries written to {file}.", count=count, file=output))
    options.output.text(tr("SHA-256 {digest}", digest=digest))


def _export_bundle(desk: "Desk", output: Path) -> tuple[int, str]:
    from zipfile import ZipFile

    from sync_agent.ledger import bundle_log
    from sync_agent.reports import digest_of, new_file, new_folder, pack, put_in_folder

    if output.suffix.lower() == ".zip":
        with new_file(output) as file:
            with ZipFile(file, "w") as archive:
                size = bundle_log(desk.ledger, desk.heads, partial(pack, archive)).head.size
            return size, _noted(desk, Format.BUNDLE, size, digest_of(file))
    with new_folder(output) as folder:
        bundled = bundle_log(desk.ledger, desk.heads, partial(put_in_folder, folder))
        return bundled.head.size, _noted(desk, Format.BUNDLE, bundled.head.size, bundled.digest)


def _export_list(desk: "Desk", form: Format, output: Path, wanted: "Selection") -> tuple[int, str]:
    from sync_agent.reports import digest_of, new_file

    with new_file(output) as file:
        entries = _writer(desk, form)(file, wanted)
        return entries, _noted(desk, form, entries, digest_of(file), wanted.subject)


def _writer(desk: "Desk", form: Format) -> Callable[[BinaryIO, "Selection"], int]:
    """Return what writes the selected entries into a file and says how many there were."""
    from sync_agent.audit import selected
    from sync_agent.reports import event_sentence, log_row, write_log_book, write_log_csv, write_log_lines

    def _write(file: BinaryIO, wanted: "Selection") -> int:
        with desk.ledger.read() as connection:
            found = selected(connection, wanted)
            if form is Format.JSONL:
                return write_log_lines(file, ((each.idx, each.raw) for each in found))
            rows = (log_row(each.idx, each.document, event_sentence(each.document, step_word)) for each in found)
            return write_log_csv(file, rows) if form is Format.CSV else write_log_book(file, rows)

    return _write


def _noted(desk: "Desk", form: Format, entries: int, digest: str, about: str | None = None) -> str:
    """Note in the log that this file was made, before it stands in its place; return its digest."""
    from sync_agent.ledger import note_export

    note_export(desk.ledger, form, actor=login_actor(), entries=entries, digest=digest, subject=about)
    return digest
