"""What a command changes of its process is put back."""

import gettext
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest

from sync_agent import logs
from sync_agent.i18n import Language, set_language


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
