"""Decides what of the log must be at hand to append to it: its head and the unfinished tile of each level."""

from sqlalchemy import Connection, Select, false, func, or_, select

from sync_agent.audit.merkle import TILE_WIDTH
from sync_agent.audit.tables import ERASABLE, LEAF, TILE, TREE

__all__ = ["needed_to_append"]


def needed_to_append(conn: Connection) -> dict[str, Select[*tuple[object, ...]]]:
    """Return, by table, the query of the rows without which an entry about a known case could not be appended.

    The secrets of cases are among them; the notes of people and all but the newest entries are not.
    """
    size: int = conn.execute(select(TREE.c.size)).scalar() or 0
    return {
        TREE.name: select(TREE),
        LEAF.name: select(LEAF).where(LEAF.c.idx >= _begun(size)),
        TILE.name: _unfinished_tiles(conn),
        ERASABLE.name: select(ERASABLE).where(ERASABLE.c.kind == "secret"),
    }


def _unfinished_tiles(conn: Connection) -> Select[*tuple[object, ...]]:
    """Return the query of the tiles whose roots are not in a tile of the next level yet."""
    counted = conn.execute(select(TILE.c.level, func.count()).group_by(TILE.c.level))
    begun = [(TILE.c.level == level) & (TILE.c.idx >= _begun(count)) for level, count in counted]
    return select(TILE).where(or_(false(), *begun))


def _begun(count: int) -> int:
    """Return the index of the first of `count` rows that are not all in a full tile of the next level."""
    whole: int = count // TILE_WIDTH
    return whole * int(TILE_WIDTH)
