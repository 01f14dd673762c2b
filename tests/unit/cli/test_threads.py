"""How an interrupted command ends while a request is still waited for."""

import os
import threading

import pytest

from sync_agent.cli import leaving


def test_a_thread_that_still_waits_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python would wait for it, and whoever asked us to end would kill us meanwhile."""
    codes: list[int] = []
    monkeypatch.setattr(leaving, "_MOMENT", 0.01)
    monkeypatch.setattr(os, "_exit", codes.append)
    answered = threading.Event()
    waiting = threading.Thread(target=answered.wait)
    waiting.start()
    leaving.leave_threads_behind(130)
    answered.set()
    waiting.join()
    assert codes == [130]
