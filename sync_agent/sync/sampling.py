"""Decides what a sample says of the whole: the most that can be different, by the exact hypergeometric distribution."""

from math import exp, lgamma
from typing import Final

__all__ = ["CONFIDENCE", "most_different"]

CONFIDENCE: Final = 0.95
_ROUNDING: Final = 1e-9
"""What is as rare as the limit, but for the last digits, is not rarer."""


def most_different(population: int, sample: int, found: int, *, confidence: float = CONFIDENCE) -> int:
    """Return the largest number of different ones in a population that the sample does not contradict.

    Were there more, a sample drawn at random without putting back would have shown no more than `found` of them less
    often than `1 - confidence`.
    """
    low, high = found, population - (sample - found)
    while low < high:
        middle = (low + high + 1) // 2
        if _at_most(found, population, middle, sample) >= 1 - confidence - _ROUNDING:
            low = middle
        else:
            high = middle - 1
    return low


def _at_most(found: int, population: int, different: int, sample: int) -> float:
    """Return how probable it is that a sample holds at most `found` of the different ones."""
    least = max(0, sample - (population - different))
    whole = _log_choose(population, sample)
    return sum(
        exp(_log_choose(different, k) + _log_choose(population - different, sample - k) - whole)
        for k in range(least, min(found, different, sample) + 1)
    )


def _log_choose(of: int, chosen: int) -> float:
    return lgamma(of + 1) - lgamma(chosen + 1) - lgamma(of - chosen + 1)
