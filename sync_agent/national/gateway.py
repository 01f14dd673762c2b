"""Sends requests and decides which may be tried again within seconds: only what was surely not processed."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any, Protocol

from tenacity import RetryCallState, Retrying, retry_if_result, stop_after_attempt

from sync_agent.errors import NationalUnreachableError
from sync_agent.national.access import Access, Proof
from sync_agent.national.accounts import Accounts, AccountSettings, load_accounts
from sync_agent.national.answers import AnswerError, found_cases, found_ids, judge, listed
from sync_agent.national.content import opened
from sync_agent.national.exchange import LostError, NotSentError, Reply, Transport
from sync_agent.national.kntc import KntcContract
from sync_agent.national.messages import Body, WireFile, WireRequest
from sync_agent.national.outcomes import OVERSLEPT, NotProcessed, Outcome, Unknown
from sync_agent.national.search import FoundCase, PersonQuery
from sync_agent.national.tokens import TokenError
from sync_agent.national.transport_settings import TransportSettings

__all__ = ["AccountRefusedError", "CodeEntry", "Gateway", "HttpGateway", "open_gateway"]

_ACCOUNT_REFUSED = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
_FIRST_WAIT = 0.5  # seconds; doubled for each further try
_LOOK_UP_FIELDS = ("MaVuViec", "TenNguoiKhieuNai", "MaTinh", "MaHuyen", "MaXa", "SoDinhDanhCaNhan")


class AccountRefusedError(NationalUnreachableError):
    """The national side refuses one account (401 or 403); others may be let in."""


@dataclass(frozen=True, slots=True)
class CodeEntry:
    """One entry of a national code list."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class _Question:
    """A request that makes nothing, so that it is never too late for it."""

    action: str
    body: Body = field(repr=False)
    files: tuple[WireFile, ...] = ()

    def overslept(self) -> bool:
        """Say no."""
        return False


class Gateway(Protocol):
    """The national service as the rest of the agent sees it."""

    def send(self, request: WireRequest, account_alias: str) -> Outcome:
        """Send one message and return what became of it.

        Raises SourceError for a file that is not what it was; nothing has been sent then.
        """
        ...

    def look_up(self, token: str, account_alias: str) -> list[str]:
        """Return the Ids of the cases whose text holds the token.

        Raises NationalUnreachableError, AccountRefusedError where it is this account that is refused.
        """
        ...

    def search(self, query: PersonQuery, account_alias: str) -> list[FoundCase]:
        """Return the cases of a person, as far as the service lists them. Raises as `look_up` does."""
        ...

    def code_list(
        self, kind: int, account_alias: str, *, province: str = "", ministry: str = "", classification: str = ""
    ) -> list[CodeEntry]:
        """Return the national code list `kind` (1-14). Raises NationalUnreachableError."""
        ...

    def token_seconds(self, account_alias: str, *, ask: bool = True) -> float | None:
        """Return in how many seconds the account's token expires, None where it needs none.

        Asks for one if need be, and raises as `look_up` does then; without `ask` None where there is none in hand.
        """
        ...

    def close(self) -> None:
        """Give back what the gateway holds."""
        ...


class HttpGateway:
    """The gateway over HTTP. `production` refuses Ids minted by a simulator. Safe to share between threads."""

    def __init__(
        self,
        contract: KntcContract,
        transport: Transport,
        accounts: Accounts,
        settings: TransportSettings,
        *,
        production: bool,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.accounts = accounts
        self._access = Access(accounts, transport, now=now, clock=clock)
        self._contract = contract
        self._transport = transport
        self._settings = settings
        self._production = production
        self._sleep = sleep
        self._now = now

    def send(self, request: WireRequest, account_alias: str) -> Outcome:
        """Send one message and return what became of it. Raises ConfigError for an unknown account.

        Its files are opened and hashed for each try. Raises SourceError for one that is not what it was: nothing has
        been sent then.
        """
        return self._quickly(lambda: self._try(request, account_alias))

    def look_up(self, token: str, account_alias: str) -> list[str]:
        """Return the Ids of the cases whose text holds the token as a whole line.

        Raises NationalUnreachableError when there is no answer that can be trusted; that is never "not found".
        """
        body = {**dict.fromkeys(_LOOK_UP_FIELDS, ""), "NoiDung": token}
        rows = self._ask(self._contract.file.actions.look_up, body, account_alias)
        try:
            return found_ids(rows, token, self._contract, production=self._production)
        except AnswerError as error:
            raise _unusable(error.cause) from None

    def search(self, query: PersonQuery, account_alias: str) -> list[FoundCase]:
        """Return the cases of a person; the list may have been cut. Never for a protected case: this names a person.

        Raises NationalUnreachableError when there is no answer that can be trusted; that is never "not found".
        """
        asked = {"TenNguoiKhieuNai": query.name, "SoDinhDanhCaNhan": query.id_number, "NoiDung": ""}
        body = {**dict.fromkeys(_LOOK_UP_FIELDS, ""), **asked}
        rows = self._ask(self._contract.file.actions.look_up, body, account_alias)
        try:
            return found_cases(rows, self._contract, production=self._production)
        except AnswerError as error:
            raise _unusable(error.cause) from None

    def code_list(
        self, kind: int, account_alias: str, *, province: str = "", ministry: str = "", classification: str = ""
    ) -> list[CodeEntry]:
        """Return the national code list `kind` (1-14). Raises NationalUnreachableError."""
        body = {"LoaiDanhMuc": kind, "MaTinh": province, "MaBoNganh": ministry, "MaLoaiKhieuTo": classification}
        rows = self._ask(self._contract.file.actions.code_list, body, account_alias)
        if not all(isinstance(row.get("Ma"), str | int) and isinstance(row.get("Ten"), str) for row in rows):
            raise _unusable("malformed")
        return [CodeEntry(str(row["Ma"]), row["Ten"]) for row in rows]

    def token_seconds(self, account_alias: str, *, ask: bool = True) -> float | None:
        """Return in how many seconds the account's token expires, None where it needs none, or has none unless asked.

        Raises NationalUnreachableError, AccountRefusedError where it is this account that is refused.
        """
        try:
            return self._access.token_seconds(account_alias, ask=ask)
        except TokenError as error:
            failure = error
        raise _without_token(account_alias, failure)

    def close(self) -> None:
        """Close every connection."""
        self._transport.close()

    def _try(self, request: WireRequest, account_alias: str) -> Outcome:
        try:
            proof = self._access.proof(account_alias)
            reply = self._exchange(request, proof)
        except TokenError as error:
            status = int(HTTPStatus.UNAUTHORIZED) if error.refused else 0  # the audit log takes numbers only
            return NotProcessed(error.cause, status, error.retry_after)
        except NotSentError as error:
            return NotProcessed(error.cause)
        except LostError as error:
            return Unknown(error.cause)
        if reply.status == HTTPStatus.UNAUTHORIZED and self._access.is_changed(proof):
            return NotProcessed("unauthorized", reply.status, retry_after=0.0)  # the secret was changed meanwhile
        return judge(reply, self._contract, production=self._production, now=self._now)

    def _ask(self, action: str, body: Body, account_alias: str) -> list[dict[str, Any]]:
        try:
            reply = self._exchange(_Question(action, body), self._access.proof(account_alias))
            if reply.status in _ACCOUNT_REFUSED:
                raise _refused(account_alias, reply.status)
            return listed(reply, self._contract)
        except TokenError as error:
            failure = _without_token(account_alias, error)
        except (NotSentError, LostError, AnswerError) as error:
            failure = _unusable(error.cause)
        raise failure

    def _exchange(self, request: WireRequest | _Question, proof: Proof) -> Reply:
        """Return the answer; a token that is refused is exchanged once: a 401 was surely not processed.

        Raises NotSentError or LostError.
        """
        reply = self._post(request, proof)
        newer = self._access.instead_of(proof) if reply.status == HTTPStatus.UNAUTHORIZED else None
        return reply if newer is None else self._post(request, newer)

    def _post(self, request: WireRequest | _Question, proof: Proof) -> Reply:
        with opened(request.body, request.files, self._settings.body) as (content, content_type):
            headers = {**self._access.headers(proof, request.action), "Content-Type": content_type}
            if request.overslept():  # asked last: a token, a file or a pause between two tries takes its time
                raise NotSentError(OVERSLEPT)
            reply = self._transport.post(self._contract.file.actions.prefix + request.action, content, headers)
            return replace(reply, asked_bytes=len(content))

    def _quickly(self, attempt: Callable[[], Outcome]) -> Outcome:
        retrying = Retrying(
            stop=stop_after_attempt(self._settings.tries),
            retry=retry_if_result(self._worth_a_moment),
            wait=_wait,
            sleep=self._sleep,
            retry_error_callback=_last_outcome,
        )
        outcome: Outcome = retrying(attempt)
        return outcome

    def _worth_a_moment(self, outcome: Outcome) -> bool:
        if not isinstance(outcome, NotProcessed) or outcome.status == HTTPStatus.FORBIDDEN:
            return False
        if outcome.cause == OVERSLEPT:
            return False
        if outcome.status == HTTPStatus.UNAUTHORIZED:
            return outcome.retry_after is not None
        return (outcome.retry_after or 0.0) <= self._settings.quick_retry_seconds


def open_gateway(
    contract: KntcContract,
    transport: TransportSettings,
    accounts: Iterable[AccountSettings],
    folder: Path,
    *,
    workers: int,
    production: bool,
    secrets_at_use: bool = False,
) -> HttpGateway:
    """Return the gateway that the settings describe; relative paths are below `folder`. Raises ConfigError.

    With `secrets_at_use` the secrets of the accounts are read when something is sent.
    """
    from sync_agent.national.transport import HttpTransport  # noqa: PLC0415 - httpx is slow to import

    loaded = load_accounts(accounts, folder, secrets_at_use=secrets_at_use)
    carrier = HttpTransport(transport, folder, connections=workers)
    return HttpGateway(contract, carrier, loaded, transport, production=production)


def _wait(state: RetryCallState) -> float:
    asked = _last_outcome(state).retry_after
    return asked if asked is not None else _FIRST_WAIT * 2.0 ** (state.attempt_number - 1)


def _last_outcome(state: RetryCallState) -> Any:
    return None if state.outcome is None else state.outcome.result()


def _refused(account_alias: str, status: int) -> AccountRefusedError:
    return AccountRefusedError(
        "the national service refuses account {account} ({cause})",
        todo="check its user name, its secret and its rights",
        facts=(("account", account_alias), ("cause", f"status_{status}")),
    )


def _without_token(account_alias: str, error: TokenError) -> NationalUnreachableError:
    if not error.refused:
        return _unusable(error.cause)
    return AccountRefusedError(
        "the LGSP gives account {account} no token ({cause})",
        todo="check its access key, its secret key and what else its table lgsp says",
        facts=(("account", account_alias), ("cause", error.cause)),
    )


def _unusable(cause: str) -> NationalUnreachableError:
    return NationalUnreachableError(
        "the national service gave no usable answer ({cause})",
        todo="check the connection with: sync-agent check --probe",
        facts=(("cause", cause),),
    )
