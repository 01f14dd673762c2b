"""Decides whether one entry stands under a signed head: a C2SP tlog-proof, read in one way only."""

from collections.abc import Sequence
from dataclasses import dataclass

from sync_agent_verifier.note import Head, number_of, unbase64
from sync_agent_verifier.remarks import Remarks
from sync_agent_verifier.tree import HASH_SIZE, leaf_hash, proved_root

__all__ = ["Proof", "after", "hashes_of"]

_MOST_PATH = 80  # hashes
_PROOF = "c2sp.org/tlog-proof@v1"


@dataclass(frozen=True)
class Proof:
    """The exact bytes of an entry, its number, the way to the root, and the head that has this root."""

    entry: bytes
    index: int
    path: tuple[bytes, ...]
    head: Head

    @classmethod
    def parse(cls, raw: bytes) -> "Proof":
        """Return the proof of a file. ValueError for another form."""
        body, _, note = raw.partition(b"\n\n")
        extra, index, *hashes = after(_PROOF + "\n", body.decode("ascii")).split("\n")
        entry, place = unbase64(after("extra ", extra)), number_of(after("index ", index))
        return cls(entry, place, tuple(hashes_of(hashes)), Head.parse(note))

    def check(self, remarks: Remarks) -> bool:
        """Tell whether the way leads to the root of the head; when it does not, it is said."""
        fits = proved_root(self.index, self.head.size, leaf_hash(self.entry), self.path) == self.head.root
        if not fits:
            remarks.add("proof_wrong", index=self.index)
        return fits


def after(label: str, line: str) -> str:
    """Return a line without its label. ValueError when it has another one."""
    if not line.startswith(label):
        raise ValueError("another line")
    return line.removeprefix(label)


def hashes_of(lines: Sequence[str]) -> list[bytes]:
    """Return the hashes of such lines. ValueError for anything else, or for too many."""
    hashes = [unbase64(line) for line in lines]
    if len(hashes) > _MOST_PATH or any(len(each) != HASH_SIZE for each in hashes):
        raise ValueError("not hashes")
    return hashes
