"""What each path of the CaseFile is: the kind of value it takes, its step, how grave an unknown code there is."""

import types
import typing
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import Enum, StrEnum
from functools import cache

from pydantic import AwareDatetime, BaseModel

from sync_agent.domain.casefile import CaseFile, Code, PartialDate
from sync_agent.domain.findings import Level
from sync_agent.domain.steps import Step

__all__ = ["Field", "FieldKind", "case_fields", "fields_of", "grade", "held_step", "keyed", "level_of", "step_of"]


class FieldKind(StrEnum):
    """What a path holds."""

    TEXT = "text"
    DATE = "date"
    DATETIME = "datetime"
    PARTIAL_DATE = "partial date"
    INTEGER = "integer"
    DECIMAL = "decimal"
    FLAG = "flag"
    CHOICE = "choice"
    PART = "part"
    LIST = "list of parts"
    TEXTS = "list of texts"


@dataclass(frozen=True, slots=True)
class Field:
    """One path; `choices`: of a closed list, `model`: of a part or an entry, `coded`: it takes a code of a list."""

    path: str
    kind: FieldKind
    choices: frozenset[str] = frozenset()
    model: type[BaseModel] | None = None
    coded: bool = False


_SCALARS: dict[object, FieldKind] = {
    str: FieldKind.TEXT,
    date: FieldKind.DATE,
    AwareDatetime: FieldKind.DATETIME,
    PartialDate: FieldKind.PARTIAL_DATE,
    int: FieldKind.INTEGER,
    Decimal: FieldKind.DECIMAL,
    bool: FieldKind.FLAG,
}

# Set by the reader and the schema, never by a profile.
_FIXED = frozenset({"schema_version", "case_key"})

_STEPS = {
    "processing": Step.PROCESSING,
    "acceptance": Step.ACCEPTANCE,
    "settlements": Step.SETTLEMENT,
    "enforcements": Step.ENFORCEMENT,
}

# Without these it is not known whose case it is, whether it is secret or what it is about: no step may go up.
_WHOLE_CASE = frozenset({"agency", "kind", "classifications", "protection_requested"})

# What tells, beside kind and field codes, whether a case is a denunciation or its writer protected. When it cannot be
# read or an entry with it is left out, no name may go up by any step.
_WITNESSES = frozenset({"petitioners.protected", "settlements", "settlements.local_key", "settlements.outcome"})

# Codes that only describe. Any other code changes the meaning and holds the message while it is unmapped.
_DESCRIPTIVE = frozenset(
    {
        "province",
        "district",
        "commune",
        "ethnicity",
        "nationality",
        "gender",
        "id_kind",
        "source",
        "session",
        "mode",
        "form",
        "decision_kind",
        "attachments.kind",
        "representative.kind",
    }
)


_OF_CODES = frozenset({"unmapped_code", "undated_code"})

# These rules leave the field empty. No law asks for what stands in such a field of a person.
_EMPTYING = frozenset({"bad_form", "text_lost"})
_MAY_BE_EMPTY = frozenset({"id_number", "id_issued_by", "phone", "email"})


@cache
def fields_of(model: type[BaseModel]) -> dict[str, Field]:
    """Return every path below `model`, through its parts but not into its lists."""
    found: dict[str, Field] = {}
    for name, annotation in typing.get_type_hints(model, include_extras=True).items():
        if name not in model.model_fields or name in _FIXED:
            continue
        field = _field(name, annotation)
        found[name] = field
        if field.kind is FieldKind.PART and field.model is not None:
            for path, inner in fields_of(field.model).items():
                found[f"{name}.{path}"] = replace(inner, path=f"{name}.{path}")
    return found


def case_fields() -> dict[str, Field]:
    """Return every path of the CaseFile that a profile may fill."""
    return fields_of(CaseFile)


def step_of(path: str) -> Step | None:
    """Return the step a path belongs to; None when a fault there concerns the whole case."""
    head = path.partition(".")[0]
    return _STEPS.get(head, None if head in _WHOLE_CASE or not head else Step.CASE)


def held_step(path: str) -> Step | None:
    """Return the step that a fault at a path holds: the whole case (None) when it hides a witness of protection."""
    return None if path in _WITNESSES else step_of(path)


def keyed(step: Step | None) -> bool:
    """Return whether a case can have several messages of this step, told apart by a local key."""
    return step in {Step.SETTLEMENT, Step.ENFORCEMENT}


def level_of(path: str) -> Level:
    """Return how grave it is that the code at `path` is not mapped."""
    return Level.WARN if path in _DESCRIPTIVE or path.rpartition(".")[2] in _DESCRIPTIVE else Level.HOLD


def grade(rule: str, path: str) -> Level:
    """Return how far a finding of the mapping reaches."""
    if rule in _OF_CODES:
        return level_of(path)
    if rule in _EMPTYING and path.rpartition(".")[2] in _MAY_BE_EMPTY:
        return Level.WARN
    return Level.WARN if rule == "only_part" else Level.HOLD


def _field(name: str, annotation: object) -> Field:
    inner = _without_none(annotation)
    if typing.get_origin(inner) is tuple:
        entry = typing.get_args(inner)[0]
        if isinstance(entry, type) and issubclass(entry, BaseModel):
            return Field(name, FieldKind.LIST, model=entry)
        return Field(name, FieldKind.TEXTS)
    if isinstance(inner, type) and issubclass(inner, BaseModel):
        return Field(name, FieldKind.PART, model=inner)
    if isinstance(inner, type) and issubclass(inner, Enum):
        return Field(name, FieldKind.CHOICE, choices=frozenset(str(choice.value) for choice in inner))
    kind = _SCALARS.get(inner) or _SCALARS[typing.get_args(inner)[0]]
    return Field(name, kind, coded=inner == Code)


def _without_none(annotation: object) -> object:
    if typing.get_origin(annotation) in {types.UnionType, typing.Union}:
        return next(choice for choice in typing.get_args(annotation) if choice is not types.NoneType)
    return annotation
