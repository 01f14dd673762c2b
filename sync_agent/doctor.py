"""What `check` looks at, one thing after the other; a thing that needs a broken one is not looked at."""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path

from sync_agent.bootstrap import open_agent
from sync_agent.domain.canonical import correlation_token
from sync_agent.errors import NationalUnreachableError, SyncAgentError
from sync_agent.i18n import mark
from sync_agent.ledger import environment, exclusive, is_signed, migrate, queries, require_same
from sync_agent.sync import Agent, environment_of

__all__ = ["Check", "Verdict", "examine"]

_LEAST_FREE_BYTES = 500_000_000
_MOST_CLOCK_OFFSET = timedelta(minutes=2)
_SOURCES_LIST = 5  # nguồn đơn: a short code list


class Verdict(StrEnum):
    """How a check came out."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the doctor: `what` and `todo` are message ids, filled from `facts`."""

    subject: str
    verdict: Verdict
    what: str
    todo: str = ""
    where: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    exit_code: int = 2


def examine(folder: Path, *, probe: bool) -> list[Check]:
    """Examine one installation. Writes nothing; with `probe` asks the national service."""
    checks: list[Check] = []
    subject = mark("configuration, profile, codes, source columns")
    try:
        with open_agent(folder, new_ledger=False) as agent:
            checks.append(Check(subject, Verdict.OK, mark("can be read")))
            checks += _looked_at(agent, probe=probe)
    except SyncAgentError as error:
        checks.append(_failed(subject, error))
    return checks


def _looked_at(agent: Agent, *, probe: bool) -> Iterator[Check]:
    looks: list[tuple[str, Callable[[Agent], Check]]] = [
        (mark("source queries"), _source),
        (mark("clock of the source"), _clock),
        (mark("ledger"), _ledger),
        (mark("environment"), _environment),
        (mark("privacy policy"), _policy),
        (mark("lock"), _lock),
        (mark("disk"), _disk),
    ]
    if probe:
        looks += [(mark("national service"), _national)]
    for subject, look in looks:
        found = _seen(agent, subject, look)
        yield found
        if look is _national and found.verdict is Verdict.OK:
            yield _seen(agent, mark("look-up"), _look_up)


def _seen(agent: Agent, subject: str, look: Callable[[Agent], Check]) -> Check:
    try:
        return look(agent)
    except SyncAgentError as error:
        return _failed(subject, error)


def _failed(subject: str, error: SyncAgentError) -> Check:
    return Check(subject, Verdict.FAIL, error.what, error.todo, error.where, error.facts, error.exit_code)


def _source(agent: Agent) -> Check:
    queries_tried = agent.source.probe()
    return Check(
        "source queries", Verdict.OK, mark("{count} queries answer"), facts=(("count", str(len(queries_tried))),)
    )


def _clock(agent: Agent) -> Check:
    offset = abs(agent.source.now() - agent.clock())
    facts = (("seconds", str(round(offset.total_seconds()))),)
    if offset > _MOST_CLOCK_OFFSET:
        todo = mark("set the clocks by NTP, or check the time zone of the profile")
        return Check("clock of the source", Verdict.WARN, mark("{seconds} seconds from ours"), todo, facts=facts)
    return Check("clock of the source", Verdict.OK, mark("{seconds} seconds from ours"), facts=facts)


def _ledger(agent: Agent) -> Check:
    if not _has_ledger(agent):
        return Check("ledger", Verdict.OK, mark("none yet; the first pass makes it"))
    with agent.ledger.read() as connection:
        problems = migrate.problems(connection)
    if problems:
        todo = mark("compare with a backup before anything else; then: sync-agent db upgrade")
        return Check(
            "ledger", Verdict.FAIL, mark("differs: {problems}"), todo, facts=(("problems", ", ".join(problems)),)
        )
    return Check("ledger", Verdict.OK, mark("schema and guards are as they should be"))


def _has_ledger(agent: Agent) -> bool:
    return Path(agent.settings.ledger_url.removeprefix("sqlite:///")).exists()


def _environment(agent: Agent) -> Check:
    with agent.ledger.read() as connection:
        bound = environment(connection)
    if bound is None:
        return Check("environment", Verdict.OK, mark("not bound yet; the first pass binds it"))
    require_same(bound, environment_of(agent))
    return Check("environment", Verdict.OK, mark("the ledger belongs to this configuration"))


def _policy(agent: Agent) -> Check:
    with agent.ledger.read() as connection:
        signed = is_signed(connection, agent.policy.digest)
    if signed:
        return Check("privacy policy", Verdict.OK, mark("signed"))
    todo = mark("read it with: sync-agent privacy show, then: sync-agent privacy sign")
    return Check("privacy policy", Verdict.WARN, mark("not signed: protected cases are held"), todo)


def _lock(agent: Agent) -> Check:
    state = agent.settings.state
    if not os.access(state, os.W_OK | os.X_OK):
        todo = mark("give this account the right to write there")
        return Check("lock", Verdict.FAIL, mark("the state folder cannot be written"), todo, str(state))
    if _has_ledger(agent):  # before there is one nobody holds it, and to look must not make the lock file
        with exclusive(state):
            pass
    return Check("lock", Verdict.OK, mark("free"))


def _disk(agent: Agent) -> Check:
    free = shutil.disk_usage(agent.settings.folder).free
    facts = (("megabytes", str(free // 1_000_000)),)
    if free < _LEAST_FREE_BYTES:
        return Check("disk", Verdict.WARN, mark("only {megabytes} MB free"), mark("make room"), facts=facts)
    return Check("disk", Verdict.OK, mark("{megabytes} MB free"), facts=facts)


def _national(agent: Agent) -> Check:
    for account in agent.accounts.aliases:
        try:
            agent.gateway.code_list(_SOURCES_LIST, account)
        except NationalUnreachableError as error:
            todo = mark("check address, network, proxy and firewall; for status_401 the account's name and secret")
            facts = (*error.facts, ("account", account))
            raise NationalUnreachableError(
                "gives account {account} no usable answer ({cause})",
                where=agent.settings.national.transport.base_url,
                todo=todo,
                facts=facts,
            ) from None
    facts = (("accounts", ", ".join(agent.accounts.aliases)),)
    return Check("national service", Verdict.OK, mark("answers the accounts {accounts}"), facts=facts)


def _look_up(agent: Agent) -> Check:
    """Look up, by token, a case that was acknowledged: no invented record is ever sent."""
    with agent.ledger.read() as connection:
        known = queries.acknowledged_case(connection, agent.ledger.source_id)
    if known is None:
        return Check("look-up", Verdict.WARN, mark("no case was acknowledged yet, so it cannot be proved"))
    key, national_id, account = known
    token = correlation_token(agent.installation_key, agent.ledger.source_id, key)
    if agent.gateway.look_up(token, account) == [national_id]:
        return Check("look-up", Verdict.OK, mark("finds an acknowledged case by its token"))
    todo = mark("keep the capability lookup at unproven: what is not found is settled by a person")
    return Check("look-up", Verdict.WARN, mark("does not find an acknowledged case by its token"), todo)
