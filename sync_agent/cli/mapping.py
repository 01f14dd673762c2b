"""`mapping check`: what is wrong with the data of the whole source, counted, before anything is sent."""

from typing import TYPE_CHECKING, Any

import typer

from sync_agent.cli.exits import ExitCode
from sync_agent.cli.options import options_of
from sync_agent.cli.output import Column, Output
from sync_agent.cli.words import level_word, rule_sentence, step_word
from sync_agent.domain.steps import Step
from sync_agent.i18n import number_text, tr

if TYPE_CHECKING:
    from sync_agent.sync import Survey

__all__ = ["add"]

_WARN = "warn"


def add(app: typer.Typer) -> None:
    """Register the commands."""
    mapping = typer.Typer(help="How local records are read.")
    mapping.command("check")(check)
    app.add_typer(mapping, name="mapping")


def check(context: typer.Context) -> int:
    """Read every local case and count what is wrong with it, by rule and field; nothing is sent or written."""
    from sync_agent.bootstrap import open_agent
    from sync_agent.sync import survey

    options = options_of(context)
    with open_agent(options.config, new_ledger=False) as agent, options.output.progress() as progress:
        found = survey(agent, progress)
    rows = [
        {
            "level": line.level,
            "rule": line.rule,
            "field": line.field,
            "where": line.place,
            "cases": number,
            "examples": found.examples[line],
        }
        for line, number in sorted(found.by_line.items())
    ]
    options.output.document(
        {"cases": found.cases, "protected": found.protected, "ready": dict(found.ready), "findings": rows}
    )
    _print(options.output, found, rows)
    return ExitCode.NEEDS_PERSON if any(row["level"] != _WARN for row in rows) else ExitCode.DONE


def _print(output: Output, found: "Survey", rows: list[dict[str, Any]]) -> None:
    if rows:
        output.table(
            [
                Column("level", tr("weight")),
                Column("rule", tr("rule"), whole=True),
                Column("field", tr("field")),
                Column("where", tr("where to mend"), sparse=True),
                Column("cases", tr("cases")),
                Column("examples", tr("for example")),
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
        for rule in sorted({row["rule"] for row in rows}):
            output.text(f"{rule}: {rule_sentence(rule)}")
        output.text()
    cases, protected = number_text(found.cases), number_text(found.protected)
    output.text(tr("{cases} cases were read, {protected} of them protected.", cases=cases, protected=protected))
    for step in Step:
        count = number_text(found.ready[step])
        output.text(tr("{step}: {count} ready to go up", step=step_word(step), count=count))
