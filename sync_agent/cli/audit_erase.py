"""`audit erase`: destroys what ties log and ledger to a case, on a legal basis. Asks first; nothing brings it back."""

from typing import Annotated

import typer

from sync_agent.cli.actor import login_actor
from sync_agent.cli.asking import Dash, Note, agreed, at_terminal, note_text
from sync_agent.cli.exits import ExitCode
from sync_agent.cli.options import options_of
from sync_agent.i18n import number_text, tr

__all__ = ["add"]


def add(audit: typer.Typer) -> None:
    """Register the command."""
    audit.command("erase")(erase)


def erase(
    context: typer.Context,
    key: Annotated[str | None, typer.Argument(metavar="[KEY]", help="The case, by its key or pseudonym.")] = None,
    dash: Dash = None,
    *,
    reason: Annotated[str, typer.Option(metavar="CODE", help="The legal basis: a code, letters first, no spaces.")],
    older_than: Annotated[
        int | None,
        typer.Option(metavar="MONTHS", help="Instead of one: all cases of which nothing happened for so long."),
    ] = None,
    note: Note = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> int:
    """Destroy what ties the audit log and the ledger to a case. The log stays whole; the national record stays too."""
    from sync_agent.bootstrap import open_agent
    from sync_agent.errors import ConfigError
    from sync_agent.sync import erasable_since, erase_old
    from sync_agent.sync import erase as erase_one

    options = options_of(context)
    if older_than is not None and key == "-":
        key, dash = None, key  # there is no case to name: the only word is where the note comes from
    if (key is None) == (older_than is None):
        raise ConfigError("give exactly one of KEY and --older-than MONTHS", where="audit erase")
    if not (yes or at_terminal()):
        raise ConfigError("say --yes: nobody can be asked here", where="audit erase")
    written = note_text(asked=note, source=dash)
    with open_agent(options.config, new_ledger=False) as agent:
        old = None if older_than is None else erasable_since(agent, older_than)
        count = 1 if old is None else len(old)
        question = tr("{count} cases are erased for good, also in every backup. Go on?", count=number_text(count))
        if not count or not (yes or agreed(question)):
            options.output.document({"erased": 0})
            options.output.text(tr("Nothing was erased."))
            return ExitCode.DONE
        if old is None:
            whole = erase_one(agent, str(key), reason=reason, note=written, actor=login_actor())
        else:
            whole = erase_old(agent, old, reason=reason, note=written, actor=login_actor())
    options.output.document({"erased": count, "rewritten": whole})
    options.output.text(tr("Erased: {count} cases. The log goes on to prove what was done.", count=number_text(count)))
    options.output.text(tr("Now replace the copy of state/seals.key that is kept apart, and destroy the old one."))
    if not whole:
        options.output.text(tr("The database still holds removed rows: have its owner compact it, see the manual."))
    return ExitCode.DONE
