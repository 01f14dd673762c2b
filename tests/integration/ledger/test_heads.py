"""When heads are signed, by which key, and where they are taken."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from sync_agent.audit import (
    Checkpoint,
    CheckpointReason,
    Event,
    KeyFile,
    StoredCheckpoint,
    anchor_records,
    checkpoints,
    entries,
    open_channel,
)
from sync_agent.audit.anchor_settings import FileAnchor
from sync_agent.errors import ConfigError
from sync_agent.ledger import HeadKeeper, Ledger
from tests.support.houses import Clock
from tests.support.ledgers import ON_SQLITE

HOUR = timedelta(hours=1)

pytestmark = ON_SQLITE


@pytest.fixture
def clock(ledger: Ledger) -> Clock:
    """Return the ledger's clock."""
    turned = Clock()
    ledger.clock = turned
    return turned


@pytest.fixture
def heads(ledger: Ledger, clock: Clock, tmp_path: Path) -> HeadKeeper:
    """Return what signs the ledger's heads and takes them to a folder."""
    del clock
    (tmp_path / "volume").mkdir()
    folder = FileAnchor(name="volume", kind="file", folder=Path("volume"), remote=True)
    keeper = HeadKeeper(KeyFile(tmp_path, "sync-agent/test"), (open_channel(folder, tmp_path),), entries=10)
    ledger.heads = keeper
    return keeper


def signed(ledger: Ledger) -> list[StoredCheckpoint]:
    """Return the heads that were signed."""
    with ledger.read() as connection:
        return list(checkpoints(connection))


def happen(ledger: Ledger, count: int) -> None:
    """Let so many things happen, each in a transaction of its own."""
    for _ in range(count):
        with ledger.write() as tx:
            tx.record(Event.NATIONAL_UP)


def last(ledger: Ledger, what: Event) -> dict[str, object]:
    """Return what the newest entry of an event says."""
    with ledger.read() as connection:
        entry = next(entries(connection, event=what, newest_first=True, limit=1)).entry
    return {name: getattr(entry, name) for name in ("actor", "old_state", "new_state", "range")}


# when


def test_a_head_is_signed_after_so_many_entries(ledger: Ledger, heads: HeadKeeper) -> None:
    """By itself, in the course of whatever is written."""
    happen(ledger, 7)  # after bound, taken over
    assert signed(ledger) == []
    happen(ledger, 1)
    assert [(head.size, head.reason) for head in signed(ledger)] == [(11, "entries")]
    assert heads.key.load().verifier.signed(signed(ledger)[0].note)


def test_the_count_begins_anew_with_each_head(ledger: Ledger, heads: HeadKeeper) -> None:
    """Whoever signed it."""
    heads.sign(ledger, CheckpointReason.PERSON)
    happen(ledger, 20)
    assert [head.size for head in signed(ledger)] == [3, 13, 23]


def test_a_new_process_goes_on_counting(ledger: Ledger, heads: HeadKeeper) -> None:
    """What another signed is under a head already."""
    heads.sign(ledger, CheckpointReason.PERSON)
    happen(ledger, 5)
    ledger.heads = HeadKeeper(heads.key, entries=10)
    happen(ledger, 5)
    assert [head.size for head in signed(ledger)] == [3, 13]


def test_an_hour_in_which_nothing_happened_is_signed_too(ledger: Ledger, heads: HeadKeeper, clock: Clock) -> None:
    """So that silence can be told from a hole."""
    ledger.sign_head(sent=False)
    clock.move(minutes=59)
    ledger.sign_head(sent=False)
    clock.move(minutes=1)
    ledger.sign_head(sent=False)
    assert [(head.size, head.reason) for head in signed(ledger)] == [(3, "hour"), (3, "hour")]


def test_what_was_sent_is_under_a_head_when_its_run_ends(ledger: Ledger, heads: HeadKeeper) -> None:
    """Not an hour later."""
    ledger.sign_head(sent=True)
    ledger.sign_head(sent=True)
    assert [head.reason for head in signed(ledger)] == ["run", "run"]


# gaps


def test_a_silence_is_declared(ledger: Ledger, heads: HeadKeeper, clock: Clock) -> None:
    """When nobody signed for long, the next head stands above an entry that says since when."""
    before = heads.sign(ledger, CheckpointReason.HOUR)
    clock.move(hours=5)
    after = heads.sign(ledger, CheckpointReason.HOUR)
    declared = last(ledger, Event.GAP_DECLARED)["range"]
    assert (declared.since, declared.until) == (before.signed_at, after.signed_at)  # type: ignore[attr-defined]


def test_a_service_that_was_stopped_was_not_silent(ledger: Ledger, heads: HeadKeeper, clock: Clock) -> None:
    """Its last head says that it stopped."""
    heads.sign(ledger, CheckpointReason.STOP)
    clock.move(hours=5)
    heads.sign(ledger, CheckpointReason.START)
    with ledger.read() as connection:
        assert list(entries(connection, event=Event.GAP_DECLARED)) == []


# the key


def test_the_first_head_stands_above_the_name_of_its_key(ledger: Ledger, heads: HeadKeeper) -> None:
    """The log itself commits to the key that signs it."""
    heads.sign(ledger, CheckpointReason.START)
    said = last(ledger, Event.KEY_ROTATED)
    assert (said["old_state"], said["new_state"]) == (None, heads.key.load().verifier.key_id.hex())


def test_a_lost_key_stops_signing(ledger: Ledger, heads: HeadKeeper) -> None:
    """None is made in its place, or whoever deletes it could sign another history."""
    heads.sign(ledger, CheckpointReason.START)
    heads.key.path.unlink()
    with pytest.raises(ConfigError):
        heads.sign(ledger, CheckpointReason.HOUR)
    with pytest.raises(ConfigError):
        ledger.require_newest()


def test_the_old_key_signs_the_name_of_the_new_one(ledger: Ledger, heads: HeadKeeper) -> None:
    """Whoever knows the old one can so trust the new one."""
    heads.sign(ledger, CheckpointReason.START)
    heads.rotate(ledger, "os:lan")
    old, new = heads.key.verifiers()
    said = last(ledger, Event.KEY_ROTATED)
    assert (said["actor"], said["old_state"], said["new_state"]) == ("os:lan", old.key_id.hex(), new.key_id.hex())
    before, after = signed(ledger)[-2:]
    assert (old.signed(before.note), new.signed(after.note), before.size) == (True, True, after.size)


def test_a_rotation_cut_after_its_entry_is_finished(ledger: Ledger, heads: HeadKeeper) -> None:
    """The entry names the new key: it signs from then on, also after a power cut in between."""
    heads.sign(ledger, CheckpointReason.START)

    def cut() -> None:
        raise KeyboardInterrupt

    heads.key.advance, advance = cut, heads.key.advance  # type: ignore[method-assign, assignment]
    with pytest.raises(KeyboardInterrupt):
        heads.rotate(ledger, "os:lan")
    heads.key.advance = advance  # type: ignore[method-assign]
    stored = heads.sign(ledger, CheckpointReason.START)
    assert heads.key.verifiers()[-1].signed(stored.note)
    assert last(ledger, Event.KEY_ROTATED)["new_state"] == heads.key.load().verifier.key_id.hex()


def test_a_key_that_the_log_does_not_name_signs_nothing(ledger: Ledger, heads: HeadKeeper) -> None:
    """Whoever puts another in its place is noticed by the next head."""
    heads.sign(ledger, CheckpointReason.START)
    heads.key.path.unlink()
    heads.key.make()
    with pytest.raises(ConfigError):
        heads.sign(ledger, CheckpointReason.HOUR)


def test_a_copy_from_before_a_rotation_names_the_key_anew(ledger: Ledger, heads: HeadKeeper) -> None:
    """When it was declared as one that was put back."""
    heads.sign(ledger, CheckpointReason.START)
    old = heads.key.load().verifier
    heads.key.prepare()
    new = heads.key.advance().verifier  # as after a rotation whose entry is not in this copy
    with ledger.write(actor="os:lan") as tx:
        tx.record(Event.INCARNATION_STARTED, reason="disk")
    stored = heads.sign(ledger, CheckpointReason.START)
    said = last(ledger, Event.KEY_ROTATED)
    assert (said["old_state"], said["new_state"]) == (old.key_id.hex(), new.key_id.hex())
    assert new.signed(stored.note)


# outside


def outcomes(ledger: Ledger) -> list[tuple[int, str, str]]:
    """Return the attempts to take heads outside: which head, where, what became of it."""
    with ledger.read() as connection:
        return [(each.checkpoint, each.channel, each.outcome) for each in anchor_records(connection)]


def test_a_head_is_taken_outside_and_that_is_recorded(ledger: Ledger, heads: HeadKeeper, tmp_path: Path) -> None:
    """What is in the folder is what was signed."""
    ledger.sign_head(sent=True)
    [stored] = signed(ledger)
    assert outcomes(ledger) == [(0, "volume", "done")]
    assert Checkpoint.parse((tmp_path / "volume" / "00000000.note").read_bytes()).size == stored.size


def test_heads_go_out_only_so_often(ledger: Ledger, heads: HeadKeeper, clock: Clock) -> None:
    """Not each of them; the next when the time has come, and only when something was added."""
    ledger.sign_head(sent=True)
    clock.move(hours=1)
    ledger.sign_head(sent=True)
    clock.move(hours=6)
    ledger.sign_head(sent=True)  # above the declared gap
    assert [number for number, _, _ in outcomes(ledger)] == [0, 2]


def test_a_failure_is_recorded_and_tried_again_after_a_pause(
    ledger: Ledger, heads: HeadKeeper, clock: Clock, tmp_path: Path
) -> None:
    """Not at every pass of every minute."""
    (tmp_path / "volume").rmdir()
    for _ in range(3):
        ledger.sign_head(sent=True)
        clock.move(minutes=8)
    assert outcomes(ledger) == [(0, "volume", "not_writable"), (2, "volume", "not_writable")]


def test_a_person_takes_a_head_everywhere_at_once(ledger: Ledger, heads: HeadKeeper) -> None:
    """Whether it is due or not."""
    ledger.sign_head(sent=True)
    stored = heads.sign(ledger, CheckpointReason.PERSON)
    assert heads.take_out(ledger, stored, asked=True) == {"volume": "done"}


def test_it_is_known_since_when_nothing_got_out(
    ledger: Ledger, heads: HeadKeeper, clock: Clock, tmp_path: Path
) -> None:
    """Since the last head that reached another machine, or since the first key."""
    (tmp_path / "volume").rmdir()
    first = heads.sign(ledger, CheckpointReason.START)
    with ledger.read() as connection:
        assert heads.silent_since(connection) == datetime.fromisoformat(first.signed_at)
    (tmp_path / "volume").mkdir()
    clock.move(hours=3)
    heads.take_out(ledger, heads.sign(ledger, CheckpointReason.PERSON), asked=True)
    with ledger.read() as connection:
        since = heads.silent_since(connection)
    assert since is not None
    assert since > datetime.fromisoformat(first.signed_at) + 2 * HOUR
