"""Decides how the files of a stranger are read: names of one form, within bounds, nothing ever written anywhere."""

import os
import re
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader, FileIO
from pathlib import Path
from typing import Protocol

from sync_agent_verifier.remarks import Unreadable

__all__ = ["Store", "open_store", "read_file"]

_PART = r"(?!\.{1,2}(?:/|$))[A-Za-z0-9._-]+"
_NAME = re.compile(f"{_PART}(?:/{_PART})*")
_MOST_NAME = 200
_MOST_FILES = 4_000_000
_MOST_DIRECTORY = 400_000_000  # bytes of the list of files in an archive
_RATIO = 200  # how much smaller packing makes honest entries, with room to spare
_FREE = 64_000_000  # bytes that may be packed tighter than that
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 1


class Store(Protocol):
    """Files by name, with their sizes in bytes."""

    sizes: dict[str, int]

    def read(self, name: str) -> bytes:
        """Return a file of `sizes`. Raises Unreadable."""


@contextmanager
def open_store(path: Path) -> Iterator[Store]:
    """Open a folder or an archive. Raises Unreadable for one that is damaged, or built to do harm."""
    if path.is_dir():
        yield _Folder(path)
        return
    try:
        with _Bounded(FileIO(path)) as file, zipfile.ZipFile(file) as archive:
            yield _Archive(archive, path.stat().st_size)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, OSError, ValueError) as error:
        raise Unreadable("not_a_bundle", path=path, why=error) from None


def read_file(path: Path, most: int) -> bytes:
    """Return a small file a person named. Raises Unreadable when it is missing or larger."""
    try:
        with path.open("rb") as file:
            raw = file.read(most + 1)
    except OSError as error:
        raise Unreadable("file_unreadable", path=path, why=error.strerror) from None
    if len(raw) > most:
        raise Unreadable("file_too_large", path=path, most=most)
    return raw


class _Bounded(BufferedReader):
    """A file of which nobody reads more at once than a list of files may take: zipfile itself asks no such question."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > _MOST_DIRECTORY:
            raise zipfile.BadZipFile("its list of files is too long")
        return super().read(size)


class _Archive:
    def __init__(self, archive: zipfile.ZipFile, packed: int) -> None:
        self._archive = archive
        self.sizes: dict[str, int] = {}
        for info in archive.infolist():
            if not info.is_dir():
                _take(self.sizes, info.filename, info.file_size)
                if info.compress_type not in _METHODS or info.flag_bits & _ENCRYPTED:
                    raise Unreadable("packed_otherwise", file=info.filename)
        if sum(self.sizes.values()) > _FREE + _RATIO * packed:
            raise Unreadable("bomb")

    def read(self, name: str) -> bytes:
        try:
            with self._archive.open(name) as file:
                raw = file.read(self.sizes[name] + 1)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError):
            raw = b""
        if len(raw) != self.sizes[name]:
            raise Unreadable("damaged", file=name)
        return raw


class _Folder:
    def __init__(self, root: Path) -> None:
        self._root = root
        self.sizes: dict[str, int] = {}
        try:
            self._list(root)
        except OSError as error:
            raise Unreadable("file_unreadable", path=root, why=error.strerror) from None

    def _list(self, folder: Path) -> None:
        with os.scandir(folder) as found:
            for entry in found:
                name = Path(entry.path).relative_to(self._root).as_posix()
                _require_name(name)
                if entry.is_dir(follow_symlinks=False):
                    self._list(Path(entry.path))
                    continue
                status = entry.stat(follow_symlinks=False)
                if not stat.S_ISREG(status.st_mode):  # a link may lead anywhere
                    raise Unreadable("name_refused", file=name)
                _take(self.sizes, name, status.st_size)

    def read(self, name: str) -> bytes:
        raw = read_file(self._root / name, self.sizes[name])
        if len(raw) != self.sizes[name]:
            raise Unreadable("damaged", file=name)
        return raw


def _require_name(name: str) -> None:
    if len(name) > _MOST_NAME or not _NAME.fullmatch(name):
        raise Unreadable("name_refused", file=name)


def _take(sizes: dict[str, int], name: str, size: int) -> None:
    _require_name(name)
    if name in sizes:
        raise Unreadable("name_twice", file=name)
    if len(sizes) >= _MOST_FILES:
        raise Unreadable("too_many_files", most=_MOST_FILES)
    sizes[name] = size
