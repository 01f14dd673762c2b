"""One instance per ledger."""

import subprocess
import sys
from pathlib import Path

import pytest

from sync_agent.errors import LedgerError, LockedError
from sync_agent.ledger import exclusive

HOLDS = """
import sys, pathlib
from sync_agent.ledger import exclusive
with exclusive(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_one_is_refused(tmp_path: Path) -> None:
    """At once, with the file that is locked."""
    with exclusive(tmp_path), pytest.raises(LockedError) as caught, exclusive(tmp_path):
        pass
    assert caught.value.where == str(tmp_path / "ledger.lock")


def test_the_next_one_gets_it(tmp_path: Path) -> None:
    """It is given back, also by who failed."""
    with pytest.raises(RuntimeError), exclusive(tmp_path):
        raise RuntimeError("broken")
    with exclusive(tmp_path):
        pass


def test_the_lock_of_a_killed_process_is_free(tmp_path: Path) -> None:
    """A power cut leaves no lock behind."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(LockedError), exclusive(tmp_path):
            pass
        holder.kill()
    with exclusive(tmp_path):
        pass


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    """The lock cannot be written, which is not the same as held."""
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(LedgerError) as caught, exclusive(tmp_path / "file"):
        pass
    assert not isinstance(caught.value, LockedError)
