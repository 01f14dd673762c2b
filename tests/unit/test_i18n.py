"""How people are spoken to."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from sync_agent.i18n import Language, date_text, language, mark, number_text, set_language, time_text, tr, trn


@pytest.fixture(autouse=True)
def _vietnamese_again() -> Iterator[None]:
    yield
    set_language(Language.VI)


def test_vietnamese_is_the_default() -> None:
    """Nobody has to ask for it."""
    assert (language(), tr("yes")) == (Language.VI, "có")


def test_english_is_the_sentence_of_the_code() -> None:
    """The ids are the English texts."""
    set_language(Language.EN)
    assert tr("error: {text}", text="x") == "error: x"


def test_a_message_takes_its_facts() -> None:
    """Facts stand where the translation wants them."""
    assert tr("error: {text}", text="tệp hỏng") == "lỗi: tệp hỏng"


def test_a_fact_nobody_gave_stays_visible() -> None:
    """A mistake in a message never hides the message."""
    set_language(Language.EN)
    assert tr("internal error: {name} at {place}", name="KeyError") == "internal error: KeyError at {place}"


def test_braces_without_facts_are_left_alone() -> None:
    """A message without facts is not a format."""
    assert tr("no message {at all") == "no message {at all"


def test_an_unknown_message_is_said_in_english() -> None:
    """Better English than silence."""
    assert tr("never written {how}", how="before") == "never written before"


def test_the_empty_message_is_empty() -> None:
    """The catalogue's own header, which has the empty id, never shows."""
    assert tr("") == ""


@pytest.mark.parametrize(("count", "text"), [(1, "1 thing"), (2, "2 things"), (1200, "1,200 things")])
def test_english_counts_have_two_forms(count: int, text: str) -> None:
    """The number chooses the form and fills `{count}`."""
    set_language(Language.EN)
    assert trn("{count} thing", "{count} things", count) == text


def test_a_marked_message_is_itself() -> None:
    """`mark` is for the catalogues only."""
    assert mark("later") == "later"


@pytest.mark.parametrize(("chosen", "text"), [(Language.VI, "23/11/2026"), (Language.EN, "2026-11-23")])
def test_dates_look_as_their_readers_write_them(chosen: Language, text: str) -> None:
    """dd/MM/yyyy for Vietnamese readers."""
    set_language(chosen)
    assert date_text(date(2026, 11, 23)) == text


@pytest.mark.parametrize(("chosen", "text"), [(Language.VI, "24/11/2026 01:30"), (Language.EN, "2026-11-24 01:30")])
def test_instants_are_shown_by_the_clock_of_viet_nam(chosen: Language, text: str) -> None:
    """UTC inside, Asia/Ho_Chi_Minh for people."""
    set_language(chosen)
    assert time_text(datetime(2026, 11, 23, 18, 30, tzinfo=UTC)) == text


@pytest.mark.parametrize(
    ("chosen", "number", "text"),
    [
        (Language.VI, 1234567, "1.234.567"),
        (Language.EN, 1234567, "1,234,567"),
        (Language.VI, Decimal("1234.50"), "1.234,50"),
        (Language.EN, Decimal("1234.50"), "1,234.50"),
    ],
)
def test_numbers_are_grouped_and_whole(chosen: Language, number: int | Decimal, text: str) -> None:
    """Every digit is kept."""
    set_language(chosen)
    assert number_text(number) == text
