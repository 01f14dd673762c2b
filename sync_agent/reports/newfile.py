"""Decides how a file with a list comes into being: new, for its owner's eyes, never over another one, never half.

What takes its time is written beside its place, which is taken at once, and put there when it is whole.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO

from sync_agent.durable import sync_folder
from sync_agent.errors import ConfigError

__all__ = ["new_file", "new_folder", "put_in_folder", "require_new", "write_new"]


def write_new(path: Path, content: bytes) -> None:
    """Write a file that does not exist yet, readable by its owner only. Raises ConfigError."""
    with new_file(path) as file:
        file.write(content)


def require_new(path: Path) -> None:
    """Raise ConfigError when a file could not be made: asked before anything is done that cannot be undone."""
    if path.exists():
        raise _exists(path)
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise _unwritable(path, "Permission denied" if path.parent.exists() else "No such file or directory")


@contextmanager
def new_file(path: Path) -> Iterator[BinaryIO]:
    """Give a file to write and read, which stands at `path` once all went well; else nothing does. Raises as above."""
    part = _part(path)
    with _refused(path), ExitStack() as failed:
        _create(path).close()
        failed.callback(path.unlink, missing_ok=True)
        with _create(part) as file:
            failed.callback(part.unlink, missing_ok=True)
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
        failed.pop_all()
        sync_folder(path.parent)


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """Give a folder to fill, which stands at `path` once all went well; else nothing is left. Raises as above."""
    part = _part(path)
    with _refused(path), ExitStack() as failed:
        path.mkdir(mode=0o700)
        failed.callback(shutil.rmtree, path, ignore_errors=True)
        part.mkdir(mode=0o700)
        failed.callback(shutil.rmtree, part, ignore_errors=True)
        yield part
        path.rmdir()  # not every system puts one folder in the place of another
        part.rename(path)
        failed.pop_all()


@contextmanager
def _refused(path: Path) -> Iterator[None]:
    """Say in one line what the system refused."""
    try:
        yield
    except FileExistsError as error:
        raise _exists(Path(error.filename or path)) from None
    except OSError as error:
        raise _unwritable(path, error.strerror or type(error).__name__) from None


def put_in_folder(folder: Path, name: str, content: bytes) -> None:
    """Write one file of a new folder, readable by its owner only; `name` is relative, its folders are made."""
    path = Path(name)
    for parent in reversed(path.parents):  # one by one: the mode is that of the last alone
        (folder / parent).mkdir(exist_ok=True, mode=0o700)
    with _create(folder / path) as file:
        file.write(content)


def _create(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600), "w+b")


def _part(path: Path) -> Path:
    return path.with_name(f".{path.name}.part")


def _exists(path: Path) -> ConfigError:
    return ConfigError("the file exists already", where=str(path), todo="name a new file; nothing is overwritten")


def _unwritable(path: Path, reason: str) -> ConfigError:
    return ConfigError("the file cannot be written ({reason})", where=str(path), facts=(("reason", reason),))
