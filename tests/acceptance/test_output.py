"""What every command prints: JSON alone where it was asked for, help in both languages, nothing ragged."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from sync_agent.cli.app import build_command
from tests.support.stations import Station


def commands() -> Iterator[tuple[str, ...]]:
    """Yield the words of every command and of every group of commands."""
    yield ()
    for name, command in build_command().commands.items():
        yield (name,)
        yield from ((name, verb) for verb in getattr(command, "commands", ()))


def content(text: str) -> list[Any]:
    """Return the one JSON document of an output, or its lines of JSON."""
    try:
        return [json.loads(text)]
    except json.JSONDecodeError:
        return [json.loads(line) for line in text.splitlines()]


@pytest.fixture
def synced(signed: Station) -> Station:
    """Return an installation after its first pass."""
    signed.sync()
    return signed


def test_json_is_all_there_is_on_stdout(synced: Station) -> None:
    """Of every command that ends by itself: one document, or a record on each line; stderr is for people."""
    held = synced.agent("--json", "holds", "list", "--rule", "file_missing").records
    (case,) = held or synced.agent("--json", "holds", "list", "--limit", "1").records
    words = {
        "check": ["check"],
        "check --probe": ["check", "--probe"],
        "sync --dry-run": ["sync", "--dry-run"],
        "sync": ["sync"],
        "status": ["status"],
        "cases list": ["cases", "list"],
        "cases show": ["cases", "show", case["case"]],
        "holds list": ["holds", "list"],
        "holds show": ["holds", "show", case["case"]],
        "privacy show": ["privacy", "show"],
        "privacy sign": ["privacy", "sign"],
        "adopt": ["adopt", "--decline", "--reason", "first_installation"],
        "audit list": ["audit", "list"],
        "db upgrade": ["db", "upgrade"],
        "db check": ["db", "check"],
    }
    ended = {name: synced.agent("--json", "--quiet", *each) for name, each in words.items()}
    assert {name: end for name, end in ended.items() if end.code not in {0, 1} or end.err} == {}
    assert [name for name, end in ended.items() if not content(end.out)] == []
    assert len(content(ended["cases list"].out)) > 1


def test_json_of_a_failure_is_nothing(station: Station) -> None:
    """The exit code and stderr tell; a reader of stdout finds no half of a document."""
    (station.folder / "local.db").unlink()
    done = station.agent("--json", "sync")
    assert (done.code, done.out) == (6, "")


def test_before_the_first_pass_there_is_little_to_say(station: Station) -> None:
    """No command needs a ledger to look; none makes one."""
    before = station.files()
    checks = (["db", "check"], ["check", "--offline"])
    words = (["status"], ["cases", "list"], ["holds", "list"], ["audit", "list"], *checks)
    ended = [station.agent(*each) for each in words]
    assert ([end.err for end in ended], {end.code for end in ended} <= {0, 1}) == ([""] * len(words), True)
    assert ended[0].out == "Nothing has been synced yet; the first pass makes the ledger.\n"
    assert station.files() == before


def test_nothing_people_read_is_ragged(synced: Station) -> None:
    """No blank at the end of a line, no sentence of the other language, no name nobody filled in."""
    foreign = {"vi": ("acknowledged", "{"), "en": ("đã", "{")}
    words = (["status"], ["holds", "list"], ["cases", "list", "--limit", "3"])
    for lang, strange in foreign.items():
        text = "".join(synced.agent(*each, lang=lang).out for each in words)
        assert [line for line in text.splitlines() if line != line.rstrip()] == []
        assert [word for word in strange if word in text] == []


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_every_command_explains_itself(station: Station, lang: str) -> None:
    """In the reader's language, without a configuration."""
    heading = {"vi": "Tùy chọn:", "en": "Options:"}[lang]
    ended = {words: station.agent("--config", "/nowhere", *words, "--help", lang=lang) for words in commands()}
    wrong = {words for words, end in ended.items() if end.code or end.err or heading not in end.out}
    assert (wrong, len(ended) > 20) == (set(), True)
