"""`holds list|show|release|reject`: what waits for a person, where to mend it, and what the person says of it."""

from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sync_agent.cli.asking import Dash, Note, agreed, at_terminal, note_text
from sync_agent.cli.completion import rule_names
from sync_agent.cli.exits import ExitCode
from sync_agent.cli.options import Options, options_of
from sync_agent.cli.output import Column, Output
from sync_agent.cli.requests import have_done
from sync_agent.cli.words import rule_sentence, step_word
from sync_agent.i18n import number_text, tr, trn

if TYPE_CHECKING:
    from sync_agent.bootstrap import Desk
    from sync_agent.ledger import queries

__all__ = ["add"]

_SHOWN = 100


class Format(StrEnum):
    """How a list is given."""

    TABLE = "table"
    XLSX = "xlsx"
    CSV = "csv"


class Grouping(StrEnum):
    """By what a list is put in order."""

    AGENCY = "agency"


Key = Annotated[str, typer.Argument(metavar="KEY", help="Its key, or its name in lists.")]
Rule = Annotated[str, typer.Option(metavar="RULE", autocompletion=rule_names, help="The rule that holds it.")]
Reason = Annotated[str, typer.Option(metavar="CODE", help="Why: a code, letters first, no spaces.")]


def add(app: typer.Typer) -> None:
    """Register the commands."""
    holds = typer.Typer(help="What waits for a person.")
    holds.command("list")(list_holds)
    holds.command("show")(show)
    holds.command("release")(release)
    holds.command("reject")(reject)
    app.add_typer(holds, name="holds")


def list_holds(
    context: typer.Context,
    *,
    rule: Annotated[
        str | None, typer.Option(metavar="RULE", autocompletion=rule_names, help="Only holds by this rule.")
    ] = None,
    agency: Annotated[str | None, typer.Option(metavar="CODE", help="Only cases of this agency.")] = None,
    form: Annotated[Format, typer.Option("--format", help="A table here, or a work list in a file.")] = Format.TABLE,
    by: Annotated[Grouping | None, typer.Option(help="A sheet for each agency; in other forms their order.")] = None,
    output: Annotated[Path | None, typer.Option(metavar="FILE", help="The new file of the work list.")] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, max=100_000, metavar="N", help="At most N holds; in a table 100.")
    ] = None,
) -> int:
    """List what keeps cases from going up, or write it as a work list for the people who keep the cases."""
    from sync_agent.bootstrap import open_desk
    from sync_agent.errors import ConfigError
    from sync_agent.ledger import queries

    options = options_of(context)
    rule = _known_rule(rule) if rule else None
    if (form is Format.TABLE) is not (output is None):
        raise ConfigError("a work list needs both --format xlsx or csv and --output FILE", where="holds list")
    desk = open_desk(options.config)
    if output is not None:
        return _write(options, desk, form, output, by=by, rule=rule, agency=agency, limit=limit)
    most = limit or _SHOWN
    with desk.ledger.read() as connection:
        found = queries.list_holds(connection, desk.ledger.source_id, rule=rule, agency=agency, limit=most)
    rows = [_row(desk, hold) for hold in found]
    if by is Grouping.AGENCY:
        rows.sort(key=lambda row: row["agency"] or "")
    return _print(options.output, rows, limit=most)


def _write(
    options: Options,
    desk: "Desk",
    form: Format,
    output: Path,
    *,
    by: Grouping | None,
    rule: str | None,
    agency: str | None,
    limit: int | None,
) -> int:
    from itertools import islice

    from sync_agent.bootstrap import local_places
    from sync_agent.ledger import queries
    from sync_agent.reports import work_items, write_csv, write_workbook

    place_of = local_places(options.config)
    with desk.ledger.read() as connection:
        found = queries.every_hold(connection, desk.ledger.source_id, rule=rule, agency=agency)
        items = work_items(islice(found, limit), desk.names, step_word=step_word, place_of=place_of)
    if items and form is Format.XLSX:
        write_workbook(output, items, by_agency=by is Grouping.AGENCY)
    elif items:
        write_csv(output, items, by_agency=by is Grouping.AGENCY)
    agencies = len({item.agency for item in items})
    options.output.document({"file": str(output) if items else None, "holds": len(items), "agencies": agencies})
    if not items:
        options.output.text(tr("Nothing is held: no file was written."))
        return ExitCode.DONE
    told = trn("{count} hold written to {file}.", "{count} holds written to {file}.", len(items), file=output)
    options.output.text(told)
    return ExitCode.NEEDS_PERSON


def show(context: typer.Context, key: Key) -> int:
    """Show what holds one case, what each rule means and whether a person may release it."""
    from sync_agent.bootstrap import open_desk

    options = options_of(context)
    rows, digest = _seen(open_desk(options.config), key)
    return _print(options.output, rows, digest=digest)


def _seen(desk: "Desk", key: str) -> tuple[list[dict[str, Any]], str]:
    """Return what holds a case, and the digest by which a release names what was looked at."""
    from sync_agent.ledger import known_by_name, load_findings, queries, sight

    source_id = desk.ledger.source_id
    with desk.ledger.read() as connection:
        case = known_by_name(connection, source_id, key)
        digest = sight(case, load_findings(connection, [case.row.id])[case.row.id])
        found = list(queries.list_holds(connection, source_id, case_id=case.row.id, limit=1000))
    return [{**_row(desk, hold), "digest": digest} for hold in found], digest


def _row(desk: "Desk", hold: "queries.Hold") -> dict[str, Any]:
    from sync_agent.domain.rules import RULES

    finding = hold.finding
    return {
        "case": desk.names.shown(hold.case.case_key, protected=hold.case.protected_since is not None),
        "agency": hold.case.agency,
        "step": finding.step,
        "local_key": finding.local_key,
        "rule": finding.rule,
        "level": finding.level,
        "field": finding.field,
        "where": finding.place,
        "since": finding.since,
        "due_on": hold.due_on,
        "releasable": finding.rule in RULES and RULES[finding.rule].releasable,
        "rejected": hold.rejected,
        "rejected_by": finding.rejected_by if hold.rejected else None,
        "rejected_at": finding.rejected_at if hold.rejected else None,
        "rejected_reason": finding.rejected_reason if hold.rejected else None,
    }


def _print(output: Output, rows: list[dict[str, Any]], *, limit: int | None = None, digest: str | None = None) -> int:
    output.records(rows)
    if not rows:
        output.text(tr("Nothing is held."))
        return ExitCode.DONE
    _table(output, rows)
    _legend(output, rows)
    if digest:
        output.text(tr("digest of what was shown: {digest}", digest=digest))
    if len(rows) == limit:
        output.note(tr("Only the first {count} are shown; more with --limit.", count=number_text(limit)))
    return ExitCode.NEEDS_PERSON


def _table(output: Output, rows: list[dict[str, Any]]) -> None:
    output.table(
        [
            Column("case", tr("case"), whole=True),
            Column("agency", tr("agency"), whole=True),
            Column("step", tr("step")),
            Column("rule", tr("rule"), whole=True),
            Column("field", tr("field")),
            Column("where", tr("where to mend"), sparse=True),
            Column("rejected_by", tr("rejected by"), sparse=True),
            Column("rejected_at", tr("rejected at"), sparse=True),
            Column("rejected_reason", tr("reason of the rejection"), sparse=True),
        ],
        [{**row, "step": step_word(row["step"])} for row in rows],
    )


def _legend(output: Output, rows: list[dict[str, Any]]) -> None:
    """Say of each rule once what it means and what can be done about it."""
    from sync_agent.domain.rules import RULES

    releasable = {row["rule"]: row["releasable"] for row in rows}
    rejected = {rule: all(row["rejected"] for row in rows if row["rule"] == rule) for rule in releasable}
    output.text()
    for rule, may_go in sorted(releasable.items()):
        in_settings = rule in RULES and RULES[rule].in_settings
        todo = tr("mend it in the settings") if in_settings else tr("mend it at its source")
        if rejected[rule]:
            todo = tr("a person rejected it: it waits for another content")
        elif may_go:
            todo = tr("a person may release it: {command}", command=f"sync-agent holds release KEY --rule {rule}")
        output.text(f"{rule}: {rule_sentence(rule).rstrip('.')} - {todo}")


def _known_rule(rule: str) -> str:
    from sync_agent.domain.rules import RULES
    from sync_agent.errors import ConfigError

    if rule not in RULES:
        near = get_close_matches(rule, RULES, n=1)
        raise ConfigError(
            "there is no rule {rule}",
            where="--rule",
            todo="did you mean {near}?" if near else "see docs/reference.md for the rules",
            facts=(("rule", rule), ("near", "".join(near))),
        )
    return rule


def release(
    context: typer.Context,
    key: Key,
    dash: Dash = None,
    *,
    rule: Rule,
    reason: Reason,
    digest: Annotated[
        str | None, typer.Option(metavar="DIGEST", help="What you looked at, as holds show names it.")
    ] = None,
    note: Note = False,
    overrule: Annotated[
        bool, typer.Option("--overrule", help="Although a person rejected this content; it is recorded.")
    ] = False,
) -> int:
    """Release the holds of one case by one rule, for the content that was looked at."""
    from sync_agent.bootstrap import open_agent
    from sync_agent.ledger import RequestKind
    from sync_agent.sync import ReleaseOrder

    options = options_of(context)
    _known_rule(rule)
    seen = digest or _looked_at(options, key)
    if seen is None:
        options.output.text(tr("Nothing was released."))
        return ExitCode.NEEDS_PERSON
    text = note_text(asked=note, source=dash)
    with open_agent(options.config) as agent:
        order = ReleaseOrder(key=key, rule=rule, digest=seen, reason=reason, overrule=overrule)
        number = have_done(options.output, agent, RequestKind.RELEASE, order, note=text)
    options.output.document({"released": number, "case": key, "rule": rule})
    options.output.text(tr("Released {count} holds of {case}.", count=number, case=key))
    return ExitCode.DONE


def _looked_at(options: Options, key: str) -> str | None:
    """Show the holds of a case and ask; return the digest of what was shown, None when the answer is no."""
    from sync_agent.bootstrap import open_desk
    from sync_agent.errors import ConfigError

    if options.output.json or not at_terminal():
        raise ConfigError(
            "a release names what was looked at",
            where="--digest",
            todo="run: sync-agent holds show KEY, then give its digest with --digest",
        )
    rows, digest = _seen(open_desk(options.config), key)
    _print(options.output, rows, digest=digest)
    return digest if agreed(tr("Release it as it is?")) else None


def reject(
    context: typer.Context, key: Key, dash: Dash = None, *, rule: Rule, reason: Reason, note: Note = False
) -> None:
    """Say that a case must not go up like this; it stays held, and is not offered again until its content changes."""
    from sync_agent.bootstrap import open_agent
    from sync_agent.ledger import RequestKind
    from sync_agent.sync import RejectOrder

    options = options_of(context)
    _known_rule(rule)
    text = note_text(asked=note, source=dash)
    with open_agent(options.config) as agent:
        order = RejectOrder(key=key, rule=rule, reason=reason)
        number = have_done(options.output, agent, RequestKind.REJECT, order, note=text)
    options.output.document({"rejected": number, "case": key, "rule": rule})
    options.output.text(trn("Rejected {count} hold of {case}.", "Rejected {count} holds of {case}.", number, case=key))
