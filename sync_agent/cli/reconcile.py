"""`reconcile`: local system, ledger and national side compared case by case; with `--repair` what differs is mended."""

from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from sync_agent.cli.actor import login_actor
from sync_agent.cli.asking import Dash, Note, agreed, at_terminal, note_text
from sync_agent.cli.exits import ExitCode
from sync_agent.cli.options import Options, options_of
from sync_agent.cli.output import Column, Output
from sync_agent.cli.requests import have_done
from sync_agent.cli.words import state_word, step_word
from sync_agent.i18n import mark, number_text, tr

if TYPE_CHECKING:
    from sync_agent.sync import Agent, Difference, ReconcileReport, RepairReport

__all__ = ["add"]

_NAMED: Final = 50
"""So many differences are named on a screen; `--json` names all."""

_KINDS: Final = {
    "only_local": mark("only in the local system"),
    "only_ledger": mark("only in the ledger"),
    "only_national": mark("only in the national database"),
    "different_content": mark("the local content is another than the ledger knows"),
    "unknown_there": mark("acknowledged, and not to be found in the national database"),
    "id_of_another": mark("the record with its token has another national id"),
    "several": mark("several national records have its token"),
}
_KNOWN: Final = {
    "gone": mark("gone from the local system"),
    "absent": mark("no longer part of its case in the local system"),
    "deleted_locally": mark("went up, and was deleted in the local system since"),
}
_WHY_NOT: Final = {
    "look_up_unproven": mark("the look-up is not proven: what it does not find says nothing"),
    "no_account": mark("no account speaks for the agency"),
    "account_refused": mark("the national side refuses the account"),
    "account_resting": mark("the account rests after failures"),
    "unreachable": mark("the national side did not answer"),
    "taken_over": mark("taken over from others: the record has no token of ours"),
    "too_new": mark("acknowledged a moment ago: it need not be found yet"),
}


def add(app: typer.Typer) -> None:
    """Register the command."""
    app.command("reconcile")(reconcile)


def reconcile(
    context: typer.Context,
    dash: Dash = None,
    *,
    since: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], metavar="DAY", help="Only cases that changed or went up since DAY."),
    ] = None,
    sample: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Only N cases drawn at random; says how sure that makes.")
    ] = None,
    mend: Annotated[
        bool, typer.Option("--repair", help="Show what would mend each difference, ask, and do it.")
    ] = False,
    reason: Annotated[
        str | None, typer.Option(metavar="CODE", help="With --repair, why: a code, letters first, no spaces.")
    ] = None,
    note: Note = False,
    yes: Annotated[bool, typer.Option("--yes", help="With --repair: do not ask.")] = False,
) -> int:
    """Compare local system, ledger and national side by case and step. Every difference goes into the audit log."""
    from sync_agent.bootstrap import open_agent
    from sync_agent.sync import reconcile as compare

    options = options_of(context)
    _require_sense(mend=mend, reason=reason, asks=not yes)
    text = note_text(asked=note, source=dash)
    with open_agent(options.config, new_ledger=False) as agent:
        with options.output.progress() as progress:
            report = compare(
                agent, since=since.date() if since else None, sample=sample, actor=login_actor(), progress=progress
            )
        _print(options.output, report, alone=not mend)
        if not mend:
            return ExitCode.NEEDS_PERSON if report.differences else ExitCode.DONE
        return _mended(options, agent, report, reason=reason or "", note=text, yes=yes)


def _require_sense(*, mend: bool, reason: str | None, asks: bool) -> None:
    from sync_agent.errors import ConfigError

    if mend and not reason:
        raise ConfigError("say why with --reason CODE", where="reconcile --repair")
    if mend and asks and not at_terminal():
        raise ConfigError("say --yes: nobody can be asked here", where="reconcile --repair")


def _print(output: Output, report: "ReconcileReport", *, alone: bool) -> None:
    if alone:
        output.document(_content(report))
    if output.json:
        return
    output.text(tr("Compared: {count} of {all} cases.", count=_n(report.cases), all=_n(report.population)))
    for known, number in sorted(report.known.items()):
        what = tr(_KNOWN[known]) if known in _KNOWN else state_word(known)
        output.text(tr("Known to the ledger, {what}: {count} messages", what=what, count=_n(number)))
    _print_limits(output, report)
    if report.differences:
        output.text()
        _table(output, report.differences)
    output.text()
    output.text(
        tr("{count} differences in {cases} cases.", count=_n(len(report.differences)), cases=_n(report.different_cases))
    )
    if report.sampled:
        output.text(_confidence(report))


def _print_limits(output: Output, report: "ReconcileReport") -> None:
    """Say what nobody can compare, and what could not be compared this time."""
    output.text(
        tr("The contract gives no content back and looks up cases only: of later steps nothing there was compared.")
    )
    for why, number in sorted(report.not_compared.items()):
        output.text(tr("Not compared with the national side, {why}: {count}", why=tr(_WHY_NOT[why]), count=_n(number)))


def _table(output: Output, differences: "list[Difference]") -> None:
    output.table(
        [
            Column("case", tr("case"), whole=True),
            Column("step", tr("step")),
            Column("local_key", tr("local key"), sparse=True),
            Column("kind", tr("difference")),
        ],
        [{**_row(each), "step": step_word(each.step), "kind": tr(_KINDS[each.kind])} for each in differences[:_NAMED]],
    )
    if len(differences) > _NAMED:
        output.note(tr("Only the first {count} are shown; all with --json.", count=_n(_NAMED)))


def _confidence(report: "ReconcileReport") -> str:
    """Say in one sentence what the sample tells of all."""
    share = report.most_different / report.population if report.population else 0
    return tr(
        "{found} of {sample} cases drawn at random differ: with 95 % confidence at most {most} of all {all} do"
        " ({share} %). By the exact hypergeometric distribution.",
        found=_n(report.different_cases),
        sample=_n(report.cases),
        most=_n(report.most_different),
        all=_n(report.population),
        share=f"{100 * share:.2f}",
    )


def _mended(
    options: Options, agent: "Agent", report: "ReconcileReport", *, reason: str, note: str | None, yes: bool
) -> int:
    """Show what would be done, ask, and have it done."""
    from sync_agent.ledger import RequestKind
    from sync_agent.sync import REMEDIES, RepairOrder

    output = options.output
    able = [each for each in report.differences if each.kind in REMEDIES]
    _print_plan(output, report)
    if not able or not (yes or agreed(tr("Repair {count} differences like this?", count=_n(len(able))))):
        output.document(_content(report) | {"repaired": {}})
        output.text(tr("Nothing was repaired."))
        return ExitCode.NEEDS_PERSON if report.differences else ExitCode.DONE
    order = RepairOrder(differences=[each.content for each in able], reason=reason)
    done: RepairReport = have_done(output, agent, RequestKind.RECONCILE, order, note=note)
    left = len(report.differences) - len(able) + done.for_a_person.total()
    output.document(_content(report) | {"repaired": dict(done.repaired), "for_a_person": left})
    for kind, number in sorted(done.repaired.items()):
        output.text(tr("Repaired, {what}: {count}", what=tr(_KINDS[kind]), count=_n(number)))
    if done.vanished:
        output.text(tr("No longer different: {count}", count=_n(done.vanished)))
    output.text(tr("What is to go up goes with the next pass: {command}", command="sync-agent sync"))
    if left:
        output.text(tr("{count} differences need a person.", count=_n(left)))
    return ExitCode.NEEDS_PERSON if left else ExitCode.DONE


def _print_plan(output: Output, report: "ReconcileReport") -> None:
    from sync_agent.sync import REMEDIES

    if output.json:
        return
    for kind, number in sorted(Counter(each.kind for each in report.differences).items()):
        remedy = tr(REMEDIES[kind]) if kind in REMEDIES else tr("nothing can be taken back: a person must look")
        output.text(f"{tr(_KINDS[kind])} ({_n(number)}): {remedy}")


def _row(each: "Difference") -> dict[str, Any]:
    return {"case": each.shown, "step": each.step, "local_key": each.local_key, "kind": each.kind.value}


def _content(report: "ReconcileReport") -> dict[str, Any]:
    content: dict[str, Any] = {
        "population": report.population,
        "cases": report.cases,
        "messages": dict(report.messages),
        "known": dict(report.known),
        "look_up": {"tells": report.tells, "proven": report.proven, "not_compared": dict(report.not_compared)},
        "not_comparable": ["content", "processing", "acceptance", "settlement", "enforcement"],
        "differences": [_row(each) for each in report.differences],
    }
    if report.sampled:
        content["confidence"] = {"level": 0.95, "most_different": report.most_different}
    return content


def _n(number: int) -> str:
    return number_text(number)
