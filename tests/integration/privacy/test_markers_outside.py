"""The marker test for all that goes out while the service works: mails, figures, its log, pages, requests, reports.

The loud system and the search are those of `test_markers`; here the service's own parts speak, each as it would.
"""

import itertools
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from email.message import EmailMessage
from functools import partial
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from starlette.routing import Route

from sync_agent import logs
from sync_agent.bootstrap import open_agent, open_for_web
from sync_agent.ledger import RequestKind, Role, add_account, ask, exclusive, sealed_note
from sync_agent.service import Manager
from sync_agent.service.health import Health
from sync_agent.service.mailing import Mailing
from sync_agent.service.requests import Requests
from sync_agent.service.state import ServiceState
from sync_agent.sync import Agent, claim
from sync_agent.web import hashed, make_app
from sync_agent.web.app import routes
from tests.integration.privacy.test_markers import Site, accepted, log, model, refused, silent, site
from tests.support.sites import PASSWORD, TestClient, csrf_of
from tests.support.traces import plain, readings

__all__ = ["log", "model", "site"]  # fixtures

MAILS = """
[notifications]
host = "127.0.0.1"
security = "none"
sender = "sync-agent@tinh.example"
digest_at = "00:00"
digest_days = "all"
"""
RECIPIENT = """
[[notifications.recipients]]
address = "{name}@tinh.example"
{more}
"""
REPORTS = {"xlsx": "xlsx", "docx": "docx", "json": "json"}
CASES = "SELECT id, case_key, protected_since > '' FROM case_state"


def kept(site: Site, name: str, content: bytes) -> None:
    """Put what went out where all that is left is searched."""
    (site.temporary / name).write_bytes(content)


def named(site: Site) -> set[str]:
    """Return the protected cases that what went out names by their keys instead of by their pseudonyms."""
    everything = "\n".join(site.shown).encode() + b"\n".join(each.read_bytes() for each in site.temporary.iterdir())
    texts = list(readings(everything))
    keys = [plain(key) for _, key, protected in site.query(CASES) if protected]
    assert keys
    return {key for key in keys if any(re.search(rf"(?<![\w-]){re.escape(key)}(?![\w-])", text) for text in texts)}


def lived_in(site: Site) -> None:
    """Let there be refusals that quote names, lost answers, and much that has gone up."""
    for answer, limit in ((refused, "3"), (silent, "2"), (accepted, "20")):
        site.national.writes = answer
        site.run("sync", "--limit", limit)


@contextmanager
def at_work(site: Site) -> Iterator[Agent]:
    """Yield an agent that holds the ledger, as the service does."""
    with open_agent(site.folder) as agent, exclusive(agent.settings.state, agent.ledger.engine):
        claim(agent)
        yield agent


def with_mails(site: Site) -> None:
    """Have an operator in each language and every agency told of everything."""
    agencies = [agency for (agency,) in site.query("SELECT DISTINCT agency FROM case_state WHERE agency > ''")]
    assert agencies
    wanted = ["", 'language = "en"', *(f'agency = "{agency}"' for agency in agencies)]
    more = "".join(RECIPIENT.format(name=f"r{number}", more=each) for number, each in enumerate(wanted))
    with (site.folder / "agent.toml").open("a", encoding="utf-8") as file:
        file.write(MAILS + more)


def mailed(agent: Agent, state: ServiceState) -> list[EmailMessage]:
    """Return every mail of two looks."""
    mails: list[EmailMessage] = []

    def send(_server: object, message: EmailMessage, *_: object, **__: object) -> str:
        mails.append(message)
        return "250 ok"

    mailing = Mailing(send, itertools.count(0.0, 1000.0).__next__)
    for _ in range(3):
        mailing.look(agent, state)
        mailing.end(agent)
    return mails


def test_what_a_service_tells(site: Site) -> None:
    """Mails with the work lists, metrics, health, and the log in a file, at its lowest level."""
    with_log(site)
    lived_in(site)
    with_mails(site)
    state = ServiceState()
    with at_work(site) as agent:
        mails = mailed(agent, state)
        health = Health(lambda: agent, state)
        for path in ("/metrics", "/readyz", "/healthz"):
            kept(site, path.strip("/"), health.answer(path)[2])
    for number, mail in enumerate(mails):
        kept(site, f"mail {number}", mail.as_bytes())
        for attached in mail.iter_attachments():
            kept(site, f"mail {number}.xlsx", attached.get_content())
    assert {str(mail["To"]).partition("@")[0] for mail in mails} >= {"r0", "r1", "r2"}
    assert list(site.temporary.glob("*.xlsx"))
    assert b"sync_agent_held{" in (site.temporary / "metrics").read_bytes()
    assert b"message_tried" in (site.temporary / "service.log").read_bytes()
    assert (site.told(), named(site)) == ({}, set())


def with_log(site: Site) -> None:
    """Have the service's log kept in a file, everything in it."""
    logs._threshold.fixed = False  # a log for debugging stays on stderr
    logs.keep_log_in(site.temporary / "service.log", max_bytes=10_000_000, keep=1)
    logging.getLogger("sqlalchemy.engine").setLevel(logging.DEBUG)


@pytest.fixture(autouse=True)
def _to_stderr(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let each test begin and end with a log on stderr."""
    monkeypatch.setattr(logs, "_place", replace(logs._place))
    yield
    if logs._place.file is not None:
        logs._place.file.close()


def asked(site: Site, agent: Agent) -> list[tuple[RequestKind, dict[str, Any]]]:
    """Return one request of each kind about a case, and what is not understood."""
    keys = {bool(protected): key for _, key, protected in site.query(CASES)}
    held = site.query(
        "SELECT case_key, rule FROM finding JOIN case_state ON case_state.id = case_id WHERE level = 'hold' LIMIT 1"
    )
    (key, rule), rejected = held[0], {"key": keys[True], "reason": "seen"}
    return [
        (RequestKind.SYNC, {"cases": list(keys.values())}),
        (RequestKind.REJECT, {"key": key, "rule": rule, "reason": "seen"}),
        (RequestKind.RELEASE, {"key": key, "rule": rule, "digest": "0" * 64, "reason": "seen"}),
        *((RequestKind.RETRY, {"key": each, "reason": "seen"}) for each in keys.values()),
        (RequestKind.RESOLVE, {"key": keys[True], "step": "case", "local_key": "", "arrived": "SIM-9"}),
        (RequestKind.RESYNC, {"selection": {"cases": [keys[False]]}, "reason": "seen"}),
        (RequestKind.RECONCILE, {"differences": [rejected], "reason": "seen"}),
    ]


def test_what_is_asked_of_a_service_and_what_comes_of_it(site: Site) -> None:
    """Rows with sealed notes, results and errors, while the national side refuses in words; the log of it too."""
    with_log(site)
    lived_in(site)
    site.national.writes = refused
    with at_work(site) as agent:
        with agent.ledger.write() as tx:
            for kind, content in asked(site, agent):
                note = sealed_note(agent.installation_key, site.marks.word("note"))
                ask(tx, kind, content, actor="os:lan", note=note)
        Requests(lambda: agent, lambda: None, Manager(None)).answer()
    states = [state for (state,) in site.query("SELECT state FROM request")]
    assert {"done", "failed"} == set(states)
    assert site.told() == {}


def test_what_the_pages_show(site: Site) -> None:
    """Every route, to an operator and an auditor, of every kind of case; the access log, and what is taken home."""
    lived_in(site)
    with open_agent(site.folder) as agent, agent.ledger.write() as tx:
        for role in Role:
            add_account(tx, role.value, role, frozenset(), hashed(PASSWORD))
        note = sealed_note(agent.installation_key, site.marks.word("note"))
        ask(tx, RequestKind.SYNC, {}, actor="web:operator", note=note)
        key = agent.installation_key
    told: list[BaseException] = []
    app = make_app(open_for_web(site.folder), seal=partial(sealed_note, key), tell=told.append)
    for role in Role:
        browser = TestClient(app, "http://127.0.0.1:8460", client=("10.1.2.3", 1), follow_redirects=False)
        csrf = csrf_of(browser.get("/signin").text)
        fields = {"csrf": csrf, "name": role.value, "password": PASSWORD}
        assert browser.post("/signin", data=fields).status_code == 303
        visit(site, browser, role.value)
    assert told == []
    assert len(site.query("SELECT 1 FROM access_log")) > 30
    assert (site.told(), named(site)) == ({}, set())


def visit(site: Site, browser: TestClient, role: str) -> None:
    """Open every page there is, and keep what it gave."""
    ids = [
        row[0] for which in ("> ''", "IS NULL") for row in site.query(f"{CASES} WHERE protected_since {which} LIMIT 3")
    ]
    events = [row[0] for row in site.query("SELECT min(idx) FROM audit_leaf GROUP BY event")]
    filled = {"{case_id:int}": ids, "{idx:int}": events}
    for route in routes():
        if not isinstance(route, Route) or "GET" not in (route.methods or ()):
            continue
        slots = [slot for slot in filled if slot in route.path]
        for value in filled[slots[0]] if slots else [0]:
            path = route.path.replace(slots[0], str(value)) if slots else route.path
            answer = browser.get(path)
            assert answer.status_code in ({200, 404} if slots else {200, 303})
            kept(site, f"{role}{path.replace('/', ' ')}", answer.content)
    csrf = csrf_of(browser.get("/").text)
    for typed in (site.marks.word("typed"), site.marks.number("typed", 12)):
        kept(site, f"{role} found", browser.post("/cases/find", data={"csrf": csrf, "key": typed}).content)
        assert browser.get(f"/{typed}").status_code == 404


def test_what_is_reported_compared_and_sent_again(site: Site) -> None:
    """The report in its three forms, a comparison against answers with names, and a selection that goes up again."""
    lived_in(site)
    for form, ending in REPORTS.items():
        file = site.temporary / f"report.{ending}"
        assert site.run("report", "completeness", "--period", "2026", "--format", form, "--out", str(file)) in {0, 1}
        assert file.exists()
    site.run("reconcile", "--json")
    site.run("reconcile", "--repair", "--reason", "monthly", "--yes")
    site.run("resync", "--state", "acknowledged", "--reason", "asked_for", "--dry-run", "--json")
    site.national.writes = refused
    site.run("resync", "--all", "--reason", "asked_for", "--yes", "--json")
    site.run("status", "--json")
    site.run("cases", "list", "--lang", "en")
    assert site.query("SELECT 1 FROM message WHERE forced > ''")
    assert (site.told(), named(site)) == ({}, set())


# ---- the test tests itself ----


@pytest.mark.parametrize("where", ["metrics", "mail 0.xlsx"])
def test_a_marker_in_what_went_out_is_found(site: Site, where: str, tmp_path: Path) -> None:
    """As text, or inside a file that is packed."""
    content = site.marks.word("planted").encode()
    if where.endswith("xlsx"):
        content = packed(content, tmp_path / "packed.zip")
    kept(site, where, content)
    assert site.told() == {where: {"planted"}}


def packed(content: bytes, path: Path) -> bytes:
    """Return a ZIP with this in it."""
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        archive.writestr("sheet.xml", content)
    return path.read_bytes()


def test_a_protected_case_that_is_named_by_its_key_is_found(site: Site) -> None:
    """In what was printed, and in what went out packed."""
    lived_in(site)
    key = next(key for _, key, protected in site.query(CASES) if protected)
    assert named(site) == set()
    site.shown.append(f'{{"case": "{key}"}}')
    assert named(site) == {plain(key)}
