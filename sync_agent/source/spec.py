"""The `source:` section of a profile: which queries read the local system and how a case key splits into columns."""

import re
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from sqlalchemy import text

from sync_agent.source.tables import TableFiles

__all__ = ["KeyPart", "SourceSpec", "parameters"]


def parameters(sql: str) -> frozenset[str]:
    """Return the names of the bind parameters (`:name`) of a query."""
    return frozenset(text(sql).compile().params)


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class KeyPart(_Section):
    """One value inside a case key, so that a query can use the index of the column behind it."""

    pattern: str
    integer: bool = False

    @field_validator("pattern")
    @classmethod
    def _one_group(cls, value: str) -> str:
        try:
            groups = re.compile(value, re.ASCII).groups
        except re.error as error:
            raise ValueError(f"not a regular expression: {error.msg}") from None
        if groups != 1:
            raise ValueError("the pattern needs exactly one group")
        return value


class SourceSpec(_Section):
    """What the profile says about reading.

    `changes` returns (case_key, changed_at) over all tables of a case and may use `:since`, a naive local time of the
    source, and `:since_day`, the day of it; for a full read both are below every value. Each of `parts` returns a
    column `case_key` and takes `:keys`, and `:<name>` for each of `key_parts`, as lists. A case exists while one of the
    `root` parts has a row. `tables` are the files of a source that is a folder; the queries then read these tables.
    """

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")
    zone: str
    changes: str
    now: str | None = None
    root: tuple[str, ...] = Field(min_length=1)
    key_parts: dict[str, KeyPart] = {}
    parts: dict[str, str] = Field(min_length=1)
    tables: dict[Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,59}$")], TableFiles] = {}

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError("not a time zone such as Asia/Ho_Chi_Minh") from None
        return value

    @field_validator("changes")
    @classmethod
    def _only_since(cls, value: str) -> str:
        strange = parameters(value) - {"since", "since_day"}
        if strange:
            raise ValueError(f"unknown parameter :{min(strange)}; changes can use :since and :since_day")
        return value

    @field_validator("now")
    @classmethod
    def _no_parameter(cls, value: str | None) -> str | None:
        if value is not None and parameters(value):
            raise ValueError("now takes no parameter")
        return value

    @model_validator(mode="after")
    def _parts_fit(self) -> "SourceSpec":
        known = {"keys", *self.key_parts}
        for name, sql in self.parts.items():
            used = parameters(sql)
            if "keys" not in used:
                raise ValueError(f"the query {name} does not use :keys")
            if used - known:
                raise ValueError(f"the query {name} uses :{min(used - known)}, which key_parts does not name")
        strange = set(self.root) - set(self.parts)
        if strange:
            raise ValueError(f"root names {min(strange)}, which is not one of the parts")
        return self
