from dataclasses import fields
from typing import Any

import pytest

from sync_agent.audit import Entry, Event, Range, Versions, entry_bytes, parse
from sync_agent.audit.entry import ENTRY_FORMS
from sync_agent.domain.steps import Step
from sync_agent.errors import AuditError

TIME = "2026-11-23T01:02:03.456Z"

STRING_FIELDS = [
    "actor",
    "run",
    "subject",
    "step",
    "item",
    "old_state",
    "new_state",
    "wanted",
    "request",
    "response",
    "national_id",
    "account",
    "reason",
    "note",
    "field",
    "rule",
    "level",
    "set_digest",
    "head_root",
    "time",
]
NUMBER_FIELDS = ["epoch", "attempt", "http_status", "head_size"]
FREE_TEXTS = {
    "empty": "",
    "blank inside": "hai từ",
    "two words": "two words",
    "newline at the end": "held\n",
    "non-ASCII letter": "đã_gửi",
    "non-ASCII digit": "１２",
    "quote": 'a"b',
    "backslash": "a\\b",
    "too long": "a" * 513,
    "number": 1,
    "float": 1.5,
    "flag": True,
    "bytes": b"held",
    "list": ["held"],
}


def test_the_bytes_of_an_entry_are_fixed() -> None:
    """Names are sorted, nothing is spaced, absent fields are left out: these bytes are hashed for good."""
    entry = Entry(event=Event.INTENT, time=TIME, subject="a" * 64, step=Step.CASE, attempt=1, update=False)
    expected = (
        b'{"actor":"agent","attempt":1,"event":"intent","step":"case","subject":"' + b"a" * 64 + b'",'
        b'"time":"2026-11-23T01:02:03.456Z","update":false,"v":1}'
    )
    assert entry_bytes(entry) == expected


def test_nested_values_are_sorted_and_without_what_is_absent() -> None:
    """The same rules hold inside counts, versions and range."""
    entry = Entry(
        event=Event.RUN_ENDED,
        time=TIME,
        counts={"read": 2, "changed": 1},
        versions=Versions(policy="p1", agent="0.1.0"),
        range=Range(until=TIME),
    )
    expected = (
        b'{"actor":"agent","counts":{"changed":1,"read":2},"event":"run_ended",'
        b'"range":{"until":"2026-11-23T01:02:03.456Z"},"time":"2026-11-23T01:02:03.456Z","v":1,'
        b'"versions":{"agent":"0.1.0","policy":"p1"}}'
    )
    assert entry_bytes(entry) == expected


def test_an_entry_is_ascii(full_entry: Entry) -> None:
    """No byte of an entry is outside ASCII."""
    assert entry_bytes(full_entry).isascii()


def test_an_entry_is_read_back_as_it_was(full_entry: Entry) -> None:
    """Stored bytes say the same entry again."""
    assert parse(entry_bytes(full_entry)) == full_entry


def test_the_fields_are_those_of_the_forms() -> None:
    """No field of an entry escapes its check."""
    assert {field.name for field in fields(Entry)} == set(ENTRY_FORMS)


def test_the_full_example_has_every_field(full_facts: dict[str, Any]) -> None:
    """The example these tests use leaves no field out."""
    assert set(full_facts) == set(ENTRY_FORMS)


@pytest.mark.parametrize("field", STRING_FIELDS)
@pytest.mark.parametrize("value", FREE_TEXTS.values(), ids=FREE_TEXTS.keys())
def test_free_text_is_refused(full_facts: dict[str, Any], field: str, value: object) -> None:
    """Nothing but bounded ASCII words, digests and times can stand in a field."""
    full_facts[field] = value
    with pytest.raises(ValueError, match=rf"Entry\.{field} "):
        Entry(**full_facts)


@pytest.mark.parametrize("field", NUMBER_FIELDS)
@pytest.mark.parametrize("value", [1.0, -1, True, "1", 2**53, float("nan")])
def test_a_number_that_is_no_small_integer_is_refused(full_facts: dict[str, Any], field: str, value: object) -> None:
    """Numbers are integers that every reader keeps exact, and never negative."""
    full_facts[field] = value
    with pytest.raises(ValueError, match=rf"Entry\.{field} "):
        Entry(**full_facts)


@pytest.mark.parametrize("field", ["step", "reason", "field", "rule", "level"])
@pytest.mark.parametrize("value", ["012345678901", "0912345678", "lan@example.vn"])
def test_what_looks_like_an_id_phone_or_mail_is_no_code(full_facts: dict[str, Any], field: str, value: str) -> None:
    """Codes begin with a letter and hold no at-sign, so that a person's numbers cannot slip in."""
    full_facts[field] = value
    with pytest.raises(ValueError, match=rf"Entry\.{field} "):
        Entry(**full_facts)


@pytest.mark.parametrize(
    "value",
    [
        {"read": 1.5},
        {"read": -1},
        {"read": True},
        {"read": "1"},
        {"đọc": 1},
        {"two words": 1},
        {"": 1},
        {1: 1},
        {f"c{number}": number for number in range(65)},
        [("read", 1)],
    ],
)
def test_counts_are_words_and_integers(full_facts: dict[str, Any], value: object) -> None:
    """Counts hold no text and no fractions."""
    full_facts["counts"] = value
    with pytest.raises(ValueError, match=r"Entry\.counts "):
        Entry(**full_facts)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("event", "accepted"),
        ("event", "something_else"),
        ("v", 2),
        ("v", True),
        ("update", 1),
        ("http_status", 99),
        ("http_status", 1000),
        ("versions", {"agent": "0.1.0"}),
        ("range", {"until": TIME}),
    ],
)
def test_a_value_of_another_kind_is_refused(full_facts: dict[str, Any], field: str, value: object) -> None:
    """Each field takes its own kind of value only."""
    full_facts[field] = value
    with pytest.raises(ValueError, match=rf"Entry\.{field} "):
        Entry(**full_facts)


@pytest.mark.parametrize(
    "time",
    [
        "2026-11-23T01:02:03Z",
        "2026-11-23T01:02:03.4567Z",
        "2026-11-23T01:02:03.456+00:00",
        "2026-11-23T08:02:03.456+07:00",
        "2026-11-23 01:02:03.456Z",
        "2026-11-23t01:02:03.456z",
        "2026-13-23T01:02:03.456Z",
        "2026-02-30T01:02:03.456Z",
    ],
)
def test_a_time_in_another_form_is_refused(time: str) -> None:
    """There is one way to write an instant: UTC, milliseconds, `Z`, and a day that exists."""
    with pytest.raises(ValueError, match=r"Entry\.time "):
        Entry(event=Event.READY, time=time)


def test_versions_hold_no_free_text() -> None:
    """The versions in force are words too."""
    with pytest.raises(ValueError, match=r"Versions\.mapping "):
        Versions(mapping="phiên bản 1")


def test_a_range_holds_times_only() -> None:
    """What was read is told by two instants."""
    with pytest.raises(ValueError, match=r"Range\.until "):
        Range(until="today")


def test_the_refusal_does_not_repeat_the_value() -> None:
    """An error about a value that may be a name names the field only."""
    with pytest.raises(ValueError, match="reason") as refused:
        Entry(event=Event.HELD, time=TIME, reason="Nguyễn Văn An")
    assert "Nguy" not in str(refused.value)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"not json",
        b"[]",
        b"1",
        b"{}",
        b'{"event":"accepted","time":"2026-11-23T01:02:03.456Z","v":2}',
        b'{"event":"unheard_of","time":"2026-11-23T01:02:03.456Z","v":1}',
        b'{"event":"accepted","time":"2026-11-23T01:02:03.456Z","v":1,"name":"x"}',
        b'{"event":"accepted","time":"2026-11-23T01:02:03.456Z","v":1,"versions":{"other":"x"}}',
        b'{"event":"accepted","time":"2026-11-23T01:02:03.456Z","v":1,"range":{}}',
        b'{"event":["accepted"],"time":"2026-11-23T01:02:03.456Z","v":1}',
        b"\xff",
    ],
)
def test_bytes_that_are_no_entry_are_an_audit_error(raw: bytes) -> None:
    """Whatever stands where an entry should be, it is reported as such."""
    with pytest.raises(AuditError, match="not an entry"):
        parse(raw)
