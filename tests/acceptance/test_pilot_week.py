"""The pilot week as it is written: every command of the page, in its order, by real processes."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.stations import Ended, Station, Template
from tests.support.typists import typed

DOCS = Path(__file__).parents[2] / "docs"
PAGES = (DOCS / "pilot-week.md", DOCS / "vi" / "tuan-thi-diem.md")
CASES = 80
ASKED = {"KHÓA": "KEY", "TỆP": "FILE"}
DECLINE = ["adopt", "--decline", "--reason"]


def commands(page: Path) -> list[list[str]]:
    """Return the commands a page shows on lines of their own, without the name of the program."""
    found = re.findall(r"^    sync-agent (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return [[ASKED.get(word, word) for word in shlex.split(line)] for line in found]


def unnamed(words: list[str]) -> list[str]:
    """Return a command without the code of a reason, which each language words for itself."""
    return words[: len(DECLINE)] if words[: len(DECLINE)] == DECLINE else words


@pytest.fixture
def pilot(tmp_path: Path, environment: dict[str, str]) -> Iterator[Station]:
    """Yield a finished configuration on its first day: some cases were typed by hand before."""
    station = Station.set_up(tmp_path / "agent", Template.made(tmp_path / "template", CASES), environment)
    station.connect()
    station.prepare_first_day()
    typed(station)
    station.configure(volume_min="10")
    yield station
    station.close()


class Week:
    """Types the commands, with what a person would put for the words in capitals."""

    def __init__(self, pilot: Station) -> None:
        self._pilot = pilot

    def type(self, words: list[str]) -> Ended:
        """Run one command of the page."""
        return self._pilot.agent("--quiet", *(self._meant(word) for word in words))

    def _meant(self, word: str) -> str:
        if word == "KEY":
            holds = self._pilot.agent("--json", "holds", "list", "--rule", "maybe_present").records
            return str(next(hold["case"] for hold in holds if hold["step"] == "case"))
        if word == "DIGEST":
            return str(self._pilot.agent("--json", "sync", "--dry-run").document["plan"])
        return str(self._pilot.folder.parent / "ledger.backup") if word == "FILE" else word


def test_both_pages_show_the_same_commands() -> None:
    """In the same order; only the words a person puts in are in another language."""
    english, vietnamese = (list(map(unnamed, commands(page))) for page in PAGES)
    assert (len(english) > 15, english) == (True, vietnamese)


def test_the_week_goes_as_written(pilot: Station) -> None:
    """No command fails but the first pass, which the volume guard stops; in the end cases have gone up."""
    week, failed = Week(pilot), []
    for words in commands(PAGES[0]):
        if words[: len(DECLINE)] == DECLINE:
            continue
        done = week.type([*words, "--lookup"] if words[0] == "adopt" else words)
        failed += [words] if "error:" in done.err or done.code not in {0, 1} else []
    assert failed == [["sync"]]
    assert pilot.states()["acknowledged"] > CASES


def test_where_nothing_was_typed_it_can_be_declared(pilot: Station) -> None:
    """The other way to begin, as the page shows it."""
    (declared,) = [words for words in commands(PAGES[0]) if words[: len(DECLINE)] == DECLINE]
    assert Week(pilot).type(declared).code == 0
