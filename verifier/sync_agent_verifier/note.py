"""Decides whether a head is signed: C2SP signed notes with Ed25519, and the head of a log that such a note says.

A text that could be written in two ways is read in one of them only.
"""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from datetime import datetime, timezone

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from sync_agent_verifier.remarks import Unreadable
from sync_agent_verifier.tree import HASH_SIZE

__all__ = ["MOST_NOTE", "Head", "Key", "instant", "number_of", "read_saved_note", "unbase64"]

MOST_NOTE = 16_384  # bytes
_ED25519 = b"\x01"
_ID_SIZE = 4
_SIGNATURE = "— "
_NAME = re.compile(r"[!-*,-~]{1,200}")  # printable, without `+`
_NUMBER = re.compile(r"0|[1-9][0-9]{0,15}")
_WORD = re.compile(r"[a-z_]{1,40}")
_HEX = re.compile(r"[0-9a-f]{64}")
_LABELS = ("number", "time", "reason", "previous")
_HEAD_LINES = 7


def unbase64(text: str) -> bytes:
    """Return what base64 says. ValueError unless it is the only way to write these bytes."""
    try:
        raw = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError(text) from error
    if base64.b64encode(raw).decode() != text:
        raise ValueError(text)
    return raw


def number_of(text: str) -> int:
    """Return what decimal digits say, below 10**16. ValueError for another form, such as a leading zero."""
    if not _NUMBER.fullmatch(text):
        raise ValueError(text)
    return int(text)


@dataclass(frozen=True)
class Key:
    """A public key: the name it signs under, and its 32 bytes."""

    name: str
    raw: bytes

    @classmethod
    def parse(cls, line: str) -> "Key":
        """Return the key of one line, `name+id+base64`. Unreadable for anything else."""
        try:
            name, key_id, encoded = line.strip().split("+", 2)
            content = unbase64(encoded)
            key = cls(name, content[1:])
            Ed25519PublicKey.from_public_bytes(key.raw)
        except ValueError:
            raise Unreadable("key_malformed", line=line) from None
        if content[:1] != _ED25519 or key_id != key.key_id.hex() or not _NAME.fullmatch(name):
            raise Unreadable("key_malformed", line=line)
        return key

    @property
    def key_id(self) -> bytes:
        """The four bytes by which a signature names the key."""
        return hashlib.sha256(self.name.encode() + b"\n" + _ED25519 + self.raw).digest()[:_ID_SIZE]

    @property
    def digest(self) -> str:
        """The hash by which the log names the key, in hex."""
        return hashlib.sha256(str(self).encode()).hexdigest()

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(_ED25519 + self.raw).decode()}"

    def is_right(self, signature: bytes, text: bytes) -> bool:
        """Tell whether a signature of 64 bytes is this key's over a text."""
        try:
            Ed25519PublicKey.from_public_bytes(self.raw).verify(signature, text)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True)
class Head:
    """What a note says: the log's name, how many entries, their root; number, time and reason, and the note before."""

    note: bytes
    origin: str
    size: int
    root: bytes
    number: int
    time: str
    reason: str
    previous: str

    @classmethod
    def parse(cls, note: bytes) -> "Head":
        """Return the head a note says, whoever signed it. ValueError when it is none."""
        lines = _parts(note)[0].decode().split("\n")[:-1]
        if len(lines) != _HEAD_LINES or len(note) > MOST_NOTE:
            raise ValueError("not the lines of a head")
        labels, values = zip(*(line.split(" ", 1) for line in lines[3:]), strict=True)
        if labels != _LABELS:
            raise ValueError("not the lines of a head")
        number, time, reason, previous = values
        head = cls(note, lines[0], number_of(lines[1]), unbase64(lines[2]), number_of(number), time, reason, previous)
        instant(time)
        fits = _NAME.fullmatch(head.origin) and _WORD.fullmatch(reason) and _HEX.fullmatch(previous)
        if not fits or len(head.root) != HASH_SIZE:
            raise ValueError("not a head")
        return head

    def signed_by(self, key: Key) -> bool:
        """Tell whether the note carries a right signature by a key of this log."""
        text, lines = _parts(self.note)
        beginning = f"{_SIGNATURE}{key.name} "
        for line in lines:
            raw = _decoded(line[len(beginning) :]) if line.startswith(beginning) else b""
            if raw[:_ID_SIZE] == key.key_id:
                return key.name == self.origin and key.is_right(raw[_ID_SIZE:], text)
        return False

    @property
    def hash(self) -> str:
        """The hash by which the next head names this one, in hex."""
        return hashlib.sha256(self.note).hexdigest()

    @property
    def moment(self) -> datetime:
        """When it was signed, by the clock of the machine that signed."""
        return instant(self.time)


def instant(text: str) -> datetime:
    """Return the time that a text such as 2026-11-23T01:02:03.456Z says. ValueError for another form."""
    found = datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=timezone.utc)
    if found.isoformat(timespec="milliseconds").replace("+00:00", "Z") != text:
        raise ValueError(text)
    return found


def read_saved_note(raw: bytes) -> bytes:
    """Return the note in what a person kept: the note itself, with line ends of mail, or a line of a system log."""
    words = raw.split()
    if b"\n" not in raw.strip() and words:
        try:
            return unbase64(words[-1].decode("ascii"))
        except ValueError:
            return raw
    return raw.replace(b"\r\n", b"\n").strip(b"\n") + b"\n"


def _decoded(signature: str) -> bytes:
    try:
        return unbase64(signature)
    except ValueError:
        return b""


def _parts(note: bytes) -> tuple[bytes, list[str]]:
    """Return the text that is signed and the lines of its signatures. ValueError when it is no note."""
    text, empty, signatures = note.rpartition(b"\n\n")
    lines = signatures.decode().split("\n")
    text.decode()
    if not text or not empty or len(note) > MOST_NOTE or lines.pop() != "":
        raise ValueError("not a signed note")
    if not lines or not all(line.startswith(_SIGNATURE) for line in lines):
        raise ValueError("not a signed note")
    return text + b"\n", lines
