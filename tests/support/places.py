"""A small local system on one kind of database, and the source that reads it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, make_url
from sqlalchemy.pool import NullPool

from sync_agent.source import SourceSpec, SqlSource
from tests.support.servers import MARIADB, POSTGRES, fresh_database

__all__ = ["MOMENT", "SPEC", "Place", "furnished", "hanoi"]

SERVERS = {"postgres": POSTGRES, "mariadb": MARIADB}
SPEC: dict[str, Any] = {
    "id": "small",
    "zone": "Asia/Ho_Chi_Minh",
    "changes": "SELECT concat('C', id) AS case_key, t AS changed_at FROM c"
    " UNION ALL SELECT concat('C', c), t FROM step",
    "root": ["c"],
    "key_parts": {"number": {"pattern": "^C([0-9]+)$", "integer": True}},
    "parts": {
        "c": "SELECT concat('C', id) AS case_key, id, name FROM c WHERE id IN :number AND concat('C', id) IN :keys",
        "step": "SELECT concat('C', c) AS case_key, note FROM step WHERE concat('C', c) IN :keys",
    },
}
MOMENT = {"sqlite": "TEXT", "postgres": "TIMESTAMP", "mariadb": "DATETIME(6)"}


@dataclass
class Place:
    """A database of one kind."""

    kind: str
    url: str

    def execute(self, *statements: str) -> None:
        """Let the local system write."""
        engine = create_engine(self.url, poolclass=NullPool)
        with engine.begin() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)

    def source(
        self, url: str = "", *, statement_seconds: int = 120, reconnect_seconds: int = 60, **change: object
    ) -> SqlSource:
        """Return a source with some of its settings changed."""
        return SqlSource(
            url or self.url,
            SourceSpec.model_validate(SPEC | change),
            statement_seconds=statement_seconds,
            reconnect_seconds=reconnect_seconds,
        )

    def account(self, **part: Any) -> str:
        """Return the address with another name, password, database or port."""
        return make_url(self.url).set(**part).render_as_string(hide_password=False)

    def let_read(self, account: str) -> None:
        """Give the account of this address the right to read every table there is."""
        name = make_url(account).username
        tables, who = ("*", f"'{name}'@'%%'") if self.kind == "mariadb" else ("ALL TABLES IN SCHEMA public", name)
        self.execute(f"GRANT SELECT ON {tables} TO {who}")

    def one(self, kind: str, value: str, *, where: str = "") -> SqlSource:
        """Make one case C1 whose change time is a column of this type, and return a source that reads just that."""
        self.execute(f"CREATE TABLE odd (id INTEGER, t {kind})", f"INSERT INTO odd VALUES (1, {value})")  # noqa: S608
        query = "SELECT concat('C', id) AS case_key, t AS {name} FROM odd{where}"
        return self.source(
            changes=query.format(name="changed_at", where=where),
            root=["odd"],
            parts={"odd": query.format(name="t", where=" WHERE id IN :number AND concat('C', id) IN :keys")},
        )


def hanoi(text: str) -> datetime:
    """Return a local time as an instant."""
    return datetime.fromisoformat(text + "+07:00").astimezone(UTC)


@contextmanager
def furnished(kind: str, folder: Path) -> Iterator[Place]:
    """Give a database of this kind with the two tables of `SPEC`."""
    with _made(kind, folder) as place:
        place.execute(
            f"CREATE TABLE c (id INTEGER, name VARCHAR(100), t {MOMENT[kind]})",
            f"CREATE TABLE step (c INTEGER, note VARCHAR(100), t {MOMENT[kind]})",
        )
        yield place


@contextmanager
def _made(kind: str, folder: Path) -> Iterator[Place]:
    if kind in SERVERS:
        with fresh_database(SERVERS[kind]) as url:
            yield Place(kind, url)
    else:
        (folder / "local.db").touch()
        yield Place(kind, f"sqlite:///{folder / 'local.db'}")
