"""How a failure of HTTP tells whether bytes had left."""

import logging
import ssl
from collections.abc import Iterator
from pathlib import Path

import httpcore
import httpx
import pytest
import respx

from sync_agent.errors import ConfigError
from sync_agent.national import TransportSettings
from sync_agent.national.exchange import LostError, NotSentError
from sync_agent.national.transport import HttpTransport, tls_context

BASE = "https://national.example/api"
URL = f"{BASE}/KNTC/CapNhatVuViec"
SETTINGS = TransportSettings(base_url=BASE)


@pytest.fixture
def transport() -> Iterator[HttpTransport]:
    """Return a transport whose requests respx catches."""
    carrier = HttpTransport(SETTINGS, Path(), connections=2)
    yield carrier
    carrier.close()


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (httpx.ConnectError, "connect_error"),
        (httpx.ConnectTimeout, "connect_timeout"),
        (httpx.PoolTimeout, "pool_timeout"),
        (httpx.ProxyError, "proxy_error"),
    ],
)
@respx.mock
def test_what_fails_before_a_byte_left_was_not_sent(
    transport: HttpTransport, error: type[httpx.RequestError], cause: str
) -> None:
    """It may be tried again."""
    respx.post(URL).mock(side_effect=error("Nguyễn Thị Thử"))

    with pytest.raises(NotSentError) as caught:
        transport.post("KNTC/CapNhatVuViec", b"{}", {})

    assert (caught.value.cause, str(caught.value)) == (cause, cause)


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (httpx.ReadError, "read_error"),
        (httpx.ReadTimeout, "read_timeout"),
        (httpx.WriteError, "write_error"),
        (httpx.WriteTimeout, "write_timeout"),
        (httpx.CloseError, "close_error"),
        (httpx.RemoteProtocolError, "remote_protocol_error"),
        (httpx.LocalProtocolError, "local_protocol_error"),
        (httpx.DecodingError, "decoding_error"),
        (httpx.NetworkError, "network_error"),
    ],
)
@respx.mock
def test_what_fails_later_is_lost(transport: HttpTransport, error: type[httpx.RequestError], cause: str) -> None:
    """Nobody knows whether it was processed."""
    respx.post(URL).mock(side_effect=error("Nguyễn Thị Thử"))

    with pytest.raises(LostError) as caught:
        transport.post("KNTC/CapNhatVuViec", b"{}", {})

    assert (caught.value.cause, str(caught.value)) == (cause, cause)


@respx.mock
def test_an_answer_is_handed_on_as_it_came(transport: HttpTransport) -> None:
    """Status, type, wait and bytes; nothing is judged here."""
    respx.post(URL).respond(503, headers={"Retry-After": "7", "Content-Type": "text/html"}, content=b"<p>")

    reply = transport.post("KNTC/CapNhatVuViec", b"{}", {})

    assert (reply.status, reply.content_type, reply.retry_after, reply.body) == (503, "text/html", "7", b"<p>")


@respx.mock
def test_a_redirect_is_not_followed(transport: HttpTransport) -> None:
    """A case is never sent to an address that nobody configured."""
    elsewhere = respx.post("https://elsewhere.example/").respond(200)
    respx.post(URL).respond(307, headers={"Location": "https://elsewhere.example/"})

    assert transport.post("KNTC/CapNhatVuViec", b"{}", {}).status == 307
    assert not elsewhere.called


@respx.mock
def test_the_body_and_headers_are_those_given(transport: HttpTransport) -> None:
    """Nothing personal is in the address."""
    route = respx.post(URL).respond(200)

    transport.post("KNTC/CapNhatVuViec", b"a=1", {"Authorization": "Bearer t", "Content-Type": "x/y"})

    request = route.calls.last.request
    assert (request.content, request.headers["authorization"], request.headers["content-type"]) == (
        b"a=1",
        "Bearer t",
        "x/y",
    )
    assert request.url == URL
    assert request.headers["user-agent"] == "sync-agent"


@respx.mock
def test_no_address_is_logged(transport: HttpTransport, caplog: pytest.LogCaptureFixture) -> None:
    """The library logs whole addresses at INFO by default."""
    caplog.set_level(logging.NOTSET)
    respx.post(URL).respond(200)

    transport.post("KNTC/CapNhatVuViec", b"{}", {})

    assert [record for record in caplog.records if "national.example" in record.getMessage()] == []
    assert logging.getLogger("httpx").level == logging.WARNING


def test_the_environment_sets_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The outbound proxy is a setting, not a variable somebody left behind."""
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")

    carrier = HttpTransport(SETTINGS, Path(), connections=1)
    pool = carrier._pool._pool
    carrier.close()

    assert type(pool) is httpcore.ConnectionPool


def test_a_system_that_asks_for_newer_tls_has_its_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the agent asks for is the least, not the most."""
    real = ssl.create_default_context

    def strict(*, cafile: Path | None) -> ssl.SSLContext:
        context = real(cafile=cafile)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        return context

    monkeypatch.setattr(ssl, "create_default_context", strict)

    assert tls_context(SETTINGS, Path()).minimum_version is ssl.TLSVersion.TLSv1_3


def test_the_proxy_of_the_settings_is_used() -> None:
    """For every address."""
    settings = SETTINGS.model_copy(update={"proxy": "http://proxy.example:3128"})

    carrier = HttpTransport(settings, Path(), connections=1)
    pool = carrier._pool._pool
    carrier.close()

    assert isinstance(pool, httpcore.HTTPProxy)


@pytest.mark.parametrize("field", ["ca_file", "client_certificate"])
@pytest.mark.parametrize("content", [None, b"not a certificate"], ids=["missing", "broken"])
def test_a_certificate_that_cannot_be_used_is_named(tmp_path: Path, field: str, content: bytes | None) -> None:
    """At start, with the setting and the file."""
    if content is not None:
        (tmp_path / "x.pem").write_bytes(content)
    settings = SETTINGS.model_copy(update={field: Path("x.pem")})

    with pytest.raises(ConfigError) as caught:
        tls_context(settings, tmp_path)

    assert caught.value.where == f"national.transport.{field}"
    assert ("path", "x.pem") in caught.value.facts


def test_the_service_is_always_verified() -> None:
    """There is no setting that switches it off."""
    context = tls_context(SETTINGS, Path())

    assert context.check_hostname
    assert context.verify_mode.name == "CERT_REQUIRED"
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2


@pytest.mark.parametrize(("mode", "private"), [(0o600, True), (0o400, True), (0o640, False), (0o604, False)])
@pytest.mark.parametrize("separate", [True, False])
def test_a_key_that_others_can_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, mode: int, private: bool, separate: bool
) -> None:
    """Whether it stands in a file of its own or beside the certificate."""
    for name in ("certificate.pem", "key.pem"):
        (tmp_path / name).touch(mode=0o600)
    (tmp_path / ("key.pem" if separate else "certificate.pem")).chmod(mode)
    monkeypatch.setattr(ssl.SSLContext, "load_cert_chain", lambda *_given, **_named: None)
    chosen = {"client_certificate": Path("certificate.pem"), "client_key": Path("key.pem") if separate else None}
    settings = SETTINGS.model_copy(update=chosen)
    if private:
        assert tls_context(settings, tmp_path).verify_mode is ssl.CERT_REQUIRED
        return
    with pytest.raises(ConfigError, match=r"others can read .*\.pem - make it private: chmod 0400"):
        tls_context(settings, tmp_path)
