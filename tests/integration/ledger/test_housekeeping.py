"""What the database does for itself, on a server as in a file; what goes with time is in the tests of the service."""

from datetime import timedelta
from pathlib import Path

from sync_agent.ledger import Ledger, end_run, keep_house, start_run, tidy_database
from tests.support.ledgers import ON_POSTGRES


def test_old_rows_go_on_either_database(ledger: Ledger, tmp_path: Path) -> None:
    """Whatever it is kept in."""
    for _ in range(3):
        with ledger.write() as tx:
            end_run(tx, start_run(tx, "sync", at=tx.now - timedelta(days=100)), "done", {})
    counts = [keep_house(ledger, tmp_path, keep=timedelta(days=90))["runs"] for _ in range(2)]
    assert counts == [2, 0]
    tidy_database(ledger)


@ON_POSTGRES
def test_a_server_looks_at_the_tables_that_are_ours(ledger: Ledger) -> None:
    """Not of itself after a few rows; where they belong to another user it is the server's affair alone."""
    tidy_database(ledger)
    with ledger.read() as connection:
        rows = connection.exec_driver_sql("SELECT reltuples FROM pg_class WHERE relname = 'audit_leaf'").scalar_one()
    assert rows > 0
