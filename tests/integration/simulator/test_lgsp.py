"""The LGSP before the service: who gets a token, what a call must carry, and how tokens end."""

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sync_agent.errors import ConfigError
from sync_agent.simulator import SimulatorOptions, SimulatorServer

FORM = "application/x-www-form-urlencoded"
ASKED = b"grant_type=client_credentials"
WHO = {"AccessKey": "khoa-a", "SecretKey": "s-a", "AppName": "KNTC", "PartnerCode": "H38", "PartnerCodeCus": ""}
BUSINESS = {"SENDER_CODE": "H38", "TRAN_CODE": "TTCP", "RECEIVER_CODE": "G06"}
KEYS = {"khoa-a": "s-a", "khoa-b": "s-b"}
Start = Callable[..., Any]


class Clock:
    """The time of the LGSP."""

    now = datetime(2026, 11, 23, tzinfo=UTC)

    def __call__(self) -> datetime:
        """Return it."""
        return self.now


def identity(**changed: Any) -> str:
    """Return the header of an application; what is None is left out."""
    return base64.b64encode(json.dumps({k: v for k, v in (WHO | changed).items() if v is not None}).encode()).decode()


def send(sim: Any, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, Any]:
    """Send a request whose header names hold underscores; return status and answer, decoded as often as it is."""
    sim.connection.request("POST", path, body, {name: value.encode() for name, value in headers.items()})
    response = sim.connection.getresponse()
    content = json.loads(response.read())
    return response.status, json.loads(content) if isinstance(content, str) else content


def ask(sim: Any, who: str = identity(), body: bytes = ASKED, kind: str = FORM) -> tuple[int, Any]:
    """Ask for a token."""
    return send(sim, "/token", body, {"lgspaccesstoken": who, "Content-Type": kind})


def call(sim: Any, token: str, **changed: str) -> tuple[int, Any]:
    """Create a case through the LGSP; a header that is empty is left out."""
    headers = {"Authorization": f"Bearer {token}", "lgspaccesstoken": identity(), **BUSINESS, **changed}
    kept = {name: value for name, value in headers.items() if value} | {"Content-Type": "application/json"}
    return send(sim, "/KNTC/CapNhatVuViec", json.dumps(sim.case()).encode(), kept)


def given(sim: Any, **who: str) -> str:
    """Return a token."""
    status, answer = ask(sim, identity(**who))
    assert status == 200
    return str(answer["access_token"])


def test_a_known_application_gets_a_token(start: Start) -> None:
    """With its time, encoded once: it is the LGSP that speaks."""
    status, answer = ask(start(lgsp=KEYS, token_seconds=90))
    assert (status, answer["token_type"], answer["expires_in"]) == (200, "Bearer", 90)


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        *[({"who": identity(**{name: None})}, 401) for name in WHO],
        *[({"who": identity(**{name: ""})}, 401) for name in WHO if name != "PartnerCodeCus"],
        ({"who": identity(SecretKey="s-b")}, 401),
        ({"who": identity(AccessKey="khoa-c")}, 401),
        ({"who": identity(SecretKey=7)}, 401),
        ({"who": ""}, 401),
        ({"who": "no base64"}, 401),
        ({"who": "không"}, 401),
        ({"who": base64.b64encode(b"[]").decode()}, 401),
        ({"body": b"grant_type=password"}, 400),
        ({"body": b""}, 400),
        ({"kind": "application/json"}, 415),
    ],
)
def test_whoever_asks_wrongly_gets_none(start: Start, changed: dict[str, Any], expected: int) -> None:
    """A header that is not whole, a wrong secret, another grant."""
    status, answer = ask(start(lgsp=KEYS), **changed)
    assert (status, "access_token" in answer) == (expected, False)


def test_a_call_with_token_and_headers_reaches_the_service(start: Start) -> None:
    """By the name of its access key."""
    sim = start(lgsp=KEYS)
    status, answer = call(sim, given(sim))
    assert (status, sim.state.case_record(answer["Id"])["account"]) == (200, "khoa-a")


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        *[({name: ""}, 400) for name in BUSINESS],
        ({"Authorization": "Bearer invented"}, 401),
        ({"Authorization": "Basic a2hvYS1hOnMtYQ=="}, 401),
        ({"Authorization": ""}, 401),
        ({"lgspaccesstoken": ""}, 401),
        ({"lgspaccesstoken": identity(AccessKey="khoa-b", SecretKey="s-b")}, 401),
    ],
)
def test_a_call_that_lacks_something_reaches_nobody(start: Start, changed: dict[str, str], expected: int) -> None:
    """Nor one with the token of somebody else."""
    sim = start(lgsp=KEYS)
    status, _ = call(sim, given(sim), **changed)
    assert (status, sim.state.counts_by_step()["case"]) == (expected, 0)


def test_a_token_ends_with_its_time(start: Start) -> None:
    """Not a second later."""
    clock = Clock()
    sim = start(lgsp=KEYS, token_seconds=90, clock=clock)
    token = given(sim)
    statuses = []
    for seconds in (0, 89, 1):
        clock.now += timedelta(seconds=seconds)
        statuses.append(call(sim, token)[0])
    assert statuses == [200, 200, 401]


@pytest.mark.parametrize("how", ["from Python", "over HTTP"])
def test_every_token_can_be_revoked(start: Start, how: str) -> None:
    """While the simulator runs; a new one is given on the next asking."""
    sim = start(lgsp=KEYS)
    old = given(sim)
    if how == "over HTTP":
        assert send(sim, "/_simulator/revoke", b"", {}) == (200, {})
    else:
        sim.server.revoke_tokens()
    assert (call(sim, old)[0], call(sim, given(sim))[0]) == (401, 200)


def test_faults_of_the_token_endpoint_are_named_and_meet_nothing_else(start: Start) -> None:
    """A fault without a route leaves it alone."""
    sim = start(lgsp=KEYS, faults=["503@token:count=1", "500"])
    sim.connection.request("POST", "/token", ASKED, {"lgspaccesstoken": identity(), "Content-Type": FORM})
    response = sim.connection.getresponse()
    assert (response.status, response.read()[:9]) == (503, b"<!DOCTYPE")
    assert (ask(sim)[0], sim.server.faults_acted()) == (200, [("503@token:count=1", 1), ("500", 0)])


@pytest.mark.parametrize(
    ("fault", "expected"),
    [("refuse@token", 401), ("other-id@token", 200), ("text@token", 200), ("single@token", 200)],
)
def test_faults_of_answers_fit_the_token_endpoint(start: Start, fault: str, expected: int) -> None:
    """A refusal is one of the LGSP; there is no Id to change."""
    assert ask(start(lgsp=KEYS, faults=[fault]))[0] == expected


def test_requests_for_tokens_are_counted(start: Start) -> None:
    """By themselves."""
    sim = start(lgsp=KEYS)
    call(sim, given(sim))
    ask(sim, "")
    assert (sim.state.request_count("token"), sim.state.request_count("CapNhatVuViec")) == (2, 1)


def test_without_an_lgsp_there_is_no_token(sim: Any) -> None:
    """The address does not exist."""
    answer = sim.request("POST", "/token", ASKED, Content_Type=FORM)
    revoked = sim.request("POST", "/_simulator/revoke", b"")
    assert (answer.status, revoked.status) == (404, 404)


def test_an_lgsp_is_the_only_way_in(tmp_path: Path) -> None:
    """Passwords beside it would hide a client that goes around it."""
    with pytest.raises(ConfigError, match="--lgsp"):
        SimulatorServer(SimulatorOptions(tmp_path / "x.db", lgsp=KEYS, accounts={"a": "b"}))
