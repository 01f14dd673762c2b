import pytest
from sqlalchemy import Column, Integer, MetaData, Table
from sqlmodel import SQLModel

from sync_agent.audit import tables, unclassified
from sync_agent.ledger import tables as ledger_tables


def test_every_column_says_what_it_holds_and_how_it_is_proved() -> None:
    """No column of the ledger or the log exists without its class."""
    assert {tables.__name__, ledger_tables.__name__}  # both are loaded into the metadata
    assert unclassified(SQLModel.metadata) == []


@pytest.mark.parametrize(
    "info",
    [
        {},
        {"holds": "count"},
        {"proof": "working"},
        {"holds": "name", "proof": "working"},
        {"holds": "count", "proof": "perhaps"},
    ],
)
def test_a_column_without_its_class_is_found(info: dict[str, str]) -> None:
    """A missing or unheard-of class is named with its table."""
    metadata = MetaData()
    Table("case", metadata, Column("headcount", Integer, info=info))
    assert unclassified(metadata) == ["case.headcount"]


def test_only_one_table_of_the_log_may_lose_rows() -> None:
    """Everything in the log is evidence but the secrets and notes, and the memory of what was tried outside."""
    working = {
        table.name
        for table in SQLModel.metadata.tables.values()
        if table.name.startswith("audit_") and any(column.info["proof"] == "working" for column in table.columns)
    }
    assert working == {"audit_anchor", "audit_erasable"}
