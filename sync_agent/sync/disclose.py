"""Gives out the secret of one case and what its messages say, so that others can hold that against the log.

Only content that was sent according to the log is given, and of no case that is or may be protected: with its secret
even the digests of what was withheld could be tried. The log has that it was given before anybody gets it.
"""

import base64
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from sync_agent.audit import CheckpointReason, Event, Selection, proof_file, selected
from sync_agent.errors import SyncAgentError
from sync_agent.ledger import KnownCase, MessageKey, exclusive, known_by_name
from sync_agent.mapping import Mapped
from sync_agent.sync.context import Agent
from sync_agent.sync.judge import digested, judge
from sync_agent.sync.notes import require_reason
from sync_agent.sync.preview import concealed, looked_at_anew
from sync_agent.sync.run import claim

__all__ = ["Disclosure", "disclose"]

_SENT = frozenset({Event.INTENT, Event.ACCEPTED, Event.ADOPTED})
"""Entries that commit to content which left, or was there already; a plan alone proves nothing."""


@dataclass(frozen=True, slots=True)
class Disclosure:
    """What was given out of a case, `document`, and which of its messages say now what was never sent."""

    name: str
    proved: tuple[MessageKey, ...]
    unproved: tuple[MessageKey, ...]
    document: dict[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Content:
    """The digested bytes of a message as the case says it now, and the entries by which just that was sent."""

    key: MessageKey
    content: bytes = field(repr=False)
    digest: str
    entries: tuple[int, ...]


def disclose(agent: Agent, key: str, *, reason: str, actor: str) -> Disclosure:
    """Return what proves the content of the case called `key`, with its secret and personal values.

    Raises SyncAgentError when source or ledger has no such case, when it is or may be protected, when
    nothing that it says now was ever sent, and for a reason that is no code.
    """
    require_reason(reason)
    with exclusive(agent.settings.state, agent.ledger.engine):
        claim(agent)
        _, mapped = looked_at_anew(agent, key)
        with agent.ledger.write(actor=actor) as tx:
            case = known_by_name(tx.connection, agent.ledger.source_id, mapped.case.case_key)
            _require_open(agent, mapped, case)
            contents = _contents(agent, tx.connection, mapped, case)
            if not any(each.entries for each in contents):
                raise SyncAgentError(
                    "nothing that this case says now was ever sent",
                    where=agent.shown(case.row),
                    todo="what it said before can be proved only while the local system still has it",
                )
            case.record(tx, Event.DISCLOSED, reason=reason)
        return _disclosure(agent, case, contents)


def _require_open(agent: Agent, mapped: Mapped, case: KnownCase) -> None:
    if concealed(agent, mapped):
        raise SyncAgentError(
            "the secret of a case that is or may be protected is given to nobody",
            where=agent.names.shown(case.row.case_key, protected=True),
            todo="prove its entries one by one: sync-agent audit prove N",
        )


def _contents(agent: Agent, connection: Connection, mapped: Mapped, case: KnownCase) -> list[_Content]:
    judged = judge(agent, mapped, case, signed=agent.signed(connection))
    named: dict[str, list[int]] = {}
    for found in selected(connection, Selection(subject=case.subject)):
        if found.document["event"] in _SENT:
            named.setdefault(found.document.get("wanted", ""), []).append(found.idx)
    return [
        _Content(key, digested(message), judged.contents[key].digest, tuple(named.get(judged.contents[key].digest, ())))
        for key, message in judged.payloads.items()
    ]


def _disclosure(agent: Agent, case: KnownCase, contents: list[_Content]) -> Disclosure:
    if agent.ledger.heads is None:
        raise RuntimeError("a ledger without heads proves nothing")
    agent.ledger.heads.sign(agent.ledger, CheckpointReason.PERSON)
    source, case_key = case.row.origin
    with agent.ledger.read() as connection:
        messages = [_told(connection, case, each) for each in contents if each.entries]
    document = {
        "format": "sync-agent audit content",
        "version": 1,
        "source": source,
        "case_key": case_key,
        "subject": case.subject,
        "secret": bytes(case.secret).hex(),
        "messages": messages,
    }
    proved = tuple(each.key for each in contents if each.entries)
    unproved = tuple(each.key for each in contents if not each.entries)
    return Disclosure(agent.shown(case.row), proved, unproved, document)


def _told(connection: Connection, case: KnownCase, each: _Content) -> dict[str, Any]:
    step, local_key = each.key
    proof, _ = proof_file(connection, each.entries[-1])
    return {
        "step": step,
        "local_key": local_key,
        "item": case.item(local_key),
        "content": base64.b64encode(each.content).decode(),
        "digest": each.digest,
        "entries": list(each.entries),
        "proof": proof.decode(),
    }
