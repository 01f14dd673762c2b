"""How a pass tells how far it is; who listens decides what is shown."""

from typing import Protocol

__all__ = ["NoProgress", "Progress"]


class Progress(Protocol):
    """Told by the pass as it goes; `advance` may be called from several threads."""

    def stage(self, name: str, total: int | None) -> None:
        """Begin the stage `name` (a message id) of `total` things, None when not known; ends the one before."""
        ...

    def advance(self, count: int = 1) -> None:
        """Say that `count` more things of the stage are done."""
        ...

    def finish(self) -> None:
        """End the last stage."""
        ...


class NoProgress:
    """Nobody listens."""

    def stage(self, name: str, total: int | None) -> None:
        """Ignore the stage."""

    def advance(self, count: int = 1) -> None:
        """Ignore the advance."""

    def finish(self) -> None:
        """Ignore the end."""
