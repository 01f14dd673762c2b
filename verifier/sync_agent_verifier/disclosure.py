"""Decides whether the content given out of a case is what was sent: its secret ties each message to a signed entry."""

import hashlib
import hmac
import json
import re
from dataclasses import dataclass
from pathlib import Path

from sync_agent_verifier.files import json_object
from sync_agent_verifier.note import Head, unbase64
from sync_agent_verifier.proof import Proof
from sync_agent_verifier.remarks import Remarks, Unreadable
from sync_agent_verifier.store import read_file

__all__ = ["check_disclosure"]

_FORMAT = "sync-agent audit content"
_VERSION = 1
_MOST = 50_000_000  # bytes
_SECRET = re.compile(r"[0-9a-f]{64}")
_SENT = ("intent", "accepted", "adopted")
"""Entries that commit to content which left, or was there already; a plan alone proves nothing."""


@dataclass(frozen=True)
class _Message:
    """The content of one message, as bytes, and the proof of an entry by which just that was sent."""

    step: str
    local_key: str
    item: str | None
    content: bytes
    digest: str
    entries: tuple[int, ...]
    proof: Proof

    @classmethod
    def parse(cls, said: object) -> "_Message":
        """Return one message of the file. ValueError for another form."""
        names = set(cls.__annotations__)
        if type(said) is not dict or set(said) != names:
            raise ValueError("other names")
        item, entries = said["item"], said["entries"]
        step, key, content, digest, proof = (
            _text(said[name]) for name in ("step", "local_key", "content", "digest", "proof")
        )
        if type(entries) is not list or not all(type(each) is int for each in entries):
            raise ValueError("not the numbers of entries")
        where = Proof.parse(proof.encode())
        return cls(step, key, item if item is None else _text(item), unbase64(content), digest, tuple(entries), where)


@dataclass(frozen=True)
class _Disclosure:
    """The secret of one case, the name it stands for, and what was given of it."""

    source: str
    case_key: str
    subject: str
    secret: bytes
    messages: tuple[_Message, ...]

    @classmethod
    def parse(cls, raw: bytes) -> "_Disclosure":
        """Return what the file says. ValueError when it is none of this version."""
        said = json_object(raw)
        if (said.pop("format", None), said.pop("version", None)) != (_FORMAT, _VERSION):
            raise ValueError("another format or version")
        if set(said) != set(cls.__annotations__):
            raise ValueError("other names")
        source, case_key, subject, secret = (_text(said[name]) for name in ("source", "case_key", "subject", "secret"))
        messages = said["messages"]
        if type(messages) is not list or not messages or not _SECRET.fullmatch(secret):
            raise ValueError("no secret, or no message")
        found = tuple(_Message.parse(each) for each in messages)
        return cls(source, case_key, subject, bytes.fromhex(secret), found)

    def keyed(self, purpose: bytes, content: bytes) -> str:
        """Return what stands for something of this case in the log."""
        return hmac.new(self.secret, purpose + b"\0" + content, hashlib.sha256).hexdigest()

    def names(self) -> bytes:
        """Return the bytes of which the subject is the digest."""
        return json.dumps([self.source, self.case_key], ensure_ascii=False, separators=(",", ":")).encode()


def check_disclosure(path: Path, remarks: Remarks) -> list[Head]:
    """Check each message against its entry and that under its head; return the heads, whose signatures are left.

    Nothing of the content is said. Raises Unreadable.
    """
    try:
        given = _Disclosure.parse(read_file(path, _MOST))
        names = given.names()
    except ValueError:
        raise Unreadable("not_a_disclosure", path=path) from None
    remarks.add(
        "disclosure", source=given.source, case=given.case_key, subject=given.subject, count=len(given.messages)
    )
    if given.keyed(b"subject", names) != given.subject:
        remarks.add("subject_wrong", case=given.case_key)
    for message in given.messages:
        _check_message(given, message, remarks)
    return list({message.proof.head: None for message in given.messages})


def _check_message(given: _Disclosure, message: _Message, remarks: Remarks) -> None:
    proof = message.proof
    proved = proof.check(remarks)
    try:
        entry = json_object(proof.entry)
    except ValueError:
        remarks.add("entry_malformed", index=proof.index)
        return
    item = given.keyed(b"item", message.local_key.encode()) if message.local_key else None
    wanted = (given.subject, message.step, item)
    if (entry.get("subject"), entry.get("step"), entry.get("item")) != wanted or message.item != item:
        remarks.add("entry_of_another", index=proof.index, step=message.step)
    elif entry.get("event") not in _SENT or proof.index not in message.entries:
        remarks.add("entry_sent_nothing", index=proof.index, step=message.step, event=entry.get("event"))
    elif (entry.get("wanted"), message.digest) != (given.keyed(b"digest", message.content),) * 2:
        remarks.add("content_differs", index=proof.index, step=message.step)
    elif proved:
        facts = {"index": proof.index, "event": entry["event"], "time": entry.get("time"), "number": proof.head.number}
        remarks.add("content_fits", step=message.step, size=len(message.content), **facts)


def _text(value: object) -> str:
    if type(value) is not str:
        raise ValueError("not a text")
    value.encode()  # half a letter is a ValueError too
    return value
