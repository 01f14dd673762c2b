"""`audit list`: what was decided and done, entry by entry."""

from difflib import get_close_matches
from typing import Annotated

import typer

from sync_agent.cli.options import options_of
from sync_agent.cli.output import Column
from sync_agent.i18n import tr

__all__ = ["add"]


def add(app: typer.Typer) -> None:
    """Register the commands."""
    audit = typer.Typer(help="The audit log.")
    audit.callback()(_audit)
    audit.command("list")(list_entries)
    app.add_typer(audit, name="audit")


def _audit() -> None:
    """Keep `list` a command of its own even while it is the only one."""


def list_entries(
    context: typer.Context,
    *,
    event: Annotated[str | None, typer.Option(metavar="EVENT", help="Only entries of this event.")] = None,
    case: Annotated[str | None, typer.Option(metavar="KEY", help="Only entries about this case.")] = None,
    since: Annotated[int | None, typer.Option(min=0, metavar="N", help="From this entry on, oldest first.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1_000_000, metavar="N", help="At most N entries.")] = 50,
) -> None:
    """List entries, the newest first."""
    from sync_agent.audit import Event, entries, entry_document
    from sync_agent.bootstrap import open_desk
    from sync_agent.errors import ConfigError
    from sync_agent.ledger import subject_of

    options = options_of(context)
    if event and event not in set(Event):
        near = get_close_matches(event, list(Event), n=1)
        raise ConfigError(
            "there is no event {event}",
            where="--event",
            todo="did you mean {near}?" if near else "one of: {events}",
            facts=(("event", event), ("near", "".join(near)), ("events", ", ".join(Event))),
        )
    desk = open_desk(options.config)
    with desk.ledger.read() as connection:
        found = entries(
            connection,
            event=Event(event) if event else None,
            subject=subject_of(connection, desk.ledger.source_id, case) if case else None,
            since_idx=since,
            limit=limit,
            newest_first=since is None,
        )
        rows = [{"idx": stored.idx, **entry_document(stored.entry)} for stored in found]
    options.output.records(rows)
    options.output.table(
        [
            Column("idx", tr("no."), right=True, whole=True),
            Column("time", tr("time (UTC)"), whole=True),
            Column("actor", tr("by")),
            Column("event", tr("event")),
            Column("step", tr("step")),
            Column("what", tr("from → to")),
            Column("why", tr("reason")),
            Column("subject", tr("case (commitment)")),
        ],
        [
            {
                **row,
                "what": " → ".join(str(row[name]) for name in ("old_state", "new_state") if name in row),
                "why": row.get("reason") or row.get("rule"),
                "subject": str(row.get("subject", ""))[:12],
            }
            for row in rows
        ],
    )
