"""`serve`: the auditors' pages, in a process of their own that can only read the ledger and ask the service."""

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sync_agent.cli.exits import ExitCode
from sync_agent.cli.failures import frame_lines, internal_line, say
from sync_agent.cli.options import Options, options_of
from sync_agent.i18n import tr

if TYPE_CHECKING:
    from sync_agent.bootstrap import Desk

__all__ = ["add"]


def add(app: typer.Typer) -> None:
    """Register the command."""
    app.command("serve")(serve)


def serve(
    context: typer.Context,
    *,
    host: Annotated[str | None, typer.Option(metavar="ADDRESS", help="Where to listen; else web.address.")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, metavar="N", help="The port, else web.port; 0 takes any free one.")
    ] = None,
) -> int:
    """Show the pages to auditors and operators until told to end."""
    from sync_agent.bootstrap import installation_key, open_for_web, proxy_secret
    from sync_agent.ledger import sealed_note
    from sync_agent.web import make_app
    from sync_agent.web import serve as answer

    options = options_of(context)
    desk = open_for_web(options.config, **_given(address=host, port=port))
    _warn_of_nobody(options, desk)

    def announce(url: str) -> None:
        options.output.document({"url": url})
        options.output.text(tr("The pages answer at {url}", url=url))
        options.output.flush()
        options.output.note(tr("Stop it with Ctrl+C."))

    def tell(error: BaseException) -> None:
        say(internal_line(error))
        for line in frame_lines(error) if options.debug else ():
            say(line)

    secret, key = proxy_secret(desk.settings), installation_key(desk.settings.state)
    try:
        answer(make_app(desk, seal=partial(sealed_note, key), tell=tell, proxy_secret=secret), desk.settings, announce)
    except KeyboardInterrupt:  # uvicorn ends in good order first, and then hands on what it was told
        options.output.note(tr("The pages have ended."))
    return ExitCode.DONE


def _given(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _warn_of_nobody(options: Options, desk: "Desk") -> None:
    from sync_agent.ledger import all_accounts

    with desk.ledger.read() as connection:
        if not any(account.disabled_at is None for account in all_accounts(connection)):
            options.output.note(tr("Nobody can sign in yet: sync-agent accounts add NAME --role auditor"))
