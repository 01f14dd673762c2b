"""Goes on from an older copy of the ledger that was put back: what may have gone up meanwhile is in doubt first.

Nothing is sent here. Each doubt is settled by look-up or by a person, as after a lost answer.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from sync_agent.audit import Event, destroyed_owners
from sync_agent.domain.steps import Step
from sync_agent.ledger import (
    KnownCase,
    MessageRow,
    OutsideHead,
    State,
    Transaction,
    cases,
    erasure,
    exclusive,
    forget_progress,
    save_rows,
    unacknowledged,
)
from sync_agent.sync.binding import hold_environment
from sync_agent.sync.context import Agent
from sync_agent.sync.decide import ABSENT
from sync_agent.sync.erased import mark_of_kept
from sync_agent.sync.notes import require_reason
from sync_agent.sync.progress import NoProgress, Progress
from sync_agent.sync.scan import scan
from sync_agent.sync.uncertain import FOR_A_PERSON, RESTORED, recover

__all__ = ["RestoreReport", "declare_restored"]

_PAGE = 500
_NEVER_LEFT = frozenset({"out_of_scope", "before_start", "bad_key"})
"""Rules by which nothing goes up, whatever happened after the copy was made."""


@dataclass(frozen=True, slots=True)
class RestoreReport:
    """How many messages are in doubt now, by step, of how many cases."""

    cases: int
    steps: Counter[str]


def declare_restored(agent: Agent, *, reason: str, actor: str, progress: Progress | None = None) -> RestoreReport:
    """Declare that the ledger is an older copy, or may be one; `reason` is a code.

    Until this has ended no pass runs. Raises SyncAgentError for a reason that is no code, and the errors of a scan.
    """
    require_reason(reason)
    progress = progress or NoProgress()
    with exclusive(agent.settings.state, agent.ledger.engine):
        lost = _begin(agent, reason, actor)
        recover(agent)
        scan(agent, progress)
        progress.finish()
        report = _doubt_all(agent)
        with agent.ledger.write(actor=actor) as tx:
            counts = {"cases": report.cases, **report.steps}
            tx.record(Event.RESTORED, reason=reason, counts=counts, **_of(lost))
        agent.ledger.keep_head()
    return report


def _begin(agent: Agent, reason: str, actor: str) -> OutsideHead | None:
    """Take the ledger over without asking for its head; return the head that was lost, if one was kept.

    From here on the ledger counts as restored until all is done, also when this is cut short.
    """
    ledger = agent.ledger
    lost = ledger.outside.read() if ledger.outside else None
    ledger.epoch = 0
    with ledger.write(actor=actor) as tx:
        tx.record(Event.INCARNATION_STARTED, reason=reason, **_of(lost))
        _erase_again(agent, tx)
        hold_environment(agent, tx)
        forget_progress(tx, ledger.source_id, ledger.source_id)
        if ledger.outside is not None:
            ledger.outside.keep(OutsideHead.unlike_any(lost))
    ledger.take_over()
    return lost


def _erase_again(agent: Agent, tx: Transaction) -> None:
    """Erase what was erased after the copy was made: its secrets are in the copy, and open no more."""
    source_id = agent.ledger.source_id
    destroyed = destroyed_owners(tx.connection, source_id)
    rows = cases.load_cases(tx.connection, source_id, destroyed)
    again = [
        erasure.Erasing(rows[key].id if key in rows else None, key, subject, mark_of_kept(agent, key))
        for key, subject in destroyed.items()
    ]
    if again:
        erasure.erase_cases(tx, source_id, again, basis=RESTORED)


def _of(lost: OutsideHead | None) -> dict[str, object]:
    return {"head_size": lost.size, "head_root": lost.root} if lost else {}


def _doubt_all(agent: Agent) -> RestoreReport:
    """Put every message in doubt that was never acknowledged and may have gone up."""
    cases, steps = 0, Counter[str]()
    for page in _pages(agent):
        with agent.ledger.write() as tx:
            for case in page:
                doubted = _doubt(agent, tx, case)
                cases += bool(doubted)
                steps.update(message.step for message in doubted)
                save_rows(tx.connection, doubted)
    return RestoreReport(cases, steps)


def _pages(agent: Agent) -> Iterator[list[KnownCase]]:
    after = 0
    while True:
        with agent.ledger.read() as connection:
            page = unacknowledged(connection, agent.ledger.source_id, after=after, limit=_PAGE)
        if not page:
            return
        yield page
        after = page[-1].row.id


def _doubt(agent: Agent, tx: Transaction, case: KnownCase) -> list[MessageRow]:
    """Put the messages of one case in doubt that may have gone up; return them."""
    if not agent.names.declared(case.row.case_key):
        return []  # by such a key nothing can be read again, nor was
    doubted = [message for message in case.messages.values() if _may_have_left(message)]
    for message in doubted:
        old_state, message.state, message.reason = message.state, State.UNCERTAIN, RESTORED
        message.intent_at, message.next_try_at = tx.now, None
        message.account = _account(agent, case) or message.account
        message.versions, message.epoch = agent.version_mark, agent.ledger.epoch
        case.record_message(
            tx,
            Event.UNCERTAIN,
            message,
            old_state=old_state,
            wanted=message.wanted_digest,
            account=message.account,
            reason=RESTORED,
            versions=agent.versions,
        )
    return doubted


def _may_have_left(message: MessageRow) -> bool:
    if message.ack_digest is not None:
        return False
    if message.state == State.UNCERTAIN:
        return message.reason not in FOR_A_PERSON
    if message.state == State.HELD:
        return message.reason not in _NEVER_LEFT
    return message.reason != ABSENT


def _account(agent: Agent, case: KnownCase) -> str | None:
    """Return the account that speaks for a case: the one that minted its id, else that of its agency."""
    known = case.messages.get((Step.CASE, ""))
    minted = known.ack_account if known is not None else None
    return minted or (agent.accounts.for_agency(case.row.agency) if case.row.agency else None)
