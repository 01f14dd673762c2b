"""Tiles lie where C2SP tlog-tiles says."""

import pytest

from sync_agent.audit.bundle import tile_path


@pytest.mark.parametrize(
    ("level", "index", "width", "path"),
    [
        ("0", 0, 256, "tile/0/000"),
        ("0", 5, 256, "tile/0/005"),
        ("2", 999, 256, "tile/2/999"),
        ("0", 1000, 256, "tile/0/x001/000"),
        ("0", 1234067, 256, "tile/0/x001/x234/067"),
        ("entries", 1234067, 12, "tile/entries/x001/x234/067.p/12"),
        ("1", 0, 1, "tile/1/000.p/1"),
    ],
)
def test_a_tile_has_the_path_of_the_specification(level: str, index: int, width: int, path: str) -> None:
    """Three digits a folder, all but the last with an x; a partial tile beside its number."""
    assert tile_path(level, index, width) == path
