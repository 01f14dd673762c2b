"""Which database keeps the ledger, by its address: a SQLite file, or PostgreSQL."""

from sqlalchemy import URL, Engine, make_url
from sqlalchemy.exc import ArgumentError

from sync_agent.errors import LedgerError
from sync_agent.ledger import postgres, sqlite

__all__ = ["ledger_address", "on_server", "open_engine", "server_version"]


def ledger_address(url: str | URL) -> URL:
    """Return the address of a ledger, understood. Raises LedgerError for what is none; opens nothing."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):  # a port that is no number is a ValueError
        parsed = None
    if parsed is None or parsed.drivername not in {"sqlite", postgres.DRIVER}:
        raise LedgerError(
            "the ledger can only be kept in SQLite or PostgreSQL",
            where="agent.ledger_url",
            todo="write sqlite:///path or postgresql+psycopg://user@host/database",
        )
    if parsed.drivername == postgres.DRIVER:
        postgres.require_direct(parsed)
    return parsed


def open_engine(url: str | URL, *, create: bool) -> Engine:
    """Open the ledger at `url`; `sqlite://` is an empty one in memory. PostgreSQL is connected to when first used.

    Raises LedgerError when the address is none, or a file is missing (and not to be created) or not writable.
    """
    parsed = ledger_address(url)
    if on_server(parsed):
        return postgres.open_direct(parsed)
    return sqlite.open_file(parsed, create=create) if sqlite.file_of(parsed) else sqlite.memory()


def on_server(url: URL) -> bool:
    """Tell whether a ledger is on PostgreSQL."""
    return url.get_backend_name() == postgres.BACKEND


def server_version(engine: Engine) -> str:
    """Return the version of the server that keeps the ledger, "" for a file."""
    if not on_server(engine.url):
        return ""
    with engine.connect() as connection:
        return postgres.version(connection)
