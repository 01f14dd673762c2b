"""Decides what a request body says: JSON, or form fields with nested names as PHP writes them."""

import re
from typing import Any
from urllib.parse import parse_qsl

import orjson

from sync_agent.simulator.refusals import RefusedError

__all__ = ["parse_body"]

_NAME = re.compile(r"(?P<head>[^\[\]]+)(?P<rest>(\[[^\[\]]*\])*)")
_DEEPEST = 8
_PART = re.compile(r"\[([^\[\]]*)\]")


def parse_body(body: bytes, content_type: str) -> dict[str, Any]:
    """Return the fields of `body`; raises RefusedError with HTTP status 400 or 415 where it cannot be read."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/json":
        content = _json(body)
    elif kind == "application/x-www-form-urlencoded":
        content = _form(body)
    else:
        raise RefusedError("Kiểu dữ liệu gửi lên không được hỗ trợ", 415)
    if not isinstance(content, dict):
        raise RefusedError("Dữ liệu gửi lên phải là một đối tượng", 400)
    return content


def _json(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise RefusedError("Dữ liệu gửi lên không phải là JSON hợp lệ", 400) from error


def _form(body: bytes) -> Any:
    root: dict[str, Any] = {}
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, strict_parsing=bool(body), errors="strict")
        for name, value in pairs:
            _put(root, _path(name), value)
    except (ValueError, TypeError) as error:
        raise RefusedError("Biểu mẫu gửi lên không hợp lệ", 400) from error
    return _with_lists(root)


def _path(name: str) -> list[str]:
    match = _NAME.fullmatch(name)
    if match is None:
        raise ValueError("not a field name")
    path = [match["head"], *_PART.findall(match["rest"])]
    if len(path) > _DEEPEST:
        raise ValueError("nested too deeply")
    return path


def _put(root: dict[str, Any], path: list[str], value: str) -> None:
    node = root
    for part in path[:-1]:
        node = node.setdefault(part or str(len(node)), {})
        if not isinstance(node, dict):
            raise TypeError("one name is both a value and an object")
    last = path[-1] or str(len(node))
    if isinstance(node.get(last), dict):
        raise TypeError("one name is both a value and an object")
    node[last] = value


def _with_lists(node: Any) -> Any:
    """Return `node` with every object whose names are 0, 1, 2 … turned into the list it stands for."""
    if not isinstance(node, dict):
        return node
    children = {name: _with_lists(child) for name, child in node.items()}
    if children and all(name == str(position) for position, name in enumerate(children)):
        return list(children.values())
    return children
