"""How far a petition comes at each agency: processed, accepted, settled, enforced; the row of a step after its line."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

from sync_agent.example.chance import likely
from sync_agent.example.desk import Desk, Draft
from sync_agent.example.kinds import COMPLAINT, DENUNCIATION, DENUNCIATION_OUTCOMES, FEEDBACK, MIXED, OTHER
from sync_agent.example.organisations import ORGANISATIONS, OUTSIDE_AGENCIES, organisation
from sync_agent.example.petitions import add_receipt
from sync_agent.example.plan import ACCEPTED, ENFORCED, PROCESSED, RECEIVED, SETTLED
from sync_agent.example.remedies import enforced_amounts, remedies
from sync_agent.example.staff import STAFF
from sync_agent.example.stock import Special
from sync_agent.example.tables import Row, moment

__all__ = ["FORWARD", "add_acceptance", "add_enforcement", "add_processing", "add_settlement", "add_steps"]

ACCEPT: Final = 4
FORWARD: Final = 5
RETURN: Final = 2
GUIDE: Final = 7

_TRANSFERRED: Final = 4
_DEADLINE_DAYS: Final = {COMPLAINT: 60, DENUNCIATION: 90, FEEDBACK: 30, MIXED: 60, OTHER: 30}
_REASONS: Final = {
    ACCEPT: "Đơn đủ điều kiện, thuộc thẩm quyền; đề xuất thụ lý.",
    FORWARD: "Đơn không thuộc thẩm quyền; chuyển cơ quan có thẩm quyền giải quyết.",
    RETURN: "Đơn không đủ điều kiện; trả đơn và hướng dẫn người viết bổ sung.",
    GUIDE: "Hướng dẫn bằng văn bản gửi đơn đến đúng cơ quan.",
}
_OUTCOMES: Final[Mapping[int, tuple[tuple[int, ...], tuple[int, ...]]]] = {
    COMPLAINT: ((6, 1, 2, 8), (52, 28, 18, 2)),
    DENUNCIATION: ((4, 3, 5, 7, 8), (48, 20, 22, 5, 5)),
    MIXED: ((6, 1, 3, 5), (40, 20, 20, 20)),
}
_TO_INVESTIGATION: Final = 8
_WITH_REMEDY: Final = frozenset({1, 2, 3, 5})


def add_steps(desk: Desk, draft: Draft) -> None:
    """Add the steps of the first receipt, then the transfers with theirs, as far as age and plan allow."""
    _walk(desk, draft, draft.receipts[0], draft.received)
    first, *others = draft.plan.agencies
    for agency in others:
        when = desk.during(min(desk.after(draft.received, 1, 3), desk.last_day))
        sent = f"<p>Đã chuyển đơn đến <i>{organisation(agency).name}</i> để giải quyết.</p>"
        desk.line(draft.id, when, sent)
        receipt = add_receipt(desk, draft, agency, when, source=_TRANSFERRED, sender=first)
        _walk(desk, draft, receipt, when.date())
    _settle_state(desk, draft)


def _settle_state(desk: Desk, draft: Draft) -> None:
    """Set the state of the petition: most are open, some are complicated, few are withdrawn."""
    rng = desk.rng
    usual = draft.plan.special is None
    if draft.plan.special is Special.WITHDRAWN or (usual and likely(rng, 0.015)):
        draft.row["Status"] = -1
        if usual:
            desk.special[Special.WITHDRAWN].append(draft.id)
        desk.line(draft.id, desk.during(desk.last_day), "<p>Người viết đơn rút đơn.</p>")
    elif draft.row.get("NgayHoanThanhGiaiQuyet") and likely(rng, 0.5):
        draft.row["Status"] = 1
    elif usual and likely(rng, 0.03):
        draft.row["Status"] = 2


def _walk(desk: Desk, draft: Draft, receipt: Row, received: date) -> None:
    rng, plan = desk.rng, draft.plan
    stage = rng.choices((RECEIVED, PROCESSED, ACCEPTED, SETTLED, ENFORCED), (5, 6, 12, 12, 65))[0]
    if plan.stage is not None:
        stage = plan.stage
    day = desk.after(received, 1, 3) if len(plan.agencies) > 1 else desk.after(received, 2, 9)
    if stage < PROCESSED or day > desk.last_day:
        return
    direction = _direction(desk, draft, receipt)
    add_processing(desk, draft, receipt, day, direction)
    if plan.special is Special.ROWS_DISAGREE:
        add_processing(desk, draft, receipt, day, GUIDE if direction == ACCEPT else ACCEPT)
    day = desk.after(day, 0, 4)
    if direction != ACCEPT or stage < ACCEPTED or day > desk.last_day:
        return
    add_acceptance(desk, draft, receipt, day)
    day = desk.after(day, 15, 70)
    if stage >= SETTLED:
        _settle(desk, draft, receipt, day, stage)


def _direction(desk: Desk, draft: Draft, receipt: Row) -> int | None:
    plan = draft.plan
    if plan.special is Special.NO_DIRECTION:
        return None
    if plan.stage is not None and plan.stage >= ACCEPTED:
        return ACCEPT
    if len(plan.agencies) > 1 and receipt["OrgNhan"] == plan.agencies[0]:
        return FORWARD
    if not organisation(receipt["OrgNhan"]).settles:
        return desk.rng.choice((FORWARD, FORWARD, GUIDE))
    return desk.rng.choices((ACCEPT, FORWARD, RETURN, GUIDE), (62, 15, 9, 14))[0]


def _settle(desk: Desk, draft: Draft, receipt: Row, day: date, stage: int) -> None:
    if day > desk.last_day:
        return
    if draft.plan.kind in {FEEDBACK, OTHER}:
        _reply(desk, draft, receipt, day)
        return
    decisions = [add_settlement(desk, draft, receipt, day, _outcome(desk, draft))]
    again = desk.after(day, 20, 60)
    if draft.plan.special is None and likely(desk.rng, 0.14) and again <= desk.last_day:
        decisions.append(add_settlement(desk, draft, receipt, again, _outcome(desk, draft)))
    if stage < ENFORCED:
        return
    for decision in decisions:
        if decision["IDKetQuaGiaiQuyet"] in _WITH_REMEDY:
            _enforce(desk, draft, receipt, decision)


def _reply(desk: Desk, draft: Draft, receipt: Row, day: date) -> None:
    """Add the letter that answers feedback: the list of outcomes knows complaints and denunciations only."""
    desk.line(draft.id, desk.during(day), "<p>Đã gửi văn bản trả lời.</p>")
    desk.tables.add(
        "don_thu_van_ban_xu_ly_giai_quyet",
        IdDonThu=draft.id,
        SoKyHieu=f"{desk.rng.randint(1, 900)}/TL-UBND",
        TrichYeu="Trả lời kiến nghị, phản ánh",
        NgayBanHanh=day.isoformat(),
        OrgTao=receipt["OrgNhan"],
        NgayTao=day.isoformat(),
    )


def _outcome(desk: Desk, draft: Draft) -> int:
    rng, plan = desk.rng, draft.plan
    if plan.special is Special.OUTCOME:
        return 3 if plan.summary else 4
    if plan.special in {Special.FUTURE_ENFORCEMENT, Special.ODD_AMOUNT}:
        return 1
    outcomes, shares = _OUTCOMES[plan.kind]
    return rng.choices(outcomes, shares)[0]


def _enforce(desk: Desk, draft: Draft, receipt: Row, decision: Row) -> None:
    rng = desk.rng
    issued = date.fromisoformat(decision["NgayBanHanh"][:10])
    first = desk.after(issued, 10, 50)
    days = [first, desk.after(first, 20, 40)] if likely(rng, 0.4) else [first]
    for day in days:
        if day <= desk.last_day:
            add_enforcement(desk, draft.id, receipt["OrgNhan"], decision, day)
    if draft.plan.special is Special.FUTURE_ENFORCEMENT:
        row = add_enforcement(desk, draft.id, receipt["OrgNhan"], decision, desk.last_day)
        row["NgayCapNhat"] = (desk.today + timedelta(days=20)).isoformat()


def add_processing(desk: Desk, draft: Draft, receipt: Row, day: date, direction: int | None) -> Row:
    """Add a processing result of `day` and close the receipt; `direction` None: not chosen yet."""
    agency = receipt["OrgNhan"]
    staff, when = STAFF[agency], desk.during(day)
    own = organisation(agency).national_code
    following = _next_agency(desk, draft, receipt, direction)
    file = desk.step_file(draft.id, "Phiếu xử lý đơn.pdf")
    desk.line(
        draft.id, when, f"<p><b>{staff.officer}</b> đã xử lý đơn, <b>{staff.approver}</b> đã duyệt.</p>", file=file
    )
    receipt["NgayHoanThanhXuLy"] = moment(when)
    draft.row["ThamQuyenGiaiQuyet"] = (following or own)[0]
    return desk.tables.add(
        "don_thu_ket_qua_xu_ly",
        IdDonThu=draft.id,
        TomTatNoiDungXL=draft.row["NoiDungDonThu"],
        NoiDungXuLy=_REASONS[direction] if direction else desk.rng.choice(("", None)),
        NgayXuLy=desk.rng.choice((day.isoformat(), moment(when))),
        CanBoXuLy=staff.officer,
        CanBoDuyetKQXL=staff.approver,
        MaHuongXuLy=direction,
        MaCQXL=own,
        MaCQXLTiep=following,
        **file,
        NgayTao=day.isoformat(),
        OrgTao=agency,
        DaLienThong=0,
        NgayLienThong=None,
    )


def _next_agency(desk: Desk, draft: Draft, receipt: Row, direction: int | None) -> str:
    first, *others = draft.plan.agencies
    if direction != FORWARD:
        return organisation(receipt["OrgNhan"]).national_code if direction == ACCEPT else ""
    if others and receipt["OrgNhan"] == first:
        return organisation(others[0]).national_code
    elsewhere = [entry.national_code for entry in ORGANISATIONS if entry.local_id != receipt["OrgNhan"]]
    return desk.rng.choice((*elsewhere, *(code for code, _ in OUTSIDE_AGENCIES)))


def add_acceptance(desk: Desk, draft: Draft, receipt: Row, day: date) -> Row:
    """Add the acceptance decision of `day`; the petition keeps copies of its dates."""
    agency = receipt["OrgNhan"]
    deadline = day + timedelta(days=_DEADLINE_DAYS[draft.plan.kind])
    file = desk.step_file(draft.id, "Thông báo thụ lý.pdf")
    desk.line(draft.id, desk.during(day), f"<p><b>{STAFF[agency].leader}</b> đã ký quyết định thụ lý.</p>", file=file)
    draft.row["NgayThuLy"] = day.isoformat()
    draft.row["NgayHanGiaiQuyet"] = deadline.isoformat()
    return desk.tables.add(
        "don_thu_quyet_dinh_thu_ly",
        IdDonThu=draft.id,
        MaCoQuanThuLy=str(agency),
        NgayThuLy=day.isoformat(),
        HanGiaiQuyet=deadline.isoformat(),
        CanBoDuyet=STAFF[agency].leader,
        **file,
        NgayTao=day.isoformat(),
        DaLienThong=0,
        NgayLienThong=None,
    )


def add_settlement(desk: Desk, draft: Draft, receipt: Row, day: date, outcome: int) -> Row:
    """Add a decision or conclusion of `day`, with remedies where the outcome calls for them, and whom it handles."""
    rng, agency = desk.rng, receipt["OrgNhan"]
    granted = outcome in _WITH_REMEDY
    file = desk.step_file(draft.id, "Quyết định giải quyết.pdf", share=0.2)
    desk.line(
        draft.id, desk.during(day), f"<p>Ban hành kết quả giải quyết, người ký: {STAFF[agency].leader}.</p>", file=file
    )
    draft.row["NgayHoanThanhGiaiQuyet"] = day.isoformat()
    denounced = outcome in DENUNCIATION_OUTCOMES
    row = desk.tables.add(
        "don_thu_quyet_dinh_giai_quyet",
        IdDonThu=draft.id,
        IDCoQuanBanHanh=organisation(agency).national_code,
        NgayBanHanh=rng.choice((day.isoformat(), moment(desk.during(day)))),
        TomTatNoiDung=_decision_text(draft, granted=granted),
        IDKetQuaGiaiQuyet=outcome,
        IDHinhThucGiaiQuyet=2 if denounced else 3 if outcome == _TO_INVESTIGATION else 1,
        QuyenKhoiKien=0 if denounced else rng.choice((1, 1, 0)),
        **remedies(rng, granted=granted, odd=draft.plan.special is Special.ODD_AMOUNT),
        **file,
        OrgTao=agency,
        NgayTao=day.isoformat(),
        mattcp=None,
        NgayLienThong=None,
    )
    if granted and likely(rng, 0.6 if denounced else 0.1):
        _handle(desk, draft, row)
    return row


def _decision_text(draft: Draft, *, granted: bool) -> str:
    writer = draft.people[0]["HoTen"] or "người viết đơn"
    verdict = "Chấp nhận một phần hoặc toàn bộ nội dung" if granted else "Không có cơ sở chấp nhận nội dung"
    return f"{verdict} đơn của {writer}."


def _handle(desk: Desk, draft: Draft, decision: Row) -> None:
    rng = desk.rng
    for _ in range(rng.choice((1, 1, 2))):
        person = likely(rng, 0.75)
        measure = "Kiểm điểm tập thể"
        body = {"HoTen": None, "ChucVu": None, "TenToChuc": "Bộ phận Một cửa", "HinhThucXuLy": measure}
        values = desk.people.handled() if person else body
        if person:
            draft.names.append(str(values["HoTen"]))
        desk.tables.add(
            "don_thu_quyet_dinh_giai_quyet_doi_tuong_bi_xlhc",
            IdQuyetDinhGiaiQuyet=decision["IDQuyetDinhGiaiQuyet"],
            CaNhan=int(person),
            **values,
        )


def add_enforcement(desk: Desk, petition: int, agency: int, decision: Row, day: date) -> Row:
    """Add an enforcement report of `day`: part of what `decision` ordered. Its file goes to the journal only."""
    file = desk.step_file(petition, "Báo cáo thi hành.pdf")
    desk.line(petition, desk.during(day), f"<p>{STAFF[agency].officer} cập nhật kết quả thi hành.</p>", file=file)
    return desk.tables.add(
        "don_thu_thi_hanh_giai_quyet",
        IDQuyetDinhGiaiQuyet=decision["IDQuyetDinhGiaiQuyet"],
        NgayCapNhat=day.isoformat(),
        MaCoQuanThiHanh=organisation(agency).national_code,
        **enforced_amounts(desk.rng, decision),
        OrgTao=agency,
        NgayTao=day.isoformat(),
        mattcp=None,
        NgayLienThong=None,
    )
