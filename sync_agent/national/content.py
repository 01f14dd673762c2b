"""The bytes of a request: its files are read and encoded on the way, so that a body is never whole in memory.

What leaves is what was digested. Every file is hashed before the first byte leaves, and again while it leaves; its last
piece is kept back until that second hash is right, so that a body with another file in it is never complete.
"""

import base64
import hashlib
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import BinaryIO, Literal

import orjson

from sync_agent.national.encoding import content_type, encode
from sync_agent.national.messages import Body, FileChangedError, Path, WireFile, put

__all__ = ["Content", "opened"]

_BLOCK = 3 * 2**14
"""Bytes of a file read at a time: whole groups of base64, 64 KiB of it."""


@dataclass(frozen=True, slots=True)
class _OpenFile:
    """One open file, known to be the one that was digested. `length` is that of its text in the body."""

    file: BinaryIO = field(repr=False)
    sha256: str = field(repr=False)
    size: int
    length: int
    text: Callable[[bytes], bytes] = field(repr=False)

    def __iter__(self) -> Iterator[bytes]:
        """Yield its text in pieces. Raises FileChangedError before the last one if it is no longer the same file."""
        digest, kept = hashlib.sha256(), b""
        for block in _blocks(self.file, self.size):
            digest.update(block)
            if kept:
                yield kept
            kept = self.text(block)
        if digest.hexdigest() != self.sha256:
            raise _changed()
        yield kept


class Content:
    """The bytes of one body, in pieces: from the start whenever it is iterated, for as long as its files are open."""

    def __init__(self, parts: Iterable[bytes | _OpenFile]) -> None:
        self._parts = tuple(parts)

    def __len__(self) -> int:
        """Return how many bytes it has."""
        return sum(len(part) if isinstance(part, bytes) else part.length for part in self._parts)

    def __iter__(self) -> Iterator[bytes]:
        """Yield its pieces. Raises FileChangedError when a file is not what it was."""
        for part in self._parts:
            if isinstance(part, bytes):
                yield part
            else:
                yield from part


@contextmanager
def opened(
    body: Body, files: Sequence[WireFile], form: Literal["json", "form"]
) -> Iterator[tuple[bytes | Content, str]]:
    """Give the content of a request and its type, with its files open.

    Raises FileChangedError when a file is not the one that was digested, and what opening it raises: nothing has been
    sent then.
    """
    if not files:
        yield encode(body, form)
        return
    with ExitStack() as stack:
        checked = [_checked(stack.enter_context(file.opener()), file, _TEXTS[form]) for file in files]
        places = {file.path: open_file for file, open_file in zip(files, checked, strict=True)}
        yield Content(_cut(body, places, form)), content_type(form)


def _checked(file: BinaryIO, wanted: WireFile, text: Callable[[bytes], bytes]) -> _OpenFile:
    """Return an open file that was read once to its end and found to be the wanted one."""
    digest, size, length = hashlib.sha256(), 0, 0
    for block in _blocks(file, wanted.size):
        digest.update(block)
        size += len(block)
        length += len(text(block))
    if digest.hexdigest() != wanted.sha256:
        raise _changed()
    return _OpenFile(file, wanted.sha256, size, length, text)


def _blocks(file: BinaryIO, size: int | None) -> Iterator[bytes]:
    """Yield a file from its start. One that is longer than `size`, or cannot be read any more, has changed."""
    position, ended = 0, False
    while (block := _read(file, position)) != b"":
        position += len(block or b"")
        if block is None or ended or (size is not None and position > size):
            raise _changed()
        ended = len(block) < _BLOCK  # after a short one there is nothing more, or the groups of base64 would be broken
        yield block


def _read(file: BinaryIO, position: int) -> bytes | None:
    try:
        if position == 0:
            file.seek(0)
        return file.read(_BLOCK)
    except OSError:
        return None


def _cut(body: Body, places: Mapping[Path, _OpenFile], form: Literal["json", "form"]) -> Iterator[bytes | _OpenFile]:
    """Yield the body as it would be written whole, cut where the files go."""
    marked: Body = orjson.loads(orjson.dumps(body))
    marks: dict[bytes, _OpenFile] = {}
    for path, file in places.items():
        mark = secrets.token_hex(16)  # no text of a case can hold it
        put(marked, path, mark)
        marks[mark.encode()] = file
    rest, _ = encode(marked, form)
    for each in sorted(marks, key=rest.index):
        before, _, rest = rest.partition(each)
        yield before
        yield marks[each]
    yield rest


def _form_text(block: bytes) -> bytes:
    """Return base64 as it stands in a form field."""
    return base64.b64encode(block).replace(b"+", b"%2B").replace(b"/", b"%2F").replace(b"=", b"%3D")


_TEXTS: dict[str, Callable[[bytes], bytes]] = {"json": base64.b64encode, "form": _form_text}


def _changed() -> FileChangedError:
    return FileChangedError("a file has changed since the case was read", todo="it is read again at the next pass")
