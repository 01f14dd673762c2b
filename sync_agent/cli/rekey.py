"""`rekey`: carry the ledger over to other keys, another name of the source or another agency map."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sync_agent.cli.actor import login_actor
from sync_agent.cli.exits import ExitCode
from sync_agent.cli.options import options_of
from sync_agent.cli.output import Output
from sync_agent.i18n import mark, number_text, tr

if TYPE_CHECKING:
    from sync_agent.sync import RekeyPlan

__all__ = ["add"]

_DIFFERENCES = {
    "key_definition": mark("the key definition of the profile"),
    "source_id": mark("the name of the source"),
    "accounts": mark("the names of the accounts"),
    "agency_map": mark("which account or national agency stands for which local one"),
}
_COUNTS = {
    "kept": mark("cases that keep their key"),
    "moved": mark("cases that get another key"),
    "lost": mark("cases in the ledger that the source does not return under that key"),
    "gone": mark("of these gone for good, says the map"),
    "new": mark("cases in the source that the ledger does not know"),
}


def add(app: typer.Typer) -> None:
    """Register the command."""
    app.command("rekey")(rekey)


def rekey(
    context: typer.Context,
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Write nothing; show what would become of the cases.")
    ] = False,
    apply: Annotated[bool, typer.Option("--apply", help="Carry the ledger over, whole or not at all.")] = False,
    keys: Annotated[
        Path | None, typer.Option("--map", metavar="FILE", help="CSV with the header old_key,new_key; none: keys stay.")
    ] = None,
    reason: Annotated[str | None, typer.Option(metavar="CODE", help="Why: a code, letters first, no spaces.")] = None,
) -> int:
    """Have the ledger follow new keys, a new name of the source or a new agency map. Sends nothing."""
    from sync_agent.bootstrap import open_agent
    from sync_agent.errors import ConfigError
    from sync_agent.sync import apply_rekey, load_key_map, plan_rekey

    options = options_of(context)
    if dry_run == apply:
        raise ConfigError("give either --dry-run or --apply", where="rekey")
    if apply and not reason:
        raise ConfigError("say why with --reason CODE", where="rekey")
    named = load_key_map(keys) if keys else {}
    with open_agent(options.config, new_ledger=False) as agent:
        if dry_run:
            plan = plan_rekey(agent, named)
        else:
            plan = apply_rekey(agent, named, reason=reason or "", actor=login_actor())
    _print(options.output, plan, applied=apply)
    return ExitCode.NEEDS_PERSON if plan.obstacles else ExitCode.DONE


def _print(output: Output, plan: "RekeyPlan", *, applied: bool) -> None:
    obstacles = [{"what": each.what, "count": each.count} for each in plan.obstacles]
    output.document({"applied": applied, "differs": plan.differs, "cases": dict(plan.counts), "obstacles": obstacles})
    for name in plan.differs:
        output.text(tr("differs: {problem}", problem=tr(_DIFFERENCES[name])))
    for name, title in _COUNTS.items():
        output.text(f"{tr(title)}: {number_text(plan.counts[name])}")
    if applied:
        output.text(tr("The ledger was carried over. Nothing was sent; the next pass reads every case again."))
        return
    for each in plan.obstacles:
        output.text(tr("in the way: {problem}", problem=tr(each.what, count=number_text(each.count))))
    output.text(tr("Nothing was changed."))
