"""Decides what stands in the report on completeness, whatever the file: head, tables, lines, totals and notes.

It is an annex to an official report of Việt Nam, so its words are Vietnamese in every language of the command. What
nobody knows is written as such, never as 0. It holds counts only: no case, no person.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from sync_agent.domain.casefile import Kind
from sync_agent.domain.officialtables import OFFICIAL_TABLES, Figure, OfficialTable
from sync_agent.domain.periods import Period
from sync_agent.domain.rules import RULES
from sync_agent.domain.steps import Step
from sync_agent.ledger import CaseState, Completeness, Place, PlaceCounts, State, TimedCounts
from sync_agent.reports.annex import NO_DATA, Annex, AnnexColumn, AnnexTable, Line, day_text

__all__ = ["completeness_annex"]

_TITLE: Final = (
    "BÁO CÁO",
    "Mức độ đầy đủ, kịp thời của dữ liệu cập nhật vào Cơ sở dữ liệu quốc gia",
    "về công tác tiếp công dân, xử lý đơn, giải quyết khiếu nại, tố cáo, kiến nghị, phản ánh",
)
_ZONE: Final = ZoneInfo("Asia/Ho_Chi_Minh")
_UNKNOWN: Final = "Chưa rõ"
_TOTAL: Final = "Tổng cộng"

_PERIODS: Final = {
    "Q1": "Quý I",
    "Q2": "Quý II",
    "Q3": "Quý III",
    "Q4": "Quý IV",
    "H1": "6 tháng đầu",
    "9M": "9 tháng đầu",
}
_KINDS: Final = {
    Kind.COMPLAINT: "Khiếu nại",
    Kind.DENUNCIATION: "Tố cáo",
    Kind.FEEDBACK: "Kiến nghị, phản ánh",
    Kind.MIXED: "Nhiều nội dung",
}
_STEPS: Final = {
    Step.CASE: "Vụ việc",
    Step.PROCESSING: "Kết quả xử lý",
    Step.ACCEPTANCE: "Thụ lý",
    Step.SETTLEMENT: "Kết quả giải quyết",
    Step.ENFORCEMENT: "Thi hành",
}
_STATES: Final = {
    State.ACKNOWLEDGED: "Đã lên",
    State.PENDING: "Sẽ gửi",
    State.WAITING: "Chờ gửi lại",
    State.NOT_READY: "Chưa sẵn sàng",
    State.HELD: "Tạm giữ",
    State.REJECTED: "Bị từ chối",
    State.UNCERTAIN: "Chưa rõ kết quả",
    State.IN_FLIGHT: "Đang gửi",
}


def completeness_annex(found: Completeness, *, office: str = "") -> Annex:
    """Return what the report says of the counts; `office` is the agency that reports, dots where it is not given."""
    tables = (
        *(_standings(found, view) for view in _VIEWS),
        _held(found),
        _messages(found),
        _timing(
            found, "7", "Kịp thời theo tháng", "Tính kịp thời theo tháng báo cáo", "Tháng báo cáo", by_agency=False
        ),
        _timing(found, "8", "Kịp thời theo cơ quan", "Tính kịp thời theo cơ quan", "Cơ quan", by_agency=True),
        *(_official(found, table) for table in OFFICIAL_TABLES),
    )
    return Annex(
        found.period,
        office,
        _TITLE,
        f"Kỳ báo cáo: {_period_text(found.period)}",
        found.made_at.astimezone(_ZONE),
        tuple(_summary(found)),
        tables,
        tuple(_proof(found)),
    )


def _period_text(period: Period) -> str:
    year, _, part = period.name.partition("-")
    name = f"{_PERIODS[part]} năm {year}" if part else f"Năm {year}"
    return f"{name} (từ ngày {day_text(period.start)} đến ngày {day_text(period.end)})"


def _month_text(period: Period, name: str) -> str:
    month = next(each for each in period.months() if each.name == name)
    return f"{month.end:%m/%Y} ({month.start:%d/%m}–{month.end:%d/%m})"


def _number(value: int) -> str:
    return f"{value:,}".replace(",", ".")


def _summary(found: Completeness) -> Iterator[str]:
    total = _added(found.places.values())
    local, up = total.figures["local"], total.figures[CaseState.UP]
    share = f" ({up * 100 / local:.1f}%)".replace(".", ",") if local else ""
    yield (
        f"Trong kỳ, hệ thống địa phương có {_number(local)} hồ sơ vụ việc; {_number(up)} hồ sơ{share} đã lên Cơ sở dữ "
        f"liệu quốc gia, {_number(local - up)} hồ sơ chưa lên."
    )
    late, done_late = total.figures["late"], total.figures["done_late"]
    yield (
        f"Có {_number(late)} hồ sơ còn bước nghiệp vụ quá hạn cập nhật, {_number(done_late)} hồ sơ có bước đã cập nhật "
        f"nhưng chậm; chậm nhiều nhất {_number(total.days)} ngày."
    )
    yield (
        f"Không tính vào kỳ: {_number(found.outside)} hồ sơ có ngày tiếp nhận ngoài kỳ; "
        f"{_number(found.undated.figures['local'])} hồ sơ không có ngày tiếp nhận (trong đó "
        f"{_number(found.undated.figures[CaseState.UP])} đã lên); {_number(found.erased)} hồ sơ đã xóa theo quy định."
    )
    beside = found.beside.total()
    if beside:
        yield f"Ngoài ra, {_number(beside)} hồ sơ trong kỳ không còn ở hệ thống địa phương, chỉ còn trong sổ đồng bộ."


# the agent's own tables

_STANDING_COLUMNS: Final = (
    AnnexColumn("local", ("Hồ sơ tại địa phương",)),
    AnnexColumn(CaseState.UP, ("Đã lên CSDLQG", "Tổng số")),
    AnnexColumn("unfinished", ("Đã lên CSDLQG", "Trong đó còn phần chờ lên")),
    AnnexColumn(CaseState.WAITING, ("Chưa lên", "Chờ gửi")),
    AnnexColumn(CaseState.NOT_READY, ("Chưa lên", "Chưa sẵn sàng")),
    AnnexColumn(CaseState.HELD, ("Chưa lên", "Tạm giữ")),
    AnnexColumn(CaseState.REFUSED, ("Chưa lên", "Bị từ chối")),
    AnnexColumn(CaseState.UNCERTAIN, ("Chưa lên", "Chưa rõ kết quả")),
    AnnexColumn(CaseState.INEXPRESSIBLE, ("Chưa lên", "Hợp đồng không chuyển được")),
    AnnexColumn(CaseState.UNREAD, ("Chưa lên", "Chưa đọc vào sổ")),
    AnnexColumn("partly", ("Có phần hợp đồng không chuyển được",)),
    AnnexColumn("late", ("Chậm so với quy định", "Quá hạn, chưa lên")),
    AnnexColumn("done_late", ("Chậm so với quy định", "Đã lên nhưng chậm")),
    AnnexColumn("days", ("Chậm so với quy định", "Số ngày chậm nhiều nhất")),
)
_STANDING_NOTES: Final = (
    "Hồ sơ tại địa phương = Đã lên + các cột Chưa lên; mỗi hồ sơ được đếm đúng một lần theo bước vụ việc.",
    "Cột “Chậm” đếm hồ sơ có ít nhất một bước chậm; một hồ sơ có thể vừa còn bước quá hạn, vừa có bước đã lên chậm.",
)
_CHARTED: Final = tuple(
    str(each)
    for each in (
        CaseState.UP,
        CaseState.WAITING,
        CaseState.NOT_READY,
        CaseState.HELD,
        CaseState.REFUSED,
        CaseState.UNCERTAIN,
        CaseState.INEXPRESSIBLE,
        CaseState.UNREAD,
    )
)

Labels = tuple[str, ...]
Grouping = Callable[[Completeness], Mapping[Labels, PlaceCounts]]


def _standings(found: Completeness, view: "_View") -> AnnexTable:
    lines = [Line(each, _place_figures(counts)) for each, counts in view.grouping(found).items()]
    lines.append(_total_line(len(view.labels), _place_figures(_added(found.places.values()))))
    columns = _STANDING_COLUMNS
    return AnnexTable(view.code, view.name, view.title, view.labels, columns, tuple(lines), _STANDING_NOTES, view.chart)


def _place_figures(counts: PlaceCounts) -> tuple[Figure, ...]:
    return tuple(
        Figure(counts.days if column.key == "days" else counts.figures[column.key]) for column in _STANDING_COLUMNS
    )


def _total_line(labels: int, figures: tuple[Figure, ...]) -> Line:
    return Line((_TOTAL, *("",) * (labels - 1)), figures, total=True)


def _added(counts: Iterable[PlaceCounts]) -> PlaceCounts:
    total = PlaceCounts()
    for each in counts:
        total.figures.update(each.figures)
        total.days = max(total.days, each.days)
    return total


def _grouped(
    found: Completeness, label: Callable[[Place], Labels], order: Callable[[Place], Labels]
) -> dict[Labels, PlaceCounts]:
    groups: dict[Labels, list[PlaceCounts]] = {}
    for place in sorted(found.places, key=order):
        groups.setdefault(label(place), []).append(found.places[place])
    return {each: _added(counts) for each, counts in groups.items()}


def _by_agency(found: Completeness) -> dict[Labels, PlaceCounts]:
    return _grouped(found, lambda place: (_agency(found, place.agency),), lambda place: (place.agency or "~",))


def _by_kind(found: Completeness) -> dict[Labels, PlaceCounts]:
    return _grouped(found, lambda place: (_kind(place.kind),), lambda place: (_kind_order(place.kind),))


def _by_month(found: Completeness) -> dict[Labels, PlaceCounts]:
    """Every month of the period has its line, also one in which nothing was received."""
    known = _grouped(found, lambda place: (_month_text(found.period, place.month),), lambda place: (place.month,))
    names = [_month_text(found.period, month.name) for month in found.period.months()]
    return {(name,): known.get((name,), PlaceCounts()) for name in names}


def _by_all(found: Completeness) -> dict[Labels, PlaceCounts]:
    return _grouped(
        found,
        lambda place: (_agency(found, place.agency), _kind(place.kind), _month_text(found.period, place.month)),
        lambda place: (place.agency or "~", _kind_order(place.kind), place.month),
    )


@dataclass(frozen=True, slots=True)
class _View:
    """One table over the standings of cases."""

    code: str
    name: str
    title: str
    labels: Labels
    grouping: Grouping
    chart: tuple[str, ...] = ()


_VIEWS: Final = (
    _View("1", "Theo cơ quan", "Tình trạng cập nhật theo cơ quan", ("Cơ quan",), _by_agency),
    _View("2", "Theo loại đơn", "Tình trạng cập nhật theo loại đơn", ("Loại đơn",), _by_kind, _CHARTED),
    _View("3", "Theo tháng", "Tình trạng cập nhật theo tháng báo cáo", ("Tháng báo cáo",), _by_month),
    _View(
        "4",
        "Chi tiết",
        "Tình trạng cập nhật theo cơ quan, loại đơn và tháng báo cáo",
        ("Cơ quan", "Loại đơn", "Tháng báo cáo"),
        _by_all,
    ),
)


def _agency(found: Completeness, code: str) -> str:
    name = found.agency_names.get(code)
    return f"{code} – {name}" if name else code or _UNKNOWN


def _kind(kind: str) -> str:
    return _KINDS[Kind(kind)] if kind else _UNKNOWN


def _kind_order(kind: str) -> str:
    return str([*_KINDS].index(Kind(kind))) if kind else "~"


def _held(found: Completeness) -> AnnexTable:
    """Say by which rules the cases of the period are held, or something of them, and how many of each agency."""
    lines: list[Line] = []
    for rule in sorted({rule for _, rule in found.rules}, key=lambda rule: (-_of_rule(found, rule), rule)):
        meaning = RULES[rule].vi if rule in RULES else rule
        agencies = sorted((agency for agency, each in found.rules if each == rule), key=lambda code: code or "~")
        lines += [
            Line((rule, meaning, _agency(found, agency)), (Figure(found.rules[agency, rule]),)) for agency in agencies
        ]
        lines.append(Line((rule, "Cộng", ""), (Figure(_of_rule(found, rule)),), total=True))
    labels, columns = ("Quy tắc", "Ý nghĩa", "Cơ quan"), (AnnexColumn("cases", ("Số hồ sơ",)),)
    return AnnexTable("5", "Tạm giữ", "Hồ sơ bị giữ theo quy tắc", labels, columns, tuple(lines), (_HELD_NOTE,))


_HELD_NOTE: Final = (
    "Một hồ sơ có thể bị giữ theo nhiều quy tắc, kể cả hồ sơ đã lên mà một phần còn bị giữ: không cộng các quy tắc."
)


def _of_rule(found: Completeness, rule: str) -> int:
    return sum(number for (_, each), number in found.rules.items() if each == rule)


def _messages(found: Completeness) -> AnnexTable:
    states = [state for state in _STATES if any(state == each for _, each in found.steps)]
    columns = (
        *(AnnexColumn(state, (_STATES[state],)) for state in states),
        AnnexColumn("total", ("Tổng số",)),
    )

    def figures(steps: Iterable[str]) -> tuple[Figure, ...]:
        counts: Counter[str] = Counter()
        for step in steps:
            counts.update({state: found.steps[step, state] for state in states})
        return (*(Figure(counts[state]) for state in states), Figure(counts.total()))

    lines = [Line((word,), figures((step,))) for step, word in _STEPS.items()]
    total = _total_line(1, figures(_STEPS))
    title = "Thông điệp của các hồ sơ trong kỳ theo bước nghiệp vụ"
    return AnnexTable("6", "Theo bước", title, ("Bước nghiệp vụ",), columns, (*lines, total))


_TIMED_COLUMNS: Final = (
    AnnexColumn("triggered", ("Bước phải cập nhật",)),
    AnnexColumn("on_time", ("Đã lên", "Đúng hạn")),
    AnnexColumn("done_late", ("Đã lên", "Chậm")),
    AnnexColumn("open", ("Chưa lên", "Còn trong hạn")),
    AnnexColumn("late", ("Chưa lên", "Quá hạn")),
    AnnexColumn("few_days", ("Số ngày chậm (đã lên và chưa lên)", "1–5 ngày")),
    AnnexColumn("some_days", ("Số ngày chậm (đã lên và chưa lên)", "6–30 ngày")),
    AnnexColumn("many_days", ("Số ngày chậm (đã lên và chưa lên)", "Trên 30 ngày")),
    AnnexColumn("days", ("Số ngày chậm nhiều nhất",)),
)
_TIMED_NOTES: Final = (
    (
        "Tính theo từng bước nghiệp vụ, từ ngày phát sinh nghĩa vụ cập nhật trong kỳ (Nghị định 55/2022/NĐ-CP, Điều "
        "8.1) đến ngày được xác nhận lần đầu; bước chưa sẵn sàng, bị giữ hoặc bị từ chối vẫn tính là chưa lên."
    ),
    "Phải cập nhật = Đúng hạn + Chậm + Còn trong hạn + Quá hạn. Số ngày chậm là ngày lịch sau ngày đến hạn.",
)


def _timing(found: Completeness, code: str, name: str, title: str, label: str, *, by_agency: bool) -> AnnexTable:
    if by_agency:
        names = {
            agency: _agency(found, agency) for agency in sorted({a for a, _ in found.timed}, key=lambda a: a or "~")
        }
    else:
        names = {month.name: _month_text(found.period, month.name) for month in found.period.months()}
    place = 0 if by_agency else 1
    lines = [
        Line((word,), _timed_figures(counts for key, counts in found.timed.items() if key[place] == each))
        for each, word in names.items()
    ]
    total = _total_line(1, _timed_figures(found.timed.values()))
    chart = () if by_agency else ("on_time", "done_late", "open", "late")
    return AnnexTable(code, name, title, (label,), _TIMED_COLUMNS, (*lines, total), _TIMED_NOTES, chart)


def _timed_figures(counts: Iterable[TimedCounts]) -> tuple[Figure, ...]:
    figures: Counter[str] = Counter()
    days = 0
    for each in counts:
        figures.update(each.figures)
        days = max(days, each.days)
    return tuple(Figure(days if column.key == "days" else figures[column.key]) for column in _TIMED_COLUMNS)


# the tables of the circular

_OFFICIAL_NOTES: Final = (
    f"“{NO_DATA}”: hồ sơ điện tử của hệ thống địa phương không có thông tin này; không có nghĩa là bằng 0.",
    "Dấu *: còn hồ sơ chưa ghi thông tin này nên số liệu là mức tối thiểu.",
)


def _official(found: Completeness, table: OfficialTable) -> AnnexTable:
    columns = tuple(AnnexColumn(column.key, column.titles) for column in table.columns)
    agencies = sorted(found.official.agencies() | {place.agency for place in found.places}, key=lambda a: a or "~")
    lines = [Line((_agency(found, agency),), _official_figures(found, table, (agency,))) for agency in agencies]
    total = _total_line(1, _official_figures(found, table, agencies))
    title = f"Biểu số {table.code}: {table.title}"
    return AnnexTable(
        table.code, table.code.replace("/", "-"), title, ("Cơ quan",), columns, (*lines, total), _OFFICIAL_NOTES
    )


def _official_figures(found: Completeness, table: OfficialTable, agencies: Sequence[str]) -> tuple[Figure, ...]:
    return tuple(found.official.figure(table, column, agencies) for column in table.columns)


def _proof(found: Completeness) -> Iterator[tuple[str, str]]:
    yield "Thời điểm lập", _instant(found.made_at)
    head = found.checkpoint
    if head is None:
        yield "Điểm kiểm tra của nhật ký", "chưa có"
        return
    yield (
        "Điểm kiểm tra của nhật ký",
        f"số {_number(head.number)}, ký lúc {_instant(datetime.fromisoformat(head.signed_at))}",
    )
    yield "Số mục nhật ký được ký", _number(head.size)
    yield "Giá trị gốc (SHA-256, Merkle)", head.root.hex()
    anchor = found.anchor
    if anchor is None:
        yield "Nơi lưu bên ngoài", "chưa có nơi nào nhận"
        return
    when = _instant(datetime.fromisoformat(anchor.anchored_at))
    yield "Nơi lưu bên ngoài", f"{anchor.channel}: điểm kiểm tra số {_number(anchor.checkpoint)}, lúc {when}"


def _instant(moment: datetime) -> str:
    local = moment.astimezone(_ZONE)
    return f"{local:%H:%M} ngày {day_text(local.date())}"
