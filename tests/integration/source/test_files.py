import hashlib
from pathlib import Path

import pytest

from sync_agent.source import FileMissingError, FileStore


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a folder with one file; a file beside it must stay out of reach."""
    folder = tmp_path / "files"
    (folder / "12").mkdir(parents=True)
    (folder / "12" / "a.pdf").write_bytes(b"content")
    (tmp_path / "secret.txt").write_bytes(b"outside")
    return folder


def test_file_is_read(root: Path) -> None:
    """The bytes come as they are."""
    assert FileStore(root).read("12/a.pdf") == b"content"


def test_file_is_described_by_size_and_digest(root: Path) -> None:
    """Size in bytes and SHA-256 in hex."""
    assert FileStore(root).describe("12/a.pdf") == (7, hashlib.sha256(b"content").hexdigest())


@pytest.mark.parametrize(
    "location", ["../secret.txt", "12/../../secret.txt", "/etc/hostname", "a\x00b", "12", "12/b.pdf"]
)
def test_location_that_is_no_file_below_the_root_is_refused(root: Path, location: str) -> None:
    """Neither a way out of the folder nor a missing file is opened, and the error does not name it."""
    store = FileStore(root)
    with pytest.raises(FileMissingError) as caught:
        store.read(location)
    assert location not in str(caught.value)
    with pytest.raises(FileMissingError):
        store.describe(location)


def test_link_that_leads_out_is_refused(root: Path) -> None:
    """A symbolic link does not open a way out."""
    (root / "link").symlink_to(root.parent / "secret.txt")
    with pytest.raises(FileMissingError, match="outside"):
        FileStore(root).read("link")


def test_loop_of_links_is_refused(root: Path) -> None:
    """A link to itself is an error of that file, not a crash."""
    (root / "loop").symlink_to(root / "loop")
    with pytest.raises(FileMissingError):
        FileStore(root).read("loop")


def test_without_a_folder_every_file_is_missing() -> None:
    """No folder configured: the error says so."""
    with pytest.raises(FileMissingError, match="no folder"):
        FileStore(None).read("12/a.pdf")


def test_unreadable_file_is_missing(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that the system will not open is reported without its name."""

    def refuse(*_args: object, **_kwargs: object) -> bytes:
        raise PermissionError("12/a.pdf")

    monkeypatch.setattr(Path, "open", refuse)
    monkeypatch.setattr(Path, "read_bytes", refuse)
    for act in (FileStore(root).read, FileStore(root).describe):
        with pytest.raises(FileMissingError) as caught:
            act("12/a.pdf")
        assert str(caught.value) == "an attached file cannot be read"
        assert caught.value.__context__ is None
