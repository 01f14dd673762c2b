"""`audit list` and `audit show`: what was asked for and nothing else, told in sentences, without a name."""

import json
import sys
from collections.abc import Callable
from typing import Any

import pytest

from sync_agent.audit import DONE, Event, keep_attempts, keep_note, last_checkpoint
from sync_agent.audit.anchors import Attempt
from sync_agent.cli.exits import ExitCode
from sync_agent.cli.main import main
from sync_agent.ledger import find_case, known_by_name, subject_of
from tests.support.houses import House, Houses

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return a house in which a complaint and a denunciation went up and another one is held."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("SYNC_AGENT_TEST_SECRET", "bí-mật-thử")
        houses = Houses(tmp_path_factory.mktemp("read"))
        with houses.stack:
            house = houses(page=50)
            house.local.full(1)
            house.local.denunciation(2)
            house.local.denunciation(3, tom_tat="")
            house.sync()
            house.sync()
            yield house


def listed(run: Run, *words: str) -> list[dict[str, Any]]:
    """Return the entries that a list gives."""
    code, out, _ = run("--json", "audit", "list", *words)
    assert code == ExitCode.DONE
    return [json.loads(line) for line in out.splitlines()]


def test_a_list_begins_with_the_newest(run: Run) -> None:
    """And the other way round when asked."""
    newest, oldest = listed(run, "--limit", "3"), listed(run, "--limit", "3", "--oldest-first")
    last = newest[0]["idx"]
    assert [row["idx"] for row in newest] == [last, last - 1, last - 2]
    assert [row["idx"] for row in oldest] == [0, 1, 2]


@pytest.mark.parametrize(
    ("option", "value", "name"),
    [
        ("--event", "accepted", "event"),
        ("--actor", "os:test", "actor"),
        ("--step", "enforcement", "step"),
        ("--run", "run-1", "run"),
        ("--reason", "needs_redacted_summary", "rule"),
    ],
)
def test_a_filter_gives_all_that_has_it_and_nothing_else(run: Run, option: str, value: str, name: str) -> None:
    """Compared with the whole list."""
    whole = listed(run, "--limit", "100000")
    assert listed(run, "--limit", "100000", option, value) == [
        row for row in whole if value in {row.get(name), row.get("reason")}
    ]


def test_a_case_is_found_by_its_key(run: Run, house: House) -> None:
    """And only it."""
    subjects = {row["subject"] for row in listed(run, "--case", "V1")}
    with house.agent.ledger.read() as connection:
        assert subjects == {subject_of(connection, "nho", "V1")}


def test_both_ends_of_a_range_are_included(run: Run) -> None:
    """Entries by number, days as in Việt Nam, times with their zone."""
    numbers = [row["idx"] for row in listed(run, "--since", "3", "--until", "5")]
    day = listed(run, "--since", "2026-11-02", "--until", "2026-11-02", "--limit", "100000")
    before = listed(run, "--until", "2026-11-01")
    moment = listed(run, "--oldest-first", "--limit", "1")[0]["time"]
    assert (numbers, len(day) > 20, before) == ([5, 4, 3], True, [])
    assert [row["idx"] for row in listed(run, "--until", moment)] == [0]


def test_a_day_of_viet_nam_begins_seven_hours_before_that_of_greenwich(run: Run) -> None:
    """The house works at ten in the morning there, which is three in Greenwich."""
    late, early = listed(run, "--since", "2026-11-02T10:30"), listed(run, "--since", "2026-11-02T03:00")
    assert (late, early != []) == ([], True)


@pytest.mark.parametrize("bad", ["gestern", "2026-13-01", "-5", ""])
def test_an_end_that_is_none_is_said(run: Run, bad: str) -> None:
    """In one line."""
    code, out, err = run("audit", "list", f"--since={bad}")
    assert (code, out, err.count("\n"), "--since: this is no number of an entry" in err) == (
        ExitCode.USAGE,
        "",
        1,
        True,
    )


def test_a_page_tells_where_the_next_one_begins(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    """By the number of an entry, which no new entry moves."""
    main(["--config", str(house.folder), "--lang", "en", "audit", "list", "--limit", "2"])
    printed = capsys.readouterr()
    last = int(printed.out.splitlines()[2].split()[0])
    assert f"--until {last - 1}" in printed.out


def test_an_entry_is_told_in_a_sentence_with_what_stands_over_it(run: Run) -> None:
    """Step, head, and that nothing outside has it."""
    accepted = listed(run, "--event", "accepted", "--step", "enforcement")[0]
    code, out, _ = run("audit", "show", str(accepted["idx"]))
    assert (code, out.splitlines()[0]) == (ExitCode.DONE, "Enforcement: the national side acknowledged it.")
    assert ("signed head" in out, "none of them has a head over it yet" in out) == (True, True)


def test_a_place_outside_that_has_a_head_over_it_is_named(run: Run, house: House) -> None:
    """With the instant at which the first such head reached it."""
    with house.agent.ledger.write() as tx:
        stored = last_checkpoint(tx.connection)
        assert stored is not None
        keep_attempts(tx.connection, stored, [Attempt("volume", DONE), Attempt("mail", "refused")], tx.now)
    _, out, _ = run("--json", "audit", "show", "0")
    assert list(json.loads(out)["anchors"]) == ["volume"]


def test_an_entry_is_shown_byte_for_byte(run: Run, house: House) -> None:
    """In JSON, with the hash the tree holds."""
    _, out, _ = run("--json", "audit", "show", "7")
    [(raw, hashed)] = house.select("SELECT entry, leaf_hash FROM audit_leaf WHERE idx = 7")
    shown = json.loads(out)
    assert (shown["bytes"].encode(), shown["hash"]) == (bytes(raw), bytes(hashed).hex())


def test_a_protected_case_is_named_by_its_pseudonym(run: Run, house: House) -> None:
    """An open one by its key."""
    with house.agent.ledger.read() as connection:
        row = find_case(connection, "nho", "V2")
        assert row is not None
    names = {}
    for key in ("V1", "V2"):
        number = str(listed(run, "--case", key, "--limit", "1")[0]["idx"])
        names[key] = json.loads(run("--json", "audit", "show", number)[1])["case"]
    assert names == {"V1": "V1", "V2": row.pseudonym}


def test_an_entry_that_is_not_there_is_said(run: Run) -> None:
    """Wrong usage, not a broken log."""
    code, _, err = run("audit", "show", "999999")
    assert (code, "the audit log has no entry 999999" in err) == (ExitCode.USAGE, True)


def noted(house: House, key: str, note: str) -> str:
    """Record an entry about a case with a note; return its number."""
    with house.agent.ledger.write() as tx:
        case = known_by_name(tx.connection, "nho", key)
        case.record(tx, Event.RELEASED, note=keep_note(tx.connection, "nho", key, note))
    return str(len(house.entries()) - 1)


@pytest.mark.parametrize(
    ("key", "terminal", "told"),
    [
        ("V1", True, "seen with the clerk"),
        ("V1", False, "(shown at a terminal only)"),
        ("V2", True, "(the note about a protected case is shown to nobody)"),
    ],
)
def test_a_note_is_shown_at_a_terminal_and_never_of_a_protected_case(
    run: Run, house: House, monkeypatch: pytest.MonkeyPatch, *, key: str, terminal: bool, told: str
) -> None:
    """A pipe ends in files."""
    number = noted(house, key, "seen with the clerk")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal)
    _, out, _ = run("audit", "show", number)
    assert (told in out, "seen with the clerk" in out) == (True, told == "seen with the clerk")


def test_a_note_is_never_in_json(run: Run, house: House) -> None:
    """Which is for programs."""
    assert "seen with the clerk" not in run("--json", "audit", "show", noted(house, "V1", "seen with the clerk"))[1]
