"""Who gives a command: the login of the operating system, behind sudo the real one. Never a name somebody claims."""

import getpass
import os
from pathlib import Path
from typing import Final

__all__ = ["login_actor"]

_LOGIN_UID: Final = Path("/proc/self/loginuid")
_UNSET: Final = 2**32 - 1


def login_actor() -> str:
    """Return the actor as the audit log writes it, such as `os:lan`."""
    from sync_agent.audit import actor_code

    return actor_code("os", _login())


def _login() -> str:
    """Return the name of the account that logged in.

    Linux keeps its number from login on, through sudo and su. Where it does not, sudo's own word counts; the variables
    `LOGNAME` and `USER`, which anyone can set, never do.
    """
    try:
        import pwd
    except ImportError:  # not a POSIX system
        return getpass.getuser()
    try:
        number = int(_LOGIN_UID.read_text(encoding="ascii"))
    except (OSError, ValueError):
        number = _UNSET
    if number == _UNSET:
        behind = os.environ.get("SUDO_USER")
        if behind:
            return behind
        number = os.getuid()
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)
