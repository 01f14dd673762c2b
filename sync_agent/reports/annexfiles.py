"""Writes an annex in the form that was asked for; what a form needs is loaded when it is."""

from pathlib import Path

from sync_agent.errors import ConfigError
from sync_agent.reports.annex import Annex
from sync_agent.reports.annexbook import write_annex_book
from sync_agent.reports.annexdata import write_annex_json

__all__ = ["write_annex"]


def write_annex(path: Path, annex: Annex, form: str) -> None:
    """Write a new file: `xlsx`, `docx` or `json`. Raises ConfigError, also when a package is not installed."""
    {"xlsx": write_annex_book, "docx": _write_paper, "json": write_annex_json}[form](path, annex)


def _write_paper(path: Path, annex: Annex) -> None:
    try:
        from sync_agent.reports.annexpaper import write_annex_paper  # noqa: PLC0415 - it needs an extra
    except ImportError:
        raise ConfigError(
            "the package that writes DOCX is not installed", todo="pip install 'sync-agent[reports]'"
        ) from None
    write_annex_paper(path, annex)
