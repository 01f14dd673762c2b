"""Decides what a bundle claims to hold: its manifest, and that every file is the one the manifest names."""

import hashlib
import json
import re
from dataclasses import dataclass

from sync_agent_verifier.note import instant
from sync_agent_verifier.remarks import Remarks, Unreadable
from sync_agent_verifier.store import Store
from sync_agent_verifier.tree import TILE_WIDTH

__all__ = ["MANIFEST", "Files", "Manifest", "json_object", "tile_name"]

MANIFEST = "manifest.json"
_FORMAT = "sync-agent audit bundle"
_VERSION = 1
_MOST_MANIFEST = 400_000_000  # bytes
_HEX = re.compile(r"[0-9a-f]{64}")
_MOST_COUNT = 10**16


def json_object(raw: bytes) -> dict[str, object]:
    """Return a JSON object no name of which stands twice. ValueError for anything else."""
    try:
        value = json.loads(raw.decode(), object_pairs_hook=_unique)
    except RecursionError:
        raise ValueError("nested too deep") from None
    if type(value) is not dict:
        raise ValueError("not an object")
    return value


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def tile_name(level: int | str, index: int, width: int) -> str:
    """Return the file of a tile of C2SP tlog-tiles; `level` is `entries` for the entries themselves."""
    groups = [f"{index % 1000:03d}"]
    while index := index // 1000:
        groups.insert(0, f"x{index % 1000:03d}")
    partial = "" if width == TILE_WIDTH else f".p/{width}"
    return f"tile/{level}/{'/'.join(groups)}{partial}"


@dataclass(frozen=True)
class Manifest:
    """What the manifest says. It is not signed: it only repeats what the signed head says, and names the files."""

    origin: str
    size: int
    root: str
    checkpoint: int
    made_at: str
    files: dict[str, str]

    @classmethod
    def parse(cls, raw: bytes) -> "Manifest":
        """Return the manifest. ValueError when it is none of this version."""
        said = json_object(raw)
        if (said.pop("format", None), said.pop("version", None)) != (_FORMAT, _VERSION):
            raise ValueError("another format or version")
        for name, kind in cls.__annotations__.items():
            _require(said.get(name), kind)
        manifest = cls(**said)  # type: ignore[arg-type]  # checked above, and refused when there is more
        instant(manifest.made_at)
        if not all(isinstance(digest, str) and _HEX.fullmatch(digest) for digest in manifest.files.values()):
            raise ValueError("not the hash of a file")
        return manifest


def _require(value: object, kind: object) -> None:
    if kind is int and type(value) is int and 0 <= value < _MOST_COUNT:
        return
    if kind is int or not isinstance(value, str if kind is str else dict):
        raise ValueError("a value of another kind")


class Files:
    """The files of a bundle. What is missing, or is not what the manifest names, is said once, when it is asked for."""

    def __init__(self, store: Store, remarks: Remarks) -> None:
        self._store, self._remarks = store, remarks
        self._asked = {MANIFEST}
        if MANIFEST not in store.sizes:
            raise Unreadable("no_manifest")
        if store.sizes[MANIFEST] > _MOST_MANIFEST:
            raise Unreadable("manifest_malformed", why="too large")
        self.manifest_raw = store.read(MANIFEST)
        try:
            self.manifest = Manifest.parse(self.manifest_raw)
        except (ValueError, TypeError) as error:
            raise Unreadable("manifest_malformed", why=error) from None

    def names(self) -> list[str]:
        """Return the names of all files there are."""
        return sorted(self._store.sizes)

    def has(self, name: str) -> bool:
        """Tell whether a file is there, or was according to the manifest."""
        return name in self._store.sizes or name in self.manifest.files

    def get(self, name: str, most: int) -> bytes | None:
        """Return a file of at most so many bytes, None (and it is said) when it is missing or larger."""
        self._asked.add(name)
        if name not in self._store.sizes:
            self._remarks.add("file_missing", file=name)
            return None
        if self._store.sizes[name] > most:
            self._remarks.add("file_too_long", file=name)
            return None
        raw = self._store.read(name)
        if self.manifest.files.get(name) != hashlib.sha256(raw).hexdigest():
            self._remarks.add("file_changed" if name in self.manifest.files else "file_unlisted", file=name)
        return raw

    def say_what_is_left(self) -> None:
        """Say which files nobody asked for: missing ones that the manifest names, and ones no bundle needs."""
        for name in sorted(self.manifest.files.keys() - self._asked):
            if name not in self._store.sizes:
                self._remarks.add("file_missing", file=name)
        for name in self.names():
            if name not in self._asked:
                self._remarks.add("file_stray", file=name)
