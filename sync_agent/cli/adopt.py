"""`adopt --decline`: declare, before the first send, that nothing of this source is in the national database yet."""

from typing import Annotated

import typer

from sync_agent.cli.actor import login_actor
from sync_agent.cli.options import options_of
from sync_agent.i18n import tr

__all__ = ["add"]


def add(app: typer.Typer) -> None:
    """Register the command."""
    app.command("adopt")(adopt)


def adopt(
    context: typer.Context,
    *,
    decline: Annotated[bool, typer.Option("--decline", help="Nothing is to be taken over.")],
    reason: Annotated[str, typer.Option(metavar="CODE", help="Why: a code, letters first, no spaces.")],
) -> None:
    """Say how cases that are already in the national database are treated, before the first send."""
    from sync_agent.bootstrap import open_agent
    from sync_agent.errors import ConfigError
    from sync_agent.sync import decline_adoption

    options = options_of(context)
    if not decline:
        raise ConfigError("give --decline", where="adopt")
    with open_agent(options.config) as agent:
        decline_adoption(agent, reason=reason, actor=login_actor())
    options.output.document({"declined": reason})
    options.output.text(tr("Declared: nothing is taken over. Cases in scope go up with the next pass."))
