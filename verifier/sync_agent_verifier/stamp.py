"""Decides what a timestamp (RFC 3161) says: over which hash, at what time. Who signed it is left to openssl."""

import hashlib
import hmac
from dataclasses import dataclass

__all__ = ["MOST_RECEIPT", "Stamp"]

MOST_RECEIPT = 1_000_000  # bytes
_SEQUENCE, _INTEGER, _OCTETS, _OID, _TIME, _TAGGED, _SET = 0x30, 0x02, 0x04, 0x06, 0x18, 0xA0, 0x31
_GRANTED = (0, 1)
_SHORTEST = 2  # a tag and a length
_LONGEST_LENGTH = 4
_SIGNED_DATA = bytes.fromhex("2a864886f70d010702")
_TST_INFO = bytes.fromhex("2a864886f70d0109100104")
_SHA2 = {
    bytes.fromhex("608648016503040201"): "sha256",
    bytes.fromhex("608648016503040202"): "sha384",
    bytes.fromhex("608648016503040203"): "sha512",
}


@dataclass(frozen=True)
class Stamp:
    """What an authority stamped: the hash of something, and when, by its own clock."""

    algorithm: str
    digest: bytes
    time: str

    @classmethod
    def parse(cls, receipt: bytes) -> "Stamp":
        """Return what the answer of an authority says. ValueError when it is none, or says no."""
        status, token = _fields(_only(receipt, _SEQUENCE), _SEQUENCE, _SEQUENCE)
        if int.from_bytes(_fields(status, _INTEGER)[0], "big") not in _GRANTED:
            raise ValueError("the authority refused")
        kind, wrapped = _fields(token, _OID, _TAGGED)
        _version, _digests, content = _fields(_only(wrapped, _SEQUENCE), _INTEGER, _SET, _SEQUENCE)
        inner, octets = _fields(content, _OID, _TAGGED)
        if (kind, inner) != (_SIGNED_DATA, _TST_INFO):
            raise ValueError("not a timestamp")
        info = _only(_only(octets, _OCTETS), _SEQUENCE)
        _one, _policy, imprint, _serial, time = _fields(info, _INTEGER, _OID, _SEQUENCE, _INTEGER, _TIME)
        algorithm, digest = _fields(imprint, _SEQUENCE, _OCTETS)
        return cls(_SHA2.get(_fields(algorithm, _OID)[0], "?"), digest, time.decode("ascii"))

    def is_of(self, content: bytes) -> bool:
        """Tell whether this is what was stamped."""
        return self.algorithm != "?" and hmac.compare_digest(hashlib.new(self.algorithm, content).digest(), self.digest)


def _fields(raw: bytes, *tags: int) -> list[bytes]:
    """Return the contents of the first values of DER, which have these tags. More may follow."""
    found = []
    for tag in tags:
        content, raw = _value(raw, tag)
        found.append(content)
    return found


def _only(raw: bytes, tag: int) -> bytes:
    content, rest = _value(raw, tag)
    if rest:
        raise ValueError("something follows")
    return content


def _value(raw: bytes, tag: int) -> tuple[bytes, bytes]:
    if len(raw) < _SHORTEST or raw[0] != tag:
        raise ValueError("not the value that stands here")
    length, start = raw[1], 2
    if length & 0x80:
        count = length & 0x7F
        start += count
        length = int.from_bytes(raw[2:start], "big")
        if not 1 <= count <= _LONGEST_LENGTH or len(raw) < start:
            raise ValueError("not a length")
    if len(raw) < start + length:
        raise ValueError("cut off")
    return raw[start : start + length], raw[start + length :]
