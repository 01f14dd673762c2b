"""The agent's side of the LGSP against the simulator's: many threads, tokens that end, an endpoint that is down."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from sync_agent.domain.steps import Step
from sync_agent.national import (
    Accepted,
    AccountSettings,
    HttpGateway,
    NotProcessed,
    Outcome,
    TransportSettings,
    WireRequest,
    load_contract,
    open_gateway,
)
from sync_agent.simulator import SimulatorOptions, SimulatorServer

FOLDER = Path(__file__).parents[3] / "schemas" / "kntc"
START = datetime(2026, 11, 23, tzinfo=UTC)
SECRETS = {"khoa-a": "bi-mat-a", "khoa-b": "bi-mat-b"}


def case(number: int) -> WireRequest:
    """Return a case the simulator takes."""
    body = {
        "VuViec": {"Id": "", "NgayNhapDon": "01/02/2026", "GanVuViec": 0},
        "NguoiKNTC": {"LoaiNguoiKNTC": 1, "DataNguoiKNTC": [{"HoTen": "Lò Văn Mẫu"}]},
        "NoiDungDon": f"Nội dung\nMã liên thông: T{number}",
        "CoQuanTiepNhan": "H217.01",
    }
    return WireRequest(Step.CASE, "CapNhatVuViec", update=False, body=body)


class Bench:
    """A simulator behind an LGSP and a gateway with two accounts, whose secrets are in files."""

    def __init__(self, folder: Path, stack: ExitStack, *, workers: int = 20, **options: Any) -> None:
        self.folder = folder
        options = {"lgsp": SECRETS} | options
        self.server = stack.enter_context(SimulatorServer(SimulatorOptions(folder / "national.db", **options)))
        for name, secret in SECRETS.items():
            self.keep(name, secret)
        transport = TransportSettings(
            base_url=self.server.url, plain_http_host="127.0.0.1", plain_http_reason="test", tries=1
        )
        self.gateway: HttpGateway = open_gateway(
            load_contract(FOLDER, {}),
            transport,
            [self._account(name) for name in SECRETS],
            folder,
            workers=workers,
            production=False,
        )
        stack.callback(self.gateway.close)

    def keep(self, name: str, secret: str) -> None:
        """Put a secret file in place of the one before."""
        new = self.folder / f"{name}.new"
        new.write_text(secret, encoding="ascii")
        new.chmod(0o400)
        new.rename(self.folder / name)

    def _account(self, name: str) -> AccountSettings:
        codes = dict.fromkeys(("app_name", "partner_code", "sender_code", "tran_code", "receiver_code"), "x")
        table = {"token_url": f"{self.server.url}/token", "access_key": name, **codes}
        return AccountSettings.model_validate(
            {"alias": name, "agencies": [name], "auth": "lgsp", "secret_file": name, "lgsp": table}
        )

    def send(self, number: int = 1, alias: str = "khoa-a") -> Outcome:
        """Send one case."""
        return self.gateway.send(case(number), alias)

    @property
    def tokens(self) -> int:
        """How often a token was asked for."""
        return self.server.state.request_count("token")


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[..., Bench]]:
    """Return what builds a bench."""
    with ExitStack() as stack:
        yield lambda **options: Bench(tmp_path, stack, **options)


Make = Callable[..., Bench]


def all_at_once(work: Callable[[int], Outcome], many: int) -> Counter[str]:
    """Let so many threads work; count the outcomes by type, and by cause where there is one."""
    barrier, outcomes = threading.Barrier(many), []

    def one(number: int) -> None:
        barrier.wait()
        outcomes.append(work(number))

    threads = [threading.Thread(target=one, args=(number,)) for number in range(many)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Counter(getattr(outcome, "cause", type(outcome).__name__) for outcome in outcomes)


def test_twenty_threads_go_up_by_one_token(make: Make) -> None:
    """Asked for once, by whoever came first."""
    bench = make(faults=["latency=100ms@token"])
    assert (all_at_once(bench.send, 20), bench.tokens) == ({"Accepted": 20}, 1)


def test_twenty_threads_with_a_revoked_token_ask_for_one_new_one(make: Make) -> None:
    """All of them go up."""
    bench = make(faults=["latency=100ms@token"])
    bench.send(100)
    bench.server.revoke_tokens()
    assert (all_at_once(bench.send, 20), bench.tokens) == ({"Accepted": 20}, 2)


def test_twenty_threads_find_an_endpoint_down_together(make: Make) -> None:
    """It is not asked twenty times; nothing reached the service."""
    bench = make(faults=["latency=300ms@token", "503@token"])
    outcomes = all_at_once(bench.send, 20)
    assert (outcomes, bench.server.state.request_count("CapNhatVuViec")) == ({"token_status_503": 20}, 0)
    assert bench.tokens < 20


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        ("503", "token_status_503"),
        ("lost", "token_remote_protocol_error"),
        ("html", "token_malformed"),
        ("empty", "token_malformed"),
        ("garbled", "token_malformed"),
        ("truncated", "token_remote_protocol_error"),
    ],
)
def test_whatever_the_endpoint_does_nothing_is_in_doubt(make: Make, fault: str, cause: str) -> None:
    """A lost token is asked for again; the message goes up later."""
    bench = make(faults=[f"{fault}@token:count=1"])
    assert (bench.send(), type(bench.send())) == (NotProcessed(cause), Accepted)
    assert bench.server.state.duplicates() == []


def test_a_wrong_secret_stops_one_account_and_no_other(make: Make) -> None:
    """As a refusal of the account."""
    bench = make()
    bench.keep("khoa-a", "sai")
    assert (bench.send(1), type(bench.send(2, "khoa-b"))) == (NotProcessed("token_refused", 401), Accepted)


def test_a_secret_that_is_replaced_is_used_at_once(make: Make) -> None:
    """By a token of its own."""
    bench = make()
    bench.keep("khoa-a", "sai")
    bench.send()
    bench.keep("khoa-a", SECRETS["khoa-a"])
    assert type(bench.send()) is Accepted
    bench.keep("khoa-a", SECRETS["khoa-a"])  # the same once more, in another file
    assert (type(bench.send(2)), bench.tokens) == (Accepted, 2)


def test_a_token_that_ends_in_between_is_not_noticed(make: Make) -> None:
    """The clock of the LGSP runs ahead, ten seconds at each look: one 401, one new token, all goes up."""
    looks = count()
    bench = make(token_seconds=65, clock=lambda: START + timedelta(seconds=10 * next(looks)))
    outcomes = Counter(type(bench.send(number)) for number in range(10))
    assert (outcomes, 1 < bench.tokens < 10) == ({Accepted: 10}, True)
