"""Decides how a small file survives a power cut: it is written beside its place, and put there when it is on the disk.

A cut leaves the old file or the new one, whole; never half of one, and never an empty one.
"""

import errno
import os
import secrets
import stat
from contextlib import ExitStack, suppress
from pathlib import Path

__all__ = ["create_durably", "make_durable", "put_if_absent", "replace_durably", "sync_folder"]

_NO_SUCH_SYNC = frozenset({errno.EBADF, errno.EINVAL, errno.ENOTSUP})


def replace_durably(path: Path, content: bytes, *, mode: int = 0o600) -> None:
    """Write a file anew, over one that is there; to be called by one process at a time. Raises OSError."""
    part = path.with_name(f".{path.name}.new")
    with ExitStack() as failed:
        part.unlink(missing_ok=True)  # what a cut left: its name is always the same, so that no old secret stays
        failed.callback(part.unlink, missing_ok=True)
        _write(part, content, mode)
        part.chmod(_mode(mode))  # to the bit: the mask of who runs this must not close a file to its other readers
        part.replace(path)
        failed.pop_all()
    sync_folder(path.parent)


def create_durably(path: Path, content: bytes, *, mode: int = 0o600) -> None:
    """Write a file that does not exist yet. Raises FileExistsError when it does, else OSError; others may try too."""
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        _write(part, content, mode)
        put_if_absent(part, path)
    finally:
        # a folder to which one may only add keeps this one; no reader takes it for the file
        with suppress(PermissionError):
            part.unlink(missing_ok=True)
    sync_folder(path.parent)


def make_durable(path: Path) -> None:
    """Bring a file that somebody else wrote to the disk, with its name. Raises OSError."""
    with path.open("r+b") as file:
        os.fsync(file.fileno())
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Bring the names in a folder to the disk, where the file system does that when asked. Raises OSError."""
    if os.name != "posix":
        return
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    except OSError as error:
        if error.errno not in _NO_SUCH_SYNC:
            raise
    finally:
        os.close(opened)


def _mode(wanted: int) -> int:
    """Return the mode for a file: on Windows one that may not be written could be neither replaced nor removed."""
    return wanted if os.name == "posix" else wanted | stat.S_IWUSR


def _write(part: Path, content: bytes, mode: int) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(part, flags, _mode(mode)), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def put_if_absent(part: Path, path: Path) -> None:
    """Give a file that is on the disk a name that no other has. Raises FileExistsError, else OSError."""
    try:
        os.link(part, path)
    except FileExistsError:
        raise
    except OSError:  # a file system where a file has one name only
        if path.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path)) from None
        part.rename(path)
