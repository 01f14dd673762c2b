"""`adopt`: take over what is in the national database already, or declare that nothing is, before the first send."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from sync_agent.cli.actor import login_actor
from sync_agent.cli.exits import ExitCode
from sync_agent.cli.options import options_of
from sync_agent.cli.output import Column, Output
from sync_agent.cli.words import kind_word, step_word
from sync_agent.domain.steps import Step
from sync_agent.i18n import number_text, tr

if TYPE_CHECKING:
    from sync_agent.sync import AdoptionReport

__all__ = ["add"]

_NAMED = 20


def add(app: typer.Typer) -> None:
    """Register the command."""
    app.command("adopt")(adopt)


def adopt(
    context: typer.Context,
    *,
    look_up: Annotated[
        bool, typer.Option("--lookup", help="Look up by petitioner what has no local national id.")
    ] = False,
    push: Annotated[
        bool, typer.Option("--push", help="Have the next pass send the local content over what is there.")
    ] = False,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Write nothing; show what would be taken over. --lookup asks all the same."),
    ] = False,
    decline: Annotated[bool, typer.Option("--decline", help="Nothing is to be taken over.")] = False,
    reason: Annotated[str | None, typer.Option(metavar="CODE", help="Why: a code, letters first, no spaces.")] = None,
) -> int:
    """Take over what the national database holds already, before the first send. Sends nothing."""
    from sync_agent.bootstrap import open_agent
    from sync_agent.sync import adopt as take_over
    from sync_agent.sync import rehearse_adoption

    options = options_of(context)
    _require_sense(decline=decline, others=look_up or push or dry_run, push=push, dry_run=dry_run, reason=reason)
    if decline:
        return _decline(context, reason or "")
    with open_agent(options.config, new_ledger=not dry_run) as agent, options.output.progress() as progress:
        if dry_run:
            report = rehearse_adoption(agent, look_up=look_up, push=push, progress=progress)
        else:
            report = take_over(agent, actor=login_actor(), look_up=look_up, push=push, reason=reason, progress=progress)
    _print(options.output, report, dry_run=dry_run, push=push)
    return ExitCode.NEEDS_PERSON if report.needs_person else ExitCode.DONE


def _require_sense(*, decline: bool, others: bool, push: bool, dry_run: bool, reason: str | None) -> None:
    from sync_agent.errors import ConfigError

    if decline and others:
        raise ConfigError("--decline stands alone, with --reason CODE", where="adopt")
    if (decline or (push and not dry_run)) and not reason:
        raise ConfigError("say why with --reason CODE", where="adopt")


def _decline(context: typer.Context, reason: str) -> int:
    from sync_agent.bootstrap import open_agent
    from sync_agent.sync import decline_adoption

    options = options_of(context)
    with open_agent(options.config) as agent:
        decline_adoption(agent, reason=reason, actor=login_actor())
    options.output.document({"declined": reason})
    options.output.text(tr("Declared: nothing is taken over. Cases in scope go up with the next pass."))
    return ExitCode.DONE


def _print(output: Output, report: "AdoptionReport", *, dry_run: bool, push: bool) -> None:
    rows = _rows(report)
    output.document(
        {
            "dry_run": dry_run,
            "read": report.read,
            "adopted": dict(report.steps),
            "cases": rows,
            "ambiguous": report.ambiguous,
            "trust": report.trust,
            "needs_person": report.needs_person,
        }
    )
    output.text(tr("Read {count} cases.", count=number_text(report.read)))
    if rows:
        _table(output, rows)
        output.text()
    for step in Step:
        if report.steps[step.value]:
            count = number_text(report.steps[step.value])
            output.text(tr("{step}: {count} taken over", step=step_word(step.value), count=count))
    _print_trust(output, report.trust)
    _print_ambiguous(output, report)
    if report.total("waiting"):
        count = number_text(report.total("waiting"))
        output.text(
            tr(
                "{count} cases have not read the same for long enough to be looked up - later: {command}",
                count=count,
                command="sync-agent adopt --lookup",
            )
        )
    if push and report.steps:
        output.text(tr("The local content goes up over what was taken over with the next pass."))
    if dry_run:
        output.text(tr("Nothing was written."))


def _rows(report: "AdoptionReport") -> list[dict[str, Any]]:
    """Return a row for each kind and year, with a figure for each outcome."""
    from sync_agent.sync import OUTCOMES

    places = sorted({(kind, year or 0) for kind, year, _ in report.table})
    return [
        {
            "kind": kind or None,
            "year": year or None,
            **{outcome: report.table[kind, year or None, outcome] for outcome in OUTCOMES},
        }
        for kind, year in places
    ]


def _table(output: Output, rows: list[dict[str, Any]]) -> None:
    output.table(
        [
            Column("kind", tr("kind")),
            Column("year", tr("year"), right=True),
            Column("adopted", tr("taken over"), right=True),
            Column("create", tr("to be created"), right=True),
            Column("ambiguous", tr("for a person"), right=True),
            Column("waiting", tr("to be looked up later"), right=True),
            Column("kept", tr("held for other reasons"), right=True),
        ],
        [{**row, "kind": kind_word(row["kind"]), "year": str(row["year"] or "")} for row in rows],
    )


def _print_trust(output: Output, trust: str | None) -> None:
    told = {
        "configured": tr("What the look-up did not find is taken not to be there: so it is configured."),
        "proven": tr("What the look-up did not find is taken not to be there: it found all that surely is."),
        "": tr("The look-up is not proven: what it did not find may be there all the same and is held."),
    }
    if trust is not None:
        output.text(told[trust])


def _print_ambiguous(output: Output, report: "AdoptionReport") -> None:
    total = report.total("ambiguous")
    if not total:
        return
    output.text()
    command = "sync-agent holds list"
    output.text(
        tr("{count} cases need a person", count=number_text(total)) + " - " + tr("see: {command}", command=command)
    )
    for name in report.ambiguous[:_NAMED]:
        output.text(f"  {name}")
    if total > _NAMED:
        output.text("  …")
