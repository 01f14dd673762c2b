"""The one place that wires the rooms together, from a configuration folder."""

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import URL, Engine

from sync_agent.audit import SEALS, KeyFile, Seals, open_channel
from sync_agent.domain.canonical import keyed_digest
from sync_agent.domain.deadlines import Calendar
from sync_agent.domain.findings import Level
from sync_agent.domain.workdays import VietnamCalendar
from sync_agent.errors import ConfigError, LedgerError, SyncAgentError
from sync_agent.ledger import (
    Clock,
    HeadFile,
    HeadKeeper,
    Ledger,
    copy_before_upgrade,
    exclusive,
    has_ledger,
    ledger_address,
    make_if_blank,
    migrate,
    on_server,
    open_engine,
    open_for_pages,
    place_of,
    told,
    utc_now,
)
from sync_agent.logs import set_level
from sync_agent.mapping import Draft, Mapper, Profile, coded_columns, load_code_tables, load_profile, parse_profile
from sync_agent.mapping import draft_profile as make_draft
from sync_agent.national import load_accounts, load_contract, open_gateway
from sync_agent.privacy import Gate, KeyNames, load_policy
from sync_agent.secretfile import read_secret
from sync_agent.settings import Mode, Settings, load_settings
from sync_agent.source import FileStore, LocalWriter, SourceSpec, SqlSource, read_structure
from sync_agent.source import count_values as count_column_values

if TYPE_CHECKING:
    from sync_agent.sync import Agent

__all__ = [
    "Desk",
    "draft_profile",
    "head_keeper",
    "installation_key",
    "local_places",
    "open_agent",
    "open_desk",
    "open_for_web",
    "open_ledger_engine",
    "proxy_secret",
    "upgrade_ledger",
    "working_calendar",
]

KEY_FILE = "installation.key"
_KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class Desk:
    """What is needed to look at the ledger, without the source and the national side."""

    settings: Settings
    ledger: Ledger
    names: KeyNames
    heads: HeadKeeper

    @property
    def calendar(self) -> Calendar:
        """The working days of the settings."""
        return working_calendar(self.settings)


def open_desk(folder: Path) -> Desk:
    """Open the ledger of a configuration for reading. Raises ConfigError or LedgerError."""
    settings = load_settings(folder)
    set_level(settings.logs.level)
    profile = load_profile(settings.path(settings.source.profile))
    names = _names(settings, profile)
    engine = open_ledger_engine(settings, create=False)
    heads = head_keeper(settings, installation_key(settings.state))
    ledger = Ledger(engine, source_id=profile.source.id, outside=HeadFile(settings.state), heads=heads)
    return Desk(settings, ledger, names, heads)


def open_for_web(folder: Path, **changed: Any) -> Desk:
    """Open the ledger of a configuration as the pages may use it. `changed` settings win over those of the file.

    Raises ConfigError or LedgerError.
    """
    settings = load_settings(folder, web=changed)
    set_level(settings.logs.level)
    profile = load_profile(settings.path(settings.source.profile))
    heads = head_keeper(settings, installation_key(settings.state))
    outside, engine = HeadFile(settings.state), open_for_pages(_web_address(settings))
    ledger = Ledger(engine, source_id=profile.source.id, actor="web", outside=outside, heads=heads)
    return Desk(settings, ledger, _names(settings, profile), heads)


def proxy_secret(settings: Settings) -> str:
    """Return by what a reverse proxy that names accounts is known, "" where none does. Raises ConfigError."""
    web = settings.web
    if not web.proxy_header:
        return ""
    file = settings.path(web.proxy_secret_file) if web.proxy_secret_file else None
    return read_secret(file, web.proxy_secret_env, where="web.proxy_secret_file" if file else "web.proxy_secret_env")


def _web_address(settings: Settings) -> URL:
    """Return the address by which the pages read the ledger. Raises LedgerError or ConfigError."""
    address, web = ledger_address(settings.ledger_url), settings.web
    if on_server(address) is not bool(web.ledger_user):
        raise ConfigError(
            "the pages need a user of their own in PostgreSQL, and none in SQLite",
            where="web.ledger_user",
            todo="name a user whose only role is sync_agent_web; for a ledger in SQLite remove the setting",
        )
    if not web.ledger_user:
        return address
    password = None
    if web.ledger_secret_file is not None or web.ledger_secret_env:
        file = settings.path(web.ledger_secret_file) if web.ledger_secret_file else None
        where = "web.ledger_secret_file" if file else "web.ledger_secret_env"
        password = read_secret(file, web.ledger_secret_env, where=where)
    return address.set(username=web.ledger_user, password=password)


def local_places(folder: Path) -> Callable[[str], str]:
    """Return what names the local table and column of a CaseFile path. Raises ConfigError."""
    settings = load_settings(folder)
    profile = load_profile(settings.path(settings.source.profile))
    return Mapper(profile, load_code_tables(settings.path(settings.source.codes))).place_of


@contextmanager
def open_agent(
    folder: Path, *, clock: Clock = utc_now, new_ledger: bool = True, sends: bool = True
) -> Iterator["Agent"]:
    """Wire a whole agent and close it again. A missing ledger is made unless `new_ledger` is False: then in memory.

    One that never `sends` needs no secret of an account. Raises ConfigError, SourceError or LedgerError before anything
    was done.
    """
    from sync_agent.sync import Agent  # noqa: PLC0415 - who only looks at the ledger need not wait for it

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
            secrets_at_use=not sends,
        )
        opened.callback(gateway.close)
        writer = _writer(settings, profile)
        if writer is not None:
            opened.callback(writer.close)
        source.probe()
        mapper.check_columns(source.columns())
        engine = open_ledger_engine(settings, create=new_ledger)  # when nothing else can be wrong any more
        opened.callback(engine.dispose)
        yield Agent(
            settings=settings,
            ledger=Ledger(
                engine,
                source_id=profile.source.id,
                clock=clock,
                outside=HeadFile(settings.state),
                heads=head_keeper(settings, key),
            ),
            source=source,
            files=FileStore(settings.path(settings.source.files) if settings.source.files else None),
            mapper=mapper,
            policy=policy,
            gate=Gate(policy, numbers=Level(settings.privacy.text_patterns)),
            contract=contract,
            wire=national.wire,
            accounts=load_accounts(national.accounts, settings.folder, secrets_at_use=not sends),
            gateway=gateway,
            names=names,
            calendar=working_calendar(settings),
            installation_key=key,
            clock=clock,
            writer=writer,
        )


def working_calendar(settings: Settings) -> Calendar:
    """Return the days that are worked: Việt Nam's, and what the settings say of single days."""
    return VietnamCalendar(frozenset(settings.timeliness.holidays), frozenset(settings.timeliness.worked))


def head_keeper(settings: Settings, key: bytes) -> HeadKeeper:
    """Return what signs the heads of the log and takes them outside; `key` is the installation's.

    Raises ConfigError for a place that cannot be used.
    """
    audit, hours = settings.audit, settings.audit.stop_creations_hours
    given = settings.path(audit.key_file) if audit.key_file else None
    return HeadKeeper(
        KeyFile(settings.state, f"sync-agent/{keyed_digest(key, 'log', b'')[:16]}", given),
        tuple(open_channel(anchor, settings.folder) for anchor in audit.anchors),
        entries=audit.checkpoint_entries,
        every=timedelta(seconds=audit.checkpoint_seconds),
        anchor_every=timedelta(seconds=audit.anchor_seconds),
        stop_after=timedelta(hours=hours) if hours else None,
    )


def _source(settings: Settings, spec: SourceSpec) -> SqlSource:
    """Return the local system with its password, if it has one. Raises SourceError or ConfigError."""
    source = settings.source
    return SqlSource(
        settings.source_url,
        spec,
        password=_source_password(settings),
        statement_seconds=source.statement_seconds,
        reconnect_seconds=source.reconnect_seconds,
    )


def _source_password(settings: Settings) -> str | None:
    """Return the password of the local system, None when it has none. Raises ConfigError."""
    source = settings.source
    if source.secret_file is not None or source.secret_env:
        if settings.source_url.startswith(("sqlite", "files")):
            raise ConfigError(
                "a source in SQLite or files takes no password", where="source.secret", todo="remove the setting"
            )
        file = settings.path(source.secret_file) if source.secret_file else None
        where = "source.secret_file" if file else "source.secret_env"
        return read_secret(file, source.secret_env, where=where)
    return None


def draft_profile(folder: Path, *, count_values: bool = False) -> tuple[Draft, SyncAgentError | None]:
    """Return a first profile for the local system of a configuration, and why it cannot be used as it is, if so.

    It is tried as the agent would: loaded, its queries run without reading a case, its columns looked for. Raises
    ConfigError or SourceError.
    """
    settings = load_settings(folder)
    set_level(settings.logs.level)
    address, password, seconds = settings.source_url, _source_password(settings), settings.source.statement_seconds
    structure = read_structure(address, password, seconds=seconds)
    wanted = coded_columns(structure) if count_values else []
    counts = count_column_values(address, password, wanted, seconds=seconds) if wanted else None
    tables = settings.path(settings.source.codes)
    draft = make_draft(structure, counts=counts, codes=[path.stem for path in tables.glob("*.csv")])
    try:
        profile = parse_profile(draft.text, "draft")
        mapper, source = Mapper(profile, load_code_tables(tables)), _source(settings, profile.source)
        source.probe()
        mapper.check_columns(source.columns())
    except SyncAgentError as error:
        return draft, error
    return draft, None


def _writer(settings: Settings, profile: Profile) -> LocalWriter | None:
    """Return what tells the local system, None where it is not wanted. Raises ConfigError or SourceError."""
    section, url = settings.write_back, settings.write_back_url
    if not url:
        return None
    if not profile.write_back:
        todo = "name the updates under write_back in the profile, or remove the setting"
        raise ConfigError("the profile names nothing to write back", where="write_back.url", todo=todo)
    password = None
    if section.secret_file is not None or section.secret_env:
        file = settings.path(section.secret_file) if section.secret_file else None
        where = "write_back.secret_file" if file else "write_back.secret_env"
        password = read_secret(file, section.secret_env, where=where)
    statements = {step.value: told.update for step, told in profile.write_back.items()}
    seconds = settings.source.statement_seconds
    return LocalWriter(url, profile.source, statements, password=password, statement_seconds=seconds)


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
            elif create and not settings.agent.ledger_owner:
                make_if_blank(engine, settings.state)
            migrate.require_current(engine)
            if there:
                _give_seals(engine, settings, make=create)
        failed.pop_all()
    return engine


def _give_seals(engine: Engine, settings: Settings, *, make: bool) -> None:
    """Have secrets and notes sealed; the key is made as long as nothing is: a lost one is never replaced."""
    seals = Seals(settings.state)
    if make and not seals.path.exists() and not migrate.anything_sealed(engine):
        seals.make()
    engine.update_execution_options(**{SEALS: seals})


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


def _owner_address(settings: Settings) -> URL:
    """Return the address by which the ledger is made and upgraded. Raises LedgerError or ConfigError."""
    agent = settings.agent
    if not agent.ledger_owner:
        return _ledger_address(settings)
    address = ledger_address(settings.ledger_url)
    if not on_server(address):
        raise ConfigError("a ledger in SQLite has no owner", where="agent.ledger_owner", todo="remove the setting")
    password = None
    if agent.ledger_owner_secret_file is not None or agent.ledger_owner_secret_env:
        file = settings.path(agent.ledger_owner_secret_file) if agent.ledger_owner_secret_file else None
        where = "agent.ledger_owner_secret_file" if file else "agent.ledger_owner_secret_env"
        password = read_secret(file, agent.ledger_owner_secret_env, where=where)
    return address.set(username=agent.ledger_owner, password=password)


def upgrade_ledger(
    folder: Path,
    *,
    actor: str = "agent",
    backed_up: Callable[[], bool] = lambda: False,
    copied: Callable[[Path], None] = lambda _: None,
) -> str:
    """Make the ledger of a configuration or bring it to the present schema; return the revision reached.

    One in SQLite is copied first, into the state folder, and `copied` told to which file; of one on a server
    `backed_up` is asked whether there is a backup. Raises ConfigError or LedgerError; then it is as it was.
    """
    settings = load_settings(folder)
    address = _owner_address(settings)
    if not (has_ledger(address) or settings.agent.ledger_owner):
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
            if found is not None and found != migrate.HEAD:
                _keep_what_is(engine, settings, found, backed_up, copied)
            _give_seals(engine, settings, make=True)
            return migrate.upgrade(engine, as_owner=bool(settings.agent.ledger_owner), actor=actor)


def _keep_what_is(
    engine: Engine, settings: Settings, found: str, backed_up: Callable[[], bool], copied: Callable[[Path], None]
) -> None:
    """Have a backup before the schema changes. Raises LedgerError when there is none, ConfigError on a server."""
    if not on_server(engine.url):
        copied(copy_before_upgrade(engine, settings.state, found, utc_now()))
    elif not backed_up():
        raise ConfigError(
            "the schema of the ledger changes, and nobody said that there is a backup of its database",
            where="db upgrade",
            todo="make one with pg_dump, then: sync-agent db upgrade --backed-up",
        )


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
