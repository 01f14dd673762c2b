"""Files made to do harm: refused in one clear line before much of them is read."""

import os
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from sync_agent_verifier.cli import main

from sync_agent.audit import Checkpoint
from tests.integration.verifier.conftest import Check, Story
from tests.support.bundles import files_of, sealed, zipped

LONG = "a/" * 120 + "b"


def archive(path: Path, *names: str, content: bytes = b"x") -> Path:
    """Write an archive with files of such names."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("warnings.warn", lambda *_, **__: None)  # of names that stand twice
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
            for name in names:
                made.writestr(name, content)
    return path


@pytest.mark.parametrize(
    "name", ["../outside", "/etc/passwd", "a/../../b", "a\\b", "C:/b", "a//b", "./a", "tệp", "a b", "a\x1b[2Jb", LONG]
)
def test_a_name_that_leads_elsewhere_is_refused(call: Check, tmp_path: Path, name: str) -> None:
    """Though nothing would be written: no bundle has such names."""
    found = call("bundle", archive(tmp_path / "b.zip", name))
    assert (found.code, found.codes("unreadable")) == (2, ["name_refused"])


def test_a_name_that_stands_twice_is_refused(call: Check, tmp_path: Path) -> None:
    """Two programs could read two different files."""
    found = call("bundle", archive(tmp_path / "b.zip", "checkpoint", "checkpoint"))
    assert (found.code, found.codes("unreadable")) == (2, ["name_twice"])


def test_an_archive_that_grows_beyond_measure_is_not_unpacked(call: Check, tmp_path: Path) -> None:
    """Its own list of files says so."""
    found = call("bundle", archive(tmp_path / "b.zip", "manifest.json", content=bytes(80_000_000)))
    assert (found.code, found.codes("unreadable")) == (2, ["bomb"])


def test_a_list_of_files_longer_than_memory_is_not_read(call: Check, tmp_path: Path) -> None:
    """The end of the archive says how long it is; nobody asks for more than that at once."""
    path, size = tmp_path / "b.zip", 450_000_000
    path.write_bytes(b"")
    os.truncate(path, size)  # a hole: it takes no room
    with path.open("ab") as file:
        file.write(b"PK\5\6" + bytes(4) + b"\1\0\1\0" + size.to_bytes(4, "little") + bytes(6))
    assert call("bundle", path).facts("not_a_bundle")["why"] == "its list of files is too long"


@pytest.mark.parametrize("kept", [0, 10, 0.5, 0.99])
def test_an_archive_that_was_cut_is_unreadable(story: Story, call: Check, tmp_path: Path, kept: float) -> None:
    """In transit, for instance. That proves nothing against the log."""
    path = zipped(story.files, tmp_path / "b.zip")
    raw = path.read_bytes()
    path.write_bytes(raw[: int(kept * len(raw)) if kept < 1 else int(kept)])
    found = call("bundle", path, "--key", story.keys[0])
    assert (found.code, found.codes("unreadable")) == (2, ["not_a_bundle"])


def test_a_damaged_file_in_an_archive_is_named(story: Story, call: Check, tmp_path: Path) -> None:
    """By the archive's own checksum."""
    path = tmp_path / "b.zip"
    with zipfile.ZipFile(path, "w") as made:
        for name, raw in story.files.items():
            made.writestr(name, raw)
    raw = path.read_bytes()
    path.write_bytes(raw.replace(story.files["tile/0/000"][:32], bytes(32), 1))
    found = call("bundle", path, "--key", story.keys[0])
    assert (found.code, found.facts("damaged")) == (2, {"file": "tile/0/000"})


def test_an_archive_packed_in_another_way_is_refused(call: Check, tmp_path: Path) -> None:
    """Only what every agent makes is unpacked."""
    with zipfile.ZipFile(tmp_path / "b.zip", "w", zipfile.ZIP_LZMA) as made:
        made.writestr("manifest.json", b"{}")
    assert call("bundle", tmp_path / "b.zip").codes("unreadable") == ["packed_otherwise"]


def test_a_link_in_a_folder_is_not_followed(call: Check, tmp_path: Path) -> None:
    """It may lead to any file of the inspector's own machine."""
    (tmp_path / "bundle").mkdir()
    (tmp_path / "bundle" / "manifest.json").symlink_to(tmp_path / "elsewhere")
    assert call("bundle", tmp_path / "bundle").codes("unreadable") == ["name_refused"]


@pytest.mark.parametrize("content", [b"", b"PK", b"not a zip at all"])
def test_what_is_no_archive_is_said(call: Check, tmp_path: Path, content: bytes) -> None:
    """In one line."""
    (tmp_path / "b.zip").write_bytes(content)
    assert call("bundle", tmp_path / "b.zip").codes("unreadable") == ["not_a_bundle"]


def test_what_is_not_there_is_said(call: Check, tmp_path: Path) -> None:
    """With its path."""
    assert call("bundle", tmp_path / "none.zip").facts("not_a_bundle")["path"].endswith("none.zip")


def test_a_folder_of_something_else_is_no_bundle(call: Check, tmp_path: Path) -> None:
    """It has no manifest."""
    assert call("bundle", tmp_path).codes("unreadable") == ["no_manifest"]


MANIFEST = (
    '{"format":"sync-agent audit bundle","version":%s,"origin":"x","size":%s,"root":"","checkpoint":0,'
    '"made_at":"2026-11-23T01:02:03.456Z","files":%s}'
)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"\xff",
        b"[" * 200_000,
        b"1" * 10_000,
        (MANIFEST % (2, 1, "{}")).encode(),
        (MANIFEST % (1, "1e3", "{}")).encode(),
        (MANIFEST % (1, "true", "{}")).encode(),
        (MANIFEST % (1, -1, "{}")).encode(),
        (MANIFEST % (1, 10**30, "{}")).encode(),
        (MANIFEST % (1, 1, "[]")).encode(),
        (MANIFEST % (1, 1, '{"a":"b"}')).encode(),
        (MANIFEST % (1, 1, '{},"size":2')).encode(),
        (MANIFEST % (1, 1, '{},"more":2')).encode(),
    ],
)
def test_a_manifest_of_another_form_is_refused(call: Check, tmp_path: Path, content: bytes) -> None:
    """Of another version, with a number that is none, with a name twice."""
    found = call("bundle", archive(tmp_path / "b.zip", "manifest.json", content=content))
    assert (found.code, found.codes("unreadable")) == (2, ["manifest_malformed"])


def test_a_size_that_nobody_could_hold_ends_at_the_first_missing_file(
    story: Story, call: Check, tmp_path: Path
) -> None:
    """Also when the head is signed by the right key."""
    said = Checkpoint.parse(story.kept.notes[-1])
    note = story.signers[1].sign(replace(said, size=10**15).text())
    files = sealed(files_of(story.kept) | {"checkpoint": note, f"checkpoints/{said.number:08d}.note": note})
    found = call("bundle", zipped(files, tmp_path / "b.zip"), "--key", story.keys[0])
    assert (found.code, found.facts("entries_cut")["expected"]) == (4, str(10**15))


def test_what_a_stranger_wrote_moves_no_cursor(
    story: Story, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is printed as it would be typed."""
    files = {
        **story.files,
        "manifest.json": story.files["manifest.json"].replace(b"sync-agent/test", b"\\u001b[2J\\n" * 99),
    }
    assert main(["bundle", str(zipped(files, tmp_path / "b.zip"))]) == 4
    assert "\x1b" not in capsys.readouterr().out


def test_the_same_remark_is_not_made_a_thousand_times(story: Story, call: Check, tmp_path: Path) -> None:
    """The rest is counted."""
    stray = {f"stray/{number}": b"" for number in range(1000)}
    found = call("bundle", zipped({**story.files, **stray}, tmp_path / "b.zip"), "--key", story.keys[0])
    assert (len(found.codes("look")), found.document["left_out"]) == (1, {"file_stray": 980})


def test_a_log_with_more_changes_of_key_than_any_is_given_up(
    story: Story, monkeypatch: pytest.MonkeyPatch, check: Check
) -> None:
    """They are kept in memory, unlike other entries."""
    monkeypatch.setattr("sync_agent_verifier.log._MOST_KEPT", 1)
    assert check(story.files, "--key", story.keys[0]).codes("unreadable") == ["too_many_entries"]


def test_a_folder_with_more_files_than_any_bundle_is_given_up(
    story: Story, monkeypatch: pytest.MonkeyPatch, check: Check
) -> None:
    """They are all listed in memory."""
    monkeypatch.setattr("sync_agent_verifier.store._MOST_FILES", 3)
    assert check(story.files, "--key", story.keys[0]).codes("unreadable") == ["too_many_files"]
