"""Carries the ledger over to other keys, another name of the source, another agency map: names change, nothing goes up.

The national side and the audit log go on to know each case by the name it was born under.
"""

import csv
import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from sync_agent.audit import Event
from sync_agent.domain.canonical import canonical_bytes, keyed_digest
from sync_agent.errors import ConfigError, GuardError
from sync_agent.i18n import mark
from sync_agent.ledger import (
    Environment,
    EnvironmentRow,
    Transaction,
    accounts_used,
    bind_again,
    cases,
    differences,
    environment,
    exclusive,
    require_fixed,
)
from sync_agent.sync.binding import environment_of, rename
from sync_agent.sync.context import Agent
from sync_agent.sync.erased import erased_among
from sync_agent.sync.notes import require_reason
from sync_agent.sync.scan import every_page

__all__ = ["Obstacle", "RekeyPlan", "apply_rekey", "load_key_map", "plan_rekey"]

_HEADER = ["old_key", "new_key"]


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why the ledger cannot be carried over: `what` is a message id with `{count}`, `count` how many cases or lines."""

    what: str
    count: int


@dataclass(frozen=True, slots=True)
class RekeyPlan:
    """What differs between ledger and configuration (names of settings), and the cases by what becomes of them.

    kept, moved: the source returns them under their old or new key; lost: in the ledger alone; new: in the source
    alone; gone: those of the lost that the map says are gone for good.
    """

    differs: tuple[str, ...]
    counts: Mapping[str, int]
    obstacles: tuple[Obstacle, ...]


def load_key_map(path: Path) -> dict[str, str]:
    """Read a map of keys: CSV in UTF-8 with the header old_key,new_key; no new key: the case is gone for good.

    Raises ConfigError with the line; keys are not repeated.
    """
    found: dict[str, str] = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            if next(reader, None) != _HEADER:
                raise ConfigError("the first line of the map must be old_key,new_key", where=str(path))
            for row in reader:
                if len(row) != len(_HEADER) or not row[0] or row[0] in found:
                    what = "a line of the map must hold one old key that stands nowhere else, and a new one"
                    raise ConfigError(what, where=f"{path}:{reader.line_num}")
                found[row[0]] = row[1]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        facts = (("reason", type(error).__name__),)
        raise ConfigError("the map of keys cannot be read ({reason})", where=str(path), facts=facts) from None
    return found


def plan_rekey(agent: Agent, keys: Mapping[str, str]) -> RekeyPlan:
    """Return what `apply_rekey` would do with the map `keys` (old key: new key). Writes nothing.

    Raises ConfigError when the ledger belongs to another environment altogether, SourceError.
    """
    source_keys = _source_keys(agent)
    with agent.ledger.read() as connection:
        return _plan(agent, connection, keys, source_keys)[1]


def apply_rekey(agent: Agent, keys: Mapping[str, str], *, reason: str, actor: str) -> RekeyPlan:
    """Carry the ledger over, whole or not at all; `reason` is a code.

    Raises GuardError naming the first obstacle of the plan, ConfigError, SourceError.
    """
    require_reason(reason)
    with exclusive(agent.settings.state, agent.ledger.engine):
        agent.ledger.require_newest()
        agent.ledger.epoch = 0
        source_keys = _source_keys(agent)
        with agent.ledger.write(actor=actor) as tx:
            bound, plan = _plan(agent, tx.connection, keys, source_keys)
            _require_clear(plan)
            rename(agent, tx, bound.source_id, _renamed(keys))
            _record(agent, tx, plan, bound, set_digest=_digest_of(agent, keys), reason=reason)
            bind_again(tx, bound, environment_of(agent), reason="rekeyed")
        agent.ledger.take_over()
        agent.ledger.keep_head()
    return plan


def _require_clear(plan: RekeyPlan) -> None:
    for obstacle in plan.obstacles:
        raise GuardError(
            obstacle.what,
            where="rekey",
            todo="nothing was changed; see: sync-agent rekey --dry-run",
            facts=(("count", str(obstacle.count)),),
        )


def _renamed(keys: Mapping[str, str]) -> dict[str, str]:
    return {old: new for old, new in keys.items() if new not in {"", old}}


def _record(agent: Agent, tx: Transaction, plan: RekeyPlan, bound: EnvironmentRow, **facts: str) -> None:
    old, new = _digest(bound), _digest(environment_of(agent))
    tx.record(Event.REKEYED, counts=plan.counts, old_state=old, new_state=new, **facts)


def _digest_of(agent: Agent, keys: Mapping[str, str]) -> str:
    return keyed_digest(agent.installation_key, "rekey", canonical_bytes(sorted(keys.items())))


def _digest(named: EnvironmentRow | Environment) -> str:
    """Digest by what cases are known: source, key definition, accounts, agency map."""
    known_by = [named.source_id, named.key_definition, named.accounts, named.agency_map]
    return hashlib.sha256(canonical_bytes(known_by)).hexdigest()


def _source_keys(agent: Agent) -> set[str]:
    """Return every key the source has now."""
    return {key for page in every_page(agent) for key in page}


def _plan(
    agent: Agent, connection: Connection, keys: Mapping[str, str], source_keys: set[str]
) -> tuple[EnvironmentRow, RekeyPlan]:
    bound, wanted = environment(connection), environment_of(agent)
    if bound is None:
        raise ConfigError(
            "the ledger knows no case yet", where="rekey", todo="the first pass binds it: sync-agent sync"
        )
    require_fixed(bound, wanted)
    known = cases.named_cases(connection, bound.source_id)
    renamed, gone = _renamed(keys), {old for old, new in keys.items() if not new}
    names = {each.case_key: renamed.get(each.case_key, each.case_key) for each in known}
    there = {old: new for old, new in names.items() if new in source_keys}
    erased = erased_among(agent, connection, bound.source_id, keys)
    counts = {
        "kept": sum(old == new for old, new in there.items()),
        "moved": sum(old != new for old, new in there.items()),
        "lost": len(names) - len(there),
        "gone": len(gone - set(there)),
        "new": len(source_keys - set(names.values())),
    }
    stranded = sum(each.went_up and each.case_key not in there and each.case_key not in gone for each in known)
    vanished = set(accounts_used(connection)) - set(wanted.accounts.split())
    differs = tuple(differences(bound, wanted))
    found = [
        (mark("there is nothing to carry over"), int(not differs and not renamed)),
        (mark("{count} old keys of the map are not in the ledger"), len(set(keys) - set(names) - erased)),
        (mark("{count} new keys have not the form the profile declares"), _undeclared(agent, renamed)),
        (mark("{count} keys would stand for more than one case"), _shared(names)),
        (mark("{count} cases that went up would have no key that the source returns"), stranded),
        (mark("{count} accounts that acknowledged messages are no longer in the configuration"), len(vanished)),
    ]
    obstacles = tuple(Obstacle(what, count) for what, count in found if count)
    return bound, RekeyPlan(differs, counts, obstacles)


def _undeclared(agent: Agent, keys: Mapping[str, str]) -> int:
    return sum(not agent.names.declared(new) for new in keys.values())


def _shared(names: Mapping[str, str]) -> int:
    return sum(number > 1 for number in Counter(names.values()).values())
