"""`init`: a complete configuration to start from."""

import shlex
from pathlib import Path
from typing import Annotated

import typer

from sync_agent.cli.options import options_of
from sync_agent.cli.program import program
from sync_agent.i18n import tr

__all__ = ["add"]


def add(app: typer.Typer) -> None:
    """Register the command."""
    app.command("init")(init)


def init(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new or an empty folder.")],
) -> None:
    """Make a complete, commented configuration in DIR."""
    from sync_agent.resources import INSTALLATION_KEY, create_configuration

    made = create_configuration(folder)
    output = options_of(context).output
    output.document(
        {"folder": str(folder), "files": [path.as_posix() for path in made], "key": INSTALLATION_KEY.as_posix()}
    )
    output.text(tr("The configuration is in {folder}.", folder=folder))
    output.text(
        tr("1. agent.toml: the mode, the local database, the national service and its accounts, what may go up.")
    )
    output.text(tr("2. profiles/ and codes/: how local tables and codes become national ones."))
    output.text(tr("3. privacy.toml: what may leave; a named person signs it before anything goes up."))
    output.text(tr("4. {key}: keep a copy apart from this machine and from its backups.", key=INSTALLATION_KEY))
    output.text(
        tr(
            "5. {file}: write the secret of the account into it, for the agent's own account only: {command}",
            file="state/national.secret",
            command="chmod 600",
        )
    )
    output.text(tr("Then: {command}", command=f"{program()} --config {shlex.quote(str(folder))} check"))
