"""How Vietnamese is spelt, and that every comparison takes one word for one however its tone is placed."""

from collections.abc import Callable

import pytest

from sync_agent.domain.spelling import is_vietnamese, same_tones
from sync_agent.mapping.naming import body_name
from sync_agent.privacy.names import fold
from sync_agent.sync.likeness import plain

PAIRS = [("hoà", "hòa"), ("thuỷ", "thủy"), ("khoẻ", "khỏe"), ("huyền", "huyền")]


@pytest.mark.parametrize("compare", [same_tones, plain, body_name, fold])
@pytest.mark.parametrize(("new", "old"), PAIRS)
def test_both_places_of_a_tone_are_one_word(compare: Callable[[str], str], new: str, old: str) -> None:
    """When cases are looked up, when bodies are found by name, when withheld names are searched for."""
    assert compare(new) == compare(old)


@pytest.mark.parametrize("compare", [same_tones, plain, body_name])
def test_another_tone_is_another_word(compare: Callable[[str], str]) -> None:
    """And so is none."""
    assert len({compare(word) for word in ("hoa", "hoà", "hoá", "hoạ")}) == 4


@pytest.mark.parametrize(("text", "is_it"), [("Đơn “khiếu nại” – số 5…", True), ("25 m²", False), ("Nguyá»…n", False)])
def test_what_vietnamese_is_written_with(text: str, is_it: bool) -> None:
    """Its letters, ASCII, and usual punctuation."""
    assert is_vietnamese(text) is is_it
