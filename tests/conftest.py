"""What holds for every test.

An interruption reaches it, also where all of them run in the background of a shell that has it ignored. And no
certificate of the world is trusted: nothing here talks to the world, and to read them all takes longer than to make
a whole agent. And no command ends the process of the tests.
"""

import os
import signal

import pytest

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

os.environ["SSL_CERT_FILE"] = os.devnull


@pytest.fixture(autouse=True)
def stay_whatever_threads_others_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have no command that is called in this process end it for a thread that some other test has left."""
    for module in ("main", "run"):
        monkeypatch.setattr(f"sync_agent.cli.{module}.leave_threads_behind", lambda _code: None)
