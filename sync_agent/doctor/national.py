"""What `check` looks at on the way to the national side: address, certificates, accounts; never an invented record."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from sync_agent.doctor.verdict import Check, Look, Verdict, failed
from sync_agent.domain.canonical import correlation_token
from sync_agent.errors import NationalUnreachableError
from sync_agent.i18n import mark
from sync_agent.ledger import queries
from sync_agent.national import AccountRefusedError, Certificate, visit
from sync_agent.sync import Agent, national_addresses, own_certificate, service_certificates, token_addresses

__all__ = ["local_looks", "online_looks", "probing_looks"]

_MOST_CLOCK_OFFSET: Final = timedelta(minutes=2)
_MOST_DAYS_LEFT: Final = 30  # of a certificate that is about to expire
_SOURCES_LIST: Final = 5  # nguồn đơn: a short code list


def local_looks(agent: Agent) -> list[tuple[str, Look]]:
    """Return what can be seen of the way from here."""
    if agent.settings.national.transport.client_certificate is None:
        return []
    return [(mark("client certificate"), _client_certificate)]


def online_looks(agent: Agent) -> list[tuple[str, Look]]:
    """Return what can be seen without a word of an account."""
    wanted: list[tuple[str, Look]] = [(mark("national address"), _addresses)]
    if any(address.startswith("https:") for address in national_addresses(agent)):
        wanted += [(mark("certificate of the service"), _shown_certificate)]
    return wanted


def probing_looks(agent: Agent) -> list[tuple[str, Look]]:
    """Return what only an account can see."""
    wanted: list[tuple[str, Look]] = [(mark("tokens"), _tokens)] if token_addresses(agent) else []
    return [*wanted, (mark("national service"), _accounts), (mark("look-up"), _look_up)]


def _addresses(agent: Agent) -> Iterator[Check]:
    """Say who is at the other end, from where we come and how far apart the clocks are."""
    subject, transport = "national address", agent.settings.national.transport
    for address in national_addresses(agent):
        found = visit(transport, agent.settings.folder, address)
        offset = None if found.clock is None else abs(found.clock - agent.clock())
        seconds = "?" if offset is None else str(round(offset.total_seconds()))
        facts = (("egress", found.egress), ("issuer", found.issuer or ""), ("seconds", seconds))
        what = mark("reached from {egress} without TLS, clock {seconds} seconds from ours")
        if found.issuer is not None:
            what = mark("reached from {egress}, certificate of {issuer}, clock {seconds} seconds from ours")
        if offset is not None and offset > _MOST_CLOCK_OFFSET:
            todo = mark("set the clock of this machine by NTP")
            yield Check(subject, Verdict.WARN, what, todo, found.host, facts)
        else:
            yield Check(subject, Verdict.OK, what, where=found.host, facts=facts)


def _accounts(agent: Agent) -> Iterator[Check]:
    """Ask by every account; one that is refused keeps none of the others from being asked."""
    answered = []
    for account in agent.accounts.aliases:
        try:
            agent.gateway.code_list(_SOURCES_LIST, account)
            answered.append(account)
        except AccountRefusedError as error:
            yield failed("national service", _unusable(agent, account, error))
        except NationalUnreachableError as error:
            raise _unusable(agent, account, error) from None
    if answered:
        facts = (("accounts", ", ".join(answered)),)
        yield Check("national service", Verdict.OK, mark("answers the accounts {accounts}"), facts=facts)


def _unusable(agent: Agent, account: str, error: NationalUnreachableError) -> NationalUnreachableError:
    return NationalUnreachableError(
        "gives account {account} no usable answer ({cause})",
        where=agent.settings.national.transport.base_url,
        todo="check address, network, proxy and firewall; for status_401 the account's name and secret",
        facts=(*error.facts, ("account", account)),
    )


def _tokens(agent: Agent) -> Iterator[Check]:
    """Ask for a token by every account that needs one."""
    given: dict[str, float] = {}
    for account in agent.accounts.aliases:
        try:
            seconds = agent.gateway.token_seconds(account)
        except AccountRefusedError as error:
            yield failed("tokens", error)
        else:
            given |= {} if seconds is None else {account: seconds}
    if given:
        facts = (("accounts", ", ".join(given)), ("seconds", str(round(min(given.values())))))
        what = mark("given to the accounts {accounts}; the first expires in {seconds} seconds")
        yield Check("tokens", Verdict.OK, what, facts=facts)


def _client_certificate(agent: Agent) -> Check:
    found = own_certificate(agent)
    return _lasting("client certificate", agent, [] if found is None else [found])


def _shown_certificate(agent: Agent) -> Check:
    return _lasting("certificate of the service", agent, list(service_certificates(agent)))


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
