"""Mistakes found in real clients, each with the test that this one does not make it."""

import contextlib
import io
from collections.abc import Callable
from decimal import Decimal

import pytest

from sync_agent.domain.casefile import Amounts, CaseFile, Person, PetitionerKind, Petitioners, Remedies
from sync_agent.national import Accepted, Accounts, Ids, KntcContract, Outcome, Projection
from sync_agent.national.testing import FakeGateway

Project = Callable[..., Projection]


def test_no_land_figure_is_copied_over_another(case: CaseFile, project: Project) -> None:
    """Seen: the land to return was filled from the land to recover, and written over it."""
    remedies = Remedies(
        recover=Amounts(residential_land=Decimal(1), production_land=Decimal(2), money=3),
        give_back=Amounts(residential_land=Decimal(4), production_land=Decimal(5), money=6),
    )
    settlement = case.settlements[0].model_copy(update={"remedies": remedies})

    wire = project(case.model_copy(update={"settlements": (settlement,)})).messages[3].body["BoiThuongThietHai"]

    assert [wire[name] for name in ("ThuHoiDatO", "ThuHoiDatSX", "ThuHoiTien")] == [1, 2, 3]
    assert [wire[name] for name in ("TraLaiDatO", "TraLaiDatSX", "TraLaiTien")] == [4, 5, 6]


def test_nothing_is_printed(case: CaseFile, project: Project, contract: KntcContract) -> None:
    """Seen: every name, number and address on standard output, denunciations included."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        for message in project(case).messages:
            contract.check(message)
            list(message.strings())

    assert printed.getvalue() == ""


def test_no_representative_is_invented(bare: CaseFile, project: Project) -> None:
    """Seen: the same invented lawyer with an ID number in every case."""
    assert set(project(bare).messages[0].body["NguoiUyQuyen"].values()) == {""}


def test_no_ethnicity_or_nationality_is_invented(bare: CaseFile, project: Project) -> None:
    """Seen: ethnicity "1" and nationality "VN" for everybody."""
    people = Petitioners(people=(Person(full_name="Phạm Văn Mẫu"),))

    body = project(bare.model_copy(update={"petitioners": people})).messages[0].body

    row = body["NguoiKNTC"]["DataNguoiKNTC"][0]
    assert (row["MaDanToc"], row["MaQuocTich"], row["MaTinh"]) == ("", "", "")
    assert (body["NguoiBiKNTCT"]["MaDanToc"], body["NguoiBiKNTCT"]["MaQuocTich"]) == ("", "")


@pytest.mark.parametrize("count", [1, 5, 6, 50])
def test_a_group_is_not_decided_by_counting(bare: CaseFile, project: Project, count: int) -> None:
    """Seen: up to five people are an individual, more are a group."""
    people = tuple(Person(full_name=f"Người {number}") for number in range(count))
    petitioners = Petitioners(kind=PetitionerKind.INDIVIDUAL, people=people)

    block = project(bare.model_copy(update={"petitioners": petitioners})).messages[0].body["NguoiKNTC"]

    assert (block["LoaiNguoiKNTC"], block["SoNguoiKNTC"]) == (1, "")


def test_an_unknown_agency_has_no_account_instead_of_a_default_one() -> None:
    """Seen: an unknown unit falls back to a default code."""
    assert Accounts([]).for_agency("H217.99") is None


def test_a_step_goes_up_only_when_the_case_has_it(case: CaseFile, project: Project) -> None:
    """Seen: the step is taken from which table has a row, skipping those between."""
    steps = [message.step for message in project(case.model_copy(update={"acceptance": None})).messages]

    assert steps == ["case", "processing", "settlement", "enforcement"]


def test_an_update_takes_what_the_case_says_now(case: CaseFile, project: Project) -> None:
    """Seen: the update is built before the new fields and files are saved. Here it is built from the CaseFile alone."""
    changed = case.model_copy(update={"classifications": ("KN.02",), "attachments": ()})

    body = project(changed).messages[0].body

    assert [row["MaLoaiDon1"] for row in body["PhanLoaiDon"]] == ["KN.02"]
    assert body["Attachment"] == []


def test_success_is_an_answer_of_its_own_type(contract: KntcContract, case: CaseFile, project: Project) -> None:
    """Seen: a stubbed gateway returns "" and the screen says success. Nothing but Accepted carries an Id."""
    outcome: Outcome = FakeGateway.answering(Accepted("X", 200)).send(
        contract.request(project(case).messages[0], Ids(own="X"), lambda _: io.BytesIO()), "a"
    )

    assert isinstance(outcome, Accepted)
    assert outcome.national_id
