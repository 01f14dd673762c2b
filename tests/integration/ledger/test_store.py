"""The ledger's transactions: a change and its entry together, or neither; and only by who holds the ledger."""

from datetime import datetime

import pytest
from sqlalchemy.exc import StatementError

from sync_agent.audit import Event, head, recompute_root
from sync_agent.errors import ConfigError, EpochLostError, LedgerError
from sync_agent.ledger import (
    CaseRow,
    Environment,
    Ledger,
    bind,
    declare_go_live,
    environment,
    insert_rows,
    is_signed,
    require_same,
    save_rows,
    save_source_state,
    sign,
    source_state,
)
from sync_agent.ledger.rows import table_of
from sync_agent.ledger.tables import RunRow
from tests.support.ledgers import NOW, WANTED


def events(ledger: Ledger) -> list[str]:
    """Return the events of the log in order."""
    with ledger.read() as connection:
        return list(connection.exec_driver_sql("SELECT event FROM audit_leaf ORDER BY idx").scalars())


def test_a_transaction_that_fails_leaves_nothing(ledger: Ledger) -> None:
    """Neither the change nor its entry."""
    before = events(ledger)
    with pytest.raises(RuntimeError):
        _fail_after_a_declaration(ledger)
    with ledger.read() as connection:
        bound = environment(connection)
    assert bound is not None
    assert (events(ledger), bound.go_live) == (before, None)


def _fail_after_a_declaration(ledger: Ledger) -> None:
    with ledger.write() as tx:
        declare_go_live(tx, "declined:first")
        raise RuntimeError("on the way")


def _declare_without_a_log(ledger: Ledger) -> None:
    with ledger.write() as tx:
        declare_go_live(tx, "declined:first")
        tx.connection.exec_driver_sql("DROP TABLE audit_tree")


def test_an_entry_that_cannot_be_written_takes_its_change_with_it(ledger: Ledger) -> None:
    """No change of state is without its entry."""
    with pytest.raises(LedgerError):
        _declare_without_a_log(ledger)
    with ledger.read() as connection:
        bound = environment(connection)
        assert recompute_root(connection) == head(connection)
    assert bound is not None
    assert bound.go_live is None


def test_each_entry_says_who_and_in_which_epoch(ledger: Ledger) -> None:
    """A person where it was one, else the agent."""
    with ledger.write(actor="os:lan") as tx:
        tx.record(Event.GAP_DECLARED)
    with ledger.read() as connection:
        raw = connection.exec_driver_sql("SELECT entry FROM audit_leaf ORDER BY idx DESC LIMIT 1").scalar_one()
    assert b'"actor":"os:lan"' in raw
    assert b'"epoch":1' in raw


def test_whoever_lost_the_ledger_can_write_nothing(ledger: Ledger) -> None:
    """Another instance took it over: this process is to stop."""
    other = Ledger(ledger.engine, source_id="nho", clock=ledger.clock)
    other.take_over()
    before = events(ledger)
    with pytest.raises(EpochLostError), ledger.write() as tx:
        tx.record(Event.GAP_DECLARED)
    assert events(ledger) == before


def test_taking_over_counts_up(ledger: Ledger) -> None:
    """Each epoch is held once."""
    ledger.take_over()
    assert (ledger.epoch, events(ledger)[-1]) == (2, "epoch_taken")


def test_a_naive_time_is_refused(ledger: Ledger) -> None:
    """Nobody could say which instant it is."""
    with pytest.raises(StatementError, match="naive"), ledger.write() as tx:
        insert_rows(tx.connection, [RunRow(kind="sync", started_at=datetime(2026, 1, 1))])  # noqa: DTZ001 - on purpose


def test_rows_come_back_as_they_went_in(ledger: Ledger) -> None:
    """With the ids the database chose, in the order of the rows."""
    rows = [
        CaseRow(
            source_id="nho",
            case_key=key,
            pseudonym=f"P-{key}",
            rev=1,
            dirty=True,
            kind_seen_at=NOW,
            first_seen=NOW,
            last_digest="",
            digest_seen_at=NOW,
        )
        for key in ("b", "a", "c")
    ]
    with ledger.write() as tx:
        insert_rows(tx.connection, rows)
        rows[1].rev = 7
        save_rows(tx.connection, [rows[1]])
        save_rows(tx.connection, [])
        insert_rows(tx.connection, [])
    with ledger.read() as connection:
        stored = connection.execute(table_of(CaseRow).select().order_by("id")).mappings().all()
    assert [(row["id"], row["case_key"], row["rev"]) for row in stored] == [
        (rows[0].id, "b", 1),
        (rows[1].id, "a", 7),
        (rows[2].id, "c", 1),
    ]


def test_a_ledger_is_bound_once(ledger: Ledger) -> None:
    """There is one environment, for good."""
    with pytest.raises(LedgerError), ledger.write() as tx:
        bind(tx, WANTED)
    assert events(ledger).count("environment_bound") == 1


@pytest.mark.parametrize(
    ("name", "setting"),
    [
        ("mode", "agent.mode"),
        ("contract", "national.contract"),
        ("base_url", "national.transport.base_url"),
        ("accounts", "national.accounts"),
        ("source_id", "source.id (profile)"),
        ("key_definition", "key (profile)"),
    ],
)
def test_each_difference_of_the_environment_is_named(ledger: Ledger, name: str, setting: str) -> None:
    """What may never differ between two runs on one ledger."""
    values = {field: getattr(WANTED, field) for field in WANTED.__slots__} | {name: "other"}
    with ledger.read() as connection:
        bound = environment(connection)
    assert bound is not None
    require_same(bound, WANTED)
    with pytest.raises(ConfigError) as caught:
        require_same(bound, Environment(**values))
    assert caught.value.where == setting


def test_a_policy_is_signed_once(ledger: Ledger) -> None:
    """A second signature of the same digest says nothing new."""
    for _ in range(2):
        with ledger.write(actor="os:lan") as tx:
            sign(tx, "b" * 64, "os:lan")
    with ledger.read() as connection:
        signed = [is_signed(connection, policy * 64) for policy in "bc"]
    assert (signed, events(ledger).count("policy_signed")) == ([True, False], 1)


def test_how_far_a_source_was_read_is_kept(ledger: Ledger) -> None:
    """A new source has no watermark; a stored one comes back aware."""
    with ledger.read() as connection:
        state = source_state(connection, "nho")
    assert state.watermark is None
    state.watermark = NOW
    with ledger.write() as tx:
        save_source_state(tx, state)
        save_source_state(tx, state)
    with ledger.read() as connection:
        assert source_state(connection, "nho").watermark == NOW
