"""Repairs, on the word of a person, what a comparison found; each is looked at once more before it is touched.

Nothing is sent here: what has to go up is planned or marked, and goes the way of everything else at the next pass.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from sync_agent.audit import Event
from sync_agent.domain.steps import Step
from sync_agent.i18n import mark
from sync_agent.ledger import KnownCase, Leaving, MessageKey, State, Transaction, id_is_taken, known_by_key
from sync_agent.ledger import reconcile as sides
from sync_agent.mapping import Mapped
from sync_agent.sync.binding import alone
from sync_agent.sync.context import Agent
from sync_agent.sync.differences import Comparison, Difference, Kind, National
from sync_agent.sync.gone import mark_gone
from sync_agent.sync.judge import Look
from sync_agent.sync.notes import note_about_many, require_reason
from sync_agent.sync.observe import observe
from sync_agent.sync.progress import NoProgress, Progress
from sync_agent.sync.scan import read_page
from sync_agent.sync.takeover import Present, is_simulated, take_over_found
from sync_agent.sync.uncertain import settle_as_arrived

__all__ = ["REMEDIES", "RepairReport", "repair"]

_CASE: Final[MessageKey] = (Step.CASE, "")
REMEDIES: Final[Mapping[Kind, str]] = MappingProxyType(
    {
        Kind.ONLY_LOCAL: mark(
            "the ledger takes it in; it goes up with the next pass, as far as holds and guards let it"
        ),
        Kind.ONLY_LEDGER: mark("it counts as gone from the local system; what went up stays as it is"),
        Kind.ONLY_NATIONAL: mark("its national id is taken over; the local content goes up over it"),
        Kind.DIFFERENT_CONTENT: mark("it is judged anew; the local content goes up with the next pass"),
        Kind.UNKNOWN_THERE: mark("it is sent again under its national id; a refusal then needs a person"),
        Kind.ID_OF_ANOTHER: mark("the id of the record with its token is taken over, and its content sent again"),
    }
)
"""What is done about each kind; the others are for a person."""

_WITHOUT_LOCAL: Final = frozenset({Kind.UNKNOWN_THERE, Kind.ID_OF_ANOTHER, Kind.SEVERAL})
"""Kinds that say nothing of the local system."""


@dataclass(slots=True)
class RepairReport:
    """How many were repaired, by kind; `vanished` differed no more when they were looked at again."""

    repaired: Counter[str] = field(default_factory=Counter)
    for_a_person: Counter[str] = field(default_factory=Counter)
    vanished: int = 0


def repair(
    agent: Agent,
    differences: Sequence[Mapping[str, Any]],
    *,
    reason: str,
    note: str | None = None,
    actor: str,
    progress: Progress | None = None,
    held: bool = False,
) -> RepairReport:
    """Repair differences, each as `Difference.content` names it; `reason` is a code. `held`: the caller is alone.

    Raises SyncAgentError for a reason that is no code or a note that tells of somebody, SourceError.
    """
    require_reason(reason)
    report, progress = RepairReport(), progress or NoProgress()
    wanted = {Difference.name_of(content) for content in differences}
    keys = sorted({name[1] for name in wanted})
    with alone(agent, held=held):
        _announce(agent, wanted, keys, reason=reason, note=note, actor=actor)
        progress.stage("repairing", len(keys))
        national, size = National(agent), agent.settings.source.page
        for start in range(0, len(keys), size):
            page = keys[start : start + size]
            found = [each for each in Comparison(agent, national).page(page) if each.name in wanted]
            report.vanished += sum(name[1] in page for name in wanted) - len(found)
            _repair_page(agent, found, report, reason=reason, actor=actor)
            progress.advance(len(page))
        progress.finish()
    return report


def _announce(
    agent: Agent,
    wanted: Iterable[tuple[str, str, str, str]],
    keys: Sequence[str],
    *,
    reason: str,
    note: str | None,
    actor: str,
) -> None:
    """Note what a person wants to have repaired, and why."""
    counts = Counter(kind for kind, *_ in wanted)
    with agent.ledger.write(actor=actor) as tx:
        commitment = note_about_many(agent, tx, keys, note)
        tx.record(Event.RECONCILED, reason=reason, note=commitment, counts=counts or None)


def _repair_page(agent: Agent, found: Sequence[Difference], report: RepairReport, *, reason: str, actor: str) -> None:
    seen = read_page(agent, list(dict.fromkeys(each.case_key for each in found)))
    present = {mapped.case.case_key for mapped in seen}
    report.vanished += len(found)
    found = [each for each in found if _is_as_found(each, present)]
    report.vanished -= len(found)
    with agent.ledger.write(actor=actor) as tx:
        _look(agent, tx, seen, found)
        known = known_by_key(tx.connection, agent.ledger.source_id, [each.case_key for each in found])
        for each in found:
            if _repaired(agent, tx, known.get(each.case_key), each, reason):
                report.repaired[each.kind.value] += 1
                _record(tx, known[each.case_key], each, reason)
            else:
                report.for_a_person[each.kind.value] += 1


def _is_as_found(each: Difference, present: Collection[str]) -> bool:
    """Tell whether the local system still has, or has not, the case that a difference is about."""
    if each.kind in _WITHOUT_LOCAL:
        return True
    return (each.case_key in present) is (each.kind is not Kind.ONLY_LEDGER or bool(each.step))


def _look(agent: Agent, tx: Transaction, seen: Sequence[Mapped], found: Sequence[Difference]) -> None:
    """Judge cases anew, and take over first what the national side has of them without the ledger knowing."""
    there = {each.case_key: each.found for each in found if each.kind is Kind.ONLY_NATIONAL and each.found}

    def take_over(case: KnownCase, look: Look) -> None:
        national_id = there.get(case.row.case_key)
        if national_id is not None and _may_take(agent, tx, look, national_id):
            take_over_found(agent, tx, case, look, Present(_CASE, national_id, "pushed"))

    observe(agent, tx, seen, plan=[mapped.case.case_key for mapped in seen], take_over=take_over)


def _may_take(agent: Agent, tx: Transaction, look: Look, national_id: str) -> bool:
    taken = id_is_taken(tx.connection, Step.CASE, national_id, 0)
    return _CASE in look.contents and not taken and not is_simulated(agent, national_id)


def _repaired(agent: Agent, tx: Transaction, case: KnownCase | None, each: Difference, reason: str) -> bool:
    """Do what is left to do about a difference; tell whether that repairs it."""
    act = _ACTS.get(each.kind)
    return act is not None and case is not None and act(agent, tx, case, each, reason)


def _looked_at(_agent: Agent, _tx: Transaction, _case: KnownCase, _each: Difference, _reason: str) -> bool:
    return True  # by `_look`


def _left(_agent: Agent, tx: Transaction, case: KnownCase, each: Difference, _reason: str) -> bool:
    """Mark a whole case as gone; a step of it was dropped when the case was judged anew."""
    if not each.step:
        protected = case.row.protected_since is not None
        mark_gone(tx, [Leaving(case_id=case.row.id, case_key=case.row.case_key, protected=protected)])
    return True


def _taken(_agent: Agent, _tx: Transaction, case: KnownCase, each: Difference, _reason: str) -> bool:
    message = case.messages.get(_CASE)
    return message is not None and message.ack_id == each.found


def _sent_again(_agent: Agent, tx: Transaction, case: KnownCase, _each: Difference, reason: str) -> bool:
    message = case.messages[_CASE]
    if message.state != State.ACKNOWLEDGED:
        return True  # it goes up anyway, or waits for a person
    sides.mark_message(tx, message.id, reason)
    return True


def _other_id(agent: Agent, tx: Transaction, case: KnownCase, each: Difference, reason: str) -> bool:
    """Take over the Id of the record that has the token; where it is another case's, write both records anew."""
    message = case.messages[_CASE]
    if each.found is None or is_simulated(agent, each.found) or message.state != State.ACKNOWLEDGED:
        return False
    holder = sides.holder_of(tx.connection, Step.CASE, each.found)
    if holder is not None:
        sides.mark_message(tx, holder, reason)
    else:
        _correct_id(tx, case, each.found)
    sides.mark_message(tx, message.id, reason)
    return True


def _correct_id(tx: Transaction, case: KnownCase, national_id: str) -> None:
    """Doubt what was acknowledged, and settle it as arrived under the Id that was found."""
    message = case.messages[_CASE]
    old_state, message.state, message.reason = message.state, State.UNCERTAIN, "id_changed"
    facts = {"old_state": old_state, "wanted": message.wanted_digest, "reason": message.reason}
    case.record_message(tx, Event.UNCERTAIN, message, **facts)
    settle_as_arrived(tx, case, message, national_id=national_id, how="reconciled")


def _record(tx: Transaction, case: KnownCase, each: Difference, reason: str) -> None:
    item = case.item(each.local_key)
    case.record(
        tx, Event.DIFFERENCE_REPAIRED, step=each.step or None, item=item, old_state=each.kind.value, reason=reason
    )


_Act = Callable[[Agent, Transaction, KnownCase, Difference, str], bool]
_ACTS: Final[Mapping[Kind, _Act]] = MappingProxyType(
    {
        Kind.ONLY_LOCAL: _looked_at,
        Kind.DIFFERENT_CONTENT: _looked_at,
        Kind.ONLY_LEDGER: _left,
        Kind.ONLY_NATIONAL: _taken,
        Kind.UNKNOWN_THERE: _sent_again,
        Kind.ID_OF_ANOTHER: _other_id,
    }
)
