"""Commands run in this process, on houses of their own; what one changes of the process is put back."""

import gettext
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sync_agent import logs
from sync_agent.cli.main import main
from sync_agent.i18n import Language, set_language
from tests.support.houses import SECRET_ENV, House, Houses


@pytest.fixture(autouse=True)
def _process_put_back(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("LANGUAGE", "")
    monkeypatch.delenv("SYNC_AGENT_LANG", raising=False)
    monkeypatch.delenv("SYNC_AGENT_CONFIG", raising=False)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setattr(logs, "_threshold", replace(logs._threshold))
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(sys, "unraisablehook", sys.unraisablehook)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    domain = gettext.textdomain()
    yield
    gettext.textdomain(domain)
    set_language(Language.VI)


@pytest.fixture
def english() -> None:
    """Make the command line speak English."""
    set_language(Language.EN)


@pytest.fixture
def make_house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Houses]:
    """Yield what builds houses; they are closed at the end."""
    monkeypatch.setenv(SECRET_ENV, "bí-mật-thử")
    houses = Houses(tmp_path)
    with houses.stack:
        yield houses


@pytest.fixture
def run(house: House, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Return what runs a command in English on the house of the test: exit code, stdout, stderr."""

    def _run(*words: str) -> tuple[int, str, str]:
        code = main(["--config", str(house.folder), "--lang", "en", "--quiet", *words])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return _run
