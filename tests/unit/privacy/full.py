"""A case in which every field says something."""

from datetime import UTC, date, datetime
from decimal import Decimal
from enum import EnumType
from types import NoneType
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import AwareDatetime, BaseModel

from sync_agent.domain.casefile import CaseFile
from sync_agent.privacy.paths import branches

__all__ = ["full_case"]

_PLAIN: dict[Any, Any] = {
    bool: True,
    int: 7,
    date: date(2026, 3, 1),
    AwareDatetime: datetime(2026, 3, 1, tzinfo=UTC),
    Decimal: Decimal("12.5"),
}


def full_case() -> CaseFile:
    """Return a complaint with one entry in every list; texts are their own paths, `confidential` is not set."""
    case: CaseFile = _part(CaseFile, "")
    return case


def _part(model: type[BaseModel], prefix: str) -> Any:
    values: dict[str, Any] = {}
    for name, branch in branches(model).items():
        path = prefix + name
        if branch is not None:
            inner = _part(branch.model, path + ".")
            values[name] = (inner,) if branch.many else inner
        elif name == "sha256":
            values[name] = "a" * 64
        elif name in {"written_on", "birth_date"}:
            values[name] = "2026-03"
        elif name != "confidential":
            values[name] = _value(model.model_fields[name].annotation, path)
    return model(**values)


def _value(annotation: Any, path: str) -> Any:
    if annotation is str or annotation in _PLAIN:
        return _PLAIN.get(annotation, path)
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _value(arguments[0], path)
    if origin is Literal:
        return arguments[0]
    if origin is tuple:
        return (_value(arguments[0], path),)
    if isinstance(annotation, EnumType):
        return next(iter(annotation))
    return _value(next(argument for argument in arguments if argument is not NoneType), path)
