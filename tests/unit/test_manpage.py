"""The man pages are made from the command line, are current, and a man program can read them."""

import gettext
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from sync_agent.i18n import Language, set_language
from tools import manpage

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _process_put_back(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("LANGUAGE", "")
    domain = gettext.textdomain()
    yield
    gettext.textdomain(domain)
    set_language(Language.VI)


@pytest.mark.parametrize("language", Language)
def test_a_man_page_is_current(language: Language) -> None:
    """After a change of a command or of a translation: `python tools/manpage.py`."""
    assert (ROOT / "docs" / "man" / manpage.PAGES[language]).read_text(encoding="utf-8") == manpage.page(language)


@pytest.mark.parametrize("language", Language)
def test_a_man_page_is_well_formed(language: Language) -> None:
    """No line of text is taken for a request, and none is unknown."""
    known = (".TH ", ".SH ", ".SS ", ".TP", ".PP", ".B ", ".RS", ".RE", ".nf", ".fi")
    lines = manpage.page(language).splitlines()
    assert [line for line in lines if line.startswith((".", "'")) and not line.startswith(known)] == []
    assert (lines[0].startswith(".TH "), all(lines)) == (True, True)


@pytest.mark.skipif(shutil.which("groff") is None, reason="no groff on this machine")
@pytest.mark.parametrize("language", Language)
def test_groff_reads_a_man_page_without_a_complaint(language: Language) -> None:
    """In UTF-8, with all its letters."""
    page = manpage.page(language).encode()
    command = ["groff", "-K", "utf8", "-man", "-Tutf8", "-ww"]
    done = subprocess.run(command, input=page, capture_output=True, check=True)
    assert (done.stderr.decode(), "sync-agent cases list" in done.stdout.decode()) == ("", True)


def test_the_tool_writes_every_page(tmp_path: Path) -> None:
    """Below one folder, as `MANPATH` wants it."""
    manpage.main(tmp_path)
    assert sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.1")) == [
        "sync-agent.1",
        "vi/sync-agent.1",
    ]
