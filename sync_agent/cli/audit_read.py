"""`audit list|show`: entries one after the other, or one of them with what it means and what it stands under."""

import sys
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sync_agent.cli.audit_select import CaseName, EventName, Since, Until, bound, known_event, open_log, subject
from sync_agent.cli.options import options_of
from sync_agent.cli.output import Column, Output
from sync_agent.cli.words import step_word
from sync_agent.domain.steps import Step
from sync_agent.i18n import number_text, time_text, tr

if TYPE_CHECKING:
    from sync_agent.audit import WrittenEntry
    from sync_agent.bootstrap import Desk

__all__ = ["add"]

_SHOWN = 12  # digits of a commitment in a table: enough to tell two apart


def add(audit: typer.Typer) -> None:
    """Register the commands."""
    audit.command("list")(list_entries)
    audit.command("show")(show)


def list_entries(
    context: typer.Context,
    *,
    event: EventName = None,
    case: CaseName = None,
    actor: Annotated[str | None, typer.Option(metavar="WHO", help="Only what agent or os:NAME did.")] = None,
    step: Annotated[Step | None, typer.Option(help="Only entries about this step.")] = None,
    run: Annotated[str | None, typer.Option(metavar="RUN", help="Only entries of this pass.")] = None,
    reason: Annotated[str | None, typer.Option(metavar="CODE", help="Only with this reason, or this rule.")] = None,
    since: Since = None,
    until: Until = None,
    oldest_first: Annotated[bool, typer.Option("--oldest-first", help="The other way round.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=1_000_000, metavar="N", help="At most N entries.")] = 50,
) -> None:
    """List entries, the newest first."""
    from sync_agent.audit import Selection, selected
    from sync_agent.bootstrap import open_desk

    options = options_of(context)
    first, last = bound(since, "--since"), bound(until, "--until", end=True)
    happened, desk = known_event(event), open_desk(options.config)
    about = subject(desk, case)
    wanted = Selection(
        event=happened, subject=about, actor=actor, step=step, run=run, reason=reason, since=first, until=last
    )
    with desk.ledger.read() as connection:
        found = islice(selected(connection, wanted, newest_first=not oldest_first), limit)
        rows = [{"idx": each.idx, **each.document} for each in found]
    options.output.records(rows)
    _print(options.output, rows)
    if len(rows) == limit:
        _tell_next(options.output, rows[-1]["idx"], oldest_first=oldest_first)


def _print(output: Output, rows: list[dict[str, Any]]) -> None:
    output.table(
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
                "subject": str(row.get("subject", ""))[:_SHOWN],
            }
            for row in rows
        ],
    )


def _tell_next(output: Output, last: int, *, oldest_first: bool) -> None:
    """Say how the list goes on: by the index of the entry that would be next."""
    following = last + 1 if oldest_first else last - 1
    if following >= 0:
        words = f"--since {following}" if oldest_first else f"--until {following}"
        output.text(tr("There may be more; the list goes on with: {option}", option=words))


def show(
    context: typer.Context, index: Annotated[int, typer.Argument(metavar="N", help="Its number in the list.")]
) -> None:
    """Show one entry: what it means, all it says, and which signed head and place outside it stands under."""
    from sync_agent.audit import leaf_hash, written_entry
    from sync_agent.bootstrap import open_desk
    from sync_agent.errors import SyncAgentError

    options = options_of(context)
    desk = open_log(open_desk(options.config))
    with desk.ledger.read() as connection:
        found = written_entry(connection, index)
        if found is None:
            facts = (("idx", str(index)),)
            raise SyncAgentError("the audit log has no entry {idx}", todo="see: sync-agent audit list", facts=facts)
        stands = _standing(connection, desk, found)
        note = _note(connection, found, shown=not options.output.json and sys.stdout.isatty())
    content = {
        "idx": index,
        "hash": leaf_hash(found.raw).hex(),
        "bytes": found.raw.decode("ascii", "replace"),
        **stands,
    }
    options.output.document({**content, "entry": found.document})
    _print_entry(options.output, found, stands, note)


def _standing(connection: Any, desk: "Desk", found: "WrittenEntry") -> dict[str, Any]:
    """Return whose entry it is, as far as that may be said, and what proves it."""
    from sync_agent.audit import first_head_over, places_over
    from sync_agent.ledger import case_behind

    row = case_behind(connection, found.document["subject"]) if "subject" in found.document else None
    head = first_head_over(connection, found.idx)
    return {
        "case": desk.names.shown(row.case_key, protected=row.protected_since is not None) if row else None,
        "head": {"number": head.number, "size": head.size, "signed_at": head.signed_at} if head else None,
        "anchors": {each.channel: each.anchored_at for each in places_over(connection, found.idx)},
    }


def _note(connection: Any, found: "WrittenEntry", *, shown: bool) -> str | None:
    """Return the note behind the entry, or in brackets why it is not shown; None when it has none.

    Shown at a terminal only, and never of a case that is protected or that the ledger does not know any more.
    """
    from sync_agent.audit import owner_of, read_note
    from sync_agent.ledger import case_behind

    commitment = found.document.get("note")
    if commitment is None:
        return None
    owner, row = owner_of(connection, commitment), case_behind(connection, commitment)
    if owner is None:
        return tr("(erased)")
    if any(owner) and (row is None or row.protected_since is not None):
        return tr("(the note about a protected case is shown to nobody)")
    return read_note(connection, commitment) if shown else tr("(shown at a terminal only)")


def _print_entry(output: Output, found: "WrittenEntry", stands: dict[str, Any], note: str | None) -> None:
    from sync_agent.reports import LOG_COLUMNS, event_sentence, log_row

    sentence = event_sentence(found.document, step_word)
    row = log_row(found.idx, found.document, sentence)
    output.text(sentence)
    output.text()
    output.facts([(tr(column.title), _said(row[column.name])) for column in LOG_COLUMNS if column.name in row])
    output.text()
    facts = [(tr("case"), stands["case"])] if stands["case"] else []
    output.facts([*facts, *([(tr("Note"), note)] if note else []), *_proved(stands)])


def _said(value: object) -> object:
    """Return a value as it stands in the entry: numbers and times in full."""
    if isinstance(value, datetime):
        return value.isoformat(" ", "milliseconds")
    return value if isinstance(value, bool) else str(value)


def _proved(stands: dict[str, Any]) -> list[tuple[str, object]]:
    head, anchors = stands["head"], stands["anchors"]
    if head is None:
        return [(tr("signed head"), tr("none yet: nothing but the database holds it"))]
    signed = time_text(datetime.fromisoformat(head["signed_at"]))
    number, size = number_text(head["number"]), number_text(head["size"])
    told = tr("number {number} over {size} entries, {time}", number=number, size=size, time=signed)
    places = [f"{name} ({time_text(datetime.fromisoformat(at))})" for name, at in anchors.items()]
    outside = ", ".join(places) or tr("none of them has a head over it yet")
    return [(tr("signed head"), told), (tr("places outside"), outside)]
