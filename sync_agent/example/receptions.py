"""How a reception of citizens is entered, with a petition or without one."""

from datetime import date, timedelta
from typing import Final

from sync_agent.example.chance import likely
from sync_agent.example.desk import Desk
from sync_agent.example.kinds import COMPLAINT, DENUNCIATION, FEEDBACK
from sync_agent.example.organisations import ORGANISATIONS
from sync_agent.example.staff import STAFF
from sync_agent.example.tables import Row, moment
from sync_agent.example.topics import topics_of

__all__ = ["add_reception", "add_reception_only"]

_PERIODIC_SHARE: Final = 0.2
_GROUP_SHARE: Final = 0.06


def add_reception(desk: Desk, agency: int, day: date, kind: int, content: str, *, petition: int | None = None) -> Row:
    """Add a reception by `agency` on `day`; the date has a time only when the row was saved again later."""
    rng, staff = desk.rng, STAFF[agency]
    periodic = likely(rng, _PERIODIC_SHARE)
    delegated = periodic and likely(rng, _PERIODIC_SHARE)
    large = likely(rng, _GROUP_SHARE)
    return desk.tables.add(
        "so_tiep_cong_dan",
        IdDonThu=petition,
        NgayTiepCongDan=rng.choice((day.isoformat(), day.isoformat(), moment(desk.during(day)))),
        LoaiLinhVuc=kind,
        OrgTao=agency,
        CanBoTiep=staff.officer,
        LanhDaoTiep=staff.leader if periodic else rng.choice(("", None)),
        TiepDinhKy=int(periodic),
        UyQuyen=int(delegated),
        LanhDaoUyQuyen=staff.deputy if delegated else rng.choice(("", None)),
        SoNguoi=rng.randint(5, 40) if large else rng.choice((1, 1, 2, 0)),
        DoanDongNguoi=int(large),
        TiepLanDau=int(likely(rng, 0.7)),
        NoiDungTiep=content,
        YeuCau=rng.choice(("", None, "Được trả lời bằng văn bản")),
        KetQuaTiep=rng.choice(("Đã giải thích, hướng dẫn công dân.", "Tiếp nhận đơn.", "")),
    )


def add_reception_only(desk: Desk) -> Row:
    """Add a reception that left no petition, with the person who came."""
    rng = desk.rng
    kind = rng.choice((FEEDBACK, FEEDBACK, COMPLAINT, COMPLAINT, DENUNCIATION))
    topic = rng.choice(topics_of(kind))
    visitor = desk.people.petitioner(old=False)
    matter = topic.matter.format(who="cơ quan có trách nhiệm")
    content = f"Ông/bà {visitor['HoTen']}, trú tại {visitor['DiaChiChiTiet']}, trình bày: {matter}."
    agency = rng.choice(ORGANISATIONS).local_id
    row = add_reception(desk, agency, desk.today - timedelta(days=rng.randint(1, 400)), kind, content)
    reception = row["IdSoTiepCongDan"]
    person = visitor["IdDoiTuongDiKNTC"]
    desk.tables.add("so_tiep_cong_dan_nguoi_dai_dien", IdSoTiepCongDan=reception, IdDoiTuongDiKNTC=person)
    desk.tables.add("so_tiep_cong_dan_linh_vuc", IdSoTiepCongDan=reception, IdLinhVuc=topic.fields[0])
    return row
