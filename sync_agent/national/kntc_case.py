"""Projects what was handed in (đơn, người, phân loại, hồ sơ) to the message CapNhatVuViec."""

from datetime import date

from sync_agent.domain.casefile import (
    Attachment,
    CaseFile,
    ForwardedBy,
    Instance,
    Organisation,
    Person,
    Petition,
    Petitioners,
    PriorSettlement,
    Reception,
    ReceptionSession,
    Representative,
    Respondent,
    RespondentKind,
)
from sync_agent.domain.findings import Level
from sync_agent.national.messages import Body
from sync_agent.national.wire import Scalar, Writer

__all__ = ["case_body"]

_LEVELS = ("MaLoaiDon", "MaLoaiDon1", "MaLoaiDon2", "MaLoaiDon3")


def case_body(case: CaseFile, petition: Petition, writer: Writer, *, token: str, protected: bool) -> Body:
    """Return the body of CapNhatVuViec without the case's Id and the bytes of its files."""
    return {
        "VuViec": _matter(case, petition, writer),
        "NguonDonDen": _source(petition, writer),
        "NguoiKNTC": _petitioners(case.petitioners or Petitioners(), petition, writer, protected=protected),
        "NguoiBiKNTCT": _respondent(case.respondents, writer),
        "NguoiUyQuyen": _representative(case.representative or Representative(), writer),
        "CoQuanDaGiaiQuyet": _prior_settlement(case.prior_settlements, writer),
        "PhanLoaiDon": _classifications(case, writer),
        "Attachment": _attachments(case.attachments, writer),
        "NoiDungDon": _content(petition, writer, token=token, protected=protected),
        "CoQuanTiepNhan": writer.text(case.agency),
    }


def _matter(case: CaseFile, petition: Petition, writer: Writer) -> dict[str, Scalar]:
    reception = case.reception or Reception()
    if reception.session is ReceptionSession.AD_HOC:
        writer.find("not_expressible", Level.WARN, "reception.session")
    periodic = None if reception.session is None else reception.session is ReceptionSession.PERIODIC
    return {
        "Id": writer.empty,
        "NgayNhapDon": writer.date(petition.entered_on or petition.received_on),
        "GanVuViec": writer.flag(False),
        "LanhDaoTiep": writer.text(reception.leader),
        "TiepDinhKy": writer.flag(periodic),
        "UyQuyen": writer.flag(reception.delegated),
        "LanhDaoUyQuyen": writer.text(reception.delegated_leader),
    }


def _source(petition: Petition, writer: Writer) -> dict[str, Scalar]:
    forwarded = petition.forwarded_by or ForwardedBy()
    return {
        "MaNguonDonDen": writer.text(petition.source),
        "MaCoQuanChuyenDon": writer.text(forwarded.agency),
        "SoVanBanDen": writer.text(forwarded.document_no),
        "NgayVanBan": writer.date(forwarded.document_date),
    }


def _petitioners(petitioners: Petitioners, petition: Petition, writer: Writer, *, protected: bool) -> Body:
    organisation = petitioners.organisation or Organisation()
    address = organisation.address
    return {
        "LoaiNguoiKNTC": writer.code("petitioner", petitioners.kind, "petitioners.kind"),
        "SoNguoiKNTC": writer.number(petitioners.headcount, "petitioners.headcount"),
        "SoNguoiDaiDien": writer.number(petitioners.representatives, "petitioners.representatives"),
        "TenCoQuanToChuc": writer.text(organisation.name),
        "DiaChiCoQuanToChuc": writer.text(address.detail if address else None),
        "DataNguoiKNTC": _protected_row(writer) if protected else _people(petitioners, petition, writer),
    }


def _protected_row(writer: Writer) -> list[dict[str, Scalar]]:
    return [_petitioner(Person(full_name=writer.file.texts.protected), writer)]


def _people(petitioners: Petitioners, petition: Petition, writer: Writer) -> list[dict[str, Scalar]]:
    nameless = Person(full_name=writer.file.texts.anonymous)
    if petition.anonymous and not petitioners.people and petitioners.organisation is None:
        return [_petitioner(nameless, writer)]
    rows = [_petitioner(person, writer) for person in petitioners.people]
    for row in rows:
        if petition.anonymous and not row["HoTen"]:
            row["HoTen"] = writer.text(nameless.full_name)
    return rows


def _petitioner(person: Person, writer: Writer) -> dict[str, Scalar]:
    return {**writer.person(person, "petitioners.people"), **writer.origin(person)}


def _respondent(respondents: tuple[Respondent, ...], writer: Writer) -> Body:
    chosen = _chosen_respondent(respondents, writer)
    respondent = Respondent() if chosen is None else respondents[chosen]
    person, organisation = respondent.person or Person(), respondent.organisation or Organisation()
    address = organisation.address
    return {
        "LoaiNguoiBiKNTC": writer.code("respondent", respondent.kind, "respondents.kind"),
        **writer.person(person, "respondents.person"),
        **writer.origin(person),
        "ChucVu": writer.text(person.position),
        "TenCoQuanToChuc": writer.text(organisation.name),
        "MaTinhCoQuan": writer.text(address.province if address else None),
        "MaHuyenCoQuan": writer.text(address.district if address else None),
        "MaXaCoQuan": writer.text(address.commune if address else None),
        "DiaChiChiTietCoQuan": writer.text(address.detail if address else None),
    }


def _chosen_respondent(respondents: tuple[Respondent, ...], writer: Writer) -> int | None:
    """Return which respondent goes up; of several none, unless the agency has chosen how."""
    if len(respondents) <= 1:
        return 0 if respondents else None
    chosen = {
        "hold": None,
        "first": 0,
        "organisation": next(
            (place for place, each in enumerate(respondents) if each.kind is RespondentKind.ORGANISATION), None
        ),
    }[writer.options.respondents]
    if chosen is None:
        writer.find("several_respondents", Level.HOLD, "respondents")
        return None
    _left_behind("respondents", len(respondents), chosen, writer)
    return chosen


def _left_behind(path: str, count: int, chosen: int, writer: Writer) -> None:
    for position in range(count):
        if position != chosen:
            writer.find("not_expressible", Level.WARN, f"{path}[{position}]")


def _representative(representative: Representative, writer: Writer) -> dict[str, Scalar]:
    kind = writer.code("representative", representative.kind, "representative.kind", Level.WARN)
    return {"LoaiNguoiUyQuyen": kind, **writer.person(representative.person or Person(), "representative.person")}


def _prior_settlement(settlements: tuple[PriorSettlement, ...], writer: Writer) -> dict[str, Scalar]:
    """Return the latest settlement by date, then by instance, then the first of the list: the one still in force."""
    latest = max(range(len(settlements)), key=lambda place: (*_age(settlements[place]), -place), default=None)
    prior = PriorSettlement() if latest is None else settlements[latest]
    if latest is not None:
        _left_behind("prior_settlements", len(settlements), latest, writer)
    return {
        "MaCoQuan": writer.text(prior.agency),
        "LanGiaiQuyet": writer.code("instance", prior.instance, "prior_settlements.instance", Level.WARN),
        "NgayBanHanh": writer.date(prior.issued_on),
        "MaLoaiQuyetDinh": writer.text(prior.decision_kind),
        "KetQuaGiaiQuyet": writer.text(prior.result),
    }


def _age(settlement: PriorSettlement) -> tuple[date, bool]:
    return settlement.issued_on or date.min, settlement.instance is Instance.SECOND


def _classifications(case: CaseFile, writer: Writer) -> list[dict[str, Scalar]]:
    if not case.classifications and case.kind is not None:
        kind = writer.text(str(writer.code("kind", case.kind, "kind")))
        return [_levels(kind, writer)] if kind else []
    return [_levels(code, writer) for code in case.classifications]


def _levels(code: str, writer: Writer) -> dict[str, Scalar]:
    parts = code.split(".")
    if len(parts) > len(_LEVELS):
        writer.find("unmapped_code", Level.HOLD, "classifications")
    codes = [".".join(parts[: level + 1]) if level < len(parts) else None for level in range(len(_LEVELS))]
    return {name: writer.text(value) for name, value in zip(_LEVELS, codes, strict=True)}


def _attachments(attachments: tuple[Attachment, ...], writer: Writer) -> list[dict[str, Scalar]]:
    sent = [attachment for attachment in attachments if not attachment.confidential]
    return [
        {
            "TenHoSo": writer.text(attachment.name),
            "LoaiHoSo": writer.text(attachment.kind),
            "NoiDungTomTat": writer.text(attachment.summary),
            "TenFileDinhKem": writer.document(attachment, ("Attachment", position, "FileDinhKem")),
            "FileDinhKem": writer.empty,
        }
        for position, attachment in enumerate(sent)
    ]


def _content(petition: Petition, writer: Writer, *, token: str, protected: bool) -> str:
    text = petition.redacted_summary if protected else petition.content
    line = writer.file.texts.token_line.format(token=token)
    return f"{text}\n{line}" if text else line
