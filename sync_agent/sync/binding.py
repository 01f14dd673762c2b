"""What a ledger is bound to, and who works on it: bound by its first use, taken over by each later one.

As long as nothing was sent from it or taken over into it, it follows the configuration: a slip of the pen binds nobody.
"""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from sqlalchemy import Connection

from sync_agent.audit import CheckpointReason, rename_owners
from sync_agent.domain.canonical import canonical_bytes
from sync_agent.errors import ConfigError
from sync_agent.ledger import (
    Environment,
    Transaction,
    bind,
    bind_again,
    cases,
    differences,
    environment,
    erasure,
    ever_sent,
    exclusive,
    forget_progress,
    require_same,
)
from sync_agent.sync.context import Agent
from sync_agent.sync.erased import mark_of, mark_of_kept

__all__ = ["alone", "claim", "environment_of", "hand_over", "hold_environment", "rename"]


@contextmanager
def alone(agent: Agent, *, held: bool = False) -> Iterator[None]:
    """Hold the ledger and claim it; `held`: the caller has done both.

    Raises LockedError when another holds it, and what `claim` raises.
    """
    if held:
        agent.ledger.require_newest()  # it may have been put back meanwhile
        yield
        return
    with exclusive(agent.settings.state, agent.ledger.engine):
        claim(agent)
        yield


def claim(agent: Agent) -> None:
    """Bind a new ledger, or see that it is the one this configuration was bound to; then take it over.

    Raises GuardError when it is an older copy of the ledger that sent last, ConfigError when it belongs elsewhere.
    """
    agent.ledger.epoch = 0  # whoever holds the lock may take over, also what another process took meanwhile
    agent.ledger.require_newest()
    erasure.finish(agent.ledger)
    with agent.ledger.write() as tx:
        hold_environment(agent, tx)
    agent.ledger.take_over()
    if agent.ledger.heads is not None:
        agent.ledger.heads.sign_if_due(agent.ledger, CheckpointReason.HOUR)
    agent.ledger.keep_head()


def hand_over(before: Agent, after: Agent) -> None:
    """Let an agent with other settings go on under the claim of the one before it.

    Raises ConfigError when its ledger is another one, or belongs elsewhere: then the claim stays where it was.
    """
    places = [(a.ledger.engine.url.set(password=None), a.settings.state) for a in (before, after)]
    if places[0] != places[1]:
        raise ConfigError("a running service cannot change its ledger", where="agent", todo="stop it, then start it")
    after.ledger.require_newest()
    after.ledger.epoch = before.ledger.epoch
    with after.ledger.write() as tx:
        hold_environment(after, tx)


def environment_of(agent: Agent) -> Environment:
    """Return what a ledger of this configuration belongs to."""
    settings = agent.settings
    return Environment(
        mode=settings.agent.mode,
        contract=agent.contract.name,
        base_url=settings.national.transport.base_url,
        accounts=" ".join(sorted(account.alias for account in settings.national.accounts)),
        source_id=agent.ledger.source_id,
        key_definition=agent.mapper.key_definition,
        agency_map=_agency_map(agent),
    )


def hold_environment(agent: Agent, tx: Transaction) -> None:
    """Bind a ledger from which nothing was sent; of another see that it belongs here. Raises ConfigError."""
    bound, wanted = environment(tx.connection), environment_of(agent)
    if bound is None:
        bind(tx, wanted)
    elif differences(bound, wanted) and not ever_sent(tx.connection):
        rename(agent, tx, bound.source_id, {})
        bind_again(tx, bound, wanted, reason="nothing_sent")
    else:
        require_same(bound, wanted)
        if bound.agency_map is None:
            bind_again(tx, bound, wanted, reason="agency_map")


def rename(agent: Agent, tx: Transaction, old_source: str, keys: Mapping[str, str]) -> None:
    """Give the source its name of now and the cases in `keys` (old: new) theirs; all of it is read again."""
    source_id = agent.ledger.source_id
    forget_progress(tx, old_source, source_id)
    marks = {mark_of_kept(agent, old): mark_of(agent, new) for old, new in keys.items()}
    erasure.move_marks(tx.connection, old_source, source_id, marks)
    if source_id != old_source:
        keys = {key: keys.get(key, key) for key in _all_keys(tx.connection, old_source)}
    if not keys and source_id == old_source:
        return
    names = {old: (new, agent.names.shown(new, protected=True)) for old, new in keys.items()}
    cases.rename_cases(tx.connection, old_source, source_id, names)
    rename_owners(tx.connection, old_source, source_id, keys)


def _all_keys(connection: Connection, source_id: str) -> list[str]:
    return [case.case_key for case in cases.named_cases(connection, source_id)]


def _agency_map(agent: Agent) -> str:
    """Digest which account speaks for which agency, and which national agency a local one is."""
    accounts = sorted([account.alias, *sorted(account.agencies)] for account in agent.settings.national.accounts)
    return hashlib.sha256(canonical_bytes([accounts, agent.mapper.agency_map])).hexdigest()
