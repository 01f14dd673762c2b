"""`db upgrade|check`: the schema of the ledger and the guards of the audit log."""

import typer

from sync_agent.cli.exits import ExitCode
from sync_agent.cli.options import options_of
from sync_agent.i18n import number_text, tr

__all__ = ["add"]


def add(app: typer.Typer) -> None:
    """Register the commands."""
    db = typer.Typer(help="The ledger's database.")
    db.command("upgrade")(upgrade)
    db.command("check")(check)
    app.add_typer(db, name="db")


def upgrade(context: typer.Context) -> None:
    """Make the ledger, or bring it to the schema this version needs."""
    from sync_agent.bootstrap import upgrade_ledger

    options = options_of(context)
    revision = upgrade_ledger(options.config)
    options.output.document({"revision": revision})
    options.output.text(tr("The ledger is at schema {revision}.", revision=revision))


def check(context: typer.Context) -> int:
    """Compare schema and guards with what should be, and the audit log's root with its entries."""
    from sync_agent.audit import head, recompute_root
    from sync_agent.bootstrap import open_desk
    from sync_agent.ledger import migrate

    options = options_of(context)
    desk = open_desk(options.config)
    with desk.ledger.read() as connection:
        problems = migrate.problems(connection)
        stored, computed = head(connection), recompute_root(connection)
    sound = stored == computed
    options.output.document(
        {"problems": problems, "entries": stored.size, "root": stored.root.hex(), "root_matches": sound}
    )
    for problem in problems:
        options.output.text(tr("differs: {problem}", problem=problem))
    size = number_text(stored.size)
    options.output.text(tr("{count} audit entries, root {root}", count=size, root=stored.root.hex()))
    if not sound:
        options.output.text(tr("The root of the audit log is not that of its entries."))
        return ExitCode.AUDIT
    return ExitCode.NEEDS_PERSON if problems else ExitCode.DONE
