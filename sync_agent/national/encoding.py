"""Decides how a body is written on the wire: JSON, or form fields with nested names as PHP writes them."""

from collections.abc import Iterator
from typing import Any, Literal
from urllib.parse import urlencode

import orjson

from sync_agent.national.messages import Body

__all__ = ["content_type", "encode"]

_TYPES = {"json": "application/json; charset=utf-8", "form": "application/x-www-form-urlencoded; charset=utf-8"}


def content_type(form: Literal["json", "form"]) -> str:
    """Return the content type of a body written so."""
    return _TYPES[form]


def encode(body: Body, form: Literal["json", "form"]) -> tuple[bytes, str]:
    """Return the bytes of `body` and their content type. A form has no way to say an empty list: it is left out."""
    if form == "json":
        return orjson.dumps(body), _TYPES[form]
    return urlencode(list(_fields(body, ""))).encode("ascii"), _TYPES[form]


def _fields(node: Any, name: str) -> Iterator[tuple[str, str]]:
    if isinstance(node, dict):
        for key, child in node.items():
            yield from _fields(child, f"{name}[{key}]" if name else key)
    elif isinstance(node, list):
        for position, child in enumerate(node):
            yield from _fields(child, f"{name}[{position}]")
    else:
        yield name, str(node)
