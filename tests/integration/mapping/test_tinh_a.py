from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from sync_agent.domain.casefile import CaseFile, Outcome, Withdrawal
from sync_agent.domain.findings import Finding, Level
from sync_agent.domain.steps import Step

Local = Any


def test_profile_fits_the_schema(local: Local) -> None:
    """Every query runs and returns every column that the rules use."""
    assert len(local.source.probe()) == 16
    local.mapper.check_columns(local.source.columns())


def test_one_petition_at_two_organisations_is_two_cases(local: Local) -> None:
    """Identity is petition and receiving organisation."""
    local.petition(7, 1003)
    local.receipt(7, 1005, OrgChuyen=1003, NgayNhan="2026-03-09")
    assert local.changed() == ["D7-1003", "D7-1005"]
    first, second = local.mapped("D7-1003"), local.mapped("D7-1005")
    assert [case.case.agency for case in (first, second)] == ["H217.03", "H217.05"]
    assert first.case.petition.forwarded_by is None
    assert second.case.petition.forwarded_by.agency == "H217.03"
    assert [case.case.petition.received_on for case in (first, second)] == [date(2026, 3, 1), date(2026, 3, 9)]
    assert first.group == second.group == ("link:7", "petition:7")


def test_reception_without_petition_is_a_case_of_its_own(local: Local) -> None:
    """Only the reception part, and what tells whether it must be protected."""
    local.add(
        "so_tiep_cong_dan",
        IdSoTiepCongDan=4,
        NgayTiepCongDan="2026-03-05 08:00:00",
        LoaiLinhVuc=2,
        OrgTao=1001,
        CanBoTiep="Lê Văn Ất - Chuyên viên",
        LanhDaoTiep="",
        TiepDinhKy=1,
        SoNguoi=0,
        NoiDungTiep="Trình bày",
    )
    local.add("so_tiep_cong_dan_linh_vuc", IdSoTiepCongDan=4, IdLinhVuc="TC.01")
    mapped = local.mapped("T4")
    assert local.changed() == ["T4"]
    assert mapped.case.model_dump(exclude_defaults=True, mode="json") == {
        "case_key": "T4",
        "agency": "H217.01",
        "kind": "denunciation",
        "classifications": ["TC.01"],
        "reception": {
            "received_on": "2026-03-05",
            "session": "periodic",
            "officer": "Lê Văn Ất",
            "content": "Trình bày",
        },
    }
    assert mapped.ready == {(Step.CASE, "")}


def test_first_reception_of_a_petition_belongs_to_it(local: Local) -> None:
    """Later visits and visits elsewhere are not this reception; the petition tells its kind."""
    local.petition(1, 1003, LoaiDonThu=3)
    for day, org in [("2026-03-08", 1003), ("2026-03-05 09:00:00", 1003), ("2026-03-01", 1005)]:
        local.add("so_tiep_cong_dan", IdDonThu=1, NgayTiepCongDan=day, LoaiLinhVuc=2, OrgTao=org)
    mapped = local.mapped("D1-1003")
    assert (mapped.case.reception.received_on, mapped.case.kind) == (date(2026, 3, 5), "feedback")
    assert local.changed() == ["D1-1003"]


def test_negated_flag_is_turned_round(local: Local) -> None:
    """`DonKhongDuDieuKienXL` = 1 means not eligible; NULL says nothing."""
    for number, flag in enumerate((1, 0, None), start=1):
        local.petition(number, DonKhongDuDieuKienXL=flag)
    assert [local.mapped(f"D{number}-1003").case.petition.eligible for number in (1, 2, 3)] == [False, True, None]


@pytest.mark.parametrize("absent", [None, "", 0])
def test_earlier_settlement_that_is_none_stays_none(local: Local, absent: object) -> None:
    """NULL, '' and 0 all mean absent in these columns."""
    local.petition(
        LanGiaiQuyet=absent, MaCoQuanDaGiaiQuyet="", SoNguoiDiKNTC=absent, LoaiQuyetDinhGiaiQuyet=1, GanVuViec=None
    )
    mapped = local.mapped("D1-1003")
    assert (mapped.case.prior_settlements, mapped.case.petitioners, mapped.findings) == ((), None, ())


def test_earlier_settlement_is_mapped(local: Local) -> None:
    """Agency, instance, kind, number and day."""
    local.petition(
        MaCoQuanDaGiaiQuyet="H217.20.01",
        LanGiaiQuyet=1,
        LoaiQuyetDinhGiaiQuyet=2,
        SoKyHieuVanBanGiaiQuyet="12/QĐ-UBND",
        NgayBanHanhQDGQ="2025-11-03",
    )
    (prior,) = local.mapped("D1-1003").case.prior_settlements
    assert prior.model_dump(exclude_none=True, mode="json") == {
        "agency": "H217.20.01",
        "instance": "first",
        "decision_kind": "2",
        "decision_no": "12/QĐ-UBND",
        "issued_on": "2025-11-03",
    }


def test_withdrawal_is_only_a_status(local: Local) -> None:
    """Neither date nor reason is made up."""
    local.petition(1, Status=-1)
    local.petition(2, Status=0)
    assert local.mapped("D1-1003").case.withdrawal == Withdrawal()
    assert local.mapped("D2-1003").case.withdrawal is None


def test_kind_without_national_meaning_holds_the_case(local: Local) -> None:
    """Kind 5 (khác) is not mapped and not guessed."""
    local.petition(LoaiDonThu=5)
    mapped = local.mapped("D1-1003")
    assert mapped.case.kind is None
    assert mapped.findings == (Finding("unmapped_code", Level.HOLD, "kind", None, "", "don_thu.LoaiDonThu"),)


def test_repeated_petition_names_the_other_case(local: Local) -> None:
    """The case at the same organisation, else the original receipt; both share a group with it."""
    local.petition(1, 1002)
    local.receipt(1, 1003, OrgChuyen=1002)
    local.petition(2, 1003, GanVuViec="1")
    local.petition(3, 1008, GanVuViec="1")
    links = [local.mapped(key).case.linked_case for key in ("D2-1003", "D3-1008", "D1-1002")]
    assert links == ["D1-1003", "D1-1002", None]
    assert [local.mapped(key).group for key in ("D2-1003", "D1-1002")] == [
        ("link:1", "link:2", "petition:2"),
        ("link:1", "petition:1"),
    ]


def test_people_come_by_the_link_table_in_order(local: Local) -> None:
    """A link inserted twice is one person; an anonymous person has no name; zero ethnicity is absent."""
    local.petition(LoaiNguoiDiKNTC=2, SoNguoiDiKNTC=40, SoNguoiDaiDien=2)
    for number, name in [(9, None), (5, "Vi Thị Sen")]:
        local.add(
            "don_thu_doi_tuong_di_kntc", IdDoiTuongDiKNTC=number, HoTen=name, MaDanToc=0, GioiTinh=2, MaTinh="217"
        )
    for number in (9, 5, 5):
        local.add("don_thu_nguoi_dai_dien", IdDonThu=1, IdDoiTuongDiKNTC=number)
    petitioners = local.mapped("D1-1003").case.petitioners
    assert (petitioners.kind, petitioners.headcount, petitioners.representatives) == ("group", 40, 2)
    assert [each.model_dump(exclude_none=True, mode="json") for each in petitioners.people] == [
        {"full_name": "Vi Thị Sen", "gender": "female", "address": {"province": "217"}},
        {"gender": "female", "address": {"province": "217"}},
    ]
    assert local.mapped("D1-1003").group == ("link:1", "person:5", "person:9", "petition:1")


def test_only_an_approved_summary_counts(local: Local) -> None:
    """A summary without a day of approval is a draft."""
    local.petition(1)
    local.petition(2)
    local.add("don_thu_tom_tat_lien_thong", IdDonThu=1, TomTat="Bản tóm tắt", NgayDuyet="2026-03-03")
    local.add("don_thu_tom_tat_lien_thong", IdDonThu=2, TomTat="Bản nháp")
    summaries = [local.mapped(f"D{number}-1003").case.petition.redacted_summary for number in (1, 2)]
    assert summaries == ["Bản tóm tắt", None]


def complete(local: Local) -> None:
    """Insert a petition that went through all five steps, with two decisions."""
    local.petition()
    local.add(
        "don_thu_ket_qua_xu_ly",
        IdDonThu=1,
        OrgTao=1003,
        MaHuongXuLy=4,
        MaCQXL="H217.03",
        NgayXuLy="2026-03-05 10:00:00",
        CanBoXuLy="Lê Văn Ất - Thanh tra viên",
        TenFileDinhKem="to-trinh.pdf",
        LinkFileDinhKem="abc.pdf",
    )
    local.add("don_thu_quyet_dinh_thu_ly", IdDonThu=1, MaCoQuanThuLy="1003", NgayThuLy="2026-03-06")
    for number, day, outcome in [(11, "2026-05-01", 2), (12, "2026-04-01", 6)]:
        local.add(
            "don_thu_quyet_dinh_giai_quyet",
            IDQuyetDinhGiaiQuyet=number,
            IdDonThu=1,
            OrgTao=1003,
            NgayBanHanh=day,
            IDKetQuaGiaiQuyet=outcome,
            IDCoQuanBanHanh="H217.02",
            ThuHoiTien=2147483647,
            TraLaiDatO=120,
        )
        local.add(
            "don_thu_quyet_dinh_giai_quyet_doi_tuong_bi_xlhc", IdQuyetDinhGiaiQuyet=number, CaNhan=1, HoTen="Hà A"
        )
        local.add(
            "don_thu_quyet_dinh_giai_quyet_doi_tuong_bi_xlhc",
            IdQuyetDinhGiaiQuyet=number,
            CaNhan=0,
            TenToChuc="Công ty B",
        )
        local.add(
            "don_thu_thi_hanh_giai_quyet",
            IDThiHanhGiaiQuyet=number + 10,
            IDQuyetDinhGiaiQuyet=number,
            NgayCapNhat="2026-06-01",
            ThuHoiTien=number,
        )


def test_all_five_steps_are_mapped(local: Local) -> None:
    """Decisions in their order, each enforcement with its own decision, every step ready."""
    complete(local)
    mapped = local.mapped("D1-1003")
    case: CaseFile = mapped.case
    assert case.processing is not None
    assert case.processing.document is not None
    assert case.acceptance is not None
    assert (case.processing.officer, case.processing.officer_role) == ("Lê Văn Ất", "Thanh tra viên")
    assert case.processing.document.location == "1/abc.pdf"
    assert case.acceptance.agency == "H217.03"
    assert [(each.local_key, each.outcome) for each in case.settlements] == [
        ("12", Outcome.COMPLAINT_WRONG),
        ("11", Outcome.COMPLAINT_RIGHT),
    ]
    remedies = case.settlements[0].remedies
    assert remedies is not None
    assert remedies.model_dump(exclude_none=True) == {
        "recover": {"money": 2147483647},
        "give_back": {"residential_land": Decimal(120)},
    }
    assert [each.full_name for each in case.settlements[0].people_handled] == ["Hà A"]
    assert [each.name for each in case.settlements[0].organisations_handled] == ["Công ty B"]
    assert [(each.local_key, each.settlement_key) for each in case.enforcements] == [("21", "11"), ("22", "12")]
    assert mapped.findings == ()
    assert mapped.ready == {
        (Step.CASE, ""),
        (Step.PROCESSING, ""),
        (Step.ACCEPTANCE, ""),
        (Step.SETTLEMENT, "11"),
        (Step.SETTLEMENT, "12"),
        (Step.ENFORCEMENT, "21"),
        (Step.ENFORCEMENT, "22"),
    }


def test_steps_belong_to_the_organisation_that_made_them(local: Local) -> None:
    """Another receipt of the same petition has none of them."""
    complete(local)
    local.receipt(1, 1005, OrgChuyen=1003)
    case = local.mapped("D1-1005").case
    assert (case.processing, case.acceptance, case.settlements, case.enforcements) == (None, None, (), ())


def test_two_processing_results_hold_that_step(local: Local) -> None:
    """Which of two rows counts is not guessed."""
    complete(local)
    local.add("don_thu_ket_qua_xu_ly", IdDonThu=1, OrgTao=1003, MaHuongXuLy=5)
    local.add("don_thu_linh_vuc", IdDonThu=1, IdLinhVuc="KN.01")
    mapped = local.mapped("D1-1003")
    assert mapped.case.processing is None
    assert [(each.rule, each.step, each.where) for each in mapped.findings] == [
        ("rows_disagree", Step.PROCESSING, "don_thu_ket_qua_xu_ly")
    ]


def test_attachment_without_a_file_has_no_location(local: Local) -> None:
    """The place of the bytes is told only when there is one."""
    local.petition()
    local.add("don_thu_ho_so_dinh_kem", IDHoSoDinhKem=3, IDDonThu=1, TenHoSo="Đơn", LinkFileDinhKem="x.pdf")
    local.add("don_thu_ho_so_dinh_kem", IDHoSoDinhKem=2, IDDonThu=1, TenHoSo="Giấy tờ", LinkFileDinhKem="")
    attachments = local.mapped("D1-1003").case.attachments
    assert [(each.local_key, each.location) for each in attachments] == [("2", None), ("3", "1/x.pdf")]


def test_respondent_is_a_body_or_a_person(local: Local) -> None:
    """The kind is the petition's column, the name whichever is given."""
    local.petition(LoaiNguoiBiKNTC=2, IdDoiTuongBiKNTC=8)
    local.add("don_thu_doi_tuong_bi_kntc", IdDoiTuongBiKNTC=8, TenCoQuan="Ủy ban nhân dân xã", MaTinhCoQuan="217")
    (respondent,) = local.mapped("D1-1003").case.respondents
    assert respondent.model_dump(exclude_none=True, mode="json") == {
        "kind": "organisation",
        "organisation": {"name": "Ủy ban nhân dân xã", "address": {"province": "217"}},
    }


def test_no_representative_is_invented(local: Local) -> None:
    """The kind alone, without a person, is none."""
    local.petition(LoaiNguoiUyQuyen=1)
    assert local.mapped("D1-1003").case.representative is None


@pytest.mark.parametrize(
    ("table", "columns"),
    [
        ("don_thu_qua_trinh_xlgq", {"IdDonThu": 1, "NgayDang": "2026-11-20 09:00:00"}),
        ("don_thu_qua_trinh_xlgq", {"IdDonThu": 1, "NgayDang": None}),
        ("don_thu_ket_qua_xu_ly", {"IdDonThu": 1, "OrgTao": 1003, "NgayTao": "2026-11-20"}),
        ("don_thu_quyet_dinh_thu_ly", {"IdDonThu": 1, "MaCoQuanThuLy": "1003", "NgayTao": "2026-11-20"}),
        ("don_thu_quyet_dinh_giai_quyet", {"IdDonThu": 1, "OrgTao": 1003, "NgayTao": "2026-11-20"}),
        ("don_thu_tom_tat_lien_thong", {"IdDonThu": 1, "TomTat": "x", "NgayDuyet": "2026-11-20 10:00:00"}),
        ("so_tiep_cong_dan", {"IdDonThu": 1, "OrgTao": 1003, "NgayTiepCongDan": "2026-11-20"}),
    ],
)
def test_every_table_of_a_case_tells_of_a_change(local: Local, table: str, columns: dict[str, object]) -> None:
    """A line since the watermark brings the case; without one it stays away."""
    local.petition()
    since = local.source.now().replace(year=2026, month=11, day=20, hour=1, minute=0)
    assert local.source.changes(since) == []
    local.add(table, **columns)
    assert [change.case_key for change in local.source.changes(since)] == ["D1-1003"]


def test_case_without_a_receipt_is_gone(local: Local) -> None:
    """Steps that a deletion left behind are no case."""
    complete(local)
    assert local.source.read(["D9-1003", "T9"]) == {}
