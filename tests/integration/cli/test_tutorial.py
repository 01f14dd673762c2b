"""The tutorial as it is written: every file, edit, command and output of the page, in its order."""

import csv
import os
import re
import shlex
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from sync_agent.cli.main import main
from tests.support.stations import closed_port

DOCS = Path(__file__).parents[3] / "docs"
PAGES = (DOCS / "tutorial.md", DOCS / "vi" / "bai-thuc-hanh.md")
PORT = "8055"
SHELL = {"cp", "echo", "head", "(umask"}
"""Words with which the page's other commands begin."""

Block = tuple[str, str, str]
"""Language, file ("" for commands), content."""


def blocks(page: Path) -> list[Block]:
    """Return the fenced blocks of a page, and its table of codes as one of language `codes`, in their order."""
    text = page.read_text(encoding="utf-8")
    found = re.finditer(
        r"^```(\w+)(?: (\S+))?\n(.*?)^```$|^(\| table \| local \| code \|\n(?:\|[^\n]*\n)+)",
        text,
        re.MULTILINE | re.DOTALL,
    )
    return [("codes", "codes.csv", m[4]) if m[4] else (m[1], m[2] or "", m[3]) for m in found]


def commands(content: str) -> list[tuple[str, int, list[str]]]:
    """Return (command, exit code, lines expected) of a block of commands."""
    found = []
    for part in re.split(r"^\$ ", content, flags=re.MULTILINE)[1:]:
        command, *lines = part.splitlines()
        code = int(lines.pop()[1:-1]) if lines and re.fullmatch(r"\[\d+\]", lines[-1]) else 0
        found.append((command, code, lines))
    return found


def missing(expected: list[str], said: str) -> list[str]:
    """Return the expected lines that do not come in their order; `…` is any text, blanks are one blank."""
    lines = iter([" ".join(line.split()) for line in said.splitlines()])
    for line in expected:
        pattern = ".*".join(re.escape(piece) for piece in " ".join(line.split()).split("…"))
        if line != "…" and not any(re.fullmatch(pattern, each) for each in lines):
            return [line]
    return []


class Reader:
    """Somebody who does what the page says, in an empty folder."""

    def __init__(self, folder: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self._folder = folder
        self._capfd = capfd
        self._monkeypatch = monkeypatch
        self._port = str(closed_port())
        self._simulator: subprocess.Popen[str] | None = None
        self.surprises: list[object] = []
        self.run = 0

    def follow(self, page: Path) -> None:
        """Take the page from its beginning to its end, or to the first surprise."""
        for language, file, content in blocks(page):
            {"console": self._type, "diff": self._edit, "codes": self._fill}.get(language, self._save)(file, content)
            if self.surprises:
                return

    def _save(self, file: str, content: str) -> None:
        (self._folder / file).write_text(content.replace(PORT, self._port), encoding="utf-8")

    def _edit(self, file: str, content: str) -> None:
        path = self._folder / file
        for hunk in content.rstrip("\n").split("\n\n"):
            lines = [(line[:1], line[1:]) for line in hunk.split("\n")]
            old = "\n".join(line for sign, line in lines if sign in {" ", "-"}) + "\n"
            new = "\n".join(line for sign, line in lines if sign in {" ", "+"}) + "\n"
            pattern = "[^\n]*".join(re.escape(piece) for piece in old.split("…"))
            text = path.read_text(encoding="utf-8")
            if len(found := re.findall(pattern, text)) != 1:
                self.surprises.append((file, len(found), old))
            path.write_text(re.sub(pattern, new.replace("\\", r"\\"), text), encoding="utf-8")

    def _fill(self, file: str, table: str) -> None:
        """Fill in the column `code` of the list of codes, as with a spreadsheet."""
        wanted = {
            (name, local): code
            for name, local, code in (re.findall(r"[^| ]+", line) for line in table.splitlines()[2:])
        }
        path = self._folder / file
        with path.open(encoding="utf-8-sig", newline="") as opened:
            separator = ";" if ";" in opened.readline() else ","  # what spreadsheets expect differs by language
            opened.seek(0)
            rows = list(csv.DictReader(opened, delimiter=separator))
        for row in rows:
            row["code"] = wanted.pop((row["table"], row["local"]), "")
        self.surprises += wanted
        with path.open("w", encoding="utf-8-sig", newline="") as opened:
            writer = csv.DictWriter(opened, list(rows[0]), delimiter=separator)
            writer.writeheader()
            writer.writerows(rows)

    def _type(self, _file: str, content: str) -> None:
        for command, code, expected in commands(content.replace(PORT, self._port)):
            ended, said = self._run(command)
            self.run += 1
            if ended != code or missing(expected, said):
                self.surprises.append((command, ended, missing(expected, said), said))
                return

    def _run(self, command: str) -> tuple[int, str]:
        words = shlex.split(command)
        if words[0] == "export":
            for name, _, value in (word.partition("=") for word in words[1:]):
                self._monkeypatch.setenv(name, value)
            return 0, ""
        if words[0].startswith("SIMULATOR_SECRET="):
            return self._simulate(words)
        if words[0] == "sqlite3":
            with closing(sqlite3.connect(self._folder / words[1])) as connection, connection:
                connection.executescript((self._folder / words[3]).read_text(encoding="utf-8"))
            return 0, ""
        if words[0] == "sync-agent":
            code = main(words[1:])
            return code, "".join(self._capfd.readouterr())
        assert words[0] in SHELL, command
        done = subprocess.run(["sh", "-c", command], cwd=self._folder, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    def _simulate(self, words: list[str]) -> tuple[int, str]:
        """Start the simulator as in a second terminal; return when it answers."""
        name, _, value = words[0].partition("=")
        self._simulator = subprocess.Popen(
            [sys.executable, "-m", "sync_agent", *words[2:]],
            cwd=self._folder,
            env={**os.environ, name: value, "PYTHONPATH": str(DOCS.parent)},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._simulator.stdout is not None
        return 0, self._simulator.stdout.readline()

    def close(self) -> None:
        """End the simulator."""
        if self._simulator is not None:
            self._simulator.terminate()
            self._simulator.communicate(timeout=60)


@pytest.fixture
def reader(tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Reader]:
    """Yield somebody in an empty folder."""
    monkeypatch.chdir(tmp_path)
    reader = Reader(tmp_path, capfd, monkeypatch)
    yield reader
    reader.close()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_page_goes_as_written(page: Path, reader: Reader) -> None:
    """Every command ends with the code and says the lines that the page shows."""
    reader.follow(page)
    assert (reader.surprises, reader.run > 25) == ([], True)


def test_both_pages_do_the_same() -> None:
    """In the same order; only what is shown of the outputs, and comments in the register, are in another language."""

    def done(page: Path) -> list[object]:
        return [
            [(command, code) for command, code, _ in commands(content)]
            if language == "console"
            else (language, file, re.sub(r" +--.*$", "", content, flags=re.MULTILINE))
            for language, file, content in blocks(page)
        ]

    def unnamed(steps: list[object]) -> str:
        return re.sub(r"SYNC_AGENT_LANG=\w+", "", str(steps))

    assert unnamed(done(PAGES[0])) == unnamed(done(PAGES[1]))
