"""How a folder of files is read as a database: loaded into memory, never onto a disk, and as one consistent moment.

A file that is missing, open or being written makes the source unreadable; it never makes rows look gone.
"""

import os
import sqlite3
import time
import uuid
import weakref
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy.engine import URL

from sync_agent.errors import SourceError
from sync_agent.i18n import mark
from sync_agent.source import sqlite
from sync_agent.source.clock import local_text
from sync_agent.source.delimited import read_delimited
from sync_agent.source.dialect import Session
from sync_agent.source.lines import read_lines
from sync_agent.source.problems import SourceLostError
from sync_agent.source.sheets import read_sheets
from sync_agent.source.tables import ADDED, FileKind, Table, TableFiles, kind_of

__all__ = ["DIALECT", "Folder"]

_REST: Final = 2.0
"""Seconds a file must have been left alone: a slow writer is not read in the middle, and any later change is seen."""

_OPEN_MARKS: Final = ("~$", ".~lock.")
_INVENTORY: Final = "_files"


class _Stamp(NamedTuple):
    """What changes when a file is written, replaced or put back."""

    device: int
    number: int
    size: int
    written_ns: int
    changed_ns: int

    @classmethod
    def of(cls, status: os.stat_result) -> "_Stamp":
        return cls(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)

    @property
    def changed_at(self) -> datetime:
        """When its content was changed or put there; aware UTC."""
        latest = self.written_ns if os.name == "nt" else max(self.written_ns, self.changed_ns)
        return datetime.fromtimestamp(latest / 1e9, UTC)


_Seen = Mapping[str, Mapping[Path, _Stamp]]
"""By table, the files it is in."""


@dataclass(frozen=True, slots=True)
class _Snapshot:
    seen: _Seen
    address: str


class Folder:
    """The tables of a profile, kept in memory; loaded again when one of their files changed. Safe between threads."""

    def __init__(self, root: Path, tables: Mapping[str, TableFiles], zone: ZoneInfo) -> None:
        self._root, self._tables, self._zone = root, tables, zone
        self._lock = Lock()
        self._snapshot: _Snapshot | None = None
        self._forget = weakref.finalize(self, _nothing)

    def connect(self) -> sqlite3.Connection:
        """Return a connection to the files as they are now. Raises SourceError, SourceLostError for one in work."""
        with self._lock:
            seen = self._look()
            if self._snapshot is None or self._snapshot.seen != seen:
                self._load(seen)
            return _opened(self._snapshot.address if self._snapshot else "")

    def _look(self) -> _Seen:
        seen = {name: dict(self._found(spec)) for name, spec in self._tables.items()}
        before = self._snapshot.seen if self._snapshot is not None else {}
        for path in (path for name, files in before.items() for path in files.keys() - seen[name].keys()):
            raise SourceError(
                "a file that was read before is missing",
                where=self._shown(path),
                todo=mark("put it back; if it was taken away for good, start the agent again"),
            )
        return seen

    def _found(self, spec: TableFiles) -> Iterator[tuple[Path, _Stamp]]:
        for pattern in spec.file:
            paths = [path for path in sorted(self._root.glob(pattern)) if not path.name.startswith(_OPEN_MARKS)]
            if not paths:
                todo = mark("put it into the folder of source.url, or mend `tables` in the profile")
                raise SourceError("there is no such file", where=pattern, todo=todo)
            for path in paths:
                yield path, self._stamp(path)

    def _stamp(self, path: Path) -> _Stamp:
        marks = (path.with_name(f"~${path.name}"), path.with_name(f"~${path.name[2:]}"))
        if any(each.exists() for each in (*marks, path.with_name(f".~lock.{path.name}#"))):
            todo = mark("close it there; if nobody has it open, delete the file beside it whose name begins with ~")
            raise SourceError("the file is open in Excel", where=self._shown(path), todo=todo)
        try:
            status = path.stat()
        except OSError as error:
            raise self._unreadable(path, error) from None
        if 0 <= time.time() - status.st_mtime < _REST:
            raise self._in_work(path)
        return _Stamp.of(status)

    def _load(self, seen: _Seen) -> None:
        """Load everything anew, and only then let go of what was loaded before."""
        address = f"file:{uuid.uuid4().hex}?mode=memory&cache=shared"
        keeper = sqlite3.connect(address, uri=True, isolation_level=None, check_same_thread=False)
        try:
            self._fill(keeper, seen)
            self._require_unchanged(seen)
        except BaseException:
            keeper.close()
            raise
        self._forget()
        self._snapshot, self._forget = _Snapshot(seen, address), weakref.finalize(self, keeper.close)

    def _require_unchanged(self, seen: _Seen) -> None:
        now = self._look()
        changed = {path for name in seen for path, _ in dict(now[name]).items() ^ dict(seen[name]).items()}
        if changed:
            raise self._in_work(min(changed))

    def _fill(self, connection: sqlite3.Connection, seen: _Seen) -> None:
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.execute(f"CREATE TABLE {_INVENTORY} (name, file, rows, encoding, delimiter)")
        for name, spec in self._tables.items():
            found = [
                (path, table, stamp) for path, stamp in seen[name].items() for table in self._read(path, spec, stamp)
            ]
            spelled = _united([*ADDED, *spec.columns, *(column for _, table, _ in found for column in table.columns)])
            connection.execute("BEGIN")
            _make(connection, name, spelled.values())
            for path, table, stamp in found:
                added = (self._shown(path), table.sheet, local_text(stamp.changed_at, self._zone))
                columns = [*ADDED, *(spelled[column.casefold()] for column in table.columns)]
                _insert(connection, name, columns, ((*added, *row) for row in table.rows))
                told = (name, added[0], str(len(table.rows)), table.encoding, table.delimiter)
                connection.execute(f"INSERT INTO {_INVENTORY} VALUES (?, ?, ?, ?, ?)", told)  # noqa: S608 - our own name
            _make_indexes(connection, name, spec)
            connection.execute("COMMIT")

    def _read(self, path: Path, spec: TableFiles, stamp: _Stamp) -> list[Table]:
        data, where = self._bytes(path, stamp), self._shown(path)
        if not data:
            raise SourceError("the file is empty", where=where, todo=mark("restore it, or take it out of `tables`"))
        match kind_of(path.name):
            case FileKind.WORKBOOK:
                return list(read_sheets(data, spec, where))
            case FileKind.LINES:
                return [read_lines(data, where)]
            case _:
                return [read_delimited(data, spec, where)]

    def _bytes(self, path: Path, stamp: _Stamp) -> bytes:
        try:
            with path.open("rb") as file:
                before = _Stamp.of(os.fstat(file.fileno()))
                data = file.read()
                after = _Stamp.of(os.fstat(file.fileno()))
        except OSError as error:
            raise self._unreadable(path, error) from None
        if not stamp == before == after or len(data) != stamp.size:
            raise self._in_work(path)
        return data

    def _shown(self, path: Path) -> str:
        return path.relative_to(self._root).as_posix()

    def _in_work(self, path: Path) -> SourceLostError:
        return SourceLostError("the file is being written", where=self._shown(path), todo=mark("try again later"))

    def _unreadable(self, path: Path, error: OSError) -> SourceError:
        facts = (("reason", error.strerror or type(error).__name__),)
        return SourceError("the file cannot be read ({reason})", where=self._shown(path), facts=facts)


def _nothing() -> None:
    """Let go of nothing: no file was loaded yet."""


def _opened(address: str) -> sqlite3.Connection:
    return sqlite3.connect(address, uri=True, isolation_level=None, check_same_thread=False)


def _united(columns: Iterable[str]) -> dict[str, str]:
    """Return every column once, in the spelling that came first: files of several years may differ in capitals."""
    first: dict[str, str] = {}
    for column in columns:
        first.setdefault(column.casefold(), column)
    return first


def _make(connection: sqlite3.Connection, name: str, columns: Iterable[str]) -> None:
    described = ", ".join(f"{_quoted(column)} TEXT" for column in columns)
    try:
        connection.execute(f"CREATE TABLE {_quoted(name)} ({described})")
    except sqlite3.Error:  # more columns than SQLite has
        facts = (("table", name),)
        raise SourceError("the table {table} has more columns than can be read", facts=facts) from None


def _insert(
    connection: sqlite3.Connection, name: str, columns: Sequence[str], rows: Iterable[tuple[str | None, ...]]
) -> None:
    names, marks = ", ".join(map(_quoted, columns)), ", ".join("?" for _ in columns)
    connection.executemany(f"INSERT INTO {_quoted(name)} ({names}) VALUES ({marks})", rows)  # noqa: S608 - quoted names


def _make_indexes(connection: sqlite3.Connection, name: str, spec: TableFiles) -> None:
    known = {row[1].casefold() for row in connection.execute(f"PRAGMA table_info({_quoted(name)})")}
    for place, column in enumerate(spec.index):
        if column.casefold() not in known:
            facts = (("column", column), ("table", name))
            raise SourceError("the table {table} has no column {column} for its index", facts=facts)
        connection.execute(f"CREATE INDEX {_quoted(f'{name} {place}')} ON {_quoted(name)} ({_quoted(column)})")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _options(url: URL, session: Session) -> dict[str, Any]:
    root = Path(str(url.database or "")).absolute()
    if not url.database or not root.is_dir():
        raise SourceError("the folder of the source cannot be opened", todo=mark("check source.url"))
    if not session.tables:
        todo = mark("name its tables and their files under `tables` in the profile")
        raise SourceError("the profile names no file of the source", todo=todo)
    return {"creator": Folder(root, session.tables, session.zone).connect}


DIALECT: Final = replace(
    sqlite.DIALECT,
    options=_options,
    inventory=f"SELECT name, file, rows, encoding, delimiter FROM {_INVENTORY} ORDER BY name, file, rowid",  # noqa: S608 - our own name
)
"""SQLite's own, on a database in memory."""
