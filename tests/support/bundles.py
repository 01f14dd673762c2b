"""Bundles of an audit log, written from what was read of its tables, and the changes that a forger would make."""

import base64
import hashlib
import json
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import Connection, select

from sync_agent.audit import Checkpoint, NoteSigner
from sync_agent.audit.tables import ANCHOR, CHECKPOINT, LEAF
from tests.support.trees import Naive

__all__ = ["MADE_AT", "Anchor", "Kept", "entry_file", "files_of", "proof_of", "resigned", "sealed", "taken", "zipped"]

Files = dict[str, bytes]
Anchor = tuple[int, str, str, str, bytes | None]
"""Number of the head, channel, outcome, time, receipt."""
MADE_AT = "2026-11-23T01:02:03.456Z"


@dataclass(frozen=True)
class Kept:
    """A log as an export finds it: exact entries, exact notes by number, lines of keys, records of anchors."""

    entries: list[bytes]
    notes: list[bytes]
    keys: list[str]
    anchors: list[Anchor]

    @property
    def leaves(self) -> list[bytes]:
        """The hashes of the entries."""
        return [hashlib.sha256(b"\x00" + entry).digest() for entry in self.entries]

    def cut(self, number: int) -> "Kept":
        """Return the log as it was when a head was signed."""
        notes = self.notes[: number + 1]
        anchors = [anchor for anchor in self.anchors if anchor[0] <= number]
        return replace(self, entries=self.entries[: Checkpoint.parse(notes[-1]).size], notes=notes, anchors=anchors)


def taken(connection: Connection, keys: Iterable[object]) -> Kept:
    """Read a log up to its newest head."""
    notes = [
        bytes(note) for note in connection.execute(select(CHECKPOINT.c.note).order_by(CHECKPOINT.c.number)).scalars()
    ]
    size = Checkpoint.parse(notes[-1]).size
    query = select(LEAF.c.entry).where(LEAF.c.idx < size).order_by(LEAF.c.idx)
    found = (row[1:] for row in connection.execute(select(ANCHOR).order_by(ANCHOR.c.number)))
    return Kept(
        [bytes(raw) for raw in connection.execute(query).scalars()],
        notes,
        [str(key) for key in keys],
        [*map(tuple, found)],
    )


def resigned(kept: Kept, entries: list[bytes], signers: Mapping[bytes, NoteSigner]) -> Kept:
    """Return a log of other entries, each head signed anew over them and chained, by the key that is put for its own.

    `signers` are looked up by the id of the key in the note; the sizes stay as far as there are entries.
    """
    tree, notes, previous = Naive(replace(kept, entries=entries).leaves), [], "0" * 64
    for note in kept.notes:
        said = Checkpoint.parse(note)
        size = min(said.size, len(entries))
        text = replace(said, size=size, root=tree.root(size), previous=previous).text()
        made = next(signer for key_id, signer in signers.items() if _key_id(note) == key_id).sign(text)
        previous = hashlib.sha256(made).hexdigest()
        notes.append(made)
    return replace(kept, entries=entries, notes=notes)


def _key_id(note: bytes) -> bytes:
    return base64.b64decode(note.split()[-1])[:4]


def files_of(kept: Kept) -> Files:
    """Return the files of a bundle without its manifest."""
    files = {"checkpoint": kept.notes[-1], "keys/audit.pub": "".join(f"{key}\n" for key in kept.keys).encode()}
    files |= {f"checkpoints/{number:08d}.note": note for number, note in enumerate(kept.notes)}
    files |= _tiles(kept) | _anchors(kept)
    return files


def _tiles(kept: Kept) -> Files:
    files: Files = {}
    for index, group in enumerate(_groups(kept.entries)):
        framed = b"".join(len(entry).to_bytes(2, "big") + entry for entry in group)
        files[entry_file(index, len(group))] = framed
    level, row = 0, kept.leaves
    while row:
        files |= {_path(level, index, len(group)): b"".join(group) for index, group in enumerate(_groups(row))}
        row = [Naive(group).root(256) for group in _groups(row) if len(group) == 256]
        level += 1
    return files


def _groups(row: list[bytes]) -> list[list[bytes]]:
    return [row[at : at + 256] for at in range(0, len(row), 256)]


def _path(level: int | str, index: int, width: int) -> str:
    thousands = f"x{index // 1000:03d}/" if index >= 1000 else ""
    return f"tile/{level}/{thousands}{index % 1000:03d}" + ("" if width == 256 else f".p/{width}")


def entry_file(index: int, width: int) -> str:
    """Return the file of a group of entries, below a million groups."""
    return _path("entries", index, width)


def _anchors(kept: Kept) -> Files:
    names = ("number", "checkpoint", "channel", "outcome", "anchored_at")
    records = [dict(zip(names, (number, *anchor[:4]), strict=True)) for number, anchor in enumerate(kept.anchors)]
    files = {"anchors/anchors.jsonl": "".join(_json(record) + "\n" for record in records).encode()}
    return files | {f"anchors/{number}.receipt": found for number, (*_, found) in enumerate(kept.anchors) if found}


def sealed(files: Files) -> Files:
    """Return the files with the manifest that fits them, as somebody would make it who had changed one."""
    head = Checkpoint.parse(files["checkpoint"])
    manifest = {
        "format": "sync-agent audit bundle",
        "version": 1,
        "origin": head.origin,
        "size": head.size,
        "root": head.root.hex(),
        "checkpoint": head.number,
        "made_at": MADE_AT,
        "files": {name: hashlib.sha256(raw).hexdigest() for name, raw in files.items() if name != "manifest.json"},
    }
    return {**files, "manifest.json": _json(manifest).encode()}


def _json(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def zipped(files: Files, path: Path) -> Path:
    """Write the files as an archive and return its path."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, raw in files.items():
            archive.writestr(name, raw)
    return path


def proof_of(kept: Kept, index: int, number: int) -> bytes:
    """Return the proof of an entry under a head."""
    note = kept.notes[number]
    hashes = Naive(kept.leaves).path(index, Checkpoint.parse(note).size)
    lines = ["c2sp.org/tlog-proof@v1", f"extra {base64.b64encode(kept.entries[index]).decode()}", f"index {index}"]
    lines += [base64.b64encode(each).decode() for each in hashes]
    return "\n".join(lines).encode() + b"\n\n" + note
