"""A protected case carries no identity, whatever the gate let through."""

from collections.abc import Callable, Iterator
from typing import Any

from sync_agent.domain.casefile import CaseFile, Petition
from sync_agent.domain.findings import Level
from sync_agent.national import Projection

Project = Callable[..., Projection]
TOKEN_LINE = "Mã liên thông: ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def _texts(node: Any) -> Iterator[Any]:
    if isinstance(node, dict):
        for child in node.values():
            yield from _texts(child)
    elif isinstance(node, list):
        for child in node:
            yield from _texts(child)
    else:
        yield node


def test_the_petitioner_is_a_marker(case: CaseFile, project: Project) -> None:
    """One row with the marker as its name and nothing else; kind and counts are the gate's to give."""
    block = project(case, protected=True).messages[0].body["NguoiKNTC"]

    (row,) = block["DataNguoiKNTC"]
    assert row.pop("HoTen") == "thông tin được bảo vệ"
    assert set(row.values()) == {""}
    assert (block["TenCoQuanToChuc"], block["DiaChiCoQuanToChuc"]) == ("", "")


def test_the_content_is_the_redacted_summary(case: CaseFile, project: Project) -> None:
    """The approved text and the token, nothing of the original."""
    assert project(case, protected=True).messages[0].body["NoiDungDon"] == f"Khiếu nại về đất đai.\n{TOKEN_LINE}"


def test_nothing_but_codes_dates_counts_and_amounts_is_left(case: CaseFile, project: Project) -> None:
    """Respondent, representative, prior settlement, forwarding document, leaders, officers, numbers: all are empty."""
    messages = project(case, protected=True).messages

    strings = {text for message in messages for text in _texts(message.body) if isinstance(text, str)}
    dates = {"05/03/2026", "09/03/2026", "12/03/2026", "11/04/2026", "10/04/2026", "01/06/2026"}
    codes = {"H217.01", "H217.02", "H217.03", "4", "1", "3", "KN", "KN.01", "KN.01.02", "KN.01.02.16", "PA", "PA.01"}
    own = {"", "thông tin được bảo vệ", f"Khiếu nại về đất đai.\n{TOKEN_LINE}"}
    assert strings == dates | codes | own


def test_no_file_goes_up(case: CaseFile, project: Project) -> None:
    """Files of a protected case are never opened."""
    assert [message.files for message in project(case, protected=True).messages] == [()] * 5


def test_withholding_a_name_does_not_make_a_petition_anonymous(case: CaseFile, project: Project) -> None:
    """That would be untrue."""
    unsaid = case.model_copy(update={"petition": Petition(redacted_summary="x", anonymous=None)})

    body = project(unsaid, protected=True).messages[1].body

    assert body["NoiDungXuLy"]["DonNacDanh"] == ""


def test_a_truly_anonymous_petition_stays_anonymous(case: CaseFile, project: Project) -> None:
    """What the gate lets through is said."""
    anonymous = case.model_copy(update={"petition": Petition(redacted_summary="x", anonymous=True)})

    messages = project(anonymous, protected=True).messages

    assert messages[1].body["NoiDungXuLy"]["DonNacDanh"] == 1
    assert messages[0].body["NguoiKNTC"]["DataNguoiKNTC"][0]["HoTen"] == "thông tin được bảo vệ"


def test_a_protected_case_with_few_parts_has_its_marker_too(bare: CaseFile, project: Project) -> None:
    """Parts that the gate closed as a whole are no reason to fail or to hold."""
    projection = project(bare, protected=True)

    assert projection.messages[0].body["NguoiKNTC"]["DataNguoiKNTC"][0]["HoTen"] == "thông tin được bảo vệ"
    assert projection.messages[0].body["NoiDungDon"] == TOKEN_LINE
    assert projection.findings == ()


def test_several_respondents_do_not_hold_a_protected_case(case: CaseFile, project: Project) -> None:
    """None of them is sent anyway."""
    findings = project(case.model_copy(update={"respondents": case.respondents * 2}), protected=True).findings

    assert {finding.level for finding in findings} <= {Level.WARN}
