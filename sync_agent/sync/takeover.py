"""Takes over what the national database holds already: acknowledged as if it had been sent from here, with its entry.

Nothing is sent. What may be there without anybody knowing gets a doubt instead, which a person or a look-up settles.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from sync_agent.audit import Event
from sync_agent.domain.steps import MINTING, STEP_ORDER, Step
from sync_agent.ledger import (
    Doubt,
    KnownCase,
    MessageKey,
    MessageRow,
    State,
    Transaction,
    id_is_taken,
    insert_rows,
    save_rows,
)
from sync_agent.mapping import Mapped
from sync_agent.settings import Mode
from sync_agent.sync.context import Agent
from sync_agent.sync.decide import UNSETTLED
from sync_agent.sync.judge import Look
from sync_agent.sync.outcome import acknowledge
from sync_agent.sync.shape import adopted_shape

__all__ = [
    "LocalIds",
    "Present",
    "TakenOver",
    "cast_doubt",
    "is_doubted",
    "is_simulated",
    "settle_doubt",
    "take_over_found",
]

_CASE: MessageKey = (Step.CASE, "")


@dataclass(frozen=True, slots=True)
class Present:
    """One message that is there, with the id it has there if its step brings one; `how` it is known, a reason code."""

    key: MessageKey = field(repr=False)
    national_id: str | None = field(repr=False)
    how: str

    @property
    def pushed(self) -> bool:
        """Tell whether the local content is to go up over what is there."""
        return self.how == "pushed"


@dataclass(slots=True)
class LocalIds:
    """The national ids of the whole source, so that one that stands twice is noticed before anything is taken over."""

    _counts: Counter[tuple[Step, str]] = field(default_factory=Counter, repr=False)

    def count(self, mapped: Mapped) -> None:
        """Note the ids of one case."""
        self._counts.update((step, national_id.casefold()) for (step, _), national_id in mapped.national_ids.items())

    def times(self, step: Step, national_id: str) -> int:
        """Return how often an id stands at a step in the source."""
        return self._counts[step, national_id.casefold()]


@dataclass(slots=True)
class TakenOver:
    """Takes over, case by case, what the local system says is there; `steps` counts what was taken over by step.

    `push`: the national records are to be overwritten by the local ones with the next pass.
    """

    agent: Agent
    ids: LocalIds
    push: bool = False
    steps: Counter[str] = field(default_factory=Counter)

    def take(self, tx: Transaction, case: KnownCase, look: Look) -> bool:
        """Take over the case and its steps; return whether the case itself was taken over now."""
        new = False
        if not self._is_ours(case, look):
            new = self._take_case(tx, case, look)
            if not new:
                return False
        for key in _in_order(look.contents):
            if key != _CASE and _is_open(case.messages.get(key)):
                self._take_step(tx, case, look, key, new=new)
        return new

    def _is_ours(self, case: KnownCase, look: Look) -> bool:
        """Tell whether the case was acknowledged before, under the id that the local system has, if any."""
        message = case.messages.get(_CASE)
        if message is None or message.ack_id is None:
            return False
        local = look.mapped.national_ids.get(_CASE)
        return local is None or local.casefold() == message.ack_id.casefold()

    def _take_case(self, tx: Transaction, case: KnownCase, look: Look) -> bool:
        local = look.mapped.national_ids.get(_CASE)
        known = _CASE in look.contents and self.agent.names.declared(case.row.case_key)
        if local is None or not known or not _is_open(case.messages.get(_CASE)):
            return False
        return self._take_id(tx, case, look, _CASE, local)

    def _take_step(self, tx: Transaction, case: KnownCase, look: Look, key: MessageKey, *, new: bool) -> None:
        local = look.mapped.national_ids.get(key)
        if key[0] in MINTING and local is not None:
            self._take_id(tx, case, look, key, local)
        elif key[0] not in MINTING and key in look.mapped.sent:
            self._acknowledge(tx, case, look, key, None)
        elif new and key[0] not in look.mapped.told_steps:
            cast_doubt(tx, case, key, Doubt.ADOPTION)

    def _take_id(self, tx: Transaction, case: KnownCase, look: Look, key: MessageKey, national_id: str) -> bool:
        """Take over what has this id, unless it stands elsewhere too or can be no id here."""
        if is_simulated(self.agent, national_id):
            return False
        message = case.messages.get(key)
        taken = id_is_taken(tx.connection, key[0], national_id, message.id if message else 0)
        if taken or self.ids.times(key[0], national_id) > 1:
            cast_doubt(tx, case, key, Doubt.SHARED_ID)
            return False
        self._acknowledge(tx, case, look, key, national_id)
        return True

    def _acknowledge(
        self, tx: Transaction, case: KnownCase, look: Look, key: MessageKey, national_id: str | None
    ) -> None:
        _acknowledge(self.agent, tx, case, look, Present(key, national_id, "pushed" if self.push else "local_id"))
        self.steps[key[0].value] += 1


def take_over_found(agent: Agent, tx: Transaction, case: KnownCase, look: Look, present: Present) -> None:
    """Take over one message that a look-up or a person found; of a case, what follows it may be there as well."""
    _acknowledge(agent, tx, case, look, present)
    if present.key != _CASE:
        return
    for other in _in_order(look.contents):
        if other != _CASE and _is_open(case.messages.get(other)):
            cast_doubt(tx, case, other, Doubt.ADOPTION)


def cast_doubt(tx: Transaction, case: KnownCase, key: MessageKey, doubt: Doubt) -> None:
    """Note why the national side may hold a message, or that it does not."""
    message = case.messages.get(key)
    if message is None:
        message = _new_message(case, key)
    message.doubt = doubt
    _store(tx, message)


def is_doubted(message: MessageRow) -> bool:
    """Tell whether a message is kept from going up because it may be there already."""
    return _is_open(message) and message.doubt not in {None, Doubt.NOT_FOUND}


def settle_doubt(tx: Transaction, case: KnownCase, message: MessageRow, *, missing: bool) -> None:
    """Note that a person settled a doubt; `missing`: the message is not there and may go up."""
    message.doubt = Doubt.NOT_FOUND if missing else message.doubt
    answer = "person.not_arrived" if missing else "person"
    case.record_message(tx, Event.RESOLVED, message, old_state=message.state, reason=answer)
    _store(tx, message)
    case.look_again(tx)


def is_simulated(agent: Agent, national_id: str) -> bool:
    """Tell whether an id was minted by a simulator and must not be kept in production."""
    prefix = agent.contract.file.answer.simulated_id_prefix.casefold()
    return agent.settings.agent.mode is Mode.PRODUCTION and national_id.casefold().startswith(prefix)


def _acknowledge(agent: Agent, tx: Transaction, case: KnownCase, look: Look, present: Present) -> None:
    """Acknowledge the content as it is now; pushed, under a digest that no content has, so that it is sent."""
    content, national_id = look.contents[present.key], present.national_id
    message = case.messages.get(present.key) or _new_message(case, present.key)
    old_state = message.state
    message.wanted_digest, message.wanted_mark = content.digest, content.mark
    message.wanted_shape = adopted_shape(content.shape, known=not present.pushed, protected=look.protected)
    message.account = agent.accounts.for_agency(look.mapped.case.agency or "")
    message.versions, message.accepted_mark, message.doubt = agent.version_mark, None, None
    acknowledge(message, tx.now, national_id)
    message.wanted_shape = content.shape
    if present.pushed:
        message.ack_digest, message.wanted_digest = case.secret.digest(b""), None
    _store(tx, message)
    case.record_message(
        tx,
        Event.ADOPTED,
        message,
        old_state=old_state,
        wanted=message.ack_digest,
        account=message.ack_account,
        national_id=case.secret.national_id(national_id) if national_id else None,
        reason=present.how,
        versions=agent.versions,
    )


def _new_message(case: KnownCase, key: MessageKey) -> MessageRow:
    message = MessageRow(case_id=case.row.id, step=key[0], local_key=key[1], state=State.NOT_READY)
    case.messages[key] = message
    return message


def _store(tx: Transaction, message: MessageRow) -> None:
    if message.id == 0:
        insert_rows(tx.connection, [message])
    else:
        save_rows(tx.connection, [message])


def _is_open(message: MessageRow | None) -> bool:
    """Tell whether a message was never acknowledged and is not on its way either."""
    return message is None or (message.ack_digest is None and message.state not in UNSETTLED)


def _in_order(keys: Iterable[MessageKey]) -> list[MessageKey]:
    return sorted(keys, key=lambda key: (STEP_ORDER[key[0]], key[1]))
