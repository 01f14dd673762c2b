"""When an interruption (Ctrl-C) takes effect: between two things that belong together, never."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["undivided"]


@contextmanager
def undivided() -> Iterator[None]:
    """Put an interruption off until the block is done. Only the main thread is ever interrupted."""
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(before):
        yield
        return
    came: list[tuple[int, FrameType | None]] = []
    signal.signal(signal.SIGINT, lambda number, frame: came.append((number, frame)))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if came:  # also when the block failed: whoever asked to end would wait for ever
            before(*came[0])
