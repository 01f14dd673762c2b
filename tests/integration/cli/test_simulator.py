"""`simulator`: a process that answers until it is told to stop."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sync_agent.cli.main import main


def test_the_simulator_tells_where_it_answers_and_stops_when_told(tmp_path: Path) -> None:
    """A parent process reads one JSON document, and Ctrl+C ends it without a complaint."""
    words = ["--json", "--quiet", "simulator", "--db", str(tmp_path / "s.db"), "--capability", "link=on"]
    child = subprocess.Popen(
        [sys.executable, "-m", "sync_agent", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    said = "".join(iter(child.stdout.readline, "}\n")) + "}"
    child.send_signal(signal.SIGINT)
    _, printed = child.communicate(timeout=60)
    assert (json.loads(said)["url"].startswith("http://127.0.0.1:"), child.returncode, printed) == (True, 0, "")


@pytest.mark.parametrize(
    "words", [["--fault", "nonsense"], ["--capability", "link"], ["--account", "a:NO_SUCH_VARIABLE"], ["--db", "/no/x"]]
)
def test_a_simulator_that_cannot_be_is_one_line_and_exit_2(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before anything listens."""
    code = main(["simulator", "--db", str(tmp_path / "s.db"), *words])
    assert (code, capsys.readouterr().err.count("\n")) == (2, 1)
