"""`audit verify` as people call it: what it prints and how it ends."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from sync_agent.sync.erase import erase
from tests.support.houses import House, Houses

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def house(make_house: Houses) -> House:
    """Return a house from which one case was sent."""
    house = make_house()
    house.local.case(1)
    house.sync()
    return house


@pytest.fixture
def keys(run: Run) -> list[str]:
    """Return the public keys as they are printed."""
    found: list[str] = json.loads(run("--json", "audit", "key")[1])["keys"]
    return found


def change(house: House, statement: str) -> None:
    """Write to the ledger past the agent."""
    with closing(sqlite3.connect(house.folder / "state" / "ledger.db")) as conn, conn:
        conn.execute(statement)


def test_a_sound_log_ends_with_0(run: Run) -> None:
    """And says what was checked and what no other machine vouches for yet."""
    code, text, _ = run("audit", "verify")
    assert (code, text.splitlines()[-1]) == (
        0,
        "Nothing was changed: log, ledger and what is outside tell one story.",
    )
    assert "No head is known to have reached another machine" in text
    assert "who does not trust it gives the one on paper with --key" in text


def test_a_changed_row_ends_with_4(run: Run, house: House) -> None:
    """Named by table, pseudonym, step, number and column, with what was expected."""
    change(house, "UPDATE message SET state = 'held'")
    code, text, _ = run("audit", "verify")
    (name,) = house.select("SELECT pseudonym FROM case_state")[0]
    line = f"tampered with: message {name} case #1: state is held, by the log acknowledged"
    assert (code, f"{line}; it was changed without an entry" in text.splitlines()) == (4, True)


def test_what_stands_in_a_changed_row_is_not_shown_unless_it_is_a_code(run: Run, house: House) -> None:
    """An intruder may have written a name there."""
    change(house, "UPDATE message SET reason = 'Lò Văn Mẫu'")
    code, text, _ = run("audit", "verify")
    assert (code, "reason is ▢, by the log -" in text, "Mẫu" in text) == (4, True, False)


def test_a_missing_guard_ends_with_1(run: Run, house: House) -> None:
    """A person must look, but nothing was changed."""
    change(house, "DROP TRIGGER audit_leaf_no_update")
    code, text, _ = run("audit", "verify")
    assert (code, text.splitlines()[-1]) == (1, "No change was found, but a person must look at the lines above.")


def test_json_says_all_of_it(run: Run, house: House, keys: list[str]) -> None:
    """For somebody's own tools."""
    change(house, "UPDATE message SET state = 'held'")
    code, text, _ = run("--json", "audit", "verify")
    found = json.loads(text)
    assert (code, found["result"], found["keys"], found["counts"]) == (4, "tampered", keys, {"tampered": 1})
    assert [(each["code"], each["table"], each["column"]) for each in found["findings"]] == [
        ("row_changed", "message", "state")
    ]


def test_the_key_on_paper_is_taken_as_a_line_and_as_a_file(run: Run, tmp_path: Path, keys: list[str]) -> None:
    """Then nobody has to believe the state folder."""
    (tmp_path / "paper.txt").write_text("\n".join(keys), encoding="ascii")
    for given in (keys[0], str(tmp_path / "paper.txt")):
        code, text, _ = run("audit", "verify", "--key", given)
        assert (code, "gives the one on paper" in text) == (0, False)


@pytest.mark.parametrize("option", ["--key", "--head"])
def test_a_file_that_is_missing_ends_with_2(run: Run, tmp_path: Path, option: str) -> None:
    """In one line that names the option."""
    code, _, errors = run("audit", "verify", option, str(tmp_path / "missing"))
    assert (code, len(errors.splitlines()), option in errors) == (2, 1, True)


def test_an_erased_case_is_closed_and_not_missing(run: Run, house: House) -> None:
    """Its rows and its secret are gone, as an entry says."""
    erase(house.agent, "V1", reason="data_subject_request", actor="os:lan")
    code, text, _ = run("audit", "verify")
    assert (code, "Erased cases, closed in the log: 1" in text.splitlines()) == (0, True)
