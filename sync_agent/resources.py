"""Where the files that ship with the agent are, and how a new configuration is made from them."""

import secrets
import shutil
import tempfile
from pathlib import Path
from typing import Final

from sync_agent.durable import create_durably, sync_folder
from sync_agent.errors import ConfigError

__all__ = ["INSTALLATION_KEY", "create_configuration", "packaged_configuration", "packaged_schemas"]

INSTALLATION_KEY: Final = Path("state") / "installation.key"
_PACKAGE = Path(__file__).parent
_OF_A_RUN: Final = shutil.ignore_patterns(INSTALLATION_KEY.parent.name, "files", "*.db", "*.db-*")
"""What an agent leaves in a checkout's example that was run where it lies: never part of another configuration."""


def _data() -> Path:
    checkout = _PACKAGE.parent
    return checkout if (checkout / "pyproject.toml").is_file() else _PACKAGE / "_data"


def packaged_configuration() -> Path:
    """Return the folder of the example configuration: in a checkout its own, else the copy in the wheel."""
    return _data() / "config"


def packaged_schemas() -> Path:
    """Return the folder of the national contracts and the schema of the CaseFile."""
    return _data() / "schemas"


def create_configuration(folder: Path) -> list[Path]:
    """Make a complete configuration in `folder`, which must be empty or absent; all of it or nothing.

    Returns the files made, relative to `folder`. Raises ConfigError.
    """
    existed = folder.exists()
    try:
        _refuse(folder)
        folder.mkdir(parents=True, exist_ok=True)
        return _fill(folder)
    except OSError as error:
        if not existed:
            shutil.rmtree(folder, ignore_errors=True)
        raise ConfigError(
            "the folder cannot be written ({reason})",
            where=str(folder),
            todo="choose a folder this account may write to",
            facts=(("reason", error.strerror or type(error).__name__),),
        ) from None


def _refuse(folder: Path) -> None:
    if folder.exists() and any(folder.iterdir()):
        raise ConfigError(
            "the folder is not empty",
            where=str(folder),
            todo="name a new or an empty folder; nothing in this one was touched",
        )
    if folder.resolve().is_relative_to(packaged_configuration().resolve()):
        raise ConfigError(
            "the folder lies inside the example configuration that would be copied",
            where=str(folder),
            todo="name a folder outside it",
        )


def _fill(folder: Path) -> list[Path]:
    with tempfile.TemporaryDirectory(prefix=".new-", dir=folder) as temporary:
        draft = Path(temporary) / "configuration"
        shutil.copytree(packaged_configuration(), draft, ignore=_OF_A_RUN)
        shutil.copytree(packaged_schemas(), draft / "schemas")
        (draft / INSTALLATION_KEY.parent).mkdir(mode=0o700)
        _write_key(draft / INSTALLATION_KEY)
        made = sorted(path.relative_to(draft) for path in draft.rglob("*") if path.is_file())
        for child in draft.iterdir():
            child.rename(folder / child.name)
        sync_folder(folder)
    return made


def _write_key(path: Path) -> None:
    """Write the secret behind tokens and pseudonyms: 32 random bytes in hex, for the owner's eyes only."""
    create_durably(path, f"{secrets.token_hex(32)}\n".encode("ascii"), mode=0o400)
