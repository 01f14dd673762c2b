"""`audit erase` as people call it: what it prints and how it ends."""

import io
import sys
from collections.abc import Callable

import pytest

from tests.support.houses import House, Houses

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def house(make_house: Houses) -> House:
    """Return a house from which two cases were sent."""
    house = make_house()
    house.local.case(1)
    house.local.case(2)
    house.sync()
    return house


def known(run: Run) -> int:
    """Return how many cases the ledger knows."""
    return len(run("--json", "cases", "list")[1].splitlines())


def test_one_case_is_erased_and_the_log_stays_whole(run: Run, house: House) -> None:
    """It says what is still to be done by hand; the verification finds nothing."""
    code, text, _ = run("audit", "erase", "V1", "--reason", "archive_law", "--yes")
    assert (code, text.splitlines()[0].startswith("Erased: 1"), "state/seals.key" in text) == (0, True, True)
    assert (known(run), run("audit", "verify")[0]) == (1, 0)


def test_it_asks_first(run: Run, house: House) -> None:
    """Where nobody can be asked it erases nothing."""
    code, _, error = run("audit", "erase", "V1", "--reason", "archive_law")
    assert (code, "--yes" in error, known(run)) == (2, True, 2)


@pytest.mark.parametrize("words", [(), ("V1", "--older-than", "12")])
def test_it_needs_one_selection(run: Run, house: House, words: tuple[str, ...]) -> None:
    """Neither none nor two."""
    code, _, error = run("audit", "erase", *words, "--reason", "archive_law", "--yes")
    assert (code, "exactly one" in error, known(run)) == (2, True, 2)


def test_age_is_a_year_at_least(run: Run, house: House) -> None:
    """Audit records are kept that long by any reading."""
    assert run("audit", "erase", "--older-than", "11", "--reason", "archive_law", "--yes")[0] == 2


def test_a_note_from_a_pipe_stands_beside_an_age(run: Run, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The dash is no case then."""
    monkeypatch.setattr(sys, "stdin", io.StringIO("Hết hạn lưu.\n"))
    code, text, _ = run("audit", "erase", "--older-than", "12", "--reason", "archive_law", "--yes", "--note", "-")
    assert (code, text) == (0, "Nothing was erased.\n")
