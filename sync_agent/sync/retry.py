"""Tries what was refused once more on the word of a person, by the way everything goes; shows the answer if asked.

The text of an answer may quote a name: it is handed to the caller from memory, of an unprotected case only, and the
log has that somebody saw it before anybody does.
"""

from contextlib import nullcontext
from dataclasses import dataclass, field

from sync_agent.audit import Event
from sync_agent.domain.steps import Step
from sync_agent.errors import SyncAgentError
from sync_agent.ledger import KnownCase, MessageKey, MessageRow, State, Transaction, exclusive, known_by_name, save_rows
from sync_agent.national import Outcome, Refused
from sync_agent.sync.context import Agent
from sync_agent.sync.deliver import deliver
from sync_agent.sync.notes import require_reason
from sync_agent.sync.plan import let_through, make_plan
from sync_agent.sync.progress import NoProgress, Progress
from sync_agent.sync.run import PassReport, recorded
from sync_agent.sync.scan import scan
from sync_agent.sync.uncertain import recover

__all__ = ["Answer", "RetryReport", "plan_again", "retry"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the national side answered to one message; the text lives in memory only, for one person at a terminal."""

    step: str
    local_key: str = field(repr=False)
    text: str = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(slots=True)
class RetryReport(PassReport):
    """What came of it: the messages that were asked for as they stand now, and the texts of new refusals if wanted."""

    messages: list[MessageRow] = field(default_factory=list, repr=False)
    answers: list[Answer] = field(default_factory=list)


def retry(
    agent: Agent,
    key: str,
    *,
    step: Step | None = None,
    reason: str,
    listen: bool = False,
    actor: str,
    progress: Progress | None = None,
    held: bool = False,
) -> RetryReport:
    """Send the refused messages of a case (of `step`) again now, as far as gate, holds and guards let them go.

    With `listen` the texts of new refusals are in the report. Raises SyncAgentError when nothing of the case was
    refused, for a reason that is no code, and for `listen` to a protected case; the errors of a pass besides.
    """
    require_reason(reason)
    progress, report = progress or NoProgress(), RetryReport()
    holding = nullcontext() if held else exclusive(agent.settings.state, agent.ledger.engine)
    with holding, recorded(agent, report, actor, kind="retry", held=held):
        recover(agent)
        case_key, asked = _ask(agent, key, step, reason=reason, listen=listen, actor=actor)
        heard: list[Answer] = []
        if listen:
            report.delivered.listener = lambda row, outcome: _hear(heard, asked, row, outcome)
        report.scanned = scan(agent, progress, keys=[case_key])
        _require_open(agent, case_key, listen=listen)  # it may have become protected by this very look
        report.plan = make_plan(agent, [case_key])
        let_through(agent, report.plan, accepted=None, actor=actor, keys=[case_key])
        deliver(agent, progress, keys=[case_key], limit=None, report=report.delivered)
        progress.finish()
        _conclude(agent, case_key, asked, heard, report, actor=actor)
    return report


def _ask(
    agent: Agent, key: str, step: Step | None, *, reason: str, listen: bool, actor: str
) -> tuple[str, list[MessageKey]]:
    """Have the refused messages of a case go up again; return its key and theirs."""
    with agent.ledger.write(actor=actor) as tx:
        case = known_by_name(tx.connection, agent.ledger.source_id, key)
        _require_unprotected(agent, case, listen=listen)
        refused = [m for m in case.messages.values() if m.state == State.REJECTED and (step is None or m.step == step)]
        if not refused:
            raise SyncAgentError(
                "nothing of this case was refused", where=agent.shown(case.row), todo="see: sync-agent cases show KEY"
            )
        for message in refused:
            plan_again(tx, case, message, reason)
        case.row.look_at = tx.now
        save_rows(tx.connection, refused)
        save_rows(tx.connection, [case.row])
        return case.row.case_key, [(Step(message.step), message.local_key) for message in refused]


def plan_again(tx: Transaction, case: KnownCase, message: MessageRow, reason: str) -> None:
    """Have a refused message go up again at the next look. The caller saves it."""
    case.record(
        tx,
        Event.RETRY_REQUESTED,
        step=message.step,
        item=case.item(message.local_key),
        wanted=message.wanted_digest,
        reason=reason,
    )
    message.state, message.reason, message.refusal, message.next_try_at = State.PENDING, None, None, None
    case.record_message(
        tx,
        Event.PLANNED,
        message,
        old_state=State.REJECTED,
        wanted=message.wanted_digest,
        update=message.ack_digest is not None,
    )


def _require_open(agent: Agent, case_key: str, *, listen: bool) -> None:
    with agent.ledger.read() as connection:
        case = known_by_name(connection, agent.ledger.source_id, case_key)
    _require_unprotected(agent, case, listen=listen)


def _require_unprotected(agent: Agent, case: KnownCase, *, listen: bool) -> None:
    if listen and case.row.protected_since is not None:
        raise SyncAgentError(
            "the answer about a protected case is shown to nobody",
            where=agent.shown(case.row),
            todo="try it again without --show-answer; the refusal's code and known words are in: cases show KEY",
        )


def _hear(heard: list[Answer], asked: list[MessageKey], row: MessageRow, outcome: Outcome) -> None:
    if isinstance(outcome, Refused) and (Step(row.step), row.local_key) in asked:
        heard.append(Answer(row.step, row.local_key, outcome.raw, outcome.answer))


def _conclude(
    agent: Agent, case_key: str, asked: list[MessageKey], heard: list[Answer], report: RetryReport, *, actor: str
) -> None:
    """Note how the messages stand and, before they can be shown, that somebody sees the answers."""
    with agent.ledger.write(actor=actor) as tx:
        case = known_by_name(tx.connection, agent.ledger.source_id, case_key)
        report.messages = [case.messages[key] for key in asked]
        if case.row.protected_since is not None:
            return
        for answer in heard:
            item, response = case.item(answer.local_key), case.secret.response(answer.body)
            case.record(tx, Event.ANSWER_SHOWN, step=answer.step, item=item, response=response)
    report.answers = heard
