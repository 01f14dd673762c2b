"""Decides which message must wait because another large one is on its way: of those only one goes at a time.

It waits before its intent is written, so that it keeps no worker busy and is never in doubt for having waited.
"""

from sync_agent.national import Message
from sync_agent.sync.observe import Observed

__all__ = ["OneLarge"]


class OneLarge:
    """The one place for messages whose files take more than `bytes_` in the body."""

    def __init__(self, bytes_: int) -> None:
        self._bytes = bytes_
        self._taken: Message | None = None
        self._parked: list[Observed] = []

    def must_wait(self, message: Message) -> bool:
        """Tell whether the place that this message needs is taken."""
        return self._taken is not None and self._needs_it(message)

    def park(self, observed: Observed) -> None:
        """Keep a case until the place is free."""
        self._parked.append(observed)

    def begin(self, message: Message) -> None:
        """Note that a message leaves."""
        if self._needs_it(message):
            self._taken = message

    def land(self, message: Message) -> list[Observed]:
        """Note that a message has come back; return the cases that waited for it, in their order.

        All of them, for the first may not be allowed to go by now.
        """
        if message is not self._taken:
            return []
        self._taken = None
        parked, self._parked = self._parked, []
        return parked

    def _needs_it(self, message: Message) -> bool:
        return message.encoded_files > self._bytes
