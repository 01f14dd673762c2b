import pytest
from pydantic import BaseModel

from sync_agent.domain.casefile import CaseFile, Kind, Processing, Settlement
from sync_agent.privacy.paths import STRUCTURAL, branches, leaf_paths, texts


class _Inner(BaseModel):
    value: str | None = None


class _Mapped(BaseModel):
    parts: dict[str, _Inner] = {}


class _Either(BaseModel):
    part: _Inner | str | None = None


def test_a_list_of_parts_is_named_like_its_items() -> None:
    """The path of a field in a list says nothing of the position."""
    assert "petitioners.people.address.detail" in leaf_paths()


def test_every_structural_key_exists() -> None:
    """The keys that always stay are fields of the CaseFile."""
    assert [path for path in STRUCTURAL if path not in leaf_paths()] == []


@pytest.mark.parametrize("model", [_Mapped, _Either])
def test_an_unknown_shape_is_refused(model: type[BaseModel]) -> None:
    """The gate never guesses where in a part a value hides."""
    with pytest.raises(TypeError, match="does not know the shape"):
        branches(model)


def test_the_texts_of_a_case_are_told_with_their_place() -> None:
    """Keys and closed concepts are none."""
    case = CaseFile(
        case_key="D1",
        kind=Kind.COMPLAINT,
        classifications=("KN.01", "KN.02"),
        processing=Processing(reason="x"),
        settlements=(Settlement(local_key="7", decision_no="9"),),
    )
    assert list(texts(case)) == [
        ("classifications", "", "KN.01"),
        ("classifications", "", "KN.02"),
        ("processing.reason", "", "x"),
        ("settlements.decision_no", "7", "9"),
    ]
