"""Tells the local system what the national side acknowledged: by the UPDATE its profile names, and by nothing else.

A statement of its own, on a connection and by an account of its own; what reads the local system can never write.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, field_validator
from sqlalchemy import BigInteger, Connection, String, TextClause, bindparam, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from sync_agent.errors import ConfigError
from sync_agent.source.clock import local_text
from sync_agent.source.dialect import Session
from sync_agent.source.engines import open_engine
from sync_agent.source.problems import Kind
from sync_agent.source.spec import SourceSpec, parameters

__all__ = ["STOPPING", "Acknowledged", "LocalWriter", "WriteBack"]

_KNOWN: Final = frozenset({"case_key", "local_key", "step", "national_id", "acknowledged_at"})
_NO_ROW, _SEVERAL_ROWS, _NO_KEY = "no_row", "several_rows", "no_key"
STOPPING: Final = frozenset(
    kind.name.lower() for kind in (Kind.LOST, Kind.ACCOUNT, Kind.DATABASE, Kind.ENCRYPTION, Kind.NO_FILE)
)
"""Reasons after which nothing else can be told on this connection either."""


class WriteBack(BaseModel):
    """How the local system is told of one step. `sets` names every column that changes by it, as `part.column`."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    update: str
    sets: tuple[str, ...] = Field(min_length=1)

    @field_validator("update")
    @classmethod
    def _one_update(cls, value: str) -> str:
        if not re.match(r"\s*UPDATE\b", value, re.IGNORECASE) or ";" in value.strip().rstrip(";"):
            raise ValueError("it must be one UPDATE")
        return value.strip().rstrip(";")


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """What is told: the national id ("" for a step that has none) and when it was acknowledged, aware UTC."""

    step: str
    case_key: str = field(repr=False)
    local_key: str = field(repr=False)
    national_id: str
    at: datetime


class LocalWriter:
    """The account that may set the named columns of a local system. Opening it raises ConfigError or SourceError."""

    def __init__(
        self,
        url: str,
        spec: SourceSpec,
        statements: Mapping[str, str],
        *,
        password: str | None = None,
        statement_seconds: int = 120,
    ) -> None:
        self._zone = ZoneInfo(spec.zone)
        self._dialect, self._engine = open_engine(
            url, password, Session(statement_seconds, self._zone, spec.tables, writes=True)
        )
        if self._dialect.inventory:
            raise ConfigError("files are only ever read: nothing can be written back", where="write_back.url")
        self._key_parts = {
            name: (re.compile(part.pattern, re.ASCII), part.integer) for name, part in spec.key_parts.items()
        }
        self._statements = {step: self._statement(spec, step, sql) for step, sql in statements.items()}

    @property
    def steps(self) -> frozenset[str]:
        """The steps of which the local system is told."""
        return frozenset(self._statements)

    def tell(self, told: Sequence[Acknowledged]) -> list[str | None]:
        """Write each, in a transaction of its own; return for each why it could not be done, None where it was.

        It was when exactly one row was there to be changed. After one of `STOPPING` the rest is not tried and not in
        the answer.
        """
        try:
            connection = self._engine.connect()
        except (SQLAlchemyError, RuntimeError) as error:
            return [self._reason(error)] if told else []
        with connection:
            return list(self._all(connection, told))

    def obstacle(self) -> str | None:
        """Return why the account cannot be used at all, None when it can; writes nothing."""
        try:
            with self._engine.connect() as connection:
                connection.execute(text("SELECT 1"))
        except (SQLAlchemyError, RuntimeError) as error:
            return self._reason(error)
        return None

    def close(self) -> None:
        """Let go of the connection."""
        self._engine.dispose()

    def _all(self, connection: Connection, told: Sequence[Acknowledged]) -> Iterable[str | None]:
        for each in told:
            reason = self._one(connection, each)
            yield reason
            if reason in STOPPING:
                return

    def _one(self, connection: Connection, told: Acknowledged) -> str | None:
        values = self._values(told)
        if values is None:
            return _NO_KEY
        try:
            with connection.begin() as transaction:
                rows = connection.execute(self._statements[told.step], values).rowcount
                if rows == 1:
                    connection.exec_driver_sql("COMMIT")
                else:
                    transaction.rollback()
        except (SQLAlchemyError, ValueError) as error:
            return self._reason(error)
        return None if rows == 1 else _NO_ROW if rows == 0 else _SEVERAL_ROWS

    def _values(self, told: Acknowledged) -> dict[str, Any] | None:
        """Return the parameters of a statement; None for a key of which a part that it needs cannot be told."""
        values: dict[str, Any] = {
            "case_key": told.case_key,
            "local_key": told.local_key,
            "step": told.step,
            "national_id": told.national_id or None,
            "acknowledged_at": local_text(told.at, self._zone),
        }
        for name, (pattern, integer) in self._key_parts.items():
            match = pattern.search(told.case_key)
            found = match[1] if match else None
            values[name] = int(found) if integer and found is not None else found
        wanted = {name: values[name] for name in self._statements[told.step].compile().params}
        return None if any(value is None for name, value in wanted.items() if name in self._key_parts) else wanted

    def _statement(self, spec: SourceSpec, step: str, sql: str) -> TextClause:
        kinds: dict[str, Any] = {name: BigInteger() for name, part in spec.key_parts.items() if part.integer}
        kinds |= {"acknowledged_at": self._dialect.types.get("since", String())}
        named = parameters(sql)
        strange = named - _KNOWN - set(spec.key_parts)
        if strange:
            facts = (("name", min(strange)), ("step", step))
            raise ConfigError(
                "the update of {step} uses :{name}, which is not known here",
                where="write_back",
                todo="use :case_key, :local_key, :step, :national_id, :acknowledged_at, or one of key_parts",
                facts=facts,
            )
        return text(sql).bindparams(*(bindparam(name, type_=kinds.get(name, String())) for name in sorted(named)))

    def _reason(self, error: Exception) -> str:
        driver = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
        return self._dialect.problem(driver).kind.name.lower()
