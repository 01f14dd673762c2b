"""Decides which accounts may send now, and when the national side as a whole counts as out of reach.

A breaker for each account, kept in the ledger from pass to pass: too many failures in a row, or one refusal of the
account itself (401 or 403), open it. Nothing leaves by it then until a pause has passed, longer each time, or its
secret was changed; one message goes first, alone, and its answer decides. The first message of an account in a pass
always goes alone, so that a wrong secret is tried once and a missing right leaves one message in doubt.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus

from sync_agent.audit import Event
from sync_agent.domain.canonical import keyed_digest
from sync_agent.errors import ConfigError, NationalUnreachableError
from sync_agent.i18n import mark, time_text
from sync_agent.ledger import LaneRow, LaneState, Transaction, load_lanes, save_lane
from sync_agent.logs import LogEvent, log
from sync_agent.national import FILE_CHANGED, NotProcessed, Outcome, Unknown
from sync_agent.sync.context import Agent
from sync_agent.sync.observe import Observed

__all__ = ["ClosedLane", "Lanes", "refusal_of_account", "resting"]

_SEEN_EVERY = timedelta(minutes=1)
"""How old the last success of an account may look; less would be a write for each message."""

_CAUSES: dict[int, str] = {HTTPStatus.UNAUTHORIZED: "unauthorized", HTTPStatus.FORBIDDEN: "forbidden"}
_WHAT = {
    "unauthorized": mark("the national side refuses the credentials of account {account}"),
    "forbidden": mark("the national side forbids account {account} to send"),
}
_TODO = {
    "unauthorized": mark("check its user name and secret"),
    "forbidden": mark("have the national side give it the right to send, then settle what is uncertain"),
}


def refusal_of_account(outcome: Outcome) -> str | None:
    """Return `unauthorized` or `forbidden` for what was answered to the account and not to its message, else None."""
    return _CAUSES.get(outcome.status)


@dataclass(frozen=True, slots=True)
class ClosedLane:
    """An account that was refused: `cause` is `unauthorized` (401) or `forbidden` (403)."""

    account: str
    cause: str

    @property
    def what(self) -> str:
        """What happened: a message id with `{account}`."""
        return _WHAT[self.cause]

    @property
    def todo(self) -> str:
        """What to do: a message id."""
        return _TODO[self.cause]


class Lanes:
    """One lane for each account. `closed` and `resting` (until when) are filled as lanes close and rest."""

    def __init__(self, agent: Agent, closed: dict[str, ClosedLane], resting: dict[str, datetime]) -> None:
        self._agent = agent
        self._closed = closed
        self._resting = resting
        self._wanted: set[str] = set()  # accounts that had something to send
        self._begun: set[str] = set()  # a first message left
        self._proven: set[str] = set()  # the first message came back and was no refusal of the account
        self._parked: dict[str, list[Observed]] = {}
        self._failures: list[NotProcessed | Unknown] = []  # in a row, of the whole national side
        self._failed: set[str] = set()  # accounts of these
        with agent.ledger.read() as connection:
            self._rows = load_lanes(connection)

    def is_closed(self, account: str, now: datetime) -> bool:
        """Tell whether this account was refused or rests; notes that it has something to send."""
        self._wanted.add(account)
        if account not in self._begun:
            self._rest(account, now)
        return account in self._closed or account in self._resting

    def _rest(self, account: str, now: datetime) -> None:
        """Note it when an earlier pass has left this account a pause that is not over."""
        row = self._rows.get(account)
        if row is None or row.next_probe_at is None or not _rests(self._agent, row, now):
            return
        if row.cause in _WHAT:
            self._closed[account] = ClosedLane(account, row.cause)
        else:
            self._resting[account] = row.next_probe_at

    def is_on_trial(self, account: str) -> bool:
        """Tell whether the answer to this account's first message is still awaited."""
        return account in self._begun and account not in self._proven

    def asks_first(self, account: str) -> bool:
        """Tell whether this account was forbidden to send last time: a question, which makes nothing, goes first."""
        row = self._rows.get(account)
        return row is not None and row.state == LaneState.HALF_OPEN and row.cause == "forbidden"

    def park(self, account: str, observed: Observed) -> None:
        """Keep a case until the first message of its account has come back."""
        self._parked.setdefault(account, []).append(observed)

    def begin(self, tx: Transaction, account: str) -> None:
        """Note that a message of this account leaves."""
        self._begun.add(account)
        row = self._rows.get(account)
        if row is not None and row.state == LaneState.OPEN:
            row.state = LaneState.HALF_OPEN
            save_lane(tx, row)

    def land(self, tx: Transaction, account: str, outcome: Outcome) -> list[Observed]:
        """Note what came back; return the cases that waited for it, in their order."""
        cause = refusal_of_account(outcome)
        if isinstance(outcome, NotProcessed | Unknown) and outcome.cause == FILE_CHANGED:
            self._begun.discard(account)  # the service was not asked to the end: the next one is the first
        elif cause is None:
            self._proven.add(account)
            self._count(tx, account, outcome)
        elif account not in self._closed:
            self._closed[account] = ClosedLane(account, cause)
            self._open(tx, account, cause, outcome.status)
            log(LogEvent.ACCOUNT_CLOSED, "warning", account=account, http_status=outcome.status)
        return self._parked.pop(account, [])

    def _count(self, tx: Transaction, account: str, outcome: Outcome) -> None:
        if isinstance(outcome, NotProcessed) or (isinstance(outcome, Unknown) and not outcome.status):
            self._failures.append(outcome)
            self._failed.add(account)
            self._fail(tx, account, outcome)
        else:
            self._failures, self._failed = [], set()
            self._succeed(tx, account)

    def _fail(self, tx: Transaction, account: str, outcome: NotProcessed | Unknown) -> None:
        """Count a failure of an account; open what has failed too often, or on trial after a pause."""
        row = self._row(account)
        row.failures += 1
        if row.state == LaneState.HALF_OPEN or row.failures >= self._agent.settings.delivery.unreachable_after:
            self._stop(tx, account, outcome)
        else:
            save_lane(tx, row)
        if self.out_of_reach:
            for other in sorted(self._failed - set(self._resting)):
                self._stop(tx, other, outcome)

    def _stop(self, tx: Transaction, account: str, outcome: NotProcessed | Unknown) -> None:
        """Have an account rest for what the line does to it. One that was forbidden to send stays known as such."""
        if account in self._resting or account in self._closed:
            return
        row = self._row(account)
        forbidden = row.state != LaneState.CLOSED and row.cause == "forbidden"
        cause = "forbidden" if forbidden else outcome.cause
        asked = outcome.retry_after if isinstance(outcome, NotProcessed) else None
        self._resting[account] = self._open(tx, account, cause, outcome.status, asked or 0)

    def _succeed(self, tx: Transaction, account: str) -> None:
        """Note that the service is there for an account."""
        row = self._row(account)
        seen = row.last_success_at is not None and tx.now - row.last_success_at < _SEEN_EVERY
        if seen and row.state == LaneState.CLOSED and not row.failures:
            return
        if row.state != LaneState.CLOSED:
            tx.record(Event.NATIONAL_UP, account=account)
        self._rows[account] = LaneRow(account=account, state=LaneState.CLOSED, last_success_at=tx.now)
        save_lane(tx, self._rows[account])

    def _open(self, tx: Transaction, account: str, cause: str, status: int, asked: float = 0) -> datetime:
        """Let nothing leave by an account for a while, `asked` seconds at least; return until when."""
        row = self._row(account)
        if row.state == LaneState.CLOSED:
            tx.record(Event.NATIONAL_DOWN, account=account, reason=cause, http_status=status or None)
            row.opened_at = tx.now
        row.state, row.cause = LaneState.OPEN, cause
        row.openings += 1
        row.credential = _credential(self._agent, account) if cause in _WHAT else None
        asked = min(asked, self._agent.settings.delivery.backoff_max_seconds)
        row.next_probe_at = tx.now + max(self._pause(row), timedelta(seconds=asked))
        save_lane(tx, row)
        return row.next_probe_at

    def _pause(self, row: LaneRow) -> timedelta:
        """Return how long a lane rests: doubled each time. Where each try may leave a doubt, as long as a message."""
        delivery = self._agent.settings.delivery
        longest = delivery.breaker_max_seconds
        if row.cause == "forbidden":
            longest = max(longest, delivery.backoff_max_seconds)
        return timedelta(seconds=min(delivery.breaker_first_seconds * 2 ** min(row.openings - 1, 20), longest))

    def _row(self, account: str) -> LaneRow:
        return self._rows.setdefault(account, LaneRow(account=account, state=LaneState.CLOSED))

    def require_open(self) -> None:
        """Raise ConfigError when every account of the installation was refused."""
        if self._closed.keys() >= set(self._agent.accounts.aliases):
            self._raise_refused()

    def require_work_done(self, *, none: bool) -> None:
        """At the end of a pass: raise ConfigError when every account that had something to send was refused.

        Where no message got through at all (`none`), or every account rests, raises NationalUnreachableError.
        """
        if self._closed and self._closed.keys() >= self._wanted:
            self._raise_refused()
        if none and self._failures:
            self._raise_unreachable()
        if self._resting and self._closed.keys() | self._resting.keys() >= self._wanted:
            self._raise_resting()

    @property
    def out_of_reach(self) -> bool:
        """Tell whether so many messages in a row got no answer, whoever sent them, that the pass is to end."""
        return len(self._failures) >= self._agent.settings.delivery.unreachable_after

    def require_reachable(self) -> None:
        """Raise NationalUnreachableError when the national side is out of reach."""
        if self.out_of_reach:
            self._raise_unreachable()

    def _raise_resting(self) -> None:
        accounts = sorted(self._resting)
        until = min(self._resting.values())
        raise NationalUnreachableError(
            "the national side did not take the last messages of account {account}; the next try is at {time}",
            where=self._agent.settings.national.transport.base_url,
            todo="see: sync-agent status",
            facts=(("account", ", ".join(accounts)), ("time", time_text(until))),
        )

    def _raise_unreachable(self) -> None:
        failure = self._failures[-1]
        facts = (("cause", failure.cause),)
        if isinstance(failure, Unknown):
            raise NationalUnreachableError(
                "the national side answers nothing now ({cause}); whether the last messages arrived is not known",
                where=self._agent.settings.national.transport.base_url,
                todo="see: sync-agent cases list --state uncertain",
                facts=facts,
            )
        raise NationalUnreachableError(
            "the national side does not take messages now ({cause}); nothing is lost, they are tried again later",
            where=self._agent.settings.national.transport.base_url,
            todo="see: sync-agent check --probe",
            facts=facts,
        )

    def _raise_refused(self) -> None:
        first = next(iter(self._closed.values()))
        accounts = sorted(lane.account for lane in self._closed.values() if lane.cause == first.cause)
        raise ConfigError(
            first.what, where="national.accounts", todo=first.todo, facts=(("account", ", ".join(accounts)),)
        )


def resting(agent: Agent) -> frozenset[str]:
    """Return the accounts by which nothing may leave now, for what earlier passes met."""
    with agent.ledger.read() as connection:
        rows = load_lanes(connection)
    now = agent.clock()
    return frozenset(account for account, row in rows.items() if _rests(agent, row, now))


def _rests(agent: Agent, row: LaneRow, now: datetime) -> bool:
    """Tell whether the pause of an account is not over; a new secret ends the one that the old one brought."""
    if row.state == LaneState.CLOSED or row.next_probe_at is None or row.next_probe_at <= now:
        return False
    return row.cause not in _WHAT or row.credential == _credential(agent, row.account)


def _credential(agent: Agent, account: str) -> str | None:
    """Return a keyed digest of what an account proves itself by, so that a change of it is noticed."""
    if account not in agent.accounts.aliases:
        return None
    return keyed_digest(agent.installation_key, "lane", agent.accounts.authorization(account).encode())
