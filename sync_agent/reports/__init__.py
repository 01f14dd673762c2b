"""Decides how what the agent knows is handed to people in files: who has to mend what, where and until when."""

from sync_agent.reports.annexfiles import write_annex
from sync_agent.reports.auditbook import write_log_book
from sync_agent.reports.auditlog import LOG_COLUMNS, LogColumn, log_row, write_log_csv, write_log_lines
from sync_agent.reports.bundlefile import digest_of, pack
from sync_agent.reports.codesheet import write_code_sheet
from sync_agent.reports.completeness import completeness_annex
from sync_agent.reports.events import EVENT_SENTENCES, event_sentence
from sync_agent.reports.fields import field_words
from sync_agent.reports.findings import FoundLine, write_findings
from sync_agent.reports.listing import write_csv
from sync_agent.reports.mails import Letter, Line, agency_letter, digest_letter, news_letter, trial_letter
from sync_agent.reports.newfile import new_file, new_folder, put_in_folder, require_new, write_new
from sync_agent.reports.verdict import verdict
from sync_agent.reports.workbook import sheet_names, workbook_bytes, write_workbook
from sync_agent.reports.worklist import COLUMNS, WorkItem, work_items

__all__ = [
    "COLUMNS",
    "EVENT_SENTENCES",
    "LOG_COLUMNS",
    "FoundLine",
    "Letter",
    "Line",
    "LogColumn",
    "WorkItem",
    "agency_letter",
    "completeness_annex",
    "digest_letter",
    "digest_of",
    "event_sentence",
    "field_words",
    "log_row",
    "new_file",
    "new_folder",
    "news_letter",
    "pack",
    "put_in_folder",
    "require_new",
    "sheet_names",
    "trial_letter",
    "verdict",
    "work_items",
    "workbook_bytes",
    "write_annex",
    "write_code_sheet",
    "write_csv",
    "write_findings",
    "write_log_book",
    "write_log_csv",
    "write_log_lines",
    "write_new",
    "write_workbook",
]
