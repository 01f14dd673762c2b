"""What a pass would send, named by a digest, and the guard that waits for a person when it is unusually much."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sync_agent.audit import Event
from sync_agent.domain.canonical import canonical_bytes, keyed_digest
from sync_agent.errors import GuardError
from sync_agent.ledger import PlannedRow, accept_plan, environment, known_cases, planned
from sync_agent.settings import Mode
from sync_agent.sync.context import Agent

__all__ = ["Plan", "let_through", "make_plan"]


@dataclass(frozen=True, slots=True)
class Plan:
    """The messages that would go up for the first time with their present content, and the digest that names them."""

    rows: tuple[PlannedRow, ...]
    digest: str

    @property
    def counts(self) -> dict[str, int]:
        """Messages by step, creates and updates apart."""
        return dict(Counter(f"{row.step}.{'update' if row.update else 'create'}" for row in self.rows))


def make_plan(agent: Agent, keys: Sequence[str] = ()) -> Plan:
    """Return what stands to be sent after a scan. The same content gives the same digest, rehearsed or not."""
    with agent.ledger.read() as connection:
        rows = tuple(planned(connection, agent.ledger.source_id, keys))
    content = canonical_bytes([[r.case_key, r.step, r.local_key, r.update, r.mark] for r in rows])
    return Plan(rows, keyed_digest(agent.installation_key, "plan", content))


def let_through(agent: Agent, plan: Plan, *, accepted: str | None, actor: str, keys: Sequence[str] = ()) -> None:
    """Allow delivery of a plan. Raises GuardError when it may not go up without a person's word.

    Only what was let through with exactly this content is ever sent.
    """
    _require_go_live(agent)
    if not plan.rows:
        return
    limit = _limit(agent)
    if len(plan.rows) > limit and accepted != plan.digest:
        with agent.ledger.write() as tx:
            tx.record(Event.PLAN_STOPPED, set_digest=plan.digest, counts=plan.counts)
        raise _too_much(plan, limit, accepted)
    with agent.ledger.write(actor=actor) as tx:
        accept_plan(tx.connection, agent.ledger.source_id, tx.now, keys)
        if accepted == plan.digest:
            tx.record(Event.PLAN_ACCEPTED, set_digest=plan.digest, counts=plan.counts)


def _limit(agent: Agent) -> int:
    guards = agent.settings.guards
    with agent.ledger.read() as connection:
        known = known_cases(connection, agent.ledger.source_id)
    return max(guards.volume_min, int(known * guards.volume_share))


def _too_much(plan: Plan, limit: int, accepted: str | None) -> GuardError:
    what = "{count} messages would go up, more than {limit} in one pass: nothing was sent"
    if accepted:
        what = "the plan has changed since it was accepted, {count} messages would go up now: nothing was sent"
    return GuardError(
        what,
        todo="look at it with: sync-agent sync --dry-run, then: sync-agent sync --accept-plan {digest}",
        facts=(("count", str(len(plan.rows))), ("limit", str(limit)), ("digest", plan.digest)),
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
