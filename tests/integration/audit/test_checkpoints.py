from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import Connection, insert
from sqlalchemy.exc import DBAPIError

from sync_agent.audit import (
    Checkpoint,
    CheckpointReason,
    Entry,
    Event,
    NoteSigner,
    StoredCheckpoint,
    append,
    checkpoints,
    head,
    last_checkpoint,
    sign_head,
)
from sync_agent.audit.tables import CHECKPOINT
from sync_agent.errors import AuditError

SIGNER = NoteSigner("sync-agent/test", bytes(32))
TIME = "2026-11-23T01:02:03.456Z"

Sign = Callable[[int], StoredCheckpoint]


@pytest.fixture
def sign(conn: Connection) -> Sign:
    """Return what adds so many entries and signs the head after them."""

    def signed(count: int) -> StoredCheckpoint:
        append(conn, [Entry(event=Event.PLANNED, time=TIME, attempt=number) for number in range(count)])
        return sign_head(conn, SIGNER, time=TIME, reason=CheckpointReason.ENTRIES)

    return signed


def test_a_head_says_size_and_root_of_the_log(conn: Connection, sign: Sign) -> None:
    """And the log's own name, its number and why it was signed."""
    said = Checkpoint.parse(sign(5).note)
    assert said == Checkpoint(SIGNER.verifier.name, 5, head(conn).root, 0, TIME, "entries", "0" * 64)


def test_it_is_signed_by_the_key(sign: Sign) -> None:
    """The public half accepts it."""
    assert SIGNER.verifier.signed(sign(1).note)


def test_each_head_names_the_one_before_it(sign: Sign) -> None:
    """So none can be taken out of the series without a trace."""
    first, second = sign(1), sign(1)
    assert (second.number, Checkpoint.parse(second.note).previous) == (1, first.hash)


def test_two_heads_may_have_one_size(sign: Sign) -> None:
    """Nothing happened for an hour, and that is signed too."""
    assert (sign(3).size, sign(0).size) == (3, 3)


def test_heads_are_read_back_in_both_orders(conn: Connection, sign: Sign) -> None:
    """As they were signed, byte for byte."""
    made = [sign(1), sign(2), sign(3)]
    assert list(checkpoints(conn)) == made
    assert list(checkpoints(conn, newest_first=True)) == made[::-1]
    assert last_checkpoint(conn) == made[-1]


def test_the_columns_repeat_the_note(sign: Sign) -> None:
    """A column that says something else than the note is noticed."""
    stored = sign(2)
    said = Checkpoint.parse(stored.note)
    assert not stored.disagrees(said)
    assert replace(stored, size=3).disagrees(said)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"number 0", b"number x"),
        (b"number 0\n", b""),
        (b"number 0", b"number 00"),
        (b"reason", b"because"),
        (b"\n5\n", b"\nfive\n"),
    ],
)
def test_a_text_of_another_form_is_no_head(sign: Sign, old: bytes, new: bytes) -> None:
    """A head is read in one form only."""
    with pytest.raises(AuditError):
        Checkpoint.parse(sign(5).note.replace(old, new))


@pytest.mark.parametrize("change", [{"number": 0}, {"number": 7}, {"size": 1}, {"size": 9}])
def test_the_database_takes_only_the_next_head(conn: Connection, sign: Sign, change: dict[str, int]) -> None:
    """None twice, none left out, none older than the last, none ahead of the log."""
    stored = sign(3)
    values = {name: getattr(stored, name) for name in ("size", "root", "note", "signed_at", "reason")}
    with pytest.raises(DBAPIError):
        conn.execute(insert(CHECKPOINT).values({**values, "number": 1, **change}))
