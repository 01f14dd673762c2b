"""`simulator`: a national service on this machine, until it is interrupted."""

import os
from pathlib import Path
from typing import Annotated

import typer

from sync_agent.cli.options import options_of
from sync_agent.i18n import tr

__all__ = ["add"]


def add(app: typer.Typer) -> None:
    """Register the command."""
    app.command("simulator")(simulator)


def simulator(
    context: typer.Context,
    *,
    db: Annotated[Path, typer.Option(metavar="FILE", help="The SQLite file that keeps its state.")] = Path(
        "simulator.db"
    ),
    host: Annotated[str, typer.Option(metavar="ADDRESS", help="Where to listen.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, metavar="N", help="The port; 0 takes any free one.")] = 0,
    fault: Annotated[
        list[str] | None, typer.Option(metavar="SPEC", help="What goes wrong, for example lost@writes:share=0.02.")
    ] = None,
    capability: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="How the service behaves, for example link=on.")
    ] = None,
    account: Annotated[
        list[str] | None,
        typer.Option(metavar="USER:VARIABLE", help="HTTP Basic; the variable of the environment holds the password."),
    ] = None,
    token: Annotated[
        list[str] | None,
        typer.Option(metavar="ACCOUNT:VARIABLE", help="Bearer; the variable of the environment holds the token."),
    ] = None,
    lgsp: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ACCESS_KEY:VARIABLE",
            help="Behind an LGSP that gives tokens; the variable of the environment holds the secret key.",
        ),
    ] = None,
    token_seconds: Annotated[
        float, typer.Option(min=1, metavar="SECONDS", help="How long a token of the LGSP holds.")
    ] = 3600.0,
    seed: Annotated[int, typer.Option(metavar="N", help="Makes the faults the same at every run.")] = 0,
) -> None:
    """Run a national service to try the agent against."""
    from sync_agent.simulator import SimulatorOptions, parse_pairs, secrets_from, serve

    output = options_of(context).output

    def announce(url: str) -> None:
        output.document({"url": url, "db": str(db)})
        output.text(tr("The simulator answers at {url}", url=url))
        output.flush()
        output.note(tr("Stop it with Ctrl+C."))

    serve(
        SimulatorOptions(
            db=db,
            host=host,
            port=port,
            faults=tuple(fault or ()),
            capabilities=parse_pairs(capability or (), where="--capability"),
            accounts=secrets_from(account or (), os.environ, where="--account"),
            tokens=secrets_from(token or (), os.environ, where="--token"),
            lgsp=secrets_from(lgsp or (), os.environ, where="--lgsp"),
            token_seconds=token_seconds,
            seed=seed,
        ),
        announce,
    )
