"""Every event and every field of an entry is explained to people."""

from sync_agent.audit import Entry, Event, Range, Versions, entry_document
from sync_agent.audit.entry import ENTRY_FORMS, RANGE_FORMS, VERSION_FORMS
from sync_agent.reports import EVENT_SENTENCES, LOG_COLUMNS, event_sentence, log_row

TIME = "2026-11-02T18:30:00.123Z"


def test_every_event_has_a_sentence() -> None:
    """And there is none for what is no event."""
    assert set(EVENT_SENTENCES) == {event.value for event in Event}


def test_an_event_of_a_newer_version_is_told_by_its_code() -> None:
    """An old agent can read a new log."""
    assert event_sentence({"event": "moved_to_mars"}, str) == "moved_to_mars"


def test_every_field_of_an_entry_has_a_column() -> None:
    """Those with parts have one for each part."""
    plain = set(ENTRY_FORMS) - {"versions", "range"}
    parts = {f"versions.{name}" for name in VERSION_FORMS} | {f"range.{name}" for name in RANGE_FORMS}
    assert {column.name for column in LOG_COLUMNS} - {"idx", "sentence"} == plain | parts


def test_a_row_says_all_that_an_entry_says() -> None:
    """Parts under their names, counts in one cell, times as the clock in Việt Nam showed them."""
    versions, read = Versions(agent="0.1.0"), Range(until=TIME)
    document = entry_document(
        Entry(event=Event.RUN_ENDED, time=TIME, counts={"b": 2, "a": 1}, versions=versions, range=read)
    )
    row = log_row(7, document, "A pass ended.")
    assert (row["idx"], row["counts"], row["versions.agent"]) == (7, "a 1, b 2", "0.1.0")
    assert str(row["time"]) == str(row["range.until"]) == "2026-11-03 01:30:00.123000"
    assert set(row) <= {column.name for column in LOG_COLUMNS}
