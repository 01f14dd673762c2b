"""What a person sees who typed a command wrongly."""

import pytest

from sync_agent.cli.main import main
from sync_agent.cli.phrases import spoken, told


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["xyz"], "lỗi: Không có lệnh 'xyz' - xem: sync-agent --help"),
        (["nit"], "lỗi: Không có lệnh 'nit'. Có phải là 'init'? - xem: sync-agent --help"),
        (["init"], "lỗi: Thiếu tham số 'DIR' - xem: sync-agent init --help"),
        (["init", "a", "b"], "lỗi: Thừa tham số (b) - xem: sync-agent init --help"),
        (["init", "--x"], "lỗi: Không có tùy chọn: --x - xem: sync-agent init --help"),
        (["sync", "--limit"], "lỗi: Tùy chọn '--limit' cần một giá trị - xem: sync-agent --help"),
        (["holds", "release", "D1"], "lỗi: Thiếu tùy chọn '--rule' - xem: sync-agent holds release --help"),
        (["init", "D", "--config"], None),
        (["--lang", "xx", "init", "D"], None),
        (["simulator", "--port", "many"], None),
        (["simulator", "--port", "70000"], None),
    ],
)
def test_a_mistyped_command_is_one_line_and_exit_2(
    words: list[str], line: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the help that would have told."""
    code = main(words)
    printed = capsys.readouterr()
    assert (code, printed.out, printed.err.count("\n")) == (2, "", 1)
    assert line is None or printed.err == line + "\n"


def test_the_words_to_choose_from_are_one_list(capsys: pytest.CaptureFixture[str]) -> None:
    """On the one line, without the parser's line breaks."""
    main(["cases", "resolve", "D1"])
    line = "lỗi: Thiếu tùy chọn '--step'. Chọn một trong: case, processing, acceptance, settlement, enforcement"
    assert capsys.readouterr().err == f"{line} - xem: sync-agent cases resolve --help\n"


def test_english_is_there_too(capsys: pytest.CaptureFixture[str]) -> None:
    """The parser's own words."""
    main(["init", "--lang", "en"])
    assert capsys.readouterr().err == "error: Missing argument 'DIR' - see: sync-agent init --help\n"


def test_the_help_speaks_vietnamese(capsys: pytest.CaptureFixture[str]) -> None:
    """Commands, options and headings."""
    code = main([])
    printed = capsys.readouterr().out
    missing = [
        text
        for text in ("Cách dùng:", "Các lệnh:", "Tùy chọn:", "Xem hướng dẫn này", "mặc định: vi")
        if text not in printed
    ]
    assert (code, missing) == (0, [])


def test_the_list_of_commands_tells_each_whole(capsys: pytest.CaptureFixture[str]) -> None:
    """Wrapped, never cut off by dots."""
    main(["--lang", "en", "--help"])
    commands = capsys.readouterr().out.split("Commands:")[1]
    assert ("..." in commands, "a second pass, the proof." in " ".join(commands.split())) == (False, True)


def test_an_argument_is_told_without_its_type(capsys: pytest.CaptureFixture[str]) -> None:
    """`DIR`, not `DIR <path>`: what Python calls it helps nobody."""
    main(["--lang", "en", "init", "--help"])
    assert "\n  DIR  A new or an empty folder." in capsys.readouterr().out


def test_a_command_has_help_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    """`-h` is as good as `--help`."""
    assert (main(["init", "-h"]), "DIR" in capsys.readouterr().out) == (0, True)


def test_the_beginning_of_a_pydantic_sentence_is_dropped() -> None:
    """It says nothing."""
    assert spoken("Value error, Field required") == "thiếu giá trị bắt buộc"


def test_a_fact_that_is_a_word_of_ours_is_translated_whole() -> None:
    """And never inside a name: a table may be called so."""
    facts = (("kind", "table"), ("name", "table_of_cases"), ("query", "x"))
    message = "the source has no {kind} {name}, which the query {query} needs"
    assert told(message, facts) == "hệ thống địa phương không có bảng table_of_cases mà truy vấn x cần"
