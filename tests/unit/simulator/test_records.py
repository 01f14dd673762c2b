"""What an update leaves of what was there, and how a case is recognised."""

from typing import Any

import pytest

from sync_agent.simulator.capabilities import Capabilities
from sync_agent.simulator.records import ID_PREFIX, merged, new_id, token_of

APPEND_CLEAR = Capabilities(lists_on_update="append", empty_string="clears")
REPLACE_KEEP = Capabilities(lists_on_update="replace", empty_string="keeps")


@pytest.mark.parametrize(
    ("old", "new", "capabilities", "expected"),
    [
        ({"a": "1"}, {"a": "2"}, APPEND_CLEAR, {"a": "2"}),
        ({"a": "1", "b": "1"}, {"a": "2"}, APPEND_CLEAR, {"a": "2", "b": "1"}),
        ({"a": {"b": "1", "c": "1"}}, {"a": {"b": "2"}}, APPEND_CLEAR, {"a": {"b": "2", "c": "1"}}),
        ({"a": "1"}, {"a": ""}, APPEND_CLEAR, {"a": ""}),
        ({"a": "1"}, {"a": ""}, REPLACE_KEEP, {"a": "1"}),
        ({}, {"a": ""}, REPLACE_KEEP, {"a": ""}),
        ({"a": [1]}, {"a": [2]}, APPEND_CLEAR, {"a": [1, 2]}),
        ({"a": [1]}, {"a": [2]}, REPLACE_KEEP, {"a": [2]}),
        ({"a": [1]}, {"a": []}, REPLACE_KEEP, {"a": []}),
    ],
)
def test_an_update_merges_as_the_capabilities_say(
    old: Any, new: Any, capabilities: Capabilities, expected: Any
) -> None:
    """Lists and empty strings follow their capability, everything else is replaced."""
    assert merged(old, new, capabilities) == expected


@pytest.mark.parametrize(
    ("content", "token"),
    [
        ("Nội dung\nMã liên thông: ABC", "ABC"),
        ("Nội dung\r\nMã liên thông: ABC\r\n", "ABC"),
        ("Mã liên thông: CU\nMã liên thông: MOI", "MOI"),
        ("Nội dung, Mã liên thông: ABC", ""),
        ("Nội dung", ""),
    ],
)
def test_the_token_is_a_line_of_its_own(content: str, token: str) -> None:
    """A token inside a sentence is not one."""
    assert token_of(content) == token


def test_ids_cannot_be_taken_for_real_ones() -> None:
    """Every Id begins with the prefix and is minted once."""
    first, second = new_id(), new_id()
    assert first.startswith(ID_PREFIX)
    assert first != second
