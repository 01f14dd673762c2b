"""Reads local records: which cases changed, the rows of a case, the bytes of its files. Decides nothing about meaning.

The local system is never written to, and no error of this room carries a value that was read.
"""

from sync_agent.source.files import FileMissingError, FileStore
from sync_agent.source.rows import CaseRows, Change, Row, Source
from sync_agent.source.spec import KeyPart, SourceSpec
from sync_agent.source.sql import SqlSource

__all__ = [
    "CaseRows",
    "Change",
    "FileMissingError",
    "FileStore",
    "KeyPart",
    "Row",
    "Source",
    "SourceSpec",
    "SqlSource",
]
