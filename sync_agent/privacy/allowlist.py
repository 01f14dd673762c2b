"""Decides what of a CaseFile passes: the fields an allow-list names, nothing else, and no value in their place.

It is compiled once into functions that build each part from an empty one and its open fields, so that a field nobody
thought of is absent rather than copied.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import BaseModel

from sync_agent.domain.casefile import Attachment, CaseFile
from sync_agent.privacy.paths import STRUCTURAL, branches, leaf_paths

__all__ = ["compile_allow_list", "is_confidential"]

_Part = TypeVar("_Part", bound=BaseModel)
_Pass = Callable[[Any], Any]


def compile_allow_list(open_paths: frozenset[str]) -> Callable[[CaseFile], CaseFile]:
    """Return the function that lets a CaseFile through. Raises ValueError for a path that does not exist."""
    passes = _compile(CaseFile, "", open_paths)
    if passes is None or not open_paths.issubset(leaf_paths()):
        raise ValueError("an allow-list names fields of the CaseFile, and at least one")
    return passes


def is_confidential(part: BaseModel) -> bool:
    """Tell whether `part` is an attachment that passes for no kind of case."""
    return isinstance(part, Attachment) and part.confidential is not False


@dataclass(slots=True)
class _Fields:
    """The fields of one part: leaves that stay as they are, parts and lists of parts that are let through in turn."""

    kept: list[str] = field(default_factory=list)
    single: list[tuple[str, _Pass]] = field(default_factory=list)
    many: list[tuple[str, _Pass]] = field(default_factory=list)


def _sort_fields(model: type[BaseModel], prefix: str, open_paths: frozenset[str]) -> _Fields:
    fields = _Fields()
    for name, branch in branches(model).items():
        path = prefix + name
        if branch is None:
            if path in open_paths or path in STRUCTURAL:
                fields.kept.append(name)
        elif (inner := _compile(branch.model, path + ".", open_paths)) is not None:
            (fields.many if branch.many else fields.single).append((name, inner))
    return fields


def _compile(model: type[_Part], prefix: str, open_paths: frozenset[str]) -> Callable[[_Part], _Part] | None:
    """Return the function that lets a part through, or None when nothing in it is open."""
    fields = _sort_fields(model, prefix, open_paths)
    kept, single, many = fields.kept, fields.single, fields.many
    if not (single or many or any(prefix + name in open_paths for name in kept)):
        return None
    blank = _blank(model, kept)
    whole = set(kept) == set(model.model_fields)

    def pass_part(part: _Part) -> _Part:
        if whole and type(part) is model:  # a subclass may carry more than the policy knows
            return part
        values = part.__dict__
        passed: dict[str, Any] = {name: values[name] for name in kept}
        for name, inner in single:
            if (value := values[name]) is not None:
                passed[name] = inner(value)
        for name, inner in many:
            if items := values[name]:
                passed[name] = tuple([inner(item) for item in items if not is_confidential(item)])
        return blank.model_copy(update=passed)

    return pass_part


def _blank(model: type[_Part], kept: list[str]) -> _Part:
    """Return the part in which nothing is told: what every passed part starts from."""
    silent = [name for name in model.model_fields if name not in kept]
    telling = [name for name in silent if model.model_fields[name].default not in (None, (), False)]
    if telling:
        raise TypeError(f"{model.__name__} says something even when closed: {', '.join(telling)}")
    return model.model_construct()
