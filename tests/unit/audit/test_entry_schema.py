import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import orjson
import pytest

from sync_agent.audit import Entry, Event, entry_bytes, entry_schema

EXPORT = Path(__file__).parents[3] / "schemas" / "audit" / "entry.schema.json"


@pytest.fixture
def exported() -> dict[str, Any]:
    """Return the schema as it is published."""
    schema: dict[str, Any] = json.loads(EXPORT.read_text(encoding="utf-8"))
    return schema


def test_the_export_is_current(exported: dict[str, Any]) -> None:
    """What is published is what the code accepts."""
    assert exported == entry_schema()


def test_a_full_entry_conforms(exported: dict[str, Any], full_entry: Entry) -> None:
    """Every field as it is stored has the published form."""
    validator = jsonschema_rs.validator_for(exported, validate_formats=True)
    assert list(validator.iter_errors(orjson.loads(entry_bytes(full_entry)))) == []


@pytest.mark.parametrize("event", list(Event))
def test_the_smallest_entry_of_each_event_conforms(exported: dict[str, Any], event: Event) -> None:
    """Every event is in the published list."""
    raw = entry_bytes(Entry(event=event, time="2026-11-23T01:02:03.456Z"))
    assert jsonschema_rs.is_valid(exported, orjson.loads(raw))


@pytest.mark.parametrize(
    "change",
    [
        {"name": "x"},
        {"v": 2},
        {"event": "something_else"},
        {"reason": "hai từ"},
        {"reason": "held\n"},
        {"subject": "A" * 64},
        {"time": "2026-11-23T01:02:03Z"},
        {"attempt": 1.5},
        {"http_status": 1000},
        {"counts": {"two words": 1}},
        {"counts": {"read": -1}},
        {"versions": {"other": "x"}},
        {"range": {}},
        {"update": 0},
    ],
)
def test_the_schema_refuses_what_the_code_refuses(
    exported: dict[str, Any], full_entry: Entry, change: dict[str, object]
) -> None:
    """A reader who has only the schema comes to the same answer."""
    document = {**orjson.loads(entry_bytes(full_entry)), **change}
    assert not jsonschema_rs.is_valid(exported, document)


@pytest.mark.parametrize("field", ["v", "time", "actor", "event"])
def test_what_every_entry_says_is_required(exported: dict[str, Any], full_entry: Entry, field: str) -> None:
    """An entry always says when, who and what."""
    document = orjson.loads(entry_bytes(full_entry))
    del document[field]
    assert not jsonschema_rs.is_valid(exported, document)
