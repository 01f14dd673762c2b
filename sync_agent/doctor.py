"""What `check` looks at, one thing after the other; a thing that needs a broken one is not looked at."""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path

from sync_agent.audit import powers
from sync_agent.bootstrap import open_agent
from sync_agent.domain.canonical import correlation_token
from sync_agent.errors import LockedError, NationalUnreachableError, SyncAgentError
from sync_agent.i18n import mark
from sync_agent.ledger import (
    environment,
    ever_sent,
    exclusive,
    has_ledger,
    migrate,
    on_server,
    queries,
    require_same,
    server_version,
)
from sync_agent.national import Certificate, client_certificate, shown_certificates
from sync_agent.source import SqlSource
from sync_agent.sync import Agent, environment_of, require_witness

__all__ = ["Check", "Verdict", "examine"]

_LEAST_FREE_BYTES = 500_000_000
_MOST_CLOCK_OFFSET = timedelta(minutes=2)
_MOST_DAYS_LEFT = 30  # of a certificate that is about to expire
_MOST_TABLES = 5  # shown by name
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
        (mark("tables beside the profile"), _beside),
        (mark("clock of the source"), _clock),
        (mark("ledger"), _ledger),
        (mark("head of the ledger"), _head),
        (mark("heads of the audit log"), _witness),
        (mark("guards of the audit log"), _guards),
        (mark("environment"), _environment),
        (mark("privacy policy"), _policy),
        (mark("lock"), _lock),
        (mark("disk"), _disk),
    ]
    if agent.writer is not None:
        looks += [(mark("write-back"), _write_back)]
    if agent.settings.national.transport.client_certificate is not None:
        looks += [(mark("client certificate"), _client_certificate)]
    for subject, look in looks:
        yield _seen(agent, subject, look)
    yield from _source_files(agent)
    if probe:
        yield from _probed(agent)


def _probed(agent: Agent) -> Iterator[Check]:
    looks: list[tuple[str, Callable[[Agent], Check]]] = [(mark("national service"), _national)]
    if _token_addresses(agent):
        looks.insert(0, (mark("tokens"), _tokens))
    if any(address.startswith("https:") for address in _addresses(agent)):
        looks += [(mark("certificate of the service"), _shown_certificate)]
    looks += [(mark("look-up"), _look_up)]
    for subject, look in looks:
        found = _seen(agent, subject, look)
        yield found
        if found.verdict is Verdict.FAIL:
            return


def _seen(agent: Agent, subject: str, look: Callable[[Agent], Check]) -> Check:
    try:
        return look(agent)
    except SyncAgentError as error:
        return _failed(subject, error)


def _failed(subject: str, error: SyncAgentError) -> Check:
    return Check(subject, Verdict.FAIL, error.what, error.todo, error.where, error.facts, error.exit_code)


def _write_back(agent: Agent) -> Check:
    reason = agent.writer.obstacle() if agent.writer is not None else None
    if reason is None:
        return Check("write-back", Verdict.OK, mark("its account can be used"))
    what = mark("its account cannot be used ({reason}): what was acknowledged waits to be written")
    todo = mark("check write_back.url, its password and the rights of the account")
    return Check("write-back", Verdict.WARN, what, todo, facts=(("reason", reason),))


def _source(agent: Agent) -> Check:
    queries_tried = agent.source.probe()
    if agent.source.may_write():
        todo = mark("give it the right to read and no other: the agent needs none, and mistakes cannot use it")
        return Check("source queries", Verdict.WARN, mark("the account may write to the source"), todo)
    return Check(
        "source queries", Verdict.OK, mark("{count} queries answer"), facts=(("count", str(len(queries_tried))),)
    )


def _source_files(agent: Agent) -> Iterator[Check]:
    """Say how each file of the source was read, as its encoding and delimiter may have been told by the file alone."""
    subject = mark("file of the source")
    try:
        files = agent.source.files()
    except SyncAgentError as error:
        yield _failed(subject, error)
        return
    for file in files:
        what = mark("table {table}: {rows} rows")
        facts = {"table": file.table, "rows": str(file.rows)}
        if file.delimiter:
            what = mark("table {table}: {rows} rows, encoding {encoding}, delimiter {delimiter}")
            facts |= {"encoding": file.encoding, "delimiter": "TAB" if file.delimiter == "\t" else file.delimiter}
        yield Check(subject, Verdict.OK, what, where=file.file, facts=tuple(facts.items()))


def _beside(agent: Agent) -> Check:
    """Tell what else the account may read: systems keep passwords in tables beside those of the records."""
    subject = "tables beside the profile"
    tables = agent.source.beside() if isinstance(agent.source, SqlSource) else None
    if tables is None:
        return Check(subject, Verdict.OK, mark("a file: no account decides what can be read"))
    if not tables:
        return Check(subject, Verdict.OK, mark("the account may read none"))
    shown = ", ".join(tables[:_MOST_TABLES]) + (", …" if len(tables) > _MOST_TABLES else "")
    facts = (("count", str(len(tables))), ("tables", shown))
    todo = mark("grant it SELECT on the tables of the profile only: a table beside them may hold passwords")
    return Check(
        subject, Verdict.WARN, mark("the account may read {count} that no query names: {tables}"), todo, "", facts
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
    if _has_ledger(agent):  # before there is one nobody holds it, and to look must not make the lock file
        try:
            with exclusive(state, agent.ledger.engine):
                pass
        except LockedError:
            return Check("lock", Verdict.OK, mark("held: the service or another command is at work"))
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


def _tokens(agent: Agent) -> Check:
    left = {alias: agent.gateway.token_seconds(alias) for alias in agent.accounts.aliases}
    given = {alias: seconds for alias, seconds in left.items() if seconds is not None}
    facts = (("accounts", ", ".join(given)), ("seconds", str(round(min(given.values())))))
    what = mark("given to the accounts {accounts}; the first expires in {seconds} seconds")
    return Check("tokens", Verdict.OK, what, facts=facts)


def _token_addresses(agent: Agent) -> list[str]:
    return [each.lgsp.token_url for each in agent.settings.national.accounts if each.lgsp is not None]


def _addresses(agent: Agent) -> list[str]:
    return [agent.settings.national.transport.base_url, *_token_addresses(agent)]


def _client_certificate(agent: Agent) -> Check:
    found = client_certificate(agent.settings.national.transport, agent.settings.folder)
    return _lasting("client certificate", agent, [] if found is None else [found])


def _shown_certificate(agent: Agent) -> Check:
    shown = shown_certificates(agent.settings.national.transport, agent.settings.folder, _addresses(agent))
    return _lasting("certificate of the service", agent, list(shown))


def _lasting(subject: str, agent: Agent, certificates: list[Certificate]) -> Check:
    """Say how long the certificate lasts that ends first."""
    if not certificates:
        return Check(subject, Verdict.OK, mark("cannot be seen through a proxy that is spoken to by TLS"))
    first = min(certificates, key=lambda each: each.ends_at)
    days = (first.ends_at - agent.clock()) // timedelta(days=1)
    facts = (("name", first.name), ("days", str(days)), ("day", first.ends_at.date().isoformat()))
    if days < 0:
        todo = mark("have it renewed now: nothing gets through")
        return Check(subject, Verdict.FAIL, mark("{name} expired on {day}"), todo, facts=facts)
    if days < _MOST_DAYS_LEFT:
        todo = mark("have it renewed before that day")
        return Check(subject, Verdict.WARN, mark("{name} expires on {day}, in {days} days"), todo, facts=facts)
    return Check(subject, Verdict.OK, mark("{name} expires on {day}, in {days} days"), facts=facts)


def _look_up(agent: Agent) -> Check:
    """Look up, by token, a case that was acknowledged: no invented record is ever sent."""
    with agent.ledger.read() as connection:
        known = queries.acknowledged_case(connection, agent.ledger.source_id)
    if known is None:
        return Check("look-up", Verdict.WARN, mark("no case was acknowledged yet, so it cannot be proved"))
    origin, national_id, account = known
    token = correlation_token(agent.installation_key, *origin)
    if agent.gateway.look_up(token, account) == [national_id]:
        return Check("look-up", Verdict.OK, mark("finds an acknowledged case by its token"))
    todo = mark("keep the capability lookup at unproven: what is not found is settled by a person")
    return Check("look-up", Verdict.WARN, mark("does not find an acknowledged case by its token"), todo)
