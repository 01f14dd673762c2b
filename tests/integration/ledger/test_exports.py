"""What a bundle holds, looked at by the definitions of the standards and not by the code that made it."""

import hashlib
import json
from base64 import b64decode
from pathlib import Path

import pytest

from sync_agent.audit import CheckpointReason, Event, KeyFile, entries, head, leaf_hash, node_hash, write_bundle
from sync_agent.audit.anchors import DONE, Attempt, keep_attempts
from sync_agent.errors import AuditError
from sync_agent.ledger import HeadKeeper, Ledger, bundle_log, note_export
from tests.support.guards import without_guards
from tests.support.ledgers import ON_BOTH, ON_SQLITE, changing

ENTRIES = 700
OWN = 3  # how a ledger begins, and the key that signs


@pytest.fixture
def heads(ledger: Ledger, tmp_path: Path) -> HeadKeeper:
    """Return what signs the heads of a log of some hundred entries."""
    keeper = HeadKeeper(KeyFile(tmp_path, "sync-agent/test"), entries=10_000)
    ledger.heads = keeper
    happen(ledger, ENTRIES - OWN)
    return keeper


def happen(ledger: Ledger, count: int) -> None:
    """Let so many things happen."""
    with ledger.write() as tx:
        for number in range(count):
            tx.record(Event.NATIONAL_UP, account=f"xa-{number}")


def bundle(ledger: Ledger, heads: HeadKeeper) -> dict[str, bytes]:
    """Return the files of a bundle."""
    files: dict[str, bytes] = {}
    bundle_log(ledger, heads, files.__setitem__)
    return files


def entries_of(files: dict[str, bytes]) -> list[bytes]:
    """Return the entries of all entry bundles in their order."""
    found = []
    for name in sorted(name for name in files if name.startswith("tile/entries/")):
        rest = files[name]
        while rest:
            length = int.from_bytes(rest[:2], "big")
            found.append(rest[2 : 2 + length])
            rest = rest[2 + length :]
    return found


def hashes_of(files: dict[str, bytes], level: int) -> list[bytes]:
    """Return the hashes of a level in their order."""
    whole = b"".join(files[name] for name in sorted(files) if name.startswith(f"tile/{level}/"))
    return [whole[at : at + 32] for at in range(0, len(whole), 32)]


def root(leaves: list[bytes]) -> bytes:
    """Return MTH(D[n]) of RFC 6962."""
    if len(leaves) == 1:
        return leaves[0]
    half = max(1 << power for power in range(len(leaves).bit_length()) if 1 << power < len(leaves))
    return node_hash(root(leaves[:half]), root(leaves[half:]))


@ON_BOTH
def test_a_bundle_is_whole_and_names_itself(ledger: Ledger, heads: HeadKeeper) -> None:
    """All entries to the newest; tiles over them; the head that is signed; a manifest of every file but itself."""
    files = bundle(ledger, heads)
    manifest = json.loads(files.pop("manifest.json"))
    raws = entries_of(files)
    leaves = [leaf_hash(raw) for raw in raws]
    _, size, said = files["checkpoint"].decode().split("\n")[:3]
    with ledger.read() as connection:
        assert (len(raws), root(leaves)) == head(connection)
    assert (int(size), b64decode(said)) == (len(raws), root(leaves))
    assert hashes_of(files, 0) == leaves
    assert hashes_of(files, 1) == [root(leaves[at : at + 256]) for at in range(0, 512, 256)]
    assert manifest["files"] == {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    assert (manifest["size"], manifest["root"], manifest["checkpoint"]) == (len(raws), root(leaves).hex(), 0)


@ON_SQLITE
def test_full_and_partial_tiles_have_their_names(ledger: Ledger, heads: HeadKeeper) -> None:
    """Of every level that is begun."""
    files = bundle(ledger, heads)
    rest = ENTRIES - 512
    partial = [f"tile/0/002.p/{rest}", "tile/1/000.p/2", f"tile/entries/002.p/{rest}"]
    assert sorted(name for name in files if name.startswith("tile/")) == sorted(
        ["tile/0/000", "tile/0/001", "tile/entries/000", "tile/entries/001", *partial]
    )


@ON_SQLITE
def test_a_log_that_ends_with_a_tile_has_the_partial_one_above_it(ledger: Ledger, heads: HeadKeeper) -> None:
    """Although nothing of level 0 is partial."""
    happen(ledger, 1024 - ENTRIES)
    names = [name for name in bundle(ledger, heads) if name.startswith("tile/") and ".p/" in name]
    assert names == ["tile/1/000.p/4"]


@ON_BOTH
def test_what_happens_after_the_head_is_not_in_the_bundle(ledger: Ledger, heads: HeadKeeper) -> None:
    """A pass may go on meanwhile, and fill the tile that was partial."""
    signed = heads.sign(ledger, CheckpointReason.PERSON)
    happen(ledger, 300)
    heads.sign(ledger, CheckpointReason.PERSON)
    files: dict[str, bytes] = {}
    with ledger.read() as connection:
        write_bundle(connection, signed, [], files.__setitem__, made_at="2026-11-02T03:00:00.000Z")
    leaves = [leaf_hash(raw) for raw in entries_of(files)]
    assert (len(leaves), root(leaves), hashes_of(files, 0)) == (signed.size, signed.root, leaves)
    assert [name for name in files if name.startswith("checkpoints/")] == ["checkpoints/00000000.note"]


@ON_SQLITE
def test_a_head_that_is_over_all_is_not_signed_again(ledger: Ledger, heads: HeadKeeper) -> None:
    """Two bundles of one log hold the same."""
    first, second = bundle(ledger, heads), bundle(ledger, heads)
    assert (first["checkpoint"], len(first)) == (second["checkpoint"], len(second))


@ON_SQLITE
def test_the_attempts_to_take_heads_outside_are_in_it(ledger: Ledger, heads: HeadKeeper) -> None:
    """With what came back."""
    stored = heads.sign(ledger, CheckpointReason.PERSON)
    with ledger.write() as tx:
        keep_attempts(tx.connection, stored, [Attempt("stamp", DONE, b"receipt"), Attempt("mail", "refused")], tx.now)
    files = bundle(ledger, heads)
    told = [json.loads(line) for line in files["anchors/anchors.jsonl"].splitlines()]
    assert [(one["number"], one["checkpoint"], one["channel"], one["outcome"]) for one in told] == [
        (0, 0, "stamp", "done"),
        (1, 0, "mail", "refused"),
    ]
    assert {name: files[name] for name in files if name.endswith(".receipt")} == {"anchors/0.receipt": b"receipt"}


@ON_SQLITE
def test_the_key_that_signs_is_not_in_it(ledger: Ledger, heads: HeadKeeper) -> None:
    """Only its public half, as the log names it."""
    files = bundle(ledger, heads)
    private = heads.key.path.read_bytes().strip()
    assert files["keys/audit.pub"] == f"{heads.key.load().verifier}\n".encode()
    assert [name for name in files if private in files[name] or bytes.fromhex(private.decode()) in files[name]] == []


@ON_SQLITE
def test_a_log_with_a_hole_is_not_handed_over_as_if_it_were_whole(ledger: Ledger, heads: HeadKeeper) -> None:
    """It is said where something is missing."""
    heads.sign(ledger, CheckpointReason.PERSON)
    with changing(ledger.engine) as connection:
        without_guards(connection)
        connection.exec_driver_sql("DELETE FROM audit_leaf WHERE idx = 300")
    with pytest.raises(AuditError, match="lacks something of"):
        bundle(ledger, heads)


@ON_SQLITE
def test_an_export_is_an_entry(ledger: Ledger, heads: HeadKeeper) -> None:
    """Who, in which form, how much, and by what the file can be known again."""
    del heads
    note_export(ledger, "xlsx", actor="os:lan", entries=12, digest="a" * 64)
    with ledger.read() as connection:
        entry = next(entries(connection, newest_first=True)).entry
    assert (entry.event, entry.actor, entry.reason) == (Event.EXPORTED, "os:lan", "xlsx")
    assert (entry.counts, entry.set_digest, entry.subject) == ({"entries": 12}, "a" * 64, None)
