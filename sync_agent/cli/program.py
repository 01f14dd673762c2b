"""How this program was called, so that a command it prints can be typed as it stands."""

import shlex
import shutil
import sys
from pathlib import Path

__all__ = ["program"]


def program() -> str:
    """Return `sync-agent` when the shell finds it under that name, else the words that began this process."""
    called = Path(sys.argv[0])
    if called.name == "__main__.py":
        return f"{shlex.quote(sys.executable)} -m sync_agent"
    found = shutil.which(called.name)
    if found is not None and called.exists() and Path(found).samefile(called):
        return called.name
    return shlex.quote(str(called))
