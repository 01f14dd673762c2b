"""An inspector checks the log of an agent on a machine of his own, with what he was given and nothing else."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from tests.support.stations import Station

FOLDER = Path(__file__).parents[2] / "verifier"


def verified(folder: Path, *words: object) -> tuple[int, str]:
    """Run the copied verifier and return exit code and what it said."""
    command = [sys.executable, "-B", "verify.py", *map(str, words), "--lang", "en"]
    ended = subprocess.run(
        command,
        cwd=folder,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={"PYTHONUTF8": "1", "PYTHONWARNINGS": "error"},
        check=False,
    )
    assert ended.stderr == ""
    return ended.returncode, ended.stdout


def test_an_inspector_checks_a_log_alone(signed: Station, tmp_path: Path) -> None:
    """Bundle, proof of one entry and proof of two heads, by the key of the first day: all made by the real commands."""
    copied = tmp_path / "inspector" / "verifier"
    shutil.copytree(FOLDER, copied, ignore=shutil.ignore_patterns("__pycache__"))
    signed.sync()
    kept, newest = tmp_path / "kept.note", tmp_path / "newest.note"
    head = signed.agent("--json", "audit", "checkpoint").document
    kept.write_text(head["note"], encoding="utf-8", newline="\n")
    first, second = signed.agent("--json", "audit", "key", "--rotate").document["keys"]
    bundle, proof, both = tmp_path / "bundle.zip", tmp_path / "entry.tlog-proof", tmp_path / "both.proof"
    _made(signed, "export", "--format", "bundle", "--output", bundle)
    with zipfile.ZipFile(bundle) as archive:
        newest.write_bytes(archive.read("checkpoint"))
    _made(signed, "prove", "3", "--output", proof)
    _made(signed, "prove", "--consistency", head["number"], _number(newest), "--output", both)
    for words, said in (
        (("bundle", bundle, "--key", first, "--head", kept), "The head you kept"),
        (("proof", proof, "--key", second), f"signed by the key given: {second}"),
        (("heads", kept, newest, "--proof", both, "--key", first, "--key", second), "no entry before it was changed"),
    ):
        code, text = verified(copied, *words)
        assert (code, said in text) == (0, True), text


def _made(station: Station, *words: object) -> None:
    """Run a command that makes a file."""
    ended = station.agent("audit", *map(str, words))
    assert (ended.code, ended.err) == (0, "")


def _number(note: Path) -> int:
    """Return the number that a head says."""
    return int(note.read_text(encoding="utf-8").split("number ")[1].split()[0])
