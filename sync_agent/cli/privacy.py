"""`privacy show|sign`: the policy in plain sentences, and the signature of the person who answers for it."""

from pathlib import Path

import typer

from sync_agent.cli.actor import login_actor
from sync_agent.cli.exits import ExitCode
from sync_agent.cli.options import options_of
from sync_agent.i18n import tr

__all__ = ["add"]


def add(app: typer.Typer) -> None:
    """Register the commands."""
    privacy = typer.Typer(help="What may leave, and who signed it.")
    privacy.command("show")(show)
    privacy.command("sign")(sign)
    app.add_typer(privacy, name="privacy")


def show(context: typer.Context) -> int:
    """Show the policy in plain sentences, its digest and whether it is signed."""
    from sync_agent.privacy import load_policy
    from sync_agent.settings import load_settings

    options = options_of(context)
    settings = load_settings(options.config)
    policy = load_policy(settings.path(settings.agent.policy))
    sentences = policy.sentences(options.language)
    signed = _is_signed(options.config, policy.digest)
    options.output.document({"digest": policy.digest, "signed": signed, "sentences": sentences})
    for sentence in sentences:
        options.output.text(sentence)
    options.output.text()
    options.output.facts([(tr("digest of the policy"), policy.digest), (tr("signed"), signed)])
    return ExitCode.DONE if signed else ExitCode.NEEDS_PERSON


def _is_signed(config: Path, digest: str) -> bool:
    from sync_agent.bootstrap import open_desk
    from sync_agent.errors import LedgerError
    from sync_agent.ledger import is_signed

    try:
        desk = open_desk(config)
    except LedgerError:
        return False  # no ledger yet, so nobody has signed anything
    with desk.ledger.read() as connection:
        return is_signed(connection, digest)


def sign(context: typer.Context) -> None:
    """Sign the policy in force, under the login of this session."""
    from sync_agent.bootstrap import open_agent
    from sync_agent.sync import sign_policy

    options = options_of(context)
    actor = login_actor()
    with open_agent(options.config) as agent:
        digest = sign_policy(agent, actor=actor)
    options.output.document({"signed": digest, "actor": actor})
    options.output.text(tr("{actor} has signed the policy {digest}.", actor=actor, digest=digest))
