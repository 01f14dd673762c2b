"""Whether the privacy policy is in force, what it changes against the one before, and how a person signs it."""

from dataclasses import dataclass

from sqlalchemy import Connection

from sync_agent.errors import SyncAgentError
from sync_agent.ledger import SignatureRow, content_of, exclusive, last_signed, sign, signature
from sync_agent.privacy import Change, Policy, policy_changes
from sync_agent.sync.context import Agent
from sync_agent.sync.notes import require_reason
from sync_agent.sync.run import claim

__all__ = ["Standing", "policy_standing", "sign_policy"]


@dataclass(frozen=True, slots=True)
class Standing:
    """How a policy stands: `signed` means in force; `by` is who signed exactly this one, if anybody did.

    `changes` are against the policy that was last in force, and against one that somebody signed since; empty when it
    is this one, or when there was none.
    """

    signed: bool
    waits: bool  # for a second person
    by: SignatureRow | None
    changes: tuple[Change, ...]

    @property
    def opens(self) -> tuple[Change, ...]:
        """The changes that make it looser."""
        return tuple(change for change in self.changes if change.loosens)


def policy_standing(connection: Connection, policy: Policy, *, four_eyes: bool) -> Standing:
    """Return how `policy` stands in a ledger."""
    last, by = last_signed(connection, four_eyes=four_eyes), signature(connection, policy.digest)
    if last is not None and last.policy == policy.digest:
        return Standing(signed=True, waits=False, by=by, changes=())
    newest = last_signed(connection)
    waits = four_eyes and by is not None and by.second_actor is None and by == newest
    bases = [row for row in (last, None if waits and last else newest) if row is not None and row != by]
    changes = dict.fromkeys(change for row in bases for change in policy_changes(content_of(row), policy.content))
    ordered = sorted(changes, key=lambda change: not change.loosens)
    return Standing(signed=False, waits=waits, by=by if waits else None, changes=tuple(ordered))


def sign_policy(agent: Agent, *, actor: str, reason: str | None = None) -> Standing:
    """Sign the policy of the configuration; return how it stands then.

    Raises SyncAgentError when it is looser than the one in force and no reason is given, when the reason is no code, or
    when the second signature is by the first person.
    """
    if reason is not None:
        require_reason(reason)
    four_eyes = agent.settings.privacy.four_eyes
    with exclusive(agent.settings.state, agent.ledger.engine):
        claim(agent)
        with agent.ledger.write(actor=actor) as tx:
            before = policy_standing(tx.connection, agent.policy, four_eyes=four_eyes)
            if before.opens and reason is None and not before.waits:
                raise SyncAgentError(
                    "this policy is looser than the one signed last",
                    where="privacy.toml",
                    todo="read it with: sync-agent privacy show, then: sync-agent privacy sign --reason CODE",
                )
            content = agent.policy.content
            sign(tx, agent.policy.digest, actor, content=content, reason=reason, four_eyes=four_eyes)
            return policy_standing(tx.connection, agent.policy, four_eyes=four_eyes)
