"""The transport against real TLS servers and proxies on this machine: who is trusted, and what a refusal means."""

import base64
import select
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import trustme

from sync_agent.domain.steps import Step
from sync_agent.errors import ConfigError, NationalUnreachableError
from sync_agent.national import (
    Accepted,
    AccountSettings,
    Certificate,
    NotProcessed,
    Outcome,
    TransportSettings,
    Unknown,
    WireRequest,
    client_certificate,
    load_contract,
    open_gateway,
    shown_certificates,
)

FOLDER = Path(__file__).parents[3] / "schemas" / "kntc"
REQUEST = WireRequest(Step.CASE, "CapNhatVuViec", update=False, body={"NoiDungDon": "x"})
ANSWER = b'{"Id":"SIM-1","Message":""}'
ACCEPTED = Accepted("SIM-1", 200, ANSWER)
NOBODY_CONNECTED = NotProcessed("connect_error")


class Service(ThreadingHTTPServer):
    """A national service that counts what reached it. What fails in a handshake is the client's to tell."""

    daemon_threads = True

    def __init__(self, context: ssl.SSLContext | None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.context = context
        self.requests = 0

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.server_address[1])

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Shake hands in the thread of the request, so that a client who leaves stops nobody."""
        if self.context is None:
            super().finish_request(request, client_address)
            return
        with self.context.wrap_socket(request, server_side=True) as secured:
            super().finish_request(secured, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a refused handshake is what some tests are about."""


class _Handler(BaseHTTPRequestHandler):
    server: Service

    def do_POST(self) -> None:
        self.server.requests += 1
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(ANSWER)))
        self.end_headers()
        self.wfile.write(ANSWER)

    def log_message(self, *arguments: object) -> None:
        pass


class Proxy(ThreadingHTTPServer):
    """An outbound proxy that opens tunnels, or answers every CONNECT with `status`."""

    daemon_threads = True

    def __init__(self, status: int) -> None:
        super().__init__(("127.0.0.1", 0), _Tunnel)
        self.status = status
        self.asked: list[str] = []

    @property
    def address(self) -> str:
        """What the setting says."""
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Tunnel(BaseHTTPRequestHandler):
    server: Proxy

    def do_CONNECT(self) -> None:
        self.server.asked.append(self.path)
        self.send_response(self.server.status)
        self.end_headers()
        if self.server.status == 200:
            host, _, port = self.path.rpartition(":")
            with socket.create_connection((host, int(port))) as there:
                _pump(self.connection, there)

    def log_message(self, *arguments: object) -> None:
        pass


def _pump(here: socket.socket, there: socket.socket) -> None:
    """Carry bytes both ways until one side ends."""
    with suppress(OSError):
        while True:
            ready, _, _ = select.select([here, there], [], [], 30)
            for each in ready:
                part = each.recv(65536)
                if not part:
                    return
                (there if each is here else here).sendall(part)


@contextmanager
def running(server: ThreadingHTTPServer) -> Iterator[None]:
    """Serve while the block runs."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class Bench:
    """A private certificate authority, its files, and what sends one message."""

    folder: Path
    authority: trustme.CA = field(default_factory=trustme.CA)

    def __post_init__(self) -> None:
        self.authority.cert_pem.write_to_path(str(self.folder / "ca.pem"))
        (self.folder / "secret").write_text("s", encoding="ascii")
        (self.folder / "secret").chmod(0o400)

    def server_context(self, issued: trustme.LeafCert | None = None) -> ssl.SSLContext:
        """Return what a server of 127.0.0.1 shows, or another certificate."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        (issued or self.authority.issue_cert("127.0.0.1")).configure_cert(context)
        return context

    def client_certificate(self, issuer: trustme.CA | None = None, mode: int = 0o400) -> dict[str, str]:
        """Write a client certificate and its key; return the settings that name them."""
        issued = (issuer or self.authority).issue_cert("agent@tinh.example")
        issued.cert_chain_pems[0].write_to_path(str(self.folder / "client.pem"))
        issued.private_key_pem.write_to_path(str(self.folder / "client.key"))
        (self.folder / "client.key").chmod(mode)
        return {"client_certificate": "client.pem", "client_key": "client.key"}

    def send(self, address: str, **settings: Any) -> Outcome:
        """Send one message; the private authority is trusted unless `settings` say otherwise."""
        transport = TransportSettings.model_validate({"base_url": address, "tries": 1, "ca_file": "ca.pem"} | settings)
        account = AccountSettings(alias="a", agencies=("H1",), username="u", secret_file=Path("secret"))
        contract = load_contract(FOLDER, {})
        gateway = open_gateway(contract, transport, [account], self.folder, workers=1, production=False)
        try:
            return gateway.send(REQUEST, "a")
        finally:
            gateway.close()

    def sent_to(self, context: ssl.SSLContext, *, host: str = "127.0.0.1", **settings: Any) -> tuple[Outcome, int]:
        """Send one message to a server of this context; return the outcome and how many requests it saw."""
        service = Service(context)
        with running(service):
            outcome = self.send(f"https://{host}:{service.port}", **settings)
        return outcome, service.requests


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """Return a bench with an authority of its own."""
    return Bench(tmp_path)


def test_a_private_authority_is_trusted_where_the_setting_names_it(bench: Bench) -> None:
    """As inside a government network."""
    assert bench.sent_to(bench.server_context()) == (ACCEPTED, 1)


def test_a_private_authority_is_not_trusted_by_itself(bench: Bench) -> None:
    """Without the setting only the system's authorities count; no byte of the message leaves."""
    assert bench.sent_to(bench.server_context(), ca_file=None) == (NOBODY_CONNECTED, 0)


def test_another_authority_is_refused(bench: Bench) -> None:
    """Whoever sits in between shows a certificate, but not this one."""
    impostor = trustme.CA().issue_cert("127.0.0.1")
    assert bench.sent_to(bench.server_context(impostor)) == (NOBODY_CONNECTED, 0)


def test_an_expired_certificate_is_refused(bench: Bench) -> None:
    """Surely not processed: it goes up when the certificate was renewed."""
    expired = bench.authority.issue_cert("127.0.0.1", not_after=datetime.now(UTC) - timedelta(days=1))
    assert bench.sent_to(bench.server_context(expired)) == (NOBODY_CONNECTED, 0)


def test_a_certificate_for_another_host_is_refused(bench: Bench) -> None:
    """Even one of the right authority."""
    other = bench.authority.issue_cert("khac.example")
    assert bench.sent_to(bench.server_context(other)) == (NOBODY_CONNECTED, 0)


def test_a_server_without_tls_is_refused(bench: Bench) -> None:
    """Where https was meant, nothing is said in the open."""
    service = Service(None)
    with running(service):
        outcome = bench.send(f"https://127.0.0.1:{service.port}")
    assert (outcome, service.requests) == (NOBODY_CONNECTED, 0)


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_a_server_that_knows_only_old_tls_is_refused(bench: Bench) -> None:
    """TLS 1.2 at least."""
    context = bench.server_context()
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    assert bench.sent_to(context) == (NOBODY_CONNECTED, 0)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_server_with_present_tls_is_spoken_to(bench: Bench, version: ssl.TLSVersion) -> None:
    """Either of the two in use."""
    context = bench.server_context()
    context.minimum_version = context.maximum_version = version
    assert bench.sent_to(context) == (ACCEPTED, 1)


def _asks_for_a_certificate(bench: Bench, version: ssl.TLSVersion) -> ssl.SSLContext:
    context = bench.server_context()
    context.verify_mode = ssl.CERT_REQUIRED
    bench.authority.configure_trust(context)
    context.maximum_version = version
    return context


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_client_certificate_opens_a_server_that_asks_for_it(bench: Bench, version: ssl.TLSVersion) -> None:
    """By the settings."""
    context = _asks_for_a_certificate(bench, version)
    assert bench.sent_to(context, **bench.client_certificate()) == (ACCEPTED, 1)


@pytest.mark.parametrize("given", ["none", "of another authority"])
def test_without_the_right_client_certificate_nothing_gets_through(bench: Bench, given: str) -> None:
    """TLS 1.2 tells before a byte left."""
    context = _asks_for_a_certificate(bench, ssl.TLSVersion.TLSv1_2)
    settings = bench.client_certificate(trustme.CA()) if given != "none" else {}
    assert bench.sent_to(context, **settings) == (NOBODY_CONNECTED, 0)


def test_under_tls_1_3_a_missing_client_certificate_is_a_doubt(bench: Bench) -> None:
    """The server refuses it after the client may already have sent: what cannot be known is not assumed."""
    outcome, requests = bench.sent_to(_asks_for_a_certificate(bench, ssl.TLSVersion.TLSv1_3))
    assert (isinstance(outcome, Unknown), requests) == (True, 0)


@pytest.mark.parametrize("mode", [0o440, 0o404, 0o644])
def test_a_client_key_that_others_can_read_is_refused_at_start(bench: Bench, mode: int) -> None:
    """A real key of a real certificate."""
    settings = bench.client_certificate(mode=mode)
    with pytest.raises(ConfigError, match=r"others can read .*client\.key"):
        bench.send("https://127.0.0.1:1", **settings)


def test_the_keys_of_a_connection_are_written_nowhere(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable of the environment asks for them: with them every name that goes over the wire could be read."""
    context, keys = bench.server_context(), bench.folder / "keys"
    monkeypatch.setenv("SSLKEYLOGFILE", str(keys))
    assert bench.sent_to(context) == (ACCEPTED, 1)
    assert "SECRET" not in (keys.read_text("ascii") if keys.exists() else "")


def test_no_setting_switches_the_verification_off() -> None:
    """Neither by a word of the settings."""
    words = set(TransportSettings.model_fields)
    assert {word for word in words if "verif" in word or "insecure" in word} == set()


def test_everything_goes_through_the_proxy(bench: Bench) -> None:
    """By a tunnel to the service, whose certificate is verified as ever."""
    service, proxy = Service(bench.server_context()), Proxy(200)
    with running(service), running(proxy):
        outcome = bench.send(f"https://127.0.0.1:{service.port}", proxy=proxy.address)
    assert (outcome, proxy.asked, service.requests) == (ACCEPTED, [f"127.0.0.1:{service.port}"], 1)


def test_a_proxy_cannot_show_a_certificate_of_its_own(bench: Bench) -> None:
    """One that looks inside is somebody in between."""
    service, proxy = Service(bench.server_context(trustme.CA().issue_cert("127.0.0.1"))), Proxy(200)
    with running(service), running(proxy):
        outcome = bench.send(f"https://127.0.0.1:{service.port}", proxy=proxy.address)
    assert (outcome, len(proxy.asked), service.requests) == (NOBODY_CONNECTED, 1, 0)


@pytest.mark.parametrize("status", [407, 403, 502])
def test_a_proxy_that_refuses_leaves_no_doubt(bench: Bench, status: int) -> None:
    """It opened no tunnel, so that nothing can have arrived."""
    service, proxy = Service(bench.server_context()), Proxy(status)
    with running(service), running(proxy):
        outcome = bench.send(f"https://127.0.0.1:{service.port}", proxy=proxy.address)
    assert (outcome, len(proxy.asked), service.requests) == (NotProcessed("proxy_error"), 1, 0)


def test_a_proxy_that_is_down_leaves_no_doubt(bench: Bench) -> None:
    """And is not gone around."""
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        port = reserved.getsockname()[1]
    service = Service(bench.server_context())
    with running(service):
        outcome = bench.send(f"https://127.0.0.1:{service.port}", proxy=f"http://127.0.0.1:{port}")
    assert (outcome, service.requests) == (NOBODY_CONNECTED, 0)


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
def test_a_proxy_of_the_environment_is_ignored(bench: Bench, monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    """Personal data takes no way that the settings do not name."""
    service, proxy = Service(bench.server_context()), Proxy(200)
    monkeypatch.setenv(variable, proxy.address)
    with running(service), running(proxy):
        outcome = bench.send(f"https://127.0.0.1:{service.port}")
    assert (outcome, proxy.asked) == (ACCEPTED, [])


def test_the_secret_goes_to_the_service_and_not_to_the_proxy(bench: Bench) -> None:
    """The proxy sees a host and a port."""
    seen: list[dict[str, str]] = []

    class Listening(_Tunnel):
        def do_CONNECT(self) -> None:
            seen.append(dict(self.headers))
            super().do_CONNECT()

    service, proxy = Service(bench.server_context()), Proxy(200)
    proxy.RequestHandlerClass = Listening
    with running(service), running(proxy):
        outcome = bench.send(f"https://127.0.0.1:{service.port}", proxy=proxy.address)
    assert (outcome, base64.b64encode(b"u:s").decode() in str(seen), len(seen)) == (ACCEPTED, False, 1)


END = datetime(2049, 12, 31, 23, 59, 58, tzinfo=UTC)
"""The last year that a certificate writes with two digits; those after it have four."""


def _shown(bench: Bench, *ports: int, **settings: Any) -> list[Certificate]:
    addresses = [f"https://127.0.0.1:{port}/path" for port in ports]
    transport = TransportSettings.model_validate({"base_url": addresses[0], "ca_file": "ca.pem"} | settings)
    return list(shown_certificates(transport, bench.folder, addresses))


@pytest.mark.parametrize("end", [END, END + timedelta(seconds=2), datetime(2100, 1, 1, tzinfo=UTC)])
@pytest.mark.parametrize("key", [trustme.KeyType.RSA, trustme.KeyType.ECDSA])
def test_it_is_seen_when_the_services_certificate_ends(bench: Bench, end: datetime, key: trustme.KeyType) -> None:
    """By a handshake alone: no request reaches it."""
    issued = bench.authority.issue_cert("127.0.0.1", not_after=end, key_type=key)
    service = Service(bench.server_context(issued))
    with running(service):
        found = _shown(bench, service.port, service.port)
    assert (found, service.requests) == ([Certificate(f"127.0.0.1:{service.port}", end)], 0)


def test_each_host_shows_its_own_certificate(bench: Bench) -> None:
    """That of the token's address may end before the service's."""
    services = [
        Service(bench.server_context(bench.authority.issue_cert("127.0.0.1", not_after=END - timedelta(days=number))))
        for number in range(2)
    ]
    with running(services[0]), running(services[1]):
        found = _shown(bench, *(service.port for service in services))
    assert [each.ends_at for each in found] == [END, END - timedelta(days=1)]


def test_a_certificate_is_seen_through_the_proxy(bench: Bench) -> None:
    """As messages go, and no other way."""
    service, proxy = Service(bench.server_context()), Proxy(200)
    with running(service), running(proxy):
        (found,) = _shown(bench, service.port, proxy=proxy.address)
    assert (found.name, proxy.asked) == (f"127.0.0.1:{service.port}", [f"127.0.0.1:{service.port}"])


def test_a_certificate_that_is_not_trusted_is_not_looked_at(bench: Bench) -> None:
    """Nor is a proxy gone around that opens no tunnel."""
    stranger, proxy = Service(bench.server_context(trustme.CA().issue_cert("127.0.0.1"))), Proxy(407)
    with running(stranger), running(proxy):
        with pytest.raises(NationalUnreachableError, match="SSLCertVerificationError"):
            _shown(bench, stranger.port)
        with pytest.raises(NationalUnreachableError, match="OSError"):
            _shown(bench, stranger.port, proxy=proxy.address)


def test_plain_http_and_a_proxy_spoken_to_by_tls_show_nothing(bench: Bench) -> None:
    """Nobody is connected to."""
    settings = TransportSettings(base_url="https://127.0.0.1:1", proxy="https://127.0.0.1:1")
    assert list(shown_certificates(settings, bench.folder, ["https://127.0.0.1:1"])) == []
    settings = TransportSettings(base_url="https://127.0.0.1:1")
    assert list(shown_certificates(settings, bench.folder, ["http://127.0.0.1:1"])) == []


def test_it_is_seen_when_the_client_certificate_ends(bench: Bench) -> None:
    """In its file, an expired one as well."""
    issued = bench.authority.issue_cert("agent@tinh.example", not_after=END)
    (bench.folder / "client.pem").write_bytes(b"# of the agent\n" + issued.cert_chain_pems[0].bytes())
    settings = TransportSettings(base_url="https://x", client_certificate=Path("client.pem"))
    assert client_certificate(settings, bench.folder) == Certificate("client.pem", END)
    assert client_certificate(TransportSettings(base_url="https://x"), bench.folder) is None


@pytest.mark.parametrize("content", [None, b"", b"\xff", b"-----BEGIN CERTIFICATE-----\n%s\n-----END CERTIFICATE-----"])
@pytest.mark.parametrize("body", [b"", b"AAAA", b"MIIC", b"!!!", base64.b64encode(bytes(range(48, 120)))])
def test_a_client_certificate_that_is_none_is_named(bench: Bench, content: bytes | None, body: bytes) -> None:
    """By its path."""
    if content is not None:
        (bench.folder / "client.pem").write_bytes(content.replace(b"%s", body))
    settings = TransportSettings(base_url="https://x", client_certificate=Path("client.pem"))
    with pytest.raises(ConfigError, match=r"the certificate client\.pem cannot be read"):
        client_certificate(settings, bench.folder)
