from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from sync_agent.domain.canonical import canonical_bytes, correlation_token, keyed_digest

KEY = b"k" * 32


def test_the_canonical_form_of_a_value() -> None:
    """Sorted keys, no white space, UTF-8, dates as ISO 8601."""
    value = {"b": [1, None, True], "a": "Khiếu nại", "c": date(2026, 1, 2)}
    assert canonical_bytes(value) == '{"a":"Khiếu nại","b":[1,null,true],"c":"2026-01-02"}'.encode()


@pytest.mark.parametrize(("number", "text"), [("1.50", "1.5"), ("100", "100"), ("1E+2", "100"), ("0.00", "0")])
def test_equal_decimals_have_one_form(number: str, text: str) -> None:
    """Zeros behind the point and exponents make no difference."""
    assert canonical_bytes(Decimal(number)) == f'"{text}"'.encode()


def test_equal_instants_have_one_form() -> None:
    """The zone in which an instant was written makes no difference."""
    hanoi = datetime(2026, 1, 2, 7, tzinfo=timezone(timedelta(hours=7)))
    assert canonical_bytes(hanoi.astimezone(UTC)) == b'"2026-01-02T00:00:00Z"'


def test_what_has_no_form_is_refused() -> None:
    """Nothing is turned to text by guessing."""
    with pytest.raises(TypeError, match="not JSON serializable"):
        canonical_bytes({"a": object()})


def test_a_keyed_digest_is_that_of_hmac_sha256() -> None:
    """The purpose and a zero byte stand before the content."""
    assert keyed_digest(b"key", "file", b"abc") == "f546684d165347c1b28e7cf365aa3dd96ab1d6d8efc0d9d492e5838563e7b028"


def test_the_uses_of_a_key_are_apart() -> None:
    """The same content under another purpose has another digest."""
    assert keyed_digest(KEY, "file", b"abc") != keyed_digest(KEY, "subject", b"abc")


def test_a_token_has_its_form() -> None:
    """26 base32 characters that tell nothing and never change."""
    token = correlation_token(KEY, "tinh-a", "D1-2")
    assert (len(token), set(token) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")) == (26, True)


def test_a_token_belongs_to_one_case_of_one_source() -> None:
    """Names that run together are still two names."""
    tokens = {correlation_token(KEY, *names) for names in (("a", "bc"), ("ab", "c"), ("a", "c"))}
    assert len(tokens) == 3
