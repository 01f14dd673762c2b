"""Which commands there are and which options they share. Imports nothing heavy: commands do, when they run."""

from pathlib import Path
from typing import Annotated

import typer
from typer.core import TyperGroup

from sync_agent import __version__
from sync_agent.cli import (
    accounts,
    adopt,
    audit,
    cases,
    check,
    codes,
    config,
    db,
    demo,
    holds,
    init,
    mapping,
    notify,
    privacy,
    reconcile,
    rekey,
    report,
    resync,
    run,
    serve,
    simulator,
    status,
    sync,
)
from sync_agent.cli.options import LANGUAGE_VARIABLE, Options
from sync_agent.cli.output import Output
from sync_agent.cli.usage import speak
from sync_agent.i18n import Language

__all__ = ["build_command"]

NOUNS = (
    demo,
    init,
    check,
    config,
    mapping,
    codes,
    sync,
    resync,
    reconcile,
    run,
    serve,
    accounts,
    status,
    cases,
    holds,
    report,
    notify,
    privacy,
    adopt,
    rekey,
    audit,
    db,
    simulator,
)
"""One module per noun; each has `add(app)`. The order is that of the help."""


def build_command() -> TyperGroup:
    """Return the whole command line, its help in the language of this process."""
    app = typer.Typer(
        name="sync-agent",
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(shared_options)
    for noun in NOUNS:
        noun.add(app)
    command = typer.main.get_command(app)
    if not isinstance(command, TyperGroup):
        raise TypeError("several commands are a group")
    speak(command)
    return command


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"sync-agent {__version__}")
        raise typer.Exit


def shared_options(
    *,
    context: typer.Context,
    config: Annotated[
        Path, typer.Option(metavar="DIR", envvar="SYNC_AGENT_CONFIG", help="The folder that holds agent.toml.")
    ] = Path(),
    lang: Annotated[
        Language, typer.Option(envvar=LANGUAGE_VARIABLE, help="The language of messages for people.")
    ] = Language.VI,
    json: Annotated[bool, typer.Option("--json", help="Print JSON on stdout and nothing else there.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No notes and no progress on stderr.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="After an error show its frames, never its data.")] = False,
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Sync local petition and complaint records into the national database, with proof."""
    context.obj = Options(config=config, language=lang, debug=debug, output=Output(json=json, quiet=quiet))
