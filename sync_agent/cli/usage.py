"""What a person sees who typed a command wrongly, and in which language the help speaks."""

import gettext
import os
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import typer
from typer import TyperException
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from sync_agent.cli.examples import epilog
from sync_agent.cli.phrases import spoken
from sync_agent.i18n import DOMAIN, LOCALES, language, mark, tr

if TYPE_CHECKING:
    from typer._click.formatting import HelpFormatter
else:
    HelpFormatter = typer.Context.formatter_class  # where Typer keeps the class is its own affair

__all__ = ["speak", "usage_line"]

_OF_TYPER: Final = {
    "install_completion": mark("Have this shell complete commands, options and closed values."),
    "show_completion": mark("Print what makes this shell complete them."),
}
"""What the options do that Typer adds, in our words."""

_TYPE: Final = re.compile(r" <[a-z]+>$")
"""What Typer puts behind the name of an argument: the type as Python calls it."""


class _Formatter(HelpFormatter):
    """Writes what Typer has no translation for."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """Begin with the word of the reader's language."""
        super().write_usage(prog, args, prefix or tr("Usage:") + " ")

    def write_dl(self, rows: Sequence[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        """Leave the types of arguments out; those of options are names of ours."""
        super().write_dl([(_TYPE.sub("", name), text) for name, text in rows], col_max, col_spacing)


class _Context(typer.Context):
    """What a command runs in; its help is written by our formatter."""

    formatter_class = _Formatter


def speak(root: TyperGroup) -> None:
    """Put the help of every command and option into the reader's language."""
    gettext.bindtextdomain(DOMAIN, LOCALES)
    gettext.textdomain(DOMAIN)  # Typer's headings and a few of its sentences go through gettext
    os.environ["LANGUAGE"] = language().value
    _speak(root, typer.Context(root, info_name="sync-agent", **root.context_settings))


def _speak(command: TyperCommand | TyperGroup, context: typer.Context) -> None:
    command.context_class = _Context
    command.help = command.short_help = tr(command.help or "")  # wrapped in the list of commands, never cut
    command.epilog = epilog(context.command_path.partition(" ")[2])
    command.options_metavar = tr("[OPTIONS]")
    if isinstance(command, TyperGroup):
        command.subcommand_metavar = tr("COMMAND [ARGS]...")
    command.get_help_option(context)  # made now, so that it is among the parameters
    for parameter in command.get_params(context):
        if isinstance(parameter, TyperOption | TyperArgument):
            parameter.help = tr(_OF_TYPER.get(parameter.name or "") or parameter.help or "")
    for name, child in getattr(command, "commands", {}).items():
        _speak(child, typer.Context(child, info_name=name, parent=context))


def usage_line(error: TyperException) -> str:
    """Return what is wrong with the command line and where the help is."""
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "sync-agent"
    what = spoken(" ".join(error.format_message().split())).rstrip(".")
    return tr("error: {text}", text=what) + " - " + tr("see: {command}", command=f"{path} --help")
