"""Reads local records: which cases changed, the rows of a case, the bytes of its files. Decides nothing about meaning.

Reading never writes to the local system; what may be written to it is told by `writer` alone. No error of this room
carries a value that was read.
"""

from sync_agent.source.files import FileMissingError, FileStore
from sync_agent.source.rows import CaseRows, Change, Row, Source, SourceFile
from sync_agent.source.spec import KeyPart, SourceSpec
from sync_agent.source.sql import SqlSource
from sync_agent.source.structure import Column, Structure, Table, count_values, read_structure
from sync_agent.source.writer import STOPPING, Acknowledged, LocalWriter, WriteBack

__all__ = [
    "STOPPING",
    "Acknowledged",
    "CaseRows",
    "Change",
    "Column",
    "FileMissingError",
    "FileStore",
    "KeyPart",
    "LocalWriter",
    "Row",
    "Source",
    "SourceFile",
    "SourceSpec",
    "SqlSource",
    "Structure",
    "Table",
    "WriteBack",
    "count_values",
    "read_structure",
]
