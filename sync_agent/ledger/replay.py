"""Decides what every evidence column of the ledger must hold, by the log alone, and names the rows that differ.

The entries are played forward into plain lists, one for each case, message and finding: so its memory is that of the
ledger, not of the log. Then the rows are compared, page by page; what is left over has no row.
"""

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, select

from sync_agent.audit import CaseSecret, Findings, instant, load_secrets
from sync_agent.errors import AuditError
from sync_agent.ledger.accesslog import day_root
from sync_agent.ledger.accounts import password_digest
from sync_agent.ledger.environment import settings_digest
from sync_agent.ledger.rows import table_of
from sync_agent.ledger.tables import (
    AccessRow,
    AccountRow,
    CaseRow,
    EnvironmentRow,
    FindingRow,
    MessageRow,
    SignatureRow,
)

__all__ = ["PROVED", "Replay"]

_CASE, _MESSAGE, _FINDING = table_of(CaseRow), table_of(MessageRow), table_of(FindingRow)
_ENVIRONMENT, _SIGNATURE, _ACCOUNTS = table_of(EnvironmentRow), table_of(SignatureRow), table_of(AccountRow)

_DELIVERY: Final = ("state", "wanted_digest", "reason")
_ACK: Final = (
    "ack_digest",
    "ack_id",
    "ack_account",
    "ack_at",
    "ack_agent",
    "ack_mapping",
    "ack_contract",
    "ack_policy",
    "first_ack_at",
)
_OF_CASE: Final = ("protected_since", "protection", "lifted_digest", "gone_since")
_SETTINGS: Final = ("contract", "base_url", "accounts", "source_id", "key_definition", "agency_map")  # one digest
_BOUND: Final = ("mode", "epoch", "go_live", "bound_at")
_RELEASE: Final = ("released_digest", "released_by", "released_at", "released_reason")
_REJECTION: Final = ("rejected_digest", "rejected_by", "rejected_at", "rejected_reason")
_NAME: Final = ("rule", "level", "field", "step")
_COMMITTED: Final = ("rule", "field", "step", "local_key", "place")
_MAY: Final = ("role", "agencies", "password", "disabled_at")
_SIGNED: Final = ("actor", "signed_at", "reason", "second_actor", "second_at")

PROVED: Final[dict[str, tuple[str, ...]]] = {
    _ENVIRONMENT.name: _BOUND + _SETTINGS,
    _CASE.name: _OF_CASE,
    _MESSAGE.name: ("step", *_DELIVERY, *_ACK),
    _FINDING.name: _NAME + _RELEASE + _REJECTION,
    _SIGNATURE.name: ("policy", "content", *_SIGNED),
    _ACCOUNTS.name: ("name", *_MAY),
}
"""The columns that are replayed, by table: all that are evidence, by a test."""

_ACCESS_LOG: Final = table_of(AccessRow)
_PAGE: Final = 2000
_WORD: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.:+-]{0,99}")
_VERSION: Final = 16  # hex digits of a digest that the ledger keeps of it
_SHOWN: Final = 12  # hex digits of a digest that a person sees
_NONE: Final = (None, None, None, None)
_NEW: Final = [*[None] * 13, _NONE]
_STATE, _WANTED, _REASON, _ACK_DIGEST, _ACK_ID, _ACK_ACCOUNT, _ACK_AT = range(7)
_FIRST_ACK = 11
_ACCOUNT, _VERSIONS = 12, 13  # of the intent that is answered; the columns of the row end before them

Document = dict[str, Any]


class _Case:
    """What the log says of one case."""

    __slots__ = ("findings", "messages", "row")

    def __init__(self) -> None:
        self.row: list[Any] = [None, "", None, None]
        self.messages: dict[tuple[str, str | None], list[Any]] = {}
        self.findings: dict[str, list[Any]] = {}


@dataclass(frozen=True, slots=True)
class _Page:
    """Cases with row ids from first to last, and what the log says of each; those whose secret is gone are `closed`."""

    conn: Connection
    findings: Findings
    ids: tuple[int, int]
    known: dict[int, tuple[Row[Any], _Case, CaseSecret]] = field(default_factory=dict, repr=False)
    closed: set[int] = field(default_factory=set)

    def compare(self) -> int:
        """Compare the messages and findings of the cases, and say what has no row; return how many rows there were."""
        compared = self._compare_messages() + self._compare_findings()
        for row, expected, _ in self.known.values():
            _left_over(self.findings, row.pseudonym, expected)
        return compared

    def _compare_messages(self) -> int:
        count = 0
        for number, case_id, step, local_key, *found in self.conn.execute(_messages_of(*self.ids)):
            count += 1
            if case_id in self.closed:
                continue
            case, expected, secret = self.known[case_id]
            said = expected.messages.pop((step, secret.item(local_key) if local_key else None), None)
            if said is None:
                key = f"{case.pseudonym} {_code(step)} #{number}"
                self.findings.add("row_without_entry", table=_MESSAGE.name, key=key, column="step, local_key")
                continue
            if found[_ACK_ID]:
                found[_ACK_ID] = secret.national_id(found[_ACK_ID])
            found[_ACK_AT], found[_FIRST_ACK] = _at(found[_ACK_AT]), _at(found[_FIRST_ACK])
            if found != said[:_ACCOUNT]:
                key = f"{case.pseudonym} {_code(step)} #{number}"
                _differ(self.findings, _MESSAGE.name, key, _DELIVERY + _ACK, said, found)
        return count

    def _compare_findings(self) -> int:
        count = 0
        for row in self.conn.execute(select(_FINDING).where(_FINDING.c.case_id.between(*self.ids))):
            count += 1
            if row.case_id in self.closed:
                continue
            case, expected, secret = self.known[row.case_id]
            key = f"{case.pseudonym} {_code(row.rule)} #{row.id}"
            said = expected.findings.pop(
                secret.finding((row.rule, row.field, row.step, row.local_key, row.place)), None
            )
            if said is None:
                self.findings.add("row_without_entry", table=_FINDING.name, key=key, column=", ".join(_COMMITTED))
                continue
            found = [row.rule, row.level, said[2], row.step]  # the field is in the commitment, exact
            found += [row.released_digest, row.released_by, _at(row.released_at), row.released_reason]
            found += [row.rejected_digest, row.rejected_by, _at(row.rejected_at), row.rejected_reason]
            if found != said:
                _differ(self.findings, _FINDING.name, key, _NAME + _RELEASE + _REJECTION, said, found)
        return count


class Replay:
    """Plays the entries of the log in order, and compares the rows of the ledger with what they come to.

    `handlers` are what plays an entry, by its event. They raise KeyError or TypeError when it lacks what it must say.
    """

    def __init__(self) -> None:
        self._cases: dict[str, _Case] = {}
        self._closed: set[str] = set()
        self._environment: dict[str, Any] | None = None
        self._signatures: dict[str, list[Any]] = {}
        self._unkept: set[str] = set()  # policies that were signed when their content was not kept
        self._accounts: dict[str, list[Any]] = {}
        self._days: dict[date, str] = {}
        self._versions: dict[tuple[str | None, ...], tuple[str | None, ...]] = {}
        planned = dict.fromkeys(("not_ready", "planned", "up_to_date", "held"), self._planned)
        tried = dict.fromkeys(("intent", "refused", "not_processed", "uncertain"), self._tried)
        self.handlers: dict[str, Callable[[Document], None]] = (
            planned
            | tried
            | {
                "accepted": self._accepted,
                "adopted": self._adopted,
                "resolved": self._resolved,
                "protected": self._protected,
                "unprotected": self._unprotected,
                "lift_ended": self._lift_ended,
                "gone": self._gone,
                "returned": self._returned,
                "erased": self._erased,
                "finding_appeared": self._appeared,
                "finding_disappeared": self._disappeared,
                "released": self._released,
                "rejected_hold": self._rejected,
                "environment_bound": self._bound,
                "go_live_declared": self._went_live,
                "epoch_taken": self._taken_over,
                "policy_signed": self._signed,
                "account_added": self._let_in,
                "account_password_set": self._password_set,
                "account_disabled": self._shut_out,
                "account_enabled": self._let_in_again,
                "access_day_closed": self._closed_day,
            }
        )

    @property
    def erased(self) -> int:
        """How many cases were closed for good."""
        return len(self._closed)

    # messages

    def _message(self, entry: Document) -> list[Any]:
        case = self._cases.get(entry["subject"]) or self._case(entry)
        messages, key = case.messages, (entry["step"], entry.get("item"))
        found = messages.get(key)
        if found is None:
            found = messages[key] = _NEW.copy()
        return found

    def _case(self, entry: Document) -> _Case:
        subject = entry["subject"]
        found = self._cases.get(subject)
        if found is None:
            found = self._cases[subject] = _Case()
        return found

    def _planned(self, entry: Document) -> None:
        self._message(entry)[:3] = entry["new_state"], entry.get("wanted"), entry.get("reason")

    def _tried(self, entry: Document) -> None:
        message = self._message(entry)
        message[:3] = entry["new_state"], entry.get("wanted"), entry.get("reason")
        account, versions = entry.get("account"), entry.get("versions")
        if account is not None:
            message[_ACCOUNT] = account
        if versions is not None:
            message[_VERSIONS] = self._kept(versions)

    def _kept(self, versions: Document) -> tuple[str | None, ...]:
        """Return versions as the ledger keeps them; the same tuple for the same ones."""
        named = versions.get("agent"), versions.get("mapping"), versions.get("contract"), versions.get("policy")
        found = self._versions.get(named)
        if found is None:
            agent, *digests = named
            found = (agent, *(digest and digest[:_VERSION] for digest in digests))
            self._versions[named] = found
        return found

    def _accepted(self, entry: Document) -> None:
        message = self._message(entry)
        _acknowledge(message, entry)
        message[_WANTED] = message[_ACK_DIGEST]

    def _adopted(self, entry: Document) -> None:
        self._tried(entry)
        message = self._message(entry)
        _acknowledge(message, entry)
        if entry["reason"] == "pushed":
            message[_WANTED] = None  # what is there is to be replaced by the next look

    def _resolved(self, entry: Document) -> None:
        message, state = self._message(entry), entry["new_state"]
        if state == entry["old_state"]:
            return  # a doubt about what was never sent: nothing of it is evidence
        if state == "acknowledged":
            wanted = message[_WANTED]
            _acknowledge(message, entry)
            message[_WANTED] = wanted
        else:
            message[_STATE] = state
            message[_REASON] = message[_REASON] if state == "rejected" else None

    # cases

    def _protected(self, entry: Document) -> None:
        self._case(entry).row[:3] = entry["time"], entry["reason"], None

    def _unprotected(self, entry: Document) -> None:
        self._case(entry).row[:3] = None, "", entry["wanted"]

    def _lift_ended(self, entry: Document) -> None:
        self._case(entry).row[2] = None

    def _gone(self, entry: Document) -> None:
        self._case(entry).row[3] = entry["time"]

    def _returned(self, entry: Document) -> None:
        self._case(entry).row[3] = None

    def _erased(self, entry: Document) -> None:
        self._closed.add(entry["subject"])
        self._cases.pop(entry["subject"], None)

    # findings

    def _appeared(self, entry: Document) -> None:
        name = [entry["rule"], entry["level"], entry.get("field") or "", entry.get("step") or ""]
        findings = self._case(entry).findings
        found = findings.get(entry["finding"])
        if found is None:
            findings[entry["finding"]] = [*name, *_NONE, *_NONE]
        else:
            found[:4] = name

    def _disappeared(self, entry: Document) -> None:
        del self._case(entry).findings[entry["finding"]]

    def _released(self, entry: Document) -> None:
        finding = self._case(entry).findings[entry["finding"]]
        finding[4:] = *_decided(entry), *_NONE

    def _rejected(self, entry: Document) -> None:
        finding = self._case(entry).findings[entry["finding"]]
        finding[4:] = *_NONE, *_decided(entry)

    # the installation

    def _bound(self, entry: Document) -> None:
        """Note what the ledger belongs to; before there were agency maps, an entry said its mode and keys only."""
        before = self._environment or {"epoch": 0, "bound_at": entry["time"], "go_live": None}
        now = {"mode": entry["new_state"], "settings": entry["set_digest"], "keys_only": "counts" not in entry}
        if not (entry["counts"]["go_live"] if "counts" in entry else entry.get("old_state") == entry["new_state"]):
            now["go_live"] = None
        self._environment = before | now

    def _went_live(self, entry: Document) -> None:
        self._environment = (self._environment or {}) | {"go_live": entry["reason"]}

    def _taken_over(self, entry: Document) -> None:
        self._environment = (self._environment or {}) | {"epoch": entry["counts"]["epoch"]}

    def _signed(self, entry: Document) -> None:
        policy = entry["set_digest"]
        if entry.get("old_state") is not None:
            self._signatures[policy][3:] = entry["actor"], entry["time"]
        else:
            self._signatures[policy] = [entry["actor"], entry["time"], entry.get("reason"), None, None]
            if "new_state" not in entry:
                self._unkept.add(policy)

    # accounts of the pages

    def _let_in(self, entry: Document) -> None:
        agencies = (entry.get("reason") or "agencies:").removeprefix("agencies:").replace("+", " ")
        self._accounts[entry["account"]] = [entry["new_state"], agencies, entry["wanted"], None]

    def _password_set(self, entry: Document) -> None:
        self._accounts[entry["account"]][2] = entry["wanted"]

    def _shut_out(self, entry: Document) -> None:
        self._accounts[entry["account"]][3] = entry["time"]

    def _let_in_again(self, entry: Document) -> None:
        self._accounts[entry["account"]][3] = None

    def _closed_day(self, entry: Document) -> None:
        self._days[date.fromisoformat(entry["new_state"])] = entry["set_digest"]

    # comparing

    def compare(self, conn: Connection, findings: Findings) -> int:
        """Compare the rows of the ledger and add what differs to `findings`; return how many rows were compared.

        What the log says is used up by it.
        """
        rows = self._compare_environment(conn, findings) + self._compare_signatures(conn, findings)
        rows += self._compare_accounts(conn, findings) + self._compare_days(conn, findings)
        after = 0
        while page := conn.execute(_cases_after(after)).all():
            after = page[-1].id
            rows += self._compare_page(conn, findings, page)
        for subject, left in self._cases.items():
            if left.row != _Case().row or left.messages or left.findings:
                findings.add("row_missing", table=_CASE.name, key=subject[:_SHOWN], column="id")
        return rows

    def _compare_page(self, conn: Connection, findings: Findings, rows: Sequence[Row[Any]]) -> int:
        page, secrets = _Page(conn, findings, (rows[0].id, rows[-1].id)), _secrets(conn, rows)
        for row in rows:
            secret = secrets.get((row.source_id, row.case_key))
            if secret is None:
                page.closed.add(row.id)
                findings.add("secret_missing", table=_CASE.name, key=row.pseudonym, column="case_key")
                continue
            subject = secret.subject(row.origin_source or row.source_id, row.origin_key or row.case_key)
            expected = self._cases.pop(subject, None) or _Case()
            _differ(findings, _CASE.name, row.pseudonym, _OF_CASE, expected.row, _row_of_case(row))
            page.known[row.id] = row, expected, secret
        return len(rows) + page.compare()

    def _compare_environment(self, conn: Connection, findings: Findings) -> int:
        rows = conn.execute(select(_ENVIRONMENT)).all()
        said = self._environment
        for row in rows[1 if said else 0 :]:
            findings.add("row_without_entry", table=_ENVIRONMENT.name, key=row.id, column="id")
        if said and not rows:
            findings.add("row_missing", table=_ENVIRONMENT.name, key=1, column="id")
        elif said:
            values = rows[0]._asdict()
            found = [values["mode"], values["epoch"], values["go_live"], _at(values["bound_at"])]
            _differ(findings, _ENVIRONMENT.name, "1", _BOUND, [said.get(name) for name in _BOUND], found)
            digest = values["key_definition"] if said.get("keys_only") else settings_digest(values)
            if digest != said.get("settings"):
                shown = {"expected": _shown(said.get("settings")), "found": _shown(digest)}
                findings.add("row_changed", table=_ENVIRONMENT.name, key=1, column=", ".join(_SETTINGS), **shown)
        return len(rows)

    def _compare_accounts(self, conn: Connection, findings: Findings) -> int:
        rows = conn.execute(select(_ACCOUNTS)).all()
        left = dict(self._accounts)
        for row in rows:
            said, key = left.pop(row.name, None), _code(row.name)
            if said is None:
                findings.add("row_without_entry", table=_ACCOUNTS.name, key=key, column="name")
                continue
            found = [row.role, row.agencies, password_digest(row.password), _at(row.disabled_at)]
            _differ(findings, _ACCOUNTS.name, key, _MAY, said, found)
        for name in left:
            findings.add("row_missing", table=_ACCOUNTS.name, key=_code(name), column="name")
        return len(rows)

    def _compare_days(self, conn: Connection, findings: Findings) -> int:
        """Compare the days of the access log that are closed with what they came to then."""
        rows = 0
        for day, root in self._days.items():
            number, found = day_root(conn, day)
            rows += number
            if found != root:
                shown = {"expected": _shown(root), "found": _shown(found)}
                findings.add("row_changed", table=_ACCESS_LOG.name, key=day, column="at", **shown)
        return rows

    def _compare_signatures(self, conn: Connection, findings: Findings) -> int:
        rows = conn.execute(select(_SIGNATURE)).all()
        left = dict(self._signatures)
        for row in rows:
            said, key = left.pop(row.policy, None), _shown(row.policy)
            if said is None:
                findings.add("row_without_entry", table=_SIGNATURE.name, key=key, column="policy")
                continue
            found = [row.actor, _at(row.signed_at), row.reason, row.second_actor, _at(row.second_at)]
            _differ(findings, _SIGNATURE.name, key, _SIGNED, said, found)
            content = None if row.content is None else hashlib.sha256(row.content.encode()).hexdigest()
            if content != row.policy and not (content is None and row.policy in self._unkept):
                shown = {"expected": key, "found": _shown(content)}
                findings.add("row_changed", table=_SIGNATURE.name, key=key, column="content", **shown)
        for policy in left:
            findings.add("row_missing", table=_SIGNATURE.name, key=_shown(policy), column="policy")
        return len(rows)


def _acknowledge(message: list[Any], entry: Document) -> None:
    """Note that the content of an entry is there, under account and versions of the intent it answers."""
    message[_STATE], message[_REASON] = "acknowledged", None
    message[_ACK_DIGEST], message[_ACK_ID] = entry.get("wanted"), entry.get("national_id")
    message[_ACK_ACCOUNT] = message[_ACK_ACCOUNT] or message[_ACCOUNT]
    message[_ACK_AT], message[_FIRST_ACK] = entry["time"], message[_FIRST_ACK] or entry["time"]
    message[7:11] = message[_VERSIONS]


def _decided(entry: Document) -> tuple[str, str, str, str]:
    return entry["wanted"], entry["actor"], entry["time"], entry["reason"]


def _cases_after(after: int) -> Any:
    columns = ("id", "source_id", "case_key", "pseudonym", "origin_source", "origin_key", *_OF_CASE)
    return select(*(_CASE.c[name] for name in columns)).where(_CASE.c.id > after).order_by(_CASE.c.id).limit(_PAGE)


def _secrets(conn: Connection, page: Sequence[Row[Any]]) -> dict[tuple[str, str], CaseSecret]:
    sources: dict[str, list[str]] = {}
    for row in page:
        sources.setdefault(row.source_id, []).append(row.case_key)
    return {
        (source, key): secret
        for source, keys in sources.items()
        for key, secret in _readable(conn, source, keys).items()
    }


def _readable(conn: Connection, source: str, keys: Sequence[str]) -> dict[str, CaseSecret]:
    """Return the secrets that can be read; one that was changed is as good as gone."""
    try:
        return load_secrets(conn, source, keys)
    except (AuditError, ValueError):
        if len(keys) == 1:
            return {}
        middle = len(keys) // 2
        return _readable(conn, source, keys[:middle]) | _readable(conn, source, keys[middle:])


def _messages_of(first: int, last: int) -> Any:
    columns = ("id", "case_id", "step", "local_key", *_DELIVERY, *_ACK)
    return select(*(_MESSAGE.c[name] for name in columns)).where(_MESSAGE.c.case_id.between(first, last))


def _row_of_case(row: Row[Any]) -> list[Any]:
    return [_at(row.protected_since), row.protection, row.lifted_digest, _at(row.gone_since)]


def _at(value: datetime | None) -> str | None:
    return instant(value) if value else None


def _left_over(findings: Findings, pseudonym: str, left: _Case) -> None:
    for step, _ in left.messages:
        findings.add("row_missing", table=_MESSAGE.name, key=f"{pseudonym} {step}", column="step, local_key")
    for rule, *_ in left.findings.values():
        findings.add("row_missing", table=_FINDING.name, key=f"{pseudonym} {rule}", column="rule")


def _differ(  # noqa: PLR0917 - where, and two rows side by side
    findings: Findings, table: str, key: str, names: Sequence[str], said: Sequence[Any], found: Sequence[Any]
) -> None:
    for name, expected, there in zip(names, said, found, strict=False):
        if expected != there:
            findings.add(
                "row_changed", table=table, key=key, column=name, expected=_shown(expected), found=_shown(there)
            )


def _shown(value: object) -> str:
    """Return a value for a person: a digest in short; what is no code may be anything, and is not shown."""
    text = "-" if value in {None, ""} else str(value)
    if len(text) == 64 and all(sign in "0123456789abcdef" for sign in text):  # noqa: PLR2004 - hex of SHA-256
        return text[:_SHOWN]
    return text if text == "-" or (text[:4].isdigit() and text.endswith("Z")) else _code(text)


def _code(text: str) -> str:
    return text if text.isdigit() or _WORD.fullmatch(text) else "▢"
