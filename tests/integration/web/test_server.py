"""The pages as a process of its own: what it says on the wire, over TLS, and how it ends."""

import os
import re
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import trustme

from sync_agent.bootstrap import open_for_web
from sync_agent.errors import ConfigError
from sync_agent.settings import load_settings
from tests.support.houses import SECRET_ENV, House
from tests.support.sites import Site


@contextmanager
def serving(house: House, **variables: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Run the command without the secrets of either side; yield the process and its port."""
    environment = {name: value for name, value in os.environ.items() if name != SECRET_ENV} | variables
    words = ["--config", str(house.folder), "--lang", "en", "serve", "--port", "0"]
    command = [sys.executable, "-m", "sync_agent", *words]
    process = subprocess.Popen(command, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        assert process.stdout is not None
        found = re.search(r":(\d+)/$", process.stdout.readline())
        assert found is not None
        yield process, int(found[1])
    finally:
        process.kill()
        process.communicate()


def said(connection: socket.socket, request: bytes) -> str:
    """Send bytes as they are and return all that comes back."""
    connection.settimeout(20)
    with connection:
        connection.sendall(request)
        parts = []
        while part := connection.recv(65_536):
            parts.append(part)
    return b"".join(parts).decode()


def request(port: int, target: str = "/signin", *more: str) -> bytes:
    """Return the bytes of a request."""
    lines = [f"GET {target} HTTP/1.1", f"Host: 127.0.0.1:{port}", "Connection: close", *more, "", ""]
    return "\r\n".join(lines).encode()


def test_the_process_on_the_wire(opened: Site) -> None:
    """It names no server, refuses what is no HTTP, logs no address, and ends in good order when told to."""
    with serving(opened.house) as (process, port):

        def ask(content: bytes) -> str:
            return said(socket.create_connection(("127.0.0.1", port)), content)

        answer = ask(request(port))
        assert answer.startswith("HTTP/1.1 200")
        assert "\r\nserver:" not in answer.lower()
        assert ask(request(port, "/cases?key=bi-mat")).startswith("HTTP/1.1 303")
        assert "evil" not in ask(request(port, "/signin?next=/%0d%0aSet-Cookie:%20evil=1")).partition("\r\n\r\n")[0]
        assert ask(request(port, "/signin", "X-Long: " + "a" * 20_000)).startswith("HTTP/1.1 431")
        assert ask(request(port, "/signin", "Host: evil.example")).startswith("HTTP/1.1 400")
        smuggled = request(port, "/signin", "Transfer-Encoding: chunked", "Content-Length: 5")
        assert "evil" not in ask(smuggled.replace(b"GET", b"POST") + b"0\r\n\r\nGET /evil HTTP/1.1\r\n\r\n")
        assert ask(b"\x16\x03\x01 no HTTP\r\n\r\n").startswith("HTTP/1.1 400")
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, "bi-mat" in out + err, "Traceback" in err) == (0, False, False)


def test_over_tls_the_cookie_is_bound_to_it(opened: Site, tmp_path: Path) -> None:
    """A certificate and its key make any address possible; plain HTTP is not understood there."""
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    issued.cert_chain_pems[0].write_to_path(tmp_path / "web.pem")
    issued.private_key_pem.write_to_path(tmp_path / "web.key")
    tls = {"CERTIFICATE": str(tmp_path / "web.pem"), "KEY": str(tmp_path / "web.key")}
    given = {f"SYNC_AGENT_WEB__TLS_{name}": value for name, value in tls.items()}
    context = ssl.create_default_context()
    authority.configure_trust(context)
    with serving(opened.house, **given) as (_, port):
        plain = socket.create_connection(("127.0.0.1", port))
        answer = said(context.wrap_socket(plain, server_hostname="127.0.0.1"), request(port))
    assert answer.startswith("HTTP/1.1 200")
    assert "strict-transport-security: max-age=31536000" in answer
    assert re.search(r"set-cookie: __Host-session=[^;]+; Path=/; HttpOnly; SameSite=Strict; Secure\r\n", answer)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"address": "0.0.0.0"}, "needs TLS"),  # noqa: S104 - refused
        ({"address": "::"}, "needs TLS"),
        ({"address": "10.0.0.1", "tls_key": "key.pem"}, "together"),
        ({"proxy_header": "X-Remote-User"}, "needs trusted_proxy"),
        ({"proxy_header": "X-Remote-User", "trusted_proxy": "10.0.0.1"}, "proxy_secret"),
        ({"trusted_proxy": "proxy.example"}, "does not appear"),
        ({"address": "somewhere"}, "does not appear"),
        ({"hosts": ["two words"]}, "pattern"),
    ],
)
def test_no_setting_puts_the_pages_in_the_open(opened: Site, given: dict[str, object], told: str) -> None:
    """Another address only with TLS or behind a proxy that has it."""
    with pytest.raises(ConfigError, match=told):
        load_settings(opened.house.folder, web=given)


def test_a_user_of_the_database_is_for_postgresql(opened: Site) -> None:
    """A file has none; whoever names one meant another ledger."""
    with pytest.raises(ConfigError, match="user of their own"):
        open_for_web(opened.house.folder, ledger_user="so_web")
