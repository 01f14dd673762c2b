"""The agent runs wherever Python does; what only one system has is asked for first, or stays in `service/`."""

import ast
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from sync_agent.durable import _mode

PACKAGE = Path(__file__).parents[2] / "sync_agent"

MODULES = {"crypt", "fcntl", "grp", "posix", "pty", "pwd", "resource", "spwd", "syslog", "termios", "tty"}
"""Modules that not every system has."""
OS_NAMES = {
    *("O_DIRECTORY", "O_NOFOLLOW", "O_NONBLOCK", "WNOHANG"),
    *(
        "chown",
        "chroot",
        "fchmod",
        "fchown",
        "fork",
        "forkpty",
        "getgid",
        "geteuid",
        "getegid",
        "getloadavg",
        "getpgid",
    ),
    *("getppid", "getpriority", "getuid", "initgroups", "killpg", "lchown", "link", "mkfifo", "nice", "pidfd_open"),
    *("posix_fadvise", "sched_getaffinity", "sched_setaffinity", "sendfile", "setgid", "setpgid", "setpriority"),
    *("setsid", "setuid", "statvfs", "sync", "sysconf", "uname", "wait", "waitpid", "wait3", "wait4"),
}
SIGNAL_NAMES = {"SIGALRM", "SIGCHLD", "SIGHUP", "SIGKILL", "SIGQUIT", "SIGUSR1", "SIGUSR2", "alarm", "pthread_kill"}
SIGNAL_NAMES |= {"pause", "pthread_sigmask", "set_wakeup_fd", "setitimer", "sigwait", "sigtimedwait"}
SOCKET_NAMES = {"AF_UNIX", "SO_REUSEPORT", "fromfd", "socketpair"}
NAMES = {"os": OS_NAMES, "signal": SIGNAL_NAMES, "socket": SOCKET_NAMES}
PLACES = ("/proc/", "/dev/", "/etc/", "/run/", "/sys/", "/tmp", "/usr/", "/var/")  # noqa: S108 - looked for, not used
ASKED_FIRST = {
    "cli/actor.py": {"/proc/self/loginuid", "os.getuid"},  # after `import pwd` worked; /proc may be missing
    "durable.py": {"os.link"},  # what cannot be linked is renamed
}
"""What is used where no rule below sees that the code asked, or does without."""
GUARDS = {"name", "platform"}
"""`os.name` and `sys.platform`: what stands under such a question is meant for one system."""


def findings(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield line and name of everything in a module that not every system has."""
    for node in _unguarded(tree):
        match node:
            case ast.Import(names=names):
                yield from ((node.lineno, alias.name) for alias in names if alias.name in MODULES)
            case ast.ImportFrom(module=str(module), names=names):
                if module in MODULES:
                    yield node.lineno, module
                wanted = NAMES.get(module, set())
                yield from ((node.lineno, f"{module}.{alias.name}") for alias in names if alias.name in wanted)
            case ast.Attribute(value=ast.Name(id=module), attr=name) if name in NAMES.get(module, set()):
                yield node.lineno, f"{module}.{name}"
            case ast.Constant(value=str(text)) if text.startswith(PLACES):
                yield node.lineno, text
            case ast.Constant(value=str(text)) if "%-" in text and "strftime" in ast.unparse(tree):
                yield node.lineno, text
            case ast.FormattedValue(format_spec=ast.JoinedStr(values=[ast.Constant(value=str(text)), *_])):
                if "%-" in text:
                    yield node.lineno, text


def _unguarded(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes below one, without what stands under a question for the system."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If | ast.IfExp) and _asks(child.test):
            continue
        if isinstance(child, ast.BoolOp) and _asks(child.values[0]):
            continue
        if isinstance(child, ast.Try) and any(
            "ImportError" in ast.unparse(each.type or each) for each in child.handlers
        ):
            continue
        yield child
        yield from _unguarded(child)


def _asks(test: ast.expr) -> bool:
    return any(
        isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id in {"os", "sys"}
        and node.attr in GUARDS
        for node in ast.walk(test)
    ) or ("hasattr" in ast.unparse(test))


def modules() -> list[str]:
    """Return the modules of the package that must run everywhere."""
    paths = (path.relative_to(PACKAGE).as_posix() for path in sorted(PACKAGE.rglob("*.py")))
    return [path for path in paths if not path.startswith("service/")]


def test_nothing_that_only_one_system_has_is_used_unasked() -> None:
    """Outside the service, which speaks to the service manager of Linux."""
    found = {
        module: names
        for module in modules()
        if (names := {name for _, name in findings(ast.parse((PACKAGE / module).read_text(encoding="utf-8")))})
    }
    assert found == ASKED_FIRST


def test_every_text_file_is_opened_with_its_encoding() -> None:
    """Elsewhere the default is not UTF-8."""
    bare = {
        f"{module}:{node.lineno}"
        for module in modules()
        for node in ast.walk(ast.parse((PACKAGE / module).read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and _opens_text(node)
    }
    assert bare == set()


def _opens_text(call: ast.Call) -> bool:
    """Tell whether a call reads or writes text without saying in which encoding."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name not in {"open", "fdopen", "read_text", "write_text", "NamedTemporaryFile", "TextIOWrapper"}:
        return False
    if isinstance(call.func, ast.Attribute) and name == "open" and ast.unparse(call.func.value) in {"os", "webbrowser"}:
        return False
    words = [node.value for node in call.args if isinstance(node, ast.Constant)]
    words += [keyword.value.value for keyword in call.keywords if isinstance(keyword.value, ast.Constant)]
    binary = any(isinstance(word, str) and "b" in word and len(word) <= 3 for word in words)
    positional = name == "read_text" and bool(call.args)
    return not (binary or positional or any(keyword.arg == "encoding" for keyword in call.keywords))


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("import fcntl", ["fcntl"]),
        ("from pwd import getpwuid", ["pwd"]),
        ("from os import fork", ["os.fork"]),
        ("import os\nos.getuid()", ["os.getuid"]),
        ("import os\nos.getpid()", []),
        ("import signal\nprocess.send_signal(signal.SIGKILL)", ["signal.SIGKILL"]),
        ("import signal\nsignal.SIGTERM", []),
        ("open('/proc/self/status')", ["/proc/self/status"]),
        ("day.strftime('%-d/%-m')", ["%-d/%-m"]),
        ("f'{day:%-d}'", ["%-d"]),
        ("f'{day:%d}'", []),
        ("import os\nif os.name == 'posix':\n    os.fchmod(1, 2)", []),
        ("import os\nsafe = os.name == 'posix' and os.getuid() == 0", []),
        ("import os\nuser = os.getuid() if hasattr(os, 'getuid') else 0", []),
        ("try:\n    import resource\nexcept ImportError:\n    limits = None", []),
        ("try:\n    import resource\nexcept OSError:\n    limits = None", ["resource"]),
        ("import os\nif ready:\n    os.fork()", ["os.fork"]),
    ],
)
def test_what_only_one_system_has_is_seen(code: str, names: list[str]) -> None:
    """The test above can fail."""
    assert [name for _, name in findings(ast.parse(code))] == names


@pytest.mark.parametrize(
    ("code", "bare"),
    [
        ("open(path)", True),
        ("open(path, 'rb')", False),
        ("path.open('w')", True),
        ("path.open('wb')", False),
        ("path.open(encoding='ascii')", False),
        ("path.read_text()", True),
        ("path.read_text('utf-8')", False),
        ("path.write_text(text)", True),
        ("os.open(path, flags)", False),
        ("os.fdopen(number, 'w')", True),
    ],
)
def test_a_text_file_without_encoding_is_seen(code: str, bare: bool) -> None:
    """And bytes need none."""
    (call,) = (node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call))
    assert _opens_text(call) is bare


def test_on_windows_a_file_stays_writable_to_its_owner(monkeypatch: pytest.MonkeyPatch) -> None:
    """There a file that may not be written could be neither replaced, by a new key of the log, nor removed."""
    assert _mode(0o400) == 0o400
    monkeypatch.setattr(os, "name", "nt")
    assert _mode(0o400) == 0o600
