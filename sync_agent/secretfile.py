"""Where a secret comes from: a file that is private to the agent, or a variable of the environment. Never a setting."""

import os
import stat
from pathlib import Path

from sync_agent.errors import ConfigError

__all__ = ["read_secret"]

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def read_secret(file: Path | None, variable: str, *, where: str) -> str:
    """Return the secret in `file` (one line, UTF-8) or, without one, in the environment's `variable`.

    `where` names the setting in errors. Raises ConfigError, which never quotes what was read.
    """
    if file is None:
        secret = os.environ.get(variable, "")
        if not secret:
            raise _wrong("the environment variable {name} is not set", "set it for the agent alone", where, variable)
        return secret
    try:
        with file.open(encoding="utf-8") as opened:
            if os.name == "posix" and os.fstat(opened.fileno()).st_mode & _OTHERS:
                raise _wrong("others can read {name}", "make it private: chmod 0400", where, file)
            secret = opened.read().strip("\r\n")
    except (OSError, UnicodeDecodeError):
        raise _wrong("the secret file {name} cannot be read", "check its path and owner", where, file) from None
    if not secret:
        raise _wrong("the secret file {name} is empty", "write the secret into it", where, file)
    return secret


def _wrong(what: str, todo: str, where: str, name: object) -> ConfigError:
    return ConfigError(what, where=where, todo=todo, facts=(("name", str(name)),))
