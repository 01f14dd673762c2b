"""Generated databases: one per module to read, one per test to change."""

from pathlib import Path

import pytest

from tests.support.example import Example, make


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Example:
    """Give 500 cases that a test only reads."""
    return make(tmp_path_factory.mktemp("example"))


@pytest.fixture
def own(tmp_path: Path) -> Example:
    """Give 200 cases that a test may change."""
    return make(tmp_path, cases=200, seed=7)
