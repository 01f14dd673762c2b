"""Every value of every capability, played."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sync_agent.simulator import Duplicate

Start = Callable[..., Any]


@pytest.mark.parametrize(("value", "records"), [("appends", 2), ("overwrites", 1)])
@pytest.mark.parametrize(("step", "action"), [("processing", "CapNhatKQXuLy"), ("acceptance", "CapNhatGiaiQuyet")])
def test_a_second_result_of_a_single_step(start: Start, value: str, records: int, step: str, action: str) -> None:
    """Overwriting leaves one record, appending leaves a duplicate that is counted."""
    sim = start(capabilities={step: value})
    case_id = sim.create()
    for _ in range(2):
        sim.ask(action, getattr(sim, step)(case_id))
    assert len(sim.state.case_record(case_id)["steps"][step]) == records
    assert sim.state.duplicates() == ([Duplicate(step, case_id, 2)] if records == 2 else [])


def test_settlements_that_cannot_be_updated_are_created_again(sim: Any) -> None:
    """A changed decision sent again becomes another decision with the same number."""
    case_id = sim.create()
    first = sim.ask("CapNhatKQGiaiQuyet", sim.settlement(case_id))["Id"]
    second = sim.ask("CapNhatKQGiaiQuyet", sim.settlement(case_id, MaLoaiKetQua="6"))["Id"]
    assert first != second
    assert (sim.state.duplicates(), sim.state.repeated_numbers()) == (
        [],
        [Duplicate("settlement", f"{case_id}/12/QĐ-UBND", 2)],
    )


def test_settlements_may_be_updated_by_their_number(start: Start) -> None:
    """The same number in the same case is the same decision; another number is another."""
    sim = start(capabilities={"settlement.update": "by_number"})
    case_id = sim.create()
    first = sim.ask("CapNhatKQGiaiQuyet", sim.settlement(case_id))["Id"]
    again = sim.ask("CapNhatKQGiaiQuyet", sim.settlement(case_id, MaLoaiKetQua="6"))["Id"]
    other = sim.ask("CapNhatKQGiaiQuyet", sim.settlement(case_id, SoQuyetDinh="13/QĐ-UBND"))["Id"]
    rows = sim.state.case_record(case_id)["steps"]["settlement"]
    assert (again, [row["id"] for row in rows]) == (first, [first, other])
    assert rows[0]["body"]["MaLoaiKetQua"] == "6"


def test_settlements_without_a_number_are_never_the_same(start: Start) -> None:
    """An empty number names nothing."""
    sim = start(capabilities={"settlement.update": "by_number"})
    case_id = sim.create()
    ids = {sim.ask("CapNhatKQGiaiQuyet", sim.settlement(case_id, SoQuyetDinh=""))["Id"] for _ in range(2)}
    assert len(ids) == 2
    assert [found.count for found in sim.state.duplicates()] == [2]


def test_settlements_may_be_updated_by_a_field_that_names_the_decision(start: Start) -> None:
    """The field is known only when the capability says so; an Id that no decision has is refused."""
    sim = start(capabilities={"settlement.update": "decision_id:IdKetQua"})
    case_id = sim.create()
    first = sim.ask("CapNhatKQGiaiQuyet", sim.settlement(case_id, IdKetQua=""))["Id"]
    again = sim.ask("CapNhatKQGiaiQuyet", sim.settlement(case_id, IdKetQua=first, MaLoaiKetQua="6"))["Id"]
    lost = sim.ask("CapNhatKQGiaiQuyet", sim.settlement(case_id, IdKetQua="SIM-x"))
    odd = sim.ask("CapNhatKQGiaiQuyet", sim.settlement(case_id, IdKetQua=["x"]))
    assert (again, lost["Id"], odd["Id"]) == (first, "", "")
    assert sim.state.counts_by_step()["settlement"] == 1


def test_the_field_that_names_a_decision_is_unknown_by_default(sim: Any) -> None:
    """A client that believes it can update is refused, not misunderstood."""
    answer = sim.ask("CapNhatKQGiaiQuyet", sim.settlement(sim.create(), IdKetQua="x"))
    assert answer["Message"] == "Trường IdKetQua không có trong cấu trúc thông điệp"


@pytest.mark.parametrize(("value", "count"), [("append", 2), ("replace", 1)])
def test_lists_in_an_update(start: Start, value: str, count: int) -> None:
    """Appended lists hold everything twice."""
    sim = start(capabilities={"lists_on_update": value})
    case_id = sim.create()
    sim.ask("CapNhatVuViec", sim.update(case_id))
    body = sim.state.case_record(case_id)["body"]
    assert (len(body["PhanLoaiDon"]), len(body["NguoiKNTC"]["DataNguoiKNTC"])) == (count, count)


@pytest.mark.parametrize(("value", "expected"), [("clears", ""), ("keeps", "Chánh Thanh tra")])
def test_an_empty_string_in_an_update(start: Start, value: str, expected: str) -> None:
    """It clears what was there, or it says nothing."""
    sim = start(capabilities={"empty_string": value})
    case_id = sim.create()
    parts = {"Id": case_id, "NgayNhapDon": "01/02/2026", "GanVuViec": 0, "LanhDaoTiep": ""}
    sim.ask("CapNhatVuViec", sim.case(VuViec=parts))
    assert sim.state.case_record(case_id)["body"]["VuViec"]["LanhDaoTiep"] == expected


@pytest.mark.parametrize(("own", "taken"), [("other", True), ("", False), ("SIM-x", False)])
def test_a_link_names_the_other_case(start: Start, own: str, taken: bool) -> None:
    """A linked petition is kept beside the case and changes nothing in it."""
    sim = start(capabilities={"link": "on"})
    case_id = sim.create("T1")
    before = sim.state.case_record(case_id)["body"]
    link = {"Id": case_id if own == "other" else own, "NgayNhapDon": "01/02/2026", "GanVuViec": 1}
    answer = sim.ask("CapNhatVuViec", sim.case("T2", VuViec=link))
    record = sim.state.case_record(case_id)
    assert (answer["Id"] == case_id, len(record["links"]), record["body"]) == (taken, int(taken), before)


@pytest.mark.parametrize(
    ("value", "question", "found"),
    [
        ("contains", "Mã liên thông: T1", True),
        ("contains", "Tranh chấp ranh giới thửa đất\nMã liên thông: T1", True),
        ("contains", "T9", False),
        ("exact", "Mã liên thông: T1", False),
        ("exact", "Tranh chấp ranh giới thửa đất\nMã liên thông: T1", True),
        ("none", "Tranh chấp ranh giới thửa đất\nMã liên thông: T1", False),
    ],
)
def test_a_look_up_by_content(start: Start, value: str, question: str, found: bool) -> None:
    """Part of the text is enough, or the whole is needed, or nothing is ever found."""
    sim = start(capabilities={"lookup": value})
    case_id = sim.create("T1")
    answer = sim.ask("TraThongTinDon", {"NoiDung": question})
    assert [item["Id"] for item in answer] == ([case_id] if found else [])


def test_what_a_look_up_shows(sim: Any) -> None:
    """Id, who complains, number, address and the whole text."""
    case_id = sim.create("T1")
    assert sim.ask("TraThongTinDon", {"MaVuViec": case_id}) == [
        {
            "Id": case_id,
            "ChuDon": "Nguyễn Văn Thử",
            "CMTND": "000000000001",
            "DiaChi": "Khu 1",
            "NoiDung": "Tranh chấp ranh giới thửa đất\nMã liên thông: T1",
        }
    ]


def test_a_look_up_shows_an_organisation(sim: Any) -> None:
    """Without people the organisation is who complains."""
    sim.create(NguoiKNTC={"LoaiNguoiKNTC": 3, "TenCoQuanToChuc": "Hợp tác xã Thử", "DiaChiCoQuanToChuc": "Khu 2"})
    found = sim.ask("TraThongTinDon", {"NoiDung": "T1"})
    assert [(item["ChuDon"], item["CMTND"], item["DiaChi"]) for item in found] == [("Hợp tác xã Thử", "", "Khu 2")]


@pytest.mark.parametrize(
    ("question", "count"),
    [
        ({"TenNguoiKhieuNai": "Văn Thử"}, 1),
        ({"TenNguoiKhieuNai": "Văn Khác"}, 0),
        ({"SoDinhDanhCaNhan": "000000000001"}, 1),
        ({"SoDinhDanhCaNhan": "00000000000"}, 0),
        ({"MaTinh": "217", "MaHuyen": "21701", "MaXa": "2170101"}, 1),
        ({"MaTinh": "101"}, 0),
        ({"NoiDung": "thửa đất", "MaTinh": "217"}, 1),
        ({"NoiDung": "thửa ruộng", "MaTinh": "217"}, 0),
        ({"NoiDung": "thửa đất", "MaVuViec": "SIM-x"}, 0),
    ],
)
def test_every_criterion_of_a_look_up_narrows(sim: Any, question: dict[str, str], count: int) -> None:
    """A case is found when everything that was asked fits."""
    sim.create()
    assert len(sim.ask("TraThongTinDon", question)) == count


def test_a_new_case_is_found_only_after_the_lag(start: Start) -> None:
    """Not finding a case just sent proves nothing."""
    now = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
    times = [now, now, now + timedelta(seconds=59), now + timedelta(seconds=60)]
    sim = start(capabilities={"lookup.lag": "60"}, clock=lambda: times.pop(0))
    sim.create("T1")
    found = [len(sim.ask("TraThongTinDon", {"NoiDung": "T1"})) for _ in range(3)]
    assert found == [0, 0, 1]


def test_a_look_up_returns_at_most_the_cap(start: Start) -> None:
    """What is beyond the cap is silently missing."""
    sim = start(capabilities={"lookup.cap": "2"})
    for number in range(3):
        sim.create(f"T{number}")
    assert len(sim.ask("TraThongTinDon", {"NoiDung": "Mã liên thông"})) == 2


@pytest.mark.parametrize(("value", "taken"), [("any", True), ("same", False)])
def test_an_update_by_another_account(start: Start, value: str, taken: bool) -> None:
    """Where only the owner may update, another account is refused."""
    sim = start(capabilities={"owner": value})
    case_id = sim.create()
    sim.authorization = "Bearer another"
    assert bool(sim.ask("CapNhatVuViec", sim.update(case_id))["Id"]) == taken
