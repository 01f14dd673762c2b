"""What a pass would send, named by a digest, and the guard that waits for a person when it is unusually much."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sync_agent.audit import Event
from sync_agent.domain.canonical import canonical_bytes, keyed_digest
from sync_agent.errors import GuardError
from sync_agent.i18n import mark
from sync_agent.ledger import Leaving, PlannedRow, accept_plan, environment, known_cases, leaving_cases, planned
from sync_agent.settings import Mode
from sync_agent.sync.context import Agent
from sync_agent.sync.gone import mark_gone

__all__ = ["Plan", "let_through", "make_plan"]

_UP = (
    mark("{count} messages would go up, more than {limit} in one pass: nothing was sent"),
    mark("the plan has changed since it was accepted, {count} messages would go up now: nothing was sent"),
)
_GONE = (
    mark("{count} cases would be gone from the local system, more than {limit} in one pass: nothing was sent"),
    mark("the plan has changed since it was accepted, {count} cases would be gone now: nothing was sent"),
)
"""What a guard says of a plan: that it is too much, or that it is not the one that was accepted."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a pass would do, and the digest that names it.

    `messages` counts by step, creates and updates apart, what would go up for the first time with its present content;
    `rows` are these messages, where they were asked for; `leaving` the cases that would be marked as gone.
    """

    digest: str
    messages: Mapping[str, int]
    leaving: tuple[Leaving, ...] = ()
    rows: tuple[PlannedRow, ...] = ()

    @property
    def count(self) -> int:
        """How many messages would go up."""
        return sum(self.messages.values())

    @property
    def counts(self) -> dict[str, int]:
        """Messages as `messages` has them; cases that would be gone."""
        return dict(self.messages) | ({"gone": len(self.leaving)} if self.leaving else {})


def make_plan(agent: Agent, keys: Sequence[str] = (), *, listed: bool = False) -> Plan:
    """Return what stands to be done after a scan. The same content gives the same digest, rehearsed or not.

    The messages themselves are in it only with `listed`: of a first day there may be a million.
    """
    counts, content, rows = Counter[str](), hashlib.sha256(), []
    with agent.ledger.read() as connection:
        for row in planned(connection, agent.ledger.source_id, keys):
            counts[f"{row.step}.{'update' if row.update else 'create'}"] += 1
            content.update(canonical_bytes([row.case_key, row.step, row.local_key, row.update, row.mark]))
            if listed:
                rows.append(row)
        leaving = () if keys else tuple(leaving_cases(connection, agent.ledger.source_id))
    for each in leaving:
        content.update(canonical_bytes(["gone", each.case_key]))
    digest = keyed_digest(agent.installation_key, "plan", content.digest())
    return Plan(digest, counts, leaving, tuple(rows))


def let_through(agent: Agent, plan: Plan, *, accepted: str | None, actor: str, keys: Sequence[str] = ()) -> None:
    """Allow delivery of a plan, and mark as gone what is. Raises GuardError when that needs a person's word.

    Only what was let through with exactly this content is ever sent.
    """
    _require_go_live(agent)
    if not plan.messages and not plan.leaving:
        return
    if accepted != plan.digest:
        _require_usual(agent, plan, accepted)
    with agent.ledger.write(actor=actor) as tx:
        accept_plan(tx.connection, agent.ledger.source_id, tx.now, keys)
        if accepted == plan.digest:
            tx.record(Event.PLAN_ACCEPTED, set_digest=plan.digest, counts=plan.counts)
        mark_gone(tx, plan.leaving)


def _require_usual(agent: Agent, plan: Plan, accepted: str | None) -> None:
    """Raise GuardError when the plan is more than one pass may do by itself."""
    guards, again = agent.settings.guards, accepted is not None
    with agent.ledger.read() as connection:
        known = known_cases(connection, agent.ledger.source_id)
    limits = (
        (plan.count, max(guards.volume_min, int(known * guards.volume_share)), _UP[again]),
        (len(plan.leaving), max(guards.gone_min, int(known * guards.gone_share)), _GONE[again]),
    )
    for count, limit, what in limits:
        if count > limit:
            with agent.ledger.write() as tx:
                tx.record(Event.PLAN_STOPPED, set_digest=plan.digest, counts=plan.counts)
            raise _too_much(plan, what, count, limit)


def _too_much(plan: Plan, what: str, count: int, limit: int) -> GuardError:
    return GuardError(
        what,
        todo="look at it with: sync-agent sync --dry-run, then: sync-agent sync --accept-plan {digest}",
        facts=(("count", str(count)), ("limit", str(limit)), ("digest", plan.digest)),
    )


def _require_go_live(agent: Agent) -> None:
    """Outside the demo nothing is sent until a person has said what goes up and how the first day was prepared."""
    if agent.settings.agent.mode is Mode.DEMO:
        return
    if not agent.settings.scope.complete:
        raise GuardError(
            "nothing is sent until [scope] names agencies, kinds and start_from", where="scope", todo="set all three"
        )
    with agent.ledger.read() as connection:
        bound = environment(connection)
    if bound is None or bound.go_live is None:
        raise GuardError(
            "nothing is sent before it was declared how cases already in the national database are treated",
            where="go-live",
            todo="run: sync-agent adopt, or: sync-agent adopt --decline --reason CODE",
        )
