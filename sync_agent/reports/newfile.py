"""Decides how a file with a list comes into being: new, for its owner's eyes, never over another one."""

import os
from pathlib import Path

from sync_agent.errors import ConfigError

__all__ = ["write_new"]


def write_new(path: Path, content: bytes) -> None:
    """Write a file that does not exist yet, readable by its owner only. Raises ConfigError."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise ConfigError(
            "the file exists already", where=str(path), todo="name a new file; nothing is overwritten"
        ) from None
    except OSError as error:
        raise _unwritable(path, error) from None
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
    except OSError as error:
        path.unlink(missing_ok=True)  # half a list would be taken for a whole one
        raise _unwritable(path, error) from None


def _unwritable(path: Path, error: OSError) -> ConfigError:
    reason = error.strerror or type(error).__name__
    return ConfigError("the file cannot be written ({reason})", where=str(path), facts=(("reason", reason),))
