from typing import Any

import pytest

from sync_agent.audit import Entry, Event, Range, Versions


@pytest.fixture
def full_facts() -> dict[str, Any]:
    """Every field of an entry, each with a value of its form."""
    return {
        "v": 1,
        "time": "2026-11-23T01:02:03.456Z",
        "actor": "os:lan.nguyen",
        "event": Event.ACCEPTED,
        "run": "20261123-010203",
        "epoch": 3,
        "subject": "a" * 64,
        "step": "settlement",
        "item": "b" * 64,
        "old_state": "in_flight",
        "new_state": "acknowledged",
        "update": False,
        "attempt": 1,
        "http_status": 200,
        "wanted": "c" * 64,
        "request": "d" * 64,
        "response": "e" * 64,
        "national_id": "f" * 64,
        "account": "H217",
        "reason": "outcome+field_code",
        "forced": "checked",
        "note": "0" * 64,
        "finding": "5" * 64,
        "field": "settlements.issued_on",
        "rule": "bad_date",
        "level": "warn",
        "counts": {"read": 12, "changed": 0},
        "versions": Versions(agent="0.1.0", mapping="1" * 64, contract="kntc@1", policy="2" * 64),
        "range": Range(since="2026-11-22T01:02:03.456Z", until="2026-11-23T01:00:00.000Z"),
        "set_digest": "3" * 64,
        "head_size": 7,
        "head_root": "4" * 64,
    }


@pytest.fixture
def full_entry(full_facts: dict[str, Any]) -> Entry:
    """Return an entry that says everything an entry can say."""
    return Entry(**full_facts)
