"""The catalogues that hold the sentences of the code in other languages.

Run by `make catalogues`: finds the messages, updates the Vietnamese catalogue and compiles it. With `--check` nothing
is written, and a catalogue that would change is an error too.
"""

import io
import sys
from collections.abc import Iterable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))  # run as a file, not as a module

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from tools.messages import Found, find_messages

__all__ = ["CATALOGUE", "PACKAGE", "compiled", "read_catalogue", "stale", "untranslated", "update", "written"]

PACKAGE = Path(__file__).parent.parent / "sync_agent"
CATALOGUE = PACKAGE / "locale" / "vi" / "LC_MESSAGES" / "sync_agent.po"


def read_catalogue() -> Catalog:
    """Return the Vietnamese catalogue as it is on disk."""
    return _parsed(CATALOGUE.read_bytes())


def update(catalogue: Catalog, found: Found) -> None:
    """Take over new messages, drop those the code no longer has."""
    template = Catalog(locale="vi", domain="sync_agent")
    for message, files in found.messages.items():
        template.add(message, locations=[(file, 1) for file in sorted(files)])
    creation = catalogue.creation_date
    catalogue.update(template, no_fuzzy_matching=True)
    catalogue.creation_date = creation  # a date that changes with every run would hide what changed
    catalogue.obsolete.clear()


def untranslated(catalogue: Catalog) -> list[str]:
    """Return the messages that have no translation."""
    return [str(message.id) for message in catalogue if message.id and not _translated(message.string)]


def compiled(catalogue: Catalog) -> bytes:
    """Return the catalogue in the form gettext reads."""
    buffer = io.BytesIO()
    write_mo(buffer, catalogue)
    return buffer.getvalue()


def written(catalogue: Catalog) -> bytes:
    """Return the catalogue in the form translators edit."""
    buffer = io.BytesIO()
    write_po(buffer, catalogue, width=120, sort_output=True, include_lineno=False, ignore_obsolete=True)
    return buffer.getvalue()


def _translated(string: str | Iterable[str] | None) -> bool:
    return bool(string) and all([string] if isinstance(string, str) else string or ())


def stale(catalogue: bytes, machine: bytes, found: Found) -> bool:
    """Tell whether `update` would change the catalogue, or the compiled form is not that of the written one."""
    fresh = _parsed(catalogue)
    before = compiled(fresh)
    update(fresh, found)
    return machine != before or written(fresh) != catalogue


def _parsed(content: bytes) -> Catalog:
    return read_po(io.BytesIO(content), locale="vi", domain="sync_agent")


def _complaints(catalogue: Catalog, found: Found) -> list[str]:
    return [
        *(f"not a literal: {place}" for place in sorted(found.problems)),
        *(f"not translated: {message}" for message in untranslated(catalogue)),
    ]


def _main(*, check: bool) -> int:
    found = find_messages(PACKAGE)
    catalogue = read_catalogue() if CATALOGUE.exists() else Catalog(locale="vi", domain="sync_agent")
    update(catalogue, found)
    complaints = _complaints(catalogue, found)
    if not check:
        CATALOGUE.write_bytes(written(catalogue))
        CATALOGUE.with_suffix(".mo").write_bytes(compiled(catalogue))
    elif stale(CATALOGUE.read_bytes(), CATALOGUE.with_suffix(".mo").read_bytes(), found):
        complaints.append("not current: run make catalogues")
    sys.stderr.writelines(line + "\n" for line in complaints)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(_main(check=sys.argv[1:] == ["--check"]))
