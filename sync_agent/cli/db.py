"""`db upgrade|check|backup|restored`: the schema of the ledger, the guards of its audit log, copies of it."""

from pathlib import Path
from typing import Annotated

import typer

from sync_agent.cli.actor import login_actor
from sync_agent.cli.asking import agreed, at_terminal
from sync_agent.cli.exits import ExitCode
from sync_agent.cli.options import options_of
from sync_agent.cli.words import step_word
from sync_agent.domain.steps import Step
from sync_agent.i18n import number_text, tr

__all__ = ["add"]


def add(app: typer.Typer) -> None:
    """Register the commands."""
    db = typer.Typer(help="The ledger's database.")
    db.command("upgrade")(upgrade)
    db.command("check")(check)
    db.command("backup")(backup)
    db.command("restored")(restored)
    app.add_typer(db, name="db")


def upgrade(
    context: typer.Context,
    *,
    backed_up: Annotated[
        bool, typer.Option("--backed-up", help="Of a ledger in PostgreSQL: there is a backup of its database.")
    ] = False,
) -> None:
    """Make the ledger, or bring it to the schema this version needs; a copy in SQLite is made first."""
    from sync_agent.bootstrap import upgrade_ledger

    options = options_of(context)
    copies: list[Path] = []
    revision = upgrade_ledger(
        options.config, actor=login_actor(), backed_up=lambda: backed_up or _says_so(), copied=copies.append
    )
    options.output.document({"revision": revision, "copy": str(copies[0]) if copies else None})
    for copy in copies:
        options.output.text(tr("The ledger was copied first, as it was: {file}", file=str(copy)))
        options.output.text(
            tr("Remove this copy when the new version has proved itself: an erasure may not reach what is in it.")
        )
    options.output.text(tr("The ledger is at schema {revision}.", revision=revision))


def _says_so() -> bool:
    """Ask whoever is at the terminal, if there is one."""
    return at_terminal() and agreed(tr("The schema changes. Is there a backup of the database, by pg_dump?"))


def check(context: typer.Context) -> int:
    """Compare schema and guards with what should be, and the audit log's root with its entries."""
    from sync_agent.audit import head, powers, recompute_root
    from sync_agent.bootstrap import open_desk
    from sync_agent.ledger import migrate

    options = options_of(context)
    desk = open_desk(options.config)
    with desk.ledger.read() as connection:
        problems, rights = migrate.problems(connection), powers(connection)
        stored, computed = head(connection), recompute_root(connection)
    sound = stored == computed
    options.output.document(
        {
            "problems": problems,
            "powers": rights,
            "entries": stored.size,
            "root": stored.root.hex(),
            "root_matches": sound,
        }
    )
    for problem in problems:
        options.output.text(tr("differs: {problem}", problem=problem))
    if rights:
        what = tr("the account of the agent may do more than it must: {powers}", powers=", ".join(rights))
        options.output.text(f"{what} - {tr('use roles apart for owner and agent, as the manual describes')}")
    size = number_text(stored.size)
    options.output.text(tr("{count} audit entries, root {root}", count=size, root=stored.root.hex()))
    if not sound:
        options.output.text(tr("The root of the audit log is not that of its entries."))
        return ExitCode.AUDIT
    return ExitCode.NEEDS_PERSON if problems else ExitCode.DONE


def backup(
    context: typer.Context, file: Annotated[Path, typer.Argument(metavar="FILE", help="A file that is not there yet.")]
) -> None:
    """Copy the ledger to a new file, also while a pass runs."""
    from sync_agent.bootstrap import open_desk
    from sync_agent.ledger import back_up

    options = options_of(context)
    copied = back_up(open_desk(options.config).ledger, file, actor=login_actor())
    options.output.document({"file": str(file), "entries": copied.size, "root": copied.root.hex()})
    size = number_text(copied.size)
    options.output.text(
        tr("The ledger was copied and checked: {count} audit entries, {file}", count=size, file=str(file))
    )
    options.output.text(
        tr("The keys in the state folder are not in it: keep copies of installation.key and seals.key apart from it.")
    )


def restored(
    context: typer.Context,
    *,
    reason: Annotated[str, typer.Option(metavar="CODE", help="Why: a code, letters first, no spaces.")],
) -> int:
    """Declare that an older copy of the ledger was put back: what may have gone up meanwhile is settled first."""
    from sync_agent.bootstrap import open_agent
    from sync_agent.sync import declare_restored

    options = options_of(context)
    with open_agent(options.config) as agent, options.output.progress() as progress:
        report = declare_restored(agent, reason=reason, actor=login_actor(), progress=progress)
    doubtful = sum(report.steps.values())
    options.output.document({"cases": report.cases, "uncertain": dict(report.steps)})
    options.output.text(tr("Declared. Nothing was sent; passes run again."))
    options.output.text(
        tr("Messages that may have gone up since the copy was made: {count}", count=number_text(doubtful))
    )
    for step in Step:
        if report.steps[step]:
            options.output.text(f"  {step_word(step)}: {number_text(report.steps[step])}")
    if doubtful:
        options.output.text(tr("The next passes look up what can be looked up; a person settles the rest."))
        options.output.text(tr("see: {command}", command="sync-agent cases list --state uncertain"))
    return ExitCode.NEEDS_PERSON if doubtful else ExitCode.DONE
