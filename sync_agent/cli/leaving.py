"""How a command ends while a request is still waited for."""

import os
import sys
import threading

__all__ = ["leave_threads_behind"]

_MOMENT = 0.5  # seconds for a thread that has nothing left to do


def leave_threads_behind(code: int) -> None:
    """End at once where a request is still waited for: Python would wait too, until whoever ends us kills us."""
    others = [thread for thread in threading.enumerate() if thread is not threading.current_thread()]
    for thread in others:
        if not thread.daemon:
            thread.join(_MOMENT)
    if any(thread.is_alive() and not thread.daemon for thread in others):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
