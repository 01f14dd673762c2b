"""How long a token is used, who renews it, and what a failed renewal means."""

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import orjson
import pytest

from sync_agent.national.exchange import NotSentError, Reply
from sync_agent.national.tokens import Token, TokenError, Tokens, token_of

ME = "identity-of-me"
DAY = 86_400.0


def told(status: int = 200, **content: Any) -> Reply:
    """Return an answer of a token endpoint."""
    return Reply(status, "application/json", "", orjson.dumps(content))


def failure(reply: Reply) -> tuple[str, bool]:
    """Return cause and kind of the failure that an answer is."""
    with pytest.raises(TokenError) as caught:
        token_of(reply, ME, 0.0)
    return caught.value.cause, caught.value.refused


@dataclass
class Office:
    """Gives tokens that last 3600 seconds, or fails; counts. The clock is the test's."""

    now: float = 1000.0
    seconds: float = 3600.0
    asked: int = 0
    failures: list[Exception] = field(default_factory=list)
    before: Callable[[], object] = lambda: None

    def __call__(self, identity: str) -> Token:
        """Give the next token."""
        self.asked += 1
        asked_at, number = self.now, self.asked
        self.before()
        if self.failures:
            raise self.failures.pop(0)
        return token_of(told(access_token=f"t{number}", expires_in=self.seconds), identity, asked_at)

    def tokens(self) -> Tokens:
        """Return tokens that are asked for here."""
        return Tokens(self, lambda: self.now)


@pytest.mark.parametrize(
    ("expires_in", "renew_at", "expires_at"),
    [
        (3600, 3240, 3600),
        (100, 70, 100),
        ("3600", 3240, 3600),
        (" 600.5 ", 540.45, 600.5),
        (20, 10, 20),
        (1, 0.5, 1),
        (DAY, 0.9 * DAY, DAY),
        (10**15, 0.9 * DAY, DAY),
        (1e300, 0.9 * DAY, DAY),
        *[(odd, 270, 300) for odd in (None, "", "soon", "1e9", -1, 0, True, [3600], {"s": 1}, "٣٦٠٠")],
    ],
)
def test_a_token_is_renewed_before_it_expires(expires_in: Any, renew_at: float, expires_at: float) -> None:
    """A tenth before, at least 30 seconds, never more than half of it; at most a day, minutes where it is not told."""
    token = token_of(told(access_token="abc", expires_in=expires_in), ME, 1000.0)
    assert (token.renew_at, token.expires_at) == pytest.approx((1000 + renew_at, 1000 + expires_at))


def test_a_token_whose_time_is_missing_is_used_for_some_minutes() -> None:
    """Its end then comes by a 401 at the latest."""
    assert token_of(told(access_token="abc"), ME, 0.0).expires_at == 300


@pytest.mark.parametrize("value", ["eyJhbGciOi.J9-_~+/x", "a", "YWJj==", "x" * 16384])
def test_a_token_of_the_usual_characters_is_taken(value: str) -> None:
    """RFC 6750."""
    assert token_of(told(access_token=value), ME, 0.0).value == value


@pytest.mark.parametrize(
    "value", [None, "", 7, True, ["abc"], "two words", "a\r\nX-Evil: 1", "a=b", "tiếng", "a\x00", "abc\n", "x" * 16385]
)
def test_a_token_of_odd_characters_is_refused(value: Any) -> None:
    """It would be a header of its own making."""
    assert failure(told(access_token=value, expires_in=60)) == ("token_malformed", False)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'"abc"', b"null", b"\xff"])
def test_an_answer_that_is_no_object_is_malformed(body: bytes) -> None:
    """A page of a proxy, for instance."""
    assert failure(Reply(200, "text/html", "", body)) == ("token_malformed", False)


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (told(401), ("token_refused", True)),
        (told(403), ("token_refused", True)),
        (told(400, error="invalid_client"), ("token_refused", True)),
        (told(400, error="unauthorized_client"), ("token_refused", True)),
        (told(400, error="invalid_request"), ("token_status_400", False)),
        (told(400, error=["invalid_client"]), ("token_status_400", False)),
        (told(302, access_token="abc"), ("token_status_302", False)),
        (told(404), ("token_status_404", False)),
        (told(503), ("token_status_503", False)),
    ],
)
def test_a_refusal_is_told_from_a_failure(reply: Reply, expected: tuple[str, bool]) -> None:
    """By status and, for 400, by the error code of RFC 6749."""
    assert failure(reply) == expected


def test_a_failure_says_that_nothing_was_sent() -> None:
    """By its type, and keeps what the endpoint asked for."""
    with pytest.raises(NotSentError) as caught:
        token_of(told(503), ME, 0.0, 7.0)
    assert (str(caught.value), vars(caught.value)["retry_after"]) == ("token_status_503", 7.0)


def test_a_token_is_asked_for_once_and_used_until_it_ends_soon() -> None:
    """At its renewal a new one takes its place."""
    office = Office()
    tokens = office.tokens()
    used = []
    for office.now in (1000.0, 2000.0, 4239.9, 4240.0, 4241.0):
        used.append(tokens.current(ME).value)
    assert (used, office.asked) == (["t1", "t1", "t1", "t2", "t2"], 2)


def test_a_short_token_is_not_renewed_at_every_use() -> None:
    """One that lasts no longer than the margin is used for half its time."""
    office = Office(seconds=20)
    tokens = office.tokens()
    used = []
    for office.now in (0.0, 5.0, 9.9, 10.0, 19.9, 20.0):
        used.append(tokens.current(ME).value)
    assert used == ["t1", "t1", "t1", "t2", "t2", "t3"]


def test_another_secret_asks_for_a_token_of_its_own() -> None:
    """A secret file that was replaced is used at once."""
    office = Office()
    tokens = office.tokens()
    assert [tokens.current(each).value for each in (ME, ME, "changed", "changed")] == ["t1", "t1", "t2", "t2"]


def test_a_refused_token_is_exchanged_for_a_new_one() -> None:
    """Once for all who were refused by it."""
    office = Office()
    tokens = office.tokens()
    old = tokens.current(ME)
    new = [tokens.instead_of(old, ME).value for _ in range(5)]
    assert (new, tokens.current(ME).value, office.asked) == (["t2"] * 5, "t2", 2)


def test_a_token_in_hand_that_has_expired_is_nobodys_successor() -> None:
    """A new one is asked for."""
    office = Office(seconds=10)
    tokens = office.tokens()
    old = tokens.current(ME)
    tokens.instead_of(old, ME)
    office.now += 11
    assert tokens.instead_of(old, ME).value == "t3"


def test_while_renewal_fails_the_old_token_is_used_to_its_end() -> None:
    """And the endpoint is left alone for a moment after each failure."""
    office = Office()
    tokens = office.tokens()
    tokens.current(ME)
    office.failures = [TokenError("token_connect_error"), TokenError("token_connect_error")]
    used = []
    for office.now in (4300.0, 4301.0, 4309.9, 4310.0, 4311.0, 4321.0):
        used.append((tokens.current(ME).value, office.asked))
    assert used == [("t1", 2), ("t1", 2), ("t1", 2), ("t1", 3), ("t1", 3), ("t4", 4)]


def test_an_expired_token_is_not_used_while_renewal_fails() -> None:
    """Even in the moment in which the endpoint is left alone."""
    office = Office(seconds=10)
    tokens = office.tokens()
    tokens.current(ME)
    office.now += 9
    office.failures = [TokenError("token_status_503"), TokenError("token_status_503")]
    assert tokens.current(ME).value == "t1"
    office.now += 2
    with pytest.raises(TokenError, match="token_status_503"):
        tokens.current(ME)


def test_a_refused_renewal_ends_the_old_token_too() -> None:
    """Whoever is not let in any more sends nothing more."""
    office = Office()
    tokens = office.tokens()
    tokens.current(ME)
    office.now = 4300.0
    office.failures = [TokenError("token_refused", refused=True)]
    with pytest.raises(TokenError):
        tokens.current(ME)
    assert tokens.current(ME).value == "t3"


def test_a_token_that_cannot_be_renewed_after_a_refusal_is_a_failure() -> None:
    """The refused one is of no more use."""
    office = Office()
    tokens = office.tokens()
    old = tokens.current(ME)
    office.failures = [TokenError("token_read_timeout")]
    with pytest.raises(TokenError, match="token_read_timeout"):
        tokens.instead_of(old, ME)


def together(count: int, work: Callable[[], str], gate: threading.Event, waiting: Callable[[], bool]) -> list[str]:
    """Let so many threads work at once; open `gate` when all but one wait. Return what each got, sorted."""
    got: list[str] = []

    def one() -> None:
        try:
            got.append(work())
        except TokenError as error:
            got.append(error.cause)

    threads = [threading.Thread(target=one) for _ in range(count)]
    for thread in threads:
        thread.start()
    while not waiting():
        pass
    gate.set()
    for thread in threads:
        thread.join()
    return sorted(got)


class Turnstile:
    """A lock that knows how many came to it."""

    def __init__(self) -> None:
        self.came = 0
        self._lock = threading.Lock()
        self._counting = threading.Lock()

    def acquire(self, *, blocking: bool = True) -> bool:
        """Count, then wait."""
        with self._counting:
            self.came += 1
        return self._lock.acquire(blocking=blocking)

    def release(self) -> None:
        """Let the next one in."""
        self._lock.release()


@pytest.mark.parametrize(
    ("failures", "expected"),
    [
        ([], "t1"),
        ([TokenError("token_connect_timeout")], "token_connect_timeout"),
        ([TokenError("token_refused", refused=True)], "token_refused"),
    ],
    ids=["given", "out of reach", "refused"],
)
def test_twenty_threads_ask_once(failures: list[Exception], expected: str) -> None:
    """The others wait and share what it brought, also a failure: an endpoint that is down is not asked 20 times."""
    gate, turnstile = threading.Event(), Turnstile()
    office = Office(failures=failures, before=gate.wait)
    tokens = office.tokens()
    tokens._renewing = turnstile  # type: ignore[assignment]
    got = together(20, lambda: tokens.current(ME).value, gate, lambda: turnstile.came == 20)
    assert (got, office.asked) == ([expected] * 20, 1)


def test_twenty_threads_refused_by_one_token_get_one_new_one() -> None:
    """All go on with it."""
    gate, turnstile = threading.Event(), Turnstile()
    office = Office()
    tokens = office.tokens()
    old = tokens.current(ME)
    office.before = gate.wait
    tokens._renewing = turnstile  # type: ignore[assignment]
    got = together(20, lambda: tokens.instead_of(old, ME).value, gate, lambda: turnstile.came == 20)
    assert (got, office.asked) == (["t2"] * 20, 2)


def test_nobody_waits_for_a_renewal_while_the_old_token_holds() -> None:
    """One renews, nineteen go on; nobody asks a second time."""
    gate, turnstile = threading.Event(), Turnstile()
    office = Office()
    tokens = office.tokens()
    tokens.current(ME)
    office.now, office.before = 4300.0, gate.wait
    tokens._renewing = turnstile  # type: ignore[assignment]
    got = together(20, lambda: tokens.current(ME).value, gate, lambda: turnstile.came == 20)
    assert (got, office.asked) == (["t1"] * 19 + ["t2"], 2)


class Overtaken(Turnstile):
    """A lock that comes free only after somebody else has tried."""

    def __init__(self, other: Callable[[], object]) -> None:
        super().__init__()
        self._other = other

    def acquire(self, *, blocking: bool = True) -> bool:
        """Let the other one try first."""
        with suppress(TokenError):
            self._other()
        return super().acquire(blocking=blocking)


@pytest.mark.parametrize(("refused", "expected"), [(False, "t1"), (True, "token_refused")])
def test_a_failure_of_somebody_else_just_before_leaves_the_old_token_in_use(*, refused: bool, expected: str) -> None:
    """Unless it was a refusal; nobody asks again for that."""
    office = Office()
    tokens = office.tokens()
    old = tokens.current(ME)
    office.now, office.failures = (
        4300.0,
        [TokenError("token_refused" if refused else "token_status_503", refused=refused)],
    )
    tokens._renewing = Overtaken(lambda: tokens._asked(ME, old))  # type: ignore[assignment]
    try:
        found = tokens.current(ME).value
    except TokenError as error:
        found = error.cause
    assert (found, office.asked) == (expected, 2)


def test_no_repr_or_failure_shows_a_token_or_an_identity() -> None:
    """Nor do the tokens themselves."""
    office = Office()
    tokens = office.tokens()
    token = tokens.current(ME)
    shown = repr(token) + repr(tokens) + repr(vars(tokens)) + repr(TokenError("token_refused", refused=True))
    assert [word for word in (ME, "t1") if word in shown] == []
