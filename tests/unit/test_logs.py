"""What may stand in the log, and that nothing else does."""

import io
import json
import logging
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sync_agent import logs
from sync_agent.errors import ConfigError
from sync_agent.ledger import State
from sync_agent.logs import LogEvent, LogLevel, bound, carried, keep_log_in, log, set_level, start_log
from sync_agent.service.schedule import Task

Captured = pytest.CaptureFixture[str]
SECRET = "Nguyễn Thị Ngát"
PSEUDONYM = "P-AAAAAAAA27"
FACTS: dict[str, tuple[object, object]] = {
    "run": ("run-12", "run-x"),
    "case": (PSEUDONYM, "D12-H217.01"),
    "step": ("enforcement", "ngat"),
    "update": (True, "true"),
    "job": ("full_scan", "everything"),
    "state": ("in_flight", "somewhere"),
    "cause": ("read_timeout", "Read timeout of Ngát"),
    "how": ("not_found", "not found"),
    "account": ("tinh-a", "tỉnh a"),
    "http_status": (503, 50),
    "attempt": (2, -1),
    "seconds": (1.5, "1.5"),
    "count": (0, True),
    "read": (7, 7.5),
    "changed": (7, None),
    "counts": ({"delivered.waiting": 2}, {SECRET: 2}),
    "result": ("NationalUnreachableError", "mọi thứ"),
    "logger": ("json.decoder", "ngat.json"),
    "place": ("connectionpool:12", "/opt/x.py:12"),
    "error": ("KeyError", "KeyError(Ngát)"),
}
"""Each fact that may be logged, with a value that has its form and one that has not."""


@pytest.fixture(autouse=True)
def _put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "_threshold", replace(logs._threshold))
    start_log(debug=True)


def lines(capsys: Captured) -> list[dict[str, Any]]:
    """Return what was logged, without the time of day."""
    read = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    return [{name: value for name, value in each.items() if name != "time"} for each in read]


def test_a_line_is_one_json_object_with_its_instant(capsys: Captured) -> None:
    """In UTC, for programs that collect it."""
    log(LogEvent.PASS_STARTED, run="run-1")
    line = json.loads(capsys.readouterr().err)
    assert line.pop("time").endswith("Z")
    assert line == {"event": "pass_started", "level": "info", "run": "run-1"}


def test_every_fact_has_a_test_of_its_form() -> None:
    """A new fact says here what it lets through and what not."""
    assert FACTS.keys() == logs._FORMS.keys()


@pytest.mark.parametrize("name", FACTS)
def test_a_value_in_its_form_is_written(capsys: Captured, name: str) -> None:
    """As it is."""
    log(LogEvent.PASS_ENDED, **{name: FACTS[name][0]})
    assert lines(capsys) == [{"event": "pass_ended", "level": "info", name: FACTS[name][0]}]


@pytest.mark.parametrize("name", [name for name, (_, wrong) in FACTS.items() if wrong is not None])
@pytest.mark.parametrize("use", ["given", "bound"])
def test_a_value_in_another_form_is_a_mark(capsys: Captured, name: str, use: str) -> None:
    """Counted, and never written; the same when it comes from what is bound."""
    if use == "given":
        log(LogEvent.PASS_ENDED, **{name: FACTS[name][1]})
    else:
        with bound(**{name: FACTS[name][1]}):
            log(LogEvent.PASS_ENDED)
    assert lines(capsys) == [{"event": "pass_ended", "level": "info", name: "▢", "masked": 1}]


@pytest.mark.parametrize("wrong", [SECRET, SECRET.encode(), [SECRET], {SECRET: SECRET}, ("run-1",), object()])
@pytest.mark.parametrize("name", FACTS)
def test_no_fact_takes_a_text_or_a_thing(capsys: Captured, name: str, wrong: object) -> None:
    """Whatever it is given."""
    log(LogEvent.PASS_ENDED, **{name: wrong})
    assert lines(capsys) == [{"event": "pass_ended", "level": "info", name: "▢", "masked": 1}]


def test_a_fact_nobody_declared_is_only_counted(capsys: Captured) -> None:
    """Not even its name is written."""
    log(LogEvent.PASS_ENDED, **{"count": 1, SECRET: 2, "full_name": SECRET})
    assert lines(capsys) == [{"event": "pass_ended", "level": "info", "count": 1, "masked": 2}]


def test_an_event_nobody_declared_is_a_mark(capsys: Captured) -> None:
    """A text in its place is none."""
    log(SECRET)  # type: ignore[arg-type]  # what a careless caller does
    assert lines(capsys) == [{"event": "▢", "level": "info", "masked": 1}]


def test_a_value_that_is_not_known_is_left_out(capsys: Captured) -> None:
    """None is no value."""
    log(LogEvent.PASS_ENDED, count=None)
    assert lines(capsys) == [{"event": "pass_ended", "level": "info"}]


def test_the_states_are_those_of_the_ledger() -> None:
    """The log knows no room, so it has a list of its own."""
    assert set(State) == logs._STATES


def test_another_thread_carries_what_is_bound(capsys: Captured) -> None:
    """Only what was bound when its work was handed over."""
    with ThreadPoolExecutor(1) as pool, bound(run="run-1"):
        with bound(case=PSEUDONYM, step="case"):
            work = carried(log)
        pool.submit(work, LogEvent.PASS_ENDED).result()
        pool.submit(log, LogEvent.PASS_ENDED).result()
    bare = {"event": "pass_ended", "level": "info"}
    assert lines(capsys) == [{**bare, "run": "run-1", "case": PSEUDONYM, "step": "case"}, bare]


@pytest.mark.parametrize(
    ("level", "written"),
    [("debug", 4), ("info", 3), ("warning", 2), ("error", 1), (None, 0)],
)
def test_the_setting_says_what_is_written(capsys: Captured, level: LogLevel | None, written: int) -> None:
    """Without it a command logs nothing: what it has to say it says itself."""
    start_log(debug=False)
    set_level(level)
    for each in logs._LEVELS:
        log(LogEvent.PASS_ENDED, each)
    assert len(lines(capsys)) == written


def test_what_is_bound_while_nothing_is_written_is_forgotten(capsys: Captured) -> None:
    """The library that keeps it is not even loaded then."""
    start_log(debug=False)
    with bound(run="run-1"):
        start_log(debug=True)
        log(LogEvent.PASS_ENDED)
    assert lines(capsys) == [{"event": "pass_ended", "level": "info"}]


def test_a_log_for_debugging_writes_everything(capsys: Captured) -> None:
    """Whatever the setting says."""
    set_level("error")
    log(LogEvent.PASS_ENDED, "debug")
    assert len(lines(capsys)) == 1


def test_of_a_library_only_who_and_where(capsys: Captured) -> None:
    """Nothing of its message, its arguments or what its exception says."""
    error = KeyError(SECRET)
    logging.getLogger("json.decoder").warning("Bad value %s", SECRET, exc_info=error, extra={"name_of": SECRET})
    (line,) = lines(capsys)
    assert line.pop("place").startswith("test_logs:")
    assert line == {"event": "library", "level": "warning", "logger": "json.decoder", "error": "KeyError"}


@pytest.mark.parametrize("name", [SECRET, "ngat", "", "a b"])
def test_a_logger_that_is_no_code_is_not_named(capsys: Captured, name: str) -> None:
    """A library may name one after anything; the root is nobody's."""
    logging.getLogger(name).error(SECRET)
    assert lines(capsys)[0]["logger"] == "▢"


@pytest.mark.parametrize("name", logs._TALKATIVE)
def test_talkative_libraries_are_quiet_also_for_debugging(capsys: Captured, name: str) -> None:
    """Their chatter holds addresses, statements and parameters."""
    logging.getLogger(name).info(SECRET)
    logging.getLogger(f"{name}.deeper").debug(SECRET)
    assert lines(capsys) == []


def test_starting_twice_writes_once(capsys: Captured) -> None:
    """A command in a process that ran one before."""
    start_log(debug=True)
    logging.getLogger("json").warning("x")
    assert len(lines(capsys)) == 1


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("colours", [True, False])
def test_people_get_words(monkeypatch: pytest.MonkeyPatch, colours: bool) -> None:
    """On a terminal; without colours where NO_COLOR asks for it."""
    monkeypatch.delenv("NO_COLOR", raising=False) if colours else monkeypatch.setenv("NO_COLOR", "1")
    logs._logger.cache_clear()
    stream = _Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    log(LogEvent.PASS_ENDED, count=3, cause=SECRET)
    logs._logger.cache_clear()
    said = stream.getvalue()
    assert ("pass_ended" in said, "{" in said, "Ngát" in said, "\x1b[" in said) == (True, False, False, colours)


@pytest.mark.parametrize("error", [BrokenPipeError, ValueError])
def test_a_log_that_cannot_be_written_stops_no_work(monkeypatch: pytest.MonkeyPatch, error: type[Exception]) -> None:
    """Who reads it may have gone."""

    class Gone(io.StringIO):
        def write(self, _text: str) -> int:
            raise error

    stream = Gone()
    monkeypatch.setattr(sys, "stderr", stream)
    log(LogEvent.PASS_ENDED)
    assert stream.getvalue() == ""


def test_a_file_takes_the_lines_instead(capsys: Captured, tmp_path: Path) -> None:
    """As JSON, for its owner's eyes only; stderr is taken again when it is over."""
    start_log(debug=False)
    set_level("info")
    path = tmp_path / "run.log"
    keep_log_in(path, max_bytes=10_000, keep=1)
    log(LogEvent.PASS_ENDED, run="run-1", cause=SECRET)
    keep_log_in(None, max_bytes=10_000, keep=1)
    log(LogEvent.PASS_STARTED)
    line = json.loads(path.read_text("utf-8"))
    assert (line["event"], line["run"], line["cause"], path.stat().st_mode & 0o777) == (
        "pass_ended",
        "run-1",
        "▢",
        0o600,
    )
    assert [each["event"] for each in lines(capsys)] == ["pass_started"]


def test_a_full_file_turns_over_and_the_last_are_kept(tmp_path: Path) -> None:
    """No line is torn, and the disk does not fill."""
    start_log(debug=False)
    set_level("info")
    path = tmp_path / "run.log"
    keep_log_in(path, max_bytes=1000, keep=2)
    for number in range(60):
        log(LogEvent.PASS_ENDED, count=number)
    keep_log_in(None, max_bytes=1000, keep=2)
    files = [path.with_name("run.log.2"), path.with_name("run.log.1"), path]
    counts = [json.loads(line)["count"] for each in files for line in each.read_text("utf-8").splitlines()]
    assert (sorted(tmp_path.iterdir()), counts) == (sorted(files), list(range(60 - len(counts), 60)))
    assert {each.stat().st_mode & 0o777 for each in files} == {0o600}


def test_what_a_file_does_not_take_is_seen_on_stderr(
    capsys: Captured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk stops no work."""
    start_log(debug=False)
    set_level("info")
    keep_log_in(tmp_path / "run.log", max_bytes=10_000, keep=1)
    file = logs._place.file
    assert file is not None

    class Full(io.StringIO):
        def write(self, _text: str) -> int:
            raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(file, "stream", Full())
        log(LogEvent.PASS_ENDED, count=7)
    keep_log_in(None, max_bytes=10_000, keep=1)
    assert [each["count"] for each in lines(capsys)] == [7]


def test_a_file_that_cannot_be_made_changes_nothing(capsys: Captured, tmp_path: Path) -> None:
    """The place before stays."""
    start_log(debug=False)
    set_level("info")
    with pytest.raises(ConfigError, match=r"logs\.file: the log cannot be written there"):
        keep_log_in(tmp_path / "none" / "run.log", max_bytes=10_000, keep=1)
    log(LogEvent.PASS_ENDED)
    assert len(lines(capsys)) == 1


def test_a_log_for_debugging_stays_where_it_is_seen(capsys: Captured, tmp_path: Path) -> None:
    """Whoever asked for it is looking."""
    keep_log_in(tmp_path / "run.log", max_bytes=10_000, keep=1)
    log(LogEvent.PASS_ENDED)
    assert (len(lines(capsys)), list(tmp_path.iterdir())) == (1, [])


def test_every_task_of_the_service_has_its_name_in_the_log(capsys: Captured) -> None:
    """One that is added is no mark."""
    for task in Task:
        log(LogEvent.JOB_FAILED, job=task.value)
    assert [line.get("job") for line in lines(capsys)] == list(Task)
