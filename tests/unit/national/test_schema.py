"""Every payload is checked; a finding says where, never what."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from sync_agent.domain.casefile import CaseFile
from sync_agent.domain.findings import Finding, Level
from sync_agent.domain.steps import Step
from sync_agent.national import FileSlot, KntcContract, Message, Projection

Project = Callable[..., Projection]


def _spoilt(message: Message, *path: str, value: Any) -> Message:
    body: Any = message.body
    for part in path[:-1]:
        body = body[part]
    body[path[-1]] = value
    return message


def test_what_is_projected_matches_its_schema(case: CaseFile, project: Project, contract: KntcContract) -> None:
    """A whole case and a protected one, all steps."""
    messages = (*project(case).messages, *project(case, protected=True).messages)

    assert [contract.check(message) for message in messages] == [[]] * 10


def test_the_bare_case_matches_too(bare: CaseFile, project: Project, contract: KntcContract) -> None:
    """Empty is a value of every field that is not required."""
    assert contract.check(project(bare).messages[0]) == []


def test_a_wrong_date_names_its_place_and_rule(case: CaseFile, project: Project, contract: KntcContract) -> None:
    """The path of the field and of the schema, without the value."""
    message = _spoilt(project(case).messages[0], "VuViec", "NgayNhapDon", value="2026-03-05 Nguyễn Thị Thử")

    findings = contract.check(message)

    assert findings == [
        Finding(
            "schema",
            Level.HOLD,
            "VuViec.NgayNhapDon",
            Step.CASE,
            "",
            "CapNhatVuViec#/$defs/date/pattern",
        )
    ]
    assert "Nguyễn" not in repr(findings)


@pytest.mark.parametrize("day", ["32/01/2026", "01/13/2026", "1/1/2026", "01/01/26"])
def test_impossible_days_are_found(case: CaseFile, project: Project, contract: KntcContract, day: str) -> None:
    """The form dd/MM/yyyy is checked in its parts."""
    message = _spoilt(project(case).messages[2], "NgayThuLy", value=day)

    assert [finding.rule for finding in contract.check(message)] == ["schema"]


def test_a_year_of_three_digits_is_found(case: CaseFile, project: Project, contract: KntcContract) -> None:
    """A typing error of a local system, such as the year 206."""
    old = case.model_copy(update={"acceptance": case.acceptance and case.acceptance.model_copy(
        update={"accepted_on": date(206, 1, 1)}
    )})  # fmt: skip

    assert [finding.field for finding in contract.check(project(old).messages[2])] == ["NgayThuLy"]


def test_a_missing_field_is_its_own_rule(case: CaseFile, project: Project, contract: KntcContract) -> None:
    """The object is the place, the schema path says the rest."""
    message = project(case).messages[1]
    del message.body["NoiDungXuLy"]["NgayXuLy"]

    assert [(finding.rule, finding.field) for finding in contract.check(message)] == [
        ("required_missing", "NoiDungXuLy")
    ]


def test_an_unknown_field_is_found(case: CaseFile, project: Project, contract: KntcContract) -> None:
    """Nothing goes up that the contract does not name."""
    message = _spoilt(project(case).messages[4], "ThiHanhGiaiQuyet", "GhiChu", value="bí mật")

    findings = contract.check(message)

    assert [(finding.rule, finding.field) for finding in findings] == [("schema", "ThiHanhGiaiQuyet")]
    assert "bí mật" not in repr(findings)


def test_a_number_as_text_is_found(case: CaseFile, project: Project, contract: KntcContract) -> None:
    """Numbers are numbers."""
    message = _spoilt(project(case).messages[3], "BoiThuongThietHai", "ThuHoiTien", value="5000000")

    assert {finding.field for finding in contract.check(message)} == {"BoiThuongThietHai.ThuHoiTien"}


def test_a_case_without_an_agency_does_not_match(bare: CaseFile, project: Project, contract: KntcContract) -> None:
    """It would have no account and no receiver."""
    message = project(bare.model_copy(update={"agency": None})).messages[0]

    assert [finding.field for finding in contract.check(message)] == ["CoQuanTiepNhan"]


def test_a_body_above_the_limit_is_held(case: CaseFile, project: Project, contract: KntcContract) -> None:
    """Before anything is read or encoded; how large it is stands where to mend it, no file is named."""
    message = project(case).messages[0]
    large = FileSlot(("Attachment", 0, "FileDinhKem"), "a" * 64, 25_000_000, "x")

    findings = contract.check(replace(message, files=(large,)))

    size = 33_333_336 + len(replace(message, files=(large,)).content())
    assert findings == [Finding("too_large", Level.HOLD, "", Step.CASE, "", f"{size} B > 30000000 B")]


@pytest.mark.parametrize(("most", "rules"), [(40_000_000, set()), (30_000_000, {"too_large"}), (None, {"too_large"})])
def test_the_limit_of_the_contract_gives_way_to_that_of_the_settings(
    case: CaseFile, project: Project, contract: KntcContract, most: int | None, rules: set[str]
) -> None:
    """The contract's own is inferred."""
    large = FileSlot(("Attachment", 0, "FileDinhKem"), "a" * 64, 25_000_000, "x")
    message = replace(project(case).messages[0], files=(large,))

    assert {finding.rule for finding in contract.check(message, most_bytes=most)} == rules
