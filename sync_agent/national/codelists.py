"""Which national code lists are in force: the newest pulled from the service, else the values known from clients.

A pulled list is a file of its own with its day and digest in the state folder; none is ever changed or overwritten.
"""

import csv
import hashlib
import io
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from sync_agent.domain.canonical import canonical_bytes
from sync_agent.errors import ConfigError
from sync_agent.national.contract_file import ListSpec
from sync_agent.national.gateway import CodeEntry

__all__ = ["FOLDER", "CodeList", "CodeLists", "DraftList", "ListChange", "cleaned", "compare"]

FOLDER: Final = "national-codes"
"""Below the state folder."""

_STAMP: Final = "%Y-%m-%dT%H%M%S.%fZ"  # in names of files: no colon, in the order of time
_CODE: Final = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
_LONGEST_NAME: Final = 400
_DIGEST: Final = re.compile(r"^# sha256: ([0-9a-f]{64})$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class CodeList:
    """One list as it stands: `pulled_at` None for the values that ship with the contract, which are not the whole list.

    `entries` are names by code, in the order of the codes.
    """

    spec: ListSpec
    entries: Mapping[str, str] = field(repr=False)
    pulled_at: datetime | None = None

    @property
    def digest(self) -> str:
        """SHA-256 over codes and names."""
        return hashlib.sha256(canonical_bytes(sorted(map(list, self.entries.items())))).hexdigest()


@dataclass(frozen=True, slots=True)
class ListChange:
    """What differs between two states of a list: codes with their names, old and new where a code was renamed."""

    added: Mapping[str, str]
    removed: Mapping[str, str]
    renamed: Mapping[str, tuple[str, str]]

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.renamed)

    @property
    def counts(self) -> dict[str, int]:
        """How many of each."""
        return {"added": len(self.added), "removed": len(self.removed), "renamed": len(self.renamed)}


@dataclass(frozen=True, slots=True)
class DraftList:
    """A pulled list that is written, but not in force yet."""

    kept: CodeList
    _draft: Path
    _path: Path

    def publish(self) -> None:
        """Put it in force."""
        self._draft.replace(self._path)


def compare(old: Mapping[str, str], new: Mapping[str, str]) -> ListChange:
    """Return what `new` adds, removes and renames."""
    return ListChange(
        {code: name for code, name in new.items() if code not in old},
        {code: name for code, name in old.items() if code not in new},
        {code: (old[code], name) for code, name in new.items() if code in old and old[code] != name},
    )


def cleaned(entries: Iterable[CodeEntry]) -> dict[str, str]:
    """Return the entries of an answer as names by code, sorted. Raises ValueError for one that is no code list."""
    found: dict[str, str] = {}
    for entry in entries:
        code, name = entry.code.strip(), " ".join(unicodedata.normalize("NFC", entry.name).split())
        if not _CODE.fullmatch(code) or not name.isprintable() or len(name) > _LONGEST_NAME:
            raise ValueError("not a code list")
        if found.setdefault(code, name) != name:
            raise ValueError("a code with two names")
    return dict(sorted(found.items()))


class CodeLists:
    """The lists of one contract: those in `contract` ship with it, those in `state` were pulled."""

    def __init__(self, specs: Iterable[ListSpec], contract: Path, state: Path) -> None:
        self.specs = tuple(specs)
        self._bundled = contract / "codes"
        self._pulled = state / FOLDER

    def spec_of(self, path: str) -> ListSpec | None:
        """Return the list whose codes a CaseFile path holds, None where it holds no code of a national list."""
        return next((spec for spec in self.specs if spec.holds(path)), None)

    def in_force(self, spec: ListSpec) -> CodeList:
        """Return the newest pulled list, else the bundled one. Raises ConfigError for a file that was changed."""
        files = sorted(self._pulled.glob(f"{spec.file}.*.csv"))
        return self._read_pulled(spec, files[-1]) if files else self.bundled(spec)

    def bundled(self, spec: ListSpec) -> CodeList:
        """Return the values that ship with the contract; none where no client showed any."""
        path = self._bundled / f"{spec.file}.csv"
        return CodeList(spec, _rows(path.read_text(encoding="utf-8")) if path.exists() else {})

    def draft(self, spec: ListSpec, entries: Mapping[str, str], pulled_at: datetime, account: str) -> "DraftList":
        """Write what was pulled beside the lists in force; `publish` puts it among them. Raises ConfigError."""
        kept = CodeList(spec, dict(entries), pulled_at.astimezone(UTC))
        text = io.StringIO(newline="")
        day = f"{kept.pulled_at:%Y-%m-%dT%H:%M:%SZ}"
        text.write(f"# {spec.name} (LoaiDanhMuc {spec.number}), pulled {day} by {account}\n")
        text.write(f"# sha256: {kept.digest}\ncode,name\n")
        csv.writer(text, lineterminator="\n").writerows(entries.items())
        path = self._pulled / f"{spec.file}.{kept.pulled_at:{_STAMP}}.csv"
        draft = path.with_suffix(".new")
        try:
            self._pulled.mkdir(mode=0o700, parents=True, exist_ok=True)
            draft.write_text(text.getvalue(), encoding="utf-8", newline="")
        except OSError as error:
            facts = (("reason", error.strerror or type(error).__name__),)
            raise ConfigError("the file cannot be written ({reason})", where=str(path), facts=facts) from None
        return DraftList(kept, draft, path)

    def _read_pulled(self, spec: ListSpec, path: Path) -> CodeList:
        try:
            text = path.read_text(encoding="utf-8")
            stamp = path.name.removeprefix(f"{spec.file}.").removesuffix(".csv")
            found = CodeList(spec, _rows(text), datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC))
        except (OSError, ValueError, csv.Error) as error:
            facts = (("reason", type(error).__name__),)
            raise ConfigError("the pulled code list cannot be read ({reason})", where=str(path), facts=facts) from None
        told = _DIGEST.search(text)
        if told is None or told.group(1) != found.digest:
            raise ConfigError(
                "the pulled code list was changed after it was pulled",
                where=str(path),
                todo="move it away and pull it again: sync-agent codes pull",
            )
        return found


def _rows(text: str) -> dict[str, str]:
    """Return names by code of a file with the columns code and name. Raises ValueError."""
    reader = csv.DictReader((line for line in io.StringIO(text, newline="") if not line.startswith("#")), strict=True)
    rows = list(reader)
    if any(row.get("code") is None or row.get("name") is None for row in rows):
        raise ValueError("no code or no name")
    return dict(sorted((row["code"], row["name"]) for row in rows))
