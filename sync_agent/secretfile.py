"""Where a secret comes from: a file that is private to the agent, or a variable of the environment. Never a setting.

A path may begin with `${CREDENTIALS_DIRECTORY}`, where systemd puts what a service is handed by LoadCredential.
"""

import os
import stat
from pathlib import Path

from sync_agent.errors import ConfigError

__all__ = ["is_private", "read_secret", "secret_path"]

CREDENTIALS = "CREDENTIALS_DIRECTORY"

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
        with secret_path(file).open(encoding="utf-8") as opened:
            if not is_private(file, os.fstat(opened.fileno())):
                raise _wrong("others can read {name}", "make it private: chmod 0400", where, file)
            secret = opened.read().strip("\r\n")
    except (OSError, UnicodeDecodeError):
        raise _wrong("the secret file {name} cannot be read", "check its path and owner", where, file) from None
    if not secret:
        raise _wrong("the secret file {name} is empty", "write the secret into it", where, file)
    return secret


def secret_path(file: Path) -> Path:
    """Return where a secret's file is. Only that one variable is expanded; what stood before it was only prefixed.

    Raises FileNotFoundError when the path needs it and no service manager has set it.
    """
    if f"${{{CREDENTIALS}}}" not in file.parts:
        return file
    folder = os.environ.get(CREDENTIALS, "")
    if not folder:
        raise FileNotFoundError(CREDENTIALS)
    return Path(folder, *file.parts[file.parts.index(f"${{{CREDENTIALS}}}") + 1 :])


def is_private(file: Path, found: os.stat_result) -> bool:
    """Tell whether nobody but the agent's account can read a file of a secret.

    In the credentials' folder, which is the service's alone, the bits of the group are the mask of an access list.
    """
    if os.name != "posix":
        return True
    others = stat.S_IRWXO if f"${{{CREDENTIALS}}}" in file.parts else _OTHERS
    return not found.st_mode & others


def _wrong(what: str, todo: str, where: str, name: object) -> ConfigError:
    return ConfigError(what, where=where, todo=todo, facts=(("name", str(name)),))
