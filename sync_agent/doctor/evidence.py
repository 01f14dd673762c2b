"""What `check` looks at in the ledger and the audit log, and in what proves and keeps them."""

import os
import stat
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from sync_agent.audit import Event, entries, last_checkpoint, last_done, powers, require_seals
from sync_agent.doctor.verdict import Check, Look, Verdict
from sync_agent.i18n import mark
from sync_agent.ledger import (
    environment,
    ever_sent,
    has_ledger,
    is_held,
    migrate,
    on_server,
    require_same,
    server_version,
)
from sync_agent.settings import Mode
from sync_agent.sync import Agent, environment_of, require_witness

__all__ = ["looks"]

_BACKUP_DAYS: Final = 7
_LATE_ANCHOR: Final = 2
"""So many times the usual pause without a head in a place is too long."""


def looks(agent: Agent) -> list[tuple[str, Look]]:
    """Return what to look at, by subject."""
    wanted: list[tuple[str, Look]] = [
        (mark("ledger"), _ledger),
        (mark("keys"), _keys),
        (mark("head of the ledger"), _head),
        (mark("heads of the audit log"), _witness),
        (mark("guards of the audit log"), _guards),
        (mark("environment"), _environment),
        (mark("privacy policy"), _policy),
        (mark("lock"), _lock),
        (mark("backup"), _backup),
    ]
    return wanted + ([(mark("place of heads"), _places)] if agent.settings.audit.anchors else [])


def _keys(agent: Agent) -> Check:
    """See that what signs the log and seals the secrets is there and private; the installation key was read before."""
    heads, state = agent.ledger.heads, agent.settings.state
    with agent.ledger.read() as connection:
        if heads is not None:
            heads.require_key(connection)
        if _has_ledger(agent):
            require_seals(connection)
    if os.name == "posix" and state.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        todo = mark("make it private: chmod 0700")
        return Check("keys", Verdict.WARN, mark("others may look into the folder they are in"), todo, str(state))
    return Check("keys", Verdict.OK, mark("there, and private"))


def _places(agent: Agent) -> Iterator[Check]:
    """Say of each place outside when a head last got there."""
    subject, audit = "place of heads", agent.settings.audit
    with agent.ledger.read() as connection:
        signed = last_checkpoint(connection) is not None
        reached = {anchor.name: last_done(connection, [anchor.name]) for anchor in audit.anchors}
    for place, record in reached.items():
        age = None if record is None else agent.clock() - datetime.fromisoformat(record.anchored_at)
        facts = (("place", place), ("hours", "" if age is None else str(age // timedelta(hours=1))))
        todo = mark("see what becomes of it: sync-agent audit checkpoint")
        if age is None:
            what = mark("no head has reached {place} yet")
            yield Check(subject, Verdict.WARN if signed else Verdict.OK, what, todo if signed else "", facts=facts)
        elif age > _LATE_ANCHOR * timedelta(seconds=audit.anchor_seconds):
            yield Check(subject, Verdict.WARN, mark("the last head reached {place} {hours} hours ago"), todo, "", facts)
        else:
            yield Check(subject, Verdict.OK, mark("the last head reached {place} {hours} hours ago"), facts=facts)


def _backup(agent: Agent) -> Check:
    """Say how old the last copy of the ledger is. Only production is warned: nothing else is worth one."""
    if on_server(agent.ledger.engine.url):
        return Check(
            "backup", Verdict.OK, mark("left to the tools of the database server: it cannot be seen from here")
        )
    with agent.ledger.read() as connection:
        last = next(entries(connection, event=Event.BACKED_UP, limit=1, newest_first=True), None)
        needed = agent.settings.agent.mode is Mode.PRODUCTION and ever_sent(connection)
    age = None if last is None else agent.clock() - datetime.fromisoformat(last.entry.time)
    facts = (("days", "" if age is None else str(age // timedelta(days=1))),)
    what = mark("none was made yet") if age is None else mark("the last was made {days} days ago")
    if needed and (age is None or age > timedelta(days=_BACKUP_DAYS)):
        return Check("backup", Verdict.WARN, what, mark("make one: sync-agent db backup FILE"), facts=facts)
    return Check("backup", Verdict.OK, what, facts=facts)


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
    version = server_version(agent.ledger.engine)
    if version:
        what = mark("PostgreSQL {version}, a direct connection; schema and guards are as they should be")
        return Check("ledger", Verdict.OK, what, facts=(("version", version),))
    return Check("ledger", Verdict.OK, mark("schema and guards are as they should be"))


def _has_ledger(agent: Agent) -> bool:
    return has_ledger(agent.ledger.engine.url)  # where there is none, an empty one in memory was opened


def _head(agent: Agent) -> Check:
    agent.ledger.require_newest()
    return Check("head of the ledger", Verdict.OK, mark("the ledger is the one that sent last"))


def _witness(agent: Agent) -> Check:
    """See that somebody outside can tell an old log from a forged one, and that a head got there lately."""
    subject = "heads of the audit log"
    require_witness(agent.settings)
    places = [anchor.name for anchor in agent.settings.audit.anchors if anchor.remote]
    if not places:
        return Check(subject, Verdict.OK, mark("taken to no other machine, as only production needs"))
    facts = (("places", ", ".join(places)),)
    heads = agent.ledger.heads
    with agent.ledger.read() as connection:
        stopped = heads is not None and heads.stops_creations(connection, agent.clock())
    if stopped:
        todo = mark("see what becomes of it: sync-agent audit checkpoint")
        return Check(subject, Verdict.FAIL, mark("none reaches {places}: nothing new is created"), todo, facts=facts)
    return Check(subject, Verdict.OK, mark("taken to {places}"), facts=facts)


def _guards(agent: Agent) -> Check:
    """Say what keeps the agent's own account from changing the log."""
    subject = "guards of the audit log"
    if not on_server(agent.ledger.engine.url):
        return Check(
            subject, Verdict.OK, mark("a file has no roles: who may write it may drop them; heads outside tell")
        )
    with agent.ledger.read() as connection:
        found = powers(connection) if _has_ledger(agent) else []
    if not found:
        return Check(subject, Verdict.OK, mark("the account of the agent can neither change the log nor drop them"))
    facts = (("powers", ", ".join(found)),)
    todo = mark("use roles apart for owner and agent, as the manual describes")
    return Check(
        subject, Verdict.WARN, mark("the account of the agent may do more than it must: {powers}"), todo, facts=facts
    )


def _environment(agent: Agent) -> Check:
    with agent.ledger.read() as connection:
        bound, sent = environment(connection), ever_sent(connection)
    if bound is None or not sent:  # it follows the configuration
        return Check("environment", Verdict.OK, mark("not bound yet; the first pass binds it"))
    require_same(bound, environment_of(agent))
    return Check("environment", Verdict.OK, mark("the ledger belongs to this configuration"))


def _policy(agent: Agent) -> Check:
    with agent.ledger.read() as connection:
        signed = agent.signed(connection)
    if signed:
        return Check("privacy policy", Verdict.OK, mark("signed"))
    todo = mark("read it with: sync-agent privacy show, then: sync-agent privacy sign")
    return Check("privacy policy", Verdict.WARN, mark("not signed by all who must: nothing goes up"), todo)


def _lock(agent: Agent) -> Check:
    state = agent.settings.state
    if not os.access(state, os.W_OK | os.X_OK):
        todo = mark("give this account the right to write there")
        return Check("lock", Verdict.FAIL, mark("the state folder cannot be written"), todo, str(state))
    if is_held(state, agent.ledger.engine):
        return Check("lock", Verdict.OK, mark("held: the service or another command is at work"))
    return Check("lock", Verdict.OK, mark("free"))
