"""How a petition is entered: its content, its people, its receipt, its field codes and what is attached to it."""

import unicodedata
from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any, Final

from sync_agent.example.chance import likely
from sync_agent.example.desk import Desk, Draft
from sync_agent.example.kinds import COMPLAINT, DENUNCIATION, FEEDBACK, OTHER
from sync_agent.example.names import telling_words
from sync_agent.example.organisations import OUTSIDE_AGENCIES, organisation
from sync_agent.example.places import OLD_UNITS_UNTIL
from sync_agent.example.plan import Plan
from sync_agent.example.receptions import add_reception
from sync_agent.example.redaction import redacted_summary
from sync_agent.example.staff import STAFF
from sync_agent.example.stock import Special
from sync_agent.example.tables import Row, moment
from sync_agent.example.topics import topics_of

__all__ = ["add_petition", "add_receipt", "add_summary", "petition_text"]

_BY_POST: Final = 1
_FROM_AGENCY: Final = 4
_AT_RECEPTION: Final = 6
_SOURCES: Final = (_BY_POST, _FROM_AGENCY, _AT_RECEPTION, 20, 23)
_SOURCE_SHARES: Final = (35, 18, 30, 7, 10)

_INDIVIDUAL: Final = 1
_GROUP: Final = 2
_ORGANISATION: Final = 3

_FIELDS: Final[Mapping[Special, tuple[str, ...]]] = {
    Special.FIELD_CODE: ("KN.01.06", "TC.01"),
    Special.CORRUPTION: ("PA.01.05",),
    Special.NO_FIELD_CODE: (),
}


def add_petition(desk: Desk, plan: Plan, partner: Draft | None = None) -> Draft:
    """Add a petition with its first receipt; `partner` is the older one that `plan.partner` stands for."""
    rng = desk.rng
    topic = rng.choice(topics_of(plan.kind))
    received = desk.today - timedelta(days=plan.age)
    draft = Draft(plan, topic, received, desk.tables.add("don_thu"))
    entered = desk.during(received)
    desk.line(draft.id, entered, f"<p>Cán bộ <b>{STAFF[plan.agencies[0]].officer}</b> đã nhập đơn thư.</p>")
    source = rng.choices(_SOURCES, _SOURCE_SHARES)[0]
    add_receipt(desk, draft, plan.agencies[0], entered, source=source)
    writer = _add_writers(desk, draft, partner)
    whom = _add_respondent(desk, draft)
    draft.row.update(
        _facts(desk, draft, entered), **writer, **_representative(desk, draft), **_prior_settlement(desk, plan)
    )
    draft.row["GanVuViec"] = _linked(desk, draft, partner)
    draft.row["NoiDungDonThu"] = petition_text(draft, whom, writer["TenCoQuanDiKNTC"])
    if source == _AT_RECEPTION:
        add_reception(desk, plan.agencies[0], received, plan.kind, draft.row["NoiDungDonThu"], petition=draft.id)
    _add_fields(desk, draft)
    _add_attachments(desk, draft)
    _be_odd(desk, draft)
    return draft


def add_receipt(
    desk: Desk, draft: Draft, agency: int, when: datetime, *, source: int, sender: int | None = None
) -> Row:
    """Add a receipt by `agency`; with `sender` (a local id) it is a transfer."""
    rng = desk.rng
    letter: dict[str, str | None] = {
        "MaCoQuanChuyenDen": rng.choice(("", None)),
        "SoVanBanDen": rng.choice(("", None)),
        "NgayPhatHanhVanBan": None,
    }
    if source == _FROM_AGENCY:
        code = organisation(sender).national_code if sender else rng.choice(OUTSIDE_AGENCIES)[0]
        number = rng.choice((f"{rng.randint(1, 900)}/PC-BTCD", f"{rng.randint(1, 900)}/CV-TTr", ""))
        letter = {"MaCoQuanChuyenDen": code, "SoVanBanDen": number, "NgayPhatHanhVanBan": when.date().isoformat()}
    receipt = desk.tables.add(
        "don_thu_thong_tin_don_thu",
        IdDonThu=draft.id,
        NguonDonDen=source,
        **letter,
        OrgChuyen=sender or agency,
        OrgNhan=agency,
        NgayNhan=rng.choice((when.date().isoformat(), moment(when))),
        NgayHoanThanhXuLy=None,
        mattcp=None,
        NgayLienThong=None,
    )
    draft.receipts.append(receipt)
    return receipt


def petition_text(draft: Draft, whom: str, organisation_name: str | None = None) -> str:
    """Return the content as written: it names the writer and whom it is about."""
    first = next((person for person in draft.people if person["HoTen"]), None)
    if organisation_name:
        writer = f"{organisation_name} trân trọng gửi đơn này"
    elif first is None:
        writer = "Tôi xin được giấu tên vì sợ bị trả thù"
    elif len(draft.people) > 1:
        writer = f"Chúng tôi là các hộ dân do {first['HoTen']}, trú tại {first['DiaChiChiTiet']}, đại diện"
    else:
        writer = f"Tôi tên là {first['HoTen']}, trú tại {first['DiaChiChiTiet']}"
    year = draft.received.year - 1
    matter = draft.topic.matter.format(who=whom)
    return f"{writer}. Nội dung: {matter}. Vụ việc xảy ra từ năm {year}. Kính đề nghị {draft.topic.request}."


def add_summary(desk: Desk, draft: Draft, *, protected: bool) -> None:
    """Add the approved summary that a protected petition should have; about one in seven has none."""
    plan = draft.plan
    wanted = plan.summary if plan.summary is not None else protected and likely(desk.rng, 0.86)
    if not wanted:
        return
    avoid = {word for name in draft.names for word in telling_words(name)}
    text = redacted_summary(desk.rng, draft.topic, avoid)
    if text is None:
        return
    if plan.special is Special.LEAK:
        text = f"{text} Người viết đơn là {draft.names[0]}."
    approved = desk.during(min(desk.after(draft.received, 0, 4), desk.last_day))
    desk.tables.add(
        "don_thu_tom_tat_lien_thong",
        IdDonThu=draft.id,
        TomTat=text,
        NguoiDuyet=STAFF[plan.agencies[0]].leader,
        NgayDuyet=None if plan.special is Special.UNAPPROVED else moment(approved),
    )


def _facts(desk: Desk, draft: Draft, entered: datetime) -> Row:
    rng, plan = desk.rng, draft.plan
    back = timedelta(days=160) if plan.special is Special.BACK_DATED else timedelta(days=rng.choice((0, 0, 0, 1, 3)))
    return {
        "LoaiDonThu": plan.kind,
        "NgayNhanDon": rng.choice(((entered - back).date().isoformat(), moment(entered - back))),
        "NgayNhapDon": moment(entered - back),
        "LanGiaiQuyet": 0,
        "LoaiQuyetDinhGiaiQuyet": rng.choice((1, 1, None)),
        "DonKhongDuDieuKienXL": 1 if likely(rng, 0.05) else 0,
        "UserNhapDon": STAFF[plan.agencies[0]].user,
        "UserThuLy": 0,
        "Status": 0,
    }


def _add_writers(desk: Desk, draft: Draft, partner: Draft | None) -> Row:
    """Add or pick the people who write; return the columns of the petition that tell about them."""
    rng, plan = desk.rng, draft.plan
    kind = rng.choices((_INDIVIDUAL, _GROUP, _ORGANISATION), (80, 14, 6))[0] if plan.special is None else _INDIVIDUAL
    hidden = plan.special is Special.ANONYMOUS_FLAG or (
        plan.special is None and kind == _INDIVIDUAL and likely(rng, 0.12 if plan.kind == DENUNCIATION else 0.02)
    )
    name, address, claimed = None, None, rng.choice((1, 1, 1, None, 0))
    if partner is not None and (plan.special is Special.SHARED_PERSON or (plan.special is None and likely(rng, 0.5))):
        draft.people = partner.people
        kind = _GROUP if len(draft.people) > 1 else _INDIVIDUAL
        hidden = any(person["NacDanh"] for person in draft.people)
        claimed = len(draft.people)
    elif hidden:
        draft.people = [desk.people.anonymous()]
    elif kind == _GROUP:
        draft.people = [desk.people.petitioner(old=_old(draft)) for _ in range(rng.randint(2, 4))]
        claimed = rng.randint(5, 60)
    elif kind == _ORGANISATION:
        name, address = desk.people.organisation(), rng.choice(("", None, desk.people.household()))
        draft.people = [desk.people.petitioner(old=_old(draft))]
    else:
        draft.people = [desk.people.petitioner(old=_old(draft))]
    for person in draft.people:
        desk.tables.add("don_thu_nguoi_dai_dien", IdDonThu=draft.id, IdDoiTuongDiKNTC=person["IdDoiTuongDiKNTC"])
    draft.names.extend(person["HoTen"] for person in draft.people if person["HoTen"])
    return {
        "LoaiNguoiDiKNTC": kind,
        "SoNguoiDiKNTC": claimed,
        "SoNguoiDaiDien": len(draft.people) if kind == _GROUP else rng.choice((0, 1, None)),
        "TenCoQuanDiKNTC": name,
        "DiaChiCoQuanDiKNTC": address,
        "DonNacDanh": 1 if hidden and plan.special is not Special.ANONYMOUS_FLAG else 0,
    }


def _old(draft: Draft) -> bool:
    """Tell whether the people give units of before 2025-07-01: then everybody, later one in five from an old card."""
    return draft.plan.age % 5 == 0 or draft.received.isoformat() < OLD_UNITS_UNTIL


def _add_respondent(desk: Desk, draft: Draft) -> str:
    """Add whom the petition is about, if anybody; return how the text calls them."""
    rng, plan = desk.rng, draft.plan
    if plan.kind in {FEEDBACK, OTHER} and likely(rng, 0.8):
        return "cơ quan có trách nhiệm"
    body = likely(rng, 0.65 if plan.kind == COMPLAINT else 0.1)
    respondent = desk.people.respondent_body() if body else desk.people.respondent(old=_old(draft))
    draft.row["LoaiNguoiBiKNTC"] = 2 if body else 1
    draft.row["IdDoiTuongBiKNTC"] = respondent["IdDoiTuongBiKNTC"]
    if body:
        return str(respondent["TenCoQuan"])
    draft.names.append(respondent["HoTen"])
    return f"{respondent['HoTen']}, {respondent['ChucVu'] or 'cán bộ'}"


def _representative(desk: Desk, draft: Draft) -> Row:
    rng = desk.rng
    if draft.plan.kind in {FEEDBACK, OTHER} or not likely(rng, 0.06):
        return {"LoaiNguoiUyQuyen": rng.choice((None, 0)), "IdDoiTuongUyQuyen": None}
    person = desk.people.representative()
    draft.names.append(person["HoTen"])
    return {"LoaiNguoiUyQuyen": rng.choice((1, 2)), "IdDoiTuongUyQuyen": person["IdDoiTuongUyQuyen"]}


def _prior_settlement(desk: Desk, plan: Plan) -> Row:
    rng = desk.rng
    if plan.kind != COMPLAINT or not likely(rng, 0.12):
        empty = rng.choice(("", None))
        return dict.fromkeys(("MaCoQuanDaGiaiQuyet", "SoKyHieuVanBanGiaiQuyet", "TomTatNoiDungGiaiQuyet"), empty)
    issued = desk.today - timedelta(days=plan.age + rng.randint(20, 80))
    return {
        "MaCoQuanDaGiaiQuyet": f"H217.20.{rng.randint(1, 4):02}",
        "SoKyHieuVanBanGiaiQuyet": f"{rng.randint(10, 900)}/QĐ-UBND",
        "LanGiaiQuyet": rng.choice((1, 1, 2)),
        "LoaiQuyetDinhGiaiQuyet": rng.choice((2, 3)),
        "NgayBanHanhQDGQ": issued.isoformat(),
        "TomTatNoiDungGiaiQuyet": "Không chấp nhận nội dung khiếu nại, giữ nguyên quyết định hành chính.",
    }


def _linked(desk: Desk, draft: Draft, partner: Draft | None) -> str | None:
    if partner is not None and draft.plan.special is not Special.SHARED_PERSON:
        return str(partner.id)
    return desk.rng.choice((None, ""))


def _add_fields(desk: Desk, draft: Draft) -> None:
    special = draft.plan.special
    codes = _FIELDS.get(special, draft.topic.fields) if special else draft.topic.fields
    for code in codes:
        desk.tables.add("don_thu_linh_vuc", IdDonThu=draft.id, IdLinhVuc=code)


def _add_attachments(desk: Desk, draft: Draft) -> None:
    rng = desk.rng
    missing = draft.plan.special is Special.MISSING_FILE
    if not missing and not likely(rng, 0.3):
        return
    writer = next(iter(draft.names), "công dân") if draft.people[0]["HoTen"] else "công dân"
    offers = (f"Đơn của {writer}.pdf", "Giấy chứng nhận.v2.pdf", "Biên bản làm việc.pdf", "Ảnh hiện trường.txt")
    for number, offer in enumerate(rng.sample(offers, rng.choice((1, 1, 2)))):
        name, link = desk.files.add(draft.id, offer, missing=missing and number == 0)
        desk.tables.add(
            "don_thu_ho_so_dinh_kem",
            IDDonThu=draft.id,
            TenHoSo=offer.partition(".")[0],
            LoaiTaiLieu=rng.choice((1, 2, 3, 4, 6)),
            NoiDungTomTat=rng.choice(("", None, "Bản chụp")),
            TenFileDinhKem=name,
            LinkFileDinhKem=link,
        )


def _be_odd(desk: Desk, draft: Draft) -> None:
    special, petition = draft.plan.special, draft.id
    if special is None:
        return
    desk.special[special].append(petition)
    note = "<p>Chuyên viên đã bổ sung ghi chú hồ sơ.</p>"
    if special is Special.SAME_MOMENT:
        desk.line(petition, datetime.combine(desk.last_day, time(17)), note, system=False)
    elif special is Special.FUTURE_LINE:
        desk.line(petition, datetime.combine(desk.today + timedelta(days=45), time(9)), note, system=False)
    elif special is Special.UNDATED_LINE:
        desk.line(petition, None, note, system=False)
    elif special is Special.DECOMPOSED:
        _decompose(draft.row, "NoiDungDonThu")
        _decompose(draft.people[0], "HoTen")


def _decompose(row: dict[str, Any], column: str) -> None:
    row[column] = unicodedata.normalize("NFD", row[column])
