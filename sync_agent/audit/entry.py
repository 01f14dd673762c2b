"""Decides what an entry of the audit log says and its exact bytes. No name, no free text, no bare hash of either.

The bytes are canonical JSON, made once; they are stored and hashed as they are and never made again to verify.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from operator import attrgetter
from typing import Any

import orjson

from sync_agent.audit.forms import CODE, COUNTS, DIGEST, FLAG, INSTANT, NUMBER, REASON, STATUS, WORD, Form
from sync_agent.domain.canonical import canonical_bytes
from sync_agent.errors import AuditError

__all__ = [
    "ENTRY_FORMS",
    "RANGE_FORMS",
    "VERSION_FORMS",
    "Entry",
    "Event",
    "Range",
    "Versions",
    "entry_bytes",
    "entry_document",
    "parse",
]


class Event(StrEnum):
    """What happened. Only decisions and changes of state; reading is one entry per run."""

    # runs
    RUN_STARTED = "run_started"
    RUN_ENDED = "run_ended"  # counts, range and set_digest of what was read
    PASSES_EMPTY = "passes_empty"  # many that changed and sent nothing: counts, range and set_digest of all
    PLAN_STOPPED = "plan_stopped"  # the volume guard sent nothing
    PLAN_ACCEPTED = "plan_accepted"  # set_digest: the plan
    # what people ask of the service, and what it could not do when it was due
    REQUEST_TAKEN = "request_taken"  # new_state: what is asked; reason: that of the person
    REQUEST_REFUSED = "request_refused"  # nobody may ask that like this; account: the role of the database
    REQUEST_FAILED = "request_failed"  # reason: the type of the error, or `interrupted`
    SCHEDULE_DISTURBED = "schedule_disturbed"  # new_state: how; reason: the task; counts: how many times
    # one message
    NOT_READY = "not_ready"
    READY = "ready"
    PLANNED = "planned"  # wanted: the content to send
    UP_TO_DATE = "up_to_date"  # nothing to send any more: the content is again what was acknowledged
    INTENT = "intent"  # committed before the first byte leaves
    ACCEPTED = "accepted"
    REFUSED = "refused"
    NOT_PROCESSED = "not_processed"
    UNCERTAIN = "uncertain"
    RESOLVED = "resolved"  # an uncertain one was settled; reason: how
    ADOPTED = "adopted"
    HELD = "held"
    RELEASED = "released"  # wanted: what was looked at
    REJECTED_HOLD = "rejected_hold"
    RETRY_REQUESTED = "retry_requested"
    ANSWER_SHOWN = "answer_shown"  # a person saw the text of a refusal
    WRITTEN_BACK = "written_back"  # the local system was told the national id and the time, nothing else
    WRITE_BACK_FAILED = "write_back_failed"  # reason: why; tried again, an entry for another reason only
    VALUES_SHOWN = "values_shown"  # a person saw the values of a case, from the local column to the message
    # one case
    PROTECTED = "protected"  # reason: several codes are joined by `+`
    UNPROTECTED = "unprotected"
    LIFT_ENDED = "lift_ended"  # the content for which a person lifted the protection is no more
    RECLASSIFIED = "reclassified"
    FINDING_APPEARED = "finding_appeared"
    FINDING_DISAPPEARED = "finding_disappeared"
    GONE = "gone"  # with a step: this message is no longer in the case
    RETURNED = "returned"
    ERASED = "erased"  # reason: the legal basis; nothing more is said of this subject
    ERASED_CHANGED = "erased_changed"  # the local system changed an erased case: a person must look
    ERASED_SEEN = "erased_seen"  # a person looked at what `erased_changed` told
    DISCLOSED = "disclosed"  # the case's secret was given out to prove its content
    # many cases
    ADOPT_DECLINED = "adopt_declined"
    RESYNC_REQUESTED = "resync_requested"  # set_digest: the messages; reason: why they go up again
    RESYNC_DROPPED = "resync_dropped"  # one of them cannot go up again; reason: why not
    RECONCILED = "reconciled"  # counts: differences by kind; set_digest: the cases compared
    DIFFERENCE_FOUND = "difference_found"  # reason: its kind; set_digest: the case, where the ledger has none
    DIFFERENCE_REPAIRED = "difference_repaired"  # reason: that of the person; old_state: its kind
    REKEYED = "rekeyed"
    # configuration: old_state and new_state are the digests or versions before and after
    CONFIGURATION_CHANGED = "configuration_changed"
    CONFIGURATION_REFUSED = "configuration_refused"  # set_digest: the file; what is in force is in old_state
    MAPPING_CHANGED = "mapping_changed"
    CONTRACT_CHANGED = "contract_changed"
    POLICY_CHANGED = "policy_changed"
    CODES_CHANGED = "codes_changed"
    CODES_PULLED = "codes_pulled"  # all national lists were asked for; counts: how many, changed, not kept
    POLICY_SIGNED = "policy_signed"
    ENVIRONMENT_BOUND = "environment_bound"
    GO_LIVE_DECLARED = "go_live_declared"
    CAPABILITY_PROVEN = "capability_proven"
    # the national side
    NATIONAL_DOWN = "national_down"
    NATIONAL_UP = "national_up"
    # the installation
    EPOCH_TAKEN = "epoch_taken"
    LEDGER_UPGRADED = "ledger_upgraded"  # old_state and new_state: its schema
    BACKED_UP = "backed_up"
    HOUSE_KEPT = "house_kept"  # old working data was let go of; counts: how much of what
    RESTORED = "restored"
    INCARNATION_STARTED = "incarnation_started"  # head_size and head_root: the head that was lost
    GAP_DECLARED = "gap_declared"
    CREATIONS_STOPPED = "creations_stopped"
    CREATIONS_RESUMED = "creations_resumed"
    KEY_ROTATED = "key_rotated"
    ACCOUNT_ADDED = "account_added"  # new_state: its role; reason: its agencies; wanted: as below
    ACCOUNT_PASSWORD_SET = "account_password_set"  # noqa: S105 - wanted: the digest of its salted hash
    ACCOUNT_DISABLED = "account_disabled"
    ACCOUNT_ENABLED = "account_enabled"
    ACCESS_DAY_CLOSED = "access_day_closed"  # set_digest: the day's root of the access log
    EXPORTED = "exported"


_EVENT = Form(
    "event",
    lambda value: isinstance(value, Event),
    {"type": "string", "enum": [event.value for event in Event]},
)
_VERSION_1 = Form("version", lambda value: type(value) is int and value == 1, {"const": 1})


def _check(owner: object, forms: Mapping[str, Form], values: tuple[object, ...]) -> None:
    for (name, form), value in zip(forms.items(), values, strict=True):
        if value is not None and not form.accepts(value):
            raise ValueError(f"{type(owner).__name__}.{name} of the audit log is not a {form.name}")


def _present(forms: Mapping[str, Form], values: tuple[object, ...]) -> dict[str, Any]:
    return {name: value for name, value in zip(forms, values, strict=True) if value is not None}


VERSION_FORMS: dict[str, Form] = {"agent": CODE, "mapping": CODE, "contract": CODE, "policy": CODE}
_version_values = attrgetter(*VERSION_FORMS)


@dataclass(frozen=True, slots=True)
class Versions:
    """What was in force: the agent's release, and the digests (or names and versions) of what it worked by."""

    agent: str | None = None
    mapping: str | None = None
    contract: str | None = None
    policy: str | None = None

    def __post_init__(self) -> None:
        _check(self, VERSION_FORMS, _version_values(self))


RANGE_FORMS: dict[str, Form] = {"since": INSTANT, "until": INSTANT}
_range_values = attrgetter(*RANGE_FORMS)


@dataclass(frozen=True, slots=True)
class Range:
    """What a run read: changes after `since` (None: from the beginning) up to `until`, by the source's clock."""

    until: str
    since: str | None = None

    def __post_init__(self) -> None:
        _check(self, RANGE_FORMS, _range_values(self))


def _is_versions(value: object) -> bool:
    return isinstance(value, Versions)


def _is_range(value: object) -> bool:
    return isinstance(value, Range)


def _object_schema(forms: Mapping[str, Form], required: list[str]) -> dict[str, object]:
    properties = {name: dict(form.schema) for name, form in forms.items()}
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


ENTRY_FORMS: dict[str, Form] = {
    "v": _VERSION_1,
    "time": INSTANT,
    "actor": CODE,
    "event": _EVENT,
    "run": CODE,
    "epoch": NUMBER,
    "subject": DIGEST,
    "step": WORD,
    "item": DIGEST,
    "old_state": CODE,
    "new_state": CODE,
    "update": FLAG,
    "forced": REASON,
    "attempt": NUMBER,
    "http_status": STATUS,
    "wanted": DIGEST,
    "request": DIGEST,
    "response": DIGEST,
    "national_id": DIGEST,
    "account": CODE,
    "reason": REASON,
    "note": DIGEST,
    "finding": DIGEST,
    "field": WORD,
    "rule": WORD,
    "level": WORD,
    "counts": COUNTS,
    "versions": Form("Versions", _is_versions, _object_schema(VERSION_FORMS, [])),
    "range": Form("Range", _is_range, _object_schema(RANGE_FORMS, ["until"])),
    "set_digest": DIGEST,
    "head_size": NUMBER,
    "head_root": DIGEST,
}
_entry_values = attrgetter(*ENTRY_FORMS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry. None is left out; a value that has not the form of its field raises ValueError naming the field.

    Digests and commitments are 64 hex digits, keyed by the case's secret (`set_digest` by the installation's).
    `subject` stands for the case, `item` for the local key where a step can occur several times.
    """

    event: Event
    time: str  # from `instant`
    actor: str = "agent"  # or the person, from `actor_code`
    v: int = 1
    run: str | None = None
    epoch: int | None = None
    subject: str | None = None
    step: str | None = None
    item: str | None = None
    old_state: str | None = None
    new_state: str | None = None
    update: bool | None = None  # whether the message changes a record that has a national Id
    forced: str | None = None  # why a person had it sent again, although it may be the same
    attempt: int | None = None
    http_status: int | None = None
    wanted: str | None = None
    request: str | None = None
    response: str | None = None
    national_id: str | None = None
    account: str | None = None
    reason: str | None = None
    note: str | None = None
    finding: str | None = None  # stands for one finding of the case, its local place included
    field: str | None = None
    rule: str | None = None
    level: str | None = None
    counts: Mapping[str, int] | None = None
    versions: Versions | None = None
    range: Range | None = None
    set_digest: str | None = None
    head_size: int | None = None
    head_root: str | None = None

    def __post_init__(self) -> None:
        _check(self, ENTRY_FORMS, _entry_values(self))


def entry_document(entry: Entry) -> dict[str, Any]:
    """Return the entry as JSON-ready values, without what it does not say."""
    document = _present(ENTRY_FORMS, _entry_values(entry))
    if entry.versions is not None:
        document["versions"] = _present(VERSION_FORMS, _version_values(entry.versions))
    if entry.range is not None:
        document["range"] = _present(RANGE_FORMS, _range_values(entry.range))
    return document


def entry_bytes(entry: Entry) -> bytes:
    """Return the exact bytes that are stored and hashed: ASCII, sorted names, no white space."""
    return canonical_bytes(entry_document(entry))


def parse(raw: bytes) -> Entry:
    """Return the entry that stored bytes say; AuditError if they are not an entry. Never used to hash again."""
    try:
        document = orjson.loads(raw)
        document["event"] = Event(document["event"])
        if "versions" in document:
            document["versions"] = Versions(**document["versions"])
        if "range" in document:
            document["range"] = Range(**document["range"])
        return Entry(**document)
    except (ValueError, TypeError, KeyError) as error:
        raise AuditError("these bytes are not an entry of the audit log") from error
