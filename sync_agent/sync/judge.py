"""What a case would send and what keeps it from going up: gate, contract, files and scope, one after the other."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from sync_agent.audit import CaseSecret
from sync_agent.domain.canonical import correlation_token, keyed_digest
from sync_agent.domain.casefile import CaseFile
from sync_agent.domain.deadlines import entry_due
from sync_agent.domain.findings import Finding, Level
from sync_agent.ledger import CaseRow, KnownCase, MessageKey, MessageRow, State
from sync_agent.mapping import Mapped
from sync_agent.national import Message
from sync_agent.privacy import GateResult
from sync_agent.settings import Mode
from sync_agent.sync.attach import with_files
from sync_agent.sync.context import Agent
from sync_agent.sync.shape import dump_shape, load_shape

__all__ = ["Content", "Judgement", "judge"]


@dataclass(frozen=True, slots=True)
class Content:
    """What the ledger keeps of a message's content: its digest, its name in a plan, its shape."""

    digest: str
    mark: str
    shape: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """All that was concluded of a case at one look; the payloads stay in memory."""

    findings: tuple[Finding, ...]
    payloads: dict[MessageKey, Message] = field(repr=False)
    contents: dict[MessageKey, Content]
    due: dict[MessageKey, str | None]
    ready: frozenset[MessageKey]


def judge(agent: Agent, mapped: Mapped, case: KnownCase, *, signed: bool) -> Judgement:
    """Judge one case as it was just read. Changes nothing; reads attached files."""
    row, messages, secret = case.row, case.messages, case.secret
    gated = agent.gate.clear(mapped.case, protected=row.protected_since is not None)
    cleared, file_findings = with_files(gated.cleared, agent.files)
    token = correlation_token(agent.installation_key, agent.ledger.source_id, row.case_key)
    projection = agent.contract.project(cleared, token=token, options=agent.wire)
    payloads = {(message.step, message.local_key): message for message in projection.messages}
    contents = {key: _content(agent, message, secret) for key, message in payloads.items()}
    findings = {
        *mapped.findings,
        *gated.findings,
        *file_findings,
        *projection.findings,
        *_scope_findings(agent, mapped.case),
        *_protection_findings(gated, row, messages, signed=signed),
        *_deleted_findings(messages, payloads),
    }
    for key, message in payloads.items():
        findings.update(_message_findings(agent, message, gated))
        findings.update(_update_findings(agent, message, contents[key], messages.get(key), secret))
    due = {key: _due_on(agent, mapped.case, key) for key in payloads}
    return Judgement(tuple(sorted(findings, key=repr)), payloads, contents, due, mapped.ready)


def _due_on(agent: Agent, case: CaseFile, key: MessageKey) -> str | None:
    """Return when the law wants this step entered, ready or not: the clock runs from its trigger."""
    day = entry_due(case, *key, agent.settings.timeliness.entry_working_days, agent.calendar)
    return day.isoformat() if day else None


def _content(agent: Agent, message: Message, secret: CaseSecret) -> Content:
    # The parent goes up as an Id, which a digest leaves out: its local key stands for it.
    body = message.content() + message.parent_key.encode()
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
    day = _began_on(case)
    if scope.start_from is None or day is None or day < scope.start_from:
        findings.append(Finding("before_start", Level.HOLD))
    return findings


def _began_on(case: CaseFile) -> date | None:
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
    if not gated.cleared.protected:
        return []
    findings = [] if signed else [Finding("policy_not_signed", Level.HOLD)]
    went_up = [m.intent_at for m in messages.values() if m.ack_digest or m.state in {State.IN_FLIGHT, State.UNCERTAIN}]
    since = row.protected_since
    if any(at is not None and (since is None or at < since) for at in went_up):
        findings.append(Finding("reclassified", Level.HOLD))
    return findings


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
    findings = list(agent.contract.check(message))
    if agent.accounts.for_agency(message.agency) is None:
        findings.append(Finding("no_account", Level.HOLD, "agency", message.step, message.local_key))
    if gated.cleared.protected and gated.withheld.found_in(message.strings()):
        findings.append(Finding("identity_in_text", Level.HOLD, "", message.step, message.local_key))
    return findings


def _update_findings(
    agent: Agent, message: Message, content: Content, row: MessageRow | None, secret: CaseSecret
) -> list[Finding]:
    """Ask the contract whether an acknowledged message whose content changed may be sent again."""
    if row is None or row.ack_shape is None or row.ack_digest == content.digest:
        return []
    rule = agent.contract.update_stop(message.step, old=load_shape(row.ack_shape, secret), message=message)
    return [Finding(rule, Level.HOLD, "", message.step, message.local_key)] if rule else []
