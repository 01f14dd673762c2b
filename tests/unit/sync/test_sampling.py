"""The bound of a sample against counting every possible sample."""

from itertools import combinations

import pytest

from sync_agent.sync.sampling import most_different


def by_counting(population: int, sample: int, found: int, confidence: float) -> int:
    """Return the bound by drawing every sample there is from every population there can be."""
    bound = found
    for different in range(found, population - (sample - found) + 1):
        drawn = [sum(each < different for each in one) for one in combinations(range(population), sample)]
        if sum(number <= found for number in drawn) / len(drawn) > 1 - confidence:
            bound = different
    return bound


@pytest.mark.parametrize("found", [0, 1, 2])
@pytest.mark.parametrize(("population", "sample"), [(10, 3), (12, 6), (14, 5)])
def test_it_is_what_counting_gives(population: int, sample: int, found: int) -> None:
    """Small populations can be counted out."""
    assert most_different(population, sample, found) == by_counting(population, sample, found, 0.95)


@pytest.mark.parametrize(("population", "sample", "most"), [(6, 3, 3), (20, 1, 19), (20, 19, 1), (16, 2, 12)])
def test_what_is_as_rare_as_the_limit_can_be(population: int, sample: int, most: int) -> None:
    """Exactly 5 % is not less than 5 %: the larger number is told, whatever the last digits are."""
    assert most_different(population, sample, 0) == most


@pytest.mark.parametrize(("population", "sample", "found"), [(0, 0, 0), (1, 1, 0), (1, 1, 1), (7, 0, 0), (9, 9, 9)])
def test_at_the_edges_nothing_is_guessed(population: int, sample: int, found: int) -> None:
    """All looked at: what was found; nothing looked at: anything."""
    assert most_different(population, sample, found) == (found if sample == population else population)


def test_a_sample_of_all_leaves_no_doubt() -> None:
    """What was looked at whole is known."""
    assert most_different(50, 50, 3) == 3


def test_large_ones_give_the_known_rule_of_three() -> None:
    """None found of n: at most about 3/n of all."""
    assert most_different(1_000_000, 300, 0) / 1_000_000 == pytest.approx(0.00994, abs=1e-4)
