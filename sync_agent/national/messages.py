"""What a contract makes of a case: messages, what could not be said, and the request that carries a message.

A message knows its content without national Ids and file bytes, so that its digest outlives both.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Literal

from pydantic import BaseModel, ConfigDict

from sync_agent.domain.canonical import canonical_bytes
from sync_agent.domain.findings import Finding
from sync_agent.domain.steps import Step
from sync_agent.errors import SourceError

__all__ = [
    "Body",
    "FileChangedError",
    "FileSlot",
    "Ids",
    "Message",
    "Path",
    "Projection",
    "Sent",
    "Shape",
    "WireFile",
    "WireOptions",
    "WireRequest",
    "put",
]

Body = dict[str, Any]
Path = tuple[str | int, ...]

_BASE64_GROUP, _BASE64_CHARACTERS = 3, 4


class FileChangedError(SourceError):
    """A file is no longer the one that was digested: read the case again."""


class WireOptions(BaseModel):
    """What an agency must choose because the contract cannot know it."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    money_unit: Literal["dong", "million_dong"]
    respondents: Literal["hold", "first", "organisation"] = "hold"


@dataclass(frozen=True, slots=True)
class Shape:
    """The fields of one kind of message.

    `leaves` are the schema's leaf paths in its order (`NguoiKNTC.DataNguoiKNTC[].HoTen`); `lists` says which body paths
    make up "files", "people", "classifications" and, where a message has one, the "number" that names it.
    """

    leaves: tuple[str, ...]
    lists: Mapping[str, tuple[Path, ...]]
    empty: str
    positions: Mapping[str, int]

    @classmethod
    def of(cls, leaves: tuple[str, ...], lists: Mapping[str, tuple[Path, ...]], empty: str) -> "Shape":
        """Return the shape with the position of each leaf; `empty` is what stands for no value."""
        return cls(leaves, lists, empty, {leaf: position for position, leaf in enumerate(leaves)})


@dataclass(frozen=True, slots=True)
class FileSlot:
    """Where the bytes of a file go in the body, and which bytes were digested. `size` in bytes, None if unknown."""

    path: Path
    sha256: str = field(repr=False)
    size: int | None = None
    location: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a case. `parent_key` is the settlement's key of an enforcement, else ""."""

    step: Step
    local_key: str = field(repr=False)
    parent_key: str = field(repr=False)
    agency: str = field(repr=False)
    body: Body = field(repr=False)
    shape: Shape = field(repr=False)
    files: tuple[FileSlot, ...] = field(default=(), repr=False)
    constants: frozenset[str] = field(default=frozenset(), repr=False)  # texts that are the contract's own

    def content(self) -> bytes:
        """Return the canonical bytes to digest: the body, and the SHA-256 of each file in its place."""
        return canonical_bytes({"body": self.body, "files": _digests(self.files)})

    def lists(self) -> dict[str, bytes]:
        """Return the canonical bytes of what a repeated message might append instead of replace."""
        content = {
            name: canonical_bytes([_at(self.body, path) for path in paths]) for name, paths in self.shape.lists.items()
        }
        content["files"] = content.get("files", b"") + canonical_bytes(_digests(self.files))
        return content

    def present(self) -> tuple[int, ...]:
        """Return the indexes of the leaf paths that hold a value in at least one place."""
        positions = self.shape.positions
        filled = {positions[leaf] for leaf in _filled(self.body, "", self.shape.empty)}
        filled.update(positions[_leaf(slot.path)] for slot in self.files)
        return tuple(sorted(filled))

    def strings(self) -> Iterator[str]:
        """Yield every string that would go out, file names included, without the contract's own constants."""
        for text in _strings(self.body):
            kept = "\n".join(line for line in text.split("\n") if line not in self.constants)
            if kept:
                yield kept

    @property
    def encoded_files(self) -> int:
        """The bytes of all files together as base64, as far as their sizes are known."""
        return sum(-(-(slot.size or 0) // _BASE64_GROUP) * _BASE64_CHARACTERS for slot in self.files)


@dataclass(frozen=True, slots=True)
class Projection:
    """The messages of a case in step order, and what is wrong with them or cannot be carried."""

    messages: tuple[Message, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Ids:
    """National Ids: of the case, of the settlement an enforcement belongs to, of the record to update ("": create)."""

    case: str = ""
    parent: str = ""
    own: str = ""


@dataclass(frozen=True, slots=True)
class Sent:
    """What the ledger kept of the acknowledged message.

    `digest` turns canonical bytes into the keyed digests that `lists` holds; `contract` the version it went up under.
    """

    lists: Mapping[str, str]
    present: tuple[int, ...]
    contract: str
    digest: Callable[[bytes], str] = field(repr=False)
    adopted: bool = False  # taken over as it was: what the national record holds beside it is not known

    def changed(self, message: Message) -> frozenset[str]:
        """Return the names of the lists that are no longer what was sent; one that was not kept has changed."""
        return frozenset(
            name for name, content in message.lists().items() if self.lists.get(name) != self.digest(content)
        )


@dataclass(frozen=True, slots=True)
class WireFile:
    """A file that is read while it is sent: its place in the body, what was digested, and what opens it from the start.

    `size` in bytes, None if unknown.
    """

    path: Path
    sha256: str = field(repr=False)
    size: int | None
    opener: Callable[[], BinaryIO] = field(repr=False)


@dataclass(frozen=True, slots=True)
class WireRequest:
    """One request, ready to be encoded. `update` False creates a record that cannot be taken back.

    The body is whole but for the bytes of `files`, whose places are empty. `overslept` is asked before each try: once
    it says so, nothing more may leave.
    """

    step: Step
    action: str
    update: bool
    body: Body = field(repr=False)
    files: tuple[WireFile, ...] = field(default=(), repr=False)
    overslept: Callable[[], bool] = field(default=lambda: False, repr=False, compare=False)


def put(body: Any, path: Path, value: Any) -> None:
    """Put a value at a place of a body."""
    for part in path[:-1]:
        body = body[part]
    body[path[-1]] = value


def _digests(files: tuple[FileSlot, ...]) -> list[list[Any]]:
    return [[list(slot.path), slot.sha256] for slot in files]


def _at(body: Any, path: Path) -> Any:
    for part in path:
        body = body[part]
    return body


def _leaf(path: Path) -> str:
    leaf = ""
    for part in path:
        leaf += "[]" if isinstance(part, int) else f".{part}" if leaf else part
    return leaf


def _filled(node: Any, leaf: str, empty: str) -> Iterator[str]:
    if isinstance(node, dict):
        for name, child in node.items():
            yield from _filled(child, f"{leaf}.{name}" if leaf else name, empty)
    elif isinstance(node, list):
        for child in node:
            yield from _filled(child, f"{leaf}[]", empty)
    elif node != empty:
        yield leaf


def _strings(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for child in node.values():
            yield from _strings(child)
    elif isinstance(node, list):
        for child in node:
            yield from _strings(child)
    elif isinstance(node, str) and node:
        yield node
