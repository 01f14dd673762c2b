"""What comes to the door in other ways than a browser sends it: forged addresses, odd signs, names in odd places."""

import re
from functools import partial

import pytest
from sqlalchemy import text

from sync_agent.errors import SyncAgentError
from sync_agent.ledger import RequestKind, ask, fail_request, finish_request
from sync_agent.web.front import Front
from sync_agent.web.sessions import Sessions
from sync_agent.web.throttle import Throttle
from tests.support.sites import AUDITOR, NARROW, OPERATOR, PASSWORD, Site, csrf_of


def behind_proxy(site: Site, monkeypatch: pytest.MonkeyPatch) -> Site:
    """Return the pages behind a proxy that adds where a visitor asks from."""
    monkeypatch.setenv("PROXY_SECRET", "bí mật của proxy")
    return Site.of(site.house, trusted_proxy="10.0.0.1").restarted()


def test_the_address_a_visitor_claims_is_not_taken(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy may add its line below the visitor's own instead of to it: the last of all is the proxy's."""
    behind = behind_proxy(site, monkeypatch)
    statuses = []
    for number in range(25):
        browser = behind.browser("10.0.0.1", "https://127.0.0.1:8460")
        csrf = csrf_of(browser.get("/signin").text)
        fields = {"csrf": csrf, "name": f"nobody{number}", "password": "wrong wrong wrong"}
        claimed = [("x-forwarded-for", f"10.9.9.{number}"), ("x-forwarded-for", "10.8.8.8")]
        statuses.append(browser.post("/signin", data=fields, headers=claimed).status_code)
    assert (statuses[0], statuses[-1]) == (401, 429)


def test_nobody_goes_round_a_proxy_that_has_the_tls(site: Site) -> None:
    """Open to a network without TLS of its own, the pages answer the proxy alone: a password would go in the clear."""
    given = {"address": "10.0.0.5", "trusted_proxy": "10.0.0.1"}
    behind = Site.of(site.house, **given).restarted()
    statuses = [
        behind.browser(peer, "http://10.0.0.5:8460").get("/signin").status_code for peer in ("10.0.0.1", "10.0.0.2")
    ]
    assert statuses == [200, 403]


def test_nothing_of_the_pages_shows_a_secret_of_itself(site: Site) -> None:
    """Whoever prints what an exception carries: neither the secret of the proxy nor the key that seals notes."""
    front = Front(
        site.desk, Sessions(1, 1), partial(bytes.fromhex, "c0ffee"), Throttle(1, 1), Throttle(1, 1), "hemlich"
    )
    assert [secret for secret in ("hemlich", "c0ffee") if secret in repr(front)] == []


def test_signing_in_again_ends_the_session_before(site: Site) -> None:
    """Whoever kept the cookie of it has nothing."""
    browser, thief = site.signed_in(AUDITOR), site.browser()
    before = browser.cookies["session"]
    csrf = csrf_of(browser.get("/").text)
    fields = {"csrf": csrf, "name": OPERATOR, "password": PASSWORD}
    assert browser.post("/signin", data=fields).status_code == 303
    thief.cookies.set("session", before)
    assert thief.get("/").status_code == 303


@pytest.mark.parametrize("field", ["name", "password", "next"])
def test_a_sign_no_database_takes_is_not_understood(site: Site, field: str) -> None:
    """PostgreSQL has no text with it: nobody hears of an error of the database."""
    browser = site.browser()
    fields = {"csrf": csrf_of(browser.get("/signin").text), "name": AUDITOR, "password": PASSWORD} | {field: "a\0b"}
    assert browser.post("/signin", data=fields).status_code == 400
    assert site.told == []


def test_what_is_typed_as_a_national_id_is_one(site: Site) -> None:
    """The row of a request keeps it: a telephone number with its plus or an address of a mailbox is none."""
    browser = site.signed_in(OPERATOR)
    (number,) = next(iter(site.house.select("SELECT id FROM case_state WHERE case_key = 'V1'")))
    fields = {"csrf": csrf_of(browser.get("/").text), "step": "case", "local_key": "", "outcome": "arrived"}
    for typed in ("+84912345678", "ai.do@noi.nao"):
        answer = browser.post(f"/cases/{number}/resolve", data=fields | {"national_id": typed})
        assert answer.status_code == 400


def test_of_one_agency_no_account_of_the_national_side_is_named(site: Site) -> None:
    """An account may be another agency's own: when it last sent something is that agency's matter."""
    shown = {name: site.signed_in(name).get("/").text for name in (NARROW, AUDITOR)}
    account = next(iter(site.house.select("SELECT account FROM lane")))[0]
    assert f'<th scope="row">{account}</th>' in shown[AUDITOR]
    assert f'<th scope="row">{account}</th>' not in shown[NARROW]


@pytest.mark.parametrize(
    ("result", "said"), [(3, "3"), ([{"step": "case", "state": "held"}], "1"), ({"marked": 2}, "marked 2")]
)
def test_what_came_of_a_request_is_shown_whatever_it_is(site: Site, result: object, said: str) -> None:
    """A number of holds, a list of messages, the figures of a pass."""
    number = asked(site)
    site.change(partial(finish_request, number=number, result=result))
    page = site.signed_in(AUDITOR).get("/requests")
    assert (page.status_code, row_of(page.text, number)[-1]) == (200, said)


def test_why_a_request_failed_is_shown(site: Site) -> None:
    """In the words of the error."""
    number = asked(site)
    error = SyncAgentError("a hold by rule {rule} cannot be released", facts=(("rule", "schema"),))
    site.change(partial(fail_request, number=number, error=error))
    page = site.signed_in(AUDITOR).get("/requests")
    assert (page.status_code, "schema" in row_of(page.text, number)[-1]) == (200, True)


def test_a_row_that_nobody_understands_breaks_no_page(site: Site) -> None:
    """Whoever has the rights of the pages can write anything there."""
    number = asked(site)
    site.change(partial(finish_request, number=number, result={"what": "{x.__class__}", "facts": 7}))
    with site.house.agent.ledger.write() as tx:
        row = {"kind": "<b>", "content": "[7", "id": number}
        tx.connection.execute(text("UPDATE request SET kind = :kind, content = :content WHERE id = :id"), row)
    page = site.signed_in(AUDITOR).get("/requests")
    assert (page.status_code, "<b>" in row_of(page.text, number)[0]) == (200, False)


def asked(site: Site) -> int:
    """Have something asked; return its number."""
    numbers: list[int] = []
    site.change(lambda tx: numbers.append(ask(tx, RequestKind.SYNC, {}, actor="web:minh")))
    return numbers[0]


def row_of(html: str, number: int) -> list[str]:
    """Return the cells of a request."""
    row = html.partition(f'<tr id="r{number}">')[2].partition("</tr>")[0]
    return re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL)
