"""`run`: the background service."""

import os

import typer

from sync_agent.cli.exits import ExitCode
from sync_agent.cli.failures import error_line
from sync_agent.cli.leaving import leave_threads_behind
from sync_agent.cli.options import options_of

__all__ = ["add"]


def add(app: typer.Typer) -> None:
    """Register the command."""
    app.command("run")(run)


def run(context: typer.Context) -> int:
    """Work in the background until told to end: a pass every minute, a full scan each night."""
    from sync_agent.bootstrap import open_agent
    from sync_agent.service import Manager, Service

    folder = options_of(context).config
    Service(lambda: open_agent(folder), Manager.of(os.environ), error_line).run()
    leave_threads_behind(ExitCode.DONE)
    return ExitCode.DONE
