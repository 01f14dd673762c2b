"""Decides whether a contract folder is sound: `contract.toml`, and which value each capability has."""

import difflib
import re
import tomllib
from collections.abc import Iterable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from sync_agent.domain.casefile import (
    Direction,
    Gender,
    IdKind,
    Instance,
    Kind,
    Outcome,
    PetitionerKind,
    RepresentativeKind,
    RespondentKind,
)
from sync_agent.domain.steps import Step
from sync_agent.errors import ConfigError

__all__ = ["Actions", "Codes", "ContractFile", "Format", "ListSpec", "choose", "read_contract_file"]

FILE_NAME = "contract.toml"
Word = Annotated[str, Field(min_length=1)]
Status = Annotated[int, Field(ge=400, le=499)]
_FORMS = {
    "<field>": "[A-Za-z][A-Za-z0-9_]{0,63}",
    "<number>": "[0-9]{1,9}",
    "<code>": "[A-Za-z0-9._-]{1,64}",
    "<statuses>": "[45][0-9]{2}(,[45][0-9]{2})*",
}


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Actions(_Section):
    """The name of each action below the service's base address."""

    prefix: str
    case: Word
    processing: Word
    acceptance: Word
    settlement: Word
    enforcement: Word
    look_up: Word
    code_list: Word

    def of(self, step: Step) -> str:
        """Return the action of `step`."""
        action: str = getattr(self, step.value)
        return action


class Format(_Section):
    """How values are written; sizes in bytes."""

    date: Word
    empty: str
    yes: int | str
    no: int | str
    largest_integer: int = Field(gt=0)
    largest_body: int = Field(gt=0)


class _Texts(_Section):
    protected: Word
    anonymous: Word
    token_line: str = Field(pattern=r"^[^\n{}]*\{token\}[^\n{}]*$")


class _Answer(_Section):
    content_types: tuple[Word, ...] = Field(min_length=1)
    id: Word
    message: Word
    simulated_id_prefix: Word


class _Statuses(_Section):
    refused: tuple[Status, ...] = ()


class Codes(_Section):
    """The wire code of each member of the concepts the law closes; a member that is absent has no known code."""

    kind: dict[Kind, str]
    direction: dict[Direction, str]
    outcome: dict[Outcome, str]
    petitioner: dict[PetitionerKind, int]
    respondent: dict[RespondentKind, int]
    representative: dict[RepresentativeKind, int]
    gender: dict[Gender, int]
    instance: dict[Instance, int]

    def of(self, table: str, member: StrEnum) -> str | int | None:
        """Return the wire code of `member`, None if it has none."""
        codes: dict[StrEnum, str | int] = getattr(self, table)
        return codes.get(member)


class _IdNumbers(_Section):
    sent: frozenset[IdKind]


class Required(_Section):
    """A CaseFile path without which a step is not sent."""

    step: Step
    field: Word
    evidence: Word


class ListSpec(_Section):
    """One national code list: its number, its file of known values, and the fields that hold its codes.

    `narrowed_by` is what the service can answer a part of it for, where asking for all may not give all.
    """

    number: int = Field(ge=1, le=99)
    file: str = Field(pattern=r"^[0-9]{2}-[a-z-]+$")
    name: Word
    fields: tuple[Word, ...] = ()
    narrowed_by: Literal["province", "ministry"] | None = None

    def holds(self, path: str) -> bool:
        """Tell whether the codes of a CaseFile path are those of this list."""
        return any(path == field or path.endswith(f".{field}") for field in self.fields)


class _Gaps(_Section):
    folded: tuple[Word, ...] = ()
    counted: tuple[Word, ...] = ()
    stated: tuple[Word, ...] = ()


class _Capability(_Section):
    values: tuple[Word, ...] = Field(min_length=1)
    default: Word
    consequence: Word
    evidence: Word

    @model_validator(mode="after")
    def _default_is_a_value(self) -> "_Capability":
        if not self.takes(self.default):
            raise ValueError("the default is not one of the values")
        return self

    def takes(self, value: str) -> bool:
        return any(re.fullmatch(_pattern(form), value) for form in self.values)


class ContractFile(_Section):
    """All that `contract.toml` says."""

    name: Word
    version: Word
    actions: Actions
    format: Format
    texts: _Texts
    answer: _Answer
    statuses: _Statuses
    codes: Codes
    id_numbers: _IdNumbers
    lists: tuple[ListSpec, ...] = ()
    required: tuple[Required, ...] = ()
    gaps: _Gaps
    capabilities: dict[str, _Capability]

    @model_validator(mode="after")
    def _code_capabilities_name_a_code(self) -> "ContractFile":
        for name in self.capabilities:
            if name.startswith("code.") and _code_place(name) is None:
                raise ValueError(f"capability {name} names no code table or no member of it")
        return self

    def with_codes(self, capabilities: Mapping[str, str]) -> Codes:
        """Return the code tables with the codes that the capabilities `code.<table>.<member>` state."""
        tables = {table: dict(getattr(self.codes, table)) for table in Codes.model_fields}
        for name, value in capabilities.items():
            place = _code_place(name)
            if place is not None and value != "unknown":
                tables[place[0]][place[1]] = value
        return Codes.model_validate(tables)


_MEMBERS: Mapping[str, type[StrEnum]] = {"kind": Kind, "direction": Direction, "outcome": Outcome}


def _code_place(name: str) -> tuple[str, StrEnum] | None:
    prefix, _, rest = name.partition(".")
    table, _, member = rest.partition(".")
    if prefix != "code" or table not in _MEMBERS or member not in list(_MEMBERS[table]):
        return None
    return table, _MEMBERS[table](member)


def _pattern(form: str) -> str:
    parts = re.split(r"(<[a-z]+>)", form)
    return "".join(_FORMS[part] if part in _FORMS else re.escape(part) for part in parts)


def read_contract_file(folder: Path) -> ContractFile:
    """Read and validate `folder/contract.toml`. Raises ConfigError."""
    path = folder / FILE_NAME
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(
            "the contract cannot be read ({reason})", where=str(path), facts=(("reason", error.strerror or "error"),)
        ) from None
    except ValueError as error:
        raise ConfigError("not valid TOML: {reason}", where=str(path), facts=(("reason", str(error)),)) from None
    try:
        return ContractFile.model_validate(content)
    except ValidationError as error:
        raise _entry_error(path, error) from None


def choose(file: ContractFile, wanted: Mapping[str, str], where: str) -> dict[str, str]:
    """Return the value of every capability: what `wanted` says, else its default.

    Raises ConfigError for an unknown name or value, naming the nearest right one.
    """
    for name, value in wanted.items():
        if name not in file.capabilities:
            raise ConfigError(
                "unknown capability {name}",
                where=where,
                todo="did you mean {near}?",
                facts=(("name", name), ("near", _nearest(name, file.capabilities))),
            )
        if not file.capabilities[name].takes(value):
            values = file.capabilities[name].values
            raise ConfigError(
                "capability {name} cannot be {value}",
                where=where,
                todo="did you mean {near}? It can be: {values}",
                facts=(
                    ("name", name),
                    ("value", value),
                    ("near", _nearest(value, values)),
                    ("values", ", ".join(values)),
                ),
            )
    return {name: wanted.get(name, capability.default) for name, capability in sorted(file.capabilities.items())}


def _nearest(word: str, words: Iterable[str]) -> str:
    return difflib.get_close_matches(word, list(words), n=1, cutoff=0.0)[0]


def _entry_error(path: Path, error: ValidationError) -> ConfigError:
    first = min(error.errors(include_url=False), key=lambda each: each["type"] != "extra_forbidden")
    parts = [str(part) for part in first["loc"] if part != "[key]"]
    name = ".".join(parts)
    word = str(first["input"]) if first["type"] == "enum" else parts[-1] if parts else ""
    expected = re.findall(r"'([^']*)'", str(first.get("ctx", {}).get("expected", "")))
    if first["type"] == "extra_forbidden":
        expected = _fields_at(first["loc"][:-1])
    if expected:
        return ConfigError(
            "the contract has an unknown entry {name}",
            where=str(path),
            todo="did you mean {near}?",
            facts=(("name", name), ("near", _nearest(word, expected))),
        )
    return ConfigError(
        "the contract's entry {name} is wrong: {reason}",
        where=str(path),
        facts=(("name", name or FILE_NAME), ("reason", first["msg"])),
    )


def _fields_at(location: tuple[int | str, ...]) -> list[str]:
    model: type[BaseModel] = ContractFile
    for part in location:
        if part in model.model_fields:
            annotation = model.model_fields[str(part)].annotation
            arguments = [*getattr(annotation, "__args__", ()), annotation]
            model = next(each for each in arguments if isinstance(each, type) and issubclass(each, BaseModel))
    return list(model.model_fields)
