"""What a person sees who typed a command wrongly, and in which language the help speaks."""

import gettext
import os

import typer
from typer import TyperException
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from sync_agent.cli.phrases import spoken
from sync_agent.i18n import DOMAIN, LOCALES, language, tr

__all__ = ["speak", "usage_line"]


def speak(root: TyperGroup) -> None:
    """Put the help of every command and option into the reader's language."""
    gettext.bindtextdomain(DOMAIN, LOCALES)
    gettext.textdomain(DOMAIN)  # Typer's headings and a few of its sentences go through gettext
    os.environ["LANGUAGE"] = language().value
    _speak(root, typer.Context(root, **root.context_settings))


def _speak(command: TyperCommand | TyperGroup, context: typer.Context) -> None:
    command.help = tr(command.help or "")
    command.get_help_option(context)  # made now, so that it is among the parameters
    for parameter in command.get_params(context):
        if isinstance(parameter, TyperOption | TyperArgument):
            parameter.help = tr(parameter.help or "")
    for child in getattr(command, "commands", {}).values():
        _speak(child, typer.Context(child, parent=context))


def usage_line(error: TyperException) -> str:
    """Return what is wrong with the command line and where the help is."""
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "sync-agent"
    what = spoken(error.format_message()).rstrip(".")
    return tr("error: {text}", text=what) + " - " + tr("see: {command}", command=f"{path} --help")
