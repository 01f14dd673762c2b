"""Where the bytes of an attachment are: below one folder, never outside it."""

import hashlib
from pathlib import Path

from sync_agent.errors import SourceError

__all__ = ["FileMissingError", "FileStore"]


class FileMissingError(SourceError):
    """An attached file is not there, not readable, or not below the folder of files. Names no file."""


class FileStore:
    """The folder of attachments. Its errors never name a location: a file name may tell who wrote."""

    def __init__(self, root: Path | None) -> None:
        self._root = root.resolve() if root is not None else None

    def read(self, location: str) -> bytes:
        """Return the bytes of one file; raises FileMissingError."""
        path = self._path(location)
        try:
            return path.read_bytes()
        except OSError:
            pass
        raise _unreadable()

    def describe(self, location: str) -> tuple[int, str]:
        """Return (size in bytes, SHA-256 in hex) without holding the file in memory; raises FileMissingError."""
        path = self._path(location)
        try:
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
                return file.tell(), digest
        except OSError:
            pass
        raise _unreadable()

    def _path(self, location: str) -> Path:
        if self._root is None:
            raise FileMissingError("no folder of attached files is configured", todo="set the folder of files")
        path = _resolved(self._root, location)
        if path is None or not path.is_relative_to(self._root):
            raise FileMissingError("the location of an attached file lies outside the folder of files")
        if not path.is_file():
            raise FileMissingError("an attached file is missing")
        return path


def _resolved(root: Path, location: str) -> Path | None:
    try:
        return (root / location).resolve()
    except (OSError, RuntimeError, ValueError):  # a loop of links, a NUL or a name the system cannot hold
        return None


def _unreadable() -> FileMissingError:
    return FileMissingError("an attached file cannot be read")
