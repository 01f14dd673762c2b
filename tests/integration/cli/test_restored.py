"""`db backup`, `db restored` and `rekey` as people call them: what they print and how they end."""

import json
from collections.abc import Callable
from pathlib import Path

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


def test_a_backup_says_what_is_not_in_it(run: Run, house: House) -> None:
    """The keys of the state folder; without them nothing can be looked up again, and no secret opens."""
    code, text, _ = run("db", "backup", str(house.folder / "copy.db"))
    assert (code, "installation.key and seals.key apart" in text, house.events()[-1]) == (0, True, "backed_up")


def test_a_backup_over_a_file_ends_with_2(run: Run, house: House) -> None:
    """In one line."""
    code, _, errors = run("db", "backup", str(house.folder / "local.db"))
    assert (code, len(errors.splitlines())) == (2, 1)


def test_a_pass_on_an_older_copy_ends_with_1_and_says_what_to_do(run: Run, house: House) -> None:
    """The line names the command."""
    (house.folder / "state" / "ledger.head").unlink()
    code, _, errors = run("sync")
    assert (code, "sync-agent db restored --reason CODE" in errors) == (1, True)
    assert run("status")[0] == 0


def test_the_declaration_counts_what_is_in_doubt(run: Run, house: House) -> None:
    """By step, as JSON too; exit code 1, because somebody must look."""
    house.local.full(3)
    code, text, _ = run("--json", "db", "restored", "--reason", "disk_failed")
    counts = {"case": 1, "processing": 1, "acceptance": 1, "settlement": 2, "enforcement": 1}
    assert (code, json.loads(text)) == (1, {"cases": 1, "uncertain": counts})
    assert run("db", "restored", "--reason", "again")[1].startswith("Declared.")


def test_a_declaration_without_doubts_ends_with_0(run: Run) -> None:
    """Everything was acknowledged."""
    assert run("db", "restored", "--reason", "drill")[0] == 0


def test_a_rekey_is_rehearsed_and_applied(run: Run, house: House) -> None:
    """From the refusal of a pass to the next pass."""
    profile = house.folder / "profile.yaml"
    profile.write_text(profile.read_text("utf-8").replace("id: nho", "id: lon"), encoding="utf-8")
    code, _, errors = run("sync")
    assert (code, "sync-agent rekey --dry-run" in errors) == (2, True)
    code, text, _ = run("rekey", "--dry-run")
    assert (code, "differs: the name of the source" in text, "cases that keep their key: 2" in text) == (0, True, True)
    assert "Nothing was changed." in text
    code, text, _ = run("rekey", "--apply", "--reason", "renamed")
    assert (code, "Nothing was sent" in text) == (0, True)
    assert run("rekey", "--dry-run")[0] == 1  # there is nothing to carry over any more


@pytest.mark.parametrize("words", [[], ["--dry-run", "--apply"], ["--apply"], ["--dry-run", "--map", "none.csv"]])
def test_a_rekey_without_sense_ends_with_2(run: Run, words: list[str]) -> None:
    """In one line."""
    code, _, errors = run("rekey", *words)
    assert (code, len(errors.splitlines())) == (2, 1)


def test_a_rekey_names_no_key(run: Run, house: House, tmp_path: Path) -> None:
    """What is in the way is counted: a key may be that of a protected case."""
    (tmp_path / "map.csv").write_text("old_key,new_key\nV1,V9\nV7,V8\n", encoding="utf-8")
    code, text, _ = run("rekey", "--dry-run", "--map", str(tmp_path / "map.csv"))
    assert (code, "V" in text) == (1, False)
    code, _, errors = run("rekey", "--apply", "--reason", "x", "--map", str(tmp_path / "map.csv"))
    assert (code, "1 old keys of the map are not in the ledger" in errors) == (1, True)
