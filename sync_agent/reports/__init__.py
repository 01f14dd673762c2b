"""Decides how what the ledger knows is handed to people in files: who has to mend what, where and until when."""

from sync_agent.reports.fields import field_words
from sync_agent.reports.listing import write_csv
from sync_agent.reports.workbook import sheet_names, write_workbook
from sync_agent.reports.worklist import COLUMNS, WorkItem, work_items

__all__ = ["COLUMNS", "WorkItem", "field_words", "sheet_names", "work_items", "write_csv", "write_workbook"]
