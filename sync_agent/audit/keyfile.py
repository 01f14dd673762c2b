"""Decides where the key is that signs heads, and how it is replaced: made once, never again by itself.

The private half is a file of one line in hex; the public halves, the present and all before, stand in a file of their
own.
"""

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from sync_agent.audit.note import NoteSigner, NoteVerifier
from sync_agent.durable import create_durably, replace_durably
from sync_agent.errors import ConfigError, SyncAgentError
from sync_agent.secretfile import read_secret

__all__ = ["KEY_FILE", "KeyFile"]

KEY_FILE: Final = "audit.key"
_BYTES: Final = 32
_MODE: Final = 0o400
_PUBLIC_MODE: Final = 0o644


class KeyFile:
    """The key of one log, whose `name` is that of the signatures.

    `given` is a file that somebody else keeps, such as a credential of systemd; without it the key is in `state`.
    """

    def __init__(self, state: Path, name: str, given: Path | None = None) -> None:
        self.path = given or state / KEY_FILE
        self.public = state / "audit.pub"
        self.name = name
        self._given = given is not None
        self._next = state / f"{KEY_FILE}.new"

    def load(self) -> NoteSigner:
        """Return the key. Raises ConfigError when it is missing, open to others or no key."""
        return self._read(self.path)

    def make(self) -> NoteSigner:
        """Make the first key of a log, or return the one that an earlier try made. Raises ConfigError."""
        if not self._given and not self.path.exists():
            self._make_first()
        signer = self.load()
        self._publish(signer.verifier)
        return signer

    def prepare(self) -> NoteSigner:
        """Make the next key, which is in force when `advance` has put it in its place. Raises ConfigError."""
        if self._given:
            raise ConfigError(
                "the key of the audit log is kept by somebody else",
                where="audit.key_file",
                todo="take the setting away, rotate the key, and hand the new file over again",
            )
        try:
            replace_durably(self._next, _new_key(), mode=_MODE)
        except OSError as error:
            raise self._unwritable(self._next, error) from None
        return self._read(self._next)

    def prepared(self) -> NoteSigner | None:
        """Return the next key when one was made and not put in its place."""
        return self._read(self._next) if self._next.exists() else None

    def advance(self) -> NoteSigner:
        """Put the next key in the place of the present one, which is gone then. Raises ConfigError."""
        self._publish(self._read(self._next).verifier)
        self._next.replace(self.path)
        return self.load()

    def verifiers(self) -> list[NoteVerifier]:
        """Return the public halves, oldest first. Raises ConfigError when one cannot be read."""
        try:
            lines = self.public.read_text(encoding="ascii").split()
            return [NoteVerifier.parse(line) for line in lines]
        except FileNotFoundError:
            return []
        except (OSError, UnicodeDecodeError, SyncAgentError):
            raise ConfigError(
                "the public keys of the audit log cannot be read",
                where=str(self.public),
                todo="restore it, one key a line",
            ) from None

    def _read(self, path: Path) -> NoteSigner:
        content = read_secret(path, "", where="audit.key_file")
        try:
            key = bytes.fromhex(content)
        except ValueError:
            key = b""
        if len(key) != _BYTES:
            raise ConfigError("not a key of an audit log", where=str(path), todo="restore the right file")
        return NoteSigner(self.name, key)

    def _make_first(self) -> None:
        try:
            with suppress(FileExistsError):  # another process was faster: its key is the log's
                create_durably(self.path, _new_key(), mode=_MODE)
        except OSError as error:
            raise self._unwritable(self.path, error) from None

    def _publish(self, verifier: NoteVerifier) -> None:
        known = self.verifiers()
        if verifier in known:
            return
        lines = "".join(f"{each}\n" for each in [*known, verifier])
        try:
            replace_durably(self.public, lines.encode("ascii"), mode=_PUBLIC_MODE)
        except OSError as error:
            raise self._unwritable(self.public, error) from None

    def _unwritable(self, path: Path, error: OSError) -> ConfigError:
        return ConfigError(
            "the key of the audit log cannot be written ({reason})",
            where=str(path),
            todo="check that the folder is writable and has free space",
            facts=(("reason", error.strerror or "error"),),
        )


def _new_key() -> bytes:
    return os.urandom(_BYTES).hex().encode() + b"\n"
