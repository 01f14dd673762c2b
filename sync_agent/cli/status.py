"""`status`: how everything stands."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import typer

from sync_agent.cli.exits import ExitCode
from sync_agent.cli.figures import needing_a_person, print_messages, print_stopped
from sync_agent.cli.options import options_of
from sync_agent.cli.output import Column, Output, Toned, shown
from sync_agent.cli.words import DUE_SOON, LATE, ago, result_word, rule_sentence, up_word
from sync_agent.i18n import tr

if TYPE_CHECKING:
    from sync_agent.bootstrap import Desk

__all__ = ["add"]


def add(app: typer.Typer) -> None:
    """Register the command."""
    app.command("status")(status)


def status(context: typer.Context) -> int:
    """Show cases and messages by state and step, what holds, what is late, the last runs."""
    from sync_agent.bootstrap import open_desk

    options = options_of(context)
    desk = open_desk(options.config)
    content = _content(desk)
    options.output.document(content)
    _print(options.output, content)
    return ExitCode.NEEDS_PERSON if content["needs_person"] or content["creations_stopped"] else ExitCode.DONE


def _content(desk: "Desk") -> dict[str, Any]:
    now = desk.ledger.clock()
    with desk.ledger.read() as connection:
        work = _work(connection, desk.ledger.source_id)
        stopped = desk.heads.stops_creations(connection, now)
        return {
            **_places(connection),
            **work,
            **_timeliness(connection, desk, now),
            "creations_stopped": stopped,
            "accounts": _accounts(connection),
            "service": _service(connection, desk),
            "runs": _runs(connection),
            "audit": _evidence(connection, desk, now),
        }


def _places(connection: Any) -> dict[str, Any]:
    from sync_agent.ledger import environment

    bound = environment(connection)
    return {"mode": bound.mode if bound else None, "national": bound.base_url if bound else None}


def _work(connection: Any, source_id: str) -> dict[str, Any]:
    """Return how many cases and messages stand where, and what holds them."""
    from sync_agent.ledger import absences, erasure, queries, write_back_counts

    overview = queries.overview(connection, source_id)
    gone, missing = absences(connection, source_id)
    untold = write_back_counts(connection, source_id)
    erased, changed = erasure.erased_counts(connection, source_id)
    found = queries.hold_counts(connection, source_id)
    return {
        "cases": overview.cases,
        "protected": overview.protected,
        "gone": gone,
        "missing": missing,
        "erased": erased,
        "erased_changed": changed,
        "write_back": {"waiting": sum(untold.values()), "failed": {why: n for why, n in untold.items() if why}},
        "messages": [
            {"step": step, "state": state, "count": number}
            for (step, state), number in sorted(overview.messages.items())
        ],
        "needs_person": needing_a_person(overview) + changed,
        "refused_again": overview.refused_again,
        "oldest_waiting": overview.oldest_waiting,
        "next_try_at": overview.next_try_at,
        "findings": [
            {"level": level, "rule": rule, "field": field, "cases": number}
            for (level, rule, field), number in sorted(found.items())
        ],
    }


def _timeliness(connection: Any, desk: "Desk", now: datetime) -> dict[str, Any]:
    """Return what is late by the law, and what soon will be."""
    from sync_agent.ledger import queries, timeliness

    source_id, today = desk.ledger.source_id, timeliness.vietnam_day(now)
    days = desk.settings.timeliness.warn_working_days
    until = desk.calendar.add_working_days(today, days)
    soon = timeliness.due_soon_counts(connection, source_id, today, until)
    return {
        "late": queries.late_cases(connection, source_id, today.isoformat()),
        "late_messages": _by_place(timeliness.late_counts(connection, source_id, today)),
        "due_soon": {"working_days": days, "until": until, "messages": _by_place(soon)},
    }


def _accounts(connection: Any) -> list[dict[str, Any]]:
    from sync_agent.ledger import load_lanes

    return [_lane(lane) for _, lane in sorted(load_lanes(connection).items())]


def _service(connection: Any, desk: "Desk") -> dict[str, Any]:
    """Return whether somebody is at work, and what waits for the service."""
    from sync_agent.ledger import count_waiting, gauges

    return {
        "holds_ledger": _is_held(desk),
        "requests_waiting": count_waiting(connection),
        "last_success_at": gauges.last_done_at(connection),
    }


def _is_held(desk: "Desk") -> bool | None:
    """Tell whether somebody holds the ledger, None where this account may not see that."""
    from sync_agent.errors import LedgerError
    from sync_agent.ledger import is_held

    try:
        return is_held(desk.settings.state, desk.ledger.engine)
    except LedgerError:
        return None


def _runs(connection: Any) -> list[dict[str, Any]]:
    from sync_agent.ledger import last_runs

    return [
        {
            "started_at": run.started_at,
            "ended_at": run.ended_at,
            "result": run.result,
            "counts": _figures(run.counts),
        }
        for run in last_runs(connection, 5)
    ]


def _evidence(connection: Any, desk: "Desk", now: datetime) -> dict[str, Any]:
    """Return how long the log is, and since when its head is signed and known elsewhere."""
    from sync_agent.audit import head, last_checkpoint
    from sync_agent.ledger import gauges

    log, signed = head(connection), last_checkpoint(connection)
    places = [anchor.name for anchor in desk.settings.audit.anchors]
    return {
        "entries": log.size,
        "root": log.root.hex(),
        "checkpoint": _dated(datetime.fromisoformat(signed.signed_at) if signed else None, now),
        "anchors": [
            {"place": place, **_dated(at, now)} for place, at in sorted(gauges.reached(connection, places).items())
        ],
    }


def _dated(instant: datetime | None, now: datetime) -> dict[str, Any]:
    """Return an instant and its age; both are None of what never was."""
    return {"at": instant, "age_seconds": int((now - instant).total_seconds()) if instant else None}


def _by_place(counts: dict[tuple[str, str, str], int]) -> list[dict[str, Any]]:
    """Return counts of messages by agency, kind and step as rows, in their order."""
    return [
        {"agency": agency or None, "kind": kind or None, "step": step, "count": number}
        for (agency, kind, step), number in sorted(counts.items())
    ]


def _by_step(rows: list[dict[str, Any]]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for row in rows:
        counts[row["step"]] += row["count"]
    return counts


def _total(rows: list[dict[str, Any]]) -> int:
    return sum(row["count"] for row in rows)


def _lane(lane: Any) -> dict[str, Any]:
    """Return how the national side treats one account."""
    up = lane.state == "closed"
    return {
        "account": lane.account,
        "up": up,
        "down_since": None if up else lane.opened_at,
        "cause": None if up else lane.cause,
        "next_try_at": None if up else lane.next_probe_at,
        "last_success_at": lane.last_success_at,
    }


def _reasons(failed: dict[str, int]) -> str | None:
    """Return how many failed for which reason: `3 no_row, 1 locked`."""
    return ", ".join(f"{number} {reason}" for reason, number in sorted(failed.items())) or None


def _figures(counts: str) -> dict[str, int]:
    """Return the figures of a run, which stand as `code=n code=n`."""
    return {name: int(number) for name, _, number in (part.partition("=") for part in counts.split())}


def _print(output: Output, content: dict[str, Any]) -> None:
    if content["mode"] is None:
        output.text(tr("Nothing has been synced yet; the first pass makes the ledger."))
        return
    output.facts((name, value) for name, value in _facts(content) if value is not None)
    if content["creations_stopped"]:
        output.text()
        print_stopped(output)
    if content["accounts"]:
        output.text()
        _print_accounts(output, content["accounts"])
    if content["messages"]:
        output.text()
        counts = {(m["step"], m["state"]): m["count"] for m in content["messages"]}
        soon = content["due_soon"]["messages"]
        print_messages(output, counts, _by_step(content["late_messages"]), _by_step(soon))
    _print_findings(output, content["findings"])
    if content["runs"]:
        output.text()
        _print_runs(output, content["runs"])


def _facts(content: dict[str, Any]) -> Iterator[tuple[str, object]]:
    """Yield what stands at the top; None is not shown."""
    service, log = content["service"], content["audit"]
    yield tr("environment"), content["mode"]
    yield tr("national service"), content["national"]
    yield tr("service"), _at_work(service["holds_ledger"])
    yield tr("requests waiting for the service"), service["requests_waiting"] or None
    yield tr("last success"), _when(service["last_success_at"])
    yield tr("cases"), content["cases"]
    yield tr("of these protected"), content["protected"]
    yield tr("gone from the local system"), content["gone"] or None
    yield tr("not found by the last full scan"), content["missing"] or None
    yield tr("erased"), content["erased"] or None
    yield tr("of these changed in the local system since"), content["erased_changed"] or None
    yield tr("to be written back to the local system"), content["write_back"]["waiting"] or None
    yield tr("of these failed"), _reasons(content["write_back"]["failed"])
    yield tr("late by the law"), _figure(content["late"], LATE)
    yield tr("messages late by the law"), _figure(_total(content["late_messages"]), LATE)
    soon = _figure(_total(content["due_soon"]["messages"]), DUE_SOON)
    yield tr("messages due by {day}", day=shown(content["due_soon"]["until"])), soon
    yield tr("oldest waiting since"), _when(content["oldest_waiting"])
    yield tr("refused, tried again by themselves"), content["refused_again"] or None
    yield tr("next try"), content["next_try_at"]
    yield tr("audit entries"), log["entries"]
    yield tr("last signed head"), _when(log["checkpoint"]["at"]) or up_word(tr("never"), up=False)
    for each in log["anchors"]:
        never = up_word(tr("never"), up=False)
        yield tr("last head at {place}", place=each["place"]), _when(each["at"]) or never


def _at_work(held: bool | None) -> str | None:
    """Return the words for whether the ledger is held, None where this account cannot tell."""
    if held is None:
        return None
    return up_word(tr("at work: it holds the ledger, or a command does"), up=True) if held else tr("not running")


def _when(instant: datetime | None) -> str | None:
    """Return an instant with its age."""
    return f"{shown(instant)} ({ago(instant, datetime.now(UTC))})" if instant else None


def _figure(number: int, style: str) -> str | None:
    return Toned(shown(number), style) if number else None


def _print_findings(output: Output, findings: list[dict[str, Any]]) -> None:
    for level, title in (
        ("block", tr("To mend at the source")),
        ("hold", tr("Held until a person has looked")),
        ("warn", tr("Gone up with a warning, or not expressible in this contract")),
    ):
        rows = [{**f, "meaning": rule_sentence(f["rule"])} for f in findings if f["level"] == level]
        if rows:
            output.text()
            output.table(
                [
                    Column("cases", tr("cases"), right=True),
                    Column("rule", tr("rule"), whole=True),
                    Column("field", tr("field")),
                    Column("meaning", tr("meaning")),
                ],
                rows,
                title=title,
            )


def _print_accounts(output: Output, accounts: list[dict[str, Any]]) -> None:
    output.table(
        [
            Column("account", tr("account"), whole=True),
            Column("national side", tr("national side")),
            Column("down_since", tr("down since"), sparse=True),
            Column("cause", tr("cause"), sparse=True),
            Column("next_try_at", tr("next try"), sparse=True),
            Column("last_success_at", tr("last success"), sparse=True),
        ],
        [
            {**each, "national side": up_word(tr("up") if each["up"] else tr("down"), up=each["up"])}
            for each in accounts
        ],
    )


def _print_runs(output: Output, runs: list[dict[str, Any]]) -> None:
    output.table(
        [
            Column("started_at", tr("last runs"), whole=True),
            Column("result", tr("result")),
            Column("read", tr("read"), right=True),
            Column("changed", tr("changed"), right=True),
            Column("delivered.acknowledged", tr("acknowledged"), right=True),
            Column("delivered.waiting", tr("to be tried again"), right=True),
            Column("delivered.uncertain", tr("uncertain"), right=True),
        ],
        [{**run["counts"], "started_at": run["started_at"], "result": result_word(run["result"])} for run in runs],
    )
