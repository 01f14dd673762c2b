"""Decides how others see what the simulator holds: read only, while it runs or after it has ended."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from sync_agent.errors import ConfigError
from sync_agent.simulator.actions import STEP_OF_ACTION

__all__ = ["Creation", "Duplicate", "SimulatorState"]


@dataclass(frozen=True, slots=True, order=True)
class Duplicate:
    """A step of one identity that was created more than once."""

    step: str
    identity: str
    count: int


@dataclass(frozen=True, slots=True)
class Creation:
    """One creation: when (aware UTC), by which action, the Ids, the identity and the digest of the message."""

    created_at: datetime
    action: str
    step: str
    case_id: str
    id: str
    identity: str
    digest: str


class SimulatorState:
    """A reader of the simulator's database; raises ConfigError when there is none at `db_path`."""

    def __init__(self, db_path: Path) -> None:
        if not db_path.is_file():
            raise ConfigError(
                "there is no simulator database at '{path}'",
                todo="start the simulator first",
                facts=(("path", str(db_path)),),
            )
        self._address = f"{db_path.resolve().as_uri()}?mode=ro"

    def _rows(self, query: str, *values: object) -> Iterator[Any]:
        with closing(sqlite3.connect(self._address, uri=True, timeout=30)) as connection:
            yield from connection.execute(query, values)

    def _number(self, query: str, *values: object) -> int:
        number: int = next(self._rows(query, *values))[0]
        return number

    def cases(self) -> dict[str, str]:
        """Return the Id of each case by its token; of several cases with one token, the first."""
        rows = self._rows("SELECT token, id FROM cases WHERE token <> '' ORDER BY created_at DESC, id DESC")
        return dict(rows)

    def ids(self) -> set[str]:
        """Return every Id the service has minted: cases, decisions, enforcements."""
        return {row[0] for row in self._rows("SELECT id FROM creations WHERE id <> ''")}

    def creations(self) -> Iterator[Creation]:
        """Yield every creation in its order."""
        query = "SELECT created_at, action, step, case_id, id, identity, digest FROM creations ORDER BY seq"
        for created_at, *rest in self._rows(query):
            yield Creation(datetime.fromtimestamp(created_at, UTC), *rest)

    def created_counts(self) -> Mapping[tuple[str, str], int]:
        """Return how often each (step, identity) was created; more than once is a duplicate."""
        rows = self._rows("SELECT step, identity, count(*) FROM creations GROUP BY step, identity")
        return {(step, identity): count for step, identity, count in rows}

    def duplicates(self) -> list[Duplicate]:
        """Return what was created more than once."""
        return [Duplicate(*key, count) for key, count in sorted(self.created_counts().items()) if count > 1]

    def repeated_numbers(self) -> list[Duplicate]:
        """Return the decisions that share a number within one case, whatever their content: `CASE ID/NUMBER`."""
        rows = self._rows(
            "SELECT step, case_id || '/' || number, count(*) FROM steps WHERE step = 'settlement' AND number <> ''"
            " GROUP BY case_id, number HAVING count(*) > 1 ORDER BY case_id, number"
        )
        return [Duplicate(*row) for row in rows]

    def counts_by_step(self) -> dict[str, int]:
        """Return the number of records of every step, those without any included."""
        rows = self._rows("SELECT 'case', count(*) FROM cases UNION ALL SELECT step, count(*) FROM steps GROUP BY step")
        return dict.fromkeys(STEP_OF_ACTION.values(), 0) | dict(rows)

    def request_count(self, action: str = "") -> int:
        """Return how many requests reached the actions, or one of them, whatever became of them."""
        return self._number("SELECT count(*) FROM requests WHERE ? IN ('', action)", action)

    def fault_counts(self) -> dict[str, int]:
        """Return how many requests each fault met, by the words it was asked for with; delays are not counted."""
        return dict(self._rows("SELECT fault, count(*) FROM requests WHERE fault <> '' GROUP BY fault"))

    def bodies(self) -> Iterator[bytes]:
        """Yield the raw body of every request in the order they came, as far as bodies are kept."""
        for row in self._rows("SELECT body FROM requests WHERE body IS NOT NULL ORDER BY seq"):
            yield row[0]

    def case_record(self, national_id: str) -> dict[str, Any]:
        """Return a case with its later steps and the petitions linked to it; raises KeyError for an unknown Id.

        `{"id", "token", "account", "body", "steps": {step: [{"id", "parent_id", "account", "body"}]}, "links": [body]}`
        """
        row = next(self._rows("SELECT id, token, account, body FROM cases WHERE id = ?", national_id), None)
        if row is None:
            raise KeyError(national_id)
        steps: dict[str, list[dict[str, Any]]] = {step: [] for step in STEP_OF_ACTION.values() if step != "case"}
        query = "SELECT step, id, parent_id, account, body FROM steps WHERE case_id = ? ORDER BY seq"
        for step, *names, body in self._rows(query, national_id):
            steps[step].append(dict(zip(("id", "parent_id", "account"), names, strict=True)) | {"body": _load(body)})
        links = [
            _load(row[0]) for row in self._rows("SELECT body FROM links WHERE case_id = ? ORDER BY seq", national_id)
        ]
        case = dict(zip(("id", "token", "account"), row, strict=False))
        return case | {"body": _load(row[3]), "steps": steps, "links": links}


def _load(body: str) -> Any:
    return orjson.loads(body)
