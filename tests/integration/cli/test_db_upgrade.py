"""`db upgrade` as people call it: what it says of the copy, and when it asks for a backup."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.houses import House, Houses

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def house(make_house: Houses) -> House:
    """Return a house at the present schema."""
    return make_house(signed=False)


@pytest.fixture
def backed_up(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Return what was answered when an upgrade asked whether there is a backup; it then copied to a file."""
    answers: list[bool] = []

    def upgrade(_: Path, *, backed_up: Callable[[], bool], copied: Callable[[Path], None], **__: str) -> str:
        answers.append(backed_up())
        copied(Path("/state/ledger-0004.db"))
        return "0005"

    monkeypatch.setattr("sync_agent.bootstrap.upgrade_ledger", upgrade)
    return answers


def test_it_says_where_the_copy_is_and_when_to_remove_it(run: Run, backed_up: list[bool]) -> None:
    """In words and as JSON."""
    _, text, _ = run("db", "upgrade", "--backed-up")
    assert ("copied first, as it was: /state/ledger-0004.db" in text, "Remove this copy" in text) == (True, True)
    _, document, _ = run("--json", "db", "upgrade")
    assert json.loads(document) == {"revision": "0005", "copy": "/state/ledger-0004.db"}
    assert backed_up == [True, False]


@pytest.mark.parametrize(("answer", "meant"), [("yes", True), ("có", True), ("", False), ("no", False)])
def test_at_a_terminal_it_asks(
    run: Run, backed_up: list[bool], monkeypatch: pytest.MonkeyPatch, answer: str, *, meant: bool
) -> None:
    """Anything but a yes is a no."""
    monkeypatch.setattr("sync_agent.cli.db.at_terminal", lambda: True)
    monkeypatch.setattr("typer.prompt", lambda *_, **__: answer)
    run("db", "upgrade")
    assert backed_up == [meant]


def test_a_ledger_that_is_up_to_date_is_not_copied(run: Run, house: House) -> None:
    """Nothing changes."""
    code, document, _ = run("--json", "db", "upgrade")
    assert (code, json.loads(document)["copy"]) == (0, None)
    assert not list((house.folder / "state").glob("ledger-*"))
