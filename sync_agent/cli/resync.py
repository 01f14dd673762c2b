"""`resync`: sends again what the selectors name, after saying how much it is; asks first, and needs a reason."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from sync_agent.cli.actor import login_actor
from sync_agent.cli.asking import Dash, Note, agreed, at_terminal, note_text
from sync_agent.cli.cases import StateName
from sync_agent.cli.exits import ExitCode
from sync_agent.cli.options import options_of
from sync_agent.cli.output import Column, Output
from sync_agent.cli.requests import have_done
from sync_agent.cli.words import kind_word, rule_sentence, state_word, step_word
from sync_agent.domain.steps import Step
from sync_agent.i18n import mark, number_text, tr

if TYPE_CHECKING:
    from sync_agent.ledger import Selection
    from sync_agent.sync import Agent, ResyncPlan, ResyncReport

__all__ = ["add"]

_NEVER: Final = frozenset({StateName.IN_FLIGHT, StateName.UNCERTAIN})
_WHY: Final = {
    "absent": mark("no longer part of its case in the local system"),
    "unreadable": mark("the local system does not return its case any more"),
    "not_ready": mark("not ready in the local system"),
}
_BY_ITSELF: Final = frozenset({"acknowledged", "pending", "waiting", "in_flight"})
"""States of what is left that need nobody: a later pass goes on."""


def add(app: typer.Typer) -> None:
    """Register the command."""
    app.command("resync")(resync)


def resync(
    context: typer.Context,
    dash: Dash = None,
    *,
    case: Annotated[list[str] | None, typer.Option(metavar="KEY", help="Only these cases.")] = None,
    since: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], metavar="DAY", help="Only what was acknowledged (else tried) since DAY."),
    ] = None,
    until: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], metavar="DAY", help="And until DAY, it included.")
    ] = None,
    state: Annotated[StateName | None, typer.Option(help="Only messages in this state.")] = None,
    step: Annotated[Step | None, typer.Option(help="Only messages of this step.")] = None,
    agency: Annotated[str | None, typer.Option(metavar="CODE", help="Only cases of this agency.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every message; stands alone.")] = False,
    reason: Annotated[str, typer.Option(metavar="CODE", help="Why: a code, letters first, no spaces.")],
    note: Note = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Send and write nothing; show what is meant.")] = False,
    accept_plan: Annotated[
        str | None, typer.Option(metavar="DIGEST", help="Only if what is meant is what was shown with this digest.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> int:
    """Send again what the selectors name together, also where nothing has changed. Says how much it is, and asks."""
    from sync_agent.bootstrap import open_agent
    from sync_agent.ledger import Selection
    from sync_agent.sync import plan_resync

    options, sure = options_of(context), yes or accept_plan is not None
    chosen = Selection(
        cases=tuple(case or ()),
        since=since.date() if since else None,
        until=until.date() if until else None,
        state=state,
        step=step,
        agency=agency,
        everything=everything,
    )
    _require_sense(chosen, asks=not (sure or dry_run))
    text = note_text(asked=note, source=dash)
    with open_agent(options.config, new_ledger=False) as agent:
        chosen = _keyed(agent, chosen)
        plan = plan_resync(agent, chosen)
        if dry_run or not sure:
            print_plan(options.output, plan, dry_run=dry_run)
        if dry_run or not plan.messages or not (sure or agreed(tr("Send all of it again?"))):
            return _nothing(options.output, plan, dry_run=dry_run)
        accepted = accept_plan or (None if yes else plan.digest)
        return print_report(options.output, _sent_again(options.output, agent, chosen, reason, text, accepted))


def _sent_again(  # noqa: PLR0917 - what is asked for, and where it is shown
    output: Output, agent: "Agent", chosen: "Selection", reason: str, note: str | None, accepted: str | None
) -> "ResyncReport":
    """Have it marked and passes made until it is done, by the service where one holds the ledger."""
    from sync_agent.ledger import RequestKind
    from sync_agent.sync import Errand, Progress, ResyncOrder, SyncOrder, do, send_again

    def a_pass(shown: Progress) -> None:
        do(RequestKind.SYNC, SyncOrder(), Errand(agent=agent, actor=login_actor(), progress=shown), lambda _: None)

    order = ResyncOrder(selection=chosen, reason=reason, accepted=accepted)
    report: ResyncReport = have_done(output, agent, RequestKind.RESYNC, order, note=note)
    with output.progress() as progress:
        return send_again(agent, report, a_pass, progress)


def _require_sense(chosen: "Selection", *, asks: bool) -> None:
    from dataclasses import replace

    from sync_agent.errors import ConfigError

    others = not replace(chosen, everything=False).says_nothing
    if chosen.everything == others:
        raise ConfigError("say what is sent again: selectors, or --all alone", where="resync")
    if chosen.state in _NEVER:
        raise ConfigError(
            "what is on its way or uncertain is never sent again by itself",
            where="--state",
            todo="settle it first: sync-agent cases list --state uncertain",
        )
    if chosen.since and chosen.until and chosen.since > chosen.until:
        raise ConfigError("--since is after --until", where="resync")
    if asks and not at_terminal():
        raise ConfigError("say --yes: nobody can be asked here", where="resync")


def _keyed(agent: "Agent", chosen: "Selection") -> "Selection":
    """Return the selection with its cases by key. Raises SyncAgentError for one that the ledger does not know."""
    from dataclasses import replace

    from sync_agent.ledger import known_by_name

    with agent.ledger.read() as connection:
        found = [known_by_name(connection, agent.ledger.source_id, name).row.case_key for name in chosen.cases]
    return replace(chosen, cases=tuple(found))


def _nothing(output: Output, plan: "ResyncPlan", *, dry_run: bool) -> int:
    if not dry_run:
        output.document({"marked": 0})
        output.text(tr("Nothing was sent again.") if plan.messages else tr("There is nothing of the kind."))
    return ExitCode.DONE


def print_plan(output: Output, plan: "ResyncPlan", *, dry_run: bool) -> None:
    """Print what is meant, by kind, step and state; as JSON only where nothing else follows."""
    rows = [
        {"kind": kind or None, "step": step, "state": state, "messages": number}
        for (kind, step, state), number in sorted(plan.counts.items())
    ]
    if dry_run:
        output.document({"plan": plan.digest, "messages": plan.messages, "cases": plan.cases, "counts": rows})
    if output.json and not dry_run:
        return
    output.table(
        [
            Column("kind", tr("kind")),
            Column("step", tr("step")),
            Column("state", tr("state")),
            Column("messages", tr("messages"), right=True),
        ],
        [
            {
                **row,
                "kind": kind_word(str(row["kind"] or "")),
                "step": step_word(str(row["step"])),
                "state": state_word(str(row["state"])),
            }
            for row in rows
        ],
    )
    output.text()
    messages, cases = number_text(plan.messages), number_text(plan.cases)
    output.text(tr("{messages} messages of {cases} cases are meant.", messages=messages, cases=cases))
    output.text(tr("What is held, not ready or not expressible as an update stays as it is."))
    output.text(tr("The digest of this plan: {digest}", digest=plan.digest))
    if dry_run:
        output.text(tr("Nothing was sent or written."))


def print_report(output: Output, report: "ResyncReport") -> int:
    """Print what came of it and return the exit code: 1 when something needs a person."""
    output.document(report_content(report))
    output.text(tr("Marked now: {count} messages.", count=number_text(report.marked)))
    output.text(tr("Sent again and acknowledged: {count} messages.", count=number_text(report.acknowledged)))
    for why, number in sorted(report.dropped.items()):
        line = tr("Not sent again, {why}: {count}", why=_why(why), count=number_text(number))
        output.text(line)
    for state, number in sorted(report.left.items()):
        output.text(tr("Still to be sent again, {state}: {count}", state=state_word(state), count=number_text(number)))
    if report.left:
        output.text(tr("The next passes go on with these: {command}", command="sync-agent sync"))
    person = report.dropped.total() + sum(n for state, n in report.left.items() if state not in _BY_ITSELF)
    return ExitCode.NEEDS_PERSON if person else ExitCode.DONE


def report_content(report: "ResyncReport") -> dict[str, Any]:
    """Return a report in JSON values."""
    return {
        "marked": report.marked,
        "acknowledged": report.acknowledged,
        "dropped": dict(report.dropped),
        "left": dict(report.left),
        "passes": report.passes,
    }


def _why(code: str) -> str:
    """Return in words why something is not sent again: a state, or the rule that holds it."""
    return tr(_WHY[code]) if code in _WHY else f"{rule_sentence(code).rstrip('.')} ({code})"
