"""What the service tells of itself on this machine: that it lives, that it may work, and figures without a name."""

import http.client
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import replace
from datetime import timedelta
from http import HTTPStatus

import pytest
from prometheus_client.parser import text_string_to_metric_families

from sync_agent.errors import LedgerError
from sync_agent.ledger import RequestKind, ask
from sync_agent.national import NotProcessed, Refused
from sync_agent.service.health import Health
from sync_agent.service.metrics import METRICS, Metrics
from sync_agent.service.state import ServiceState
from sync_agent.sync import Agent
from tests.support.houses import House, Houses

Asked = Callable[..., tuple[int, str]]


class Watched:
    """A house whose health is asked for over HTTP."""

    def __init__(self, house: House, stack: ExitStack) -> None:
        transport = house.agent.settings.service.model_copy(update={"health_address": "127.0.0.1:0"})
        settings = house.agent.settings.model_copy(update={"service": transport})
        self.agent = replace(house.agent, settings=settings)
        self.state = ServiceState(started_at=house.clock.now)
        self.now = time.monotonic()
        self.health = Health(lambda: self.agent, self.state, steady=lambda: self.now)
        self.state.last_progress = self.now
        stack.enter_context(self.health)
        assert self.health.listening.wait(60)

    def ask(self, path: str, *, method: str = "GET", **headers: str) -> tuple[int, str]:
        """Return status and text."""
        connection = http.client.HTTPConnection("127.0.0.1", self.health.port, timeout=60)
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        said = answer.read().decode()
        connection.close()
        return answer.status, said

    def figures(self) -> dict[tuple[str, ...], float]:
        """Return the metrics by name and values of their labels."""
        status, text = self.ask("/metrics")
        assert status == HTTPStatus.OK
        return {
            (sample.name, *sample.labels.values()): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }


@pytest.fixture
def watched(house: House) -> Iterator[Watched]:
    """Yield the health of a house that has three cases to send."""
    with ExitStack() as stack:
        yield Watched(house, stack)


def test_alive_is_who_moves(watched: Watched) -> None:
    """What hangs is not, whatever else it does."""
    assert watched.ask("/healthz") == (200, "ok\n")
    watched.now += 601
    assert watched.ask("/healthz") == (503, "stuck\n")


def test_ready_is_who_may_work(watched: Watched, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """It holds the ledger, its configuration is good, the ledger answers."""
    assert watched.ask("/readyz") == (200, "ok\n")
    watched.state.configuration_refused = True
    assert watched.ask("/readyz") == (503, "configuration refused\n")
    watched.state.started_at = None
    assert watched.ask("/readyz") == (503, "starting\n")
    watched.state.standby = True
    assert watched.ask("/readyz") == (503, "standby\n")
    watched.state.standby, watched.state.configuration_refused = False, False
    watched.state.started_at = house.clock.now

    def fails() -> None:
        raise LedgerError("the ledger cannot be used")

    monkeypatch.setattr(watched.agent.ledger, "read", fails)
    watched.now += 3600
    assert watched.ask("/readyz") == (503, "ledger does not answer\n")
    assert watched.figures()["sync_agent_up",] == 0
    assert watched.ask("/healthz")[1] == "stuck\n"


@pytest.mark.parametrize("path", ["/", "/metrics/", "/healthz/../metrics", "/favicon.ico"])
def test_nothing_else_is_there(watched: Watched, path: str) -> None:
    """No index, no way around, no word."""
    assert watched.ask(path) == (404, "")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "HEAD", "TRACE", "QUATSCH"])
def test_it_can_only_be_looked_at(watched: Watched, method: str) -> None:
    """Whatever is asked of it."""
    assert watched.ask("/healthz", method=method) == (405, "")


@pytest.mark.parametrize("host", ["sync.example", "sync.example:9108", "127.0.0.1.example", "", "[", "[::1"])
def test_who_was_led_here_from_elsewhere_is_told_nothing(watched: Watched, host: str) -> None:
    """A page in a browser that has its own name point to this machine (DNS rebinding)."""
    assert watched.ask("/metrics", Host=host) == (421, "")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:9108", "[::1]:9108", "LOCALHOST"])
def test_every_name_of_this_machine_is_good(watched: Watched, host: str) -> None:
    """With and without a port."""
    assert watched.ask("/healthz", Host=host) == (200, "ok\n")


def test_the_answer_says_nothing_of_what_it_is_made_with(watched: Watched) -> None:
    """No server, no version; and what is malformed is not repeated."""
    asked = (b"GET /ngat HTTP/1.1", b"GET /ngat HTTP/1.1 ngat", b"GET /ngat HTTP/9.1", b"GET " + 70_000 * b"ngat")
    said = b""
    for line in asked:
        with socket.create_connection(("127.0.0.1", watched.health.port), timeout=60) as connection:
            connection.sendall(line + b"\r\nHost: localhost\r\n\r\n")
            said += connection.makefile("rb").readline()
            with suppress(ConnectionResetError):  # what it did not read to the end
                said += connection.makefile("rb").read()
    assert (b"404 Not Found" in said, b"Python" in said, b"ngat" in said, b"Server:" in said) == (True, *3 * [False])


def test_one_that_only_holds_the_line_keeps_nobody_out(watched: Watched) -> None:
    """Beyond a few, whoever comes is turned away at once; the service is not drowned in threads."""
    with ExitStack() as held:
        for _ in range(12):
            held.enter_context(socket.create_connection(("127.0.0.1", watched.health.port), timeout=60))
    while True:  # their threads end as they go
        try:
            assert watched.ask("/healthz")[0] == 200
        except (ConnectionError, http.client.RemoteDisconnected):
            continue
        break


def test_it_waits_for_its_place(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another service of this machine listens there: it takes its place when that one ends."""
    monkeypatch.setattr("sync_agent.service.health._AGAIN_SECONDS", 0.05)
    with ExitStack() as stack:
        first = Watched(house, ExitStack())
        address = f"127.0.0.1:{first.health.port}"
        service = house.agent.settings.service.model_copy(update={"health_address": address})
        settings = house.agent.settings.model_copy(update={"service": service})
        second = Health(lambda: replace(house.agent, settings=settings), ServiceState())
        stack.enter_context(second)
        first.health.__exit__()
        assert second.listening.wait(60)


def test_without_an_address_it_listens_nowhere(house: House) -> None:
    """The settings say so."""
    service = house.agent.settings.service.model_copy(update={"health_address": ""})
    settings = house.agent.settings.model_copy(update={"service": service})
    with Health(lambda: replace(house.agent, settings=settings), ServiceState()) as health:
        assert (health.listening.is_set(), health.port) == (False, 0)


def test_the_figures_are_those_of_the_ledger(watched: Watched, house: House) -> None:
    """Before anything is sent, and after a pass that was told of all fates."""
    before = watched.figures()
    house.answers(NotProcessed("connect"), Refused("other", "", 200))
    house.sync()
    house.clock.move(minutes=7)
    with house.agent.ledger.write() as tx:
        ask(tx, RequestKind.SYNC, {}, actor="os:lan")
        for state, day in (("waiting", "2026-10-30"), ("rejected", "2026-11-03")):
            changed = f"UPDATE message SET trigger_on = '2026-10-29', due_on = '{day}' WHERE state = '{state}'"  # noqa: S608
            tx.connection.exec_driver_sql(changed)
    watched.state.last_pass_at, watched.state.last_pass_seconds = house.clock.now - timedelta(seconds=60), 2.5
    watched.state.passes["done"] = 5
    watched.state.jobs_failed["full_scan.missed"] += 1
    watched.now += 60
    after = watched.figures()
    assert (before["sync_agent_up",], before["sync_agent_cases",]) == (1, 0)
    assert (after["sync_agent_cases",], after["sync_agent_requests_waiting",]) == (3, 1)
    states = {name[1]: value for name, value in after.items() if name[0] == "sync_agent_messages"}
    assert states == {"acknowledged": 1, "rejected": 1, "waiting": 1}
    attempts = {name[1]: value for name, value in after.items() if name[0] == "sync_agent_attempts_total"}
    assert attempts == {"acknowledged": 1, "rejected": 1, "waiting": 1}
    assert after["sync_agent_passes_total", "done"] == 5
    assert after["sync_agent_account_up", "tinh"] == 1
    assert round(after["sync_agent_pass_success_age_seconds",]) == 420
    assert round(after["sync_agent_acknowledged_age_seconds",]) == 420
    assert round(after["sync_agent_oldest_waiting_seconds",]) == 420
    assert round(after["sync_agent_checkpoint_age_seconds",]) == 420
    assert round(after["sync_agent_pass_age_seconds",]) == 60
    assert (after["sync_agent_pass_seconds",], after["sync_agent_tasks_failed_total", "missed", "full_scan"]) == (
        2.5,
        1,
    )
    assert after["sync_agent_audit_entries",] == len(house.entries())
    assert min(after["sync_agent_ledger_bytes",], after["sync_agent_disk_free_bytes",]) > 0
    assert (after["sync_agent_late", "case"], after["sync_agent_due_soon", "case"]) == (1, 1)


def test_a_scrape_is_counted_once(watched: Watched, house: House) -> None:
    """However often it is asked, and whatever was before this process."""
    house.sync()
    sent = "sync_agent_attempts_total", "acknowledged"
    assert sent not in watched.figures()
    for number in range(3):
        house.clock.move(minutes=1)
        house.local.change(1, noi_dung=f"Nội dung mới {number}")
        house.sync()
        watched.now += 60
        watched.figures()
    assert watched.figures()[sent] == 3


def test_the_last_success_is_the_later_one(watched: Watched, house: House) -> None:
    """A pass that finds nothing to do leaves no run: the service knows of it, the ledger does not."""
    house.sync()
    house.clock.move(minutes=5)
    age = "sync_agent_pass_success_age_seconds"
    assert round(watched.figures()[age,]) == 300
    watched.state.last_success_at = house.clock.now - timedelta(seconds=30)
    assert round(watched.figures()[age,]) == 30


def test_an_account_that_rests_is_down(watched: Watched, house: House) -> None:
    """By its alias, which names no person."""
    house.answers(NotProcessed("unauthorized", 401))
    with pytest.raises(Exception, match="refuse"):
        house.sync()
    figures = watched.figures()
    assert (figures["sync_agent_account_up", "tinh"], figures["sync_agent_account_failures", "tinh"] >= 0) == (0, True)


def test_no_label_holds_anything_of_a_case(watched: Watched, house: House) -> None:
    """Only what the table of metrics names, in forms that no name or key has."""
    house.local.case(9, name="Nguyễn Thị Ngát")
    house.sync()
    _, text = watched.ask("/metrics")
    pseudonyms = [row[0] for row in house.select("SELECT pseudonym FROM case_state")]
    ours = [family for family in text_string_to_metric_families(text) if "_process_" not in family.name]
    assert {family.name for family in ours} <= METRICS.keys()
    for family in ours:
        for sample in family.samples:
            assert set(sample.labels) == set(METRICS[family.name].labels)
    for forbidden in ("Ngát", "V9", "V1", "H217", *pseudonyms):
        assert forbidden not in text


def test_a_place_that_no_head_reached_is_infinitely_old(make_house: Houses) -> None:
    """So that an alarm on its age rings."""
    anchors = '[[audit.anchors]]\nname = "here"\nkind = "file"\nfolder = "."'
    house = make_house(extra=anchors)
    figures = Metrics(lambda: house.agent, ServiceState()).text().decode()
    assert 'sync_agent_anchor_age_seconds{place="here"} +Inf' in figures


def test_expiry_is_told_without_asking_for_anything(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a token in hand, and of certificates as they were last seen."""

    def ends(agent: Agent) -> list[object]:
        from sync_agent.national import Certificate  # noqa: PLC0415

        return [Certificate("national.example", agent.clock() + timedelta(days=3))]

    monkeypatch.setattr("sync_agent.service.metrics.service_certificates", ends)
    monkeypatch.setattr("sync_agent.service.metrics.tokens_held", lambda _: {"tinh": 90.0})
    metrics = Metrics(lambda: house.agent, ServiceState())
    metrics.text()
    assert metrics._shown._answered.wait(60)
    text = metrics.text().decode()
    assert 'sync_agent_token_expiry_seconds{account="tinh"} 90.0' in text
    assert 'sync_agent_certificate_expiry_seconds{of="national.example"} 2591' in text
