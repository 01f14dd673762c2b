"""Cases of the petition system with every quirk such databases have. Invented people, places and agencies; a seed each.

What a quirk must be found as is written beside it, so that the findings of the whole database can be counted.
"""

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from sync_agent.example.chance import likely, seeded
from sync_agent.example.names import FEMALE, MALE, Names
from sync_agent.example.places import Addresses
from sync_agent.example.topics import TOPICS
from tests.systems.b.application import Application

__all__ = ["BULK_UPDATE", "ENTERED", "Stock", "fill"]

ENTERED: Final = datetime(2026, 10, 1, 2, 0, tzinfo=UTC)
BULK_UPDATE: Final = datetime(2026, 10, 20, 2, 0, tzinfo=UTC)
"""When one UPDATE touched most petitions: they all have this change time."""

_AGENCIES: Final = (2, 3, 4, 5)
_FIELDS: Final = {"1": (1, 2), "2": (3,), "4": (4,)}
_TOPICS: Final = {"1": 1, "2": 2, "4": 3}


@dataclass
class Stock:
    """What was made: the cases, what must be found in them, how often each step happened, the case of each quirk."""

    keys: set[str] = field(default_factory=set)
    findings: Counter[tuple[str, str]] = field(default_factory=Counter)
    steps: Counter[str] = field(default_factory=Counter)
    quirks: dict[str, int] = field(default_factory=dict)

    def key(self, quirk: str) -> str:
        """Return the key of the case with a quirk."""
        return f"D{self.quirks[quirk]}"


def fill(application: Application, *, seed: int, cases: int) -> Stock:
    """Write `cases` plain cases and one or more for each quirk."""
    maker = _Maker(application, seeded(seed))
    application.at(ENTERED)
    for number in range(cases):
        maker.plain(number)
    application.at(BULK_UPDATE)
    application.run("UPDATE donthu SET nguoinhap = nguoinhap + 1")  # gives every petition so far one change time
    application.at(BULK_UPDATE + timedelta(days=1))
    maker.quirks()
    return maker.stock


class _Maker:
    def __init__(self, application: Application, rng: random.Random) -> None:
        self._app = application
        self._rng = rng
        self._names = Names(rng)
        self._addresses = Addresses(rng)
        self.stock = Stock()

    def plain(self, number: int) -> None:
        """Write a case with nothing odd about it, at one of the stages a case can be in."""
        kind = ("1", "1", "4", "1", "2")[number % 5]
        case = self.petition(kind, songuoi=1)
        stage = number % 4
        if stage >= 1:
            self.processed(case, direction="1")
        if stage >= 2 and kind != "4":
            outcome = self._rng.choice("123")
            self.settled(case, danhgiadonthu=outcome, soquyetdinh=0, tomtatketqua="Giải quyết theo quy định.")
        if stage == 3:
            self.files(case)

    def petition(self, kind: str = "1", **columns: Any) -> int:
        """Enter a petition that is classified as `kind`, with a writer and one titled respondent."""
        rng = self._rng
        received = date(2026, 3, 2) + timedelta(days=rng.randrange(180))
        given: dict[str, Any] = {
            "ngayviet": received - timedelta(days=3),
            "ngaynhan": received,
            "nguondon": rng.choice(("1", "20", "21", "23")),
            "songuoi": 1,
            "tennguoivietdon": self.name(),
            "cmnd_hc": f"0{rng.randrange(10**11):011}",
            "sdt": f"09{rng.randrange(10**8):08}",
            "diachinguoiviet": self.address(),
            "doituongkhieunai": f"Ông {self._names.draw(MALE)}",
            "noidung": self.content(kind),
        }
        placed = {name: columns.pop(name) for name in ("donvi", "linhvuc", "diaban", "loaidon") if name in columns}
        case = self._app.petition(year=received.year, **given | columns)
        fields = _FIELDS.get(kind, (1,))
        told = {"loaidon": kind, "donvi": rng.choice(_AGENCIES), "linhvuc": str(rng.choice(fields)), "diaban": "7"}
        self._app.step("phanloaidonthu", case, **(told | placed))
        self.stock.keys.add(f"D{case}")
        return case

    def processed(self, case: int, *, direction: str = "1", **columns: Any) -> None:
        """Decide what becomes of a petition."""
        day = date(2026, 9, 3) + timedelta(days=self._rng.randrange(20))
        self._app.step("phanloaidonthu", case, huonggiaiquyet=direction, trangthai=1, **columns)
        self._app.step("theodoidonthu", case, ngayquyetdinhxuly=day, tomtatxuly="Đủ điều kiện xử lý.")
        self.stock.steps["processing"] += 1
        self.stock.steps["acceptance"] += direction == "1"

    def settled(self, case: int, **columns: Any) -> None:
        """Write the decision that settles a petition."""
        given = {"ngayquyetdinh": date(2026, 10, 5), "danhgiadonthu": "1", "trangthai": 1, **columns}
        self._app.step("ketquagiaiquyet", case, **given)
        self.stock.steps["settlement"] += 1

    def files(self, case: int) -> None:
        """Attach two files, which stand in both places."""
        self._app.edit("donthu", {"donthuid": case}, vanban="don.pdf*giay-to.pdf***")
        for name in ("don.pdf", "giay-to.pdf"):
            self._app.add("quanlyvanban", donthuid=case, type=1, tenfile=name)
        self._app.add("quanlyvanban", donthuid=case, type=0, noidung="Đã xem")

    def name(self) -> str:
        """Return a name as old or as new rows have it."""
        name = self._names.draw(self._rng.choice((MALE, FEMALE)))
        return name.upper() if likely(self._rng, 0.5) else name

    def address(self) -> str:
        """Return an address as one free text."""
        return str(self._addresses.draw(old=False).detail)

    def content(self, kind: str) -> str:
        """Return the text of a petition."""
        topic = self._rng.choice([each for each in TOPICS if each.kind == _TOPICS.get(kind, 1)])
        return f"Kính gửi cơ quan có thẩm quyền.\r\nTôi {topic.matter.format(who='cơ quan')}, đề nghị {topic.request}."

    def quirk(self, name: str, case: int, *findings: tuple[str, str]) -> int:
        """Remember a case by its quirk, and what must be found in it."""
        self.stock.quirks[name] = case
        self.stock.findings.update(findings)
        return case

    def quirks(self) -> None:
        """Write the odd cases."""
        self._numbers_with_two_meanings()
        self._words_and_numbers()
        self._dates()
        self._empty_steps()
        self._kinds()
        self._decisions()
        self._people()
        self._respondents()
        self._agencies()
        self._others()

    def _numbers_with_two_meanings(self) -> None:
        old, new, between = {"ngaynhan": "2019-04-02"}, {"ngaynhan": "2024-04-02"}, {"ngaynhan": "2021-01-05"}
        self.quirk("old 1 is a group", self.petition(songuoi=1, **old))
        self.quirk("old 0 is one", self.petition(songuoi=0, **old))
        self.quirk("new 1 is one", self.petition(songuoi=1, **new))
        self.quirk("new 2 is a group", self.petition(songuoi=2, **new))
        self.quirk("1 in the gap", self.petition(songuoi=1, **between), ("undated_code", "petitioners.kind"))
        self.quirk("1 without a day", self.petition(songuoi=1, ngaynhan=""), ("undated_code", "petitioners.kind"))
        self.quirk("0 of a new row", self.petition(songuoi=0, **new), ("unmapped_code", "petitioners.kind"))

    def _words_and_numbers(self) -> None:
        self.quirk("source as a word", self.petition(nguondon="donvi"))
        self.quirk("source as a number", self.petition(nguondon="21"))
        self.quirk("source without a code", self.petition(nguondon="dodan"), ("unmapped_code", "petition.source"))
        self.quirk("deleted list entry", self.petition(linhvuc="11"), ("unmapped_code", "classifications"))

    def _dates(self) -> None:
        self.quirk("zero dates", self.petition(ngayviet="", ngaycap="", ngaychuyendon="", socongvanden="12/CV"))
        self.quirk("month without a day", self.petition(ngayviet="2026-02-00"))
        bad = [("bad_date", "petition.received_on"), ("bad_date", "agency"), ("bad_date", "petitioners.kind")]
        self.quirk("year 6", self.petition(ngaynhan="0006-05-12"), *bad)

    def _empty_steps(self) -> None:
        self.quirk("steps that mean nothing", self.petition())
        accepted = self.quirk("accepted", self.petition())
        self.processed(accepted)
        forwarded = self.quirk("forwarded", self.petition())
        # two communes are called so without accents
        self.processed(forwarded, direction="3", donvichuyenden="UBND xa Doi Che")
        self.stock.findings["unmapped_code", "processing.next_agency"] += 1
        withdrawn = self.quirk("withdrawn", self.petition())
        self._app.edit("donthu", {"donthuid": withdrawn}, ketqua=2)
        self._app.step("thongtinrutdonthu", withdrawn, ngaynhan="2026-10-02", lydo="Tự nguyện rút đơn")
        orphan = self.petition()
        self.stock.keys.remove(f"D{orphan}")
        self._app.delete(orphan, torn=True)
        self.stock.quirks["orphan steps"] = orphan

    def _kinds(self) -> None:
        self.quirk("not classified", self.petition("", linhvuc=""))
        self.processed(self.quirk("not classified but processed", self.petition("0", linhvuc="")))
        self.quirk("deleted kind", self.petition("5"), ("unmapped_code", "kind"))
        mixed = self.quirk("outcome of a mixed petition", self.petition("3"), ("unmapped_code", "settlements.outcome"))
        self.settled(mixed)

    def _decisions(self) -> None:
        amounts = {"thutien": "12 triệu", "tratien": "1.500.000đ", "thudat": "300 m2 đất ở", "tradat": "1,5 ha đất lúa"}
        cut = ("only_part", "settlements.decision_no")
        case = self.quirk("number cut to an integer", self.petition(), cut)
        self.settled(case, soquyetdinh="123/QĐ-UBND", **amounts)
        self.settled(self.quirk("number that began with letters", self.petition()), soquyetdinh="QĐ-123")
        doubts = {"thutien": "12 triệu và 300 m2", "tratien": "500", "thudat": "1 ha 2 sào đất ở", "tradat": "200 m2"}
        sides = [f"{side}.{what}" for side in ("recover", "give_back") for what in ("money", *_LAND)]
        found = [("bad_amount", f"settlements.remedies.{each}") for each in sides]
        self.settled(self.quirk("amounts nobody can read", self.petition(), *found), **doubts)
        long = "Công nhận nội dung khiếu nại và giao các đơn vị thực hiện. " * 8
        case = self.quirk("summary cut", self.petition(), ("maybe_cut", "settlements.summary"))
        self.settled(case, tomtatketqua=long)

    def _people(self) -> None:
        rows = self._app
        group = self.quirk("drafts and one twice", self.petition(songuoi=2, tennguoivietdon="Lò Thị Đào"))
        for who, name, enable in (("x", "LÒ THỊ ĐÀO", 1), ("o", "VÀNG A TỦA", 1), ("o", "Người Nháp", 0)):
            rows.add("nguoidaidien", donthuid=group, nguoidaidien=who, hoten=name, enable=enable, gioitinh="1")
        lost = [("bad_form", f"petitioners.people.{each}") for each in ("phone", "id_number")]
        other = {"nguoidaidien": "o", "hoten": "Bế Văn Mẫu", "enable": 1}
        case = self.quirk("lost zeros", self.petition(songuoi=2), *lost)
        rows.add("nguoidaidien", donthuid=case, sdt="0912345678", cmt="1234567890", **other)
        case = self.quirk("number capped", self.petition(songuoi=2), ("bad_form", "petitioners.people.phone"))
        rows.add("nguoidaidien", donthuid=case, sdt="84912345678", **other)
        lost = [("text_lost", field) for field in ("", "petitioners.people.id_issued_by")]
        case = self.quirk("letters lost", self.petition(songuoi=2), *lost)
        rows.add("nguoidaidien", donthuid=case, noicap="Công an tỉnh Bến Gỗ", **other)
        case = self.quirk("day in a wrong form", self.petition(songuoi=2))
        rows.add("nguoidaidien", donthuid=case, ngaycap="05/12/2018", **other)
        self.quirk("name in capitals", self.petition(tennguoivietdon="NÔNG THỊ HƯỜNG"))

    def _respondents(self) -> None:
        several = "ÔNG ĐẶNG VĂN BÌNH, BÀ NÔNG THỊ CÚC VÀ LƯƠNG VĂN DANH"
        given = {"doituongkhieunai": several, "diachidoituongbikhieunai": "Xã Đồi Chè"}
        self.quirk("several respondents", self.petition(**given))
        unclear = ("names_unclear", "respondents")
        many = ", ".join(f"ông {self._names.draw(MALE)}" for _ in range(20))
        self.quirk("respondents cut", self.petition(doituongkhieunai=many), unclear)
        self.quirk("body with và", self.petition(doituongkhieunai="SỞ NÔNG NGHIỆP VÀ MÔI TRƯỜNG"), unclear)
        self.quirk("body", self.petition(doituongkhieunai="UBND xã Đồi Chè", diachidoituongbikhieunai="Xã Đồi Chè"))

    def _agencies(self) -> None:
        self.quirk("agency by name", self.petition(coquanbanhanh="UBND Xã Đồi Chè", socongvanden="5/CV"))
        self.quirk("agency without accents", self.petition(coquanbanhanh="THANH TRA TINH"))
        self.quirk("agency with another tone place", self.petition(coquanbanhanh="Uỷ ban nhân dân phường Hoà Gò"))
        field = ("unmapped_code", "petition.forwarded_by.agency")
        self.quirk("unknown agency", self.petition(coquanbanhanh="UBND xã Đồi Cọ"), field)
        self.quirk("no area", self.petition(diaban=""))
        self.quirk("no area and no agency", self.petition(diaban="", donvi=0))

    def _others(self) -> None:
        long = self.quirk("long number", self.petition(), ("only_part", "settlements.decision_no"))
        self._app.edit("donthu", {"donthuid": long}, sothuly=f"{long}/2026/TIẾP-CÔNG-DÂN-TỈNH")
        self._app.step("ketquagiaiquyet", long, sothuly=f"{long}/2026/TIẾP-CÔNG-DÂN-TỈNH")  # cut to 16
        self.settled(long, soquyetdinh=77)
        first = self.quirk("first complaint", self.petition(lankhieunai="Lần 1"))
        self.quirk("second complaint", self.petition(lankhieunai="Lần 2", donthulanmotid=first))
        linked = self.quirk("linked", self.petition())
        self._app.add("vanbanlienquan", donthuid=linked, donLienQuanId=first)
        self._app.add("lichsugiaoxuly", donthuid=linked, nguoigiao=1, nguoinhan=2)
        self.files(self.quirk("files in two places", self.petition()))
        self._reception()
        self._app.add("cauhinh", ten="smtp", taikhoan="thu", matkhau="không-bao-giờ-đọc")

    def _reception(self) -> None:
        given = {"ngaytiep": "2026-09-01", "donvi": 2, "noidung": "Trình bày", "loaihinh": 1}
        visit = self._app.add("ketquatiepdan", **given)
        self._app.add("congdankhac", tiepdanid=visit, hoten=self.name(), diachi=self.address())
        self.stock.keys.add(f"T{visit}")
        self.stock.quirks["reception"] = visit
        case = self.quirk("petition from a reception", self.petition())
        self._app.add("ketquatiepdan", **given | {"donthuid": case})


_LAND: Final = ("residential_land", "production_land")
