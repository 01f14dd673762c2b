"""`codes unmapped|import`: what the local code tables lack, listed for a spreadsheet and taken back from it."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sync_agent.cli.actor import login_actor
from sync_agent.cli.asking import agreed, at_terminal
from sync_agent.cli.exits import ExitCode
from sync_agent.cli.options import options_of
from sync_agent.cli.output import Column, Output
from sync_agent.i18n import number_text, tr, trn

if TYPE_CHECKING:
    from sync_agent.mapping import TableChange
    from sync_agent.sync import UnmappedCode, UnmappedCodes

__all__ = ["add"]


def add(codes: typer.Typer) -> None:
    """Register the commands below their noun."""
    codes.command("unmapped")(unmapped)
    codes.command("import")(import_table)


def unmapped(
    context: typer.Context,
    *,
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A new CSV file to be filled in with a spreadsheet.")
    ] = None,
    names: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TABLE=FILE",
            help="Names of local codes: CSV with the columns code,name, or @ and the name of a public list; repeat it.",
        ),
    ] = None,
) -> int:
    """List the local codes in use that have no national code, with counts and what they may mean."""
    from sync_agent.bootstrap import open_agent
    from sync_agent.reports import write_code_sheet
    from sync_agent.sync import unmapped_codes

    options = options_of(context)
    known = dict(map(_names, names or ()))
    opened = open_agent(options.config, new_ledger=False, sends=False)
    with opened as agent, options.output.progress() as progress:
        found = unmapped_codes(agent, names=known, progress=progress)
    if output is not None and found.codes:
        write_code_sheet(output, map(_sheet_row, found.codes))
    withheld = [{"column": where, "field": path, "cases": n} for (where, path), n in sorted(found.withheld.items())]
    options.output.document(
        {
            "cases": found.read,
            "file": str(output) if output is not None and found.codes else None,
            "codes": [_json_row(each) for each in found.codes],
            "withheld": withheld,
        }
    )
    _print_unmapped(options.output, found, output)
    return ExitCode.NEEDS_PERSON if found.codes or withheld else ExitCode.DONE


def _names(option: str) -> tuple[str, dict[str, str]]:
    """Return the code table and the names by local code of one `TABLE=FILE`. Raises ConfigError."""
    import csv

    from sync_agent.domain.reference import REFERENCE_LISTS, reference_list
    from sync_agent.errors import ConfigError

    table, separator, file = option.partition("=")
    if not separator or not table or not file:
        raise ConfigError("give TABLE=FILE", where="--names")
    if file.startswith("@"):
        if file[1:] not in REFERENCE_LISTS:
            facts = (("known", ", ".join(f"@{name}" for name in REFERENCE_LISTS)),)
            raise ConfigError("there is no such public list; there are: {known}", where="--names", facts=facts)
        return table, reference_list(file[1:]).names
    try:
        lines = Path(file).read_text(encoding="utf-8-sig").splitlines()
        rows = list(csv.DictReader((line for line in lines if not line.startswith("#")), strict=True))
        return table, {row["code"].strip(): row["name"].strip() for row in rows}
    except (OSError, ValueError, KeyError, AttributeError, csv.Error) as error:
        todo = "it is CSV in UTF-8 with the columns code,name"
        facts = (("reason", type(error).__name__),)
        raise ConfigError("the names cannot be read ({reason})", where=file, todo=todo, facts=facts) from None


def _json_row(each: "UnmappedCode") -> dict[str, Any]:
    return {
        "ref": each.ref or None,
        "table": each.table or None,
        "column": each.where,
        "field": each.path,
        "list": each.list_name or None,
        "local": each.local,
        "local_name": each.local_name or None,
        "cases": each.cases,
        "first_day": each.first_day,
        "last_day": each.last_day,
        "suggestions": [{"code": s.code, "name": s.name, "score": s.score} for s in each.suggestions],
    }


def _sheet_row(each: "UnmappedCode") -> dict[str, Any]:
    row = _json_row(each)
    for place, suggestion in enumerate(row.pop("suggestions"), start=1):
        row |= {
            f"suggestion_{place}": suggestion["code"],
            f"suggestion_{place}_name": suggestion["name"],
            f"suggestion_{place}_score": suggestion["score"],
        }
    return row


def _print_unmapped(output: Output, found: "UnmappedCodes", file: Path | None) -> None:
    if found.codes:
        output.table(
            (
                Column("table", tr("code table"), whole=True),
                Column("column", tr("where to mend")),
                Column("local", tr("local code")),
                Column("local_name", tr("name"), sparse=True),
                Column("cases", tr("cases"), right=True),
                Column("suggestion", tr("perhaps"), sparse=True),
            ),
            [
                {
                    **_json_row(each),
                    "table": each.table or tr("values of the profile"),
                    "suggestion": "; ".join(f"{s.code} {s.name}" for s in each.suggestions[:1]),
                }
                for each in found.codes
            ],
        )
        output.text()
    for (where, path), count in sorted(found.withheld.items()):
        cases = number_text(count)
        output.text(
            tr("{where} ({field}): values of {cases} cases are not shown", where=where, field=path, cases=cases)
        )
    count = len(found.codes)
    if not count:
        output.text(tr("Every local code that may be shown has a national code."))
    elif file is None:
        output.text(
            tr("To fill them in with a spreadsheet: {command}", command="sync-agent codes unmapped --output FILE")
        )
    else:
        told = trn("{count} local code written to {file}.", "{count} local codes written to {file}.", count, file=file)
        output.text(told)
        output.text(tr("Fill in the column code, then: {command}", command=f"sync-agent codes import {file}"))


def import_table(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The filled-in list.")],
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Write nothing; show what would change.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> int:
    """Take the filled-in list into the code tables: checked, shown, and only after a yes."""
    from sync_agent.bootstrap import open_agent
    from sync_agent.errors import ConfigError
    from sync_agent.ledger import ever_sent
    from sync_agent.sync import import_codes, plan_import

    options = options_of(context)
    if not (dry_run or yes or at_terminal()):
        raise ConfigError("say --yes, or --dry-run", where="codes import", todo="look at it first with --dry-run")
    with open_agent(options.config, new_ledger=not dry_run) as agent:
        changes = plan_import(agent, file)
        agencies = [each.before.name for each in changes if "agency" in agent.mapper.table_uses[each.before.name]]
        with agent.ledger.read() as connection:
            bound = ever_sent(connection)  # before that the ledger follows the configuration
        _print_plan(options.output, changes)
        done = bool(changes) and not dry_run and (yes or agreed(tr("Write it into the code tables?")))
        if done:
            import_codes(agent, changes, actor=login_actor())
    rekey = bound and bool(agencies)
    options.output.document(
        {"written": done, "lines": [row for each in changes for row in _plan_rows(each)], "rekey": rekey}
    )
    _print_end(options.output, done=done, changes=changes, rekey=rekey)
    return ExitCode.DONE


def _plan_rows(change: "TableChange") -> list[dict[str, Any]]:
    names = {(e.local, e.national, e.valid_from, e.valid_to): e.name for e in change.after.entries}
    return [
        {
            "table": change.before.name,
            "local": line.local,
            "national": line.code,
            "name": names[line.local, line.code, line.valid_from, line.valid_to],
            "valid_from": line.valid_from,
            "valid_to": line.valid_to,
        }
        for line in change.added
    ]


def _print_plan(output: Output, changes: Sequence["TableChange"]) -> None:
    if not changes:
        output.text(tr("The code tables hold all of it already."))
        return
    output.table(
        (
            Column("table", tr("code table"), whole=True),
            Column("local", tr("local code"), whole=True),
            Column("national", tr("national code"), whole=True),
            Column("name", tr("name")),
            Column("valid_from", tr("from"), sparse=True),
            Column("valid_to", tr("until"), sparse=True),
        ),
        [row for each in changes for row in _plan_rows(each)],
    )


def _print_end(output: Output, *, done: bool, changes: Sequence["TableChange"], rekey: bool) -> None:
    if not changes:
        return
    if not done:
        output.text(tr("Nothing was written."))
        return
    for each in changes:
        count = len(each.added)
        output.text(trn("{count} line added to {file}.", "{count} lines added to {file}.", count, file=each.path))
    output.text(tr("The next pass reads every case again; what the new codes change goes up, within the guards."))
    if rekey:
        output.text(
            tr("The map of agencies has changed: no pass runs before {command}", command="sync-agent rekey --dry-run")
        )
