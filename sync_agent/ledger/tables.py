"""The ledger's tables: keys, digests, states, ids, counts and times. No personal data, ever.

Each column says what it `holds` and whether it is `evidence` (can be replayed from the audit log) or `working`.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, Dialect, Index, TypeDecorator, UniqueConstraint, text
from sqlmodel import SQLModel

from sync_agent.audit import Proof, column
from sync_agent.ledger.rows import plain

__all__ = [
    "AccessRow",
    "AccountRow",
    "CaseRow",
    "EnvironmentRow",
    "ErasedRow",
    "FindingRow",
    "GroupRow",
    "LaneRow",
    "MessageRow",
    "NoticeRow",
    "RequestRow",
    "RunRow",
    "SignatureRow",
    "SourceRow",
    "TallyRow",
    "WriteBackRow",
]


class UtcTime(TypeDecorator[datetime]):
    """An aware UTC instant, also on databases that keep none; a naive one is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a naive instant, turn the others to UTC."""
        del dialect
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime cannot be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the stored instant as aware UTC."""
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


_NOT_UP = text("first_ack_at IS NULL")


def _time(proof: Proof = "working", **field: Any) -> Any:
    return column("time", proof, sa_type=UtcTime, **field)


def _row_id() -> Any:
    """Return the key the database chooses; 0 in a row that is not stored yet."""
    return column("key", "working", primary_key=True, default=0, sa_column_kwargs={"default": None})


@plain
class EnvironmentRow(SQLModel, table=True):
    """One row: what this ledger belongs to. Any difference refuses to start."""

    __tablename__ = "environment"

    id: int = column("key", "working", primary_key=True)
    mode: str = column("code", "evidence")
    contract: str = column("code", "evidence")
    base_url: str = column("setting", "evidence")
    accounts: str = column("code", "evidence")  # aliases, sorted, joined by spaces
    source_id: str = column("code", "evidence")
    key_definition: str = column("digest", "evidence")
    epoch: int = column("count", "evidence")
    agency_map: str | None = column("digest", "evidence", default=None)
    go_live: str | None = column("code", "evidence", default=None)  # how the first send was allowed
    bound_at: datetime = _time("evidence")


@plain
class SourceRow(SQLModel, table=True):
    """How far a source was read, and under which versions."""

    __tablename__ = "source_state"

    source_id: str = column("code", "working", primary_key=True)
    watermark: datetime | None = _time(default=None)
    mapping: str | None = column("version", "working", default=None)
    contract: str | None = column("version", "working", default=None)
    policy: str | None = column("version", "working", default=None)
    configuration: str | None = column("version", "working", default=None)
    signed: bool = column("state", "working", default=False)
    full_scan_at: datetime | None = _time(default=None)
    queued_until: datetime | None = _time(default=None)  # acknowledgements before it are queued for the local system


@plain
class CaseRow(SQLModel, table=True):
    """One local case and how it was last seen."""

    __tablename__ = "case_state"
    __table_args__ = (
        UniqueConstraint("source_id", "case_key"),
        Index("ix_case_state_pseudonym", "source_id", "pseudonym"),
        Index("ix_case_state_look_at", "source_id", "look_at"),
        Index("ix_case_state_absent", "source_id", "absent_scans"),
        Index("ix_case_state_received", "source_id", "received_on"),
    )

    id: int = _row_id()
    source_id: str = column("code", "working")
    case_key: str = column("key", "working")
    pseudonym: str = column("pseudonym", "working")  # by which logs and mails name it
    rev: int = column("version", "working")
    dirty: bool = column("state", "working")
    agency: str | None = column("code", "working", default=None)
    kind: str | None = column("code", "working", default=None)
    kind_seen_at: datetime = _time()
    first_seen: datetime = _time()
    last_digest: str = column("digest", "working")
    digest_seen_at: datetime = _time()
    look_at: datetime | None = _time(default=None)  # when there is something to do for it; none: nothing
    received_on: str | None = column("time", "working", default=None)  # by the agency: the day a report counts it by
    due_on: str | None = column("time", "working", default=None)  # nearest legal date for entry
    protected_since: datetime | None = _time("evidence", default=None)
    protection: str = column("code", "evidence", default="")  # reason codes, sorted, joined by spaces
    lifted_digest: str | None = column("digest", "evidence", default=None)  # content whose protection a person lifted
    present: bool = column("state", "working", default=True)  # found at the last read
    absent_scans: int = column("count", "working", default=0)  # complete full scans in a row that did not find it
    gone_since: datetime | None = _time("evidence", default=None)  # nothing of it is sent until it returns
    # how the national side and the audit log know it, where that is no longer its name: a rekey changes names only
    origin_source: str | None = column("code", "working", default=None)
    origin_key: str | None = column("key", "working", default=None)

    @property
    def origin(self) -> tuple[str, str]:
        """Source and key under which the national side (token) and the audit log (subject) know the case."""
        return self.origin_source or self.source_id, self.origin_key or self.case_key


@plain
class MessageRow(SQLModel, table=True):
    """One message of a case: what was acknowledged, and apart from it how delivery stands."""

    __tablename__ = "message"
    __table_args__ = (
        UniqueConstraint("case_id", "step", "local_key"),
        Index("ix_message_state", "state", "next_try_at"),
        Index("ix_message_ack_id", "step", "ack_id", unique=True),
        Index("ix_message_ack_at", "ack_at"),
        Index("ix_message_state_case", "state", "case_id"),
        Index("ix_message_not_up", "case_id", "due_on", sqlite_where=_NOT_UP, postgresql_where=_NOT_UP),
        Index("ix_message_forced", "forced", "case_id"),
    )

    id: int = _row_id()
    case_id: int = column("key", "working", references="case_state.id")
    step: str = column("code", "evidence")
    local_key: str = column("key", "working")
    parent_key: str = column("key", "working", default="")
    # acknowledged: never touched by a failure
    ack_digest: str | None = column("digest", "evidence", default=None)
    ack_id: str | None = column("id", "evidence", default=None)
    ack_account: str | None = column("code", "evidence", default=None)
    ack_at: datetime | None = _time("evidence", default=None)
    ack_agent: str | None = column("version", "evidence", default=None)
    ack_mapping: str | None = column("version", "evidence", default=None)
    ack_contract: str | None = column("version", "evidence", default=None)
    ack_policy: str | None = column("version", "evidence", default=None)
    ack_shape: str | None = column("digest", "working", default=None)  # keyed digests of lists, presence of fields
    # delivery
    state: str = column("state", "evidence")
    wanted_digest: str | None = column("digest", "evidence", default=None)
    wanted_mark: str | None = column("digest", "working", default=None)  # names this content in a plan
    wanted_shape: str | None = column("digest", "working", default=None)
    accepted_mark: str | None = column("digest", "working", default=None)  # content a person let through the guard
    reason: str | None = column("code", "evidence", default=None)  # refusal code, cause, or first rule of a hold
    trigger_on: str | None = column("time", "working", default=None)  # day from which the law asks for its entry
    due_on: str | None = column("time", "working", default=None)  # legal date of its entry
    first_ack_at: datetime | None = _time("evidence", default=None)  # when the law's clock stopped
    forced: str | None = column("code", "working", default=None)  # why it goes up although it is the same
    account: str | None = column("code", "working", default=None)
    versions: str | None = column("version", "working", default=None)  # mapping, contract and policy of the last try
    attempts: int = column("count", "working", default=0)
    next_try_at: datetime | None = _time(default=None)
    intent_at: datetime | None = _time(default=None)
    epoch: int = column("count", "working", default=0)
    refusals: int = column("count", "working", default=0)  # of this content in a row, not known as final
    doubt: str | None = column("code", "working", default=None)  # why the national side may hold it already
    refusal: str | None = column("masked", "working", default=None)  # what a refusal said, by the words of a fixed list


@plain
class FindingRow(SQLModel, table=True):
    """One finding of one case, and who released or rejected it for which content."""

    __tablename__ = "finding"
    __table_args__ = (UniqueConstraint("case_id", "rule", "field", "step", "local_key", "place"),)

    id: int = _row_id()
    case_id: int = column("key", "working", references="case_state.id")
    rule: str = column("code", "evidence")
    level: str = column("code", "evidence")
    field: str = column("code", "evidence")
    step: str = column("code", "evidence")  # empty: the whole case
    local_key: str = column("key", "working")
    place: str = column("code", "working")  # local table and column
    since: datetime = _time()
    released_digest: str | None = column("digest", "evidence", default=None)
    released_by: str | None = column("pseudonym", "evidence", default=None)
    released_at: datetime | None = _time("evidence", default=None)
    released_reason: str | None = column("code", "evidence", default=None)
    rejected_digest: str | None = column("digest", "evidence", default=None)
    rejected_by: str | None = column("pseudonym", "evidence", default=None)
    rejected_at: datetime | None = _time("evidence", default=None)
    rejected_reason: str | None = column("code", "evidence", default=None)


@plain
class GroupRow(SQLModel, table=True):
    """What a case shares with others (petition, person row, link), as a keyed digest."""

    __tablename__ = "case_group"
    __table_args__ = (Index("ix_case_group_case_id", "case_id", "token"),)

    token: str = column("digest", "working", primary_key=True)
    case_id: int = column("key", "working", primary_key=True, references="case_state.id")


@plain
class SignatureRow(SQLModel, table=True):
    """A policy digest that a named person has signed; the one signed last is in force."""

    __tablename__ = "policy_signature"

    policy: str = column("digest", "evidence", primary_key=True)
    actor: str = column("pseudonym", "evidence")
    signed_at: datetime = _time("evidence")
    number: int = column("count", "working", default=0)  # in the order of signing
    content: str | None = column("setting", "evidence", default=None)  # what was signed: paths, codes, word lists
    reason: str | None = column("code", "evidence", default=None)  # why something was opened
    second_actor: str | None = column("pseudonym", "evidence", default=None)
    second_at: datetime | None = _time("evidence", default=None)


@plain
class LaneRow(SQLModel, table=True):
    """How the national side has treated one account lately."""

    __tablename__ = "lane"

    account: str = column("code", "working", primary_key=True)
    state: str = column("state", "working")
    cause: str | None = column("code", "working", default=None)  # of the last failure
    failures: int = column("count", "working", default=0)  # in a row
    openings: int = column("count", "working", default=0)  # in a row: each makes the next pause longer
    opened_at: datetime | None = _time(default=None)
    next_probe_at: datetime | None = _time(default=None)
    last_success_at: datetime | None = _time(default=None)
    credential: str | None = column("digest", "working", default=None)  # keyed; by which it was refused


@plain
class RunRow(SQLModel, table=True):
    """One pass: when, why it ended, what it did."""

    __tablename__ = "run"

    id: int = _row_id()
    kind: str = column("code", "working")
    started_at: datetime = _time()
    ended_at: datetime | None = _time(default=None)
    result: str | None = column("code", "working", default=None)
    counts: str = column("count", "working", default="")  # `code=n`, sorted, joined by spaces


@plain
class WriteBackRow(SQLModel, table=True):
    """What the local system was told of one acknowledged message. No row: nothing was tried yet."""

    __tablename__ = "write_back"
    __table_args__ = (Index("ix_write_back_due", "wrote_at", "next_try_at"),)

    message_id: int = column("key", "working", primary_key=True, references="message.id")
    wrote_at: datetime | None = _time(default=None)  # the acknowledgement that stands there; none: to be written
    attempts: int = column("count", "working", default=0)  # in a row that failed
    next_try_at: datetime | None = _time(default=None)
    reason: str | None = column("code", "working", default=None)  # of the last failure


@plain
class ErasedRow(SQLModel, table=True):
    """All that is left of a case that was erased: by its mark the source is read past it."""

    __tablename__ = "erased_case"

    source_id: str = column("code", "working", primary_key=True)
    mark: str = column("pseudonym", "working", primary_key=True)  # keyed by the installation, of the key of the case
    changed: bool = column("state", "working", default=False)  # in the local system, since; nobody has looked yet


@plain
class RequestRow(SQLModel, table=True):
    """What a person asked of a running service, and what came of it."""

    __tablename__ = "request"
    __table_args__ = (Index("ix_request_state", "state", "id"),)

    id: int = _row_id()
    kind: str = column("code", "working")
    content: str = column("key", "working")  # JSON: keys of cases, codes, days, digests
    note: bytes | None = column("secret", "working", default=None)  # encrypted, and gone when it was carried out
    actor: str = column("pseudonym", "working")
    database_role: str | None = column("code", "working", default=None)  # filled in by PostgreSQL
    asked_at: datetime = _time()
    seen_at: datetime | None = _time(default=None)  # the service knows of it
    begun_at: datetime | None = _time(default=None)
    ended_at: datetime | None = _time(default=None)
    state: str = column("state", "working")
    run: str | None = column("id", "working", default=None)
    stage: str | None = column("code", "working", default=None)
    done: int = column("count", "working", default=0)
    total: int | None = column("count", "working", default=None)
    result: str | None = column("code", "working", default=None)  # JSON: what the command prints, or the error's words


@plain
class AccountRow(SQLModel, table=True):
    """Who may open the pages."""

    __tablename__ = "account"

    name: str = column("pseudonym", "evidence", primary_key=True)
    role: str = column("code", "evidence")
    agencies: str = column("code", "evidence", default="")  # whose cases it sees, joined by spaces; empty: all
    password: str = column("secret", "evidence")  # as argon2 keeps it; the log has the digest of that
    created_at: datetime = _time()
    disabled_at: datetime | None = _time("evidence", default=None)
    version: int = column("version", "working", default=1)  # sessions of an earlier one are over


@plain
class AccessRow(SQLModel, table=True):
    """One page that somebody looked at."""

    __tablename__ = "access_log"
    __table_args__ = (Index("ix_access_log_at", "at"),)

    id: int = _row_id()
    at: datetime = _time()
    account: str | None = column("pseudonym", "working", default=None)
    page: str = column("code", "working")  # the route, never the address with what was searched
    case_id: int | None = column("key", "working", default=None)
    status: int = column("count", "working")
    origin: str | None = column("pseudonym", "working", default=None)  # of the address, keyed by the installation


@plain
class NoticeRow(SQLModel, table=True):
    """A state of things that people are told of by mail: since when, and when they were told."""

    __tablename__ = "notice"

    kind: str = column("code", "working", primary_key=True)
    subject: str = column("code", "working", primary_key=True, default="")  # an account, an agency; empty: all
    since: datetime = _time()
    told_at: datetime | None = _time(default=None)
    ended_at: datetime | None = _time(default=None)


@plain
class TallyRow(SQLModel, table=True):
    """How often something happened, or how much there was of it, on one day in Viet Nam."""

    __tablename__ = "tally"

    day: str = column("time", "working", primary_key=True)
    name: str = column("code", "working", primary_key=True)
    number: int = column("count", "working")
