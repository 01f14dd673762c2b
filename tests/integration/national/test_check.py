"""What `check` says of certificates and tokens, by a service with TLS on this machine."""

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import trustme

from sync_agent.doctor import Check, Verdict, examine
from sync_agent.example import generate
from sync_agent.resources import create_configuration

LGSP = """
[national.accounts.lgsp]
token_url = "{url}token"
access_key = "khoa"
app_name = "KNTC"
partner_code = "H38"
sender_code = "H38"
tran_code = "TTCP"
receiver_code = "G06"
"""


class _Service(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        token = {"access_token": "abc", "expires_in": 1800}
        body = json.dumps(token if self.path == "/token" else []).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        pass


@contextmanager
def serving(certificate: trustme.LeafCert) -> Iterator[str]:
    """Serve with TLS and give the address."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    with ThreadingHTTPServer(("127.0.0.1", 0), _Service) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"https://127.0.0.1:{server.server_address[1]}/"
        finally:
            server.shutdown()
            thread.join()


class Site:
    """A configuration with the example's local system, whose service shows a certificate that ends in `days`."""

    def __init__(self, folder: Path, stack: ExitStack, days: float) -> None:
        self.folder = folder
        self.authority = trustme.CA()
        create_configuration(folder)
        generate(folder / "local.db", folder / "files", cases=1, seed=1, today=date(2026, 11, 23))
        self.written("state/national.secret", b"invented")
        self.written("ca.pem", self.authority.cert_pem.bytes())
        self.url = stack.enter_context(serving(self.issued("127.0.0.1", days)))
        self.edit('base_url = "http://127.0.0.1:8055/"', f'base_url = "{self.url}"\nca_file = "ca.pem"')

    def written(self, name: str, content: bytes) -> None:
        """Write a private file."""
        (self.folder / name).write_bytes(content)
        (self.folder / name).chmod(0o400)

    def issued(self, name: str, days: float) -> trustme.LeafCert:
        """Return a certificate that ends in so many days from now."""
        return self.authority.issue_cert(name, not_after=datetime.now(UTC) + timedelta(days=days))

    def edit(self, old: str, new: str) -> None:
        """Change agent.toml."""
        path = self.folder / "agent.toml"
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")

    def client(self, days: float) -> None:
        """Give the agent a certificate of its own."""
        issued = self.issued("agent@tinh.example", days)
        self.written("client.pem", issued.private_key_and_cert_chain_pem.bytes())
        self.edit('body = "json" ', 'client_certificate = "client.pem"\nbody = "json" ')

    def lgsp(self) -> None:
        """Have the account go through an LGSP."""
        self.edit('auth = "basic" ', 'auth = "lgsp" ')
        self.edit('username = "tinh-a"\n', "")
        self.edit("[delivery]", f"{LGSP.format(url=self.url)}\n[delivery]")

    def check(self, *subjects: str, probe: bool = True) -> dict[str, Check]:
        """Return what is said of some subjects, in order."""
        return {each.subject: each for each in examine(self.folder, probe=probe) if each.subject in subjects}


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Callable[..., Site]]:
    """Return what makes a site."""
    with ExitStack() as stack:
        yield lambda days=400.5: Site(tmp_path / "site", stack, days)


Make = Callable[..., Site]


def said(check: Check) -> tuple[Any, ...]:
    """Return verdict and days left."""
    return check.verdict, dict(check.facts)["days"]


@pytest.mark.parametrize(
    ("days", "expected"), [(400.5, (Verdict.OK, "400")), (30.5, (Verdict.OK, "30")), (29.5, (Verdict.WARN, "29"))]
)
def test_a_certificate_of_the_service_is_warned_of_in_its_last_month(
    site: Make, days: float, expected: tuple[Any, ...]
) -> None:
    """With the days left; it is looked at only with `--probe`."""
    made = site(days)
    subject = "certificate of the service"
    assert (said(made.check(subject)[subject]), made.check(subject, probe=False)) == (expected, {})


@pytest.mark.parametrize(
    ("days", "expected"),
    [(30.5, (Verdict.OK, "30")), (0.5, (Verdict.WARN, "0")), (-0.5, (Verdict.FAIL, "-1"))],
)
def test_the_agents_own_certificate_is_looked_at_without_asking_anybody(
    site: Make, days: float, expected: tuple[Any, ...]
) -> None:
    """It is in a file."""
    made = site()
    made.client(days)
    subject = "client certificate"
    assert said(made.check(subject, probe=False)[subject]) == expected


def test_a_token_is_asked_for_before_the_service(site: Make) -> None:
    """And it is said when it expires."""
    made = site()
    made.lgsp()
    found = made.check("tokens", "national service", "look-up")
    assert (list(found), dict(found["tokens"].facts)) == (
        ["tokens", "national service", "look-up"],
        {"accounts": "tinh-a", "seconds": "1800"},
    )


def test_without_a_token_the_service_is_not_asked(site: Make) -> None:
    """One line says why."""
    made = site()
    made.lgsp()
    made.edit(f"{made.url}token", f"{made.url}")
    found = made.check("tokens", "national service", "look-up")
    assert (list(found), found["tokens"].verdict, dict(found["tokens"].facts)) == (
        ["tokens"],
        Verdict.FAIL,
        {"cause": "token_malformed"},
    )


def test_without_an_lgsp_nothing_is_said_of_tokens(site: Make) -> None:
    """Nobody needs one."""
    assert site().check("tokens") == {}


def test_who_is_at_the_other_end_is_told_without_an_account(site: Make) -> None:
    """Who issued its certificate, from where it is reached, how far its clock is; nothing more is asked."""
    made = site()
    (found,) = [each for each in examine(made.folder, probe=False, online=True) if each.subject == "national address"]
    facts = dict(found.facts)
    assert (found.verdict, facts["egress"], facts["issuer"][:7]) == (Verdict.OK, "127.0.0.1", "trustme")
    assert int(facts["seconds"]) <= 120


def test_a_service_that_is_not_trusted_is_not_reached(site: Make) -> None:
    """And nothing further is asked of it."""
    made = site()
    made.written("other.pem", trustme.CA().cert_pem.bytes())
    made.edit('ca_file = "ca.pem"', 'ca_file = "other.pem"')
    found = examine(made.folder, probe=True)[-1]
    assert (found.subject, found.verdict, found.exit_code) == ("national address", Verdict.FAIL, 3)
    assert dict(found.facts) == {"cause": "SSLCertVerificationError"}


def test_offline_nobody_is_asked(site: Make) -> None:
    """Not even who is there."""
    subjects = {each.subject for each in examine(site().folder, probe=False)}
    assert (
        subjects & {"national address", "certificate of the service", "tokens", "national service", "look-up"} == set()
    )
