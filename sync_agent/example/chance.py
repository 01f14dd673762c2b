"""How chance works in the invented world: repeatable, and by shares."""

import random

__all__ = ["likely", "seeded"]


def seeded(seed: int) -> random.Random:
    """Return chance that repeats itself for the same seed."""
    return random.Random(seed)  # noqa: S311 - invented data must be repeatable, nothing here is secret


def likely(rng: random.Random, share: float) -> bool:
    """Return True in `share` (0 to 1) of the calls."""
    return rng.random() < share
