"""Decides how the files of a bundle are packed into one, and by which digest a file that leaves the house is known."""

import hashlib
from typing import BinaryIO, Final
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

__all__ = ["digest_of", "pack"]

_BLOCK: Final = 2**20
"""Bytes of a file read at a time."""


def pack(archive: ZipFile, name: str, content: bytes) -> None:
    """Add a file to an archive; hashes cannot be packed any tighter."""
    info = ZipInfo(name)
    hashes = name.startswith("tile/") and not name.startswith("tile/entries/")
    info.compress_type = ZIP_STORED if hashes else ZIP_DEFLATED
    info.external_attr = 0o600 << 16
    archive.writestr(info, content)


def digest_of(file: BinaryIO) -> str:
    """Return the SHA-256 of all that was written to a file, in hex."""
    digest = hashlib.sha256()
    file.seek(0)
    while block := file.read(_BLOCK):
        digest.update(block)
    return digest.hexdigest()
