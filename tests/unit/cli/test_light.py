"""What a person asks for first comes at once: the help loads nothing that only the work needs."""

import subprocess
import sys

import pytest

HEAVY = {
    *("alembic", "apscheduler", "docx", "httpx", "jinja2", "jsonschema_rs", "psycopg", "pymysql"),
    *("rich", "sqlalchemy", "sqlmodel", "starlette", "uvicorn", "xlsxwriter", "yaml"),
}
"""Pydantic is not among them: Typer itself loads it to read the words of a command."""
LOADED = "import sys\nfrom sync_agent.cli.main import main\nmain({words!r})\nprint(*sys.modules, file=sys.stderr)"


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["sync", "--help"], ["nothing"]], ids=" ".join)
def test_help_loads_nothing_heavy(words: list[str]) -> None:
    """In a process of its own: this one has loaded everything."""
    done = subprocess.run([sys.executable, "-c", LOADED.format(words=words)], capture_output=True, check=True)
    loaded = set(done.stderr.decode().split())
    assert (HEAVY & loaded, "sync_agent.cli.app" in loaded) == (set(), True)
