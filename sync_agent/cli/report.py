"""`report completeness`: whether everything is there and in time, as an annex to an official report."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sync_agent.cli.exits import ExitCode
from sync_agent.cli.options import options_of
from sync_agent.i18n import tr

if TYPE_CHECKING:
    from sync_agent.domain.periods import Period

__all__ = ["add"]


class Format(StrEnum):
    """What the file is."""

    XLSX = "xlsx"
    DOCX = "docx"
    JSON = "json"


def add(app: typer.Typer) -> None:
    """Register the commands."""
    report = typer.Typer(help="Reports to those who ask whether everything is there.")
    report.command("completeness")(completeness)
    app.add_typer(report, name="report")


def completeness(
    context: typer.Context,
    *,
    period: Annotated[str, typer.Option(metavar="PERIOD", help="2026-Q1, 2026-H1, 2026-9M or 2026; cut on the 14th.")],
    form: Annotated[Format, typer.Option("--format", help="A workbook, a document or data.")] = Format.XLSX,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The new file; without it a name of its own.")
    ] = None,
    office: Annotated[
        str, typer.Option(metavar="NAME", help="The agency that reports, as it stands in its head.")
    ] = "",
) -> int:
    """Report which cases of a period are up, which are not and why, which are late, with the forms of TT 01/2024."""
    from sync_agent.bootstrap import open_agent
    from sync_agent.reports import completeness_annex, require_new, write_annex
    from sync_agent.sync import completeness as count

    options = options_of(context)
    wanted = _period(period)
    file = out or Path(f"completeness-{wanted.name}.{form}")
    require_new(file)
    with open_agent(options.config, new_ledger=False) as agent, options.output.progress() as progress:
        found = count(agent, wanted, progress)
    made = completeness_annex(found, office=office)
    write_annex(file, made, form)
    table = made.tables[0]
    figures = zip((column.key for column in table.columns), table.lines[-1].figures, strict=True)
    total = {key: figure.value for key, figure in figures}
    options.output.document({"file": str(file), "period": wanted.name, "format": form, "totals": total})
    options.output.text(tr("The report on {period} was written to {file}.", period=wanted.name, file=file))
    options.output.text(
        tr(
            "{local} cases here, {up} of them up, {late} late.",
            local=total["local"],
            up=total["up"],
            late=total["late"],
        )
    )
    return ExitCode.DONE


def _period(text: str) -> "Period":
    from sync_agent.domain.periods import Period
    from sync_agent.errors import ConfigError

    try:
        return Period.parse(text)
    except ValueError:
        raise ConfigError(
            "a period is written 2026-Q1, 2026-H1, 2026-9M or 2026",
            where="--period",
            todo="see: sync-agent report --help",
        ) from None
