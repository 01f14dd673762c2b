"""Decides whether a body matches the JSON Schema of its message; a finding names the place, never the value."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema_rs
import orjson

from sync_agent.domain.findings import Finding, Level
from sync_agent.domain.steps import Step
from sync_agent.errors import ConfigError

__all__ = ["MessageSchema", "read_schema"]

_RULES = {"required": "required_missing"}


class MessageSchema:
    """The schema of one action, compiled. `leaves` are its leaf paths in the order of the file."""

    def __init__(self, action: str, schema: dict[str, Any]) -> None:
        self.action = action
        self.leaves = tuple(_leaves(schema, schema, ""))
        self._validator = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)

    def findings(self, body: Any, step: Step | None, local_key: str) -> list[Finding]:
        """Return what is wrong with `body`, each place once."""
        if self._validator.is_valid(body):
            return []
        found = (
            Finding(
                _RULES.get(error.kind.name, "schema"),
                Level.HOLD,
                ".".join(str(part) for part in error.instance_path),
                step,
                local_key,
                f"{self.action}#/" + "/".join(str(part) for part in error.schema_path),
            )
            for error in self._validator.iter_errors(body)
        )
        return list(dict.fromkeys(found))


def read_schema(folder: Path, action: str) -> MessageSchema:
    """Read the schema of `action` in the contract's folder. Raises ConfigError."""
    path = folder / "messages" / f"{action}.schema.json"
    try:
        schema = orjson.loads(path.read_bytes())
        jsonschema_rs.meta.validate(schema)
        return MessageSchema(action, schema)
    except OSError as error:
        reason = error.strerror or "error"
    except (orjson.JSONDecodeError, jsonschema_rs.ValidationError, KeyError) as error:
        reason = type(error).__name__
    raise ConfigError("the schema of a message cannot be read ({reason})", where=str(path), facts=(("reason", reason),))


def _leaves(schema: Mapping[str, Any], root: Mapping[str, Any], path: str) -> Iterator[str]:
    if "$ref" in schema:
        schema = root["$defs"][schema["$ref"].rpartition("/")[2]]
    if "properties" in schema:
        for name, child in schema["properties"].items():
            yield from _leaves(child, root, f"{path}.{name}" if path else name)
    elif "items" in schema:
        yield from _leaves(schema["items"], root, f"{path}[]")
    else:
        yield path
