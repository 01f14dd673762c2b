import unicodedata
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from sync_agent.domain import casefile
from sync_agent.domain.casefile import (
    Address,
    Amounts,
    Attachment,
    CaseFile,
    Document,
    Kind,
    Person,
    Petition,
    Petitioners,
    Settlement,
)

PARTS = [
    value
    for name in casefile.__all__
    if isinstance(value := getattr(casefile, name), type) and issubclass(value, BaseModel)
]


def test_only_the_key_is_required() -> None:
    """What else is missing is for findings to say, not for the model."""
    assert CaseFile(case_key="1").kind is None


@pytest.mark.parametrize("part", PARTS)
def test_a_missing_value_is_never_invented(part: type[BaseModel]) -> None:
    """Every default says nothing: None, an empty list, or False for a mark that nobody set."""
    silent = {"schema_version"}
    defaults = [
        field.default for name, field in part.model_fields.items() if not field.is_required() and name not in silent
    ]
    assert [default for default in defaults if default not in (None, (), False)] == []


def test_text_is_composed_and_trimmed() -> None:
    """One text has one form, whatever the source wrote."""
    written = unicodedata.normalize("NFD", "  Nội dung \n")
    assert Petition(content=written).content == "Nội dung"


@pytest.mark.parametrize("blank", ["", "   ", "\n"])
def test_blank_text_is_refused(blank: str) -> None:
    """A missing value is None, never an empty text."""
    with pytest.raises(ValidationError):
        Petition(content=blank)


def test_a_code_is_text_with_its_zeros() -> None:
    """`01` stays `01`; a number is no code."""
    assert Address(province="01").province == "01"
    with pytest.raises(ValidationError):
        Address.model_validate({"province": 1})


@pytest.mark.parametrize("written", ["2026", "2026-03", "2026-03-14"])
def test_a_date_may_be_partial(written: str) -> None:
    """A day or month the writer did not give stays unknown."""
    assert Petition(written_on=written).written_on == written


@pytest.mark.parametrize(
    "written", ["26", "2026-3", "2026-13", "2026-02-30", "0000", "14/03/2026", "2026-03-14T00:00", ""]
)
def test_a_date_that_is_none_is_refused(written: str) -> None:
    """Partial does not mean any text."""
    with pytest.raises(ValidationError):
        Person(birth_date=written)


def test_an_instant_needs_its_zone() -> None:
    """Naive local time is the source's affair."""
    with pytest.raises(ValidationError):
        CaseFile(case_key="1", changed_at=datetime(2026, 1, 1))  # noqa: DTZ001 - the naive one is what is refused


@pytest.mark.parametrize(
    ("part", "fields"),
    [
        (Amounts, {"money": -1}),
        (Amounts, {"residential_land": Decimal("-0.5")}),
        (Amounts, {"residential_land": "NaN"}),
        (Petitioners, {"headcount": -1}),
        (Document, {"sha256": "A" * 64}),
        (CaseFile, {"case_key": "1", "kind": "khiếu nại"}),
        (CaseFile, {"case_key": "1", "unknown": 1}),
        (Settlement, {}),
        (Attachment, {"name": "x"}),
    ],
)
def test_what_cannot_be_true_is_refused(part: type[BaseModel], fields: dict[str, Any]) -> None:
    """Negative amounts, foreign words, unknown fields and missing keys do not pass."""
    with pytest.raises(ValidationError):
        part.model_validate(fields)


def test_a_case_is_not_changed_in_place() -> None:
    """Every stage makes a new one."""
    with pytest.raises(ValidationError):
        CaseFile(case_key="1").kind = Kind.MIXED  # type: ignore[misc]  # what is tried is what is refused


def test_an_error_does_not_tell_the_value() -> None:
    """A value that was refused stays out of messages and logs."""
    with pytest.raises(ValidationError) as caught:
        Person.model_validate({"gender": "Nguyễn Thị Khuê", "birth_date": "ngày Khuê sinh"})
    assert "Khuê" not in str(caught.value)


def test_a_case_shows_no_value() -> None:
    """A case in a traceback or a log line tells nothing of anyone."""
    case = CaseFile(case_key="D1-2", petitioners=Petitioners(people=(Person(full_name="Nguyễn Thị Khuê"),)))
    assert [repr(case), str(case)] == ["CaseFile()", ""]


def test_a_case_survives_its_own_dump() -> None:
    """JSON out and in again is the same case."""
    case = CaseFile(
        case_key="1",
        settlements=(Settlement(local_key="a", remedies=casefile.Remedies(recover=Amounts(money=10**12))),),
    )
    assert CaseFile.model_validate_json(case.model_dump_json()) == case
