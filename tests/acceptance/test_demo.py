"""The demo: it proves what it claims, tells it so that a newcomer understands, and leaves a place to go on."""

import re
import shlex
import shutil
from pathlib import Path

import pytest

from tests.support.screens import screen
from tests.support.stations import AGENT, Ended, Station


@pytest.fixture
def demo(tmp_path: Path, station: Station) -> Station:
    """Return a place for a demo: only its folder and its processes count, not the installation around it."""
    shutil.rmtree(station.folder)
    station.folder = tmp_path / "demo"
    station.national.database = station.folder / "simulator.db"
    return station


def play(demo: Station, *words: str, lang: str = "vi") -> Ended:
    """Play the demo to its end."""
    return demo.agent("demo", "--dir", str(demo.folder), *words, lang=lang)


def commands(told: str) -> list[list[str]]:
    """Return the commands a demo prints at its end, as words without those that call the program."""
    lines = [shlex.split(line) for line in told.splitlines() if line.startswith("  ")]
    return [words[len(AGENT) :] for words in lines if words[1 : len(AGENT)] == list(AGENT[1:])]


def test_every_promise_holds_for_500_cases_under_faults(demo: Station) -> None:
    """All five steps, lost answers, refusals to be busy: nothing lost, nothing twice, nothing told."""
    done = play(demo, "--faults", "--json")
    told = done.document
    assert (done.code, [promise for promise, held in told["checks"].items() if not held]) == (0, [])
    assert {each["step"] for each in told["messages"] if each["state"] == "acknowledged"} == {
        "case",
        "processing",
        "acceptance",
        "settlement",
        "enforcement",
    }
    first, second, third = told["requests_by_pass"]
    assert (first > 1000, 0 < second < 100, third, len(told["faults"])) == (True, True, 0, 5)
    assert set(told["lost_answers_settled"]) >= {"found", "not_found", "person"}


def test_the_commands_it_ends_with_go_on_from_there(demo: Station) -> None:
    """Each as it stands: to look around, to start the national side again, and to sync."""
    done = play(demo, "--cases", "40")
    assert (done.code, "✗" in done.out) == (0, False)
    words = commands(done.out)
    look, (simulator, *again), pages = words[:7], words[7:-2], words[-2:]
    assert [each[2:4] for each in look] == [
        ["status"],
        ["holds", "list"],
        ["holds", "show"],
        ["cases", "show"],
        ["privacy", "show"],
        ["audit", "list"],
        ["audit", "verify"],
    ]
    ended = {shlex.join(each[2:]): demo.agent(*each) for each in look}
    assert {name: end.err for name, end in ended.items() if end.code not in {0, 1} or end.err} == {}
    assert [each[2:] for each in pages] == [["accounts", "add", "auditor", "--role", "auditor"], ["serve"]]
    process = demo.begin("--json", "--config", str(demo.folder), *simulator)
    assert process.stdout is not None
    assert process.stdout.readline() == "{\n"
    requests = demo.national.requests()
    key = demo.select(
        "SELECT case_key FROM case_state c WHERE protected_since IS NULL AND case_key LIKE 'D%' AND EXISTS"
        " (SELECT 1 FROM message m WHERE m.case_id = c.id AND m.step = 'case' AND m.ack_id <> '')"
    )[0][0]
    demo.edit_petition(key, " Thêm.")
    assert [each[2:] for each in again] == [["check", "--probe"], ["sync", "--dry-run"], ["sync"]]
    probed, rehearsed, synced = (demo.agent(*each) for each in again)
    assert (probed.code, rehearsed.code, synced.code) == (0, 0, 1)
    assert "1 messages would go up; nothing was sent or written." in rehearsed.out
    assert "Acknowledged now: 1 messages." in synced.out
    assert demo.national.state.request_count("CapNhatVuViec") > 0
    assert demo.national.requests() - requests <= 3  # two probes and the update


def test_a_newcomer_can_follow_it(demo: Station) -> None:
    """Six steps in order, each said once; figures, promises and commands below; nothing ragged."""
    done = play(demo, "--cases", "20", lang="en")
    steps = [line for line in done.err.splitlines() if re.match(r"\d\. ", line)]
    sentences = [line for line in done.err.splitlines() if not line.startswith(("reading", "sending", "   "))]
    printed = [line for line in done.out.splitlines() if line]
    assert (done.code, [step[0] for step in steps]) == (0, list("123456"))
    assert sentences == steps
    assert [line for line in printed if line != line.rstrip()] == []
    assert sorted(set(printed)) == sorted(printed)
    assert sum(line.startswith("✓ ") for line in printed) == 8


def test_it_can_be_played_again_in_its_own_folder(demo: Station) -> None:
    """What an earlier one left, half of it or all, is replaced."""
    assert play(demo, "--cases", "2", "--json").code == 0
    (demo.folder / "agent.toml").write_text("half", encoding="utf-8")
    assert play(demo, "--cases", "2", "--json").code == 0


@pytest.mark.parametrize("content", ["agent.toml", "notes.txt"])
def test_a_folder_that_is_not_its_own_is_left_alone(demo: Station, content: str) -> None:
    """One line, exit 2, and not a file is touched."""
    demo.folder.mkdir()
    (demo.folder / content).write_text("mine", encoding="utf-8")
    done = play(demo, "--quiet")
    assert (done.complaint, demo.files()) == ((2, "", 1), {content: b"mine"})


def test_a_place_where_nothing_can_be_made_is_told(demo: Station) -> None:
    """A file in the way."""
    demo.folder.write_text("mine", encoding="utf-8")
    done = play(demo, "--quiet")
    assert (done.complaint, demo.folder.read_text(encoding="utf-8")) == ((2, "", 1), "mine")


def test_on_a_terminal_every_bar_is_drawn_once(demo: Station) -> None:
    """What was shown stays above, nothing is drawn a second time, and no line is broken in the middle of a bar."""
    words = [*AGENT, "--lang", "vi", "demo", "--dir", str(demo.folder), "--cases", "10"]
    code, lines = screen(words, demo.environment)
    bars = [line for line in lines if "━" in line]
    assert code == 0
    assert [line.split(" ━")[0].rstrip() for line in bars] == ["đang đọc vụ việc địa phương", "đang gửi"] * 3
    assert all(re.fullmatch(r".* [━ ]+ [\d.]+ +\d:\d\d:\d\d", line) for line in bars)
    assert re.fullmatch(r"đang đọc vụ việc địa phương ━+ 10 +\d:\d\d:\d\d", bars[0])
