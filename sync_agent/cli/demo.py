"""`demo`: the whole thing on this machine, in one command."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from sync_agent.cli.actor import login_actor
from sync_agent.cli.exits import ExitCode
from sync_agent.cli.figures import print_messages
from sync_agent.cli.options import options_of
from sync_agent.cli.output import Column, Output
from sync_agent.cli.program import program
from sync_agent.cli.words import rule_sentence
from sync_agent.i18n import number_text, tr

if TYPE_CHECKING:
    from sync_agent.demo import DemoReport
    from sync_agent.sync import Progress

__all__ = ["add"]


def add(app: typer.Typer) -> None:
    """Register the command."""
    app.command("demo")(demo)


class _Teller:
    """Shows progress, and says in the reader's language what happens in between."""

    def __init__(self, output: Output, progress: "Progress") -> None:
        self._output = output
        self._progress = progress

    def stage(self, name: str, total: int | None) -> None:
        """Pass the stage on."""
        self._progress.stage(name, total)

    def advance(self, count: int = 1) -> None:
        """Pass the advance on."""
        self._progress.advance(count)

    def finish(self) -> None:
        """Pass the end on."""
        self._progress.finish()

    def say(self, message: str, **facts: object) -> None:
        """Begin a step of the demo."""
        self._progress.finish()
        self._output.note(tr(message, **{name: _told(fact) for name, fact in facts.items()}))

    def add(self, message: str, **facts: object) -> None:
        """Tell what happened in it."""
        self._progress.finish()
        self._output.note("   " + tr(message, **{name: _told(fact) for name, fact in facts.items()}))


def _told(fact: object) -> object:
    match fact:
        case int():
            return number_text(fact)
        case str():
            return tr(fact)
        case _:
            return fact


def demo(
    context: typer.Context,
    *,
    folder: Annotated[Path, typer.Option("--dir", metavar="DIR", help="Where to leave the configuration.")] = Path(
        "demo-sync-agent"
    ),
    cases: Annotated[int, typer.Option(min=1, max=20_000, metavar="N", help="How many invented cases.")] = 500,
    faults: Annotated[bool, typer.Option("--faults", help="Let the national side fail in every way it may.")] = False,
    seed: Annotated[
        int, typer.Option(metavar="N", help="Makes the invented cases and the faults the same at every run.")
    ] = 1,
) -> int:
    """Play it all here: invented cases, a simulated national side, changes, a second pass, the proof."""
    from sync_agent.demo import run_demo

    output = options_of(context).output
    with output.progress() as progress:
        teller = _Teller(output, progress)
        report = run_demo(folder, cases=cases, faults=faults, seed=seed, actor=login_actor(), narrator=teller)
    _document(output, report)
    if not output.json:
        _print_figures(output, report)
        _print_checks(output, report)
        _print_commands(output, report)
    return ExitCode.DONE if report.sound else ExitCode.NEEDS_PERSON


def _document(output: Output, report: "DemoReport") -> None:
    output.document(
        {
            "folder": str(report.folder),
            "national": report.url,
            "messages": [
                {"step": step, "state": state, "count": count}
                for (step, state), count in sorted(report.messages.items())
            ],
            "held": report.held,
            "faults": report.faults,
            "lost_answers_settled": report.settled,
            "requests_by_pass": report.requests,
            "second_pass_messages": len(report.second_pass),
            "audit_entries": report.audit_entries,
            "checks": report.checks,
        }
    )


def _print_figures(output: Output, report: "DemoReport") -> None:
    from sync_agent.demo import FAULTS

    output.text()
    print_messages(output, report.messages)
    output.text(tr("What stands behind a held or unready step of its case is still to be sent."))
    output.text()
    output.table(
        [
            Column("cases", tr("cases"), right=True),
            Column("rule", tr("rule"), whole=True),
            Column("meaning", tr("meaning")),
        ],
        [
            {"cases": number, "rule": rule, "meaning": rule_sentence(rule)}
            for rule, number in sorted(report.held.items())
        ],
        title=tr("Held, as they should be"),
    )
    if report.faults:
        output.text()
        output.table(
            [
                Column("count", tr("times"), right=True),
                Column("does", tr("what the national side did")),
                Column("answer", tr("what the agent made of it")),
            ],
            [
                {"count": report.faults[fault.spec], "does": tr(fault.does), "answer": tr(fault.answer)}
                for fault in FAULTS
                if fault.spec in report.faults
            ],
        )
        output.text(
            tr(
                "Lost answers: {found} found by look-up, {not_found} not there and sent again, "
                "{repeatable} updates sent once more, {person} settled by you.",
                **{how: report.settled.get(how, 0) for how in ("found", "not_found", "repeatable", "person")},
            )
        )


def _print_checks(output: Output, report: "DemoReport") -> None:
    output.text()
    first, second, third = (number_text(number) for number in report.requests)
    output.text(
        tr(
            "Requests: {first} in the first pass, {second} in the second, {third} in the third.",
            first=first,
            second=second,
            third=third,
        )
    )
    output.text(tr("Entries in the audit log: {count}", count=number_text(report.audit_entries)))
    output.text()
    for sentence, held in report.checks.items():
        output.text(f"{'✓' if held else '✗'} {tr(sentence)}")


def _print_commands(output: Output, report: "DemoReport") -> None:
    """Print what a newcomer may type next, word for word."""
    folder = shlex.quote(str(report.folder))
    agent = f"{program()} --config {folder}"
    database = shlex.quote(str(report.folder / "simulator.db"))
    port = urlsplit(report.url).port
    looks = ["status", "holds list"]
    looks += [f"holds show {report.examples['held']}"] if "held" in report.examples else []
    looks += [f"cases show {report.examples['acknowledged']}"] if "acknowledged" in report.examples else []
    looks += ["privacy show", "audit list", "audit verify"]
    output.text()
    output.text(tr("Look around:"))
    for words in looks:
        output.text(f"  {agent} {words}")
    output.text()
    output.text(tr("To sync again, start the national side in another terminal; it lets any account in:"))
    output.text(f"  {program()} simulator --db {database} --port {port}")
    output.text(tr("Then:"))
    for words in ("check --probe", "sync --dry-run", "sync"):
        output.text(f"  {agent} {words}")
    output.text()
    output.text(tr("To open the auditors' pages in a browser; a password is asked for:"))
    for words in ("accounts add auditor --role auditor", "serve"):
        output.text(f"  {agent} {words}")
