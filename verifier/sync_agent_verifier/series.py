"""Decides whether the heads of a bundle are one series: each after the other, each of the tree, each by its key."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sync_agent_verifier.files import Files
from sync_agent_verifier.log import Log, Rotation
from sync_agent_verifier.note import MOST_NOTE, Head, Key
from sync_agent_verifier.remarks import Remarks, Unreadable

__all__ = ["KEYS", "check_keys", "check_roots", "check_saved", "check_series", "read_heads", "read_keys"]

KEYS = "keys/audit.pub"
_MOST_KEYS = 1_000_000  # bytes
_HEADS = re.compile(r"checkpoints/([0-9]{8,16})\.note")
_FIRST = "0" * 64
_GAP = 2


def read_heads(files: Files, remarks: Remarks) -> list[Head]:
    """Return the heads that can be read, by number."""
    heads = []
    for name in files.names():
        match = _HEADS.fullmatch(name)
        raw = files.get(name, MOST_NOTE) if match else None
        if match is None or raw is None:
            continue
        try:
            head = Head.parse(raw)
        except ValueError:
            remarks.add("head_malformed", file=name)
            continue
        if f"{head.number:08d}" != match[1]:
            remarks.add("head_misplaced", file=name, number=head.number)
        else:
            heads.append(head)
    return sorted(heads, key=lambda head: head.number)


def check_series(heads: Sequence[Head], newest: Head, log: Log, every: timedelta, remarks: Remarks) -> None:
    """Say where heads are missing, contradict one another, or are further apart than they should be."""
    if not heads or heads[-1].note != newest.note:
        remarks.add("newest_head_elsewhere", number=newest.number)
    before = None
    for head in heads:
        expected = before.number + 1 if before else 0
        if head.origin != newest.origin:
            remarks.add("head_of_another_log", number=head.number, origin=head.origin)
        if head.number != expected:
            remarks.add("heads_missing", first=expected, last=head.number - 1)
        elif head.previous != (before.hash if before else _FIRST):
            remarks.add("chain_broken", number=head.number, before=expected - 1)
        elif before and head.size < before.size:
            remarks.add("head_shrinks", number=head.number, size=head.size, before=before.size)
        if before:
            _check_time(before, head, log, every, remarks)
        before = head


def _check_time(before: Head, head: Head, log: Log, every: timedelta, remarks: Remarks) -> None:
    facts = {"first": before.number, "last": head.number, "since": before.time, "until": head.time}
    if head.moment < before.moment:
        remarks.add("clock_went_back", **facts)
    elif head.moment - before.moment > _GAP * every and before.reason != "stop":
        declared = any(since <= before.time and head.time <= until for since, until in log.gaps)
        remarks.add("gap_declared" if declared else "gap", **facts)


def check_roots(heads: Iterable[Head], log: Log, remarks: Remarks) -> None:
    """Say which heads do not stand for the entries, and between which entries the difference lies."""
    good = 0
    for head in heads:
        if head.size > log.size:
            remarks.add("head_beyond", number=head.number, size=head.size, found=log.size)
        elif log.roots[head.size] == head.root:
            good = max(good, head.size)
        else:
            remarks.add("head_differs", number=head.number, good=good, last=head.size - 1)


def read_keys(raw: bytes, remarks: Remarks) -> list[Key]:
    """Return the keys of a file of one a line; empty lines and those that begin with # are for people."""
    lines = [line.strip() for line in raw.decode("ascii", "backslashreplace").split("\n")]
    keys = []
    for line in lines:
        if line and not line.startswith("#"):
            try:
                keys.append(Key.parse(line))
            except Unreadable as problem:
                remarks.add("key_in_bundle_malformed", **problem.facts)
    return keys


@dataclass(frozen=True)
class _Chain:
    """The keys of a log in the order in which it names them; None for one that nobody has in full."""

    keys: list[Key | None]
    rotations: list[Rotation]

    def named_by(self, size: int) -> int:
        """Return how many keys the first `size` entries name."""
        return sum(rotation.index < size for rotation in self.rotations)


def check_keys(heads: Sequence[Head], log: Log, files: Files, given: Sequence[Key], remarks: Remarks) -> list[Key]:
    """Say which heads are not signed by the key that was in force; return the keys that are to be believed.

    A key is in force from the head after the one that stands for the entry that names it: that one, the old key signs.
    So one key on paper vouches for all: what was before by the root it signed, what came after by the keys it named.
    Only a key that names itself anew, in a copy that was put back, must be on paper as well.
    """
    raw = files.get(KEYS, _MOST_KEYS)
    known = {key.digest: key for key in [*given, *read_keys(raw or b"", remarks)]}
    chain = _chain(log, known, remarks)
    signers, named = set(), 1
    for head in heads:
        count = chain.named_by(head.size)
        anew = count == named + 1 and chain.rotations[named].anew and chain.keys[named] in given
        key = chain.keys[named - 1 + anew] if chain.keys else None
        if count > named + 1 or count == 0:
            remarks.add("rotation_unsigned", number=head.number)
        if key is not None and head.signed_by(key):
            signers.add(key)
        else:
            remarks.add("signature_wrong", number=head.number, key=key.key_id.hex() if key else "?")
        named = max(named, count)
    _check_given(given, chain, signers, remarks)
    return [key for key in chain.keys if key is not None]


def _chain(log: Log, known: dict[str, Key], remarks: Remarks) -> _Chain:
    keys: list[Key | None] = []
    if not log.rotations:
        remarks.add("no_key_named")
    for rotation in log.rotations:
        key = known.get(rotation.digest) if isinstance(rotation.digest, str) else None
        before = keys[-1].key_id.hex() if keys and keys[-1] else None
        if key is None:
            remarks.add("key_missing", index=rotation.index, key=rotation.new)
        elif rotation.new != key.key_id.hex() or (rotation.old != before and (before or not keys)):
            remarks.add("rotation_wrong", index=rotation.index)
        keys.append(key)
    return _Chain(keys, log.rotations)


def _check_given(given: Sequence[Key], chain: _Chain, signers: set[Key], remarks: Remarks) -> None:
    if not given:
        remarks.add("no_key_given")
        return
    if not signers.intersection(given):
        remarks.add("key_not_of_log")
    for key in given:
        if key in signers:
            remarks.add("key_given", key=key)
        elif key not in chain.keys:
            remarks.add("key_unknown", key=key)


def check_saved(saved: Sequence[Head], heads: Sequence[Head], log: Log, keys: Sequence[Key], remarks: Remarks) -> None:
    """Compare heads that somebody kept outside with the log; one on a lost branch must have been declared lost."""
    series = {head.note for head in heads}
    for head in saved:
        facts = {"number": head.number, "size": head.size, "time": head.time}
        if not any(head.signed_by(key) for key in keys):
            remarks.add("saved_head_unsigned", **facts)
        elif head.note in series and log.roots.get(head.size) == head.root:
            remarks.add("saved_head_fits", **facts, last=head.size - 1)
        elif (index := _declared_lost(head, log)) is not None:
            remarks.add("saved_head_lost", **facts, index=index)
        elif head.size > log.size:
            remarks.add("saved_head_beyond", **facts, found=log.size)
        else:
            remarks.add("saved_head_differs", **facts)


def _declared_lost(head: Head, log: Log) -> int | None:
    """Return the entry that declares that a head was lost: it is on a branch that ended at the head named there."""
    for lost in log.incarnations:
        before = head.size <= lost.index and log.roots.get(head.size) == head.root  # its number was given anew
        beyond = lost.size is not None and lost.index < head.size <= lost.size
        if before or (beyond and (head.size != lost.size or head.root.hex() == lost.root)):
            return lost.index
    return None
