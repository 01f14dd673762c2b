"""Every setting of the agent, validated at start. An unknown key is an error, never ignored.

Read from `agent.toml` in the configuration folder; relative paths are relative to that folder.
Secrets are not settings: they are read from files or the environment, named here.
"""

import difflib
import re
import tomllib
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, SettingsError

from sync_agent.audit import AnchorSettings
from sync_agent.domain.casefile import Kind
from sync_agent.domain.notices import NoticeKind
from sync_agent.errors import ConfigError
from sync_agent.i18n import Language
from sync_agent.logs import LogLevel
from sync_agent.mail import Address, MailServer
from sync_agent.national import AccountSettings, TransportSettings, WireOptions

__all__ = [
    "BackupSection",
    "Mode",
    "NotificationsSection",
    "RecipientSettings",
    "ServiceSection",
    "Settings",
    "WebSection",
    "load_settings",
]

Seconds = Annotated[int, Field(ge=0)]
_A_YEAR = 31_536_000  # in seconds; a longer wait is a slip of the pen


def _crontab(text: str) -> str:
    """Return what can be read as the five fields of a crontab. Raises ValueError."""
    from apscheduler.triggers.cron import CronTrigger  # noqa: PLC0415 - only the service needs it

    if text and re.search(r"[0-9]", text.rsplit(maxsplit=1)[-1]):
        raise ValueError("name the days of the week: mon, tue, wed, thu, fri, sat, sun")  # numbers are read in two ways
    if text and CronTrigger.from_crontab(text, UTC).get_next_fire_time(None, datetime.now(UTC)) is None:
        raise ValueError("such a day never comes")
    return text


def _loopback(text: str) -> str:
    """Return "" or an address of this machine alone with a port. Raises ValueError."""
    if text:
        parts = urlsplit(f"//{text}")
        if parts.netloc != text or parts.port is None or not ip_address(parts.hostname or "").is_loopback:
            raise ValueError("an address of this machine alone and a port, such as 127.0.0.1:9108")
    return text


Crontab = Annotated[str, AfterValidator(_crontab)]
_THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})
_HOUR = r"([01][0-9]|2[0-3]):[0-5][0-9]"

_PASSWORD = re.compile(
    r"^[^:/]+://[^:/@]*:[^@]*@"  # a slash in it is read as part of the password
    r"|[?&][^=&]*(?:password|passwd|pwd|odbc_connect)[^=&]*=",
    re.IGNORECASE,
)
"""Where the address of a database may hold a password."""


class Mode(StrEnum):
    """What the ledger is bound to; a difference refuses to start."""

    DEMO = "demo"
    TEST = "test"
    PRODUCTION = "production"


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


def _refuse_password(setting: str, url: str, secret_file: Path | None, secret_env: str) -> None:
    """Raise ValueError for a database address with a password in it, or two places where the password would be."""
    prefix = "ledger_" if setting.startswith("ledger_") else ""
    if _PASSWORD.search(url):
        raise ValueError(f"{setting} must not hold a password: name {prefix}secret_file or {prefix}secret_env")
    if secret_file is not None and secret_env:
        raise ValueError(f"only one of {prefix}secret_file and {prefix}secret_env can be given")


class AgentSection(_Section):
    """Where the agent keeps its own things."""

    mode: Mode
    state: Path = Path("state")
    schemas: Path = Path("schemas")
    policy: Path = Path("privacy.toml")
    ledger_url: str = ""  # empty: SQLite in the state folder
    ledger_secret_file: Path | None = None
    ledger_secret_env: str = ""
    ledger_owner: str = ""  # the user that makes and upgrades the tables in PostgreSQL; empty: the same
    ledger_owner_secret_file: Path | None = None
    ledger_owner_secret_env: str = ""

    @model_validator(mode="after")
    def _harmless_url(self) -> "AgentSection":
        _refuse_password("ledger_url", self.ledger_url, self.ledger_secret_file, self.ledger_secret_env)
        if self.ledger_owner_secret_file is not None and self.ledger_owner_secret_env:
            raise ValueError("only one of ledger_owner_secret_file and ledger_owner_secret_env can be given")
        if not self.ledger_owner and (self.ledger_owner_secret_file is not None or self.ledger_owner_secret_env):
            raise ValueError("ledger_owner_secret needs ledger_owner")
        return self


class SourceSection(_Section):
    """The local system."""

    url: str
    secret_file: Path | None = None
    secret_env: str = ""
    profile: Path
    codes: Path = Path("codes")
    files: Path | None = None
    overlap_seconds: Seconds = 600
    page: int = Field(default=200, ge=1, le=2000)
    statement_seconds: int = Field(default=120, ge=1, le=3600)
    reconnect_seconds: Seconds = 60

    @model_validator(mode="after")
    def _harmless_url(self) -> "SourceSection":
        _refuse_password("url", self.url, self.secret_file, self.secret_env)
        return self


class WriteBackSection(_Section):
    """By which account the local system is told what was acknowledged; without `url` it is not told."""

    url: str = ""
    secret_file: Path | None = None
    secret_env: str = ""

    @model_validator(mode="after")
    def _harmless_url(self) -> "WriteBackSection":
        _refuse_password("url", self.url, self.secret_file, self.secret_env)
        return self


class NationalSection(_Section):
    """The national service; what is not known about it is a capability with a cautious default."""

    contract: Literal["kntc"] = "kntc"
    capabilities: dict[str, str] = {}
    transport: TransportSettings
    wire: WireOptions  # no default: units are for the agency to state
    accounts: tuple[AccountSettings, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _safe_tokens(self) -> "NationalSection":
        for account in self.accounts:
            if account.lgsp is not None:
                self.transport.require_safe(account.lgsp.token_url)
        return self


class DeliverySection(_Section):
    """When and how fast messages go up."""

    workers: int = Field(default=4, ge=1, le=32)
    settle_seconds: Seconds = 120
    kind_settle_seconds: Seconds = 7200
    settle_remote_seconds: Seconds = 900
    backoff_first_seconds: int = Field(default=60, ge=1, le=_A_YEAR)
    backoff_max_seconds: int = Field(default=21600, ge=1, le=_A_YEAR)
    unreachable_after: int = Field(default=8, ge=1)
    breaker_first_seconds: int = Field(default=60, ge=0, le=_A_YEAR)
    breaker_max_seconds: int = Field(default=900, ge=0, le=_A_YEAR)
    rate_per_second: float = Field(default=0, ge=0, allow_inf_nan=False)  # 0: no limit
    burst: int = Field(default=1, ge=1)
    look_ups_per_second: float = Field(default=5, gt=0, allow_inf_nan=False)  # of a comparison, for each account
    large_bytes: int = Field(default=8_000_000, ge=1)
    most_bytes: int | None = Field(default=None, ge=1)  # None: what the contract says


class ScopeSection(_Section):
    """What may be created at all. Outside the demo nothing goes up until all three are set."""

    agencies: tuple[str, ...] = ()
    kinds: tuple[Kind, ...] = ()
    start_from: date | None = None

    @property
    def complete(self) -> bool:
        """Tell whether the person in charge has said what goes up."""
        return bool(self.agencies and self.kinds and self.start_from)


class GuardSection(_Section):
    """How much one pass may send without a person's consent."""

    volume_min: int = Field(default=50, ge=0)
    volume_share: float = Field(default=0.02, ge=0, le=1)
    gone_min: int = Field(default=10, ge=0)
    gone_share: float = Field(default=0.005, ge=0, le=1)


class PrivacySection(_Section):
    """How strictly the privacy policy is kept, beside the policy itself."""

    four_eyes: bool = False  # two people sign the policy
    text_patterns: Literal["warn", "hold"] = "warn"  # personal numbers in free texts


class TimelinessSection(_Section):
    """The agency's yardstick for "immediately" (Decree 55/2022/NĐ-CP, Art. 8.1), and which days are worked."""

    entry_working_days: int = Field(default=1, ge=0)
    warn_working_days: int = Field(default=2, ge=0, le=60)  # how long before its legal date something is told of
    holidays: tuple[date, ...] = ()  # days off beside the public holidays
    worked: tuple[date, ...] = ()  # days worked instead of a day off

    @model_validator(mode="after")
    def _either(self) -> "TimelinessSection":
        both = sorted(set(self.holidays) & set(self.worked))
        if both:
            raise ValueError(f"{both[0]} cannot be both a day off and a day worked")
        return self


class AuditSection(_Section):
    """When the head of the audit log is signed, and where it is taken so that nobody here can take it back."""

    key_file: Path | None = None  # None: audit.key in the state folder, made with the first head
    checkpoint_entries: int = Field(default=256, ge=1)
    checkpoint_seconds: int = Field(default=3600, ge=60, le=86_400)
    anchor_seconds: int = Field(default=21_600, ge=60, le=_A_YEAR)
    stop_creations_hours: int = Field(default=0, ge=0)  # 0: never
    anchors: tuple[AnchorSettings, ...] = ()

    @model_validator(mode="after")
    def _names_differ(self) -> "AuditSection":
        if len({anchor.name for anchor in self.anchors}) != len(self.anchors):
            raise ValueError("two anchors have one name")
        if self.stop_creations_hours and not any(anchor.remote for anchor in self.anchors):
            raise ValueError("stop_creations_hours needs an anchor on another machine")
        return self


class ServiceSection(_Section):
    """When `run` does what. Hours and days are Viet Nam's."""

    every_seconds: int = Field(default=60, ge=1, le=86_400)
    cron: Crontab = ""  # instead of every_seconds
    full_scan: Crontab = "0 2 * * *"  # "": none
    code_lists: Crontab = "30 3 * * sun"  # "": never
    housekeeping: Crontab = "0 3 * * *"  # "": never
    keep_days: int = Field(default=90, ge=7, le=3650)  # rows that only show what the audit log tells
    send_between: tuple[Annotated[str, Field(pattern=f"^{_HOUR}-{_HOUR}$")], ...] = ()  # none: at any hour
    send_days: Literal["all", "working"] = "all"
    closed_days: tuple[date, ...] = ()
    health_address: Annotated[str, AfterValidator(_loopback)] = "127.0.0.1:9108"  # "": none


class BackupSection(_Section):
    """Where the service copies a ledger in SQLite to, when, and how many copies stay; without `folder` nowhere."""

    folder: Path | None = None
    cron: Crontab = "30 1 * * *"
    keep: int = Field(default=14, ge=1, le=1000)

    @model_validator(mode="after")
    def _sometime(self) -> "BackupSection":
        if not self.cron:
            raise ValueError("cron must say when; for no backups leave folder out")
        return self


class WebSection(_Section):
    """Where the auditors' pages answer, and by which user of the database they read the ledger."""

    address: str = "127.0.0.1"
    port: int = Field(default=8460, ge=0, le=65535)
    hosts: tuple[Annotated[str, Field(pattern=r"^[A-Za-z0-9.:\[\]-]{1,255}$")], ...] = ()  # as browsers name it
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    trusted_proxy: str = ""  # the address from which a reverse proxy asks
    proxy_header: Annotated[str, Field(pattern=r"^([A-Za-z][A-Za-z0-9-]{0,63})?$")] = ""  # names the account
    proxy_secret_file: Path | None = None  # what it sends with it, so that nobody else on its machine can
    proxy_secret_env: str = ""
    session_minutes: int = Field(default=20, ge=1, le=480)  # without a page
    session_hours: int = Field(default=10, ge=1, le=24)  # at most
    ledger_user: str = ""  # in PostgreSQL, of the role sync_agent_web
    ledger_secret_file: Path | None = None
    ledger_secret_env: str = ""

    @model_validator(mode="after")
    def _not_in_the_open(self) -> "WebSection":
        if (self.tls_certificate is None) is not (self.tls_key is None):
            raise ValueError("tls_certificate and tls_key are given together")
        proxy = ip_address(self.trusted_proxy) if self.trusted_proxy else None
        if not (self.here or self.tls_certificate or proxy):
            raise ValueError("an address other than this machine's own needs TLS, or a trusted_proxy that has it")
        if self.proxy_header and (proxy is None or not (self.proxy_secret_file or self.proxy_secret_env)):
            raise ValueError("proxy_header needs trusted_proxy, and proxy_secret_file or proxy_secret_env")
        return self

    @property
    def here(self) -> bool:
        """Tell whether only this machine can ask."""
        return ip_address(self.address).is_loopback

    @property
    def secure(self) -> bool:
        """Tell whether browsers reach the pages by HTTPS."""
        return self.tls_certificate is not None or bool(self.trusted_proxy)


class RecipientSettings(_Section):
    """Somebody who gets mails. With `agency` only its daily work list, unless `kinds` asks for more."""

    address: Address
    language: Language = Language.VI
    kinds: tuple[NoticeKind, ...] | None = None  # None: all, for an agency none
    agency: Annotated[str, Field(max_length=80)] = ""
    digest: bool = True

    def wants(self, kind: NoticeKind) -> bool:
        """Tell whether it is told of a state of this kind."""
        return not self.agency if self.kinds is None else kind in self.kinds


class NotificationsSection(MailServer):
    """By which server people are told what, and when; without `host` nobody is. Hours and days are Viet Nam's."""

    host: str = ""
    sender: Address | Literal[""] = ""
    recipients: tuple[RecipientSettings, ...] = ()
    digest_at: Annotated[str, Field(pattern=f"^({_HOUR})?$")] = "07:30"  # "": no digest
    digest_days: Literal["all", "working"] = "working"
    repeat_hours: int = Field(default=24, ge=1, le=720)
    down_minutes: int = Field(default=30, ge=0, le=1440)
    silence_hours: int = Field(default=4, ge=0, le=240)  # 0: never told
    quiet_days: int = Field(default=3, ge=0, le=60)  # 0: never told
    disk_megabytes: int = Field(default=1000, ge=0)
    expiry_days: int = Field(default=30, ge=0, le=365)

    @model_validator(mode="after")
    def _whole(self) -> "NotificationsSection":
        if self.host and not (self.sender and self.recipients):
            raise ValueError("mails need sender and at least one of recipients")
        if self.host and self.security == "none" and self.host not in _THIS_MACHINE:
            raise ValueError("mails leave this machine over TLS only: security must be starttls or tls")
        return self


class LogSection(_Section):
    """What is written on stderr beside what a command says; never anything of a case but its pseudonym."""

    level: LogLevel | None = None  # None: a command logs nothing, the service what happens
    file: Path | None = None  # of the service; None: stderr, which systemd takes to its journal
    max_bytes: int = Field(default=10_000_000, ge=10_000)
    keep: int = Field(default=9, ge=1, le=999)  # full ones beside it


class Settings(BaseSettings):
    """All settings; `folder` is where `agent.toml` stood.

    An environment variable such as `SYNC_AGENT_DELIVERY__WORKERS` overrides the file.
    """

    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
        env_prefix="SYNC_AGENT_",
        env_nested_delimiter="__",
    )

    folder: Path
    agent: AgentSection
    source: SourceSection
    write_back: WriteBackSection = WriteBackSection()
    national: NationalSection
    delivery: DeliverySection = DeliverySection()
    scope: ScopeSection = ScopeSection()
    guards: GuardSection = GuardSection()
    privacy: PrivacySection = PrivacySection()
    timeliness: TimelinessSection = TimelinessSection()
    logs: LogSection = LogSection()
    service: ServiceSection = ServiceSection()
    backup: BackupSection = BackupSection()
    web: WebSection = WebSection()
    audit: AuditSection = AuditSection()
    notifications: NotificationsSection = NotificationsSection()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let the environment win over the file; nothing else is read."""
        del settings_cls, dotenv_settings, file_secret_settings
        return env_settings, init_settings

    @model_validator(mode="after")
    def _production_waits(self) -> "Settings":
        for name in ("settle_seconds", "kind_settle_seconds", "settle_remote_seconds"):
            if self.agent.mode is Mode.PRODUCTION and getattr(self.delivery, name) == 0:
                raise ValueError(f"delivery.{name} may be 0 only in the demo and in tests")
        return self

    @model_validator(mode="after")
    def _backups_apart(self) -> "Settings":
        """Refuse backups that would lie beside the keys, and those of a server, which are its own affair."""
        if self.backup.folder is None:
            return self
        if self.path(self.backup.folder).resolve().is_relative_to(self.state.resolve()):
            raise ValueError("backup.folder must not be in the state folder: the keys are there")
        if not self.ledger_url.startswith("sqlite:"):
            raise ValueError("backup.folder is for a ledger in SQLite: back PostgreSQL up with pg_dump")
        return self

    def path(self, relative: Path) -> Path:
        """Return `relative` as a path below the configuration folder."""
        return self.folder / relative

    @property
    def state(self) -> Path:
        """The folder of the ledger, the installation key and the lock."""
        return self.path(self.agent.state)

    @property
    def ledger_url(self) -> str:
        """The database URL of the ledger."""
        return self.agent.ledger_url or f"sqlite:///{_in_url(self.state / 'ledger.db')}"

    @property
    def source_url(self) -> str:
        """The URL of the local system; a relative SQLite file or folder is below the configuration folder."""
        return self._below(self.source.url)

    @property
    def write_back_url(self) -> str:
        """The URL by which the local system is told what was acknowledged; "" where it is not."""
        return self._below(self.write_back.url)

    def _below(self, url: str) -> str:
        for prefix in ("sqlite:///", "files:///"):
            if url.startswith(prefix) and not url.startswith(prefix + "/"):
                return f"{prefix}{_in_url(self.folder)}/{url.removeprefix(prefix)}"
        return url

    @property
    def settle(self) -> timedelta:
        """How far apart two equal reads of a case must be."""
        return timedelta(seconds=self.delivery.settle_seconds)


def _in_url(path: Path) -> str:
    """Return a path as it stands in a database URL, where a `%` or a `?` in a folder's name would mean something."""
    return str(path).replace("%", "%25").replace("?", "%3F")


def load_settings(folder: Path, web: Mapping[str, Any] | None = None) -> Settings:
    """Read and validate `folder/agent.toml`; what is given for `web` wins over it. Raises ConfigError."""
    path = folder / "agent.toml"
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(
            "the configuration cannot be read ({reason})",
            where=str(path),
            todo="name its folder with --config, or make one with: sync-agent init DIR",
            facts=(("reason", error.strerror or "error"),),
        ) from None
    except ValueError as error:
        raise ConfigError("not valid TOML: {reason}", where=str(path), facts=(("reason", str(error)),)) from None
    if web:
        values["web"] = {**values.get("web", {}), **web}
    try:
        return Settings(folder=folder.resolve(), **values)
    except ValidationError as error:
        raise _setting_error(path, error) from None
    except SettingsError as error:
        facts = (("reason", str(error)),)
        raise ConfigError("a variable of the environment cannot be read: {reason}", facts=facts) from None


def _setting_error(path: Path, error: ValidationError) -> ConfigError:
    problems = error.errors(include_input=False, include_url=False, include_context=False)
    # an unknown word is usually why another one is missing
    first = next((problem for problem in problems if problem["type"] == "extra_forbidden"), problems[0])
    name = ".".join(str(part) for part in first["loc"])
    if first["type"] != "extra_forbidden":
        return ConfigError(
            "setting {name}: {reason}", where=str(path), facts=(("name", name), ("reason", first["msg"]))
        )
    near = difflib.get_close_matches(str(first["loc"][-1]), _names_at(first["loc"][:-1]), n=1)
    return ConfigError(
        "unknown setting {name}",
        where=str(path),
        todo="did you mean {near}?" if near else "see docs/reference.md for the settings",
        facts=(("name", name), *((("near", near[0]),) if near else ())),
    )


def _names_at(location: tuple[int | str, ...]) -> list[str]:
    model: Any = Settings
    for part in location:
        if isinstance(part, int):
            continue
        annotation = model.model_fields[part].annotation
        arguments = [a for a in getattr(annotation, "__args__", ()) if hasattr(a, "model_fields")]
        model = arguments[0] if arguments else annotation
        if not hasattr(model, "model_fields"):
            return []
    return [name for name in model.model_fields if name != "folder"]
