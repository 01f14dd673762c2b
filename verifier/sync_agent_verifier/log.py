"""Decides what the entries of a bundle come to: each one read once, hashed into the tree, compared with the tiles."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from sync_agent_verifier.files import Files, json_object, tile_name
from sync_agent_verifier.remarks import Remarks, Unreadable
from sync_agent_verifier.tree import HASH_SIZE, TILE_WIDTH, Tile, Tiles, leaf_hash

__all__ = ["Incarnation", "Log", "Rotation", "read_log"]

_MOST_BUNDLE = TILE_WIDTH * (2 + 0xFFFF)  # bytes
_MOST_KEPT = 100_000  # entries of the kinds that are rare in every honest log
_MOST_EVENTS = 1000
_KEPT = frozenset({"key_rotated", "gap_declared", "incarnation_started"})


@dataclass(frozen=True)
class Rotation:
    """The entry that names a new key, as it says it: ids of both keys in hex, and the hash of the new key's line.

    `anew`: in an older copy that was put back, whose own key is gone, the key that is there names itself.
    """

    index: int
    old: object
    new: object
    digest: object
    anew: bool = False


@dataclass(frozen=True)
class Incarnation:
    """The entry that declares that an older copy of the ledger was put back; `size` is that of the lost one."""

    index: int
    size: int | None
    root: object


@dataclass
class Log:
    """What is known of a log after its entries were read once."""

    size: int = 0
    roots: dict[int, bytes] = field(default_factory=dict)
    events: Counter[str] = field(default_factory=Counter)
    first_time: str = ""
    last_time: str = ""
    rotations: list[Rotation] = field(default_factory=list)
    gaps: list[tuple[str, str]] = field(default_factory=list)
    incarnations: list[Incarnation] = field(default_factory=list)


def read_log(files: Files, size: int, watched: Iterable[int], remarks: Remarks) -> Log:
    """Read the first `size` entries and compare the tiles; `watched` are the sizes at which the root is wanted."""
    log, tiles, wanted = Log(), Tiles(), set(watched)
    if 0 in wanted:
        log.roots[0] = tiles.root()
    for raw in _entries(files, size, remarks):
        _take(log, tiles.size, raw, remarks)
        for tile in tiles.add(leaf_hash(raw)):
            _compare(files, tile, remarks)
        if tiles.size in wanted:
            log.roots[tiles.size] = tiles.root()
    log.size = tiles.size
    if log.size < size:
        remarks.add("entries_cut", found=log.size, expected=size)
        return log
    for tile in tiles.unfinished():
        _compare(files, tile, remarks)
    return log


def _entries(files: Files, size: int, remarks: Remarks) -> Iterator[bytes]:
    """Yield the exact bytes of the entries, up to the first that cannot be read."""
    for first in range(0, size, TILE_WIDTH):
        width = min(TILE_WIDTH, size - first)
        name = tile_name("entries", first // TILE_WIDTH, width)
        raw = files.get(name, _MOST_BUNDLE)
        if raw is None:
            return
        entries = _split(raw)
        yield from entries[:width]
        if len(entries) != width:
            remarks.add("entries_malformed", file=name, found=len(entries), expected=width)
            return


def _split(raw: bytes) -> list[bytes]:
    """Return the entries of a file, each after its length in two bytes; what is cut off or left over counts as one."""
    found, at = [], 0
    while at < len(raw):
        end = at + 2 + int.from_bytes(raw[at : at + 2], "big")
        found.append(raw[at + 2 : end])
        at = end
    return found if at == len(raw) else [*found, b""]


def _compare(files: Files, tile: Tile, remarks: Remarks) -> None:
    level, index, hashes = tile
    name = tile_name(level, index, len(hashes) // HASH_SIZE)
    stored = files.get(name, len(hashes))
    if stored is None or stored == hashes:
        return
    if level or len(stored) != len(hashes):
        remarks.add("tile_differs", file=name)
        return
    for place in range(0, len(hashes), HASH_SIZE):
        if stored[place : place + HASH_SIZE] != hashes[place : place + HASH_SIZE]:
            remarks.add("entry_differs", index=index * TILE_WIDTH + place // HASH_SIZE, file=name)


def _take(log: Log, index: int, raw: bytes, remarks: Remarks) -> None:
    try:
        event, time, entry = _read(raw)
    except ValueError:
        remarks.add("entry_malformed", index=index)
        return
    log.events[event if len(log.events) < _MOST_EVENTS else "..."] += 1
    log.first_time, log.last_time = log.first_time or time, time
    if event in _KEPT:
        _keep(log, index, event, entry)


def _read(raw: bytes) -> tuple[str, str, dict[str, object]]:
    """Return event and time of an entry, and all it says. ValueError when it is none."""
    entry = json_object(raw)
    event, time = entry.get("event"), entry.get("time")
    if type(event) is not str or type(time) is not str:
        raise ValueError("not an entry")
    return event, time, entry


def _keep(log: Log, index: int, event: str, entry: dict[str, object]) -> None:
    if len(log.rotations) + len(log.gaps) + len(log.incarnations) >= _MOST_KEPT:
        raise Unreadable("too_many_entries", event=event)
    span, size = entry.get("range"), entry.get("head_size")
    if event == "key_rotated":
        old, new, digest = (entry.get(name) for name in ("old_state", "new_state", "set_digest"))
        anew = entry.get("reason") == "restored" and _last(log.incarnations) > _last(log.rotations)
        log.rotations.append(Rotation(index, old, new, digest, anew=anew))
    elif event == "gap_declared" and isinstance(span, dict):
        log.gaps.append((str(span.get("since")), str(span.get("until"))))
    elif event == "incarnation_started":
        log.incarnations.append(Incarnation(index, size if isinstance(size, int) else None, entry.get("head_root")))


def _last(kept: list[Rotation] | list[Incarnation]) -> int:
    return kept[-1].index if kept else -1
