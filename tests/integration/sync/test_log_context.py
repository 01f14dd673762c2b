"""What is logged by whatever thread says in which run it was, of which case and which step."""

import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from sync_agent import logs
from sync_agent.logs import start_log
from sync_agent.national import WireRequest
from sync_agent.sync.scan import read_page
from tests.support.houses import House, Houses


@pytest.fixture(autouse=True)
def _logged(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(logs, "_threshold", replace(logs._threshold))
    start_log(debug=True)
    yield
    start_log(debug=False)


def library_lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """Return the lines that stand for something a library said."""
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    return [line for line in lines if line["event"] == "library" and line["logger"] == "json.decoder"]


def test_what_a_library_says_while_a_message_leaves_names_its_case(
    make_house: Houses, capsys: pytest.CaptureFixture[str]
) -> None:
    """Said in the thread of a worker: run, pseudonym and step stand beside it."""
    house = make_house(workers=3, page=50)
    keys = [house.local.full(number) for number in (1, 2, 3)]

    def says(request: WireRequest) -> None:
        del request
        logging.getLogger("json.decoder").warning("anything")

    house.gateway.before = says
    house.sync()
    said = [(line["run"], line["case"], line["step"]) for line in library_lines(capsys)]
    ((run,),) = house.select("SELECT 'run-' || id FROM run")
    expected = house.select("SELECT c.pseudonym, m.step FROM message m JOIN case_state c ON c.id = m.case_id")
    assert len(expected) == 6 * len(keys)
    assert sorted(said) == sorted((run, case, step) for case, step in expected)


def test_what_is_read_ahead_names_the_run(
    make_house: Houses, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is read in a thread of its own, many cases at once."""
    house: House = make_house(page=50)
    house.local.case(1)

    def says(*arguments: Any) -> Any:
        logging.getLogger("json.decoder").warning("anything")
        return read_page(*arguments)

    monkeypatch.setattr("sync_agent.sync.deliver.read_page", says)
    house.sync()
    assert [line["run"] for line in library_lines(capsys)] == ["run-1"]
