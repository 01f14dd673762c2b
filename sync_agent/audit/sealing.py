"""Decides how secrets and notes are sealed, so that one can be destroyed for good in every copy of the database.

Each is sealed by a key of its own, which follows from its number: from the key of the installation, one step for each
hex digit. To destroy one, the keys on its way are given up and those beside it kept (a puncturable PRF on the tree of
Goldreich, Goldwasser and Micali). All others open as before, also in older backups; the one opens nowhere any more.
"""

import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager, nullcontext, suppress
from hashlib import blake2b
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sync_agent.durable import create_durably, replace_durably
from sync_agent.errors import AuditError, ConfigError
from sync_agent.secretfile import read_secret

__all__ = ["SEALS_FILE", "Seals"]

SEALS_FILE: Final = "seals.key"
_DIGITS: Final = "0123456789abcdef"
_DEPTH: Final = 8  # digits of a number: 4 thousand million secrets and notes
_BYTES: Final = 32
_NONCE: Final = 12
_ROOT: Final = "-"  # how the file writes the way of no steps


class Seals:
    """The keys of one installation, in a file of its state folder that no backup of the database holds."""

    def __init__(self, state: Path) -> None:
        self.path = state / SEALS_FILE
        self._intended = state / "seals.erasing"
        self._known: tuple[tuple[int, int, int], dict[str, bytes]] | None = None

    def __repr__(self) -> str:
        return "Seals()"

    def make(self) -> None:
        """Make the first key, unless there is one. Raises ConfigError."""
        if not self.path.exists():
            with self._refused(self.path), suppress(FileExistsError):  # another process was faster: its key it is
                create_durably(self.path, _lines({"": os.urandom(_BYTES)}))

    def seal(self, number: int, value: bytes) -> bytes:
        """Return `value` so that only the key of `number` opens it; KeyError when that was destroyed."""
        key = self._key(number)
        if key is None:
            raise KeyError(number)
        nonce = os.urandom(_NONCE)
        return nonce + AESGCM(key).encrypt(nonce, value, None)

    def unseal(self, number: int, sealed: bytes) -> bytes | None:
        """Return what was sealed, None when its key was destroyed. AuditError when it is not what was sealed."""
        key = self._key(number)
        if key is None:
            return None
        try:
            return AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], None)
        except (InvalidTag, ValueError):
            raise AuditError(
                "a sealed secret does not open",
                where=f"audit_erasable {number}",
                todo="restore {file} as it was, or the ledger: one of them was changed",
                facts=(("file", SEALS_FILE),),
            ) from None

    def is_destroyed(self, number: int) -> bool:
        """Tell whether nothing under this number opens any more."""
        return self._key(number) is None

    def destroy(self, numbers: Collection[int]) -> None:
        """Destroy the keys of `numbers`, durably; one destroyed before stays so. Raises ConfigError.

        To be called by the one process that may write: what others destroyed before is read anew.
        """
        before = self._read()
        nodes = dict(before)
        for number in numbers:
            _puncture(nodes, _way(number))
        if nodes != before:
            self._replace(self.path, _lines(nodes))

    def intend(self, numbers: Collection[int]) -> None:
        """Note, durably, what is to be destroyed once its rows are removed: an interruption must not save it."""
        self._replace(self._intended, "".join(f"{number}\n" for number in sorted(numbers)).encode())

    @property
    def intended(self) -> frozenset[int]:
        """What was to be destroyed and may not be yet. Raises ConfigError."""
        try:
            return frozenset(map(int, self._intended.read_text(encoding="ascii").split()))
        except FileNotFoundError:
            return frozenset()
        except (OSError, ValueError):
            raise ConfigError("the list of what is being erased cannot be read", where=str(self._intended)) from None

    def settle(self) -> None:
        """Forget what was intended: it is done, or never came to be."""
        self._intended.unlink(missing_ok=True)

    def _nodes(self) -> dict[str, bytes]:
        """Return the keys as the file has them now: another process may have destroyed some since it was read."""
        try:
            found = self.path.stat()
        except OSError:
            return self._read()  # which says what is wrong
        version = (found.st_ino, found.st_mtime_ns, found.st_size)
        if self._known is None or self._known[0] != version:
            self._known = (version, self._read())
        return self._known[1]

    def _read(self) -> dict[str, bytes]:
        lines = read_secret(self.path, "", where=SEALS_FILE).splitlines()
        try:
            pairs = [line.split() for line in lines]
            nodes = {"" if way == _ROOT else way: bytes.fromhex(key) for way, key in pairs}
        except ValueError:
            nodes = {}
        if not nodes or any(len(key) != _BYTES for key in nodes.values()):
            raise ConfigError("not the keys of sealed secrets", where=str(self.path), todo="restore the right file")
        return nodes

    def _key(self, number: int) -> bytes | None:
        way, nodes = _way(number), self._nodes()
        for steps in range(_DEPTH + 1):
            key = nodes.get(way[:steps])
            if key is not None:
                for digit in way[steps:]:
                    key = _step(key, digit)
                return key
        return None

    def _replace(self, path: Path, content: bytes) -> None:
        """Write a file anew, and zeros over what it was."""
        with self._refused(path), path.open("r+b") if path.exists() else nullcontext() as before:
            replace_durably(path, content)
            if before is not None:
                before.write(bytes(os.fstat(before.fileno()).st_size))
                before.flush()
                os.fsync(before.fileno())

    @contextmanager
    def _refused(self, path: Path) -> Iterator[None]:
        """Say in one line what the system refused."""
        try:
            yield
        except OSError as error:
            raise ConfigError(
                "the keys of sealed secrets cannot be written ({reason})",
                where=str(path),
                todo="check that the state folder is writable and has free space",
                facts=(("reason", error.strerror or "error"),),
            ) from None


def _lines(nodes: dict[str, bytes]) -> bytes:
    return "".join(f"{way or _ROOT} {key.hex()}\n" for way, key in sorted(nodes.items())).encode()


def _way(number: int) -> str:
    return f"{number:0{_DEPTH}x}"


def _step(key: bytes, digit: str) -> bytes:
    return blake2b(digit.encode(), key=key, digest_size=_BYTES).digest()


def _puncture(nodes: dict[str, bytes], way: str) -> None:
    """Replace the key on a way by those of all that branches off it."""
    steps = next((steps for steps in range(_DEPTH + 1) if way[:steps] in nodes), None)
    if steps is None:
        return
    key = nodes.pop(way[:steps])
    for at in range(steps, _DEPTH):
        nodes.update((way[:at] + digit, _step(key, digit)) for digit in _DIGITS if digit != way[at])
        key = _step(key, way[at])
