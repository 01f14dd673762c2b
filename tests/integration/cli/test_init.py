"""`init`: all of a configuration or nothing."""

import json
import shutil
import stat
from pathlib import Path

import pytest

from sync_agent import resources
from sync_agent.cli.main import main
from sync_agent.cli.program import program
from sync_agent.errors import ConfigError
from sync_agent.resources import INSTALLATION_KEY, create_configuration, packaged_configuration, packaged_schemas


def files(folder: Path) -> set[str]:
    """Return what lies below a folder."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def expected() -> set[str]:
    """Return what a new configuration holds."""
    schemas = {f"schemas/{name}" for name in files(packaged_schemas())}
    return files(packaged_configuration()) | schemas | {INSTALLATION_KEY.as_posix()}


def test_a_new_folder_is_filled(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The example configuration, the contracts and a key; nothing else, no draft left behind."""
    folder = tmp_path / "deep" / "new"
    code = main(["init", str(folder)])
    assert (code, files(folder), list(folder.glob(".*"))) == (0, expected(), [])
    assert f"{program()} --config {folder} check" in capsys.readouterr().out


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    """An administrator may have made it, with its owner and mode."""
    assert (main(["init", str(tmp_path)]), files(tmp_path)) == (0, expected())


def test_json_tells_what_was_made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """For an installer."""
    main(["init", str(tmp_path), "--json"])
    document = json.loads(capsys.readouterr().out)
    assert (set(document["files"]), document["key"]) == (expected(), "state/installation.key")


def test_the_key_is_random_and_for_its_owner_only(tmp_path: Path) -> None:
    """32 bytes in hex, mode 0400, in a folder nobody else may enter."""
    keys = []
    for name in ("a", "b"):
        create_configuration(tmp_path / name)
        path = tmp_path / name / INSTALLATION_KEY
        keys.append(bytes.fromhex(path.read_text(encoding="ascii")))
        modes = [stat.S_IMODE(p.stat().st_mode) for p in (path, path.parent)]
        assert (len(keys[-1]), modes) == (32, [0o400, 0o700])
    assert keys[0] != keys[1]


def test_a_folder_that_is_not_empty_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing in it is touched."""
    (tmp_path / "agent.toml").write_text("mine", encoding="utf-8")
    code = main(["init", str(tmp_path)])
    printed = capsys.readouterr()
    assert (code, printed.out, printed.err.count("\n"), files(tmp_path)) == (2, "", 1, {"agent.toml"})


def test_a_file_is_not_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One line, no traceback, and the file is still there."""
    path = tmp_path / "file"
    path.write_text("mine", encoding="utf-8")
    assert (main(["init", str(path)]), capsys.readouterr().err.count("\n"), path.is_file()) == (2, 1, True)


def test_the_example_is_not_copied_into_itself() -> None:
    """It would never end."""
    with pytest.raises(ConfigError, match="inside the example configuration"):
        create_configuration(packaged_configuration() / "mine")


def test_what_an_agent_left_in_the_example_is_not_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody ran it in the checkout: neither its key nor its ledger is the new installation's."""
    example = tmp_path / "sync_agent" / "_data"
    shutil.copytree(packaged_configuration(), example / "config")
    shutil.copytree(packaged_schemas(), example / "schemas")
    wanted = expected()
    for name in ("state/installation.key", "state/ledger.db", "local.db", "local.db-wal", "files/1/scan.pdf"):
        (example / "config" / name).parent.mkdir(parents=True, exist_ok=True)
        (example / "config" / name).write_text("theirs", encoding="utf-8")
    monkeypatch.setattr(resources, "_PACKAGE", tmp_path / "sync_agent")
    create_configuration(tmp_path / "new")
    assert files(tmp_path / "new") == wanted
    assert (tmp_path / "new" / INSTALLATION_KEY).read_text(encoding="ascii") != "theirs"


def test_nothing_half_made_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk in the middle: the new folder is gone again."""

    def full(_path: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(resources, "_write_key", full)
    with pytest.raises(ConfigError, match="No space left on device"):
        create_configuration(tmp_path / "new")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_was_there_is_left_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not removed: somebody made it."""

    def full(_path: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(resources, "_write_key", full)
    with pytest.raises(ConfigError):
        create_configuration(tmp_path)
    assert (tmp_path.is_dir(), list(tmp_path.iterdir())) == (True, [])


def test_an_installed_agent_takes_its_files_from_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no checkout around it."""
    monkeypatch.setattr(resources, "_PACKAGE", tmp_path / "sync_agent")
    assert (packaged_configuration(), packaged_schemas()) == (
        tmp_path / "sync_agent" / "_data" / "config",
        tmp_path / "sync_agent" / "_data" / "schemas",
    )
