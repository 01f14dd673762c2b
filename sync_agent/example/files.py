"""Where attached files lie and what is in them: a few hundred bytes of invented text in a small PDF or text file."""

import random
import string
from pathlib import Path
from typing import Final

__all__ = ["Files"]

_LINK_LETTERS: Final = string.ascii_lowercase + string.digits
_LINK_LENGTH: Final = 30


class Files:
    """Writes files under `root`/<IdDonThu>/ and hands out their links."""

    def __init__(self, rng: random.Random, root: Path) -> None:
        self._rng = rng
        self._root = root

    def add(self, petition: int, name: str, *, missing: bool = False) -> tuple[str, str]:
        """Return (name, link) of a new file; when `missing`, nothing is written and the row points to nothing.

        The link is 30 random characters and everything after the first dot of the name.
        """
        link = "".join(self._rng.choices(_LINK_LETTERS, k=_LINK_LENGTH)) + name[name.index(".") :]
        if not missing:
            folder = self._root / str(petition)
            folder.mkdir(parents=True, exist_ok=True)
            (folder / link).write_bytes(_content(self._rng, link))
        return name, link


def _content(rng: random.Random, link: str) -> bytes:
    lines = [
        f"Invented page {number} of {link[:6]}, seal {rng.randrange(10**9)}" for number in range(rng.randint(4, 40))
    ]
    if not link.endswith(".pdf"):
        return "\n".join(lines).encode()
    stream = "BT /F1 9 Tf 40 800 Td " + " ".join(f"({line}) Tj 0 -12 Td" for line in lines) + " ET"
    return f"%PDF-1.4\n1 0 obj\n<< /Length {len(stream)} >>\nstream\n{stream}\nendstream\nendobj\n%%EOF\n".encode()
