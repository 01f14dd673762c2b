"""`status`: how everything stands."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import typer

from sync_agent.cli.exits import ExitCode
from sync_agent.cli.figures import needing_a_person, print_messages, print_stopped
from sync_agent.cli.options import options_of
from sync_agent.cli.output import Column, Output
from sync_agent.cli.words import result_word, rule_sentence
from sync_agent.i18n import tr

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


def _content(desk: Any) -> dict[str, Any]:
    from sync_agent.audit import head
    from sync_agent.ledger import absences, environment, erasure, last_runs, load_lanes, queries, write_back_counts

    source_id = desk.ledger.source_id
    today = datetime.now(ZoneInfo("Asia/Ho_Chi_Minh")).date().isoformat()
    with desk.ledger.read() as connection:
        overview = queries.overview(connection, source_id)
        bound = environment(connection)
        counted = queries.hold_counts(connection, source_id)
        runs = last_runs(connection, 5)
        late = queries.late_cases(connection, source_id, today)
        log = head(connection)
        gone, missing = absences(connection, source_id)
        untold = write_back_counts(connection, source_id)
        lanes = load_lanes(connection)
        stopped = desk.heads.stops_creations(connection, desk.ledger.clock())
        erased, changed = erasure.erased_counts(connection, source_id)
    messages = [
        {"step": step, "state": state, "count": number} for (step, state), number in sorted(overview.messages.items())
    ]
    findings = [
        {"level": level, "rule": rule, "field": field, "cases": number}
        for (level, rule, field), number in sorted(counted.items())
    ]
    return {
        "mode": bound.mode if bound else None,
        "national": bound.base_url if bound else None,
        "cases": overview.cases,
        "protected": overview.protected,
        "gone": gone,
        "missing": missing,
        "write_back": {"waiting": sum(untold.values()), "failed": {why: n for why, n in untold.items() if why}},
        "late": late,
        "creations_stopped": stopped,
        "erased": erased,
        "erased_changed": changed,
        "accounts": [_lane(lane) for _, lane in sorted(lanes.items())],
        "messages": messages,
        "needs_person": needing_a_person(overview) + changed,
        "refused_again": overview.refused_again,
        "findings": findings,
        "oldest_waiting": overview.oldest_waiting,
        "next_try_at": overview.next_try_at,
        "runs": [
            {
                "started_at": run.started_at,
                "ended_at": run.ended_at,
                "result": run.result,
                "counts": _figures(run.counts),
            }
            for run in runs
        ],
        "audit": {"entries": log.size, "root": log.root.hex()},
    }


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
    output.facts(
        [
            (tr("environment"), content["mode"]),
            (tr("national service"), content["national"]),
            (tr("cases"), content["cases"]),
            (tr("of these protected"), content["protected"]),
            (tr("gone from the local system"), content["gone"] or None),
            (tr("not found by the last full scan"), content["missing"] or None),
            (tr("erased"), content["erased"] or None),
            (tr("of these changed in the local system since"), content["erased_changed"] or None),
            (tr("to be written back to the local system"), content["write_back"]["waiting"] or None),
            (tr("of these failed"), _reasons(content["write_back"]["failed"])),
            (tr("late by the law"), content["late"]),
            (tr("oldest waiting since"), content["oldest_waiting"]),
            (tr("refused, tried again by themselves"), content["refused_again"] or None),
            (tr("next try"), content["next_try_at"]),
            (tr("audit entries"), content["audit"]["entries"]),
        ]
    )
    if content["creations_stopped"]:
        output.text()
        print_stopped(output)
    if content["accounts"]:
        output.text()
        _print_accounts(output, content["accounts"])
    if content["messages"]:
        output.text()
        print_messages(output, {(m["step"], m["state"]): m["count"] for m in content["messages"]})
    for level, title in (
        ("block", tr("To mend at the source")),
        ("hold", tr("Held until a person has looked")),
        ("warn", tr("Gone up with a warning, or not expressible in this contract")),
    ):
        rows = [{**f, "meaning": rule_sentence(f["rule"])} for f in content["findings"] if f["level"] == level]
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
    if content["runs"]:
        output.text()
        _print_runs(output, content["runs"])


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
        [{**each, "national side": tr("up") if each["up"] else tr("down")} for each in accounts],
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
