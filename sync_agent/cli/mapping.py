"""`mapping check|preview|draft`: what is wrong with the data of a source, one case side by side, a first profile."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sync_agent.cli.actor import login_actor
from sync_agent.cli.asking import agreed, at_terminal
from sync_agent.cli.exits import ExitCode
from sync_agent.cli.options import options_of
from sync_agent.cli.output import Column, Output
from sync_agent.cli.program import program
from sync_agent.cli.words import level_word, rule_sentence, step_word
from sync_agent.domain.steps import Step
from sync_agent.i18n import number_text, tr, trn

if TYPE_CHECKING:
    from sync_agent.sync import Preview, PreviewLine, Survey

__all__ = ["add"]

_WARN = "warn"


class Format(StrEnum):
    """How the findings are given."""

    TABLE = "table"
    XLSX = "xlsx"


def add(app: typer.Typer) -> None:
    """Register the commands."""
    mapping = typer.Typer(help="How local records are read.")
    mapping.command("check")(check)
    mapping.command("preview")(preview)
    mapping.command("draft")(draft)
    app.add_typer(mapping, name="mapping")


def check(
    context: typer.Context,
    *,
    form: Annotated[Format, typer.Option("--format", help="A table here, or a workbook.")] = Format.TABLE,
    output: Annotated[Path | None, typer.Option(metavar="FILE", help="The new file of the workbook.")] = None,
    keys: Annotated[int, typer.Option(min=0, max=1000, metavar="N", help="Name at most N cases of each line.")] = 5,
) -> int:
    """Read every local case and count what is wrong with it, by rule and field; nothing is sent or written."""
    from sync_agent.bootstrap import open_agent
    from sync_agent.errors import ConfigError
    from sync_agent.sync import survey

    options = options_of(context)
    if (form is Format.TABLE) is not (output is None):
        raise ConfigError("a workbook needs both --format xlsx and --output FILE", where="mapping check")
    opened = open_agent(options.config, new_ledger=False, sends=False)
    with opened as agent, options.output.progress() as progress:
        found = survey(agent, progress, keys=keys)
    rows = _rows(found)
    counts = {"cases": found.cases, "protected": found.protected, "ready": dict(found.ready)}
    if output is not None:
        _write(output, rows)
        options.output.document({"file": str(output), **counts, "findings": len(rows)})
        told = trn("{count} line written to {file}.", "{count} lines written to {file}.", len(rows), file=output)
        options.output.text(told)
    else:
        options.output.document({**counts, "findings": rows})
        _print(options.output, rows)
    _print_counts(options.output, found)
    return ExitCode.NEEDS_PERSON if any(row["level"] != _WARN for row in rows) else ExitCode.DONE


def _rows(found: "Survey") -> list[dict[str, Any]]:
    from sync_agent.domain.rules import RULES

    return [
        {
            "level": line.level,
            "rule": line.rule,
            "meaning": rule_sentence(line.rule),
            "basis": RULES[line.rule].basis if line.rule in RULES else "",
            "field": line.field,
            "where": line.place,
            "cases": number,
            "examples": found.examples[line],
        }
        for line, number in sorted(found.by_line.items())
    ]


def _write(file: Path, rows: list[dict[str, Any]]) -> None:
    from sync_agent.reports import FoundLine, write_findings

    lines = [
        FoundLine(
            level=level_word(row["level"]),
            rule=row["rule"],
            path=row["field"],
            place=row["where"],
            cases=row["cases"],
            keys=tuple(row["examples"]),
        )
        for row in rows
    ]
    write_findings(file, lines)


def _print(output: Output, rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    output.table(
        [
            Column("level", tr("weight")),
            Column("rule", tr("rule"), whole=True),
            Column("field", tr("field")),
            Column("where", tr("where to mend"), sparse=True),
            Column("cases", tr("cases"), right=True),
            Column("examples", tr("for example"), sparse=True),
        ],
        [
            {
                **row,
                "level": level_word(row["level"]),
                "cases": number_text(row["cases"]),
                "examples": ", ".join(row["examples"]),
            }
            for row in rows
        ],
    )
    output.text()
    for rule, meaning, basis in sorted({(row["rule"], row["meaning"], row["basis"]) for row in rows}):
        output.text(f"{rule}: {meaning} [{basis}]" if basis else f"{rule}: {meaning}")
    output.text()


def _print_counts(output: Output, found: "Survey") -> None:
    cases, protected = number_text(found.cases), number_text(found.protected)
    output.text(tr("{cases} cases were read, {protected} of them protected.", cases=cases, protected=protected))
    for step in Step:
        count = number_text(found.ready[step])
        output.text(tr("{step}: {count} ready as the profile says, held ones too", step=step_word(step), count=count))


def preview(
    context: typer.Context,
    key: Annotated[str, typer.Argument(metavar="KEY", help="Its key, or its name in lists.")],
    *,
    show_values: Annotated[
        bool, typer.Option("--show-values", help="Show the values themselves, at a terminal; it is recorded.")
    ] = False,
) -> int:
    """Show one case side by side: local columns, case file, messages; what is personal is masked."""
    from sync_agent.bootstrap import open_agent
    from sync_agent.sync import preview as side_by_side

    options = options_of(context)
    if show_values:
        _require_terminal(options.output)
        if not agreed(tr("Show the values of this case here? It is recorded that you saw them.")):
            options.output.text(tr("Nothing was shown."))
            return ExitCode.DONE
    with open_agent(options.config, new_ledger=False, sends=False) as agent:
        seen = side_by_side(agent, key, show=show_values, actor=login_actor())
    options.output.document(_document(seen))
    _print_sides(options.output, seen)
    return ExitCode.NEEDS_PERSON if any(each.level != _WARN for each in seen.findings) else ExitCode.DONE


def _require_terminal(output: Output) -> None:
    """Refuse to let the values of a case into a file or a pipe."""
    from sync_agent.errors import ConfigError

    if output.json or not (sys.stdout.isatty() and at_terminal()):
        raise ConfigError("values are shown at a terminal only", where="--show-values", todo="run it at a terminal")


def _document(seen: "Preview") -> dict[str, Any]:
    lines = [
        {
            "local": {said.place: said.text for said in line.local},
            "field": line.path,
            "value": line.value,
            "sent": {said.place: said.text for said in line.sent},
        }
        for line in seen.lines
    ]
    findings = [{"level": f.level, "rule": f.rule, "field": f.field, "where": f.where} for f in seen.findings]
    return {"case": seen.name, "protected": seen.protected, "lines": lines, "findings": findings}


def _print_sides(output: Output, seen: "Preview") -> None:
    output.table(
        [
            Column("column", tr("local column"), whole=True),
            Column("local", tr("local value")),
            Column("field", tr("field of the case file"), whole=True),
            Column("value", tr("value")),
            Column("place", tr("field of the message")),
            Column("sent", tr("what is sent")),
        ],
        [row for line in seen.lines for row in _side_rows(line)],
        title=tr("{case}, protected", case=seen.name) if seen.protected else seen.name,
    )
    output.text()
    for level, where, rule in dict.fromkeys((f.level, f.where or f.field, f.rule) for f in seen.findings):
        output.text(f"{level_word(level)}: {where}: {rule}: {rule_sentence(rule)}")
    output.text(tr("▢ stands for a value that is not shown."))


def _side_rows(line: "PreviewLine") -> list[dict[str, object]]:
    """Return the rows of one field: as many as it has columns or places in messages."""
    from itertools import zip_longest

    rows: list[dict[str, object]] = []
    for number, (local, sent) in enumerate(zip_longest(line.local or (None,), line.sent)):
        rows.append(
            {
                "column": local.place if local else "",
                "local": local.text if local else "",
                "field": line.path if number == 0 else "",
                "value": line.value if number == 0 else "",
                "place": sent.place if sent else "",
                "sent": sent.text if sent else "",
            }
        )
    return rows


def draft(
    context: typer.Context,
    *,
    output: Annotated[Path | None, typer.Option(metavar="FILE", help="The new file; without it, here.")] = None,
    count_values: Annotated[
        bool, typer.Option("--count-values", help="Count the values of columns that hold a few short codes.")
    ] = False,
) -> int:
    """Propose a first profile from the tables and columns of the source; no row is read."""
    from sync_agent.bootstrap import draft_profile
    from sync_agent.cli.failures import error_line
    from sync_agent.reports import write_new

    options = options_of(context)
    drafted, missing = draft_profile(options.config, count_values=count_values)
    if output is not None:
        write_new(output, drafted.text.encode())
    elif not options.output.json:
        sys.stdout.write(drafted.text)
    told = {
        "file": str(output) if output else None,
        "open": drafted.open,
        "missing": error_line(missing) if missing else None,
    }
    options.output.document(told if output is not None else {**told, "profile": drafted.text})
    options.output.note(
        trn("{count} thing is for a person to decide.", "{count} things are for a person to decide.", len(drafted.open))
    )
    if missing:
        options.output.warn(error_line(missing))
    else:
        command = f"{program()} mapping check"
        options.output.note(tr("The draft can be read. Name it in source.profile, then: {command}", command=command))
    return ExitCode.NEEDS_PERSON
