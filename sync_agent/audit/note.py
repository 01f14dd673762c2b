"""Decides the form in which a head is signed: a C2SP signed note with Ed25519, which other tools can read too.

See c2sp.org/signed-note: the text, an empty line, and a line for each signature of it.
"""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from sync_agent.errors import AuditError

__all__ = ["NoteSigner", "NoteVerifier", "text_of"]

_ED25519: Final = b"\x01"  # the kind of signature
_ID_BYTES: Final = 4
_KEY_BYTES: Final = 32
_DASH: Final = "— "
_NAME: Final = re.compile(r"[A-Za-z0-9./_-]{1,100}")


@dataclass(frozen=True, slots=True)
class NoteVerifier:
    """The public half of a key: the name it signs under and its 32 bytes."""

    name: str
    key: bytes

    @classmethod
    def parse(cls, text: str) -> "NoteVerifier":
        """Return the key that its one line, `name+id+base64`, says. AuditError for anything else."""
        try:
            name, key_id, encoded = text.strip().split("+", 2)
            raw = base64.b64decode(encoded, validate=True)
            verifier = cls(name, raw[1:])
            whole = raw[:1] == _ED25519 and len(verifier.key) == _KEY_BYTES
            if whole and key_id == verifier.key_id.hex() and _NAME.fullmatch(name):
                return verifier
        except (ValueError, binascii.Error):
            pass  # said below, in one sentence for all that can be wrong
        raise AuditError("this is not a public key of an audit log", todo="give the line of the .pub file unchanged")

    @property
    def key_id(self) -> bytes:
        """The four bytes by which a signature names the key."""
        return hashlib.sha256(self.name.encode() + b"\n" + _ED25519 + self.key).digest()[:_ID_BYTES]

    def __str__(self) -> str:
        """Return the one line that is handed over on paper."""
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(_ED25519 + self.key).decode()}"

    def signed(self, note: bytes) -> bool:
        """Tell whether a note carries a signature by this key and it is right."""
        text, signatures = _split(note)
        beginning = f"{_DASH}{self.name} "
        for line in signatures:
            raw = _decoded(line.removeprefix(beginning)) if line.startswith(beginning) else b""
            if raw[:_ID_BYTES] == self.key_id:
                return _right(self.key, raw[_ID_BYTES:], text)
        return False


class NoteSigner:
    """A private key and the name it signs under. Never shows itself."""

    def __init__(self, name: str, private: bytes) -> None:
        if not _NAME.fullmatch(name):
            raise ValueError("not a name of a key")
        self._key = Ed25519PrivateKey.from_private_bytes(private)
        self.verifier = NoteVerifier(name, self._key.public_key().public_bytes_raw())

    def __repr__(self) -> str:
        return "NoteSigner(...)"

    def sign(self, text: str) -> bytes:
        """Return the note of a text whose lines are not empty and each end in a line feed. ValueError for another."""
        if not text.endswith("\n") or "" in text.split("\n")[:-1]:
            raise ValueError("the text of a note is lines that are not empty")
        body = text.encode()
        signature = base64.b64encode(self.verifier.key_id + self._key.sign(body)).decode()
        return body + f"\n{_DASH}{self.verifier.name} {signature}\n".encode()


def text_of(note: bytes) -> str:
    """Return the text of a note, whoever signed it. AuditError if it is none."""
    return _split(note)[0].decode()


def _split(note: bytes) -> tuple[bytes, list[str]]:
    text, empty, signatures = note.rpartition(b"\n\n")
    try:
        lines = signatures.decode().splitlines()
        text.decode()
    except UnicodeDecodeError:
        lines = []
    if not text or not empty or not lines or not all(line.startswith(_DASH) for line in lines):
        raise AuditError("these bytes are not a signed note")
    return text + b"\n", lines


def _decoded(signature: str) -> bytes:
    try:
        return base64.b64decode(signature, validate=True)
    except binascii.Error:
        return b""


def _right(key: bytes, signature: bytes, text: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, text)
    except InvalidSignature:
        return False
    return True
