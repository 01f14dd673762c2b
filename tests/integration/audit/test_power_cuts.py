"""Keys, heads and seals when the power goes, or another process was faster: nothing is refused for ever, or undone."""

import os
from pathlib import Path

import pytest

from sync_agent.audit import KeyFile, NoteSigner, Seals, StoredCheckpoint, open_channel
from sync_agent.audit.anchor_settings import FileAnchor
from sync_agent.audit.channels import kept_heads, note_file

SIGNER = NoteSigner("sync-agent/test", bytes(32))
HEAD = StoredCheckpoint(7, 300, bytes(32), SIGNER.sign("a head\n"), "2026-11-23T01:02:03.456Z", "hour")


class CutError(BaseException):
    """The power is gone."""


@pytest.fixture
def power(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Let the power go at the first write that should reach the disk; nobody clears up."""

    def cut(_: int) -> None:
        raise CutError

    monkeypatch.setattr(os, "fsync", cut)
    monkeypatch.setattr(Path, "unlink", lambda *_args, **_named: None)
    return monkeypatch


def test_a_key_that_was_being_made_is_made_at_the_next_start(tmp_path: Path, power: pytest.MonkeyPatch) -> None:
    """An empty file would be refused for ever, and no other is made in its place."""
    with pytest.raises(CutError):
        KeyFile(tmp_path, "sync-agent/test").make()
    power.undo()
    made = KeyFile(tmp_path, "sync-agent/test").make()
    assert KeyFile(tmp_path, "sync-agent/test").verifiers() == [made.verifier]


def test_a_public_half_that_was_being_written_is_written_at_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half a line would be no key, and the others would be gone with it."""
    keys = KeyFile(tmp_path, "sync-agent/test")
    first = keys.make().verifier
    second = keys.prepare().verifier

    def cut(_: int) -> None:
        raise CutError

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", cut)
        with pytest.raises(CutError):
            keys.advance()
    assert keys.verifiers() == [first]
    assert keys.advance().verifier == second
    assert keys.verifiers() == [first, second]


def test_of_two_that_make_the_first_key_both_sign_by_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The faster one's: the other looks again."""
    slow, fast = KeyFile(tmp_path, "sync-agent/test"), KeyFile(tmp_path, "sync-agent/test")
    made = fast.make().verifier
    with monkeypatch.context() as patched:
        patched.setattr(Path, "exists", lambda _: False)  # it looked before
        assert slow.make().verifier == made


def test_a_head_that_was_being_taken_is_taken_at_the_next_try(tmp_path: Path, power: pytest.MonkeyPatch) -> None:
    """What is left of it is no head: `another_head_is_there` would be said for ever."""
    channel = open_channel(FileAnchor(name="outside", kind="file", folder=Path()), tmp_path)
    with pytest.raises(CutError):
        channel.take(HEAD)
    assert (len(list(tmp_path.iterdir())), kept_heads(tmp_path)) == (1, [])
    power.undo()
    assert channel.take(HEAD) is None
    assert [(path.name, path.read_bytes()) for path in kept_heads(tmp_path)] == [(note_file(7), HEAD.note)]


def test_what_another_process_destroyed_stays_destroyed(tmp_path: Path) -> None:
    """Both have read the keys before; the second one to destroy must not bring the first one's back."""
    one, other = Seals(tmp_path), Seals(tmp_path)
    one.make()
    sealed = {number: one.seal(number, b"secret") for number in (1, 2, 3)}
    assert other.unseal(1, sealed[1]) == b"secret"
    one.destroy([1])
    assert (other.is_destroyed(1), other.unseal(1, sealed[1])) == (True, None)
    other.destroy([2])
    for reader in (one, other, Seals(tmp_path)):
        assert [reader.unseal(number, sealed[number]) for number in (1, 2, 3)] == [None, None, b"secret"]


def test_destroying_reads_anew_whatever_the_time_of_the_file_says(tmp_path: Path) -> None:
    """A clock that stands still must not undo an erasure."""
    one, other = Seals(tmp_path), Seals(tmp_path)
    one.make()
    sealed = one.seal(1, b"secret")
    assert not other.is_destroyed(1)
    one.destroy([1])
    found = one.path.stat()
    other._known = ((found.st_ino, found.st_mtime_ns, found.st_size), {"": bytes(32)})
    other.destroy([2])
    assert Seals(tmp_path).unseal(1, sealed) is None


def test_of_two_that_make_the_first_seals_both_have_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What one sealed meanwhile must open."""
    one, other = Seals(tmp_path), Seals(tmp_path)
    one.make()
    sealed = one.seal(1, b"secret")
    with monkeypatch.context() as patched:
        patched.setattr(Path, "exists", lambda _: False)  # it looked before
        other.make()
    assert Seals(tmp_path).unseal(1, sealed) == b"secret"
