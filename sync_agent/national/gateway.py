"""Sends requests and decides which may be tried again within seconds: only what was surely not processed."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any, Protocol

from tenacity import RetryCallState, Retrying, retry_if_result, stop_after_attempt

from sync_agent.errors import NationalUnreachableError
from sync_agent.national.accounts import Accounts, AccountSettings, load_accounts
from sync_agent.national.answers import AnswerError, found_ids, judge, listed
from sync_agent.national.encoding import encode
from sync_agent.national.exchange import LostError, NotSentError, Reply, Transport
from sync_agent.national.kntc import KntcContract
from sync_agent.national.messages import Body, WireRequest
from sync_agent.national.outcomes import NotProcessed, Outcome, Unknown
from sync_agent.national.transport_settings import TransportSettings

__all__ = ["CodeEntry", "Gateway", "HttpGateway", "open_gateway"]

_FIRST_WAIT = 0.5  # seconds; doubled for each further try
_LOOK_UP_FIELDS = ("MaVuViec", "TenNguoiKhieuNai", "MaTinh", "MaHuyen", "MaXa", "SoDinhDanhCaNhan")


@dataclass(frozen=True, slots=True)
class CodeEntry:
    """One entry of a national code list."""

    code: str
    name: str


class Gateway(Protocol):
    """The national service as the rest of the agent sees it."""

    def send(self, request: WireRequest, account_alias: str) -> Outcome:
        """Send one message and return what became of it."""
        ...

    def look_up(self, token: str, account_alias: str) -> list[str]:
        """Return the Ids of the cases whose text holds the token. Raises NationalUnreachableError."""
        ...

    def code_list(
        self, kind: int, account_alias: str, *, province: str = "", ministry: str = "", classification: str = ""
    ) -> list[CodeEntry]:
        """Return the national code list `kind` (1-14). Raises NationalUnreachableError."""
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
    ) -> None:
        self.accounts = accounts
        self._contract = contract
        self._transport = transport
        self._settings = settings
        self._production = production
        self._sleep = sleep
        self._now = now

    def send(self, request: WireRequest, account_alias: str) -> Outcome:
        """Send one message and return what became of it. Raises ConfigError for an unknown account."""
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

    def code_list(
        self, kind: int, account_alias: str, *, province: str = "", ministry: str = "", classification: str = ""
    ) -> list[CodeEntry]:
        """Return the national code list `kind` (1-14). Raises NationalUnreachableError."""
        body = {"LoaiDanhMuc": kind, "MaTinh": province, "MaBoNganh": ministry, "MaLoaiKhieuTo": classification}
        rows = self._ask(self._contract.file.actions.code_list, body, account_alias)
        if not all(isinstance(row.get("Ma"), str | int) and isinstance(row.get("Ten"), str) for row in rows):
            raise _unusable("malformed")
        return [CodeEntry(str(row["Ma"]), row["Ten"]) for row in rows]

    def close(self) -> None:
        """Close every connection."""
        self._transport.close()

    def _try(self, request: WireRequest, account_alias: str) -> Outcome:
        try:
            reply = self._post(request.action, request.body, account_alias)
        except NotSentError as error:
            return NotProcessed(error.cause)
        except LostError as error:
            return Unknown(error.cause)
        return judge(reply, self._contract, production=self._production, now=self._now)

    def _ask(self, action: str, body: Body, account_alias: str) -> list[dict[str, Any]]:
        try:
            return listed(self._post(action, body, account_alias), self._contract)
        except NotSentError as error:
            cause = error.cause
        except (LostError, AnswerError) as error:
            cause = error.cause
        raise _unusable(cause)

    def _post(self, action: str, body: Body, account_alias: str) -> Reply:
        content, content_type = encode(body, self._settings.body)
        headers = {"Authorization": self.accounts.authorization(account_alias), "Content-Type": content_type}
        return self._transport.post(self._contract.file.actions.prefix + action, content, headers)

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
        if not isinstance(outcome, NotProcessed) or outcome.status == HTTPStatus.UNAUTHORIZED:
            return False
        return (outcome.retry_after or 0.0) <= self._settings.quick_retry_seconds


def open_gateway(
    contract: KntcContract,
    transport: TransportSettings,
    accounts: Iterable[AccountSettings],
    folder: Path,
    *,
    workers: int,
    production: bool,
) -> HttpGateway:
    """Return the gateway that the settings describe; relative paths are below `folder`. Raises ConfigError."""
    from sync_agent.national.transport import HttpTransport  # noqa: PLC0415 - httpx is slow to import

    loaded = load_accounts(accounts, folder)
    carrier = HttpTransport(transport, folder, connections=workers)
    return HttpGateway(contract, carrier, loaded, transport, production=production)


def _wait(state: RetryCallState) -> float:
    asked = _last_outcome(state).retry_after
    return asked if asked is not None else _FIRST_WAIT * 2.0 ** (state.attempt_number - 1)


def _last_outcome(state: RetryCallState) -> Any:
    return None if state.outcome is None else state.outcome.result()


def _unusable(cause: str) -> NationalUnreachableError:
    return NationalUnreachableError(
        "the national service gave no usable answer ({cause})",
        todo="check the connection with: sync-agent check --probe",
        facts=(("cause", cause),),
    )
