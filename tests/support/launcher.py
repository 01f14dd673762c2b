"""Starts processes of the agent out of one that has loaded its modules already.

What is started is a process like any other: it can be killed, interrupted and watched, and it shares nothing with its
siblings. Only the second that loading takes is spent once and not hundreds of times.
"""

import atexit
import contextlib
import gc
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import IO, Any

__all__ = ["Started", "start"]

_LOADED = (
    "sync_agent.bootstrap",
    "sync_agent.cli.main",
    "sync_agent.doctor",
    "sync_agent.reports",
    "sync_agent.service",
    "sync_agent.simulator.server",
    "alembic.command",
    "psycopg",
    "pymysql",
    "sqlalchemy.dialects.mysql.pymysql",
    "sqlalchemy.dialects.postgresql.psycopg",
    "sqlalchemy.dialects.sqlite.pysqlite",
)
_LONGEST = 1 << 20  # bytes of a request: a whole environment


class Started:
    """A running process, as `subprocess.Popen` with text on both pipes would show it."""

    def __init__(self, args: Sequence[str], pid: int, out: int, err: int, status: int) -> None:
        self.args, self.pid = list(args), pid
        self.returncode: int | None = None
        self._said: tuple[str, str] | None = None
        self.stdout: IO[str] = open(out, encoding="utf-8")  # noqa: SIM115 - closed by `communicate`, as there
        self.stderr: IO[str] = open(err, encoding="utf-8")  # noqa: SIM115
        self._status = open(status, "rb")  # noqa: SIM115

    def poll(self) -> int | None:
        """Return the exit code, or minus the number of the signal that ended it; None while it runs."""
        return self._ended(0)

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit code when it has ended. Raises subprocess.TimeoutExpired."""
        code = self._ended(timeout)
        if code is None:
            raise subprocess.TimeoutExpired(self.args, timeout or 0)
        return code

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        """Return all it said until its end. Raises subprocess.TimeoutExpired."""
        if self._said is None:
            self._said = self._heard(timeout)
        return self._said

    def _heard(self, timeout: float | None) -> tuple[str, str]:
        until = None if timeout is None else time.monotonic() + timeout
        said = {stream.fileno(): bytearray() for stream in (self.stdout, self.stderr)}
        left = list(said)
        while left:
            ready = select.select(left, [], [], None if until is None else max(0, until - time.monotonic()))[0]
            if not ready:
                raise subprocess.TimeoutExpired(self.args, timeout or 0)
            for number in ready:
                piece = os.read(number, 65536)
                said[number] += piece
                if not piece:
                    left.remove(number)
        out, err = (self._buffered(stream) + said[stream.fileno()].decode() for stream in (self.stdout, self.stderr))
        self.stdout.close()
        self.stderr.close()
        self.wait(None if until is None else max(0, until - time.monotonic()))
        return out, err

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)

    def _ended(self, timeout: float | None) -> int | None:
        if self.returncode is None and select.select([self._status], [], [], timeout)[0]:
            self.returncode = int(self._status.read())
            self._status.close()
        return self.returncode

    @staticmethod
    def _buffered(stream: IO[str]) -> str:
        """Return what `readline` has taken out of the pipe beyond its line."""
        os.set_blocking(stream.fileno(), False)
        return stream.read() or ""


def start(module: str, *words: str, environment: Mapping[str, str]) -> Started:
    """Start `python -m module words` with just this environment; its stdin is empty."""
    return _Loaded.running().start(module, words, environment)


class _Loaded:
    """The process with the modules, and the way to ask it. One for each process of the tests."""

    def __init__(self) -> None:
        self._asking, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            number = str(theirs.fileno())
            self._process = subprocess.Popen(
                [sys.executable, "-m", __name__, number], pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL
            )
        atexit.register(self._end)

    @classmethod
    @cache
    def running(cls) -> "_Loaded":
        """Return the one of this process."""
        return cls()

    def start(self, module: str, words: Sequence[str], environment: Mapping[str, str]) -> Started:
        """Have it start one."""
        request = {"module": module, "words": words, "environment": dict(environment), "folder": str(Path.cwd())}
        (out, its_out), (err, its_err), (status, its_status) = os.pipe(), os.pipe(), os.pipe()
        theirs = [its_out, its_err, its_status]
        try:
            socket.send_fds(self._asking, [json.dumps(request).encode()], theirs)
        finally:
            for number in theirs:
                os.close(number)
        return Started([module, *words], int(self._asking.recv(64)), out, err, status)

    def _end(self) -> None:
        self._asking.close()
        self._process.wait(10)


class _Here:
    """What runs in the process with the modules: forks, and tells how each of its children ended."""

    def __init__(self, asked: socket.socket) -> None:
        self._asked = asked
        self._children: dict[int, int] = {}
        self._woken, self._waker = os.pipe()
        os.set_blocking(self._waker, False)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._waker)

    def serve(self) -> dict[str, Any] | None:
        """Return what is to be run, in a child; None when nobody can ask any more."""
        while True:
            ready = select.select([self._asked.fileno(), self._woken], [], [])[0]
            if self._woken in ready:
                os.read(self._woken, 4096)
                self._tell_of_the_dead()
            if self._asked.fileno() in ready:
                asked, numbers, *_ = socket.recv_fds(self._asked, _LONGEST, 3)
                if not asked:
                    return None
                pid = os.fork()
                if pid == 0:
                    self._become_another(numbers)
                    return json.loads(asked)  # type: ignore[no-any-return]
                self._children[pid] = numbers[2]
                os.close(numbers[0])
                os.close(numbers[1])
                self._asked.send(str(pid).encode())

    def _tell_of_the_dead(self) -> None:
        with contextlib.suppress(ChildProcessError):  # none is left
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                number = self._children.pop(ended[0])
                os.write(number, str(os.waitstatus_to_exitcode(ended[1])).encode())
                os.close(number)

    def _become_another(self, numbers: Sequence[int]) -> None:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        self._asked.close()
        os.dup2(numbers[0], 1)
        os.dup2(numbers[1], 2)
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - as an interpreter begins
        sys.stderr = open(2, "w", encoding="utf-8", closefd=False, buffering=1, errors="backslashreplace")  # noqa: SIM115
        for number in (*numbers, *self._children.values(), self._woken, self._waker):
            os.close(number)


def _run(request: dict[str, Any]) -> None:
    os.environ.clear()
    os.environ.update(request["environment"])
    time.tzset()
    os.chdir(request["folder"])
    sys.argv = [request["module"], *request["words"]]
    runpy.run_module(request["module"], run_name="__main__", alter_sys=True)


def _main() -> None:
    for name in _LOADED:
        __import__(name)
    gc.collect()
    gc.freeze()  # so that a child copies none of it when it looks for garbage
    request = _Here(socket.socket(fileno=int(sys.argv[1]))).serve()
    if request is not None:
        _run(request)


if __name__ == "__main__":
    _main()
