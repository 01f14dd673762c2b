"""What `check` looks at, one thing after the other; a thing that needs a broken one is not looked at."""

from collections.abc import Iterator
from pathlib import Path

from sync_agent.bootstrap import open_agent
from sync_agent.doctor import evidence, local, national, service
from sync_agent.doctor.verdict import Check, Verdict, failed, seen
from sync_agent.errors import SyncAgentError
from sync_agent.i18n import mark
from sync_agent.sync import Agent

__all__ = ["Check", "Verdict", "examine"]


def examine(folder: Path, *, probe: bool, online: bool = False) -> list[Check]:
    """Examine one installation. Writes nothing.

    `online`: also looks who is at the other end of the line, without a word of an account; `probe`: asks by each one.
    """
    checks: list[Check] = []
    subject = mark("configuration, profile, codes, source columns")
    try:
        with open_agent(folder, new_ledger=False) as agent:
            checks.append(Check(subject, Verdict.OK, mark("can be read")))
            checks += _looked_at(agent, online=online, probe=probe)
    except SyncAgentError as error:
        checks.append(failed(subject, error))
    return checks


def _looked_at(agent: Agent, *, online: bool, probe: bool) -> Iterator[Check]:
    here = local.looks(agent) + evidence.looks(agent) + national.local_looks(agent) + service.looks(agent)
    for subject, look in here:
        yield from seen(agent, subject, look)
    if online or probe:
        yield from _looked_at_there(agent, probe=probe)


def _looked_at_there(agent: Agent, *, probe: bool) -> Iterator[Check]:
    """Look at the other side, until something is in the way."""
    for subject, look in national.online_looks(agent) + (national.probing_looks(agent) if probe else []):
        found = list(seen(agent, subject, look))
        yield from found
        if any(check.verdict is Verdict.FAIL for check in found):
            return
