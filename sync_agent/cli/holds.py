"""`holds list|show|release`: what waits for a person, which rule, and where to mend it."""

from difflib import get_close_matches
from typing import Annotated, Any

import typer

from sync_agent.cli.actor import login_actor
from sync_agent.cli.exits import ExitCode
from sync_agent.cli.options import options_of
from sync_agent.cli.output import Column, Output
from sync_agent.cli.words import rule_sentence, step_word
from sync_agent.i18n import number_text, tr

__all__ = ["add"]


def add(app: typer.Typer) -> None:
    """Register the commands."""
    holds = typer.Typer(help="What waits for a person.")
    holds.command("list")(list_holds)
    holds.command("show")(show)
    holds.command("release")(release)
    app.add_typer(holds, name="holds")


def list_holds(
    context: typer.Context,
    *,
    rule: Annotated[str | None, typer.Option(metavar="RULE", help="Only holds by this rule.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, metavar="N", help="At most N holds.")] = 100,
) -> int:
    """List what keeps cases from going up."""
    return _print(context, rule=_known_rule(rule) if rule else None, limit=limit)


def show(context: typer.Context, key: Annotated[str, typer.Argument(metavar="KEY")]) -> int:
    """Show what holds one case, what each rule means and whether a person may release it."""
    return _print(context, key=key, limit=1000)


def _print(context: typer.Context, *, limit: int, rule: str | None = None, key: str | None = None) -> int:
    from sync_agent.bootstrap import open_desk
    from sync_agent.domain.rules import RULES
    from sync_agent.ledger import known_by_name, queries

    options = options_of(context)
    desk = open_desk(options.config)
    with desk.ledger.read() as connection:
        source_id = desk.ledger.source_id
        case_id = known_by_name(connection, source_id, key).row.id if key else None
        found = queries.list_holds(connection, source_id, rule=rule, case_id=case_id, limit=limit)
    rows = [
        {
            "case": desk.names.shown(hold.case.case_key, protected=hold.case.protected_since is not None),
            "agency": hold.case.agency,
            "step": hold.finding.step,
            "local_key": hold.finding.local_key,
            "rule": hold.finding.rule,
            "level": hold.finding.level,
            "field": hold.finding.field,
            "where": hold.finding.place,
            "since": hold.finding.since,
            "releasable": hold.finding.rule in RULES and RULES[hold.finding.rule].releasable,
        }
        for hold in found
    ]
    options.output.records(rows)
    if not rows:
        options.output.text(tr("Nothing is held."))
        return ExitCode.DONE
    _table(options.output, rows)
    _legend(options.output, rows)
    if len(rows) == limit:
        options.output.note(tr("Only the first {count} are shown; more with --limit.", count=number_text(limit)))
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
        ],
        [{**row, "step": step_word(row["step"])} for row in rows],
    )


def _legend(output: Output, rows: list[dict[str, Any]]) -> None:
    """Say of each rule once what it means and what can be done about it."""
    releasable = {row["rule"]: row["releasable"] for row in rows}
    output.text()
    for rule, may_go in sorted(releasable.items()):
        todo = (
            tr("a person may release it: {command}", command=f"sync-agent holds release KEY --rule {rule}")
            if may_go
            else tr("mend it at its source")
        )
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
    key: Annotated[str, typer.Argument(metavar="KEY")],
    *,
    rule: Annotated[str, typer.Option(metavar="RULE", help="The rule that holds it.")],
    reason: Annotated[str, typer.Option(metavar="CODE", help="Why: a code, letters first, no spaces.")],
    note: Annotated[bool, typer.Option("--note", help="Ask for a note; it is kept where it can be erased.")] = False,
) -> None:
    """Release the holds of one case by one rule, for its content as it is now."""
    from sync_agent.bootstrap import open_agent
    from sync_agent.sync import release as let_go

    options = options_of(context)
    _known_rule(rule)
    text = typer.prompt(tr("Note"), default="", show_default=False, err=True) if note else ""
    with open_agent(options.config) as agent:
        number = let_go(agent, key, rule, reason=reason, note=text or None, actor=login_actor())
    options.output.document({"released": number, "case": key, "rule": rule})
    options.output.text(tr("Released {count} holds of {case}.", count=number, case=key))
