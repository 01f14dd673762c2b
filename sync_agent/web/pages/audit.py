"""The audit log: its entries, one of them with what proves it, and the signed heads with the places that have them."""

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final
from zoneinfo import ZoneInfo

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from sync_agent.audit import (
    AnchorRecord,
    Event,
    Selection,
    Sieve,
    WrittenEntry,
    anchor_records,
    entries_before,
    first_head_over,
    head,
    instant,
    last_checkpoint,
    leaf_hash,
    log_page,
    page_of_checkpoints,
    places_over,
    proof_file,
    written_entry,
)
from sync_agent.domain.steps import Step
from sync_agent.errors import SyncAgentError
from sync_agent.i18n import tr
from sync_agent.ledger import case_behind, entries_seen
from sync_agent.reports import LOG_COLUMNS, event_sentence, log_row
from sync_agent.web.pages.asked import address, choice, day, number, word
from sync_agent.web.pages.shown import case_name
from sync_agent.web.rendering import page
from sync_agent.web.viewer import visible
from sync_agent.words import step_word

__all__ = ["asked_of_log", "audit", "entry", "heads", "proof", "seen_by", "selection"]

_ZONE: Final = ZoneInfo("Asia/Ho_Chi_Minh")
_ROWS: Final = 50
_LOOKED: Final = 5_000
"""So many entries are looked through for one page."""
_SLACK: Final = timedelta(days=1)  # a clock may have been put back
_HEADS: Final = 50


def audit(request: Request) -> Response:
    """Show a page of entries, the newest first."""
    asked = asked_of_log(request)
    wanted = selection(asked)
    with request.app.state.desk.ledger.read() as connection:
        below, above = _bounds(connection, asked, number(request, "below"))
        found = log_page(
            connection, wanted, below=below, above=above, limit=_ROWS, most=_LOOKED, sieve=seen_by(request, connection)
        )
        newest, size = last_checkpoint(connection), head(connection).size
    rows = [(each, event_sentence(each.document, step_word)) for each in found.entries]
    goes_on = found.next_below is not None and found.next_below > above
    return page(
        request,
        "audit.html",
        rows=rows,
        asked=asked,
        following=address("/audit", **asked, below=found.next_below) if goes_on else None,
        whole=len(rows) == _ROWS or not goes_on,
        looked=found.looked,
        downloads=address("", **asked),
        events=[event.value for event in Event],
        steps=list(Step),
        size=size,
        newest=newest,
        newest_at=datetime.fromisoformat(newest.signed_at) if newest else None,
        now=request.app.state.desk.ledger.clock(),
    )


def seen_by(request: Request, connection: Any) -> Sieve:
    """Return what keeps the entries that the viewer may see."""
    source_id = request.app.state.desk.ledger.source_id
    return partial(entries_seen, connection, source_id, visible(request.state.viewer))


def asked_of_log(request: Request) -> dict[str, Any]:
    """Return what of the log is asked for."""
    return {
        "event": choice(request, "event", set(Event)),
        "subject": word(request, "subject"),
        "actor": word(request, "actor"),
        "step": choice(request, "step", set(Step)),
        "run": word(request, "run"),
        "reason": word(request, "reason"),
        "since": day(request, "since"),
        "until": day(request, "until"),
    }


def selection(asked: dict[str, Any]) -> Selection:
    """Return which entries are meant; a day is one in Viet Nam, the last one is meant whole."""
    happened = Event(asked["event"]) if asked["event"] else None
    since = instant(_begin(asked["since"])) if asked["since"] else None
    until = instant(_begin(asked["until"]) + timedelta(days=1, milliseconds=-1)) if asked["until"] else None
    return Selection(**{**asked, "event": happened, "since": since, "until": until})


def _bounds(connection: Any, asked: dict[str, Any], below: int | None) -> tuple[int | None, int]:
    """Return between which indexes the days that are asked for may lie."""
    above = entries_before(connection, instant(_begin(asked["since"]) - _SLACK)) if asked["since"] else 0
    if below is None and asked["until"]:
        below = entries_before(connection, instant(_begin(asked["until"]) + 2 * _SLACK))
    return below, above


def _begin(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=_ZONE).astimezone(UTC)


def entry(request: Request) -> Response:
    """Show one entry: what it means, all it says, and which signed head and place outside it stands under."""
    desk, index = request.app.state.desk, request.path_params["idx"]
    with desk.ledger.read() as connection:
        found = _found(request, connection, index)
        row = case_behind(connection, found.document["subject"]) if "subject" in found.document else None
        over, places = first_head_over(connection, index), places_over(connection, index)
        size = head(connection).size
    sentence = event_sentence(found.document, step_word)
    values = log_row(found.idx, found.document, sentence)
    return page(
        request,
        "entry.html",
        found=found,
        sentence=sentence,
        said=[(column, _said(values[column.name])) for column in LOG_COLUMNS if column.name in values],
        raw=found.raw.decode("ascii", "replace"),
        hash=leaf_hash(found.raw).hex(),
        row=row,
        name=case_name(desk, row) if row else None,
        over=over,
        places=places,
        last=size - 1,
    )


def _found(request: Request, connection: Any, index: int) -> WrittenEntry:
    """Return an entry that the viewer may see; any other is 404."""
    found = written_entry(connection, index) if index < 2**62 else None
    if found is None or not seen_by(request, connection)([found]):
        raise HTTPException(404)
    return found


def _said(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat(" ", "milliseconds")
    if isinstance(value, bool):
        return tr("yes") if value else tr("no")
    return str(value)


def proof(request: Request) -> Response:
    """Hand out the proof that an entry stands under the newest signed head over it."""
    index = request.path_params["idx"]
    with request.app.state.desk.ledger.read() as connection:
        _found(request, connection, index)
        try:
            content, _ = proof_file(connection, index)
        except SyncAgentError:  # no head over it yet, which the page of the entry says
            raise HTTPException(404) from None
    named = {"content-disposition": f'attachment; filename="entry-{index}.tlog-proof"'}
    return Response(content, media_type="text/plain; charset=utf-8", headers=named)


def heads(request: Request) -> Response:
    """Show the signed heads, the newest first, and how far each place outside has them."""
    ledger = request.app.state.desk.ledger
    with ledger.read() as connection:
        found = page_of_checkpoints(connection, below=number(request, "below"), limit=_HEADS + 1)
        records, size = anchor_records(connection), head(connection).size
    shown, more = found[:_HEADS], len(found) > _HEADS
    return page(
        request,
        "heads.html",
        heads=[(each, _places(each.number, records)) for each in shown],
        following=address("/audit/heads", below=shown[-1].number) if more else None,
        channels=_channels(request, records),
        size=size,
        now=ledger.clock(),
    )


def _places(number: int, records: list[AnchorRecord]) -> list[str]:
    return sorted({each.channel for each in records if each.checkpoint == number and each.outcome == "done"})


def _channels(request: Request, records: list[AnchorRecord]) -> list[dict[str, Any]]:
    """Return of each place: whether it is another machine, its newest head, and the last attempt."""
    named = {each.name: each.remote for each in request.app.state.desk.settings.audit.anchors}
    found = []
    for name in sorted({*named, *(each.channel for each in records)}):
        own = [each for each in records if each.channel == name]
        done = [each for each in own if each.outcome == "done"]
        found.append(
            {
                "name": name,
                "remote": named.get(name),
                "done": done[-1] if done else None,
                "last": own[-1] if own else None,
            }
        )
    return found
