"""Decides what a field path of the CaseFile is: `petition.place.detail`, a list named like its items.

A shape of model this module does not know stops the program: the gate must not guess where a value hides.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Final, Union, get_args, get_origin

from pydantic import BaseModel

from sync_agent.domain.casefile import CaseFile

__all__ = ["STRUCTURAL", "Branch", "branches", "leaf_paths", "texts"]

STRUCTURAL: Final = frozenset(
    {
        "schema_version",
        "case_key",
        "attachments.local_key",
        "settlements.local_key",
        "enforcements.local_key",
        "enforcements.settlement_key",
    }
)
"""Keys by which messages are told apart. They stay in every part that passes and say nothing by themselves."""


@dataclass(frozen=True, slots=True)
class Branch:
    """A field that is a part of its own (`many`: a list of parts)."""

    model: type[BaseModel]
    many: bool


def _models_in(annotation: object) -> bool:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return True
    return any(_models_in(argument) for argument in get_args(annotation))


def _branch(annotation: object) -> Branch | None:
    if not _models_in(annotation):
        return None
    arguments = get_args(annotation)
    origin = get_origin(annotation)
    parts = [argument for argument in arguments if isinstance(argument, type) and issubclass(argument, BaseModel)]
    rest = [argument for argument in arguments if argument not in parts]
    if len(parts) == 1 and origin is tuple and rest == [...]:
        return Branch(parts[0], many=True)
    if len(parts) == 1 and origin in {Union, UnionType} and rest == [NoneType]:
        return Branch(parts[0], many=False)
    raise TypeError(f"the gate does not know the shape {annotation!r}")


@cache
def branches(model: type[BaseModel]) -> dict[str, Branch | None]:
    """Return every field of `model`; None marks a leaf."""
    return {name: _branch(field.annotation) for name, field in model.model_fields.items()}


def _walk(model: type[BaseModel], prefix: str) -> Iterator[str]:
    for name, branch in branches(model).items():
        if branch is None:
            yield prefix + name
        else:
            yield from _walk(branch.model, f"{prefix}{name}.")


@cache
def leaf_paths() -> tuple[str, ...]:
    """Return every leaf path of the CaseFile, in the order of the model."""
    return tuple(_walk(CaseFile, ""))


def texts(part: BaseModel, prefix: str = "", local_key: str = "") -> Iterator[tuple[str, str, str]]:
    """Yield (path, local key of the entry it is in, value) of every text in `part` and below, keys apart."""
    local_key = getattr(part, "local_key", local_key)
    for name, branch in branches(type(part)).items():
        value, path = getattr(part, name), prefix + name
        for item in value if isinstance(value, tuple) else (value,):
            if branch is not None and item is not None:
                yield from texts(item, path + ".", local_key)
            elif isinstance(item, str) and not isinstance(item, Enum) and path not in STRUCTURAL:
                yield path, local_key, item
