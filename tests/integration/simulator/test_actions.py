"""The seven actions as a client sees them."""

from typing import Any
from urllib.parse import urlencode

import pytest

from sync_agent.simulator import ID_PREFIX


def test_a_case_is_created(sim: Any) -> None:
    """The answer is a JSON string that contains JSON, with an Id nobody can take for a real one."""
    answer = sim.post("CapNhatVuViec", sim.case())
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/json; charset=utf-8")
    assert answer.raw.startswith(b'"{')
    assert answer.content["Id"].startswith(ID_PREFIX)


def test_the_five_steps_of_a_case(sim: Any) -> None:
    """Each step is kept below its case, with the Ids it brought."""
    case_id = sim.create()
    processed = sim.ask("CapNhatKQXuLy", sim.processing(case_id))
    accepted = sim.ask("CapNhatGiaiQuyet", sim.acceptance(case_id))
    decision_id = sim.ask("CapNhatKQGiaiQuyet", sim.settlement(case_id))["Id"]
    enforcement_id = sim.ask("CapNhatThiHanh", sim.enforcement(case_id, decision_id))["Id"]
    record = sim.state.case_record(case_id)
    assert (processed["Id"], accepted["Id"]) == (case_id, case_id)
    assert {step: [(row["id"], row["parent_id"]) for row in rows] for step, rows in record["steps"].items()} == {
        "processing": [("", "")],
        "acceptance": [("", "")],
        "settlement": [(decision_id, "")],
        "enforcement": [(enforcement_id, decision_id)],
    }
    assert sim.state.ids() == {case_id, decision_id, enforcement_id}


def test_a_case_is_updated_by_its_id(sim: Any) -> None:
    """The same Id comes back and nothing is created."""
    case_id = sim.create()
    answer = sim.ask("CapNhatVuViec", sim.update(case_id, CoQuanTiepNhan="H217.02"))
    assert answer["Id"] == case_id
    assert sim.state.counts_by_step()["case"] == 1
    assert sim.state.case_record(case_id)["body"]["CoQuanTiepNhan"] == "H217.02"


def test_an_enforcement_is_updated_by_its_id(sim: Any) -> None:
    """The same Id comes back and nothing is created."""
    case_id = sim.create()
    decision_id = sim.ask("CapNhatKQGiaiQuyet", sim.settlement(case_id))["Id"]
    enforcement_id = sim.ask("CapNhatThiHanh", sim.enforcement(case_id, decision_id))["Id"]
    answer = sim.ask("CapNhatThiHanh", sim.enforcement(case_id, decision_id, enforcement_id, ThuHoiTien=5))
    rows = sim.state.case_record(case_id)["steps"]["enforcement"]
    assert (answer["Id"], len(rows)) == (enforcement_id, 1)
    assert rows[0]["body"]["ThiHanhGiaiQuyet"]["ThuHoiTien"] == 5


def test_two_decisions_and_their_enforcements_are_kept_apart(sim: Any) -> None:
    """An enforcement belongs to the decision it names."""
    case_id = sim.create()
    first, second = (
        sim.ask("CapNhatKQGiaiQuyet", sim.settlement(case_id, SoQuyetDinh=number))["Id"] for number in ("1", "2")
    )
    sim.ask("CapNhatThiHanh", sim.enforcement(case_id, second))
    assert first != second
    assert [row["parent_id"] for row in sim.state.case_record(case_id)["steps"]["enforcement"]] == [second]


@pytest.mark.parametrize(
    ("action", "build", "text"),
    [
        ("CapNhatVuViec", lambda sim, _case, _decision: sim.update("SIM-x"), "Không tìm thấy vụ việc có Id SIM-x"),
        ("CapNhatKQXuLy", lambda sim, _case, _decision: sim.processing("SIM-x"), "Không tìm thấy vụ việc có Id SIM-x"),
        (
            "CapNhatThiHanh",
            lambda sim, case, _decision: sim.enforcement(case, "SIM-x"),
            "Không tìm thấy kết quả giải quyết có Id SIM-x trong vụ việc",
        ),
        (
            "CapNhatThiHanh",
            lambda sim, case, decision: sim.enforcement(case, decision, "SIM-x"),
            "Không tìm thấy thông tin thi hành có Id SIM-x trong vụ việc",
        ),
        (
            "CapNhatVuViec",
            lambda sim, _case, _decision: sim.case(CoQuanTiepNhan=""),
            "Trường CoQuanTiepNhan không được để trống",
        ),
        (
            "CapNhatVuViec",
            lambda sim, case, _decision: sim.case(VuViec={"Id": case, "NgayNhapDon": "01/02/2026", "GanVuViec": 1}),
            "Chức năng gắn vụ việc không được hỗ trợ",
        ),
        ("TraThongTinDon", lambda _sim, _case, _decision: {"NoiDung": ""}, "Phải nhập ít nhất một điều kiện tra cứu"),
    ],
)
def test_a_refusal_is_an_empty_id_and_a_sentence(sim: Any, action: str, build: Any, text: str) -> None:
    """HTTP says 200; only the empty Id tells that nothing was done."""
    case_id = sim.create()
    decision_id = sim.ask("CapNhatKQGiaiQuyet", sim.settlement(case_id))["Id"]
    before = sim.state.counts_by_step()
    answer = sim.post(action, build(sim, case_id, decision_id))
    assert (answer.status, answer.content) == (200, {"Id": "", "Message": text})
    assert sim.state.counts_by_step() == before


def test_an_id_of_another_case_is_not_found(sim: Any) -> None:
    """A decision can be enforced only within its case."""
    first, second = sim.create("T1"), sim.create("T2")
    decision_id = sim.ask("CapNhatKQGiaiQuyet", sim.settlement(first))["Id"]
    assert sim.ask("CapNhatThiHanh", sim.enforcement(second, decision_id))["Id"] == ""


def test_a_message_may_come_as_a_form(sim: Any) -> None:
    """Nested names in brackets say the same as JSON."""
    fields = {
        "VuViec[Id]": "",
        "VuViec[NgayNhapDon]": "01/02/2026",
        "VuViec[GanVuViec]": "0",
        "NguoiKNTC[LoaiNguoiKNTC]": "1",
        "NguoiKNTC[DataNguoiKNTC][0][HoTen]": "Trần Thị Thử",
        "PhanLoaiDon[0][MaLoaiDon]": "KN",
        "NoiDungDon": "Nội dung\r\nMã liên thông: T9",
        "CoQuanTiepNhan": "H217.01",
    }
    answer = sim.request(
        "POST",
        "/KNTC/CapNhatVuViec",
        urlencode(fields).encode(),
        Content_Type="application/x-www-form-urlencoded",
    )
    assert sim.state.cases() == {"T9": answer.content["Id"]}


@pytest.mark.parametrize(
    ("question", "codes"),
    [
        ({"LoaiDanhMuc": 13}, ["2", "4", "5", "7", "90", "91"]),
        ({"LoaiDanhMuc": "1", "MaTinh": "811"}, ["811", "81101", "8110101"]),
        ({"LoaiDanhMuc": "2", "MaTinh": "811"}, ["H811.01"]),
        ({"LoaiDanhMuc": "6", "MaLoaiKhieuTo": "TC.02"}, ["TC.02", "TC.02.01"]),
        ({"LoaiDanhMuc": "7", "MaBoNganh": "B02"}, ["B02"]),
        ({"LoaiDanhMuc": "9", "MaTinh": "811"}, ["H", "G", "A"]),
    ],
)
def test_code_lists_are_answered(sim: Any, question: dict[str, Any], codes: list[str]) -> None:
    """An array of code and name, narrowed by what the list can be narrowed by."""
    answer = sim.ask("TraDanhMuc", question)
    assert [item["Ma"] for item in answer] == codes
    assert all(set(item) == {"Ma", "Ten"} for item in answer)
