"""Where the bytes of an attachment are: below one folder, never outside it, and only in regular files.

What a file was when it was hashed is kept in memory, so that one that stayed the same is not read again at every look.
It is kept nowhere else: the bare hash of a file shows who has the same document that a case is about.
"""

import hashlib
import os
import stat
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, NamedTuple, TypeVar

from sync_agent.errors import SourceError

__all__ = ["FileMissingError", "FileStore"]

_FLAGS = os.O_RDONLY
for _name in ("O_BINARY", "O_NOCTTY", "O_NOFOLLOW", "O_NONBLOCK"):  # to open a pipe would wait for who writes to it
    _FLAGS |= getattr(os, _name, 0)

_BLOCK = 2**18
_MONTH = 30 * 24 * 3600.0  # seconds; then a file is read again although it looks the same
_RESTED = 10.0  # seconds; a file changed later than this may change again without a trace in its times
_MOST_KNOWN = 100_000  # files, about 35 MB

_Found = TypeVar("_Found")


class FileMissingError(SourceError):
    """An attached file is not there, not readable, or not below the folder of files. Names no file."""


class _Known(NamedTuple):
    """What is known of a file: a digest of what the system says of it, the SHA-256 of its bytes, when it was read."""

    stamp: bytes
    sha256: bytes
    read_at: float


class FileStore:
    """The folder of attachments. Its errors never name a location: a file name may tell who wrote.

    `now` returns seconds since the epoch. Safe to share between threads.
    """

    def __init__(self, root: Path | None, *, now: Callable[[], float] = time.time) -> None:
        self._root = root.resolve() if root is not None else None
        self._now = now
        self._known: dict[bytes, _Known] = {}

    def open(self, location: str) -> BinaryIO:
        """Return one file, open for reading; what is known of it is forgotten. Raises FileMissingError."""
        path = self._path(location)
        self._known.pop(_key(path), None)  # who finds it changed must not be told the old hash again
        return _required(_opened(path))

    def describe(self, location: str) -> tuple[int, str]:
        """Return (size in bytes, SHA-256 in hex) without holding the file in memory; raises FileMissingError.

        A file that grows meanwhile is described as far as it went at first.
        """
        path = self._path(location)
        key, status = _key(path), _status(path)
        known = self._known.get(key)
        if known is not None and status is not None and self._holds(known, status):
            return status.st_size, known.sha256.hex()
        with _required(_opened(path)) as file:
            before = os.fstat(file.fileno())
            size, sha256 = _required(_hashed(file, before.st_size))
            self._keep(key, before, os.fstat(file.fileno()), sha256)
        return size, sha256.hex()

    def _holds(self, known: _Known, status: os.stat_result) -> bool:
        return known.stamp == _stamp(status) and abs(self._now() - known.read_at) < _MONTH

    def _keep(self, key: bytes, before: os.stat_result, after: os.stat_result, sha256: bytes) -> None:
        """Keep the hash of a file that had rested when it was read, and was left alone."""
        now, stamp = self._now(), _stamp(before)
        self._known.pop(key, None)
        if stamp != _stamp(after) or max(after.st_mtime, after.st_ctime) > now - _RESTED:
            return
        if len(self._known) >= _MOST_KNOWN:
            self._known.popitem()  # the newest: who walks through more files than fit finds the older ones again
        self._known[key] = _Known(stamp, sha256, now)

    def _path(self, location: str) -> Path:
        if self._root is None:
            raise FileMissingError("no folder of attached files is configured", todo="set the folder of files")
        path = _resolved(self._root, location)
        if path is None or not path.is_relative_to(self._root):
            raise FileMissingError("the location of an attached file lies outside the folder of files")
        status = _status(path)
        if status is None or not stat.S_ISREG(status.st_mode):
            raise FileMissingError("an attached file is missing")
        return path


def _resolved(root: Path, location: str) -> Path | None:
    try:
        return (root / location).resolve()
    except (OSError, RuntimeError, ValueError):  # a loop of links, a NUL or a name the system cannot hold
        return None


def _status(path: Path) -> os.stat_result | None:
    """Return what the system says of a file, None where it says nothing: it is not there, or not for us."""
    try:
        return path.lstat()
    except (OSError, ValueError):
        return None


def _opened(path: Path) -> BinaryIO | None:
    """Return a regular file open for reading, None if it is none: it may have been replaced since it was looked at."""
    try:
        number = os.open(path, _FLAGS)
    except (OSError, ValueError):
        return None
    if stat.S_ISREG(os.fstat(number).st_mode):
        return os.fdopen(number, "rb")
    os.close(number)
    return None


def _hashed(file: BinaryIO, most: int) -> tuple[int, bytes] | None:
    """Return how many bytes were read, `most` at the utmost, and their SHA-256; None if it cannot be read."""
    digest, size = hashlib.sha256(), 0
    try:
        while block := file.read(min(_BLOCK, most - size)):
            digest.update(block)
            size += len(block)
    except OSError:
        return None
    return size, digest.digest()


def _required(found: _Found | None) -> _Found:
    if found is None:
        raise FileMissingError("an attached file cannot be read")
    return found


def _key(path: Path) -> bytes:
    return hashlib.blake2b(os.fsencode(path), digest_size=16).digest()


def _stamp(status: os.stat_result) -> bytes:
    """Return a digest of what changes when a file is written, replaced or put back with an older time."""
    seen = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
    return hashlib.blake2b(repr(seen).encode(), digest_size=16).digest()
