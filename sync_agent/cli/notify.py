"""`notify test`: whether mails get through, in the mail server's own words."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from sync_agent.cli.exits import ExitCode
from sync_agent.cli.options import options_of
from sync_agent.i18n import mark, tr

if TYPE_CHECKING:
    from sync_agent.settings import RecipientSettings, Settings

__all__ = ["add"]

_SECONDS = 10.0
_TODOS = {
    "no_connection": mark("check notifications.host and port, and whether a firewall lets this machine through"),
    "untrusted": mark("its certificate is not trusted or not for this host: name the right ca_file, or the right host"),
    "no_ca_file": mark("notifications.ca_file cannot be read: check its path and content"),
    "no_tls": mark("the server offers no STARTTLS: ask for its port with TLS, and set security and port"),
    "refused_password": mark("check notifications.username and its secret"),
    "refused": mark("read its answer: often the sender or the recipient is not allowed"),
}


def add(app: typer.Typer) -> None:
    """Register the commands."""
    notify = typer.Typer(help="Mails to those who are told of things.")
    notify.callback()(lambda: None)
    notify.command("test")(try_mail)
    app.add_typer(notify, name="notify")


def try_mail(
    context: typer.Context,
    *,
    to: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Only to this address; else to all recipients.")
    ] = None,
) -> int:
    """Send a test mail and show what the mail server answered."""
    from sync_agent.settings import load_settings

    options = options_of(context)
    settings = load_settings(options.config)
    rows = [_tried(settings, each) for each in _recipients(settings, to, options.language)]
    options.output.records(rows)
    for row in rows:
        options.output.text(_line(row))
    return ExitCode.DONE if all(row["sent"] for row in rows) else ExitCode.NEEDS_PERSON


def _recipients(settings: "Settings", to: str | None, language: Any) -> "list[RecipientSettings]":
    """Return who gets the mail. Raises ConfigError."""
    from pydantic import ValidationError

    from sync_agent.errors import ConfigError
    from sync_agent.settings import RecipientSettings

    if not settings.notifications.host:
        raise ConfigError(
            "no mail server is set", where="notifications.host", todo="name it, its sender and recipients in agent.toml"
        )
    if to is None:
        found = {each.address: each for each in settings.notifications.recipients}
        return list(found.values())
    try:
        return [RecipientSettings(address=to, language=language)]
    except ValidationError:
        raise ConfigError("this is no address of a mailbox", where="--to", todo="for instance: name@host.vn") from None


def _tried(settings: "Settings", recipient: "RecipientSettings") -> dict[str, Any]:
    from sync_agent.i18n import speaking
    from sync_agent.ledger import utc_now
    from sync_agent.mail import MailError, compose, send_mail
    from sync_agent.reports import trial_letter

    mails, now = settings.notifications, utc_now()
    with speaking(recipient.language):
        letter = trial_letter(now)
    message = compose(
        mails.sender, recipient.address, letter.subject, letter.text, now=now, language=recipient.language
    )
    row = {"address": recipient.address, "sent": True, "cause": None}
    try:
        answer = send_mail(mails, message, settings.folder, seconds=_SECONDS, where="notifications")
    except MailError as error:
        return {**row, "sent": False, "cause": error.cause, "answer": error.answer or None}
    return {**row, "answer": answer}


def _line(row: dict[str, Any]) -> str:
    if row["sent"]:
        return tr("{address}: taken; the server answered: {answer}", address=row["address"], answer=row["answer"])
    said = row["answer"] or tr("nothing")
    what = tr(
        "{address}: not sent ({cause}); the server answered: {answer}",
        address=row["address"],
        cause=row["cause"],
        answer=said,
    )
    return f"{what} - {tr(_TODOS.get(row['cause'], _TODOS['refused']))}"
