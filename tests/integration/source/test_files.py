"""Attached files: which are opened, what is said of one that is not, and when one is read again."""

import hashlib
import os
import socket
import threading
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest

from sync_agent.source import FileMissingError, FileStore
from sync_agent.source import files as module

DAY = 24 * 3600.0


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a folder with one file; a file beside it must stay out of reach."""
    folder = tmp_path / "files"
    (folder / "12").mkdir(parents=True)
    (folder / "12" / "a.pdf").write_bytes(b"content")
    (tmp_path / "secret.txt").write_bytes(b"outside")
    return folder


def read(store: FileStore, location: str) -> bytes:
    """Return the bytes of one file."""
    with store.open(location) as file:
        return file.read()


def described(content: bytes) -> tuple[int, str]:
    """Return how a file with this content is described."""
    return len(content), hashlib.sha256(content).hexdigest()


def is_missing(store: FileStore, location: str) -> bool:
    """Tell whether a file counts as missing, however it is asked for, and the error names neither it nor a cause."""
    for act in (store.open, store.describe):
        with pytest.raises(FileMissingError) as caught:
            act(location)
        assert location not in str(caught.value)
        assert caught.value.__context__ is None
    return True


def test_file_is_read(root: Path) -> None:
    """The bytes come as they are."""
    assert read(FileStore(root), "12/a.pdf") == b"content"


def test_file_is_described_by_size_and_digest(root: Path) -> None:
    """Size in bytes and SHA-256 in hex."""
    assert FileStore(root).describe("12/a.pdf") == described(b"content")


def test_an_empty_file_is_a_file(root: Path) -> None:
    """It has no bytes, and the hash of none."""
    (root / "empty").touch()
    assert (FileStore(root).describe("empty"), read(FileStore(root), "empty")) == (described(b""), b"")


@pytest.mark.parametrize(
    "location",
    ["../secret.txt", "12/../../secret.txt", "/etc/hostname", "a\x00b", "12", "12/b.pdf", "12/a.pdf/b", "\ud800.pdf"],
)
def test_location_that_is_no_file_below_the_root_is_refused(root: Path, location: str) -> None:
    """Neither a way out of the folder nor a missing file is opened, and the error does not name it."""
    assert is_missing(FileStore(root), location)


@pytest.mark.parametrize("length", [256, 5000])
def test_a_name_longer_than_the_system_holds_is_a_missing_file(root: Path, length: int) -> None:
    """Not an error of the pass."""
    assert is_missing(FileStore(root), "a" * length)


def _decomposed(name: str) -> bytes:
    return unicodedata.normalize("NFD", name).encode()


@pytest.mark.parametrize("name", [b"a" * 255, _decomposed("ơ" * 51 + "ab"), b"\xd4\xd2\xca\xbd\xbb\xf2.pdf"])
def test_a_file_is_found_by_the_name_it_has(root: Path, name: bytes) -> None:
    """As long as the system holds, decomposed, or in a charset of long ago."""
    location = os.fsdecode(name)
    (root / location).write_bytes(b"content")
    assert (len(name) <= 255, read(FileStore(root), location)) == (True, b"content")


@pytest.mark.parametrize(
    ("on_disk", "location"),
    [(_decomposed("đơn.pdf"), "đơn.pdf"), ("đơn.pdf".encode("cp1258"), "đơn.pdf")],
    ids=["decomposed", "legacy charset"],
)
def test_a_name_written_otherwise_is_another_file(root: Path, on_disk: bytes, location: str) -> None:
    """Which file was meant is not guessed."""
    (root / os.fsdecode(on_disk)).write_bytes(b"content")
    assert is_missing(FileStore(root), location)


def test_link_that_leads_out_is_refused(root: Path) -> None:
    """A symbolic link does not open a way out."""
    (root / "link").symlink_to(root.parent / "secret.txt")
    with pytest.raises(FileMissingError, match="outside"):
        FileStore(root).open("link")


def test_folder_that_leads_out_is_refused(root: Path) -> None:
    """Nor does one to a folder."""
    (root / "linked").symlink_to(root.parent)
    assert is_missing(FileStore(root), "linked/secret.txt")


def test_a_link_within_the_folder_is_followed(root: Path) -> None:
    """It leads to a file that could have been named itself."""
    (root / "link").symlink_to(root / "12" / "a.pdf")
    assert read(FileStore(root), "link") == b"content"


def test_loop_of_links_is_refused(root: Path) -> None:
    """A link to itself is an error of that file, not a crash."""
    (root / "loop").symlink_to(root / "loop")
    assert is_missing(FileStore(root), "loop")


def test_a_link_put_in_the_place_of_a_file_is_not_followed(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the look and the opening."""
    _once_looked_at(monkeypatch, lambda: _link(root / "12" / "a.pdf", root.parent / "secret.txt"))
    with pytest.raises(FileMissingError, match="cannot be read"):
        FileStore(root).open("12/a.pdf")


def _link(path: Path, target: Path) -> None:
    path.unlink()
    path.symlink_to(target)


def _once_looked_at(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    look = module._status

    def status(path: Path) -> os.stat_result | None:
        found = look(path)
        monkeypatch.undo()
        act()
        return found

    monkeypatch.setattr(module, "_status", status)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_a_pipe_is_no_file_and_nobody_waits_for_its_writer(root: Path) -> None:
    """To open it the usual way would take for ever."""
    os.mkfifo(root / "pipe")
    assert is_missing(FileStore(root), "pipe")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_a_pipe_put_in_the_place_of_a_file_is_not_waited_for(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor between the look and the opening."""

    def replace() -> None:
        (root / "12" / "a.pdf").unlink()
        os.mkfifo(root / "12" / "a.pdf")

    _once_looked_at(monkeypatch, replace)
    with pytest.raises(FileMissingError, match="cannot be read"):
        FileStore(root).open("12/a.pdf")


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="no sockets with names here")
def test_a_socket_is_no_file(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a device is none."""
    monkeypatch.chdir(root)  # such a name may be short only
    with socket.socket(socket.AF_UNIX) as other:
        other.bind("socket")
        assert is_missing(FileStore(root), "socket")


def test_without_a_folder_every_file_is_missing() -> None:
    """No folder configured: the error says so."""
    with pytest.raises(FileMissingError, match="no folder"):
        FileStore(None).open("12/a.pdf")


def _refuse(*_: object, **__: object) -> None:
    raise PermissionError("12/a.pdf")


@pytest.mark.parametrize("call", ["open", "lstat"])
def test_unreadable_file_is_missing(root: Path, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    """A file that the system will not open, or not even look at, is reported without its name."""
    store = FileStore(root)
    monkeypatch.setattr(f"os.{call}" if call == "open" else f"pathlib.Path.{call}", _refuse)
    assert is_missing(store, "12/a.pdf")


def test_no_handle_stays_open(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor of what turned out to be no file."""
    opened: list[int] = []
    closed: list[int] = []
    opening, closing = os.open, os.close

    def noting(path: Path, flags: int) -> int:
        opened.append(opening(path, flags))
        return opened[-1]

    def forgetting(number: int) -> None:
        closed.append(number)
        closing(number)

    monkeypatch.setattr(os, "open", noting)
    monkeypatch.setattr(os, "close", forgetting)
    monkeypatch.setattr(module, "_status", lambda _: (root / "12" / "a.pdf").stat())
    with pytest.raises(FileMissingError, match="cannot be read"):
        FileStore(root).open("12")
    assert (closed, len(opened)) == (opened, 1)


# what is read again


class Readings:
    """A store that counts how often it reads a file, with a clock that a test turns."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 2_000_000_000.0
        self.count = 0
        self.path = root / "12" / "a.pdf"
        self.store = FileStore(root, now=lambda: self.now)
        hashed = module._hashed

        def counted(*words: object) -> object:
            self.count += 1
            return hashed(*words)  # type: ignore[arg-type]  # as the store gave them

        monkeypatch.setattr(module, "_hashed", counted)

    def describe(self) -> tuple[int, str]:
        """Describe the file."""
        return self.store.describe("12/a.pdf")


@pytest.fixture
def readings(root: Path, monkeypatch: pytest.MonkeyPatch) -> Readings:
    """Return a store whose one file was described once, long after it was written."""
    found = Readings(root, monkeypatch)
    found.describe()
    return found


def test_a_file_that_stays_the_same_is_read_once(readings: Readings) -> None:
    """Whoever looks again is told what is known."""
    assert (readings.describe(), readings.count) == (described(b"content"), 1)


def _write(path: Path) -> None:
    path.write_bytes(b"changed")


def _write_with_the_old_time(path: Path) -> None:
    status = path.stat()
    path.write_bytes(b"changed")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def _replace(path: Path) -> None:
    status = path.stat()
    other = path.with_name("other")
    other.write_bytes(b"changed")
    os.utime(other, ns=(status.st_atime_ns, status.st_mtime_ns))
    other.replace(path)


@pytest.mark.parametrize("change", [_write, _write_with_the_old_time, _replace])
def test_a_changed_file_is_read_again(readings: Readings, change: Callable[[Path], None]) -> None:
    """Even one of the same size that was given its old time back."""
    change(readings.path)
    assert (readings.describe(), readings.count) == (described(b"changed"), 2)


@pytest.mark.parametrize(("days", "count"), [(29.9, 1), (30.1, 2), (-30.1, 2)])
def test_a_file_is_read_again_after_a_month(readings: Readings, days: float, count: int) -> None:
    """A disk may change bytes without telling; a clock may be set back."""
    readings.now += days * DAY
    readings.describe()
    assert readings.count == count


def test_what_was_just_written_is_not_taken_as_known(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may be written again within the same tick of the file system's clock."""
    readings = Readings(root, monkeypatch)
    readings.now = readings.path.stat().st_mtime + 5
    readings.describe()
    readings.describe()
    assert readings.count == 2


def test_what_is_opened_to_be_sent_is_hashed_anew_at_the_next_look(readings: Readings) -> None:
    """If it is found to be another than it was known as, it must not be known as that for ever."""
    readings.store.open("12/a.pdf").close()
    readings.describe()
    assert readings.count == 2


def test_a_known_file_that_is_gone_is_missing(readings: Readings) -> None:
    """What is known of it does not stand for it."""
    readings.path.unlink()
    with pytest.raises(FileMissingError):
        readings.describe()


def test_more_files_than_are_kept_are_still_described(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And who walks through all of them again finds most of those that are kept."""
    readings = Readings(root, monkeypatch)
    monkeypatch.setattr(module, "_MOST_KNOWN", 3)
    for number in range(5):
        (root / str(number)).write_bytes(str(number).encode())
    for _ in range(2):
        assert [readings.store.describe(str(n)) for n in range(5)] == [described(str(n).encode()) for n in range(5)]
    assert readings.count == 5 + 2 + 1  # the newest gives way each time


class Growing:
    """A file that grows while it is read."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __call__(self, file: object, most: int) -> tuple[int, bytes] | None:
        """Grow, and read on."""
        with self.path.open("ab") as other:
            other.write(b" and more")
        return _HASHED(file, most)  # type: ignore[arg-type]  # as the store gave them


_HASHED = module._hashed


def test_a_file_that_grows_meanwhile_is_described_as_far_as_it_went(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that one which never ends to grow is read to an end, and it is not taken as known."""
    store = FileStore(root, now=lambda: 2_000_000_000.0)
    monkeypatch.setattr(module, "_hashed", Growing(root / "12" / "a.pdf"))
    first = store.describe("12/a.pdf")
    monkeypatch.undo()
    assert (first, store.describe("12/a.pdf")) == (described(b"content"), described(b"content and more"))


def test_a_file_cut_short_meanwhile_is_described_as_it_was_read(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Size and hash are those of the same bytes."""

    def cut(file: object, most: int) -> tuple[int, bytes] | None:
        os.truncate(root / "12" / "a.pdf", 3)
        return _HASHED(file, most)  # type: ignore[arg-type]  # as the store gave them

    monkeypatch.setattr(module, "_hashed", cut)
    assert FileStore(root).describe("12/a.pdf") == described(b"con")


def test_a_file_whose_disk_fails_is_missing(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As one that cannot be opened."""

    class Failing:
        def read(self, _: int) -> bytes:
            raise OSError(5, "Input/output error", "12/a.pdf")

    monkeypatch.setattr(module, "_hashed", lambda _, most: _HASHED(Failing(), most))  # type: ignore[arg-type]
    with pytest.raises(FileMissingError, match="cannot be read") as caught:
        FileStore(root).describe("12/a.pdf")
    assert caught.value.__context__ is None


def test_several_threads_may_ask_at_once(root: Path) -> None:
    """Workers open what the pass describes."""
    store, found = FileStore(root, now=lambda: 2_000_000_000.0), set()

    def ask() -> None:
        for _ in range(200):
            found.add(store.describe("12/a.pdf"))
            store.open("12/a.pdf").close()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {described(b"content")}
