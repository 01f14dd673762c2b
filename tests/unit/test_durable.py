"""A small file after a power cut: the old one or the new, whole."""

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from sync_agent.durable import create_durably, make_durable, replace_durably, sync_folder

Write = Callable[[Path, bytes], None]
WAYS: list[Write] = [create_durably, replace_durably]


class CutError(BaseException):
    """The power is gone."""


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return what is done, in its order: what is brought to the disk, and what is put in its place."""
    done: list[str] = []
    fsync, link, replace = os.fsync, os.link, os.replace

    def synced(file: int) -> None:
        done.append("folder" if stat.S_ISDIR(os.fstat(file).st_mode) else f"{os.fstat(file).st_size} bytes")
        fsync(file)

    def linked(src: Path, dst: Path, **_: object) -> None:
        done.append("placed")
        link(src, dst)

    def replaced(src: Path, dst: Path) -> None:
        done.append("placed")
        replace(src, dst)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "link", linked)
    monkeypatch.setattr(os, "replace", replaced)
    return done


@pytest.mark.parametrize("write", WAYS)
def test_it_is_on_the_disk_before_it_is_in_its_place(write: Write, tmp_path: Path, steps: list[str]) -> None:
    """And its name after that; nothing is left beside it."""
    write(tmp_path / "key", b"12345")
    assert steps == ["5 bytes", "placed", "folder"]
    assert [path.name for path in tmp_path.iterdir()] == ["key"]
    assert (tmp_path / "key").read_bytes() == b"12345"


@pytest.mark.parametrize("write", WAYS)
def test_cut_before_it_is_on_the_disk_nothing_is_in_its_place(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even an empty file; and the next try does."""

    def cut(_: int) -> None:
        raise CutError

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", cut)
        patched.setattr(Path, "unlink", lambda *_args, **_named: None)  # nobody clears up after a power cut
        with pytest.raises(CutError):
            write(tmp_path / "key", b"12345")
    assert not (tmp_path / "key").exists()
    assert [path.suffix for path in tmp_path.iterdir()] in ([".part"], [".new"])
    write(tmp_path / "key", b"67890")
    assert (tmp_path / "key").read_bytes() == b"67890"


def test_what_a_cut_left_of_a_secret_is_gone_with_the_next_write(tmp_path: Path) -> None:
    """Or a destroyed key could be found beside the file."""
    (tmp_path / ".key.new").write_bytes(b"old secret")
    replace_durably(tmp_path / "key", b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["key"]


@pytest.mark.parametrize("mode", [0o400, 0o600, 0o644])
def test_a_file_is_replaced_with_the_mode_that_is_given(tmp_path: Path, mode: int) -> None:
    """Whatever mask the caller has, and from the first byte never wider."""
    before = os.umask(0o077)
    try:
        replace_durably(tmp_path / "table.csv", b"x", mode=mode)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "table.csv").stat().st_mode) == mode


@pytest.mark.parametrize("links", [True, False])
def test_a_file_that_is_there_is_never_written_over(
    tmp_path: Path, links: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the file system knows one name for a file only."""

    def refused(*_: object) -> None:
        raise PermissionError(errno.EPERM, "no links here")

    if not links:
        monkeypatch.setattr(os, "link", refused)
    create_durably(tmp_path / "key", b"first")
    with pytest.raises(FileExistsError):
        create_durably(tmp_path / "key", b"second")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("key", b"first")]


def test_a_folder_to_which_one_may_only_add_takes_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The part beside it stays, as it must, and is not taken for the file."""

    def refused(*_: object, **__: object) -> None:
        raise PermissionError(errno.EPERM, "append only")

    monkeypatch.setattr(Path, "unlink", refused)
    create_durably(tmp_path / "00000001.note", b"a head", mode=0o444)
    assert [path.name for path in tmp_path.glob("*.note")] == ["00000001.note"]


def test_a_folder_that_cannot_be_brought_to_the_disk_is_no_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some file systems refuse to be asked; an error of the disk is one all the same."""
    for code, tolerated in ((errno.EINVAL, True), (errno.EIO, False)):

        def refused(_: int, code: int = code) -> None:
            raise OSError(code, os.strerror(code))

        monkeypatch.setattr(os, "fsync", refused)
        if tolerated:
            sync_folder(tmp_path)
        else:
            with pytest.raises(OSError, match=os.strerror(code)):
                sync_folder(tmp_path)


def test_what_somebody_else_wrote_is_brought_to_the_disk(tmp_path: Path, steps: list[str]) -> None:
    """Content and name."""
    (tmp_path / "copy.db").write_bytes(b"123")
    make_durable(tmp_path / "copy.db")
    assert steps == ["3 bytes", "folder"]
