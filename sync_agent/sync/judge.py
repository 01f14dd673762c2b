"""What a case would send and what keeps it from going up: gate, contract, files and scope, one after the other."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from sync_agent.audit import CaseSecret
from sync_agent.domain.canonical import correlation_token, keyed_digest
from sync_agent.domain.casefile import CaseFile
from sync_agent.domain.deadlines import entry_due, trigger
from sync_agent.domain.findings import Finding, Level
from sync_agent.ledger import CaseRow, Doubt, KnownCase, MessageKey, MessageRow, State
from sync_agent.mapping import Mapped
from sync_agent.national import Message
from sync_agent.privacy import GateResult
from sync_agent.settings import Mode
from sync_agent.sync.attach import with_files
from sync_agent.sync.context import Agent
from sync_agent.sync.shape import dump_shape, load_shape, unknown_shape, was_open

__all__ = ["Content", "Judgement", "Look", "TakeOver", "began_on", "digested", "judge"]

_MAY_HAVE_LEFT = frozenset({State.IN_FLIGHT, State.UNCERTAIN})


@dataclass(frozen=True, slots=True)
class Content:
    """What the ledger keeps of a message's content: its digest, its name in a plan, its shape."""

    digest: str
    mark: str
    shape: str


@dataclass(frozen=True, slots=True)
class Look:
    """What a case says now, before it is compared with what the national side has."""

    mapped: Mapped = field(repr=False)
    contents: Mapping[MessageKey, Content]
    protected: bool


TakeOver = Callable[[KnownCase, Look], None]
"""May acknowledge what the national side holds of a case already, in the transaction of the look."""


@dataclass(frozen=True, slots=True)
class LegalClock:
    """From which day the law asks for a step, and until which day it is in time (ISO); None while it asks nothing."""

    trigger_on: str | None
    due_on: str | None


@dataclass(frozen=True, slots=True)
class Judgement:
    """All that was concluded of a case at one look; the payloads stay in memory."""

    findings: tuple[Finding, ...]
    payloads: dict[MessageKey, Message] = field(repr=False)
    contents: dict[MessageKey, Content]
    clocks: dict[MessageKey, LegalClock]
    ready: frozenset[MessageKey]
    again: Mapping[MessageKey, str]  # by which rule of the contract a message cannot be sent again as it is


def judge(
    agent: Agent, mapped: Mapped, case: KnownCase, *, signed: bool, take_over: TakeOver | None = None
) -> Judgement:
    """Judge one case as it was just read. Changes nothing but by `take_over`; reads attached files."""
    row, messages, secret = case.row, case.messages, case.secret
    lifted = row.lifted_digest is not None
    gated = agent.gate.clear(mapped.case, protected=row.protected_since is not None, lifted=lifted)
    cleared, file_findings = with_files(gated.cleared, agent.files)
    token = correlation_token(agent.installation_key, *row.origin)
    projection = agent.contract.project(cleared, token=token, options=agent.wire)
    payloads = {(message.step, message.local_key): message for message in projection.messages}
    contents = {key: _content(agent, message, secret) for key, message in payloads.items()}
    if take_over is not None:
        take_over(case, Look(mapped, contents, gated.cleared.protected))
    findings = {
        *mapped.findings,
        *gated.findings,
        *file_findings,
        *projection.findings,
        *_scope_findings(agent, mapped.case),
        *_protection_findings(gated, row, messages, signed=signed),
        *_deleted_findings(messages, payloads),
        *_foreign_findings(agent, mapped, messages, payloads),
        *_doubt_findings(mapped, messages, payloads),
    }
    for key, message in payloads.items():
        findings.update(_message_findings(agent, message, gated))
        findings.update(_update_findings(agent, message, contents[key], messages.get(key), secret))
    clocks = {key: _clock(agent, mapped.case, key) for key in payloads}
    again = _unrepeatable(agent, payloads, contents, case)
    return Judgement(tuple(sorted(findings, key=repr)), payloads, contents, clocks, mapped.ready, again)


def _clock(agent: Agent, case: CaseFile, key: MessageKey) -> LegalClock:
    """Return when the law wants this step entered, ready or not: the clock runs from its trigger."""
    start = trigger(case, *key)
    due = entry_due(case, *key, agent.settings.timeliness.entry_working_days, agent.calendar)
    return LegalClock(start.isoformat() if start else None, due.isoformat() if due else None)


def digested(message: Message) -> bytes:
    """Return the bytes whose keyed digest the ledger and the log have of a message."""
    # The parent goes up as an Id, which a digest leaves out: its local key stands for it.
    return message.content() + message.parent_key.encode()


def _content(agent: Agent, message: Message, secret: CaseSecret) -> Content:
    body = digested(message)
    mark = keyed_digest(agent.installation_key, "plan", body)[:32]
    return Content(secret.digest(body), mark, dump_shape(message, secret, agent.contract.version))


def _scope_findings(agent: Agent, case: CaseFile) -> list[Finding]:
    """Hold what the person in charge has not opened: other agencies and kinds, and what is older than the start."""
    scope = agent.settings.scope
    if agent.settings.agent.mode is Mode.DEMO and not scope.complete:
        return []
    findings = []
    if case.agency not in scope.agencies:
        findings.append(Finding("out_of_scope", Level.HOLD, "agency"))
    if case.kind not in scope.kinds:
        findings.append(Finding("out_of_scope", Level.HOLD, "kind"))
    day = began_on(case)
    if scope.start_from is None or day is None or day < scope.start_from:
        findings.append(Finding("before_start", Level.HOLD))
    return findings


def began_on(case: CaseFile) -> date | None:
    """Return the first day known of a case."""
    petition, reception = case.petition, case.reception
    days = [
        petition.received_on if petition else None,
        petition.entered_on if petition else None,
        reception.received_on if reception else None,
        case.recorded_at.date() if case.recorded_at else None,
    ]
    return next((day for day in days if day is not None), None)


def _protection_findings(
    gated: GateResult, row: CaseRow, messages: Mapping[MessageKey, MessageRow], *, signed: bool
) -> list[Finding]:
    findings = [] if signed else [Finding("policy_not_signed", Level.HOLD)]
    if not gated.cleared.protected:
        return findings
    went_up = [_went_up_at(m) for m in messages.values() if m.ack_digest or m.state in _MAY_HAVE_LEFT]
    since = row.protected_since
    if any(at is not None and (since is None or at < since) for at in went_up):
        findings.append(Finding("reclassified", Level.HOLD))
    return findings


def _went_up_at(message: MessageRow) -> datetime | None:
    """Return when a message was last sent, or taken over of a case that was not protected then."""
    taken_over = message.ack_shape is not None and was_open(message.ack_shape)
    return message.intent_at or (message.ack_at if taken_over else None)


def _foreign_findings(
    agent: Agent,
    mapped: Mapped,
    messages: Mapping[MessageKey, MessageRow],
    payloads: Mapping[MessageKey, Message],
) -> list[Finding]:
    """Hold a case with an Id that is not the one the ledger has: somebody else writes it, or wrote it before us."""
    findings = []
    for key, national_id in mapped.national_ids.items():
        row = messages.get(key)
        ours = row.ack_id if row is not None else None
        if key in payloads and (ours is None or ours.casefold() != national_id.casefold()):
            shared = row is not None and row.doubt == Doubt.SHARED_ID
            rule, place = "national_id_shared" if shared else "foreign_writer", agent.mapper.place_of_ids(key[0])
            findings.append(Finding(rule, Level.HOLD, local_key=key[1], where=place))
    return findings


def _doubt_findings(
    mapped: Mapped, messages: Mapping[MessageKey, MessageRow], payloads: Mapping[MessageKey, Message]
) -> list[Finding]:
    """Hold what the national side may have although it was not sent from here."""
    return [
        Finding("maybe_present", Level.HOLD, "", *key)
        for key, row in messages.items()
        if key in payloads and row.ack_digest is None and row.doubt not in {None, Doubt.NOT_FOUND}
        if not (row.doubt == Doubt.SHARED_ID and key in mapped.national_ids)
    ]


def _deleted_findings(
    messages: Mapping[MessageKey, MessageRow], payloads: Mapping[MessageKey, Message]
) -> list[Finding]:
    """Find what went up and is no longer in the case: the contract cannot take anything back."""
    return [
        Finding("deleted_locally", Level.WARN, step=key[0], local_key=key[1])
        for key, row in messages.items()
        if key not in payloads and row.ack_digest is not None
    ]


def _message_findings(agent: Agent, message: Message, gated: GateResult) -> list[Finding]:
    findings = agent.contract.check(message, most_bytes=agent.settings.delivery.most_bytes)
    if agent.accounts.for_agency(message.agency) is None:
        findings.append(Finding("no_account", Level.HOLD, "agency", message.step, message.local_key))
    if gated.cleared.protected and gated.withheld.found_in(message.strings()):
        findings.append(Finding("identity_in_text", Level.HOLD, "", message.step, message.local_key))
    return findings


def _update_findings(
    agent: Agent, message: Message, content: Content, row: MessageRow | None, secret: CaseSecret
) -> list[Finding]:
    """Ask the contract whether an acknowledged message whose content changed may be sent again."""
    if row is None or row.ack_digest is None or row.ack_digest == content.digest:
        return []
    rule = _update_stop(agent, message, row, secret)
    if rule is None:
        return []
    # Of the first update over a record that others wrote, a person sees which fields of it would be emptied.
    fields = agent.contract.emptied(message) if rule == "adopted_update" else ()
    return [Finding(rule, Level.HOLD, name, message.step, message.local_key) for name in fields or ("",)]


def _update_stop(agent: Agent, message: Message, row: MessageRow, secret: CaseSecret) -> str | None:
    old = load_shape(row.ack_shape, secret) if row.ack_shape else unknown_shape(agent.contract, message, secret)
    return agent.contract.update_stop(message.step, old=old, message=message)


def _unrepeatable(
    agent: Agent, payloads: Mapping[MessageKey, Message], contents: Mapping[MessageKey, Content], case: KnownCase
) -> dict[MessageKey, str]:
    """Ask the contract whether what a person has sent again may go up although it is the same as it was."""
    found = {}
    for key, message in payloads.items():
        row = case.messages.get(key)
        if row is not None and row.forced is not None and row.ack_digest == contents[key].digest:
            rule = _update_stop(agent, message, row, case.secret)
            if rule is not None:
                found[key] = rule
    return found
