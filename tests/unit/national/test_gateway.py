"""Sending, quick tries, look-ups and code lists, over a transport that answers by script."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from sync_agent.domain.steps import Step
from sync_agent.errors import ConfigError, NationalUnreachableError
from sync_agent.national import (
    Accepted,
    AccountRefusedError,
    Accounts,
    CodeEntry,
    FoundCase,
    Gateway,
    HttpGateway,
    KntcContract,
    NotProcessed,
    PersonQuery,
    Refused,
    TransportSettings,
    Unknown,
    WireRequest,
)
from sync_agent.national.accounts import Account
from sync_agent.national.content import Content
from sync_agent.national.exchange import LostError, NotSentError, Reply
from sync_agent.national.testing import FakeGateway

GUID = "93b20232-37d1-4406-8259-9b20a284192d"
REQUEST = WireRequest(Step.CASE, "CapNhatVuViec", update=False, body={"NoiDungDon": "nội dung"})
TOKEN = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def answer(content: Any, status: int = 200, retry_after: str = "") -> Reply:
    """Return a double-encoded answer."""
    body = orjson.dumps(orjson.dumps(content).decode())
    return Reply(status, "application/json", retry_after, body)


ACCEPTED = answer({"Id": GUID, "Message": ""})
BUSY = Reply(503, "text/html", "", b"")


@dataclass
class ScriptedTransport:
    """Answers each post with the next of its script."""

    script: list[Reply | Exception]
    posts: list[tuple[str, bytes, Mapping[str, str]]] = field(default_factory=list)
    closed: bool = False

    def post(self, path: str, content: bytes | Content, headers: Mapping[str, str]) -> Reply:
        """Record the request, files included, and answer."""
        self.posts.append((path, content if isinstance(content, bytes) else b"".join(content), headers))
        reply = self.script.pop(0)
        if isinstance(reply, Exception):
            raise reply
        return reply

    def close(self) -> None:
        """Remember it."""
        self.closed = True


@dataclass
class Bench:
    """A gateway, what it sent and how long it waited."""

    gateway: HttpGateway
    transport: ScriptedTransport
    waits: list[float]


@pytest.fixture
def bench(contract: KntcContract) -> Callable[..., Bench]:
    """Return what builds a gateway over a script."""

    def _bench(
        *script: Reply | Exception,
        contract: KntcContract = contract,
        authorization: str | Callable[[], str] = "Bearer token",
        **settings: Any,
    ) -> Bench:
        waits: list[float] = []
        transport = ScriptedTransport(list(script))
        accounts = Accounts([Account("tinh", frozenset({"H217.01"}), authorization)])
        gateway = HttpGateway(
            contract,
            transport,
            accounts,
            TransportSettings(base_url="https://national.example", **settings),
            production=True,
            sleep=waits.append,
            now=lambda: datetime(2026, 11, 23, tzinfo=UTC),
        )
        return Bench(gateway, transport, waits)

    return _bench


Build = Callable[..., Bench]
Load = Callable[..., KntcContract]


def test_a_message_is_posted_below_the_base_with_the_accounts_name(bench: Build) -> None:
    """The action is the path; the account is a header."""
    built = bench(ACCEPTED)

    assert built.gateway.send(REQUEST, "tinh") == Accepted(GUID, 200, ACCEPTED.body)
    assert built.transport.posts == [
        (
            "KNTC/CapNhatVuViec",
            '{"NoiDungDon":"nội dung"}'.encode(),
            {"Authorization": "Bearer token", "Content-Type": "application/json; charset=utf-8"},
        )
    ]


def test_a_form_is_posted_where_the_setting_says_so(bench: Build) -> None:
    """The same body in form fields."""
    built = bench(ACCEPTED, body="form")

    built.gateway.send(REQUEST, "tinh")

    assert built.transport.posts[0][1] == b"NoiDungDon=n%E1%BB%99i+dung"


@pytest.mark.parametrize("first", [NotSentError("connect_error"), BUSY], ids=["not sent", "busy"])
def test_nothing_leaves_once_its_intent_was_slept_over(bench: Build, first: Reply | Exception) -> None:
    """Also when the machine slept between two quick tries: another process may have sent the message meanwhile."""
    built = bench(first, ACCEPTED, tries=3)
    request = replace(REQUEST, overslept=lambda: len(built.transport.posts) > 0)

    assert built.gateway.send(request, "tinh") == NotProcessed("overslept")
    assert (len(built.transport.posts), len(built.waits)) == (1, 1)


def test_an_unknown_account_is_an_error_and_sends_nothing(bench: Build) -> None:
    """No default account speaks for anybody."""
    built = bench(ACCEPTED)

    with pytest.raises(ConfigError):
        built.gateway.send(REQUEST, "huyen")
    assert built.transport.posts == []


@pytest.mark.parametrize("first", [NotSentError("connect_error"), BUSY], ids=["not sent", "busy"])
def test_what_was_surely_not_processed_is_tried_again_at_once(bench: Build, first: Reply | Exception) -> None:
    """A short wait, then accepted."""
    built = bench(first, ACCEPTED)

    assert isinstance(built.gateway.send(REQUEST, "tinh"), Accepted)
    assert built.waits == [0.5]


def test_tries_end(bench: Build) -> None:
    """After the third the ledger waits, not a thread."""
    built = bench(BUSY, BUSY, BUSY)

    assert built.gateway.send(REQUEST, "tinh") == NotProcessed("status", 503)
    assert (len(built.transport.posts), built.waits) == (3, [0.5, 1.0])


def test_the_wait_that_the_server_asks_for_is_kept(bench: Build) -> None:
    """When it is short."""
    built = bench(Reply(429, "", "3", b""), ACCEPTED)

    assert isinstance(built.gateway.send(REQUEST, "tinh"), Accepted)
    assert built.waits == [3.0]


def test_a_long_wait_is_left_to_the_ledger(bench: Build) -> None:
    """The outcome says how long."""
    built = bench(Reply(429, "", "600", b""))

    assert built.gateway.send(REQUEST, "tinh") == NotProcessed("status", 429, 600.0)
    assert built.waits == []


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (Reply(401, "", "", b""), NotProcessed("unauthorized", 401)),
        (Reply(403, "text/html", "", b"x"), Unknown("forbidden", 403, b"x")),
        (LostError("read_timeout"), Unknown("read_timeout")),
        (Reply(500, "text/html", "", b"x"), Unknown("server_error", 500, b"x")),
        (Reply(200, "text/html", "", b"x"), Unknown("content_type", 200, b"x")),
    ],
)
def test_nothing_else_is_tried_again(bench: Build, reply: Reply | Exception, outcome: object) -> None:
    """A wrong secret stays wrong; a lost create must not be sent twice."""
    built = bench(reply)

    assert built.gateway.send(REQUEST, "tinh") == outcome
    assert len(built.transport.posts) == 1


def test_a_forbidden_message_is_not_tried_again_even_where_it_was_not_processed(bench: Build, load: Load) -> None:
    """The account has no right now and will have none in a second."""
    built = bench(Reply(403, "", "0", b""), contract=load(not_processed_statuses="403"))

    assert built.gateway.send(REQUEST, "tinh") == NotProcessed("status", 403, 0.0)
    assert len(built.transport.posts) == 1


def test_a_secret_changed_while_the_old_one_was_refused_is_tried_at_once(bench: Build) -> None:
    """Surely not processed, and it was the old one's fault."""
    secrets = iter(["Bearer cu", "Bearer moi", "Bearer moi"])
    built = bench(Reply(401, "", "", b""), ACCEPTED, authorization=lambda: next(secrets))

    assert isinstance(built.gateway.send(REQUEST, "tinh"), Accepted)
    assert [headers["Authorization"] for _, _, headers in built.transport.posts] == ["Bearer cu", "Bearer moi"]
    assert built.waits == [0.0]


def test_changed_secrets_are_tried_no_more_often_than_anything_else(bench: Build) -> None:
    """A file that changes without end ends the tries as well."""
    secrets = map(str, range(100))
    built = bench(*[Reply(401, "", "", b"")] * 9, authorization=lambda: next(secrets))

    outcome = built.gateway.send(REQUEST, "tinh")

    assert (outcome, len(built.transport.posts)) == (NotProcessed("unauthorized", 401, 0.0), 3)


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_account_is_told_from_a_service_out_of_reach(bench: Build, status: int) -> None:
    """Others may be let in: its name is in the facts."""
    with pytest.raises(AccountRefusedError) as caught:
        bench(Reply(status, "", "", b"")).gateway.look_up(TOKEN, "tinh")

    assert caught.value.facts == (("account", "tinh"), ("cause", f"status_{status}"))


def test_a_lost_second_try_is_lost(bench: Build) -> None:
    """The last try decides."""
    built = bench(BUSY, LostError("read_error"))

    assert built.gateway.send(REQUEST, "tinh") == Unknown("read_error")


def test_a_refusal_is_not_an_error(bench: Build) -> None:
    """It is an outcome like any other."""
    built = bench(answer({"Id": "", "Message": "Lỗi của Nguyễn Thị Thử"}))

    refused = built.gateway.send(REQUEST, "tinh")

    assert isinstance(refused, Refused)
    assert (refused.code, refused.masked) == ("refused_unknown", "▢ của ▢ ▢ ▢")


def test_a_look_up_asks_for_the_token_only(bench: Build) -> None:
    """Never by a name or a number of a person."""
    line = f"Mã liên thông: {TOKEN}"
    built = bench(answer([{"Id": GUID, "NoiDung": f"x\n{line}"}, {"Id": "other", "NoiDung": TOKEN}]))

    assert built.gateway.look_up(TOKEN, "tinh") == [GUID]
    path, content, _ = built.transport.posts[0]
    assert path == "KNTC/TraThongTinDon"
    assert orjson.loads(content) == {
        "MaVuViec": "",
        "TenNguoiKhieuNai": "",
        "MaTinh": "",
        "MaHuyen": "",
        "MaXa": "",
        "SoDinhDanhCaNhan": "",
        "NoiDung": TOKEN,
    }


@pytest.mark.parametrize(
    ("reply", "cause"),
    [
        (NotSentError("connect_error"), "connect_error"),
        (LostError("read_timeout"), "read_timeout"),
        (Reply(503, "text/html", "", b""), "status_503"),
        (answer({"Id": "", "Message": "Nguyễn Thị Thử"}), "malformed"),
        (answer([{"Id": "", "NoiDung": f"Mã liên thông: {TOKEN}"}]), "malformed"),
    ],
)
def test_a_look_up_without_a_usable_answer_is_an_error(bench: Build, reply: Reply | Exception, cause: str) -> None:
    """It is never "not found", and never quotes the answer."""
    with pytest.raises(NationalUnreachableError) as caught:
        bench(reply).gateway.look_up(TOKEN, "tinh")

    assert caught.value.facts == (("cause", cause),)


def test_a_search_asks_for_one_person_and_nothing_else(bench: Build) -> None:
    """By name or by number; no text goes with it."""
    row = {"Id": GUID, "ChuDon": "Nguyễn Thị Thử", "CMTND": None, "DiaChi": "Khu 1", "NoiDung": "Nội dung"}
    built = bench(answer([row, row]))

    found = built.gateway.search(PersonQuery(name="Nguyễn Thị Thử"), "tinh")

    assert found == [FoundCase(GUID, "Nguyễn Thị Thử", "", "Khu 1", "Nội dung")]
    path, content, _ = built.transport.posts[0]
    asked = {name: value for name, value in orjson.loads(content).items() if value}
    assert (path, asked) == ("KNTC/TraThongTinDon", {"TenNguoiKhieuNai": "Nguyễn Thị Thử"})


@pytest.mark.parametrize(
    ("reply", "cause"),
    [
        (NotSentError("connect_error"), "connect_error"),
        (Reply(503, "text/html", "", b""), "status_503"),
        (answer({"Id": "", "Message": "Nguyễn Thị Thử"}), "malformed"),
        (answer([{"Id": "", "ChuDon": "x"}]), "malformed"),
        (answer([{"Id": GUID, "ChuDon": ["x"]}]), "malformed"),
        (answer([{"Id": "SIM-1", "ChuDon": "x"}]), "foreign_id"),
    ],
)
def test_a_search_without_a_usable_answer_is_an_error(bench: Build, reply: Reply | Exception, cause: str) -> None:
    """It is never "not found", and never quotes the answer."""
    with pytest.raises(NationalUnreachableError) as caught:
        bench(reply).gateway.search(PersonQuery(id_number="000000000001"), "tinh")

    assert caught.value.facts == (("cause", cause),)


def test_a_code_list_is_codes_and_names(bench: Build) -> None:
    """Numbers of a list become strings: leading zeros elsewhere must stay."""
    built = bench(answer([{"Ma": "H217.01", "Ten": "UBND tỉnh"}, {"Ma": 4, "Ten": "Thụ lý"}]))

    entries = built.gateway.code_list(2, "tinh", province="217")

    assert entries == [CodeEntry("H217.01", "UBND tỉnh"), CodeEntry("4", "Thụ lý")]
    assert orjson.loads(built.transport.posts[0][1]) == {
        "LoaiDanhMuc": 2,
        "MaTinh": "217",
        "MaBoNganh": "",
        "MaLoaiKhieuTo": "",
    }


@pytest.mark.parametrize("entry", [{"Ma": "1"}, {"Ma": None, "Ten": "x"}, {"Ma": "1", "Ten": 2}])
def test_a_code_list_of_another_form_is_an_error(bench: Build, entry: dict[str, Any]) -> None:
    """Half a list is no list."""
    with pytest.raises(NationalUnreachableError):
        bench(answer([{"Ma": "1", "Ten": "x"}, entry])).gateway.code_list(5, "tinh")


def test_closing_the_gateway_closes_its_connections(bench: Build) -> None:
    """One client for the life of the process."""
    built = bench()

    built.gateway.close()

    assert built.transport.closed


# the fake that ships with the package


def test_the_fake_is_a_gateway_and_answers_by_script() -> None:
    """Then it accepts, with a new Id for a create and the same for an update."""
    fake = FakeGateway.answering(Unknown("read_timeout"), NotSentError("x"))
    fake.then([Refused("c", "m", 200)])
    gateway: Gateway = fake

    assert gateway.send(REQUEST, "a") == Unknown("read_timeout")
    with pytest.raises(NotSentError):
        gateway.send(REQUEST, "a")
    assert isinstance(gateway.send(REQUEST, "a"), Refused)
    created = [gateway.send(REQUEST, "a") for _ in range(2)]
    assert len({outcome.national_id for outcome in created if isinstance(outcome, Accepted)}) == 2
    assert [(each.request, each.account) for each in fake.sent] == [(REQUEST, "a")] * 5


@pytest.mark.parametrize(
    ("step", "body"), [(Step.CASE, {"VuViec": {"Id": "OWN"}}), (Step.ENFORCEMENT, {"ThiHanhId": "OWN"})]
)
def test_the_fake_answers_an_update_with_the_same_id(step: Step, body: dict[str, Any]) -> None:
    """As the service does."""
    assert FakeGateway().send(WireRequest(step, "X", update=True, body=body), "a") == Accepted("OWN", 200)


def test_the_fake_finds_what_it_was_given() -> None:
    """Look-ups and code lists."""
    fake = FakeGateway(found={TOKEN: [GUID]}, codes={5: [CodeEntry("1", "Bưu chính")]})

    assert (fake.look_up(TOKEN, "a"), fake.look_up("other", "a")) == ([GUID], [])
    assert fake.looked_up == [(TOKEN, "a"), ("other", "a")]
    assert (fake.code_list(5, "a"), fake.code_list(6, "a")) == ([CodeEntry("1", "Bưu chính")], [])
    fake.close()
