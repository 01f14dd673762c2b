"""What a person sees of an exception."""

import sys
import threading
from collections.abc import Callable

import pytest

from sync_agent.cli.failures import error_line, frame_lines, install_hooks, internal_line, leave_no_dump
from sync_agent.cli.output import Output
from sync_agent.errors import ConfigError, SourceError

SECRET = "Nguyễn Thị Ngát 001085012345"


def raised(work: Callable[[], object]) -> BaseException:
    """Return the exception that `work` raises."""
    with pytest.raises(BaseException) as caught:  # noqa: PT011 - whatever it is, it is looked at
        work()
    return caught.value


def fails() -> None:
    """Fail as code does that chokes on a record."""
    error = KeyError(SECRET)
    error.add_note(SECRET)
    raise error


def fails_again() -> None:
    """Fail while handling a failure."""
    try:
        fails()
    except KeyError as error:
        raise ValueError(SECRET) from error


def fails_silently() -> None:
    """Fail, hiding the failure before."""
    try:
        fails()
    except KeyError:
        raise ValueError(SECRET) from None


def fails_many() -> None:
    """Fail several times at once."""
    raise ExceptionGroup(SECRET, [raised(fails)])  # type: ignore[type-var]  # an Exception, as made above


def fails_in_our_code() -> None:
    """Fail inside the package."""
    Output(json=True).document({object(): 1})


def test_an_error_is_one_line_in_the_language_of_its_reader() -> None:
    """Where, what, what to do."""
    error = ConfigError(
        "the folder cannot be written ({reason})",
        where="D",
        todo="choose a folder this account may write to",
        facts=(("reason", "Permission denied"),),
    )
    assert error_line(error) == (
        "lỗi: D: không ghi được vào thư mục (không có quyền truy cập) - "
        "hãy chọn một thư mục mà tài khoản này được phép ghi"
    )


@pytest.mark.usefixtures("english")
def test_an_error_may_know_only_what_is_wrong() -> None:
    """No empty separators."""
    assert error_line(SourceError("gone {missing}", facts=(("other", "x"),))) == "error: gone {missing}"


@pytest.mark.usefixtures("english")
def test_an_internal_error_tells_its_type_and_place() -> None:
    """Enough for a developer, nothing of the record."""
    assert internal_line(raised(fails)).startswith("internal error: KeyError at tests/unit/cli/test_failures.py:")


@pytest.mark.usefixtures("english")
def test_the_place_is_the_innermost_one_of_ours() -> None:
    """Not somewhere in a library."""
    line = internal_line(raised(fails_in_our_code))
    assert line.startswith("internal error: TypeError at sync_agent/cli/output.py:")


@pytest.mark.usefixtures("english")
def test_an_exception_that_never_rose_has_no_place() -> None:
    """Still one line."""
    assert internal_line(KeyError(SECRET)) == "internal error: KeyError at ?"


@pytest.mark.parametrize("work", [fails, fails_again, fails_silently, fails_many])
def test_frames_never_carry_data(work: Callable[[], None]) -> None:
    """Neither messages, nor notes, nor those of the exceptions behind."""
    assert [line for line in frame_lines(raised(work)) if "Ngát" in line or "0010" in line] == []


@pytest.mark.parametrize(
    ("work", "types"),
    [
        (fails, ["builtins.KeyError"]),
        (fails_again, ["builtins.ValueError", "builtins.KeyError"]),
        (fails_silently, ["builtins.ValueError"]),
        (fails_many, ["builtins.ExceptionGroup", "builtins.KeyError"]),
    ],
)
def test_frames_show_the_exceptions_behind(work: Callable[[], None], types: list[str]) -> None:
    """As Python does, without what they say."""
    assert [line for line in frame_lines(raised(work)) if not line.startswith(" ")] == types


def test_a_ring_of_exceptions_ends() -> None:
    """Each is shown once."""
    first, second = KeyError(), ValueError()
    first.__cause__, second.__cause__ = second, first
    assert list(frame_lines(first)) == ["builtins.KeyError", "builtins.ValueError"]


def test_frames_name_no_path_of_this_machine() -> None:
    """Paths are below where the package stands."""
    assert [line for line in frame_lines(raised(fails)) if line.lstrip().startswith("/")] == []


@pytest.mark.usefixtures("english")
def test_what_nobody_caught_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """The hook of the interpreter is ours."""
    install_hooks(debug=False)
    error = raised(fails)
    sys.excepthook(type(error), error, error.__traceback__)
    printed = capsys.readouterr().err
    assert (printed.count("\n"), printed.startswith("internal error: KeyError"), SECRET in printed) == (1, True, False)


@pytest.mark.usefixtures("english")
def test_debug_adds_the_frames(capsys: pytest.CaptureFixture[str]) -> None:
    """And still no data."""
    install_hooks(debug=True)
    error = raised(fails)
    sys.excepthook(type(error), error, error.__traceback__)
    printed = capsys.readouterr().err
    assert (" in fails\n" in printed, SECRET in printed) == (True, False)


@pytest.mark.usefixtures("english")
def test_a_thread_that_fails_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """Threads have their own hook."""
    install_hooks(debug=False)
    thread = threading.Thread(target=fails)
    thread.start()
    thread.join()
    printed = capsys.readouterr().err
    assert (printed.count("\n"), SECRET in printed) == (1, False)


class _Unraisable:
    """What the interpreter hands over when a destructor fails."""

    def __init__(self, error: BaseException | None) -> None:
        self.exc_value = error


@pytest.mark.usefixtures("english")
@pytest.mark.parametrize(("error", "lines"), [(KeyError(SECRET), 1), (None, 0)])
def test_a_destructor_that_fails_is_one_line(
    error: BaseException | None, lines: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """What Python would print with its message."""
    install_hooks(debug=False)
    sys.unraisablehook(_Unraisable(error))  # type: ignore[arg-type]  # the interpreter's own type cannot be made
    printed = capsys.readouterr().err
    assert (printed.count("\n"), SECRET in printed) == (lines, False)


def test_a_thread_hook_without_an_exception_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """Python may hand over none at shutdown."""
    install_hooks(debug=False)
    threading.excepthook(threading.ExceptHookArgs((KeyError, None, None, None)))
    assert capsys.readouterr().err == ""


def test_a_crash_leaves_no_image_of_the_memory() -> None:
    """The limit is taken down; what it may at most be stays."""
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_CORE)
    try:
        leave_no_dump()
        assert resource.getrlimit(resource.RLIMIT_CORE) == (0, before[1])
    finally:
        resource.setrlimit(resource.RLIMIT_CORE, before)


def test_a_system_without_limits_is_none_the_worse(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows has no such module."""
    monkeypatch.setitem(sys.modules, "resource", None)
    leave_no_dump()
    assert sys.modules["resource"] is None
