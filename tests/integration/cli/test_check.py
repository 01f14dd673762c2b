"""What `check` says of an installation, line by line."""

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from sync_agent.audit import CheckpointReason
from sync_agent.bootstrap import open_agent
from sync_agent.doctor import Check, Verdict, examine
from sync_agent.doctor.national import probing_looks
from sync_agent.doctor.verdict import seen
from sync_agent.errors import NationalUnreachableError
from sync_agent.national import AccountRefusedError, CodeEntry
from sync_agent.service.health import Health
from sync_agent.service.state import ServiceState
from tests.support.houses import House, Houses, National

Run = Callable[..., tuple[int, str, str]]

SECOND = """
[[national.accounts]]
alias = "xa"
agencies = ["H217.03"]
username = "xa"
secret_env = "SYNC_AGENT_TEST_SECRET"
"""
PRODUCTION = '[[audit.anchors]]\nname = "far"\nkind = "file"\nfolder = "."\nremote = true\n'


@pytest.fixture
def house(make_house: Houses) -> House:
    """Return a house in which a case went up."""
    house = make_house(page=50)
    house.local.case(1)
    house.sync()
    house.agent.settings.state.chmod(0o700)
    return house


def looked(house: House, subject: str) -> Check:
    """Return what is said of a subject."""
    (found,) = [check for check in examine(house.folder, probe=False) if check.subject == subject]
    return found


def test_a_sound_installation_has_a_line_for_each_thing(house: House, run: Run) -> None:
    """As lines and as a document; nothing is wrong, so nothing is to do."""
    code, text, _ = run("check", "--offline")
    checks = json.loads(run("check", "--offline", "--json")[1])["checks"]
    assert (code, len(text.splitlines())) == (0, len(checks))
    assert {each["verdict"] for each in checks} == {"ok"}
    assert {each["todo"] for each in checks} == {None}
    assert [each["subject"] for each in checks] == [
        "configuration, profile, codes, source columns",
        "scope",
        "code tables",
        "source queries",
        "tables beside the profile",
        "clock of the source",
        "ledger",
        "keys",
        "head of the ledger",
        "heads of the audit log",
        "guards of the audit log",
        "environment",
        "privacy policy",
        "lock",
        "backup",
        "disk",
        "notifications",
        "health of the service",
    ]


def test_it_asks_who_is_there_unless_told_not_to(house: House, run: Run) -> None:
    """A national side that cannot be reached is exit 3."""
    code, text, _ = run("check")
    assert (code, text.splitlines()[-1].startswith("fail  national address: https://national.example/: ")) == (3, True)


def test_nobody_is_asked_and_everything_is_asked_exclude_each_other(house: House, run: Run) -> None:
    """Exit 2 before anything is looked at."""
    code, out, error = run("check", "--offline", "--probe")
    assert (code, out, "give only one of --offline and --probe" in error) == (2, "", True)


@contextmanager
def taken(house: House) -> Iterator[House]:
    """Have another program listen where the service would."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        other.settimeout(0)
        path = house.folder / "agent.toml"
        address = f'[service]\nhealth_address = "127.0.0.1:{other.getsockname()[1]}"\n'
        path.write_text(path.read_text("utf-8") + address, encoding="utf-8")
        yield house


def test_another_program_at_its_address_is_told(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The service would go on, and nobody would hear how it is."""
    monkeypatch.setattr("sync_agent.doctor.service._ASKED_SECONDS", 0.05)
    with taken(house):
        found = looked(house, "health of the service")
    assert (found.verdict, found.what) == (Verdict.WARN, "another program listens at {address}")


def test_a_service_at_its_address_is_as_it_should_be(house: House) -> None:
    """It is at work, or another of this machine."""
    with taken(house):
        pass
    agent = house.reopened().agent
    with Health(lambda: agent, ServiceState()) as health:
        assert health.listening.wait(60)
        found = looked(house, "health of the service")
    assert (found.verdict, found.what) == (Verdict.OK, "a service answers at {address}")


def test_every_account_is_asked(make_house: Houses) -> None:
    """One that is refused keeps none of the others from it; one line each for those that are."""
    house = make_house(extra=SECOND)
    asked: list[str] = []

    class Half(National):
        def code_list(self, kind: int, account_alias: str, **_: str) -> list[CodeEntry]:
            asked.append(account_alias)
            if account_alias == "tinh":
                raise AccountRefusedError("no", facts=(("cause", "status_401"),))
            return []

    agent = replace(house.agent, gateway=Half())
    ((subject, look),) = [each for each in probing_looks(agent) if each[0] == "national service"]
    refused, answered = seen(agent, subject, look)
    assert (asked, refused.verdict, dict(refused.facts)["account"]) == (["tinh", "xa"], Verdict.FAIL, "tinh")
    assert (answered.verdict, dict(answered.facts)) == (Verdict.OK, {"accounts": "xa"})


def test_a_service_that_is_down_is_asked_once(make_house: Houses) -> None:
    """Every further account would wait as long."""
    house = make_house(extra=SECOND)
    asked: list[str] = []

    class Down(National):
        def code_list(self, kind: int, account_alias: str, **_: str) -> list[CodeEntry]:
            asked.append(account_alias)
            raise NationalUnreachableError("no", facts=(("cause", "connect"),))

    agent = replace(house.agent, gateway=Down())
    ((subject, look),) = [each for each in probing_looks(agent) if each[0] == "national service"]
    (found,) = seen(agent, subject, look)
    assert (asked, found.verdict, found.exit_code) == (["tinh"], Verdict.FAIL, 3)


def test_production_is_warned_of_what_others_may_lack(make_house: Houses) -> None:
    """No mail when it fails, no copy of the ledger, nothing said of what goes up, no head outside yet."""
    house = make_house(extra=PRODUCTION, mode="production", settle=1, kind_settle=1, scope=False)
    warned = {check.subject for check in examine(house.folder, probe=False) if check.verdict is Verdict.WARN}
    assert {"notifications", "scope"} <= warned


def test_a_place_no_head_gets_to_any_more_is_told(make_house: Houses) -> None:
    """By its name, with how long ago one did."""
    house = make_house(page=50, extra=PRODUCTION)
    house.local.case(1)
    house.sync()
    old = looked(house, "place of heads")  # by the clock of the wall, which the house does not have
    with open_agent(house.folder) as agent:
        agent.ledger.sign_for(CheckpointReason.PERSON)
    new = looked(house, "place of heads")
    assert (old.verdict, dict(old.facts)["place"], int(dict(old.facts)["hours"]) > 12) == (Verdict.WARN, "far", True)
    assert (new.verdict, dict(new.facts)) == (Verdict.OK, {"place": "far", "hours": "0"})


def test_an_open_state_folder_is_told(house: House) -> None:
    """The keys in it are private themselves; their folder should be as well."""
    state = house.agent.settings.state
    state.chmod(0o755)
    found = looked(house, "keys")
    assert (found.verdict, found.todo) == (Verdict.WARN, "make it private: chmod 0700")


def test_a_log_that_cannot_be_written_is_told(house: House, tmp_path: Path) -> None:
    """The service would not start."""
    path = house.folder / "agent.toml"
    path.write_text(path.read_text("utf-8") + '[logs]\nfile = "none/run.log"\n', encoding="utf-8")
    found = looked(house, "log")
    assert (found.verdict, found.where) == (Verdict.FAIL, str(house.folder / "none" / "run.log"))
