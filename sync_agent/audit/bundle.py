"""Decides what a bundle holds: all that a stranger needs to check the whole log, up to one signed head, and no secret.

The layout of tiles and entries is that of C2SP tlog-tiles. Made a tile at a time: memory stays flat.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import takewhile
from typing import Final

from sqlalchemy import Connection, select

from sync_agent.audit.anchors import AnchorRecord, anchor_records
from sync_agent.audit.checkpoints import Checkpoint, StoredCheckpoint, checkpoints
from sync_agent.audit.log import tile_hashes
from sync_agent.audit.merkle import HASH_SIZE, TILE_WIDTH
from sync_agent.audit.note import NoteVerifier
from sync_agent.audit.tables import LEAF
from sync_agent.domain.canonical import canonical_bytes
from sync_agent.errors import AuditError

__all__ = ["MANIFEST", "bundle_files", "tile_path", "write_bundle"]

MANIFEST: Final = "manifest.json"
_GROUP: Final = 1000


def write_bundle(
    conn: Connection,
    head: StoredCheckpoint,
    keys: Sequence[NoteVerifier],
    put: Callable[[str, bytes], None],
    *,
    made_at: str,
) -> str:
    """Hand each file of the bundle of a head to `put`, the manifest last; return the SHA-256 of the manifest, in hex.

    AuditError when an entry under the head is missing.
    """
    digests: dict[str, str] = {}
    for path, content in bundle_files(conn, head, keys):
        put(path, content)
        digests[path] = hashlib.sha256(content).hexdigest()
    manifest = canonical_bytes(
        {
            "format": "sync-agent audit bundle",
            "version": 1,
            "origin": Checkpoint.parse(head.note).origin,
            "size": head.size,
            "root": head.root.hex(),
            "checkpoint": head.number,
            "made_at": made_at,
            "files": digests,
        }
    )
    put(MANIFEST, manifest)
    return hashlib.sha256(manifest).hexdigest()


def bundle_files(conn: Connection, head: StoredCheckpoint, keys: Iterable[NoteVerifier]) -> Iterator[tuple[str, bytes]]:
    """Yield path and content of every file but the manifest."""
    yield "checkpoint", head.note
    yield "keys/audit.pub", "".join(f"{key}\n" for key in keys).encode()
    yield from _tiles(conn, head.size)
    yield from _entries(conn, head.size)
    for each in takewhile(lambda one: one.number <= head.number, checkpoints(conn)):
        yield f"checkpoints/{each.number:08d}.note", each.note
    records = [record for record in anchor_records(conn) if record.checkpoint <= head.number]
    yield "anchors/anchors.jsonl", b"".join(canonical_bytes(_said(record)) + b"\n" for record in records)
    for record in records:
        if record.receipt is not None:
            yield f"anchors/{record.number}.receipt", record.receipt


def _tiles(conn: Connection, size: int) -> Iterator[tuple[str, bytes]]:
    """Yield the tiles of a tree of `size` entries, whatever it has grown to since."""
    level, count = 0, size
    while count:
        for index, width in _widths(count):
            hashes = tile_hashes(conn, level, index)[: width * HASH_SIZE]
            if len(hashes) != width * HASH_SIZE:
                raise _missing(f"tile/{level}/{index}")
            yield tile_path(str(level), index, width), hashes
        level, count = level + 1, count // TILE_WIDTH


def _entries(conn: Connection, size: int) -> Iterator[tuple[str, bytes]]:
    for index, width in _widths(size):
        first = index * TILE_WIDTH
        query = select(LEAF.c.entry).where(LEAF.c.idx >= first, LEAF.c.idx < first + width).order_by(LEAF.c.idx)
        raws = conn.execute(query).scalars().all()
        if len(raws) != width:
            raise _missing(f"{first}-{first + width - 1}")
        yield tile_path("entries", index, width), b"".join(len(raw).to_bytes(2, "big") + raw for raw in raws)


def _widths(count: int) -> Iterator[tuple[int, int]]:
    """Yield (index, hashes in it) of each tile over `count` nodes; the last may be partial."""
    whole, rest = divmod(count, TILE_WIDTH)
    yield from ((index, TILE_WIDTH) for index in range(whole))
    if rest:
        yield whole, rest


def tile_path(level: str, index: int, width: int) -> str:
    """Return the path of a tile that holds `width` hashes or entries; `level` is `entries` for those."""
    groups, rest = [f"{index % _GROUP:03d}"], index // _GROUP
    while rest:
        groups.append(f"x{rest % _GROUP:03d}")
        rest //= _GROUP
    path = "/".join(["tile", level, *reversed(groups)])
    return path if width == TILE_WIDTH else f"{path}.p/{width}"


def _said(record: AnchorRecord) -> dict[str, object]:
    names = ("number", "checkpoint", "channel", "outcome", "anchored_at")
    return {name: getattr(record, name) for name in names}


def _missing(place: str) -> AuditError:
    return AuditError(
        "the audit log lacks something of {place}",
        where="audit_leaf",
        todo="see: sync-agent audit verify",
        facts=(("place", place),),
    )
