"""`cases list|show|resolve|retry`: what the ledger knows of cases; uncertain messages settled, refused ones retried."""

import shlex
import sys
from collections.abc import Iterable
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sync_agent.cli.actor import login_actor
from sync_agent.cli.completion import rule_names
from sync_agent.cli.exits import ExitCode
from sync_agent.cli.options import options_of
from sync_agent.cli.output import Column, Output, Toned
from sync_agent.cli.requests import have_done
from sync_agent.cli.words import LATE, kind_word, level_word, rule_sentence, state_word, step_word
from sync_agent.domain.steps import Step
from sync_agent.i18n import tr

if TYPE_CHECKING:
    from sync_agent.bootstrap import Desk
    from sync_agent.ledger import CasePlace, KnownCase
    from sync_agent.sync import Agent, Answer

__all__ = ["add"]


class StateName(StrEnum):
    """The states of a message, as the option takes them."""

    NOT_READY = "not_ready"
    PENDING = "pending"
    IN_FLIGHT = "in_flight"
    ACKNOWLEDGED = "acknowledged"
    WAITING = "waiting"
    REJECTED = "rejected"
    UNCERTAIN = "uncertain"
    HELD = "held"


class KindName(StrEnum):
    """The kinds of a case, as the option takes them."""

    COMPLAINT = "complaint"
    DENUNCIATION = "denunciation"
    FEEDBACK = "feedback"
    MIXED = "mixed"


class SortName(StrEnum):
    """By what a list is sorted, as the option takes it."""

    KEY = "key"
    RECEIVED = "received"
    DUE = "due"
    STATE = "state"


def add(app: typer.Typer) -> None:
    """Register the commands."""
    cases = typer.Typer(help="What the ledger knows of cases.")
    cases.command("list")(list_cases)
    cases.command("show")(show)
    cases.command("resolve")(resolve)
    cases.command("retry")(retry)
    app.add_typer(cases, name="cases")


def list_cases(
    context: typer.Context,
    *,
    state: Annotated[StateName | None, typer.Option(help="Only cases with a message in this state.")] = None,
    step: Annotated[Step | None, typer.Option(help="Only cases with a message of this step.")] = None,
    kind: Annotated[KindName | None, typer.Option(help="Only cases of this kind.")] = None,
    agency: Annotated[str | None, typer.Option(metavar="CODE", help="Only cases of this agency.")] = None,
    since: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], metavar="DAY", help="Only what the agency received since DAY."),
    ] = None,
    until: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], metavar="DAY", help="And until DAY, it included.")
    ] = None,
    late: Annotated[bool, typer.Option("--late", help="Only with a message that is late by the law.")] = False,
    due_soon: Annotated[bool, typer.Option("--due-soon", help="Only with a message that soon will be late.")] = False,
    held_by: Annotated[
        str | None, typer.Option(metavar="RULE", autocompletion=rule_names, help="Only what this rule holds.")
    ] = None,
    gone: Annotated[bool, typer.Option("--gone", help="Only cases that are gone from the local system.")] = False,
    protected: Annotated[bool, typer.Option("--protected", help="Only protected cases.")] = False,
    sort: Annotated[SortName, typer.Option(help="In which order.")] = SortName.KEY,
    after: Annotated[
        str | None, typer.Option(metavar="WORD", help="Go on behind WORD, with which the page before ended.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, metavar="N", help="At most N cases.")] = 100,
) -> None:
    """List cases (protected ones by pseudonym) with the states of their messages, page by page."""
    from sync_agent.bootstrap import open_desk
    from sync_agent.ledger import CaseOrder, CaseSearch, State, list_cases, messages_of, timeliness

    options = options_of(context)
    behind = _place(after, sort)
    _require_rule(held_by)
    desk = open_desk(options.config)
    today = timeliness.vietnam_day(desk.ledger.clock())
    wanted = CaseSearch(
        state=State(state) if state else None,
        step=step,
        kind=kind,
        agency=agency,
        received_since=_day(since),
        received_until=_day(until),
        late=late,
        due_until=_due_until(desk, today) if due_soon else None,
        held_by=held_by,
        gone=gone,
        protected=protected,
    )
    with desk.ledger.read() as connection:
        rows = list_cases(
            connection,
            desk.ledger.source_id,
            wanted,
            today=today.isoformat(),
            order=CaseOrder(sort),
            after=behind,
            limit=limit,
        )
        messages = messages_of(connection, [row.id for row, _ in rows])
    found = [_listed(desk, row, str(place), messages.get(row.id, []), today) for row, place in rows]
    options.output.records(found)
    _print_cases(options.output, found, full=len(found) == limit)


def _place(after: str | None, sort: SortName) -> "CasePlace | None":
    from sync_agent.errors import ConfigError
    from sync_agent.ledger import CaseOrder, CasePlace

    try:
        return CasePlace.parse(after, CaseOrder(sort)) if after is not None else None
    except ValueError:
        raise ConfigError(
            "no page ends with this word", where="--after", todo="take the word the page before ended with"
        ) from None


def _require_rule(rule: str | None) -> None:
    from sync_agent.errors import ConfigError

    if rule is not None and rule not in rule_names(""):
        raise ConfigError("there is no such rule", where="--held-by", todo="see: sync-agent status")


def _day(given: datetime | None) -> str | None:
    return given.date().isoformat() if given else None


def _due_until(desk: "Desk", today: date) -> str:
    return desk.calendar.add_working_days(today, desk.settings.timeliness.warn_working_days).isoformat()


def _listed(desk: "Desk", row: Any, place: str, messages: Iterable[Any], today: date) -> dict[str, Any]:
    """Return what is told of a case; `next` is the word behind which a list goes on."""
    from sync_agent.ledger import timeliness

    return {
        "case": desk.names.shown(row.case_key, protected=row.protected_since is not None),
        "kind": row.kind,
        "agency": row.agency,
        "received_on": row.received_on,
        "protected": row.protected_since is not None,
        "gone_since": row.gone_since,
        "messages": [
            {
                "step": m.step,
                "local_key": m.local_key,
                "state": m.state,
                "due_on": m.due_on,
                "late": row.gone_since is None
                and timeliness.timing_of(m.trigger_on, m.due_on, m.first_ack_at, today) is timeliness.Timing.LATE,
            }
            for m in messages
        ],
        "next": place,
    }


def _print_cases(output: Output, found: list[dict[str, Any]], *, full: bool) -> None:
    if not found:
        output.text(tr("The ledger knows no such cases."))
        return
    output.table(
        [
            Column("case", tr("case"), whole=True),
            Column("kind", tr("kind")),
            Column("agency", tr("agency"), whole=True),
            Column("received", tr("received"), sparse=True),
            Column("protected", tr("protected")),
            Column("gone_since", tr("gone since"), sparse=True),
            Column("messages", tr("messages")),
        ],
        [
            {
                **row,
                "kind": kind_word(row["kind"]),
                "received": date.fromisoformat(row["received_on"]) if row["received_on"] else None,
                "messages": _states(row["messages"]),
            }
            for row in found
        ],
    )
    if full:
        following = f"--after {shlex.quote(found[-1]['next'])}"
        output.note(tr("Perhaps there are more; the next page: {option}", option=following))


def _states(messages: list[dict[str, Any]]) -> list[str]:
    """Return the states with the steps that are in them, and what is late: `acknowledged: case; held: acceptance`."""
    by_state: dict[str, dict[str, None]] = {}
    for message in messages:
        by_state.setdefault(message["state"], {})[step_word(message["step"])] = None
    pieces: list[str] = []
    for state, steps in by_state.items():
        pieces += ["; "] if pieces else []
        pieces += [state_word(state), f": {', '.join(steps)}"]
    late = dict.fromkeys(step_word(message["step"]) for message in messages if message["late"])
    return [*pieces, "; ", Toned(tr("late by the law"), LATE), f": {', '.join(late)}"] if late else pieces


def show(
    context: typer.Context, key: Annotated[str, typer.Argument(metavar="KEY", help="Its key, or its name in lists.")]
) -> int:
    """Show one case: its messages, what holds them, and how to find it in the local system."""
    from sync_agent.bootstrap import open_desk
    from sync_agent.ledger import known_by_name, queries

    options = options_of(context)
    desk = open_desk(options.config)
    with desk.ledger.read() as connection:
        case = known_by_name(connection, desk.ledger.source_id, key)
        findings = queries.findings_of(connection, [case.row.id])
    protected = case.row.protected_since is not None
    content = _content(case, findings, desk.names.shown(case.row.case_key, protected=protected))
    options.output.document(content)
    _print_case(options.output, content, desk.names.shown(case.row.case_key, protected=False))
    return ExitCode.DONE


def _content(case: "KnownCase", findings: Iterable[Any], shown: str) -> dict[str, Any]:
    from sync_agent.ledger import sort_key

    row = case.row
    return {
        "case": shown,
        "kind": row.kind,
        "agency": row.agency,
        "rev": row.rev,
        "first_seen": row.first_seen,
        "gone_since": row.gone_since,
        "protected_since": row.protected_since,
        "protection": row.protection or None,
        "due_on": row.due_on,
        "messages": [_message(message) for message in sorted(case.messages.values(), key=sort_key)],
        "findings": [_finding(finding, row.last_digest) for finding in findings],
    }


def _message(row: Any) -> dict[str, Any]:
    return {
        "step": row.step,
        "local_key": row.local_key,
        "state": row.state,
        "reason": row.reason,
        "refusal": row.refusal,
        "national_id": row.ack_id,
        "acknowledged_at": row.ack_at,
        "attempts": row.attempts,
        "next_try_at": row.next_try_at,
    }


def _print_case(output: Output, content: dict[str, Any], local_name: str) -> None:
    output.facts(
        [
            (tr("case"), content["case"]),
            (tr("key in the local system"), local_name),
            (tr("kind"), kind_word(content["kind"])),
            (tr("agency"), content["agency"]),
            (tr("first seen"), content["first_seen"]),
            (tr("gone from the local system since"), content["gone_since"]),
            (tr("protected since"), content["protected_since"]),
            (tr("why protected"), content["protection"]),
            (tr("to be entered by"), date.fromisoformat(content["due_on"]) if content["due_on"] else None),
        ]
    )
    output.text()
    _print_messages(output, content["messages"])
    if content["findings"]:
        output.text()
        _print_findings(output, content["findings"])


def _print_messages(output: Output, messages: list[dict[str, Any]]) -> None:
    output.table(
        [
            Column("step", tr("step")),
            Column("local_key", tr("local key"), sparse=True),
            Column("state", tr("state")),
            Column("reason", tr("reason"), sparse=True),
            Column("refusal", tr("answer, its known words"), sparse=True),
            Column("national_id", tr("national id"), whole=True),
            Column("acknowledged_at", tr("acknowledged")),
            Column("next_try_at", tr("next try"), sparse=True),
        ],
        [{**m, "step": step_word(m["step"]), "state": state_word(m["state"])} for m in messages],
    )


def _print_findings(output: Output, findings: list[dict[str, Any]]) -> None:
    output.table(
        [
            Column("level", tr("level")),
            Column("step", tr("step")),
            Column("rule", tr("rule"), whole=True),
            Column("field", tr("field")),
            Column("place", tr("where to mend"), sparse=True),
            Column("meaning", tr("meaning")),
        ],
        [
            {**f, "level": level_word(f["level"]), "step": step_word(f["step"]), "meaning": rule_sentence(f["rule"])}
            for f in findings
        ],
    )


def _finding(row: Any, digest: str) -> dict[str, Any]:
    return {
        "level": row.level,
        "rule": row.rule,
        "step": row.step,
        "local_key": row.local_key,
        "field": row.field,
        "place": row.place,
        "since": row.since,
        "released": row.released_digest == digest,
        "rejected": row.rejected_digest == digest,
    }


def resolve(
    context: typer.Context,
    key: Annotated[str, typer.Argument(metavar="KEY", help="Its key, or its name in lists.")],
    *,
    step: Annotated[Step, typer.Option(help="The step of the uncertain message.")],
    local_key: Annotated[str, typer.Option(metavar="KEY", help="Which decision or enforcement, if several.")] = "",
    arrived: Annotated[str | None, typer.Option(metavar="ID", help="It arrived, under this national id.")] = None,
    not_arrived: Annotated[bool, typer.Option("--not-arrived", help="It did not arrive: send it again.")] = False,
) -> None:
    """Say what became of an uncertain message, after looking it up in the national database."""
    from sync_agent.bootstrap import open_agent
    from sync_agent.errors import ConfigError
    from sync_agent.ledger import RequestKind
    from sync_agent.sync import ResolveOrder

    options = options_of(context)
    if (arrived is None) is not not_arrived:
        raise ConfigError("give exactly one of --arrived ID and --not-arrived", where="cases resolve")
    with open_agent(options.config) as agent:
        order = ResolveOrder(key=key, step=step, local_key=local_key, arrived=arrived)
        have_done(options.output, agent, RequestKind.RESOLVE, order)
    options.output.document({"resolved": key, "step": step, "arrived": arrived is not None})
    options.output.text(tr("Settled: {case}, {step}.", case=key, step=step_word(step)))


def retry(
    context: typer.Context,
    key: Annotated[str, typer.Argument(metavar="KEY", help="Its key, or its name in lists.")],
    *,
    step: Annotated[Step | None, typer.Option(help="Only the message of this step.")] = None,
    reason: Annotated[str, typer.Option(metavar="CODE", help="Why: a code, letters first, no spaces.")],
    show_answer: Annotated[
        bool, typer.Option("--show-answer", help="Show what is answered, at a terminal; it is kept nowhere.")
    ] = False,
) -> int:
    """Send again what the national side refused, now and although nothing has changed."""
    from sync_agent.bootstrap import open_agent
    from sync_agent.ledger import RequestKind
    from sync_agent.sync import RetryOrder

    options = options_of(context)
    if show_answer:
        _require_terminal(options.output)
    with open_agent(options.config) as agent:
        if show_answer:
            tried, answers = _listened(options.output, agent, key, step=step, reason=reason)
        else:
            order = RetryOrder(key=key, reason=reason, step=step)
            tried, answers = have_done(options.output, agent, RequestKind.RETRY, order), []
    messages = [_message(message) for message in tried]
    options.output.document({"case": key, "messages": messages})
    _print_messages(options.output, messages)
    for answer in answers:
        options.output.text()
        options.output.text(
            tr("The answer to {step}; it is shown here once and kept nowhere:", step=step_word(answer.step))
        )
        options.output.text(answer.text or tr("(no text)"))
    done = all(message["state"] == StateName.ACKNOWLEDGED for message in messages)
    return ExitCode.DONE if done else ExitCode.NEEDS_PERSON


def _listened(
    output: Output, agent: "Agent", key: str, *, step: Step | None, reason: str
) -> tuple[list[Any], list["Answer"]]:
    """Try again in this process, in whose memory alone an answer may be."""
    from sync_agent.errors import LockedError
    from sync_agent.sync import retry as try_again

    try:
        with output.progress() as progress:
            report = try_again(
                agent, key, step=step, reason=reason, listen=True, actor=login_actor(), progress=progress
            )
    except LockedError as error:
        raise LockedError(
            "another process holds the ledger: no service shows an answer, which is kept nowhere",
            where=error.where,
            todo="stop the service first, or try it again without --show-answer",
        ) from None
    return report.messages, report.answers


def _require_terminal(output: Output) -> None:
    """Refuse to let an answer's text into a file or a pipe: it may quote a name."""
    from sync_agent.errors import ConfigError

    if output.json or not sys.stdout.isatty():
        raise ConfigError("an answer is shown at a terminal only", where="--show-answer", todo="run it at a terminal")
