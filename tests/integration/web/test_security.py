"""What the pages refuse: whoever is not signed in, or not for this, and whatever is not a request of a browser."""

import json
import re
from functools import partial
from typing import Any

import pytest
from starlette.routing import Route

from sync_agent.ledger import RequestKind, disable_account, enable_account, find_account, set_password
from sync_agent.sync.actions import ACTIONS
from sync_agent.web.app import routes
from sync_agent.web.gate import OPEN
from sync_agent.web.signin import local_path
from tests.support.sites import AUDITOR, NARROW, OPERATOR, PASSWORD, Site, csrf_of

ROUTES = [route for route in routes() if isinstance(route, Route)]
PATHS = sorted({route.path.replace("{case_id:int}", "1").replace("{idx:int}", "0") for route in ROUTES} - OPEN)
ASKED = {"release": {"rule": "file_missing", "reason": "seen", "digest": "0" * 64}, "resync": {"reason": "seen"}}


def cases(site: Site) -> dict[str, int]:
    """Return the row ids of the cases by key."""
    return {key: number for number, key in site.house.select("SELECT id, case_key FROM case_state")}


def asked(site: Site) -> list[Any]:
    """Return what was asked of the service."""
    return list(site.house.select("SELECT kind, content, actor, note FROM request ORDER BY id"))


@pytest.mark.parametrize("path", PATHS)
def test_nobody_sees_a_page_before_signing_in(site: Site, path: str) -> None:
    """Every route there is, also one that is added later."""
    browser = site.browser()
    got, posted = browser.get(path), browser.post(path, data={"csrf": "x"})
    assert (got.status_code, posted.status_code) == (303, 401)
    assert got.headers["location"].startswith("/signin?next=%2F")


def test_a_sign_in_leads_to_where_one_wanted_to_go(site: Site) -> None:
    """And the access log has both tries, the name only of an account that exists."""
    browser, before = site.browser(), len(site.seen())
    assert site.sign_in(browser, AUDITOR, "not the password").status_code == 401
    assert site.sign_in(browser, "Lò Văn Mẫu", after="/runs").status_code == 401
    answer = site.sign_in(browser, AUDITOR, after="/cases?state=held")
    assert (answer.status_code, answer.headers["location"]) == (303, "/cases?state=held")
    assert site.seen()[before:] == [(None, "sign_in", 401)] * 2 + [(AUDITOR, "sign_in", 303)]


@pytest.mark.parametrize(
    "path", ["//evil.example/", "https://evil.example/", "/\\evil.example", "javascript:x", "/a\r\nSet-Cookie: x=y", ""]
)
def test_a_sign_in_leads_nowhere_else(path: str) -> None:
    """Whatever the address of the form said."""
    assert local_path(path) == "/"


def test_unknown_disabled_and_wrong_are_one_answer(site: Site) -> None:
    """Byte for byte, but for the token of the form."""
    site.change(partial(disable_account, name=NARROW))
    answers = set()
    for name, password in (("nobody", PASSWORD), (NARROW, PASSWORD), (AUDITOR, "wrong"), (AUDITOR, "")):
        answer = site.sign_in(site.browser(), name, password)
        answers.add((answer.status_code, answer.text.replace(csrf_of(answer.text), "")))
    site.change(partial(enable_account, name=NARROW))
    assert len(answers) == 1


def test_the_cookie_is_for_this_host_alone_and_for_no_script(site: Site) -> None:
    """Over HTTPS it is also bound to it by its name."""
    browser = site.browser()
    cookie = site.sign_in(browser, AUDITOR).headers["set-cookie"]
    assert cookie.partition(";")[2] == " Path=/; HttpOnly; SameSite=Strict"
    proxied = Site.of(site.house, trusted_proxy="127.0.0.1", hosts=["so.example"])
    secure = proxied.browser(base_url="https://so.example")
    answer = secure.get("/signin")
    assert answer.headers["set-cookie"].startswith("__Host-session=")
    assert answer.headers["set-cookie"].endswith("; Path=/; HttpOnly; SameSite=Strict; Secure")
    assert "max-age" in answer.headers["strict-transport-security"]


def test_a_session_is_new_at_sign_in(site: Site) -> None:
    """A cookie that somebody planted before is worth nothing after."""
    browser = site.browser()
    planted = site.desk.names.pseudonym("planted")
    browser.cookies.set("session", planted, domain="127.0.0.1")
    csrf = csrf_of(browser.get("/signin").text)
    answer = browser.post("/signin", data={"csrf": csrf, "name": AUDITOR, "password": PASSWORD})
    assert answer.status_code == 303
    thief = site.browser()
    thief.cookies.set("session", planted)
    assert (thief.get("/").status_code, planted in answer.headers["set-cookie"]) == (303, False)


def test_signing_out_ends_the_session_wherever_its_cookie_is(site: Site) -> None:
    """Not only in the browser that signed out."""
    browser, copy = site.signed_in(AUDITOR), site.browser()
    copy.cookies.set("session", str(browser.cookies["session"]))
    assert copy.get("/").status_code == 200
    assert browser.post("/signout", data={"csrf": csrf_of(browser.get("/").text)}).status_code == 303
    assert (copy.get("/").status_code, browser.get("/").status_code) == (303, 303)


@pytest.mark.parametrize("cookie", ["", "x", "A" * 43, "../../etc", '{"account":"lan"}', "é"])
def test_a_forged_cookie_opens_nothing(site: Site, cookie: str) -> None:
    """There is nothing in it that could be made up."""
    answer = site.browser().get("/", headers={"cookie": f"session={cookie}".encode()})
    assert answer.status_code == 303


def test_a_session_ends_when_nothing_is_done(site: Site) -> None:
    """After the minutes of the settings, and after the hours at most, however much is done."""
    browser = site.signed_in(AUDITOR)
    site.seconds += 19 * 60
    assert browser.get("/").status_code == 200
    site.seconds += 21 * 60
    assert browser.get("/").status_code == 303
    busy, begun = site.signed_in(AUDITOR), site.seconds
    while site.seconds - begun <= 9.9 * 3600:
        assert busy.get("/").status_code == 200
        site.seconds += 15 * 60
    site.seconds = begun + 10 * 3600 + 1
    assert busy.get("/").status_code == 303


@pytest.mark.parametrize("change", [disable_account, set_password])
def test_a_changed_account_ends_its_sessions(site: Site, change: Any) -> None:
    """At once, without a word to the process of the pages."""
    browser = site.signed_in(NARROW)
    with site.desk.ledger.read() as connection:
        account = find_account(connection, NARROW)
    assert account is not None
    site.change(partial(change, name=NARROW, **({"password": account.password} if change is set_password else {})))
    try:
        assert browser.get("/").status_code == 303
    finally:
        site.change(partial(enable_account, name=NARROW))
    assert browser.get("/").status_code == 303


@pytest.mark.parametrize("token", [None, "", "0" * 64, "of somebody else"])
def test_a_form_without_our_token_is_refused(site: Site, token: str | None) -> None:
    """Nothing is asked, nobody is signed out."""
    browser, number, before = site.signed_in(OPERATOR), cases(site)["V6"], asked(site)
    if token == "of somebody else":
        token = csrf_of(site.signed_in(AUDITOR).get("/").text)
    fields = ASKED["release"] | ({} if token is None else {"csrf": token})
    assert browser.post(f"/cases/{number}/release", data=fields).status_code == 403
    assert browser.post("/signout", data={"csrf": token or ""}).status_code == 403
    assert (browser.get("/").status_code, asked(site)) == (200, before)


def test_a_form_from_another_site_is_refused(site: Site) -> None:
    """Even with our token, which it could not have."""
    browser = site.signed_in(OPERATOR)
    csrf, number = csrf_of(browser.get("/").text), cases(site)["V6"]
    for said in ("cross-site", "same-site"):
        answer = browser.post(
            f"/cases/{number}/resync", data=ASKED["resync"] | {"csrf": csrf}, headers={"sec-fetch-site": said}
        )
        assert answer.status_code == 403


def test_an_auditor_asks_for_nothing(site: Site) -> None:
    """Of nothing an operator may ask for."""
    browser, before = site.signed_in(AUDITOR), asked(site)
    csrf, number = csrf_of(browser.get("/").text), cases(site)["V6"]
    actions = ("release", "reject", "resolve", "retry", "resync")
    fields = {"csrf": csrf, "reason": "seen", **ASKED["release"]}
    answers = {browser.post(f"/cases/{number}/{action}", data=fields).status_code for action in actions}
    assert (answers, asked(site)) == ({403}, before)


def test_an_operator_asks_and_nothing_else_happens(site: Site) -> None:
    """One row, in the name of who asked; the note in it is sealed."""
    browser, number, before = site.signed_in(OPERATOR), cases(site)["V6"], len(asked(site))
    csrf, entry = csrf_of(browser.get("/").text), site.last_entry()
    fields = {"csrf": csrf, "note": "đã xem hồ sơ giấy", **ASKED["release"]}
    answer = browser.post(f"/cases/{number}/release", data=fields)
    kind, content, actor, note = asked(site)[before]
    said = {"key": "V6", "rule": "file_missing", "reason": "seen", "digest": "0" * 64, "overrule": False}
    assert (answer.status_code, kind, json.loads(content), actor) == (303, "release", said, "web:minh")
    assert b"gi" not in note[:2] or "giấy".encode() not in note
    assert (site.last_entry(), len(asked(site))) == (entry, before + 1)


@pytest.mark.parametrize(
    ("action", "fields"),
    [
        *ASKED.items(),
        ("release", {"overrule": "on", **ASKED["release"]}),
        ("reject", {"rule": "file_missing", "reason": "wrong_file"}),
        ("retry", {"step": "case", "reason": "mended"}),
        ("resolve", {"step": "settlement", "local_key": "11", "outcome": "arrived", "national_id": "N-1"}),
        ("resolve", {"step": "case", "outcome": "not_arrived", "national_id": ""}),
    ],
)
def test_what_is_asked_is_understood_by_the_service(site: Site, action: str, fields: dict[str, str]) -> None:
    """Every action, as the service reads it later; it says which case by its key."""
    browser, number = site.signed_in(OPERATOR), cases(site)["V6"]
    answer = browser.post(f"/cases/{number}/{action}", data=fields | {"csrf": csrf_of(browser.get("/").text)})
    kind, content, *_ = asked(site)[-1]
    order = ACTIONS[RequestKind(kind)].read(json.loads(content))
    assert (answer.status_code, kind, "V6" in content) == (303, action, True)
    assert order.reason == fields["reason"] if "reason" in fields else order.key == "V6"


@pytest.mark.parametrize(
    ("action", "fields"),
    [
        ("release", {"rule": "no_such_rule", "reason": "seen", "digest": "0" * 64}),
        ("release", {"rule": "file_missing", "reason": "một câu", "digest": "0" * 64}),
        ("release", {"rule": "file_missing", "reason": "seen", "digest": "0" * 63}),
        ("release", {"rule": "file_missing", "reason": "seen", "digest": "0" * 64, "note": "x" * 4001}),
        ("reject", {"rule": "file_missing", "reason": ""}),
        ("retry", {"step": "no_such_step", "reason": "seen"}),
        ("resolve", {"step": "case", "outcome": "arrived", "national_id": ""}),
        ("resolve", {"step": "case", "outcome": "not_arrived", "national_id": "N-1"}),
        ("resolve", {"step": "case", "outcome": "arrived", "national_id": "tên người"}),
        ("resync", {"reason": "x" * 65}),
    ],
)
def test_what_a_form_cannot_say_is_not_asked(site: Site, action: str, fields: dict[str, str]) -> None:
    """400, and no row."""
    browser, number, before = site.signed_in(OPERATOR), cases(site)["V6"], asked(site)
    answer = browser.post(f"/cases/{number}/{action}", data=fields | {"csrf": csrf_of(browser.get("/").text)})
    assert (answer.status_code, asked(site)) == (400, before)


def test_a_case_of_another_agency_is_an_unknown_one(site: Site) -> None:
    """The same 404, for looking and for asking."""
    browser, foreign, before = site.signed_in(NARROW), cases(site)["V2"], asked(site)
    csrf = csrf_of(browser.get("/").text)
    for action, fields in ASKED.items():
        answers = [browser.post(f"/cases/{each}/{action}", data=fields | {"csrf": csrf}) for each in (foreign, 99_999)]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert answers[0].text.replace(f"/{foreign}/", "/99999/") == answers[1].text
    assert asked(site) == before


def test_no_page_names_a_case_of_another_agency(site: Site) -> None:
    """Not a list, not the log, not what was asked; looked for by key or number it is not there."""
    browser, foreign, before = site.signed_in(NARROW), cases(site)["V2"], len(asked(site))
    operator = site.signed_in(OPERATOR)
    fields = ASKED["resync"] | {"csrf": csrf_of(operator.get("/").text)}
    assert operator.post(f"/cases/{foreign}/resync", data=fields).status_code == 303
    assert len(asked(site)) == before + 1
    assert browser.get(f"/cases/{foreign}").status_code == 404
    found = browser.post("/cases/find", data={"csrf": csrf_of(browser.get("/").text), "key": "V2"})
    assert (found.status_code, f"/cases/{foreign}" in found.headers.get("location", "")) != (303, True)
    for path in ("/", "/cases", "/audit", "/runs", "/requests", "/configuration"):
        answer = browser.get(path, follow_redirects=True)
        assert (answer.status_code, re.findall(rf"\bV2\b|/cases/{foreign}\b", answer.text)) == (200, [])
    assert re.findall(r"\bV2\b", operator.get("/cases").text) != []


def test_guessing_a_password_becomes_slow(site: Site) -> None:
    """For an account wherever it is guessed from, also with the right one; another account is not touched."""
    for _ in range(6):
        assert site.sign_in(site.browser(), AUDITOR, "wrong").status_code == 401
    right = site.sign_in(site.browser("10.0.0.9"), AUDITOR)
    assert (right.status_code, right.headers["retry-after"]) == (429, "3")
    assert site.sign_in(site.browser(), OPERATOR).status_code == 303
    site.seconds += 3
    assert site.sign_in(site.browser(), AUDITOR).status_code == 303


def test_guessing_names_becomes_slow(site: Site) -> None:
    """From one address, whatever the names; others are not touched."""
    answers = [site.sign_in(site.browser("10.0.0.9"), f"nobody{number}").status_code for number in range(22)]
    assert (set(answers[:21]), answers[21]) == ({401}, 429)
    assert site.sign_in(site.browser("10.0.0.8"), AUDITOR).status_code == 303


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "localhost@evil.example", "[::1"])
def test_another_host_is_refused(site: Site, host: str) -> None:
    """A name that leads here by somebody else's DNS."""
    assert site.browser().get("/signin", headers={"host": host}).status_code == 400


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "XYZ"])
def test_another_method_is_refused(site: Site, method: str) -> None:
    """Before anything looks at it."""
    assert site.signed_in(AUDITOR).request(method, "/").status_code == 405


def test_what_is_too_large_is_refused(site: Site) -> None:
    """A body by what it says and by what it is, an address, another kind of content."""
    browser = site.browser()
    form = {"content-type": "application/x-www-form-urlencoded"}

    def endless() -> Any:
        for _ in range(100):
            yield b"a" * 1024

    assert browser.post("/signin", content=b"a" * 70_000, headers=form).status_code == 413
    assert browser.post("/signin", content=endless(), headers=form).status_code == 413
    assert browser.post("/signin", json={"csrf": "x"}).status_code == 415
    assert browser.post("/signin", files={"csrf": b"x"}).status_code == 415
    assert browser.get("/signin?next=" + "a" * 5000).status_code == 414
    assert browser.post("/signin", content="&".join(f"a{n}=1" for n in range(60)), headers=form).status_code == 400
    bad = form | {"content-length": "-1"}
    assert browser.post("/signin", content=b"a=1", headers=bad).status_code == 400


@pytest.mark.parametrize(
    "path", ["../app.py", "..%2fapp.py", "%2e%2e/app.py", "....//app.py", "/etc/passwd", "\\..\\app.py"]
)
def test_nothing_but_static_files_is_given(site: Site, path: str) -> None:
    """However it is written."""
    answer = site.browser().get(f"/static/{path}")
    assert (answer.status_code in {303, 404}, "import" in answer.text) == (True, False)


def test_every_answer_is_dressed(site: Site) -> None:
    """A page, a redirection, a refusal and an error alike."""
    browser = site.signed_in(AUDITOR)
    for answer in (browser.get("/"), browser.get("/signin"), browser.get("/no/such/page"), browser.put("/")):
        policy = answer.headers["content-security-policy"]
        assert {"default-src 'none'", "frame-ancestors 'none'"} <= set(policy.split("; "))
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["cross-origin-opener-policy"] == "same-origin"
        assert "server" not in answer.headers


@pytest.mark.parametrize(
    "typed",
    ["<script>alert(1)</script>", '" onfocus="x', "Đơn của ông <b>Lò</b>", "\u202egnp.exe<img src=x>", "'; DROP TABLE"],
)
def test_what_is_typed_is_never_markup(site: Site, typed: str) -> None:
    """On the sign-in, in a search and in an unknown page."""
    browser = site.signed_in(AUDITOR)
    answers = [
        site.browser().get("/signin", params={"next": f"/cases?q={typed}"}),
        browser.get("/cases", params={"key": typed, "agency": typed}),
        browser.get(f"/{typed}"),
        site.sign_in(site.browser(), typed, typed),
    ]
    for answer in answers:
        assert typed not in answer.text or "<" not in typed
        assert "<script>alert" not in answer.text
        assert '" onfocus="' not in answer.text


def test_an_error_says_nothing_of_itself(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not to the browser; whoever runs the pages hears of it."""
    browser = site.signed_in(AUDITOR)

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("Lò Văn Mẫu")

    monkeypatch.setattr("sync_agent.web.gate.note_access", broken)
    answer = browser.get("/")
    assert (answer.status_code, "Mẫu" in answer.text, "Traceback" in answer.text) == (500, False, False)
    assert [type(error) for error in site.told] == [RuntimeError]


def test_only_the_trusted_proxy_names_an_account(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its address and its secret; the account must exist, and forms need their token as ever."""
    monkeypatch.setenv("PROXY_SECRET", "bí mật của proxy")
    given = {"trusted_proxy": "10.0.0.1", "proxy_header": "X-Remote-User", "proxy_secret_env": "PROXY_SECRET"}
    behind = Site.of(site.house, **given).restarted(proxy_secret="abc")
    named = {"x-remote-user": AUDITOR, "x-sync-agent-proxy": "abc", "x-forwarded-for": "10.9.9.9"}
    tries = {
        "as it should be": ("10.0.0.1", named, 200),
        "from elsewhere": ("10.0.0.2", named, 303),
        "without the secret": ("10.0.0.1", named | {"x-sync-agent-proxy": ""}, 303),
        "nobody": ("10.0.0.1", named | {"x-remote-user": "nobody"}, 303),
    }
    for address, headers, status in tries.values():
        answer = behind.browser(address, "https://127.0.0.1:8460").get("/", headers=headers)
        assert answer.status_code == status
    twice = [*named.items(), ("x-remote-user", OPERATOR)]
    assert behind.browser("10.0.0.1", "https://127.0.0.1:8460").get("/", headers=twice).status_code == 303


def test_the_address_of_a_visitor_is_in_no_table(site: Site) -> None:
    """Only what stands for it, the same for the same."""
    site.sign_in(site.browser("10.1.2.3"), AUDITOR)
    site.sign_in(site.browser("10.1.2.3"), AUDITOR)
    origins = [row[0] for row in site.house.select("SELECT origin FROM access_log ORDER BY id DESC LIMIT 2")]
    assert (len(set(origins)), origins[0].startswith("O-"), "10.1" in origins[0]) == (1, True, False)


def test_looking_never_changes_anything(site: Site) -> None:
    """No route of a page that is only looked at takes a form, and no action can be looked at."""
    acting = {"sign_in", "sign_out", "choose_language", "release", "reject", "resolve", "retry", "resync"}
    for route in ROUTES:
        methods = set(route.methods or ())
        assert methods in ({"GET", "HEAD"}, {"POST"})
        assert route.name not in acting or methods == {"POST"}
