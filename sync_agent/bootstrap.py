"""The one place that wires the rooms together, from a configuration folder."""

import os
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine, inspect
from sqlalchemy.exc import DBAPIError

from sync_agent.domain.deadlines import WeekdayCalendar
from sync_agent.errors import ConfigError, LedgerError
from sync_agent.ledger import Clock, Ledger, exclusive, ledger_problem, migrate, open_engine, utc_now
from sync_agent.mapping import Mapper, Profile, load_code_tables, load_profile
from sync_agent.national import load_accounts, load_contract, open_gateway
from sync_agent.privacy import Gate, KeyNames, load_policy
from sync_agent.settings import Mode, Settings, load_settings
from sync_agent.source import FileStore, SqlSource
from sync_agent.sync import Agent

__all__ = ["Desk", "installation_key", "open_agent", "open_desk", "open_ledger_engine", "upgrade_ledger"]

KEY_FILE = "installation.key"
_KEY_BYTES = 32
_BESIDE = ("-wal", "-shm", "-journal")
"""Files SQLite keeps beside a database while it is open."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What is needed to look at the ledger, without the source and the national side."""

    settings: Settings
    ledger: Ledger
    names: KeyNames


def open_desk(folder: Path) -> Desk:
    """Open the ledger of a configuration for reading. Raises ConfigError or LedgerError."""
    settings = load_settings(folder)
    profile = load_profile(settings.path(settings.source.profile))
    names = _names(settings, profile)
    engine = open_ledger_engine(settings, create=False)
    return Desk(settings, Ledger(engine, source_id=profile.source.id), names)


@contextmanager
def open_agent(folder: Path, *, clock: Clock = utc_now, new_ledger: bool = True) -> Iterator[Agent]:
    """Wire a whole agent and close it again. A missing ledger is made unless `new_ledger` is False: then in memory.

    Raises ConfigError, SourceError or LedgerError before anything was done.
    """
    settings = load_settings(folder)
    profile = load_profile(settings.path(settings.source.profile))
    mapper = Mapper(profile, load_code_tables(settings.path(settings.source.codes)))
    policy = load_policy(settings.path(settings.agent.policy))
    names, key = _names(settings, profile), installation_key(settings.state)
    national = settings.national
    contract = load_contract(settings.path(settings.agent.schemas) / national.contract, national.capabilities)
    with ExitStack() as opened:
        source = SqlSource(settings.source_url, profile.source)
        opened.callback(source.close)
        gateway = open_gateway(
            contract,
            national.transport,
            national.accounts,
            settings.folder,
            workers=settings.delivery.workers,
            production=settings.agent.mode is Mode.PRODUCTION,
        )
        opened.callback(gateway.close)
        source.probe()
        mapper.check_columns(source.columns())
        engine = open_ledger_engine(settings, create=new_ledger)  # when nothing else can be wrong any more
        opened.callback(engine.dispose)
        yield Agent(
            settings=settings,
            ledger=Ledger(engine, source_id=profile.source.id, clock=clock),
            source=source,
            files=FileStore(settings.path(settings.source.files) if settings.source.files else None),
            mapper=mapper,
            policy=policy,
            gate=Gate(policy),
            contract=contract,
            wire=national.wire,
            accounts=load_accounts(national.accounts, settings.folder),
            gateway=gateway,
            names=names,
            calendar=WeekdayCalendar.of(settings.timeliness.holidays),
            installation_key=key,
            clock=clock,
        )


def open_ledger_engine(settings: Settings, *, create: bool) -> Engine:
    """Open the ledger's database at the schema this agent needs; with `create` a missing one is made, or none at all.

    Without it a missing ledger is an empty one in memory, so that a rehearsal can run before the first day. Raises
    LedgerError.
    """
    path = _ledger_file(settings)
    try:
        if create or path.exists():
            engine = open_engine(settings.ledger_url, create=create)
            if create and (_is_empty(path) or not inspect(engine).get_table_names()):
                _make(settings, engine)
        else:
            engine = open_engine("sqlite://", create=False)
            migrate.upgrade(engine)
        migrate.require_current(engine)
    except DBAPIError as error:
        raise ledger_problem(error, str(path)) from None
    return engine


def _is_empty(path: Path) -> bool:
    return not path.exists() or path.stat().st_size == 0


def _ledger_file(settings: Settings) -> Path:
    return Path(settings.ledger_url.removeprefix("sqlite:///"))


def _make(settings: Settings, engine: Engine) -> None:
    """Give a blank ledger its tables, while nobody else may; of a new one that cannot be made nothing is left."""
    path = _ledger_file(settings)
    with exclusive(settings.state):
        new = _is_empty(path)
        try:
            migrate.upgrade(engine)
        except (DBAPIError, LedgerError):
            engine.dispose()
            for leftover in (path, *(path.with_name(path.name + end) for end in _BESIDE)) if new else ():
                leftover.unlink(missing_ok=True)
            raise


def upgrade_ledger(folder: Path) -> str:
    """Make the ledger of a configuration or bring it to the present schema; return the revision reached.

    Raises ConfigError or LedgerError.
    """
    settings = load_settings(folder)
    path = _ledger_file(settings)
    if not path.exists():
        open_ledger_engine(settings, create=True)
    try:
        engine = open_engine(settings.ledger_url, create=False)
        found = migrate.revision(engine)
        if found is not None and found > migrate.HEAD:
            raise LedgerError(
                "the ledger is at schema {found}, this agent knows only {needed}",
                where=str(path),
                todo="use the newer version of sync-agent that made it",
                facts=(("found", found), ("needed", migrate.HEAD)),
            )
        with exclusive(settings.state):
            return migrate.upgrade(engine)
    except DBAPIError as error:
        raise ledger_problem(error, str(path)) from None


def installation_key(state: Path) -> bytes:
    """Return the key that is kept outside the ledger. Raises ConfigError when it is missing or open to others."""
    path = state / KEY_FILE
    try:
        mode = path.stat().st_mode
        content = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        raise ConfigError(
            "the installation key cannot be read",
            where=str(path),
            todo="restore it from where it was kept; for a new installation: sync-agent init DIR",
        ) from None
    if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise ConfigError("others can read the installation key", where=str(path), todo="make it private: chmod 0400")
    try:
        key = bytes.fromhex(content)
    except ValueError:
        key = b""
    if len(key) != _KEY_BYTES:
        raise ConfigError("the installation key is not 32 bytes in hex", where=str(path), todo="restore the right file")
    return key


def _names(settings: Settings, profile: Profile) -> KeyNames:
    return KeyNames(profile.key.pattern, installation_key(settings.state), profile.source.id)
