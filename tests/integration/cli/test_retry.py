"""What `cases show` says of a refusal, and what `cases retry` shows at a terminal and nowhere else."""

import contextlib
import json
import os
import pty
from collections.abc import Callable

import pytest

from sync_agent import bootstrap
from sync_agent.cli.main import main
from sync_agent.national import Refused
from tests.support.houses import House, Houses

Run = Callable[..., tuple[int, str, str]]
TEXT = "Ông Lò Văn Mẫu\x1b[2J không hợp lệ"
REFUSAL = Refused("bad_code", "▢ không hợp lệ", 200, TEXT, TEXT.encode())
RETRY = ("cases", "retry", "V1", "--reason", "list_updated")


@pytest.fixture
def house(make_house: Houses, monkeypatch: pytest.MonkeyPatch) -> House:
    """Return a house with one refused case; commands work with its scripted national side."""
    house = make_house()
    house.local.case(1)
    house.answers(REFUSAL)
    house.sync()
    monkeypatch.setattr(bootstrap, "open_agent", lambda _folder: contextlib.nullcontext(house.agent))
    return house


def at_terminal(house: House, *words: str) -> tuple[int, str]:
    """Run a command with a terminal as standard output; return its exit code and what stands there."""
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w", encoding="utf-8") as stream, contextlib.redirect_stdout(stream):
        code = main(["--config", str(house.folder), "--lang", "en", "--quiet", *words])
        stream.write("(end)")  # so that there is something to read
        stream.flush()
        text = os.read(ours, 65536).decode()
    os.close(ours)
    return code, text


def test_a_refusal_is_shown_by_its_code_and_known_words(run: Run, house: House) -> None:
    """On the screen and in JSON; nothing else of it is known here."""
    _, text, _ = run("cases", "show", "V1")
    assert ("bad_code" in text, "▢ không hợp lệ" in text, "Lò" in text) == (True, True, False)
    (message,) = json.loads(run("--json", "cases", "show", "V1")[1])["messages"]
    assert (message["reason"], message["refusal"]) == ("bad_code", "▢ không hợp lệ")


def test_status_says_when_a_refused_message_is_tried_again(run: Run, house: House) -> None:
    """It needs nobody yet."""
    code, text, _ = run("--json", "status")
    document = json.loads(text)
    assert (code, document["needs_person"], document["refused_again"]) == (0, 0, 1)
    assert document["next_try_at"] is not None
    assert house.message("V1").next_try_at is not None


def test_a_refused_case_is_tried_again(run: Run, house: House) -> None:
    """And the command ends with what came of it."""
    code, text, _ = run(*RETRY)
    assert (code, "acknowledged" in text, house.state("V1")) == (0, True, "acknowledged")


def test_a_second_refusal_needs_a_person(run: Run, house: House) -> None:
    """Exit code 1; the text stays unknown."""
    house.answers(REFUSAL)
    code, text, error = run(*RETRY)
    assert (code, "bad_code" in text, "Lò" in text + error) == (1, True, False)


def test_a_step_that_was_not_refused_is_said_so(run: Run, house: House) -> None:
    """Nothing is sent."""
    code, _, error = run(*RETRY, "--step", "processing")
    assert (code, "nothing of this case was refused" in error, len(house.gateway.sent)) == (2, True, 1)


@pytest.mark.parametrize("shared", [(), ("--json",)], ids=["plain", "json"])
def test_an_answer_goes_into_no_file_and_no_pipe(run: Run, house: House, shared: tuple[str, ...]) -> None:
    """Refused before anything is sent."""
    code, text, error = run(*shared, *RETRY, "--show-answer")
    assert (code, text, "at a terminal only" in error, len(house.gateway.sent)) == (2, "", True, 1)


def test_an_answer_is_shown_at_a_terminal(house: House) -> None:
    """Without what could rewrite the screen; the log has that it was shown."""
    house.answers(REFUSAL)
    code, text = at_terminal(house, *RETRY, "--show-answer")
    assert (code, "Ông Lò Văn Mẫu[2J không hợp lệ" in text, "\x1b[2J" in text) == (1, True, False)
    assert "answer_shown" in house.events()


def test_json_shows_no_answer_at_a_terminal_either(house: House) -> None:
    """It is for other programs."""
    assert at_terminal(house, "--json", *RETRY, "--show-answer") == (2, "(end)")
    assert len(house.gateway.sent) == 1


def test_the_answer_about_a_protected_case_is_not_shown(
    make_house: Houses, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not at a terminal either; the case is named by its pseudonym."""
    house = make_house()
    house.local.denunciation(1)
    house.answers(REFUSAL)
    house.sync()
    monkeypatch.setattr(bootstrap, "open_agent", lambda _folder: contextlib.nullcontext(house.agent))
    assert at_terminal(house, *RETRY, "--show-answer") == (2, "(end)")
    error = capsys.readouterr().err
    assert ("shown to nobody" in error, "V1" in error, len(house.gateway.sent)) == (True, False, 1)
