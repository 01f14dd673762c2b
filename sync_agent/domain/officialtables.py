"""The tables of TT 01/2024/TT-TTCP, as far as a CaseFile has the facts: what each column counts in one case.

A column that counts what a case does not say is unknown for that case, never 0; one for which a CaseFile has no place
(`needs` is empty) stays without data. Classification codes are those of the national list of kinds of petitions.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Final

from sync_agent.domain.casefile import (
    Amounts,
    CaseFile,
    Direction,
    Enforcement,
    Instance,
    Kind,
    Outcome,
    Reception,
    ReceptionSession,
    Remedies,
    Settlement,
)
from sync_agent.domain.deadlines import settlement_due
from sync_agent.domain.periods import Period

__all__ = ["OFFICIAL_TABLES", "Figure", "OfficialColumn", "OfficialCounts", "OfficialTable"]

Amount = int | Decimal | None
"""What one case adds to a column; None: the case does not say."""
Counting = Callable[[CaseFile, Period], Iterable[Amount]]

_MILLION: Final = Decimal(1_000_000)


@dataclass(frozen=True, slots=True)
class OfficialColumn:
    """One column: its headings from the widest to its own, the CaseFile fields it `needs`, what it counts.

    `measured`: money or land, not a number of things.
    """

    key: str
    titles: tuple[str, ...]
    needs: tuple[str, ...]
    counting: Counting = field(repr=False)
    measured: bool = False


@dataclass(frozen=True, slots=True)
class OfficialTable:
    """One form of the circular."""

    code: str
    title: str
    columns: tuple[OfficialColumn, ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """One cell: None where there are no data; `unknown` cases that should count and do not say."""

    value: int | Decimal | None
    unknown: int = 0


@dataclass(slots=True)
class _Sum:
    value: int | Decimal = 0
    known: int = 0
    unknown: int = 0


@dataclass(slots=True)
class OfficialCounts:
    """All tables of one period while cases are counted; `has` tells whether the local system has a field at all."""

    period: Period
    has: Callable[[str], bool]
    _sums: dict[tuple[str, str, str], _Sum] = field(default_factory=dict)

    def add(self, case: CaseFile) -> None:
        """Count one case; nothing of it is kept."""
        for table in OFFICIAL_TABLES:
            for column in table.columns:
                for amount in column.counting(case, self.period):
                    self._add((table.code, column.key, case.agency or ""), amount)

    def _add(self, place: tuple[str, str, str], amount: Amount) -> None:
        total = self._sums.setdefault(place, _Sum())
        if amount is None:
            total.unknown += 1
        else:
            total.value, total.known = total.value + amount, total.known + 1

    def figure(self, table: OfficialTable, column: OfficialColumn, agencies: Iterable[str]) -> Figure:
        """Return what a column has for some agencies together."""
        found = [self._sums.get((table.code, column.key, agency), _Sum()) for agency in agencies]
        known, unknown = sum(each.known for each in found), sum(each.unknown for each in found)
        if not column.needs or not all(map(self.has, column.needs)) or (unknown and not known):
            return Figure(None, unknown)
        nothing: int | Decimal = Decimal() if column.measured else 0
        return Figure(sum((each.value for each in found), start=nothing), unknown)

    def agencies(self) -> set[str]:
        """Return the agencies for which anything was counted."""
        return {agency for _, _, agency in self._sums}


def _yes(flag: bool | None) -> Amount:
    return None if flag is None else int(flag)


def _nothing(case: CaseFile, period: Period) -> Iterable[Amount]:
    """Count nothing: a CaseFile has no place for it."""
    del case, period
    return ()


# 01/TCD: tiếp công dân


def _of_receptions(amount: Callable[[Reception], Amount]) -> Counting:
    def counting(case: CaseFile, period: Period) -> Iterator[Amount]:
        met = case.reception
        if met is not None and met.received_on is not None and met.received_on in period:
            yield amount(met)

    return counting


def _where(flag: Callable[[Reception], bool | None], amount: Callable[[Reception], Amount]) -> Counting:
    """Count `amount` of the receptions for which `flag` holds; unknown where it does not say."""

    def chosen(met: Reception) -> Amount:
        holds = flag(met)
        return None if holds is None else amount(met) if holds else 0

    return _of_receptions(chosen)


def _once(met: Reception) -> int:
    del met
    return 1


def _people(met: Reception) -> Amount:
    return met.visitors


def _crowd(met: Reception) -> bool | None:
    return met.large_group


def _crowd_again(*, first: bool) -> Callable[[Reception], bool | None]:
    def flag(met: Reception) -> bool | None:
        if met.large_group is None or (met.large_group and met.first_time is None):
            return None
        return met.large_group and met.first_time is first

    return flag


def _regular(met: Reception) -> bool | None:
    return None if met.session is None else met.session is ReceptionSession.REGULAR


def _by_head(*, delegated: bool) -> Callable[[Reception], bool | None]:
    def flag(met: Reception) -> bool | None:
        if met.session is None or met.session is ReceptionSession.REGULAR:
            return None if met.session is None else False
        return None if met.delegated is None else met.delegated is delegated

    return flag


def _first_time(met: Reception) -> bool | None:
    return met.first_time


def _again(met: Reception) -> bool | None:
    return None if met.first_time is None else not met.first_time


_DAY: Final = "reception.received_on"
_TIMES: Final = "Số lượt tiếp"
_PERSONS: Final = "Số người được tiếp"
_RECEPTIONS: Final = (
    OfficialColumn("visits", ("Tổng số", _TIMES), (_DAY,), _of_receptions(_once)),
    OfficialColumn("people", ("Tổng số", _PERSONS), (_DAY, "reception.visitors"), _of_receptions(_people)),
    OfficialColumn(
        "first_time", ("Vụ việc", "Tiếp lần đầu"), (_DAY, "reception.first_time"), _where(_first_time, _once)
    ),
    OfficialColumn("again", ("Vụ việc", "Tiếp nhiều lần"), (_DAY, "reception.first_time"), _where(_again, _once)),
    OfficialColumn("groups", ("Đoàn đông người", "Số đoàn"), (_DAY, "reception.large_group"), _where(_crowd, _once)),
    OfficialColumn(
        "group_people",
        ("Đoàn đông người", "Số người"),
        (_DAY, "reception.large_group", "reception.visitors"),
        _where(_crowd, _people),
    ),
    OfficialColumn(
        "groups_first",
        ("Đoàn đông người", "Tiếp lần đầu"),
        (_DAY, "reception.large_group", "reception.first_time"),
        _where(_crowd_again(first=True), _once),
    ),
    OfficialColumn(
        "groups_again",
        ("Đoàn đông người", "Tiếp nhiều lần"),
        (_DAY, "reception.large_group", "reception.first_time"),
        _where(_crowd_again(first=False), _once),
    ),
    OfficialColumn(
        "regular_visits", ("Tiếp thường xuyên", _TIMES), (_DAY, "reception.session"), _where(_regular, _once)
    ),
    OfficialColumn(
        "regular_people",
        ("Tiếp thường xuyên", _PERSONS),
        (_DAY, "reception.session", "reception.visitors"),
        _where(_regular, _people),
    ),
    OfficialColumn("head_sessions", ("Thủ trưởng tiếp định kỳ, đột xuất", "Số kỳ tiếp"), (), _nothing),
    OfficialColumn(
        "head_visits",
        ("Thủ trưởng tiếp định kỳ, đột xuất", _TIMES),
        (_DAY, "reception.session", "reception.delegated"),
        _where(_by_head(delegated=False), _once),
    ),
    OfficialColumn(
        "head_people",
        ("Thủ trưởng tiếp định kỳ, đột xuất", _PERSONS),
        (_DAY, "reception.session", "reception.delegated", "reception.visitors"),
        _where(_by_head(delegated=False), _people),
    ),
    OfficialColumn("delegated_sessions", ("Ủy quyền tiếp", "Số kỳ tiếp"), (), _nothing),
    OfficialColumn(
        "delegated_visits",
        ("Ủy quyền tiếp", _TIMES),
        (_DAY, "reception.session", "reception.delegated"),
        _where(_by_head(delegated=True), _once),
    ),
    OfficialColumn(
        "delegated_people",
        ("Ủy quyền tiếp", _PERSONS),
        (_DAY, "reception.session", "reception.delegated", "reception.visitors"),
        _where(_by_head(delegated=True), _people),
    ),
)


# 01/XLD to 04/XLD: xử lý đơn


def _received(case: CaseFile) -> date | None:
    return case.petition.received_on if case.petition else None


def _processed(case: CaseFile, by: date) -> bool | None:
    """Tell whether the petition had been processed on the day `by`; None where it was on a day nobody wrote down."""
    done = case.processing
    if done is None:
        return False
    return None if done.processed_on is None else done.processed_on <= by


def _carried(case: CaseFile, period: Period) -> bool | None:
    """Tell whether the petition came before the period and was still to be processed when it began."""
    day = _received(case)
    if day is None or day >= period.start:
        return False
    before = _processed(case, date.fromordinal(period.start.toordinal() - 1))
    return None if before is None else not before


def _in_hand(case: CaseFile, period: Period) -> bool | None:
    """Tell whether the petition was to be processed in the period: carried over, or received in it."""
    day = _received(case)
    return True if day is not None and day in period else _carried(case, period)


def _of_petitions(fact: Callable[[CaseFile, Period], Amount], kind: Kind | None = None) -> Counting:
    """Count `fact` of the petitions in hand, of one `kind` if given."""

    def counting(case: CaseFile, period: Period) -> Iterator[Amount]:
        if case.petition is None or (kind is not None and case.kind is not kind):
            return
        here = _in_hand(case, period)
        if here is None:
            yield None
        elif here:
            yield fact(case, period)

    return counting


def _every(case: CaseFile, period: Period) -> int:
    del case, period
    return 1


def _is_kind(kind: Kind) -> Callable[[CaseFile, Period], Amount]:
    return lambda case, _: None if case.kind is None else int(case.kind is kind)


def _done(case: CaseFile, period: Period) -> Amount:
    return _yes(_processed(case, period.end))


def _undone(case: CaseFile, period: Period) -> Amount:
    done = _processed(case, period.end)
    return None if done is None else int(not done)


def _new(case: CaseFile, period: Period) -> int:
    day = _received(case)
    return int(day is not None and day in period)


def _old(case: CaseFile, period: Period) -> Amount:
    return _yes(_carried(case, period))


def _eligible(case: CaseFile, _: Period) -> Amount:
    return _yes(case.petition.eligible if case.petition else None)


def _eligible_case(case: CaseFile, _: Period) -> Amount:
    petition = case.petition
    if petition is None or petition.eligible is None:
        return None
    return int(petition.eligible and petition.duplicate_of is None)


def _within(kind: Kind) -> Callable[[CaseFile, Period], Amount]:
    def fact(case: CaseFile, _: Period) -> Amount:
        if case.kind is None or case.petition is None:
            return None
        return _yes(case.petition.within_authority) if case.kind is kind else 0

    return fact


def _directed(*directions: Direction) -> Callable[[CaseFile, Period], Amount]:
    def fact(case: CaseFile, period: Period) -> Amount:
        done = case.processing
        if done is None or _processed(case, period.end) is False:
            return 0
        return None if done.direction is None else int(done.direction in directions)

    return fact


def _settled(case: CaseFile, period: Period, instance: Instance) -> Amount:
    """Tell whether it was settled at this instance by the end of the period."""
    found = [each for each in case.settlements if each.issued_on is None or each.issued_on <= period.end]
    if any(each.instance is instance and each.issued_on is not None for each in found):
        return 1
    return None if any(each.instance is None or each.issued_on is None for each in found) else 0


def _first(case: CaseFile, period: Period) -> Amount:
    return _settled(case, period, Instance.FIRST)


def _second(case: CaseFile, period: Period) -> Amount:
    return _settled(case, period, Instance.SECOND)


def _any_settlement(case: CaseFile, period: Period) -> bool | None:
    if any(each.issued_on is not None and each.issued_on <= period.end for each in case.settlements):
        return True
    return None if any(each.issued_on is None for each in case.settlements) else False


def _has_settlement(case: CaseFile, period: Period) -> Amount:
    return _yes(_any_settlement(case, period))


def _unsettled(case: CaseFile, period: Period) -> Amount:
    settled = _any_settlement(case, period)
    return None if settled is None else int(not settled)


def _in_progress(*, accepted: bool) -> Callable[[CaseFile, Period], Amount]:
    """Not settled by the end of the period, and `accepted` by then or not."""

    def fact(case: CaseFile, period: Period) -> Amount:
        settled, taken = _any_settlement(case, period), case.acceptance
        if settled is None or (taken is not None and taken.accepted_on is None):
            return None
        began = taken is not None and taken.accepted_on is not None and taken.accepted_on <= period.end
        return int(not settled and began is accepted)

    return fact


def _instance(*, second: bool) -> Callable[[CaseFile, Period], Amount]:
    def fact(case: CaseFile, _: Period) -> Amount:
        petition = case.petition
        if petition is None or petition.within_authority is None:
            return None
        return int(petition.within_authority and (petition.previous_instance is not None) is second)

    return fact


def _classed(*begins: str, without: tuple[str, ...] = ()) -> Callable[[CaseFile, Period], Amount]:
    """Tell whether the classification, the first of its kind, lies below one of the codes and none of `without`."""

    def fact(case: CaseFile, _: Period) -> Amount:
        root = begins[0][:2]
        code = next((each for each in case.classifications if _below(each, root)), None)
        if code is None:
            return None
        return int(any(_below(code, each) for each in begins) and not any(_below(code, each) for each in without))

    return fact


def _below(code: str, root: str) -> bool:
    return code == root or code.startswith(f"{root}.")


_PETITION: Final = "petition.received_on"
_PROCESSED: Final = "processing.processed_on"
_DIRECTION: Final = "processing.direction"
_CLASS: Final = "classifications"
_ISSUED: Final = "settlements.issued_on"
_HAND: Final = (_PETITION, _PROCESSED)
_WITHIN: Final = "Thuộc thẩm quyền"
_NOT_WITHIN: Final = "Không thuộc thẩm quyền"
_CONTENT: Final = "Phân loại theo nội dung"
_STATE: Final = "Tình trạng giải quyết"
_FIELD: Final = "Lĩnh vực hành chính"
_OTHERS: Final = "Lĩnh vực khác"

_PETITIONS: Final = (
    OfficialColumn("carried", ("Đơn phải xử lý", "Kỳ trước chuyển sang"), _HAND, _of_petitions(_old)),
    OfficialColumn("received", ("Đơn phải xử lý", "Tiếp nhận trong kỳ"), _HAND, _of_petitions(_new)),
    OfficialColumn("in_hand", ("Đơn phải xử lý", "Tổng số"), _HAND, _of_petitions(_every)),
    OfficialColumn("processed", ("Đơn phải xử lý", "Đã xử lý"), _HAND, _of_petitions(_done)),
    OfficialColumn("unprocessed", ("Đơn phải xử lý", "Chưa xử lý"), _HAND, _of_petitions(_undone)),
    OfficialColumn(
        "eligible", ("Đủ điều kiện xử lý", "Số đơn"), (*_HAND, "petition.eligible"), _of_petitions(_eligible)
    ),
    OfficialColumn(
        "eligible_cases",
        ("Đủ điều kiện xử lý", "Số vụ việc"),
        (*_HAND, "petition.eligible", "petition.duplicate_of"),
        _of_petitions(_eligible_case),
    ),
    OfficialColumn("complaints", (_CONTENT, "Khiếu nại"), (*_HAND, "kind"), _of_petitions(_is_kind(Kind.COMPLAINT))),
    OfficialColumn("denunciations", (_CONTENT, "Tố cáo"), (*_HAND, "kind"), _of_petitions(_is_kind(Kind.DENUNCIATION))),
    OfficialColumn(
        "feedback", (_CONTENT, "Kiến nghị, phản ánh"), (*_HAND, "kind"), _of_petitions(_is_kind(Kind.FEEDBACK))
    ),
    OfficialColumn("mixed", (_CONTENT, "Nhiều nội dung"), (*_HAND, "kind"), _of_petitions(_is_kind(Kind.MIXED))),
    OfficialColumn(
        "settled_first", (_STATE, "Lần đầu"), (*_HAND, _ISSUED, "settlements.instance"), _of_petitions(_first)
    ),
    OfficialColumn(
        "settled_again", (_STATE, "Nhiều lần"), (*_HAND, _ISSUED, "settlements.instance"), _of_petitions(_second)
    ),
    OfficialColumn("unsettled", (_STATE, "Chưa giải quyết xong"), (*_HAND, _ISSUED), _of_petitions(_unsettled)),
    OfficialColumn(
        "within_complaints",
        (_WITHIN, "Khiếu nại"),
        (*_HAND, "kind", "petition.within_authority"),
        _of_petitions(_within(Kind.COMPLAINT)),
    ),
    OfficialColumn(
        "within_denunciations",
        (_WITHIN, "Tố cáo"),
        (*_HAND, "kind", "petition.within_authority"),
        _of_petitions(_within(Kind.DENUNCIATION)),
    ),
    OfficialColumn(
        "within_feedback",
        (_WITHIN, "Kiến nghị, phản ánh"),
        (*_HAND, "kind", "petition.within_authority"),
        _of_petitions(_within(Kind.FEEDBACK)),
    ),
    OfficialColumn(
        "guided",
        (_NOT_WITHIN, "Hướng dẫn, trả đơn"),
        (*_HAND, _DIRECTION),
        _of_petitions(_directed(Direction.GUIDE, Direction.RETURN)),
    ),
    OfficialColumn(
        "forwarded", (_NOT_WITHIN, "Chuyển đơn"), (*_HAND, _DIRECTION), _of_petitions(_directed(Direction.FORWARD))
    ),
    OfficialColumn(
        "urged", (_NOT_WITHIN, "Đôn đốc giải quyết"), (*_HAND, _DIRECTION), _of_petitions(_directed(Direction.URGE))
    ),
    OfficialColumn("replies", ("Văn bản phúc đáp nhận được",), (), _nothing),
)


def _column(
    kind: Kind, key: str, titles: tuple[str, ...], needs: tuple[str, ...], fact: Callable[[CaseFile, Period], Amount]
) -> OfficialColumn:
    """Return a column over the petitions of one kind."""
    return OfficialColumn(key, titles, (*_HAND, "kind", *needs), _of_petitions(fact, kind))


def _complaint(
    key: str, titles: tuple[str, ...], needs: tuple[str, ...], fact: Callable[[CaseFile, Period], Amount]
) -> OfficialColumn:
    return _column(Kind.COMPLAINT, key, titles, needs, fact)


def _denunciation(
    key: str, titles: tuple[str, ...], needs: tuple[str, ...], fact: Callable[[CaseFile, Period], Amount]
) -> OfficialColumn:
    return _column(Kind.DENUNCIATION, key, titles, needs, fact)


def _feedback(
    key: str, titles: tuple[str, ...], needs: tuple[str, ...], fact: Callable[[CaseFile, Period], Amount]
) -> OfficialColumn:
    return _column(Kind.FEEDBACK, key, titles, needs, fact)


_ACCEPTED: Final = (_ISSUED, "acceptance.accepted_on")
_AUTHORITY: Final = ("petition.within_authority", "petition.previous_instance")
_COMPLAINTS: Final = (
    _complaint("total", ("Số đơn khiếu nại",), (), _every),
    _complaint("policy", (_FIELD, "Chế độ, chính sách"), (_CLASS,), _classed("KN.01.01")),
    _complaint("land", (_FIELD, "Đất đai, nhà cửa"), (_CLASS,), _classed("KN.01.02")),
    _complaint("other_admin", (_FIELD, "Khác"), (_CLASS,), _classed("KN.01", without=("KN.01.01", "KN.01.02"))),
    _complaint("justice", ("Tư pháp",), (_CLASS,), _classed("KN.02")),
    _complaint("party", ("Đảng, đoàn thể",), (_CLASS,), _classed("KN.03")),
    _complaint("other", (_OTHERS,), (_CLASS,), _classed("KN", without=("KN.01", "KN.02", "KN.03"))),
    _complaint("settled_first", (_STATE, "Đã giải quyết lần 1"), (_ISSUED, "settlements.instance"), _first),
    _complaint("settled_second", (_STATE, "Đã giải quyết lần 2"), (_ISSUED, "settlements.instance"), _second),
    OfficialColumn("judgment", (_STATE, "Đã có bản án của tòa"), (), _nothing),
    _complaint("in_progress", (_STATE, "Đang giải quyết"), _ACCEPTED, _in_progress(accepted=True)),
    _complaint("not_begun", (_STATE, "Chưa giải quyết"), _ACCEPTED, _in_progress(accepted=False)),
    _complaint("first_instance", (_WITHIN, "Lần đầu"), _AUTHORITY, _instance(second=False)),
    _complaint("second_instance", (_WITHIN, "Lần hai"), _AUTHORITY, _instance(second=True)),
    _complaint("guided", (_NOT_WITHIN, "Hướng dẫn"), (_DIRECTION,), _directed(Direction.GUIDE, Direction.RETURN)),
    _complaint("urged", (_NOT_WITHIN, "Đôn đốc"), (_DIRECTION,), _directed(Direction.URGE)),
)

_CORRUPTION: Final = ("TC.01.05", "TC.02.01")
_DENUNCIATIONS: Final = (
    _denunciation("total", ("Số đơn tố cáo",), (), _every),
    OfficialColumn("policy", (_FIELD, "Chế độ, chính sách"), (), _nothing),
    OfficialColumn("land", (_FIELD, "Đất đai, nhà cửa"), (), _nothing),
    OfficialColumn("officials", (_FIELD, "Công chức, công vụ"), (), _nothing),
    _denunciation("admin", (_FIELD, "Tổng (trừ tham nhũng)"), (_CLASS,), _classed("TC.01", without=_CORRUPTION)),
    _denunciation("corruption", ("Tham nhũng",), (_CLASS,), _classed(*_CORRUPTION)),
    _denunciation("justice", ("Tư pháp",), (_CLASS,), _classed("TC.02", without=_CORRUPTION)),
    _denunciation("party", ("Đảng, đoàn thể",), (_CLASS,), _classed("TC.03")),
    _denunciation("other", (_OTHERS,), (_CLASS,), _classed("TC", without=("TC.01", "TC.02", "TC.03"))),
    OfficialColumn("again_overdue", ("Tố cáo tiếp", "Quá hạn chưa giải quyết"), (), _nothing),
    OfficialColumn("again_concluded", ("Tố cáo tiếp", "Đã có kết luận"), (), _nothing),
    _denunciation("concluded", (_STATE, "Đã có kết luận"), (_ISSUED,), _has_settlement),
    _denunciation("in_progress", (_STATE, "Đang giải quyết"), _ACCEPTED, _in_progress(accepted=True)),
    _denunciation("not_begun", (_STATE, "Chưa giải quyết"), _ACCEPTED, _in_progress(accepted=False)),
    _denunciation("forwarded", (_NOT_WITHIN, "Chuyển đơn"), (_DIRECTION,), _directed(Direction.FORWARD)),
    _denunciation("urged", (_NOT_WITHIN, "Đôn đốc"), (_DIRECTION,), _directed(Direction.URGE)),
)

_FEEDBACK: Final = (
    _feedback("total", ("Số đơn kiến nghị, phản ánh",), (), _every),
    OfficialColumn("policy", ("Lĩnh vực", "Chế độ, chính sách"), (), _nothing),
    OfficialColumn("land", ("Lĩnh vực", "Đất đai"), (), _nothing),
    OfficialColumn("justice", ("Lĩnh vực", "Tư pháp"), (), _nothing),
    OfficialColumn("other", ("Lĩnh vực", "Khác"), (), _nothing),
    _feedback("settled", (_STATE, "Đã giải quyết"), (_ISSUED,), _has_settlement),
    _feedback("unsettled", (_STATE, "Chưa giải quyết"), (_ISSUED,), _unsettled),
)


# 01/KQGQ and 02/KQGQ: kết quả giải quyết khiếu nại và thi hành


def _of_settlements(amount: Callable[[CaseFile, Settlement], Amount]) -> Counting:
    def counting(case: CaseFile, period: Period) -> Iterator[Amount]:
        if case.kind is Kind.COMPLAINT:
            for each in case.settlements:
                if each.issued_on is not None and each.issued_on in period:
                    yield amount(case, each)

    return counting


def _outcome(*outcomes: Outcome) -> Counting:
    return _of_settlements(lambda _, each: None if each.outcome is None else int(each.outcome in outcomes))


def _remedy(amount: Callable[[Remedies], Amount]) -> Counting:
    """Sum up what decisions say; one that says nothing of remedies is unknown."""
    return _of_settlements(lambda _, each: None if each.remedies is None else amount(each.remedies))


def _money(amounts: Amounts | None) -> Amount:
    """Return millions of đồng."""
    return None if amounts is None or amounts.money is None else amounts.money / _MILLION


def _land(amounts: Amounts | None) -> Amount:
    """Return m² of land of both kinds."""
    if amounts is None:
        return None
    parts = [each for each in (amounts.residential_land, amounts.production_land) if each is not None]
    return sum(parts, start=Decimal()) if parts else None


def _in_time(*, kept: bool) -> Counting:
    def fact(case: CaseFile, each: Settlement) -> Amount:
        due = settlement_due(case)
        if due is None or each.issued_on is None:
            return None
        return int((each.issued_on <= due) is kept)

    return _of_settlements(fact)


def _withdrawn(case: CaseFile, period: Period) -> Iterator[Amount]:
    if case.kind is Kind.COMPLAINT and case.withdrawal is not None:
        day = case.withdrawal.withdrawn_on
        if day is None or day in period:
            yield None if day is None else 1


def _one(case: CaseFile, each: Settlement) -> int:
    del case, each
    return 1


_STATE_SIDE: Final = "Thu hồi cho Nhà nước"
_ORGANISATION: Final = "Trả lại cho tổ chức"
_PERSON: Final = "Trả lại cho cá nhân"
_MONEY: Final = "Tiền (triệu đồng)"
_LAND: Final = "Đất (m²)"
_HANDLED: Final = "Kiến nghị xử lý hành chính"
_INVESTIGATION: Final = "Chuyển cơ quan điều tra"
_FIRST: Final = "Kết quả giải quyết lần đầu"
_SECOND: Final = "Kết quả giải quyết lần hai"
_KEPT: Final = "Chấp hành thời hạn"


def _remedies(side: str, group: str, of: Callable[[Remedies], Amounts | None]) -> tuple[OfficialColumn, ...]:
    path = f"settlements.remedies.{side}"
    return (
        OfficialColumn(
            f"{side}_money",
            (group, _MONEY),
            (_ISSUED, f"{path}.money"),
            _remedy(lambda r: _money(of(r))),
            measured=True,
        ),
        OfficialColumn(
            f"{side}_land",
            (group, _LAND),
            (_ISSUED, f"{path}.residential_land"),
            _remedy(lambda r: _land(of(r))),
            measured=True,
        ),
    )


_SETTLEMENTS: Final = (
    OfficialColumn("decisions", ("Số vụ việc giải quyết bằng", "Quyết định"), (_ISSUED,), _of_settlements(_one)),
    OfficialColumn("withdrawn", ("Số vụ việc giải quyết bằng", "Rút đơn"), ("withdrawal.withdrawn_on",), _withdrawn),
    *_remedies("recover_state", _STATE_SIDE, lambda r: r.recover_state),
    *_remedies("give_back_organisation", _ORGANISATION, lambda r: r.give_back_organisation),
    *_remedies("give_back_individual", _PERSON, lambda r: r.give_back_individual),
    *_remedies("recover", "Thu hồi, nguồn không phân đối tượng", lambda r: r.recover),
    *_remedies("give_back", "Trả lại, nguồn không phân đối tượng", lambda r: r.give_back),
    OfficialColumn(
        "people_restored",
        ("Số người được trả lại quyền lợi",),
        (_ISSUED, "settlements.remedies.people_restored"),
        _remedy(lambda r: r.people_restored),
    ),
    OfficialColumn(
        "people_handled",
        (_HANDLED, "Tổng số người"),
        (_ISSUED, "settlements.remedies.people_handled"),
        _remedy(lambda r: r.people_handled),
    ),
    OfficialColumn(
        "officials_handled",
        (_HANDLED, "Cán bộ, công chức"),
        (_ISSUED, "settlements.remedies.officials_handled"),
        _remedy(lambda r: r.officials_handled),
    ),
    OfficialColumn(
        "cases_to_investigation",
        (_INVESTIGATION, "Số vụ"),
        (_ISSUED, "settlements.remedies.cases_to_investigation"),
        _remedy(lambda r: r.cases_to_investigation),
    ),
    OfficialColumn(
        "people_to_investigation",
        (_INVESTIGATION, "Số người"),
        (_ISSUED, "settlements.remedies.people_to_investigation"),
        _remedy(lambda r: r.people_to_investigation),
    ),
    OfficialColumn("officials_to_investigation", (_INVESTIGATION, "Cán bộ, công chức"), (), _nothing),
    *(
        OfficialColumn(outcome.value, (group, title), (_ISSUED, "settlements.outcome"), _outcome(outcome))
        for outcome, group, title in (
            (Outcome.COMPLAINT_RIGHT, _FIRST, "Đúng"),
            (Outcome.COMPLAINT_WRONG, _FIRST, "Sai"),
            (Outcome.COMPLAINT_PARTLY_RIGHT, _FIRST, "Đúng một phần"),
            (Outcome.FIRST_DECISION_UPHELD, _SECOND, "Công nhận lần đầu"),
            (Outcome.FIRST_DECISION_CHANGED, _SECOND, "Hủy, sửa lần đầu"),
        )
    ),
    OfficialColumn("in_time", (_KEPT, "Đúng quy định"), _ACCEPTED, _in_time(kept=True)),
    OfficialColumn("overdue", (_KEPT, "Không đúng"), _ACCEPTED, _in_time(kept=False)),
)


def _of_enforcements(amount: Callable[[Enforcement], Amount]) -> Counting:
    def counting(case: CaseFile, period: Period) -> Iterator[Amount]:
        if case.kind is Kind.COMPLAINT:
            for each in case.enforcements:
                if each.updated_on is not None and each.updated_on in period:
                    yield amount(each)

    return counting


def _enforced(case: CaseFile, period: Period) -> Iterator[Amount]:
    """Count each decision of which a report came in the period once."""
    if case.kind is Kind.COMPLAINT:
        days = [each for each in case.enforcements if each.updated_on is not None and each.updated_on in period]
        yield from (1 for _ in {each.settlement_key for each in days})


_UPDATED: Final = "enforcements.updated_on"
_ENFORCEMENTS: Final = (
    OfficialColumn("to_do", ("Quyết định", "Phải thi hành"), (), _nothing),
    OfficialColumn("reported", ("Quyết định", "Có báo cáo thi hành"), (_UPDATED,), _enforced),
    OfficialColumn("completed", ("Quyết định", "Đã thi hành xong"), (), _nothing),
    OfficialColumn(
        "recovered_money",
        ("Đã thu hồi", _MONEY),
        (_UPDATED, "enforcements.recovered.money"),
        _of_enforcements(lambda each: _money(each.recovered)),
        measured=True,
    ),
    OfficialColumn(
        "recovered_land",
        ("Đã thu hồi", _LAND),
        (_UPDATED, "enforcements.recovered.residential_land"),
        _of_enforcements(lambda each: _land(each.recovered)),
        measured=True,
    ),
    OfficialColumn(
        "returned_money",
        ("Đã trả lại", _MONEY),
        (_UPDATED, "enforcements.returned.money"),
        _of_enforcements(lambda each: _money(each.returned)),
        measured=True,
    ),
    OfficialColumn(
        "returned_land",
        ("Đã trả lại", _LAND),
        (_UPDATED, "enforcements.returned.residential_land"),
        _of_enforcements(lambda each: _land(each.returned)),
        measured=True,
    ),
    OfficialColumn(
        "people_handled",
        ("Đã xử lý hành chính", "Số người"),
        (_UPDATED, "enforcements.people_handled"),
        _of_enforcements(lambda each: each.people_handled),
    ),
    OfficialColumn(
        "organisations_handled",
        ("Đã xử lý hành chính", "Số tổ chức"),
        (_UPDATED, "enforcements.organisations_handled"),
        _of_enforcements(lambda each: each.organisations_handled),
    ),
    OfficialColumn("prosecuted_cases", ("Đã khởi tố", "Số vụ"), (), _nothing),
    OfficialColumn(
        "prosecuted",
        ("Đã khởi tố", "Số người"),
        (_UPDATED, "enforcements.prosecuted"),
        _of_enforcements(lambda each: each.prosecuted),
    ),
)

OFFICIAL_TABLES: Final = (
    OfficialTable("01/TCD", "Tổng hợp kết quả tiếp công dân", _RECEPTIONS),
    OfficialTable("01/XLD", "Tổng hợp kết quả xử lý đơn", _PETITIONS),
    OfficialTable("02/XLD", "Tổng hợp kết quả phân loại, xử lý đơn khiếu nại", _COMPLAINTS),
    OfficialTable("03/XLD", "Tổng hợp kết quả phân loại, xử lý đơn tố cáo", _DENUNCIATIONS),
    OfficialTable("04/XLD", "Tổng hợp kết quả phân loại, xử lý đơn kiến nghị, phản ánh", _FEEDBACK),
    OfficialTable("01/KQGQ", "Tổng hợp kết quả giải quyết khiếu nại", _SETTLEMENTS),
    OfficialTable("02/KQGQ", "Tổng hợp kết quả thi hành quyết định giải quyết khiếu nại", _ENFORCEMENTS),
)
