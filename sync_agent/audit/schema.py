"""Decides nothing of its own: tells other readers, as JSON Schema, what `entry.py` accepts."""

from sync_agent.audit.entry import ENTRY_FORMS

__all__ = ["entry_schema"]


def entry_schema() -> dict[str, object]:
    """Return the JSON Schema (2020-12) of an entry; `schemas/audit/entry.schema.json` is its export."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Audit entry",
        "description": "One decision or change of state. Stored and hashed as the canonical JSON bytes of this object: "
        "ASCII, names sorted, no white space, absent fields left out.",
        "type": "object",
        "properties": {name: dict(form.schema) for name, form in ENTRY_FORMS.items()},
        "required": ["v", "time", "actor", "event"],
        "additionalProperties": False,
    }
