"""A day of the access log is in the audit log once, and what was changed in it afterwards shows."""

from datetime import date, timedelta

from sqlalchemy import text

from sync_agent.audit import Event, entries
from sync_agent.ledger import Ledger, close_access_days, day_root, note_access
from tests.support.ledgers import NOW, ON_BOTH


class Days:
    """A clock that is moved by days; it begins on a morning in Viet Nam."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> object:
        """Return what it shows."""
        return self.now


def looked_at(ledger: Ledger, *pages: str) -> None:
    """Note that pages were looked at."""
    with ledger.write() as tx:
        for page in pages:
            note_access(tx, page, 200, account="lan", case_id=7, origin="O-AAAAAAAAAA")


def closed(ledger: Ledger) -> list[tuple[str | None, dict[str, int], str | None]]:
    """Return what the audit log says of days."""
    with ledger.read() as connection:
        found = [stored.entry for stored in entries(connection, event=Event.ACCESS_DAY_CLOSED)]
    return [(entry.new_state, dict(entry.counts or {}), entry.set_digest) for entry in found]


@ON_BOTH
def test_each_finished_day_is_closed_once(ledger: Ledger) -> None:
    """Also those on which nobody looked, between two on which somebody did; today is not over."""
    clock = Days()
    ledger.clock = clock  # type: ignore[assignment]
    looked_at(ledger, "overview", "case")
    assert close_access_days(ledger) == 0
    clock.now = NOW + timedelta(days=2)
    looked_at(ledger, "runs")
    assert close_access_days(ledger) == 2
    assert close_access_days(ledger) == 0
    clock.now = NOW + timedelta(days=3)
    assert close_access_days(ledger) == 1
    with ledger.read() as connection:
        roots = [day_root(connection, date(2026, 11, day))[1] for day in (2, 3, 4)]
    counts = [{"pages": number} for number in (2, 0, 1)]
    assert closed(ledger) == list(zip(("2026-11-02", "2026-11-03", "2026-11-04"), counts, roots, strict=True))


@ON_BOTH
def test_the_day_is_viet_nams(ledger: Ledger) -> None:
    """Three hours of UTC in the evening are the next day there."""
    clock = Days()
    ledger.clock = clock  # type: ignore[assignment]
    looked_at(ledger, "overview")
    clock.now = NOW.replace(hour=17)
    looked_at(ledger, "case")
    with ledger.read() as connection:
        assert [day_root(connection, date(2026, 11, day))[0] for day in (2, 3)] == [1, 1]


def test_a_changed_row_changes_the_root(ledger: Ledger) -> None:
    """And one that is gone, wherever it stood."""
    looked_at(ledger, "overview", "case", "runs")
    with ledger.read() as connection:
        before = day_root(connection, NOW.date())
    with ledger.write() as tx:
        tx.connection.execute(text("UPDATE access_log SET account = 'minh' WHERE id = 2"))
        changed = day_root(tx.connection, NOW.date())
        tx.connection.execute(text("DELETE FROM access_log WHERE id = 2"))
        gone = day_root(tx.connection, NOW.date())
    assert len({before, changed, gone}) == 3
    assert (before[0], changed[0], gone[0]) == (3, 3, 2)
