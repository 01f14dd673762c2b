"""Whether there is a ledger yet, and how a new one is made: whole, or nothing is left of it."""

from pathlib import Path

from sqlalchemy import URL, Engine, inspect
from sqlalchemy.exc import DBAPIError

from sync_agent.errors import LedgerError
from sync_agent.ledger import migrate, sqlite
from sync_agent.ledger.engine import on_server, open_engine
from sync_agent.ledger.lock import exclusive
from sync_agent.ledger.quiet import told

__all__ = ["has_ledger", "make_if_blank"]


def has_ledger(url: URL) -> bool:
    """Tell whether there is a ledger at `url`, at whatever schema: its file, or its tables on the server.

    Raises LedgerError when the server cannot be asked.
    """
    path = sqlite.file_of(url)
    if not on_server(url):
        return path is not None and path.exists()
    engine = open_engine(url, create=False)
    try:
        with told(engine):
            return migrate.revision(engine) is not None
    finally:
        engine.dispose()


def make_if_blank(engine: Engine, state: Path) -> None:
    """Give a blank ledger its tables, while nobody else may. Raises LedgerError or LockedError."""
    if not (_unwritten(engine) or not inspect(engine).get_table_names()):
        return
    with exclusive(state, engine):
        new = _unwritten(engine)
        try:
            migrate.upgrade(engine)
        except (DBAPIError, LedgerError):
            engine.dispose()
            if new:
                _remove(engine)
            raise


def _unwritten(engine: Engine) -> bool:
    """Tell whether the ledger is to be in a file that has nothing in it."""
    path = None if on_server(engine.url) else sqlite.file_of(engine.url)
    return path is not None and (not path.exists() or path.stat().st_size == 0)


def _remove(engine: Engine) -> None:
    for leftover in sqlite.leftovers(Path(str(engine.url.database))):
        leftover.unlink(missing_ok=True)
