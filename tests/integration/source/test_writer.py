"""What is written back, on every kind of database: one row, the id and the local time, by an account of its own."""

from datetime import UTC, datetime

from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from sync_agent.source import Acknowledged, LocalWriter, SourceSpec
from tests.support.places import SPEC, Place

AT = datetime(2026, 11, 23, 1, 2, 3, tzinfo=UTC)
UPDATE = "UPDATE c SET name = :national_id, t = :acknowledged_at WHERE id = :number"


def writer(place: Place, update: str = UPDATE, url: str = "") -> LocalWriter:
    """Return what writes to the small system."""
    return LocalWriter(url or place.url, SourceSpec.model_validate(SPEC), {"case": update}, statement_seconds=5)


def told(key: str) -> Acknowledged:
    """Return an acknowledgement of a case."""
    return Acknowledged("case", key, "", f"id-of-{key}", AT)


def rows(place: Place) -> list[tuple[object, ...]]:
    """Return what stands there now, the time as text."""
    engine = create_engine(place.url, poolclass=NullPool)
    with engine.connect() as connection:
        found = connection.execute(text("SELECT id, name, t FROM c ORDER BY id")).all()
    return [(row[0], row[1], None if row[2] is None else str(row[2])[:19]) for row in found]


def test_id_and_local_time_are_set(place: Place) -> None:
    """In the source's own zone, and again with the same result."""
    place.execute("INSERT INTO c VALUES (1, 'a', NULL), (2, 'b', NULL)")
    outcome = writer(place).tell([told("C1"), told("C1")])
    assert (outcome, rows(place)) == ([None, None], [(1, "id-of-C1", "2026-11-23 08:02:03"), (2, "b", None)])


def test_one_that_fails_leaves_the_others(place: Place) -> None:
    """Each has a transaction of its own."""
    place.execute("INSERT INTO c VALUES (1, 'a', NULL), (2, 'b', NULL)")
    outcome = writer(place).tell([told("C1"), told("C9"), told("D1"), told("C2")])
    assert outcome == [None, "no_row", "no_key", None]
    assert [row[1] for row in rows(place)] == ["id-of-C1", "id-of-C2"]


def test_more_than_one_row_is_taken_back(place: Place) -> None:
    """An update without the right WHERE would write one id into every record."""
    place.execute("INSERT INTO c VALUES (1, 'a', NULL), (2, 'b', NULL)")
    outcome = writer(place, "UPDATE c SET name = :national_id WHERE id >= :number").tell([told("C1")])
    assert (outcome, [row[1] for row in rows(place)]) == (["several_rows"], ["a", "b"])


def test_an_account_without_the_right_is_said(server: Place, reader: str) -> None:
    """Nothing is written, and nothing is raised."""
    server.execute("INSERT INTO c VALUES (1, 'a', NULL)")
    assert (writer(server, url=reader).tell([told("C1")]), [row[1] for row in rows(server)]) == (["forbidden"], ["a"])


def test_what_cannot_be_reached_is_tried_once(server: Place) -> None:
    """The rest waits for another pass."""
    assert writer(server, url=server.account(port=1)).tell([told("C1"), told("C2")]) == ["lost"]
