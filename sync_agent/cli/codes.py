"""`codes pull|list`: the national code lists; `unmapped` and `import`, of the local tables, stand in `codetables`."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sync_agent.cli import codetables
from sync_agent.cli.actor import login_actor
from sync_agent.cli.exits import ExitCode
from sync_agent.cli.options import Options, options_of
from sync_agent.cli.output import Column, Output
from sync_agent.i18n import number_text, tr

if TYPE_CHECKING:
    from sync_agent.national import CodeList, CodeLists
    from sync_agent.sync import Agent, PulledList, StaleCode

__all__ = ["add"]

_SHOWN = 20
"""Codes or values that a table names; the rest is counted."""


def add(app: typer.Typer) -> None:
    """Register the commands."""
    codes = typer.Typer(help="National code lists, and the code tables of the local system.")
    codes.command("pull")(pull)
    codes.command("list")(list_codes)
    codetables.add(codes)
    app.add_typer(codes, name="codes")


def pull(
    context: typer.Context,
    *,
    account: Annotated[
        str | None, typer.Option(metavar="ALIAS", help="The account that asks; without it the first one.")
    ] = None,
    province: Annotated[
        list[str] | None,
        typer.Option(metavar="CODE", help="Ask for the units of this province too; repeat it."),
    ] = None,
    ministry: Annotated[
        list[str] | None, typer.Option(metavar="CODE", help="Ask for the units of this ministry too; repeat it.")
    ] = None,
) -> int:
    """Ask the national service for all its code lists, keep them with day and digest, and show what changed."""
    from sync_agent.bootstrap import open_agent
    from sync_agent.sync import code_lists, pull_lists, stale_codes

    options = options_of(context)
    with open_agent(options.config) as agent:
        asking = account or agent.accounts.aliases[0]
        pulled = pull_lists(agent, asking, provinces=province or (), ministries=ministry or (), actor=login_actor())
        stale = stale_codes(code_lists(agent.settings, agent.contract), _tables(agent))
    options.output.document(
        {"account": asking, "lists": [_pulled_row(each) for each in pulled], "stale": [_stale_row(e) for e in stale]}
    )
    _print_pulled(options.output, pulled)
    _print_stale(options.output, stale)
    missing = [each for each in pulled if each.kept is None]
    return ExitCode.NEEDS_PERSON if missing or stale else ExitCode.DONE


def _tables(agent: "Agent") -> list[tuple[Any, Sequence[str]]]:
    return [(agent.mapper.code_tables[name], paths) for name, paths in agent.mapper.table_uses.items()]


def _pulled_row(each: "PulledList") -> dict[str, Any]:
    changed = each.against_previous
    return {
        **_identity(each),
        "cause": each.cause or None,
        "entries": len(each.kept.entries) if each.kept else None,
        "digest": each.kept.digest if each.kept else None,
        "added": dict(changed.added),
        "removed": dict(changed.removed),
        "renamed": {code: {"old": old, "new": new} for code, (old, new) in changed.renamed.items()},
        "against_bundled": each.against_bundled.counts,
    }


def _identity(each: "PulledList") -> dict[str, Any]:
    return {"number": each.spec.number, "name": each.spec.name}


def _stale_row(each: "StaleCode") -> dict[str, str]:
    return {"table": each.table, "local": each.local, "national": each.national}


def _print_pulled(output: Output, pulled: Sequence["PulledList"]) -> None:
    rows = []
    for each in pulled:
        counts, shipped = each.against_previous.counts, each.against_bundled.counts
        rows.append(
            {
                **_identity(each),
                "entries": len(each.kept.entries) if each.kept else None,
                "digest": each.kept.digest[:12] if each.kept else tr("not kept: {cause}", cause=each.cause),
                **{name: counts[name] or None for name in counts},
                "shipped": " / ".join(str(shipped[name]) for name in shipped) if each.kept else None,
            }
        )
    output.table(
        (
            Column("number", tr("list"), right=True),
            Column("name", tr("name")),
            Column("entries", tr("entries"), right=True),
            Column("added", tr("added"), right=True, sparse=True),
            Column("removed", tr("removed"), right=True, sparse=True),
            Column("renamed", tr("renamed"), right=True, sparse=True),
            Column("shipped", tr("added / removed / renamed against what ships")),
            Column("digest", tr("digest"), whole=True),
        ),
        rows,
    )
    for each in pulled:
        _print_changes(output, each)


def _print_changes(output: Output, each: "PulledList") -> None:
    """Name what differs from the list that was in force; the first pull of a long list is only counted."""
    changed = each.against_previous
    lines = [
        *(tr("removed: {code} {name}", code=code, name=name) for code, name in changed.removed.items()),
        *(
            tr("renamed: {code} {old} → {new}", code=code, old=old, new=new)
            for code, (old, new) in changed.renamed.items()
        ),
        *(tr("added: {code} {name}", code=code, name=name) for code, name in changed.added.items()),
    ]
    if lines:
        output.text()
        output.text(f"{each.spec.number} {each.spec.name}")
    for line in lines[:_SHOWN]:
        output.text(f"  {line}")
    if len(lines) > _SHOWN:
        output.text("  " + tr("and {count} more; all with --json", count=number_text(len(lines) - _SHOWN)))


def _print_stale(output: Output, stale: Sequence["StaleCode"]) -> None:
    if not stale:
        return
    output.text()
    output.text(tr("In the code tables, but not in the national lists: correct these lines, or end them by a day."))
    output.table(
        (
            Column("table", tr("code table"), whole=True),
            Column("local", tr("local code"), whole=True),
            Column("national", tr("national code"), whole=True),
        ),
        [_stale_row(each) for each in stale],
    )


def list_codes(
    context: typer.Context,
    number: Annotated[int | None, typer.Argument(metavar="[LIST]", help="The number of one list.")] = None,
) -> int:
    """Show which lists are in force and since when, or the codes of one."""
    from sync_agent.errors import ConfigError
    from sync_agent.mapping import Mapper, load_code_tables, load_profile
    from sync_agent.national import load_contract
    from sync_agent.settings import load_settings
    from sync_agent.sync import code_lists, stale_codes

    options = options_of(context)
    settings = load_settings(options.config)
    national = settings.national
    contract = load_contract(settings.path(settings.agent.schemas) / national.contract, national.capabilities)
    lists = code_lists(settings, contract)
    if number is not None:
        spec = next((each for each in lists.specs if each.number == number), None)
        if spec is None:
            facts = (("number", str(number)),)
            raise ConfigError(
                "there is no national list {number}", where="codes list", todo="see: sync-agent codes list", facts=facts
            )
        return _show_one(options, lists.in_force(spec))
    profile = load_profile(settings.path(settings.source.profile))
    mapper = Mapper(profile, load_code_tables(settings.path(settings.source.codes)))
    stale = stale_codes(lists, [(mapper.code_tables[name], paths) for name, paths in mapper.table_uses.items()])
    _show_all(options.output, lists, mapper.table_uses, stale)
    return ExitCode.NEEDS_PERSON if stale else ExitCode.DONE


def _show_all(
    output: Output, lists: "CodeLists", uses: Mapping[str, Sequence[str]], stale: Sequence["StaleCode"]
) -> None:
    rows: list[dict[str, Any]] = []
    for spec in lists.specs:
        current = lists.in_force(spec)
        tables = [table for table, paths in uses.items() if any(spec.holds(path) for path in paths)]
        rows.append(
            {
                "number": spec.number,
                "name": spec.name,
                "entries": len(current.entries),
                "pulled_at": current.pulled_at,
                "digest": current.digest,
                "tables": tables,
            }
        )
    output.document({"lists": rows, "stale": [_stale_row(each) for each in stale]})
    output.table(
        (
            Column("number", tr("list"), right=True),
            Column("name", tr("name")),
            Column("entries", tr("entries"), right=True),
            Column("pulled_at", tr("pulled")),
            Column("tables", tr("code tables"), sparse=True),
            Column("digest", tr("digest"), whole=True),
        ),
        [
            {
                **row,
                "pulled_at": row["pulled_at"] or tr("never: known values only"),
                "tables": ", ".join(row["tables"]),
                "digest": row["digest"][:12],
            }
            for row in rows
        ],
    )
    output.text()
    output.text(tr("In force is the list pulled last. Code tables are checked against it when they are imported."))
    _print_stale(output, stale)


def _show_one(options: Options, current: "CodeList") -> int:
    entries = [{"code": code, "name": name} for code, name in current.entries.items()]
    options.output.document(
        {
            "number": current.spec.number,
            "name": current.spec.name,
            "pulled_at": current.pulled_at,
            "digest": current.digest,
            "entries": entries,
        }
    )
    columns = (Column("code", tr("code"), whole=True), Column("name", tr("name")))
    options.output.table(columns, entries, title=f"{current.spec.number} {current.spec.name}")
    if current.pulled_at is None:
        options.output.text()
        options.output.text(tr("Never pulled: these are the values known from other clients, not the whole list."))
    return ExitCode.DONE
