"""Decides which fault hits which request.

Delays add up; of the other faults the first that hits a request acts alone. Counts start anew with the process.
"""

import random
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field

from sync_agent.simulator.fault import Fault, parse_fault

__all__ = ["Drawn", "FaultPlan"]


@dataclass(frozen=True, slots=True)
class Drawn:
    """What happens to one request: a delay in seconds, then the fault, if any."""

    delay: float = 0.0
    fault: Fault | None = None


@dataclass(slots=True)
class _Running:
    fault: Fault
    chance: random.Random
    seen: int = 0
    acted: int = 0

    def hits(self, action: str) -> bool:
        fault = self.fault
        if action not in fault.routes:
            return False
        self.seen += 1
        if self.seen <= fault.after or (fault.count is not None and self.acted >= fault.count):
            return False
        return fault.share >= 1.0 or self.chance.random() < fault.share

    def pause(self) -> float:
        self.acted += 1
        return self.chance.uniform(*self.fault.delay)


@dataclass(slots=True)
class FaultPlan:
    """The faults in force, with their counts; safe to use from every connection at once."""

    faults: tuple[Fault, ...]
    seed: int = 0
    _running: list[_Running] = field(init=False, repr=False)
    _lock: threading.Lock = field(init=False, repr=False, default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._running = [
            _Running(fault, random.Random(f"{self.seed}/{number}/{fault.spec}"))  # noqa: S311 - repeatable, not secret
            for number, fault in enumerate(self.faults)
        ]

    @classmethod
    def parse(cls, specs: Iterable[str], seed: int = 0) -> "FaultPlan":
        """Return the plan of `specs`; raises ConfigError for the first that cannot be read."""
        return cls(tuple(parse_fault(spec) for spec in specs), seed)

    def draw(self, action: str) -> Drawn:
        """Return what happens to the next request of `action`."""
        if not self._running:
            return Drawn()
        delay, chosen = 0.0, None
        with self._lock:
            for running in self._running:
                if not running.hits(action):
                    continue
                if running.fault.effect == "latency":
                    delay += running.pause()
                elif chosen is None:
                    running.acted += 1
                    chosen = running.fault
        return Drawn(delay, chosen)

    def acted(self) -> list[tuple[str, int]]:
        """Return how often each fault has acted, in the order given."""
        with self._lock:
            return [(running.fault.spec, running.acted) for running in self._running]
