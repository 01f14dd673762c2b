"""Decides in which order a bundle, a proof, content, heads or a timestamp are checked, and what each step asks."""

import hashlib
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from sync_agent_verifier.anchors import check_anchors
from sync_agent_verifier.disclosure import check_disclosure
from sync_agent_verifier.files import Files, json_object
from sync_agent_verifier.log import Log, read_log
from sync_agent_verifier.note import MOST_NOTE, Head, Key, number_of, read_saved_note
from sync_agent_verifier.proof import Proof, after, hashes_of
from sync_agent_verifier.remarks import Remarks, Unreadable
from sync_agent_verifier.series import check_keys, check_roots, check_saved, check_series, read_heads
from sync_agent_verifier.stamp import MOST_RECEIPT, Stamp
from sync_agent_verifier.store import open_store, read_file
from sync_agent_verifier.tree import is_beginning

__all__ = [
    "check_bundle",
    "check_content",
    "check_heads",
    "check_proof",
    "check_timestamp",
    "read_given_keys",
    "read_head",
    "read_saved",
]

_HEAD = "checkpoint"
_MOST_KEYS = 1_000_000  # bytes
_MOST_PROOF = 200_000  # bytes


def read_given_keys(values: Sequence[str]) -> list[Key]:
    """Return the keys of options: each is the line of a key, or a file with one key a line. Raises Unreadable."""
    keys: dict[Key, None] = {}
    for value in values:
        lines = [value]
        if "+" not in value or Path(value).exists():
            lines = read_file(Path(value), _MOST_KEYS).decode("utf-8", "replace").split("\n")
        stripped = (line.strip() for line in lines)
        found = [Key.parse(line) for line in stripped if line and not line.startswith("#")]
        if not found:
            raise Unreadable("no_key_in_file", path=value)
        keys.update(dict.fromkeys(found))
    return list(keys)


def read_saved(values: Sequence[str]) -> list[Head]:
    """Return the heads of options: each is a file with a note, or a folder of `.note` files. Raises Unreadable."""
    return [read_head(file) for value in values for file in _notes(Path(value))]


def _notes(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    found = sorted(path.glob("*.note"))
    if not found:
        raise Unreadable("no_head_in_folder", path=path)
    return found


def read_head(path: Path) -> Head:
    """Return the head of a file that somebody kept. Raises Unreadable."""
    try:
        return Head.parse(read_saved_note(read_file(path, 2 * MOST_NOTE)))
    except ValueError:
        raise Unreadable("not_a_head", path=path) from None


def check_bundle(path: Path, keys: Sequence[Key], saved: Sequence[Head], every: timedelta, remarks: Remarks) -> None:
    """Check a whole log: entries, tiles, roots, heads, keys, what somebody kept of it. Raises Unreadable."""
    with open_store(path) as store:
        files = Files(store, remarks)
        remarks.add("manifest", origin=files.manifest.origin, made_at=files.manifest.made_at)
        remarks.add("sha256", digest=_digest(path, files))
        newest = _newest(files, remarks)
        if newest is None:
            return
        heads = read_heads(files, remarks)
        log = read_log(files, newest.size, [head.size for head in [newest, *heads, *saved]], remarks)
        check_series(heads, newest, log, every, remarks)
        check_roots(heads or [newest], log, remarks)
        believed = check_keys(heads or [newest], log, files, keys, remarks)
        check_saved(saved, heads, log, believed, remarks)
        if not saved:
            remarks.add("no_head_kept")
        check_anchors(files, heads, log.size, remarks)
        files.say_what_is_left()
    _sum_up(log, heads, remarks)


def _digest(path: Path, files: Files) -> str:
    """Return the hash by which a report names what was checked: the archive's, or of a folder its manifest's."""
    if path.is_dir():
        return hashlib.sha256(files.manifest_raw).hexdigest()
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while part := file.read(1 << 20):
            digest.update(part)
    return digest.hexdigest()


def _newest(files: Files, remarks: Remarks) -> Head | None:
    raw = files.get(_HEAD, MOST_NOTE)
    if raw is None:
        return None
    try:
        head = Head.parse(raw)
    except ValueError:
        remarks.add("head_malformed", file=_HEAD)
        return None
    said = files.manifest
    if (said.origin, said.size, said.root, said.checkpoint) != (head.origin, head.size, head.root.hex(), head.number):
        remarks.add("manifest_differs", number=head.number)
    return head


def _sum_up(log: Log, heads: Sequence[Head], remarks: Remarks) -> None:
    if log.size:
        remarks.add("entries", count=log.size, last=log.size - 1, since=log.first_time, until=log.last_time)
    if heads:
        first, last = heads[0], heads[-1]
        remarks.add("heads", first=first.number, last=last.number, since=first.time, until=last.time)
    for event, count in sorted(log.events.items()):
        remarks.add("events", event=event, count=count)
    for lost in log.incarnations:
        remarks.add("incarnation", index=lost.index, size="?" if lost.size is None else lost.size)


def check_proof(path: Path, keys: Sequence[Key], remarks: Remarks) -> None:
    """Check that one entry is under a signed head. Raises Unreadable."""
    proof = _read_proof(path)
    head = proof.head
    remarks.add("proof", index=proof.index, number=head.number, size=head.size, time=head.time)
    try:
        for name, value in json_object(proof.entry).items():
            remarks.add("entry_says", name=name, value=value)
    except ValueError:
        remarks.add("entry_malformed", index=proof.index)
    proof.check(remarks)
    _check_signatures([head], keys, remarks)


def _read_proof(path: Path) -> Proof:
    try:
        return Proof.parse(read_file(path, _MOST_PROOF))
    except ValueError:
        raise Unreadable("not_a_proof", path=path) from None


def check_content(path: Path, keys: Sequence[Key], bundle: Path | None, every: timedelta, remarks: Remarks) -> None:
    """Check what was given out of one case: by the key alone, or also against a bundle of the whole log.

    In the bundle the heads of its proofs are looked for as heads that somebody kept are. Raises Unreadable.
    """
    heads = check_disclosure(path, remarks)
    if bundle is not None:
        check_bundle(bundle, keys, heads, every, remarks)
        remarks.add("no_head_kept")  # those of the proofs came with them
    else:
        _check_signatures(heads, keys, remarks)


def _check_signatures(heads: Sequence[Head], keys: Sequence[Key], remarks: Remarks) -> None:
    if not keys:
        remarks.add("no_key_given")
        return
    for head in heads:
        key = next((key for key in keys if head.signed_by(key)), None)
        if key is None:
            remarks.add("not_signed_by_given", number=head.number)
        else:
            remarks.add("signed_by_given", number=head.number, key=key)


def check_heads(old: Head, new: Head, proof: Path | None, keys: Sequence[Key], remarks: Remarks) -> None:
    """Check that the log of one head goes on in that of another. Raises Unreadable when a proof is needed for it."""
    if old.size > new.size:
        old, new = new, old
    for head in (old, new):
        remarks.add("head", number=head.number, size=head.size, time=head.time)
    if old.origin != new.origin:
        raise Unreadable("heads_of_two_logs", old=old.origin, new=new.origin)
    if old.size == 0:
        raise Unreadable("empty_head", number=old.number)
    if old.number == new.number and old.note != new.note:
        remarks.add("number_twice", number=old.number)
    if not proof and old.size != new.size:
        raise Unreadable("proof_needed")
    path = _read_consistency(proof, old, new) if proof else []
    fits = is_beginning((old.size, old.root), (new.size, new.root), path)
    remarks.add("heads_fit" if fits else "fork", old=old.number, new=new.number)
    _check_signatures([old, new], keys, remarks)


def _read_consistency(path: Path, old: Head, new: Head) -> list[bytes]:
    """Return the hashes of a proof: `old SIZE`, the hashes, an empty line, the newer note (C2SP tlog-witness)."""
    body, _, note = read_file(path, _MOST_PROOF).partition(b"\n\n")
    try:
        first, *hashes = body.decode("ascii").split("\n")
        size, found = number_of(after("old ", first)), hashes_of(hashes)
    except ValueError:
        raise Unreadable("not_a_proof", path=path) from None
    if size != old.size or note != new.note:
        raise Unreadable("proof_of_others", path=path)
    return found


def check_timestamp(head: Head, receipt: Path, remarks: Remarks) -> None:
    """Check that a timestamp is over a head. Raises Unreadable."""
    try:
        stamp = Stamp.parse(read_file(receipt, MOST_RECEIPT))
    except ValueError:
        raise Unreadable("receipt_unreadable", path=receipt) from None
    if stamp.is_of(head.note):
        remarks.add("stamped", number=head.number, time=stamp.time, file=receipt)
        remarks.add("stamp_unsigned")
    else:
        remarks.add("receipt_differs", file=receipt)
