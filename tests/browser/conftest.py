"""The pages as a server on a small ledger with a bit of everything, and a headless Chromium that opens them.

Where there is no Chromium the tests are skipped with the reason, or fail where SYNC_AGENT_REQUIRE_SERVERS is set.
"""

import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn
from argon2 import PasswordHasher

from sync_agent.audit import CheckpointReason
from sync_agent.national import Refused, Unknown
from tests.support.houses import SECRET_ENV, House, Houses
from tests.support.sites import AUDITOR, OPERATOR, PASSWORD, Site

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@dataclass
class Window:
    """A tab of the browser, and what its console said."""

    page: "Page"
    base: str
    said: list[str] = field(default_factory=list)

    def open(self, path: str) -> int:
        """Open a page; return its status."""
        answer = self.page.goto(self.base + path)
        assert answer is not None
        return answer.status

    def sign_in(self, name: str) -> None:
        """Sign in as a person does."""
        self.open("/signin")
        self.page.fill("input[name=name]", name)
        self.page.fill("input[name=password]", PASSWORD)
        self.page.click("main button")
        self.page.wait_for_url(self.base + "/")

    def speak(self, language: str) -> None:
        """Choose a language, unless it is spoken already."""
        button = self.page.locator(f"button[name=language][value={language}]")
        if button.count():
            button.click()
            self.page.wait_for_selector(f"html[lang={language}]")

    def overflows(self) -> bool:
        """Tell whether the page is wider than the window."""
        wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        return bool(self.page.evaluate(wide))


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Yield a house: whole, held, protected, refused and uncertain cases, one of another agency."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(SECRET_ENV, "bí-mật-thử")
        patch.setattr("sync_agent.web.passwords._HASHER", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
        houses = Houses(tmp_path_factory.mktemp("house"), ledger="")
        with houses.stack:
            made = houses()
            made.local.full(1)
            made.local.case(2, co_quan="H217.02")
            made.sync()
            made.local.case(6)
            made.local.insert("tep", vu_viec=6, ten="đơn.pdf", duong_dan="don.pdf")
            made.local.denunciation(7)
            made.local.case(3)
            made.local.case(4)
            made.local.case(8, loai="??")
            made.answers(Refused("E01", "…", 400, final=True), Unknown("timeout"))
            made.sync()
            assert made.agent.ledger.heads is not None
            made.agent.ledger.sign_for(CheckpointReason.PERSON)
            yield made


@pytest.fixture(scope="session")
def served(house: House) -> Iterator[str]:
    """Yield the address at which the pages answer."""
    site = Site.of(house)
    site.let_in()
    server = uvicorn.Server(uvicorn.Config(site.app, port=0, log_level="critical", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(10)
    assert [repr(error) for error in site.told] == []


@pytest.fixture(scope="session")
def browser() -> Iterator["Browser"]:
    """Yield a headless Chromium."""
    sync_api: Any = pytest.importorskip("playwright.sync_api")
    if CHROMIUM is None:
        reason = "no Chromium is installed: apt-get install chromium"
        if os.environ.get("SYNC_AGENT_REQUIRE_SERVERS"):
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def new_window(browser: "Browser", served: str) -> Iterator[Callable[..., Window]]:
    """Yield what opens a window without cookies; `options` are those of a Playwright context."""
    contexts = []

    def opened(**options: Any) -> Window:
        context = browser.new_context(locale="vi-VN", **options)
        contexts.append(context)
        context.set_default_timeout(15_000)
        window = Window(context.new_page(), served)
        window.page.on("console", lambda message: window.said.append(f"{window.page.url} {message.text}"))
        window.page.on("pageerror", lambda error: window.said.append(f"{window.page.url} {error}"))
        return window

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def operator(new_window: Callable[..., Window]) -> Window:
    """Return the window of an operator."""
    window = new_window()
    window.sign_in(OPERATOR)
    return window


@pytest.fixture(scope="session")
def auditor(new_window: Callable[..., Window]) -> Window:
    """Return the window of an auditor."""
    window = new_window()
    window.sign_in(AUDITOR)
    return window


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return where pictures of the pages are kept."""
    return tmp_path_factory.mktemp("pictures")
