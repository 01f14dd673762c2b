"""The pages on the ledger of a house, as browsers reach them; a clock of seconds that tests turn."""

import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache, partial
from typing import Any

from sync_agent.audit import entries
from sync_agent.bootstrap import Desk, open_for_web
from sync_agent.ledger import Role, add_account, sealed_note
from sync_agent.web import hashed, make_app
from tests.support.houses import House

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it asks for a successor of httpx that is not out yet
    from starlette.testclient import TestClient

__all__ = ["AUDITOR", "NARROW", "OPERATOR", "PASSWORD", "Site", "TestClient", "csrf_of"]

PASSWORD = "một câu đủ dài để dùng"
AUDITOR, OPERATOR, NARROW = "lan", "minh", "hoa"
HERE = "http://127.0.0.1:8460"
_TOKEN = re.compile(r'name="csrf" value="([0-9a-f]{64})"')


def csrf_of(html: str) -> str:
    """Return the token that the forms of a page send back."""
    found = _TOKEN.search(html)
    assert found is not None
    return found[1]


@cache
def _kept() -> str:
    return hashed(PASSWORD)


@dataclass
class Site:
    """The application over a desk; `seconds` is what its clock shows, `told` what it said of exceptions."""

    house: House
    desk: Desk
    seconds: float = 1000.0
    told: list[BaseException] = field(default_factory=list)
    app: Any = None

    @classmethod
    def of(cls, house: House, **settings: Any) -> "Site":
        """Open the pages on the ledger of a house."""
        return cls(house, open_for_web(house.folder, **settings)).restarted()

    def restarted(self, **options: Any) -> "Site":
        """Make the application anew, as a new process would."""
        made = replace(self, told=[])
        seal = partial(sealed_note, made.house.agent.installation_key)
        made.app = make_app(made.desk, seal=seal, tell=made.told.append, clock=lambda: made.seconds, **options)
        return made

    def browser(self, address: str = "127.0.0.1", base_url: str = HERE) -> TestClient:
        """Return a browser that has no cookie yet and follows nothing by itself."""
        return TestClient(self.app, base_url, client=(address, 50_000), follow_redirects=False)

    def signed_in(self, name: str) -> TestClient:
        """Return the browser of somebody who has signed in."""
        browser = self.browser()
        assert self.sign_in(browser, name).status_code == 303
        return browser

    @staticmethod
    def sign_in(browser: TestClient, name: str, password: str = PASSWORD, after: str = "/") -> Any:
        """Send the form of the sign-in as a browser does; return the answer."""
        csrf = csrf_of(browser.get("/signin").text)
        return browser.post("/signin", data={"csrf": csrf, "name": name, "password": password, "next": after})

    def change(self, work: Callable[[Any], object]) -> None:
        """Change the ledger as the command line would."""
        with self.house.agent.ledger.write(actor="os:test") as tx:
            work(tx)

    def let_in(self) -> None:
        """Add an auditor, an operator and an auditor of one agency."""
        for name, role, agencies in (
            (AUDITOR, Role.AUDITOR, frozenset[str]()),
            (OPERATOR, Role.OPERATOR, frozenset[str]()),
            (NARROW, Role.OPERATOR, frozenset({"H217.01"})),
        ):
            self.change(partial(add_account, name=name, role=role, agencies=agencies, password=_kept()))

    def seen(self) -> list[tuple[str | None, str, int]]:
        """Return the access log: account, page, status."""
        return [tuple(row) for row in self.house.select("SELECT account, page, status FROM access_log ORDER BY id")]

    def last_entry(self) -> Any:
        """Return the newest entry of the audit log."""
        with self.house.agent.ledger.read() as connection:
            return next(entries(connection, newest_first=True, limit=1)).entry
