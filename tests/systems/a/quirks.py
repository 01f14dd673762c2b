"""What is odd in system A, one invented case or more for each oddity, and what the mapping should find in them."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any, Final, TypeAlias

from sync_agent.example.desk import Desk
from sync_agent.example.staff import STAFF
from sync_agent.example.tables import Row

__all__ = ["Expected", "Quirks"]

Expected: TypeAlias = Counter[tuple[str, str, str]]
"""Cases by (rule, field, level); of settlements and enforcements each entry counts."""

_TO_EDIT: Final = 40
"""How many cases there are with a row in every table, for tests that edit one."""

LARGEST: Final = 2_147_483_647
"""The largest number the application can hold."""


class Quirks:
    """Adds the odd cases. `keys` are their case keys by the name of the quirk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._keys: defaultdict[str, list[str]] = defaultdict(list)
        self._receipts: defaultdict[int, list[Row]] = defaultdict(list)
        self.expected: Expected = Counter()

    @property
    def keys(self) -> dict[str, tuple[str, ...]]:
        """The case keys of each quirk, in the order they were made."""
        return {name: tuple(keys) for name, keys in self._keys.items()}

    def add_all(self) -> None:
        """Add every quirk."""
        self._identity()
        self._code_systems()
        self._absence()
        self._flags_and_dates()
        self._copied_content()
        self._people()
        self._decisions()
        self._links()
        self._receptions()
        self._mergers()
        self._bookkeeping()
        for _ in range(_TO_EDIT):
            self._complete()

    def _identity(self) -> None:
        petition = self._petition()
        self._receipt(petition, 1005, OrgChuyen=1003, NgayNhan="2026-09-05", MaCoQuanChuyenDen="H217.03")
        for org in (1003, 1005):
            self._processed(petition, org)
        self._note("several_receipts", petition, 1003, 1005)
        again = self._petition()  # sent back: two rows for one organisation, and the application takes any
        self._receipt(again, 1003, NgayNhan="2026-09-20")
        self._note("receipt_twice", again, 1003)
        self._expect("rows_disagree", "agency")
        self._expect("rows_disagree", "kind")

    def _code_systems(self) -> None:
        named = self._petition()
        self._processed(named, 1003)
        self._accepted(named, 1003, MaCoQuanThuLy=" 1003 ")
        self._decided(named, 1003, IDCoQuanBanHanh="H217.02")
        self._note("organisation_as_text", named, 1003)
        for text in ("1003abc", "H217.03"):  # as a number the first equals 1003, and the second is the other system
            adrift = self._petition()
            self._accepted(adrift, 1003, MaCoQuanThuLy=text)
            self._note("step_adrift", adrift, 1003)
            self._expect("doubtful", "agency", "warn")

    def _absence(self) -> None:
        for empty, none in ((None, None), ("", 0)):
            petition = self._petition(
                SoNguoiDiKNTC=none,
                SoNguoiDaiDien=none,
                TenCoQuanDiKNTC=empty,
                LanGiaiQuyet=none,
                LoaiQuyetDinhGiaiQuyet=none,
                MaCoQuanDaGiaiQuyet=empty,
                GanVuViec=empty,
                LoaiNguoiUyQuyen=none,
                people=(self._person(HoTen="Vi Thị Trống", GioiTinh=none or 0, MaDanToc=none or 0, MaQuocTich=empty),),
                receipt={"MaCoQuanChuyenDen": empty, "SoVanBanDen": empty},
            )
            self._note("absent", petition, 1003)
        before = self._petition(MaCoQuanDaGiaiQuyet="H217.01", LanGiaiQuyet=0, LoaiQuyetDinhGiaiQuyet=1)
        self._note("settled_before", before, 1003)

    def _flags_and_dates(self) -> None:
        for flag in (1, 0, None):
            self._note("not_eligible", self._petition(DonKhongDuDieuKienXL=flag), 1003)
        misled = self._petition(NgayCapNhat="2026-10-30 10:00:00", NgayTraKQ="2026-10-31 10:00:00")
        decision = self._decided(misled, 1003)
        self._enforced(decision, NgayCapNhat="2026-10-15")
        self._note("update_columns", misled, 1003)
        for day in ("2026-09-01", "2026-09-01 16:45:00"):
            petition = self._petition(NgayNhanDon=day, receipt={"NgayNhan": day})
            self._decided(petition, 1003, NgayBanHanh=day.replace("-09-01", "-10-01"))
            self._note("date_or_time", petition, 1003)
        for kind, field, deadline in ((1, "KN.01.02", "2026-11-09"), (2, "TC.01", "2026-12-09")):  # 60 and 90 days
            petition = self._petition(kind=kind, field=field)
            self._processed(petition, 1003)
            self._accepted(petition, 1003, NgayThuLy="2026-09-10", HanGiaiQuyet=deadline)
            self._note("local_deadline", petition, 1003)

    def _copied_content(self) -> None:
        for summary in (None, "Đề nghị xem xét mức bồi thường."):
            petition = self._petition()
            self._processed(petition, 1003, **({"TomTatNoiDungXL": summary} if summary else {}))
            self._note("copied_content", petition, 1003)

    def _people(self) -> None:
        nobody = {"HoTen": None, "SoDinhDanhCaNhan": "", "GioiTinh": 0, "MaDanToc": 0, "MaTinh": None, "MaXa": None}
        for flag, person in ((1, nobody | {"NacDanh": 1}), (0, nobody | {"NacDanh": 1}), (1, {"NacDanh": 0})):
            petition = self._petition(DonNacDanh=flag, people=(self._person(**person),))
            self._note("anonymous", petition, 1003)
            if flag != person["NacDanh"]:
                self._expect("doubtful", "petition.anonymous")
        group = self._petition(
            LoaiNguoiDiKNTC=2, SoNguoiDiKNTC=45, SoNguoiDaiDien=3, people=[self._person() for _ in range(3)]
        )
        self._note("group", group, 1003)
        shared = self._person()
        for _ in range(2):
            self._note("shared_person", self._petition(people=(shared,)), 1003)
        both = self._petition(whom={"HoTen": "Vi Văn Đôi", "TenCoQuan": "Ủy ban nhân dân xã Đồi Chè"})
        self._note("person_and_body", both, 1003)
        self._expect("doubtful", "respondents.kind")

    def _decisions(self) -> None:
        petition = self._petition()
        self._processed(petition, 1003)
        self._accepted(petition, 1003)
        decisions = [self._decided(petition, 1003, NgayBanHanh=day) for day in ("2026-10-01", "2026-10-10")]
        self._enforced(decisions[1])
        self._note("two_decisions", petition, 1003)
        single = self._petition()
        self._enforced(self._decided(single, 1003, ThuHoiTien=LARGEST))
        self._note("cut_amount", single, 1003)
        self._expect("doubtful", "settlements.remedies.recover.money")
        for name, add in (("processed_twice", self._processed), ("accepted_twice", self._accepted)):
            petition = self._petition()
            add(petition, 1003, NgayTao="2026-09-02")
            add(
                petition,
                1003,
                NgayTao="2026-09-03",
                **{"CanBoDuyet": "Vi Thị Khác - Giám đốc"} if "acc" in name else {"MaHuongXuLy": 5},
            )
            self._note(name, petition, 1003)
            self._expect("rows_disagree", "processing.direction" if "proc" in name else "acceptance.agency")
        other = self._petition(kind=5)
        self._note("other_kind", other, 1003)
        self._expect("unmapped_code", "kind")
        withdrawn = self._petition(Status=-1)
        self._note("withdrawn", withdrawn, 1003)

    def _links(self) -> None:
        original = self._petition()
        self._receipt(original, 1005, OrgChuyen=1003)
        number = original["IdDonThu"]
        self._note("original", original, 1003, 1005)
        self._note("repeated", self._petition(GanVuViec=str(number)), 1003)
        self._note("repeated", self._petition(org=1005, GanVuViec=f" {number} "), 1005)
        self._note("repeated", self._petition(org=1008, GanVuViec=str(number)), 1008)
        for text in ("999999", f"{number}abc", "đơn cũ"):
            self._note("repeats_nothing", self._petition(GanVuViec=text), 1003)
            self._expect("doubtful", "linked_case", "warn")

    def _receptions(self) -> None:
        for moment in ("2026-09-08", "2026-09-08 09:15:00"):
            row = self._desk.tables.add(
                "so_tiep_cong_dan",
                IdDonThu=None,
                NgayTiepCongDan=moment,
                LoaiLinhVuc=3,
                OrgTao=1001,
                CanBoTiep=STAFF[1001].officer,
                LanhDaoTiep="",
                TiepDinhKy=0,
                UyQuyen=0,
                SoNguoi=1,
                NoiDungTiep="Phản ánh đường thôn ngập nước.",
            )
            reception = row["IdSoTiepCongDan"]
            person = self._person()["IdDoiTuongDiKNTC"]
            self._desk.tables.add("so_tiep_cong_dan_nguoi_dai_dien", IdSoTiepCongDan=reception, IdDoiTuongDiKNTC=person)
            self._desk.tables.add("so_tiep_cong_dan_linh_vuc", IdSoTiepCongDan=reception, IdLinhVuc="PA.01")
            self._keys["reception"].append(f"T{reception}")

    def _mergers(self) -> None:
        for day in ("2025-02-28", "2025-03-01", None):
            petition = self._petition(
                people=(self._desk.people.petitioner(old=True),),
                org=1104,
                NgayNhapDon=day or "2025-02-10 08:00:00",
                NgayNhanDon=day,
                receipt={"NgayNhan": day},
            )
            self._note("merged_agency", petition, 1104)
        unknown = self._petition(org=1999)
        self._note("agency_not_in_map", unknown, 1999)
        self._expect("unmapped_code", "agency")
        for day in ("2025-06-30", "2025-07-01"):
            person = self._person(MaTinh="811", MaHuyen="81101", MaXa="8110101")
            petition = self._petition(NgayNhanDon=day, NgayNhapDon=day, people=(person,), receipt={"NgayNhan": day})
            self._note("merged_unit", petition, 1003)
        self._expect("unmapped_code", "petitioners.people.address.district", "warn")

    def _bookkeeping(self) -> None:
        petition = self._petition(mattcp="0b0e7b5a-0001-4c1e-9a51-000000000001")
        self._receipts_of(petition)[0]["mattcp"] = "0b0e7b5a-0002-4c1e-9a51-000000000002"
        self._note("two_national_ids", petition, 1003)

    def _complete(self) -> None:
        """Add a case with a row in every table that tells something of a case."""
        tables = self._desk.tables
        speaker = self._desk.people.representative()
        petition = self._petition(LoaiNguoiUyQuyen=1, IdDoiTuongUyQuyen=speaker["IdDoiTuongUyQuyen"])
        number = petition["IdDonThu"]
        tables.add("don_thu_ho_so_dinh_kem", IDDonThu=number, TenHoSo="Giấy tờ nhà đất", LoaiTaiLieu=2)
        self._processed(petition, 1003)
        self._accepted(petition, 1003)
        decision = self._decided(petition, 1003)
        tables.add(
            "don_thu_quyet_dinh_giai_quyet_doi_tuong_bi_xlhc",
            IdQuyetDinhGiaiQuyet=decision["IDQuyetDinhGiaiQuyet"],
            CaNhan=0,
            TenToChuc="Bộ phận Một cửa",
            HinhThucXuLy="Kiểm điểm tập thể",
        )
        self._enforced(decision)
        tables.add(
            "so_tiep_cong_dan", IdDonThu=number, NgayTiepCongDan="2026-09-01", LoaiLinhVuc=1, OrgTao=1003, SoNguoi=1
        )
        self._note("complete", petition, 1003)

    def _petition(
        self,
        *,
        kind: int = 1,
        field: str = "KN.01.02",
        org: int = 1003,
        people: Sequence[Row] = (),
        whom: dict[str, Any] | None = None,
        receipt: dict[str, Any] | None = None,
        **columns: Any,
    ) -> Row:
        """Add a complaint of one person with its receipt and its line in the journal."""
        tables = self._desk.tables
        usual = {
            "NoiDungDonThu": "Khiếu nại mức bồi thường khi thu hồi đất.",
            "LoaiDonThu": kind,
            "NgayNhanDon": "2026-09-01",
            "NgayNhapDon": "2026-09-01 08:00:00",
            "LoaiNguoiDiKNTC": 1,
            "DonNacDanh": 0,
            "DonKhongDuDieuKienXL": 0,
            "Status": 0,
        }
        respondent = tables.add(
            "don_thu_doi_tuong_bi_kntc", **({"TenCoQuan": "Trung tâm Phát triển quỹ đất"} | (whom or {}))
        )
        row = tables.add("don_thu", **(usual | columns), IdDoiTuongBiKNTC=respondent["IdDoiTuongBiKNTC"])
        day = str(row["NgayNhapDon"])
        tables.add(
            "don_thu_qua_trinh_xlgq",
            IdDonThu=row["IdDonThu"],
            NgayDang=f"{day[:10]} 08:00:01",
            NoiDung=f"<p>Cán bộ <b>{STAFF[1003].officer}</b> đã nhập đơn thư.</p>",
            HeThongTao=1,
        )
        for person in people or (self._person(),):
            tables.add("don_thu_nguoi_dai_dien", IdDonThu=row["IdDonThu"], IdDoiTuongDiKNTC=person["IdDoiTuongDiKNTC"])
        tables.add("don_thu_linh_vuc", IdDonThu=row["IdDonThu"], IdLinhVuc=field)
        self._receipt(row, org, **(receipt or {}))
        return row

    def _receipt(self, petition: Row, org: int, **columns: Any) -> Row:
        usual = {"NguonDonDen": 1, "OrgChuyen": org, "NgayNhan": "2026-09-02"}
        added = self._desk.tables.add(
            "don_thu_thong_tin_don_thu", IdDonThu=petition["IdDonThu"], OrgNhan=org, **(usual | columns)
        )
        self._receipts_of(petition).append(added)
        return added

    def _receipts_of(self, petition: Row) -> list[Row]:
        return self._receipts[petition["IdDonThu"]]

    def _person(self, **columns: Any) -> Row:
        person = self._desk.people.petitioner(old=False)
        person.update(columns)
        return person

    def _processed(self, petition: Row, org: int, **columns: Any) -> Row:
        usual = {
            "TomTatNoiDungXL": petition["NoiDungDonThu"],
            "NoiDungXuLy": "Đơn đủ điều kiện, thuộc thẩm quyền.",
            "NgayXuLy": "2026-09-04",
            "CanBoXuLy": STAFF[1003].officer,
            "MaHuongXuLy": 4,
            "MaCQXL": "H217.03",
            "NgayTao": "2026-09-04",
            "DaLienThong": 0,
        }
        return self._desk.tables.add(
            "don_thu_ket_qua_xu_ly", IdDonThu=petition["IdDonThu"], OrgTao=org, **(usual | columns)
        )

    def _accepted(self, petition: Row, org: int, **columns: Any) -> Row:
        usual = {
            "MaCoQuanThuLy": str(org),
            "NgayThuLy": "2026-09-10",
            "HanGiaiQuyet": "2026-10-10",
            "CanBoDuyet": STAFF[1003].leader,
            "NgayTao": "2026-09-10",
            "DaLienThong": 0,
        }
        return self._desk.tables.add("don_thu_quyet_dinh_thu_ly", IdDonThu=petition["IdDonThu"], **(usual | columns))

    def _decided(self, petition: Row, org: int, **columns: Any) -> Row:
        usual = {
            "IDCoQuanBanHanh": "H217.03",
            "NgayBanHanh": "2026-10-01",
            "TomTatNoiDung": "Chấp nhận một phần nội dung khiếu nại.",
            "IDKetQuaGiaiQuyet": 1,
            "IDHinhThucGiaiQuyet": 1,
            "QuyenKhoiKien": 1,
            "NgayTao": "2026-10-01",
        }
        return self._desk.tables.add(
            "don_thu_quyet_dinh_giai_quyet", IdDonThu=petition["IdDonThu"], OrgTao=org, **(usual | columns)
        )

    def _enforced(self, decision: Row, **columns: Any) -> Row:
        usual = {
            "NgayCapNhat": "2026-10-20",
            "MaCoQuanThiHanh": "H217.03",
            "ThuHoiTien": 1_500_000,
            "NgayTao": "2026-10-20",
        }
        return self._desk.tables.add(
            "don_thu_thi_hanh_giai_quyet",
            IDQuyetDinhGiaiQuyet=decision["IDQuyetDinhGiaiQuyet"],
            OrgTao=decision["OrgTao"],
            **(usual | columns),
        )

    def _note(self, name: str, petition: Row, *organisations: int) -> None:
        self._keys[name].extend(f"D{petition['IdDonThu']}-{org}" for org in organisations)

    def _expect(self, rule: str, field: str, level: str = "hold") -> None:
        self.expected[rule, field, level] += 1
