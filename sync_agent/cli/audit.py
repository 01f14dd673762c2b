"""`audit …`: what was decided and done, and the signed heads that stand for it; most verbs have a file of their own."""

from typing import Annotated

import typer

from sync_agent.cli import audit_erase, audit_export, audit_prove, audit_read, audit_verify
from sync_agent.cli.actor import login_actor
from sync_agent.cli.audit_select import open_log
from sync_agent.cli.exits import ExitCode
from sync_agent.cli.options import options_of
from sync_agent.i18n import number_text, tr

__all__ = ["add"]


def add(app: typer.Typer) -> None:
    """Register the commands."""
    audit = typer.Typer(help="The audit log.")
    for verbs in (audit_read, audit_verify, audit_prove, audit_export, audit_erase):
        verbs.add(audit)
    audit.command("checkpoint")(checkpoint)
    audit.command("key")(key)
    app.add_typer(audit, name="audit")


def checkpoint(context: typer.Context) -> int:
    """Sign the head of the log now and take it to every place outside that is named in the settings."""
    from sync_agent.audit import DONE, CheckpointReason
    from sync_agent.bootstrap import open_desk

    options = options_of(context)
    desk = open_log(open_desk(options.config))
    stored = desk.heads.sign(desk.ledger, CheckpointReason.PERSON)
    taken = desk.heads.take_out(desk.ledger, stored, asked=True)
    options.output.document(
        {"number": stored.number, "size": stored.size, "note": stored.note.decode(), "anchors": taken}
    )
    count = number_text(stored.size)
    options.output.text(tr("Head {number} of the audit log, {count} entries:", number=stored.number, count=count))
    for line in stored.note.decode().splitlines():
        options.output.text(line)
    for name, outcome in taken.items():
        word = tr("taken to {name}", name=name) if outcome == DONE else tr("not taken to {name}", name=name)
        options.output.text(word if outcome == DONE else f"{word}: {outcome}")
    if not taken:
        options.output.text(tr("No place outside is named: see audit.anchors in agent.toml."))
    return ExitCode.DONE if all(outcome == DONE for outcome in taken.values()) else ExitCode.NEEDS_PERSON


def key(
    context: typer.Context,
    *,
    rotate: Annotated[bool, typer.Option("--rotate", help="Replace the key; the old one signs that.")] = False,
) -> None:
    """Print the public keys of the log, as they are handed over on paper: the last one signs now."""
    from sync_agent.bootstrap import open_desk
    from sync_agent.ledger import exclusive

    options = options_of(context)
    desk = open_desk(options.config)
    if rotate:
        with exclusive(desk.settings.state, desk.ledger.engine):
            desk.heads.rotate(desk.ledger, login_actor())
    keys = [str(verifier) for verifier in desk.heads.key.verifiers()]
    options.output.document({"keys": keys})
    for line in keys:
        options.output.text(line)
    if not keys:
        options.output.text(tr("There is none yet: the first pass makes it, or: sync-agent audit checkpoint"))
