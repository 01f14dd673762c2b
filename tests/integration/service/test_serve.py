"""The service in this process: when it starts, when it ends, what it says of both."""

import os
import signal
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pytest

from sync_agent.errors import ConfigError, EpochLostError, SourceError, SyncAgentError
from sync_agent.national import WireRequest
from sync_agent.service import Manager, Service
from sync_agent.sync import Agent, claim
from tests.support.houses import House, Houses
from tests.support.managers import FakeManager


def wire(house: House) -> AbstractContextManager[Agent]:
    """Return the agent of a house as the service opens it."""
    return nullcontext(house.agent)


def interrupt() -> None:
    """Do what Ctrl+C does."""
    os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.parametrize("anchors", ["", '[[audit.anchors]]\nname = "here"\nkind = "file"\nfolder = "."'])
def test_in_production_no_service_starts_without_a_witness_elsewhere(make_house: Houses, anchors: str) -> None:
    """A folder of this machine is none."""
    house = make_house(signed=False, extra=anchors, mode="production", settle=1, kind_settle=1)
    with pytest.raises(ConfigError, match=r"audit\.anchors: no place on another machine"):
        Service(lambda: wire(house), Manager(None)).run()


def test_interrupted_while_it_sends_it_ends_with_a_head(house: House) -> None:
    """The answer that was under way is known; START and STOP stand around it."""

    def ends(_request: WireRequest) -> None:
        if not house.gateway.sent:
            interrupt()

    house.gateway.before = ends
    Service(lambda: wire(house), Manager(None)).run()
    reasons = [reason for (reason,) in house.select("SELECT reason FROM audit_checkpoint ORDER BY number")]
    assert (reasons[-1], "start" in reasons, "in_flight" in house.states().values()) == ("stop", True, False)
    assert house.select("SELECT result FROM run") == [("interrupted",)]


def test_a_pass_that_cannot_be_made_ends_no_service(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever asks is told why; it is tried again when it is due."""
    fake, asked = FakeManager(tmp_path / "notify"), list[str]()

    def fails(*_: object, **__: object) -> None:
        raise SourceError("the source cannot be read")

    def words(error: SyncAgentError) -> str:
        asked.append(str(error))
        interrupt()
        return str(error)

    monkeypatch.setattr("sync_agent.service.serve.run_pass", fails)
    Service(lambda: wire(house), Manager(fake.address), words).run()
    fake.drain()
    fake.close()
    assert (asked, fake.lines[-1]) == (["the source cannot be read"], "STOPPING=1")


def test_a_service_ends_when_another_took_its_ledger(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """It neither takes it back nor signs anything more."""

    def taken(*_: object, **__: object) -> None:
        claim(house.reopened().agent)
        with house.agent.ledger.write():
            pass

    monkeypatch.setattr("sync_agent.service.serve.run_pass", taken)
    with pytest.raises(EpochLostError):
        Service(lambda: wire(house), Manager(None)).run()
    reasons = [reason for (reason,) in house.select("SELECT reason FROM audit_checkpoint ORDER BY number")]
    assert "stop" not in reasons


def test_signals_are_given_back(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """To whoever had them."""
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGHUP)]
    monkeypatch.setattr("sync_agent.service.serve.run_pass", lambda *_, **__: interrupt())
    Service(lambda: wire(house), Manager(None)).run()
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGHUP)] == before
