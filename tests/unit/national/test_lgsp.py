"""The way through an LGSP: its settings, the bytes that leave, and what becomes of a token that is refused."""

import base64
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
import respx
from pydantic import ValidationError

from sync_agent.domain.steps import Step
from sync_agent.errors import ConfigError, NationalUnreachableError
from sync_agent.national import (
    Accepted,
    AccountRefusedError,
    AccountSettings,
    HttpGateway,
    KntcContract,
    NotProcessed,
    TransportSettings,
    Unknown,
    WireRequest,
    load_accounts,
)
from sync_agent.national.transport import HttpTransport
from sync_agent.settings import load_settings

GUID = "93b20232-37d1-4406-8259-9b20a284192d"
BASE, TOKEN_URL = "https://lgsp.example/kntc/", "https://lgsp.example/auth/token"
CASE_URL = f"{BASE}KNTC/CapNhatVuViec"
REQUEST = WireRequest(Step.CASE, "CapNhatVuViec", update=False, body={"NoiDungDon": "nội dung"})
SECRET = "khóa bí mật"
LGSP = {
    "token_url": TOKEN_URL,
    "access_key": "khoa-217",
    "app_name": "KNTC tỉnh",
    "partner_code": "000.00.17.H38",
    "partner_code_cus": "",
    "sender_code": "000.00.17.H38",
    "tran_code": "TTCP",
    "receiver_code": "000.00.00.G06",
}
NETWORK = respx.mock(assert_all_called=False)
ACCEPTED = {"Id": GUID, "Message": ""}
UNAUTHORIZED = httpx.Response(401)
OK = httpx.Response(200, json=ACCEPTED)


def given(number: int, seconds: int = 3600) -> httpx.Response:
    """Return the answer that gives token number so."""
    return httpx.Response(200, json={"access_token": f"ma-{number}", "expires_in": seconds})


def account(**lgsp: Any) -> dict[str, Any]:
    """Return the settings of an account that goes through an LGSP; a key that is None is left out."""
    table = {name: value for name, value in (LGSP | lgsp).items() if value is not None}
    return {"alias": "tinh", "agencies": ["H217.01"], "auth": "lgsp", "secret_env": "LGSP_SECRET", "lgsp": table}


@pytest.fixture
def build(contract: KntcContract, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., HttpGateway]]:
    """Return what builds a gateway whose requests respx catches; `clock` is its time."""
    monkeypatch.setenv("LGSP_SECRET", SECRET)
    built: list[HttpGateway] = []

    def _build(clock: Callable[[], float] = lambda: 0.0, tries: int = 1, **lgsp: Any) -> HttpGateway:
        settings = TransportSettings(base_url=BASE, tries=tries)
        gateway = HttpGateway(
            contract,
            HttpTransport(settings, Path(), connections=2),
            load_accounts([AccountSettings.model_validate(account(**lgsp))], Path()),
            settings,
            production=True,
            sleep=lambda _: None,
            now=lambda: datetime(2026, 11, 23, tzinfo=UTC),
            clock=clock,
        )
        built.append(gateway)
        return gateway

    yield _build
    for gateway in built:
        gateway.close()


Build = Callable[..., HttpGateway]


@pytest.fixture
def auth() -> Iterator[respx.Route]:
    """Yield the token endpoint; what the LGSP answers to calls is for the test to say."""
    with NETWORK:
        yield NETWORK.post(TOKEN_URL).mock(side_effect=[given(number) for number in range(1, 9)])


def calls(*answers: httpx.Response | Exception) -> respx.Route:
    """Have the LGSP answer the next calls so."""
    return NETWORK.post(CASE_URL).mock(side_effect=list(answers))


def tokens_of(route: respx.Route) -> list[str]:
    """Return what each call was authorised by."""
    return [call.request.headers["Authorization"] for call in route.calls]


def test_the_bytes_that_ask_for_a_token_are_known(build: Build, auth: respx.Route) -> None:
    """Header and body to the letter, computed by hand from the form seen in other clients."""
    calls(OK)
    build(app_name="KNTC").send(REQUEST, "tinh")
    request = auth.calls[0].request
    assert request.content == b"grant_type=client_credentials"
    assert [
        (name, value) for name, value in request.headers.raw if name.lower() in {b"lgspaccesstoken", b"content-type"}
    ] == [
        (
            b"lgspaccesstoken",
            (
                b"eyJBY2Nlc3NLZXkiOiJraG9hLTIxNyIsIlNlY3JldEtleSI6Imtow7NhIGLDrSBt4bqtdCIsIkFwcE5hbWUiOiJLTlRDIiwiUGFydG5l"
                b"ckNvZGUiOiIwMDAuMDAuMTcuSDM4IiwiUGFydG5lckNvZGVDdXMiOiIifQ=="
            ),
        ),
        (b"Content-Type", b"application/x-www-form-urlencoded"),
    ]


def test_the_bytes_of_a_call_are_known(build: Build, auth: respx.Route) -> None:
    """Token, identity and business headers; the body is that of any other way."""
    route = calls(OK)
    build().send(REQUEST, "tinh")
    (call,) = route.calls
    sent = {
        name: value for name, value in call.request.headers.raw if name.isupper() or name.startswith((b"A", b"C", b"l"))
    }
    identity = sent.pop(b"lgspaccesstoken")
    assert orjson.loads(base64.b64decode(identity)) == {
        "AccessKey": "khoa-217",
        "SecretKey": SECRET,
        "AppName": "KNTC tỉnh",
        "PartnerCode": "000.00.17.H38",
        "PartnerCodeCus": "",
    }
    assert identity == auth.calls[0].request.headers["lgspaccesstoken"].encode()
    assert (call.request.content, sent) == (
        '{"NoiDungDon":"nội dung"}'.encode(),
        {
            b"Accept": b"application/json",
            b"Accept-Encoding": sent[b"Accept-Encoding"],
            b"Connection": b"keep-alive",
            b"Authorization": b"Bearer ma-1",
            b"SENDER_CODE": b"000.00.17.H38",
            b"TRAN_CODE": b"TTCP",
            b"RECEIVER_CODE": b"000.00.00.G06",
            b"Content-Type": b"application/json; charset=utf-8",
            b"Content-Length": b"27",
        },
    )


def test_a_transaction_code_can_name_the_action(build: Build, auth: respx.Route) -> None:
    """Where the LGSP tells its services apart by it."""
    del auth
    route = calls(OK)
    build(tran_code="KNTC_{action}").send(REQUEST, "tinh")
    assert route.calls[0].request.headers["TRAN_CODE"] == "KNTC_CapNhatVuViec"


def test_one_token_serves_many_calls(build: Build, auth: respx.Route) -> None:
    """Look-ups and code lists as well."""
    calls(OK, OK)
    NETWORK.post(f"{BASE}KNTC/TraDanhMuc").respond(200, json=[])
    gateway = build()
    for _ in range(2):
        gateway.send(REQUEST, "tinh")
    gateway.code_list(5, "tinh")
    assert len(auth.calls) == 1


def test_a_token_is_renewed_before_it_expires(build: Build, auth: respx.Route) -> None:
    """By the clock that only runs forward."""
    times = {"now": 0.0}
    route = calls(OK, OK, OK)
    gateway = build(clock=lambda: times["now"])
    for times["now"] in (0.0, 3239.0, 3240.0):
        gateway.send(REQUEST, "tinh")
    assert (tokens_of(route), len(auth.calls)) == (["Bearer ma-1", "Bearer ma-1", "Bearer ma-2"], 2)


def test_a_revoked_token_is_renewed_once_and_the_message_goes_up(build: Build, auth: respx.Route) -> None:
    """Even where nothing is tried twice: a 401 was surely not processed."""
    route = calls(UNAUTHORIZED, OK)
    assert isinstance(build(tries=1).send(REQUEST, "tinh"), Accepted)
    assert (tokens_of(route), len(auth.calls)) == (["Bearer ma-1", "Bearer ma-2"], 2)


def test_a_new_token_that_came_too_late_sends_nothing(build: Build, auth: respx.Route) -> None:
    """The first call was refused, so it was surely not processed; the machine slept while the token was asked for."""
    route = calls(httpx.Response(401), OK)
    request = replace(REQUEST, overslept=lambda: auth.call_count > 1)
    auth.side_effect = [given(1), given(2)]
    assert build().send(request, "tinh") == NotProcessed("overslept")
    assert route.call_count == 1


def test_a_look_up_renews_a_revoked_token_too(build: Build, auth: respx.Route) -> None:
    """It is a call like any other."""
    NETWORK.post(f"{BASE}KNTC/TraThongTinDon").mock(side_effect=[UNAUTHORIZED, httpx.Response(200, json=[])])
    assert (build().look_up("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "tinh"), len(auth.calls)) == ([], 2)


def test_a_new_token_that_is_refused_as_well_closes_the_lane(build: Build, auth: respx.Route) -> None:
    """It is not the token then."""
    route = calls(UNAUTHORIZED, UNAUTHORIZED)
    assert build(tries=3).send(REQUEST, "tinh") == NotProcessed("unauthorized", 401)
    assert (len(route.calls), len(auth.calls)) == (2, 2)


def test_a_lost_answer_to_the_second_call_is_lost(build: Build, auth: respx.Route) -> None:
    """The last one decides."""
    del auth
    calls(UNAUTHORIZED, httpx.ReadError("x"))
    assert build().send(REQUEST, "tinh") == Unknown("read_error")


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (httpx.ConnectError("x"), NotProcessed("token_connect_error")),
        (httpx.ReadTimeout("x"), NotProcessed("token_read_timeout")),
        (httpx.RemoteProtocolError("x"), NotProcessed("token_remote_protocol_error")),
        (httpx.Response(503, headers={"Retry-After": "40"}), NotProcessed("token_status_503", 0, 40.0)),
        (httpx.Response(302, headers={"Location": "https://evil.example"}), NotProcessed("token_status_302")),
        (httpx.Response(200, html="<html>"), NotProcessed("token_malformed")),
        (httpx.Response(401), NotProcessed("token_refused", 401)),
        (httpx.Response(403), NotProcessed("token_refused", 401)),
    ],
)
def test_without_a_token_nothing_is_sent(
    build: Build, auth: respx.Route, answer: httpx.Response | Exception, outcome: NotProcessed
) -> None:
    """Surely not processed, and the cause says that it was the token."""
    auth.mock(side_effect=[answer])
    route = calls(OK)
    found = build().send(REQUEST, "tinh")
    assert (found, type(getattr(found, "status", None)), len(route.calls)) == (outcome, int, 0)


def test_a_token_endpoint_that_is_busy_for_a_moment_is_asked_again(build: Build, auth: respx.Route) -> None:
    """As the service itself would be."""
    auth.mock(side_effect=[httpx.Response(503), httpx.ConnectError("x"), given(1)])
    calls(OK)
    assert isinstance(build(tries=3).send(REQUEST, "tinh"), Accepted)


@pytest.mark.parametrize(
    ("status", "expected"),
    [(401, (AccountRefusedError, "token_refused")), (500, (NationalUnreachableError, "token_status_500"))],
)
@pytest.mark.parametrize("ask", [lambda gateway: gateway.look_up("A" * 26, "tinh"), lambda g: g.token_seconds("tinh")])
def test_a_look_up_without_a_token_says_why(
    build: Build, auth: respx.Route, status: int, expected: tuple[type, str], ask: Callable[[HttpGateway], object]
) -> None:
    """A refused account is told from an LGSP out of reach; no line shows a secret."""
    auth.mock(side_effect=[httpx.Response(status)])
    with pytest.raises(NationalUnreachableError) as caught:
        ask(build())
    assert (type(caught.value), dict(caught.value.facts)["cause"]) == expected
    assert caught.value.__cause__ is caught.value.__context__ is None


def test_it_is_known_how_long_a_token_lasts(build: Build, auth: respx.Route) -> None:
    """It is asked for when there is none."""
    del auth
    assert build().token_seconds("tinh") == 3600


def test_no_repr_shows_secret_identity_or_token(build: Build, auth: respx.Route) -> None:
    """Of nothing that holds one."""
    calls(OK)
    gateway = build()
    gateway.send(REQUEST, "tinh")
    access = vars(gateway)["_access"]
    proof = access.proof("tinh")
    shown = "".join(map(repr, (gateway, vars(gateway), access, vars(access), proof, vars(gateway.accounts))))
    hidden = (SECRET, auth.calls[0].request.headers["lgspaccesstoken"], "ma-1")
    assert [word for word in hidden if word in shown] == []


def problem(values: dict[str, Any]) -> tuple[str, str]:
    """Return where and why an account cannot be."""
    with pytest.raises(ValidationError) as caught:
        AccountSettings.model_validate(values)
    (error,) = caught.value.errors()
    return ".".join(map(str, error["loc"])), error["msg"]


@pytest.mark.parametrize("name", sorted(LGSP.keys() - {"partner_code_cus"}))
def test_what_is_missing_is_named(name: str) -> None:
    """One line for one key."""
    assert problem(account(**{name: None})) == (f"lgsp.{name}", "Field required")


@pytest.mark.parametrize(
    ("changed", "where", "why"),
    [
        ({"lgsp": None}, "", "lgsp needs the table [national.accounts.lgsp]"),
        ({"auth": "basic", "username": "u"}, "", 'the table [national.accounts.lgsp] needs auth = "lgsp"'),
        ({"auth": "bearer"}, "", 'the table [national.accounts.lgsp] needs auth = "lgsp"'),
        ({"username": "u"}, "", "lgsp takes no username"),
        ({"secret_env": ""}, "", "exactly one of secret_file and secret_env"),
        ({"lgsp": LGSP | {"secret_key": "x"}}, "lgsp.secret_key", "Extra inputs are not permitted"),
        ({"lgsp": LGSP | {"access_key": ""}}, "lgsp.access_key", "at least 1 character"),
        ({"lgsp": LGSP | {"token_url": ""}}, "lgsp.token_url", "must be an http or https address"),
        ({"lgsp": LGSP | {"token_url": "ftp://x"}}, "lgsp.token_url", "must be an http or https address"),
        ({"lgsp": LGSP | {"token_url": "https://u:p@x"}}, "lgsp.token_url", "must not hold a user name or password"),
        ({"lgsp": LGSP | {"token_url": "https://x/?a=b"}}, "lgsp.token_url", "must not hold a query"),
        *[
            ({"lgsp": LGSP | {"tran_code": odd}}, "lgsp.tran_code", "should match pattern")
            for odd in ("", " x", "x\r\nEvil: 1", "mã", "x" * 201)
        ],
    ],
)
def test_what_does_not_fit_is_named(changed: dict[str, Any], where: str, why: str) -> None:
    """In one line."""
    found = problem(account() | changed)
    assert (found[0], why in found[1]) == (where, True)


TOML = """
[agent]
mode = "test"
[source]
url = "sqlite:///local.db"
profile = "profile.yaml"
[national.transport]
base_url = "https://lgsp.example/"
{transport}
[national.wire]
money_unit = "dong"
[[national.accounts]]
alias = "tinh"
agencies = ["H217.01"]
auth = "lgsp"
secret_env = "LGSP_SECRET"
[national.accounts.lgsp]
{lgsp}
"""


def written(folder: Path, transport: str = "", **lgsp: str) -> Path:
    """Write a configuration."""
    keys = "\n".join(f'{name} = "{value}"' for name, value in (LGSP | lgsp).items())
    (folder / "agent.toml").write_text(TOML.format(lgsp=keys, transport=transport), encoding="utf-8")
    return folder


def test_the_table_stands_below_its_account(tmp_path: Path) -> None:
    """As it is written in agent.toml."""
    (found,) = load_settings(written(tmp_path)).national.accounts
    assert found.lgsp is not None
    assert found.lgsp.model_dump() == LGSP


def test_an_unknown_key_of_the_table_is_named_with_its_neighbour(tmp_path: Path) -> None:
    """A slip of the pen."""
    with pytest.raises(ConfigError, match=r"unknown setting national\.accounts\.0\.lgsp\.acces_key - .*access_key\?"):
        load_settings(written(tmp_path, acces_key="x"))


HERE = 'plain_http_host = "lgsp.local"\nplain_http_reason = "a machine of ours"'


@pytest.mark.parametrize("transport", ["", HERE.replace("lgsp.local", "other.local"), HERE.split("\n", maxsplit=1)[0]])
def test_a_token_is_not_asked_for_in_the_open(tmp_path: Path, transport: str) -> None:
    """The rule of the service's own address: the host by its name, and a reason."""
    with pytest.raises(ConfigError, match="plain http is refused"):
        load_settings(written(tmp_path, transport, token_url="http://lgsp.local/token"))


def test_a_token_is_asked_for_in_the_open_where_the_host_is_named(tmp_path: Path) -> None:
    """With the reason."""
    assert load_settings(written(tmp_path, HERE, token_url="http://lgsp.local/token")).national.accounts[0].lgsp
