from datetime import UTC, datetime, timedelta, timezone

import pytest

from sync_agent.audit import actor_code, instant
from sync_agent.audit.forms import CODE


def test_an_instant_is_utc_with_milliseconds() -> None:
    """Any zone comes out as UTC, cut to milliseconds."""
    moment = datetime(2026, 11, 23, 8, 2, 3, 456_999, tzinfo=timezone(timedelta(hours=7)))
    assert instant(moment) == "2026-11-23T01:02:03.456Z"


def test_a_whole_second_keeps_its_milliseconds() -> None:
    """The form never depends on the value."""
    assert instant(datetime(2026, 11, 23, tzinfo=UTC)) == "2026-11-23T00:00:00.000Z"


def test_a_naive_instant_is_refused() -> None:
    """A time without a zone is never guessed."""
    with pytest.raises(ValueError, match="time zone"):
        instant(datetime(2026, 11, 23))  # noqa: DTZ001  # the fault under test


@pytest.mark.parametrize(
    ("login", "actor"),
    [
        ("lan.nguyen", "os:lan.nguyen"),
        ("lan@so.example.vn", "os:lan@so.example.vn"),
        ("TINHA\\lan", "os:TINHA+5clan"),
        ("a+b", "os:a+2bb"),
        ("hà", "os:h+c3+a0"),
    ],
)
def test_an_actor_is_a_code_whatever_the_login(login: str, actor: str) -> None:
    """Logins of a domain or with letters outside ASCII still name one actor each."""
    assert actor_code("os", login) == actor


def test_an_actor_fits_its_field() -> None:
    """What `actor_code` returns is accepted as an actor."""
    assert CODE.accepts(actor_code("web", "TINHA\\hà nội"))
