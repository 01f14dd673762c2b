"""Decides which words every column of the database must be described by: what it holds, and whether replay proves it.

A column without them fails a test, so nobody adds one without saying what may stand in it.
"""

from typing import Any, Literal, get_args

from sqlalchemy import ForeignKey, MetaData
from sqlmodel import Field

__all__ = ["Holds", "Proof", "column", "unclassified"]

Holds = Literal[
    "key",  # a local key in the shape its profile allows
    "pseudonym",  # stands for a key and cannot be turned back without a secret
    "digest",  # a keyed digest, a commitment or a hash of the tree
    "code",  # a word of a closed list, a rule, an alias, a field path
    "count",
    "flag",
    "time",  # an instant in UTC or a day
    "state",
    "id",  # minted by the national side or by the agent: a national Id, a run
    "version",
    "setting",  # a value of the configuration that is no secret
    "secret",
    "bytes",  # exact bytes whose form another column or a document fixes
    "masked",  # text in which every word outside a fixed vocabulary is replaced
]

Proof = Literal["evidence", "working"]
"""Evidence is replayed from the log and compared; working is listed, not replayed."""


def column(holds: Holds, proof: Proof, *, references: str | None = None, **field: Any) -> Any:
    """Return a SQLModel field whose column carries `info={"holds": ..., "proof": ...}`.

    `references` is a foreign key such as `ledger_case.id`; everything else is passed to `sqlmodel.Field`.
    """
    kwargs = {**field.pop("sa_column_kwargs", {}), "info": {"holds": holds, "proof": proof}}
    args = [ForeignKey(references)] if references else []
    return Field(**field, sa_column_args=args, sa_column_kwargs=kwargs)


def unclassified(metadata: MetaData) -> list[str]:
    """Return `table.column` of every column that does not say what it holds and how it is proved."""
    return sorted(
        f"{table.name}.{column.name}"
        for table in metadata.tables.values()
        for column in table.columns
        if column.info.get("holds") not in get_args(Holds) or column.info.get("proof") not in get_args(Proof)
    )
