"""Every way a command can end, in a process of its own where that matters."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from sync_agent import __version__
from sync_agent.cli import app
from sync_agent.cli import main as entry
from sync_agent.cli.main import main
from sync_agent.errors import LockedError

HEAVY = ("sqlmodel", "sqlalchemy", "alembic", "httpx", "pydantic", "rich", "orjson", "structlog", "apscheduler", "yaml")
SECRET = "Nguyễn Thị Ngát"


def agent(*words: str, code: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the agent, or the Python `code` in its place, as a process."""
    command = ["-c", code] if code else ["-m", "sync_agent"]
    return subprocess.run(
        [sys.executable, *command, *words],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=os.environ | environment,
        check=False,
        timeout=60,
    )


def noun(work: str) -> str:
    """Return Python code that runs an agent whose only command does `work`."""
    return (
        "import os, signal, sys, typer\n"
        "from sync_agent.cli import app, init\n"
        "from sync_agent.cli.main import main\n"
        "class Noun:\n"
        "    @staticmethod\n"
        "    def add(application):\n"
        "        application.command('go')(go)\n"
        "def go(context: typer.Context):\n"
        "    'Go.'\n"
        f"    {work}\n"
        "app.NOUNS = (Noun, init)\n"
        "sys.exit(main())\n"
    )


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> typer.Typer:
    """Give an application whose nouns a test chooses."""

    class Nothing:
        @staticmethod
        def add(application: typer.Typer) -> None:
            """Register one command that ends as the word it gets says."""

            def end(how: str) -> int | None:
                """End."""
                if how == "locked":
                    raise LockedError("another instance holds the ledger", where="state")
                if how == "abort":
                    raise typer.Abort
                if how == "interrupt":
                    raise KeyboardInterrupt
                if how == "exit":
                    raise typer.Exit(4)
                return 1 if how == "person" else None

            application.command("end")(end)

    monkeypatch.setattr(app, "NOUNS", (Nothing, Nothing))
    return typer.Typer()


@pytest.mark.usefixtures("command")
@pytest.mark.parametrize(
    ("how", "code", "lines"),
    [("done", 0, 0), ("person", 1, 0), ("exit", 4, 0), ("locked", 5, 1), ("abort", 130, 1), ("interrupt", 130, 1)],
)
def test_each_end_has_its_exit_code(how: str, code: int, lines: int, capsys: pytest.CaptureFixture[str]) -> None:
    """And at most one line."""
    assert (main(["end", how]), capsys.readouterr().err.count("\n")) == (code, lines)


@pytest.mark.usefixtures("command")
def test_debug_shows_the_frames_of_an_error_too(capsys: pytest.CaptureFixture[str]) -> None:
    """Under the line that everybody gets."""
    main(["end", "locked", "--debug", "--lang", "en"])
    lines = capsys.readouterr().err.splitlines()
    assert (lines[:2], len(lines) > 2) == (
        ["error: state: another instance holds the ledger", "sync_agent.errors.LockedError"],
        True,
    )


def test_help_imports_nothing_heavy() -> None:
    """It answers in a fraction of a second."""
    code = (
        "import sys\n"
        "from sync_agent.cli.main import main\n"
        "code = main(['--help'])\n"
        f"print(sorted({set(HEAVY)!r} & set(sys.modules)))\n"
        "sys.exit(code)\n"
    )
    done = agent(code=code)
    assert (done.returncode, done.stdout.splitlines()[-1], done.stderr) == (0, "[]", "")


def test_the_version_is_told() -> None:
    """As a package says it."""
    done = agent("--version")
    assert (done.returncode, done.stdout) == (0, f"sync-agent {__version__}\n")


def test_vietnamese_and_json_come_through_any_locale(tmp_path: Path) -> None:
    """A service often runs without one."""
    done = agent("init", str(tmp_path / "x"), LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
    assert (done.returncode, "Cấu hình nằm trong" in done.stdout) == (0, True)


def test_json_is_the_whole_of_stdout(tmp_path: Path) -> None:
    """A program can read it as it is."""
    done = agent("--json", "init", str(tmp_path / "x"))
    assert (done.returncode, sorted(json.loads(done.stdout)), done.stderr) == (0, ["files", "folder", "key"], "")


def test_what_nobody_foresaw_is_one_line_without_data() -> None:
    """The message of an exception may quote a record."""
    done = agent("go", "--lang", "en", code=noun(f"raise KeyError({SECRET!r})"))
    lines = [
        line.startswith("internal error: KeyError at sync_agent/cli/main.py:") for line in done.stderr.splitlines()
    ]
    assert (done.returncode, done.stdout, lines) == (1, "", [True])


def test_debug_shows_frames_without_data() -> None:
    """Not even the lines of the code."""
    done = agent("go", "--debug", code=noun(f"secret = {SECRET!r}; raise KeyError(secret)"))
    assert (done.returncode, "in go" in done.stderr, SECRET in done.stderr) == (1, True, False)


def test_an_interrupt_is_exit_130() -> None:
    """One line, no traceback."""
    done = agent("go", "--lang", "en", code=noun("os.kill(os.getpid(), signal.SIGINT)"))
    assert (done.returncode, done.stderr) == (130, "interrupted\n")


def test_what_a_library_logs_is_not_shown() -> None:
    """It may hold what it was working on."""
    done = agent("go", code=noun(f"import logging; logging.getLogger('httpx').error({SECRET!r})"))
    assert (done.returncode, done.stderr) == (0, "")


def test_for_debugging_it_is_shown_that_a_library_logged() -> None:
    """Not what."""
    work = f"import logging, json.decoder; logging.getLogger('json.decoder').error({SECRET!r})"
    done = agent("go", "--debug", code=noun(work))
    line = json.loads(done.stderr)
    assert (line["event"], line["logger"], line["level"]) == ("library", "json.decoder", "error")
    assert SECRET not in done.stderr


@pytest.mark.parametrize("size", [1, 1_000_000])
def test_a_reader_that_goes_away_is_no_internal_error(size: int) -> None:
    """`sync-agent ... | head` ends quietly, whether the command or its end finds out."""
    child = subprocess.Popen(
        [sys.executable, "-c", noun(f"sys.stdin.read(); print('x' * {size})"), "go"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONUNBUFFERED": ""},
    )
    assert child.stdout is not None
    child.stdout.close()
    child.stdout = None
    _, printed = child.communicate(b"", timeout=60)
    assert (child.returncode, printed) == (1, b"")


def test_the_entry_point_of_the_package_is_main() -> None:
    """`sync-agent` and `python -m sync_agent` are the same."""
    assert entry.main is main


def test_an_interrupt_while_the_command_is_still_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A person may be quicker than the imports."""

    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(entry, "build_command", interrupted)
    assert main(["init"]) == 130


def test_the_exit_code_of_an_interrupted_process_is_not_a_signal() -> None:
    """Shell scripts look at 130."""
    done = agent("go", code=noun("raise KeyboardInterrupt"))
    assert done.returncode == 128 + signal.SIGINT
