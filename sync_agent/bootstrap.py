"""The one place that wires the rooms together, from a configuration folder."""

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL, Engine

from sync_agent.domain.deadlines import WeekdayCalendar
from sync_agent.domain.findings import Level
from sync_agent.errors import ConfigError, LedgerError
from sync_agent.ledger import (
    Clock,
    HeadFile,
    Ledger,
    exclusive,
    has_ledger,
    ledger_address,
    make_if_blank,
    migrate,
    on_server,
    open_engine,
    place_of,
    told,
    utc_now,
)
from sync_agent.logs import set_level
from sync_agent.mapping import Mapper, Profile, load_code_tables, load_profile
from sync_agent.national import load_accounts, load_contract, open_gateway
from sync_agent.privacy import Gate, KeyNames, load_policy
from sync_agent.secretfile import read_secret
from sync_agent.settings import Mode, Settings, load_settings
from sync_agent.source import FileStore, SourceSpec, SqlSource
from sync_agent.sync import Agent

__all__ = [
    "Desk",
    "installation_key",
    "local_places",
    "open_agent",
    "open_desk",
    "open_ledger_engine",
    "upgrade_ledger",
]

KEY_FILE = "installation.key"
_KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class Desk:
    """What is needed to look at the ledger, without the source and the national side."""

    settings: Settings
    ledger: Ledger
    names: KeyNames


def open_desk(folder: Path) -> Desk:
    """Open the ledger of a configuration for reading. Raises ConfigError or LedgerError."""
    settings = load_settings(folder)
    set_level(settings.logs.level)
    profile = load_profile(settings.path(settings.source.profile))
    names = _names(settings, profile)
    engine = open_ledger_engine(settings, create=False)
    return Desk(settings, Ledger(engine, source_id=profile.source.id), names)


def local_places(folder: Path) -> Callable[[str], str]:
    """Return what names the local table and column of a CaseFile path. Raises ConfigError."""
    settings = load_settings(folder)
    profile = load_profile(settings.path(settings.source.profile))
    return Mapper(profile, load_code_tables(settings.path(settings.source.codes))).place_of


@contextmanager
def open_agent(folder: Path, *, clock: Clock = utc_now, new_ledger: bool = True) -> Iterator[Agent]:
    """Wire a whole agent and close it again. A missing ledger is made unless `new_ledger` is False: then in memory.

    Raises ConfigError, SourceError or LedgerError before anything was done.
    """
    settings = load_settings(folder)
    set_level(settings.logs.level)
    profile = load_profile(settings.path(settings.source.profile))
    mapper = Mapper(profile, load_code_tables(settings.path(settings.source.codes)))
    policy = load_policy(settings.path(settings.agent.policy))
    names, key = _names(settings, profile), installation_key(settings.state)
    national = settings.national
    contract = load_contract(settings.path(settings.agent.schemas) / national.contract, national.capabilities)
    with ExitStack() as opened:
        source = _source(settings, profile.source)
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
            ledger=Ledger(engine, source_id=profile.source.id, clock=clock, outside=HeadFile(settings.state)),
            source=source,
            files=FileStore(settings.path(settings.source.files) if settings.source.files else None),
            mapper=mapper,
            policy=policy,
            gate=Gate(policy, numbers=Level(settings.privacy.text_patterns)),
            contract=contract,
            wire=national.wire,
            accounts=load_accounts(national.accounts, settings.folder),
            gateway=gateway,
            names=names,
            calendar=WeekdayCalendar.of(settings.timeliness.holidays),
            installation_key=key,
            clock=clock,
        )


def _source(settings: Settings, spec: SourceSpec) -> SqlSource:
    """Return the local system with its password, if it has one. Raises SourceError or ConfigError."""
    source, password = settings.source, None
    if source.secret_file is not None or source.secret_env:
        if settings.source_url.startswith("sqlite"):
            raise ConfigError("a source in SQLite takes no password", where="source.secret", todo="remove the setting")
        file = settings.path(source.secret_file) if source.secret_file else None
        where = "source.secret_file" if file else "source.secret_env"
        password = read_secret(file, source.secret_env, where=where)
    return SqlSource(
        settings.source_url,
        spec,
        password=password,
        statement_seconds=source.statement_seconds,
        reconnect_seconds=source.reconnect_seconds,
    )


def open_ledger_engine(settings: Settings, *, create: bool) -> Engine:
    """Open the ledger's database at the schema this agent needs; with `create` a missing one is made, or none at all.

    Without it a missing ledger is an empty one in memory, so that a rehearsal can run before the first day. Raises
    LedgerError.
    """
    address = _ledger_address(settings)
    there = create or has_ledger(address)
    engine = open_engine(address if there else "sqlite://", create=create)
    with ExitStack() as failed:
        failed.callback(engine.dispose)
        with told(engine):
            if not there:
                migrate.upgrade(engine)
            elif create:
                make_if_blank(engine, settings.state)
            migrate.require_current(engine)
        failed.pop_all()
    return engine


def _ledger_address(settings: Settings) -> URL:
    """Return the address of the ledger with its password, if it has one. Raises LedgerError or ConfigError."""
    address, agent = ledger_address(settings.ledger_url), settings.agent
    if agent.ledger_secret_file is None and not agent.ledger_secret_env:
        return address
    if not on_server(address):
        raise ConfigError(
            "a ledger in SQLite takes no password", where="agent.ledger_secret", todo="remove the setting"
        )
    file = settings.path(agent.ledger_secret_file) if agent.ledger_secret_file else None
    where = "agent.ledger_secret_file" if file else "agent.ledger_secret_env"
    return address.set(password=read_secret(file, agent.ledger_secret_env, where=where))


def upgrade_ledger(folder: Path) -> str:
    """Make the ledger of a configuration or bring it to the present schema; return the revision reached.

    Raises ConfigError or LedgerError.
    """
    settings = load_settings(folder)
    address = _ledger_address(settings)
    if not has_ledger(address):
        open_ledger_engine(settings, create=True).dispose()
    engine = open_engine(address, create=False)
    with ExitStack() as opened, told(engine):
        opened.callback(engine.dispose)
        found = migrate.revision(engine)
        if found is not None and found > migrate.HEAD:
            raise LedgerError(
                "the ledger is at schema {found}, this agent knows only {needed}",
                where=place_of(address),
                todo="use the newer version of sync-agent that made it",
                facts=(("found", found), ("needed", migrate.HEAD)),
            )
        with exclusive(settings.state, engine):
            return migrate.upgrade(engine)


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
