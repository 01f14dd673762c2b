"""`accounts add|list|password|disable|enable`: who may open the pages. A password is asked for, never an argument."""

import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sync_agent.cli.actor import login_actor
from sync_agent.cli.asking import at_terminal
from sync_agent.cli.exits import ExitCode
from sync_agent.cli.options import options_of
from sync_agent.cli.output import Column
from sync_agent.i18n import tr

if TYPE_CHECKING:
    from sync_agent.ledger import Account

__all__ = ["add"]

_LONGEST = 1024


class Role(StrEnum):
    """What an account may do, as it is written here: the ledger's own list is slow to import."""

    AUDITOR = "auditor"
    OPERATOR = "operator"


Name = Annotated[str, typer.Argument(metavar="NAME", help="The account.")]


def add(app: typer.Typer) -> None:
    """Register the commands."""
    accounts = typer.Typer(help="Who may open the auditors' pages.")
    accounts.command("add")(add_account)
    accounts.command("list")(list_accounts)
    accounts.command("password")(password)
    accounts.command("disable")(disable)
    accounts.command("enable")(enable)
    app.add_typer(accounts, name="accounts")


def add_account(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Small letters, digits, dots, hyphens, underscores.")],
    *,
    role: Annotated[Role, typer.Option(help="An auditor looks; an operator may also ask the service for something.")],
    agency: Annotated[
        list[str] | None, typer.Option(metavar="CODE", help="Only cases of this agency; may be given several times.")
    ] = None,
) -> int:
    """Add an account; its password is asked for, or read from standard input."""
    from sync_agent.bootstrap import open_desk
    from sync_agent.ledger import accounts

    options = options_of(context)
    desk = open_desk(options.config)
    accounts.require_account_name(name)
    kept, agencies = _new_password(name), frozenset(agency or ())
    with desk.ledger.write(actor=login_actor()) as tx:
        accounts.add_account(tx, name, accounts.Role(role), agencies, kept)
    options.output.document({"account": name, "role": role, "agencies": agencies})
    options.output.text(tr("The account {name} can sign in.", name=name))
    return ExitCode.DONE


def list_accounts(context: typer.Context) -> int:
    """List the accounts, what they may do and whose cases they see."""
    from sync_agent.bootstrap import open_desk
    from sync_agent.ledger import accounts

    options = options_of(context)
    with open_desk(options.config).ledger.read() as connection:
        rows = [_row(account) for account in accounts.all_accounts(connection)]
    options.output.records(rows)
    if not rows:
        options.output.text(tr("There is no account yet."))
        return ExitCode.DONE
    columns = (
        Column("account", tr("account"), whole=True),
        Column("role", tr("role"), whole=True),
        Column("agencies", tr("agencies")),
        Column("created_at", tr("since"), whole=True),
        Column("disabled_at", tr("disabled"), whole=True, sparse=True),
    )
    options.output.table(columns, [row | {"agencies": " ".join(row["agencies"]) or tr("all")} for row in rows])
    return ExitCode.DONE


def password(context: typer.Context, name: Name) -> int:
    """Give an account another password, asked for or read from standard input; its sessions are over."""
    from sync_agent.bootstrap import open_desk
    from sync_agent.ledger import accounts

    options = options_of(context)
    desk = open_desk(options.config)
    kept = _new_password(name)
    with desk.ledger.write(actor=login_actor()) as tx:
        accounts.set_password(tx, name, kept)
    options.output.document({"account": name})
    options.output.text(tr("The account {name} has another password; its sessions are over.", name=name))
    return ExitCode.DONE


def disable(context: typer.Context, name: Name) -> int:
    """Let an account in no more; its sessions are over at once."""
    from sync_agent.bootstrap import open_desk
    from sync_agent.ledger import accounts

    options = options_of(context)
    with open_desk(options.config).ledger.write(actor=login_actor()) as tx:
        changed = accounts.disable_account(tx, name)
    options.output.document({"account": name, "changed": changed})
    options.output.text(tr("The account {name} is disabled; its sessions are over.", name=name))
    return ExitCode.DONE


def enable(context: typer.Context, name: Name) -> int:
    """Let a disabled account in again."""
    from sync_agent.bootstrap import open_desk
    from sync_agent.ledger import accounts

    options = options_of(context)
    with open_desk(options.config).ledger.write(actor=login_actor()) as tx:
        changed = accounts.enable_account(tx, name)
    options.output.document({"account": name, "changed": changed})
    options.output.text(tr("The account {name} can sign in.", name=name))
    return ExitCode.DONE


def _new_password(name: str) -> str:
    """Return what is kept of the password a person types twice, or of the line on standard input."""
    from sync_agent.web import hashed, require_strong

    if at_terminal():
        asked = {"hide_input": True, "confirmation_prompt": tr("The same again"), "err": True}
        typed: str = typer.prompt(tr("Password"), **asked)  # type: ignore[arg-type]
    else:
        typed = sys.stdin.readline(_LONGEST).rstrip("\r\n")
    require_strong(name, typed)
    return hashed(typed)


def _row(account: "Account") -> dict[str, Any]:
    return {
        "account": account.name,
        "role": account.role.value,
        "agencies": sorted(account.agencies),
        "created_at": account.created_at,
        "disabled_at": account.disabled_at,
    }
