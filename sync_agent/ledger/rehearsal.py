"""A copy of the ledger to rehearse a pass on: in memory, so that what happens there leaves no trace."""

from collections.abc import Iterator

from sqlalchemy import Connection, Engine, Select, Table, insert, select
from sqlmodel import SQLModel

from sync_agent.audit import SEALS, needed_to_append
from sync_agent.ledger import sqlite
from sync_agent.ledger.engine import on_server
from sync_agent.ledger.quiet import told

__all__ = ["copy_in_memory"]

_PAGE = 1000


def copy_in_memory(engine: Engine) -> Engine:
    """Return a copy of a ledger in memory. Nothing is changed in the ledger, and nobody has to wait.

    A copy of PostgreSQL holds of the audit log only what a further entry needs, and no guards.
    """
    memory = sqlite.memory()
    memory.update_execution_options(**{SEALS: engine.get_execution_options().get(SEALS)})
    with told(engine), engine.connect() as source, memory.connect() as target:
        if on_server(engine.url):
            _copy_rows(source, target)
        else:
            sqlite.driver_of(source).backup(sqlite.driver_of(target))
    return memory


def _copy_rows(source: Connection, target: Connection) -> None:
    """Copy the rows page by page, all from one state of the ledger."""
    SQLModel.metadata.create_all(target)
    for table, query in _wanted(source):
        with source.execute(query, execution_options={"yield_per": _PAGE}) as rows:
            for page in rows.mappings().partitions():
                target.execute(insert(table), [dict(row) for row in page])
    target.commit()


def _wanted(source: Connection) -> Iterator[tuple[Table, Select[*tuple[object, ...]]]]:
    needed = needed_to_append(source)
    for table in SQLModel.metadata.sorted_tables:
        if not table.name.startswith("audit_"):
            yield table, select(table)
        elif table.name in needed:
            yield table, needed[table.name]
