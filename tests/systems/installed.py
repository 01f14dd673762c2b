"""An agent on one of the systems of this folder, with a national side in-process and a clock that tests turn."""

import shutil
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from sync_agent.bootstrap import open_agent
from sync_agent.sync.context import Agent
from sync_agent.sync.persons import sign_policy
from sync_agent.sync.run import PassReport, run_pass
from tests.support.houses import SECRET_ENV, Clock, Steered
from tests.support.ledgers import new_state
from tests.support.services import Service

__all__ = ["Installed", "install"]

ROOT = Path(__file__).parents[2]
KEY = "5a" * 32
AGENT_TOML = """
[agent]
mode = "demo"
schemas = "{root}/schemas"
policy = "privacy.toml"
[source]
url = "{url}"
profile = "profile.yaml"
codes = "codes"
files = "files"
[national.transport]
base_url = "https://national.example/"
[national.wire]
money_unit = "dong"
[[national.accounts]]
alias = "tinh"
agencies = {agencies}
username = "tinh"
secret_env = "{secret_env}"
[delivery]
workers = 2
settle_seconds = 0
kind_settle_seconds = 0
breaker_first_seconds = 0
[guards]
volume_min = 100000
gone_min = 100000
"""


@dataclass
class Installed:
    """The agent, what it reads and what it sends to."""

    agent: Agent
    clock: Clock
    national: Service
    url: str

    def sync(self, **options: Any) -> PassReport:
        """Run one pass."""
        return run_pass(self.agent, **options)

    def execute(self, sql: str, **values: Any) -> int:
        """Change the local system; return how many rows."""
        engine = create_engine(self.url, poolclass=NullPool)
        with engine.begin() as connection:
            return connection.execute(text(sql), values).rowcount

    def select(self, sql: str) -> list[Any]:
        """Return the rows of a query on the ledger."""
        with self.agent.ledger.read() as connection:
            return list(connection.execute(text(sql)).all())

    def revisions(self) -> dict[str, int]:
        """Return how often each case changed, by key."""
        return dict(map(tuple, self.select("SELECT case_key, rev FROM case_state")))

    def states(self) -> dict[tuple[str, str], list[str]]:
        """Return the states of messages by case key and step, in the order of local keys."""
        found: dict[tuple[str, str], list[str]] = {}
        query = """SELECT c.case_key, m.step, m.state FROM message m JOIN case_state c ON c.id = m.case_id
                   ORDER BY m.local_key"""
        for key, step, state in self.select(query):
            found.setdefault((key, step), []).append(state)
        return found

    def rules(self) -> dict[str, set[str]]:
        """Return the rules of the standing findings by case key."""
        found: dict[str, set[str]] = {}
        for key, rule in self.select("SELECT c.case_key, f.rule FROM finding f JOIN case_state c ON c.id = f.case_id"):
            found.setdefault(key, set()).add(rule)
        return found

    def stamp(self) -> str:
        """Return now as the local system writes it: naive, in Viet Nam's time."""
        return (self.clock.now + timedelta(hours=7)).strftime("%Y-%m-%d %H:%M:%S")


def install(system: Path, url: str, folder: Path, *, agencies: list[str], opened: ExitStack) -> Installed:
    """Return an agent on the database `url`, with profile and code tables of the folder `system`; `opened` closes it.

    `folder`/files holds what is attached, if anything is.
    """
    (folder / "state").mkdir(parents=True)
    (folder / "files").mkdir(exist_ok=True)
    key = folder / "state" / "installation.key"
    key.write_text(KEY, encoding="ascii")
    key.chmod(0o400)
    shutil.copy(system / "profile.yaml", folder)
    shutil.copytree(system / "codes", folder / "codes")
    shutil.copy(ROOT / "config" / "privacy.toml", folder)
    words = {"root": ROOT.as_posix(), "url": url, "agencies": str(agencies).replace("'", '"')}
    (folder / "agent.toml").write_text(AGENT_TOML.format(secret_env=SECRET_ENV, **words), encoding="utf-8")
    new_state(folder / "state")
    clock = Clock()
    wired = opened.enter_context(open_agent(folder, clock=clock))
    national = Service(clock=clock)
    agent = replace(wired, gateway=national, source=Steered(wired.source, clock))
    sign_policy(agent, actor="os:test")
    return Installed(agent, clock, national, url)
