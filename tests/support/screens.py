"""A terminal that a test can look at: what a person would see after everything was written and rewritten."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
from collections.abc import Mapping, Sequence

__all__ = ["screen"]

_TOKEN = re.compile(r"\x1b\[\??([0-9;]*)([A-Za-z])|([\r\n])|([^\x1b\r\n]+)")


def screen(
    words: Sequence[str], environment: Mapping[str, str], *, columns: int = 100, typed: str = ""
) -> tuple[int, list[str]]:
    """Run a process on a terminal of so many columns; return its exit code and the lines seen, old ones included.

    What is `typed` waits in the terminal until the process asks for it.
    """
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    kept = {name: value for name, value in environment.items() if name not in {"COLUMNS", "NO_COLOR"}}
    process = subprocess.Popen(words, stdin=theirs, stdout=theirs, stderr=theirs, env={**kept, "TERM": "xterm"})
    os.close(theirs)
    os.write(ours, typed.encode())
    written = b""
    try:
        while part := os.read(ours, 65536):
            written += part
    except OSError:  # how Linux says that the last process has closed the terminal
        pass
    os.close(ours)
    return process.wait(60), _drawn(written.decode("utf-8"), columns)


def _drawn(text: str, columns: int) -> list[str]:
    lines, row, column = [""], 0, 0
    for count, code, move, plain in _TOKEN.findall(text):
        if move == "\r":
            column = 0
        elif move == "\n":
            row, column = row + 1, 0
        elif code == "A":
            row = max(0, row - int(count or 1))
        elif code == "K":
            lines[row] = lines[row][:column] if count in {"", "0"} else ""
        elif plain:
            lines += [""] * (row + 1 - len(lines))
            lines[row] = lines[row][:column].ljust(column) + plain + lines[row][column + len(plain) :]
            column += len(plain)
        lines += [""] * (row + 1 - len(lines))
    assert max(map(len, lines)) <= columns or "\n" in text
    return [line.rstrip() for line in lines]
