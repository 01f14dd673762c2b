from typing import Any

import pytest
from pydantic import ValidationError

from sync_agent.source import SourceSpec

GOOD: dict[str, Any] = {
    "id": "tinh-b",
    "zone": "Asia/Ho_Chi_Minh",
    "changes": "SELECT id AS case_key, t AS changed_at FROM c WHERE t > :since OR d > :since_day",
    "root": ["c"],
    "key_parts": {"number": {"pattern": "^C([0-9]+)$", "integer": True}},
    "parts": {"c": "SELECT id AS case_key FROM c WHERE n IN :number AND id IN :keys"},
}


def test_complete_section_is_accepted() -> None:
    """A section with queries, root and key parts is valid."""
    assert SourceSpec.model_validate(GOOD).root == ("c",)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"zone": "Asia/Hanoi"}, "not a time zone"),
        ({"changes": "SELECT 1 WHERE t > :from"}, "unknown parameter :from"),
        ({"now": "SELECT :since"}, "now takes no parameter"),
        ({"parts": {"c": "SELECT 1"}}, "does not use :keys"),
        ({"parts": {"c": "SELECT 1 WHERE a IN :keys AND b IN :other"}}, "uses :other"),
        ({"root": ["d"]}, "root names d"),
        ({"key_parts": {"number": {"pattern": "^C"}}}, "exactly one group"),
        ({"key_parts": {"number": {"pattern": "("}}}, "not a regular expression"),
        ({"id": "Tỉnh B"}, "String should match"),
    ],
)
def test_section_that_cannot_be_meant_is_refused(change: dict[str, Any], problem: str) -> None:
    """Each mistake is named before any database is opened."""
    with pytest.raises(ValidationError, match=problem):
        SourceSpec.model_validate(GOOD | change)
