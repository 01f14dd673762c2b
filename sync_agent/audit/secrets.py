"""Decides how a case is spoken of without being named: one secret per case, one purpose per use, erasable for good.

Without the secret, nothing in the log can be tied to a case, its content or a person again. Secrets and notes are
sealed where the connection carries the keys for it (`SEALS`), which all ledgers of an installation do.
"""

import os
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Self

from sqlalchemy import Connection, bindparam, insert, select, update

from sync_agent.audit.seals import opened, sealed, seals_of
from sync_agent.audit.tables import ERASABLE
from sync_agent.domain.canonical import canonical_bytes, keyed_digest

__all__ = [
    "CaseSecret",
    "create_secrets",
    "keep_note",
    "load_secrets",
    "owner_of",
    "owners_of",
    "read_note",
    "rename_owners",
    "secrets_of",
    "subject_named",
]

_SIZE = 32
_ASIDE = "~"  # no source has this name: keys may change places without meeting each other
_KEYS_PER_QUERY = 500  # bound parameters: SQLite takes 999 in its smallest build


class CaseSecret(bytes):
    """The 32 secret bytes of one case. Each method is one purpose and gives 64 hex digits; it never shows itself."""

    __slots__ = ()

    def __new__(cls, value: bytes) -> Self:
        """Take 32 bytes; ValueError for any other number."""
        if len(value) != _SIZE:
            raise ValueError("the secret of a case has 32 bytes")
        return super().__new__(cls, value)

    @classmethod
    def new(cls) -> Self:
        """Return a fresh secret from the operating system's generator."""
        return cls(os.urandom(_SIZE))

    def subject(self, source_id: str, case_key: str) -> str:
        """Return what stands for the case in the log."""
        return keyed_digest(self, "subject", canonical_bytes([source_id, case_key]))

    def item(self, local_key: str) -> str:
        """Return what stands for one decision or enforcement of the case."""
        return keyed_digest(self, "item", local_key.encode())

    def finding(self, key: tuple[str, ...]) -> str:
        """Return what stands for one finding of the case, by all that tells it from others."""
        return keyed_digest(self, "finding", canonical_bytes(key))

    def digest(self, content: bytes) -> str:
        """Return the digest of a message's canonical content, files as their own keyed digests."""
        return keyed_digest(self, "digest", content)

    def file(self, content: bytes) -> str:
        """Return the digest of a file of the case, or of the hash that stands for it."""
        return keyed_digest(self, "file", content)

    def national_id(self, national_id: str) -> str:
        """Return the commitment to an Id that the national side minted."""
        return keyed_digest(self, "id", national_id.encode())

    def request(self, body: bytes) -> str:
        """Return the digest of a request body as it was sent."""
        return keyed_digest(self, "request", body)

    def response(self, body: bytes) -> str:
        """Return the digest of an answer's body as it was received."""
        return keyed_digest(self, "response", body)

    def __repr__(self) -> str:
        return "CaseSecret(...)"

    __str__ = __repr__


def load_secrets(conn: Connection, source_id: str, case_keys: Iterable[str]) -> dict[str, CaseSecret]:
    """Return the secret of each case of the source that has one. AuditError for one that does not open."""
    found = secrets_of(conn, ((source_id, key) for key in case_keys))
    return {key: secret for (_, key), (secret, _) in found.items()}


def secrets_of(conn: Connection, owners: Iterable[tuple[str, str]]) -> dict[tuple[str, str], tuple[CaseSecret, str]]:
    """Return, by source and key, the secret of each case that has one, with the commitment kept beside it.

    One query for every 500 keys. A secret that was destroyed is as one that is not there. AuditError for one that does
    not open.
    """
    by_source: dict[str, list[str]] = {}
    for source_id, key in owners:
        by_source.setdefault(source_id, []).append(key)
    found: dict[tuple[str, str], tuple[CaseSecret, str]] = {}
    for source_id, keys in by_source.items():
        for at in range(0, len(keys), _KEYS_PER_QUERY):
            found.update(_page_of_secrets(conn, source_id, keys[at : at + _KEYS_PER_QUERY]))
    return found


def _page_of_secrets(
    conn: Connection, source_id: str, keys: Sequence[str]
) -> Iterator[tuple[tuple[str, str], tuple[CaseSecret, str]]]:
    seals = seals_of(conn)
    query = select(ERASABLE.c.case_key, ERASABLE.c.number, ERASABLE.c.value, ERASABLE.c.commitment).where(
        ERASABLE.c.source_id == source_id, ERASABLE.c.kind == "secret", ERASABLE.c.case_key.in_(keys)
    )
    for key, number, value, said in conn.execute(query):
        secret = opened(seals, number, value)
        if secret is not None:
            yield (source_id, key), (CaseSecret(secret), said)


def create_secrets(conn: Connection, source_id: str, case_keys: Iterable[str]) -> dict[str, CaseSecret]:
    """Make and keep a secret for each case in the caller's transaction; IntegrityError if one has a secret already."""
    made = {key: CaseSecret.new() for key in case_keys}
    values = sealed(conn, [bytes(secret) for secret in made.values()])
    rows = [
        {
            "source_id": source_id,
            "case_key": key,
            "kind": "secret",
            "commitment": secret.subject(source_id, key),
            **each,
        }
        for (key, secret), each in zip(made.items(), values, strict=True)
    ]
    if rows:
        conn.execute(insert(ERASABLE), rows)
    return made


def keep_note(conn: Connection, source_id: str, case_key: str, note: str) -> str:
    """Keep a person's note where it can be erased and return its commitment, which is all an entry says of it.

    Both names are "" for a note about no case. Equal notes have different commitments: each has its own salt.
    """
    salt, content = os.urandom(_SIZE), unicodedata.normalize("NFC", note).encode()
    commitment = keyed_digest(salt, "note", content)
    row = {"source_id": source_id, "case_key": case_key, "kind": "note", "commitment": commitment}
    conn.execute(insert(ERASABLE).values(**row, **sealed(conn, [salt + content])[0]))
    return commitment


def read_note(conn: Connection, commitment: str) -> str | None:
    """Return the note behind a commitment, or None once it has been erased."""
    query = select(ERASABLE.c.value, ERASABLE.c.number)
    row = conn.execute(query.where(ERASABLE.c.kind == "note", ERASABLE.c.commitment == commitment)).first()
    value = None if row is None else opened(seals_of(conn), row.number, row.value)
    return None if value is None else value[_SIZE:].decode()


def owner_of(conn: Connection, commitment: str) -> tuple[str, str] | None:
    """Return source and key of the case that a subject or a note stands for, both "" for a note about none.

    None once it has been erased.
    """
    row = conn.execute(select(ERASABLE.c.source_id, ERASABLE.c.case_key).where(ERASABLE.c.commitment == commitment))
    found = row.first()
    return None if found is None else (found.source_id, found.case_key)


def owners_of(conn: Connection, commitments: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Return source and key of the case for each of some commitments, as `owner_of`; those erased are left out."""
    found, wanted = dict[str, tuple[str, str]](), sorted(commitments)
    for start in range(0, len(wanted), _KEYS_PER_QUERY):
        ours = ERASABLE.c.commitment.in_(wanted[start : start + _KEYS_PER_QUERY])
        rows = conn.execute(select(ERASABLE.c.commitment, ERASABLE.c.source_id, ERASABLE.c.case_key).where(ours))
        found |= {row.commitment: (row.source_id, row.case_key) for row in rows}
    return found


def subject_named(conn: Connection, source_id: str, case_key: str) -> str | None:
    """Return the commitment by which the log speaks of a case, without its secret; None when it has none any more."""
    ours = (ERASABLE.c.source_id == source_id) & (ERASABLE.c.case_key == case_key) & (ERASABLE.c.kind == "secret")
    found: str | None = conn.execute(select(ERASABLE.c.commitment).where(ours)).scalar()
    return found


def rename_owners(conn: Connection, old_source: str, new_source: str, keys: Mapping[str, str]) -> None:
    """Give the secrets and notes of all cases of a source its new name and, where `keys` (old: new) says so, new keys.

    Commitments stay as they are: the log goes on to know each case as before.
    """
    everything = update(ERASABLE)
    conn.execute(everything.where(ERASABLE.c.source_id == old_source).values(source_id=_ASIDE))
    aside = everything.where(ERASABLE.c.source_id == _ASIDE)
    if keys:
        one = aside.where(ERASABLE.c.case_key == bindparam("old"))
        moved = one.values(source_id=new_source, case_key=bindparam("new"))
        conn.execute(moved, [{"old": old, "new": new} for old, new in keys.items()])
    conn.execute(aside.values(source_id=new_source))
