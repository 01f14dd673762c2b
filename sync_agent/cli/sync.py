"""`sync`: one pass now; with `--dry-run` what it would send."""

from collections import Counter
from typing import TYPE_CHECKING, Annotated

import typer

from sync_agent.cli.exits import ExitCode
from sync_agent.cli.figures import needing_a_person, print_messages, print_next, print_stopped
from sync_agent.cli.options import options_of
from sync_agent.cli.output import Column, Output
from sync_agent.cli.program import program
from sync_agent.cli.requests import have_done
from sync_agent.cli.words import state_word, step_word
from sync_agent.domain.steps import STEP_ORDER, Step
from sync_agent.i18n import number_text, time_text, tr

if TYPE_CHECKING:
    from sync_agent.ledger import Ledger
    from sync_agent.sync import Agent, PassReport

__all__ = ["add", "print_pass"]

_NAMED = 20
"""So many cases that would be gone are named on a screen; `--json` names all."""


def add(app: typer.Typer) -> None:
    """Register the command."""
    app.command("sync")(sync)


def sync(
    context: typer.Context,
    *,
    limit: Annotated[int | None, typer.Option(min=1, metavar="N", help="Send at most N messages.")] = None,
    case: Annotated[list[str] | None, typer.Option(metavar="KEY", help="Only these cases.")] = None,
    full: Annotated[
        bool, typer.Option("--full", help="Read every case, and find what is gone or changed unnoticed.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Send and write nothing; show what would go up.")] = False,
    accept_plan: Annotated[
        str | None, typer.Option(metavar="DIGEST", help="Let the plan with this digest through the volume guard.")
    ] = None,
) -> int:
    """Make the national database equal to the local one, once."""
    from sync_agent.bootstrap import open_agent
    from sync_agent.errors import ConfigError
    from sync_agent.ledger import RequestKind
    from sync_agent.sync import SyncOrder, local_keys, rehearse

    options = options_of(context)
    if full and case:
        raise ConfigError("give only one of --full and --case", where="sync")
    with open_agent(options.config, new_ledger=not dry_run) as agent:
        if dry_run:
            with options.output.progress() as progress:
                plan = rehearse(agent, keys=local_keys(agent, case or ()), full=full, progress=progress)
            print_plan(options.output, agent, plan)
            return ExitCode.DONE
        order = SyncOrder(cases=case or [], full=full, limit=limit, accepted=accept_plan)
        report = have_done(options.output, agent, RequestKind.SYNC, order)
        return print_pass(options.output, agent.ledger, report)


def print_plan(output: Output, agent: "Agent", report: "PassReport") -> None:
    """Print what would go up, per case and step, and the digest that names it."""
    plan = report.plan
    if plan is None:
        return
    rows = [
        {
            "case": agent.names.shown(row.case_key, protected=row.protected),
            "step": row.step,
            "local_key": row.local_key,
            "action": "update" if row.update else "create",
            "why": row.why,
        }
        for row in sorted(plan.rows, key=lambda row: (row.case_key, STEP_ORDER[Step(row.step)], row.local_key))
    ]
    leaving = [agent.names.shown(each.case_key, protected=each.protected) for each in plan.leaving]
    with agent.ledger.read() as connection:
        signed = agent.signed(connection)
    output.document(
        {"plan": plan.digest, "messages": rows, "gone": leaving, "counts": plan.counts, "policy_signed": signed}
    )
    words = {"update": tr("update"), "create": tr("create")}
    reasons = {"new": tr("new"), "changed": tr("changed"), "retry": tr("tried before")}
    output.table(
        [
            Column("case", tr("case"), whole=True),
            Column("step", tr("step")),
            Column("action", tr("action")),
            Column("why", tr("why")),
        ],
        [
            {
                **row,
                "step": step_word(str(row["step"])),
                "action": words[str(row["action"])],
                "why": reasons[str(row["why"])],
            }
            for row in rows
        ],
    )
    output.text()
    for step in Step:
        created, updated = plan.counts.get(f"{step}.create", 0), plan.counts.get(f"{step}.update", 0)
        if created or updated:
            text = tr("{created} new, {updated} changed", created=number_text(created), updated=number_text(updated))
            output.text(f"{step_word(step)}: {text}")
    output.text(tr("{count} messages would go up; nothing was sent or written.", count=number_text(len(rows))))
    if not signed:
        command = f"{program()} privacy sign"
        output.text(
            tr("Nobody has signed the privacy policy in force: nothing goes up before. {command}", command=command)
        )
    if leaving:
        line = tr("{count} cases would count as gone from the local system:", count=number_text(len(leaving)))
        output.text(f"{line} {', '.join(leaving[:_NAMED])}{' …' if len(leaving) > _NAMED else ''}")
    output.text(tr("The digest of this plan: {digest}", digest=plan.digest))


def print_pass(output: Output, ledger: "Ledger", report: "PassReport") -> int:
    """Print what a pass did and return its exit code: 1 when something needs a person."""
    from sync_agent.ledger import queries

    with ledger.read() as connection:
        overview = queries.overview(connection, ledger.source_id)
    totals: Counter[str] = Counter()
    for (_, state), number in overview.messages.items():
        totals[state] += number
    person = needing_a_person(overview)
    closed = [{"account": lane.account, "cause": lane.cause} for lane in report.delivered.closed.values()]
    output.document(
        {
            "pass": report.counts,
            "messages": dict(totals),
            "needs_person": person,
            "refused_again": overview.refused_again,
            "accounts_refused": closed,
            "accounts_resting": dict(report.delivered.resting),
        }
    )
    if report.scanned is not None:
        read, changed = number_text(report.scanned.read), number_text(report.scanned.changed)
        output.text(tr("Read {read} cases, {changed} of them new or changed.", read=read, changed=changed))
        if report.scanned.missing:
            missing = number_text(report.scanned.missing)
            output.text(tr("{count} known cases are no longer in the local system.", count=missing))
    _print_sent(output, report)
    _print_told(output, report)
    if totals:
        output.text()
        print_messages(output, overview.messages)
        output.text()
    if report.delivered.settling:
        count = number_text(report.delivered.settling)
        output.text(tr("{count} cases wait until they read the same for long enough.", count=count))
    if report.delivered.creations_stopped:
        print_stopped(output, len(report.delivered.kept_back))
    _print_refused(output, report)
    print_next(output, overview)
    stopped = report.delivered.creations_stopped
    return ExitCode.NEEDS_PERSON if person or closed or stopped else ExitCode.DONE


def _print_refused(output: Output, report: "PassReport") -> None:
    """Say which accounts were refused, so that no more of theirs was sent, and what to do."""
    for lane in report.delivered.closed.values():
        what = tr(lane.what, account=lane.account)
        output.text(tr("{what}; its messages wait for the next pass - {todo}", what=what, todo=tr(lane.todo)))
    for account, until in report.delivered.resting.items():
        output.text(tr("Account {account} rests: its next try is at {time}.", account=account, time=time_text(until)))
    count = report.settled["account_refused"]
    if count:
        line = tr(
            "Lost answers that could not be looked up, because their account is refused: {count}",
            count=number_text(count),
        )
        output.text(f"{line} - {tr('see: {command}', command='sync-agent check --probe')}")


def _print_told(output: Output, report: "PassReport") -> None:
    """Say how many acknowledgements the local system was told, and how many it could not be."""
    if report.told["written_back"]:
        count = number_text(report.told["written_back"])
        output.text(tr("Written back to the local system: {count} messages.", count=count))
    if report.told["not_written_back"]:
        count = number_text(report.told["not_written_back"])
        line = tr("Could not be written back, and is tried again: {count} messages.", count=count)
        output.text(f"{line} - {tr('see: {command}', command='sync-agent status')}")


def _print_sent(output: Output, report: "PassReport") -> None:
    """Say what became of the messages this pass sent, and of those whose outcome was not known before it."""
    sent = report.delivered.outcomes
    output.text(tr("Acknowledged now: {count} messages.", count=number_text(sent["acknowledged"])))
    for state, number in sorted(sent.items()):
        if state != "acknowledged":
            output.text(tr("Of those sent, {state}: {count}", state=state_word(state), count=number_text(number)))
    settled = {
        "found": tr("Lost answers found by look-up: {count}", count=number_text(report.settled["found"])),
        "not_found": tr("Lost messages that had not arrived: {count}", count=number_text(report.settled["not_found"])),
        "repeatable": tr("Lost updates sent once more: {count}", count=number_text(report.settled["repeatable"])),
    }
    for how, line in settled.items():
        if report.settled[how]:
            output.text(line)
