"""Decides what stands in the work list of those who keep the cases: what holds, why, where to mend it, until when.

Cases are named by key or pseudonym as everywhere; nothing of what they are about is known here.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from sync_agent.domain.rules import RULES
from sync_agent.i18n import Language, language, mark, tr
from sync_agent.ledger import queries
from sync_agent.privacy import KeyNames
from sync_agent.reports.fields import field_words, without_index

__all__ = ["COLUMNS", "Column", "WorkItem", "work_items"]

_CONFIGURATION: Final = frozenset(
    {"before_start", "no_account", "out_of_scope", "policy_not_signed", "several_respondents", "unmapped_code"}
)
"""Rules that say something of the configuration: no record can be corrected so that they let it go."""
_ZONE: Final = ZoneInfo("Asia/Ho_Chi_Minh")


@dataclass(frozen=True, slots=True)
class WorkItem:
    """One line of the list, in the reader's language. Days are those of Việt Nam."""

    case: str
    agency: str
    step: str
    item: str  # which decision or enforcement, where a case can have several
    rule: str
    meaning: str
    field: str
    place: str
    since: date
    due_on: date | None
    todo: str


@dataclass(frozen=True, slots=True)
class Column:
    """One column: the attribute of the item, the message id of its title, its width in characters."""

    name: str
    title: str
    width: int


COLUMNS: Final = (
    Column("case", mark("case"), 15),
    Column("agency", mark("agency"), 11),
    Column("step", mark("step"), 14),
    Column("item", mark("decision"), 11),
    Column("meaning", mark("what is wrong"), 36),
    Column("field", mark("field"), 26),
    Column("place", mark("where to mend"), 24),
    Column("todo", mark("what to do"), 24),
    Column("due_on", mark("to be entered by"), 13),
    Column("since", mark("held since"), 13),
    Column("rule", mark("rule"), 22),
)


def work_items(
    holds: Iterable[queries.Hold], names: KeyNames, *, step_word: Callable[[str], str], place_of: Callable[[str], str]
) -> list[WorkItem]:
    """Return the lines of some holds: the nearest legal date first, those without one last.

    `step_word` says a step in the reader's language, `place_of` the local table and column of a CaseFile path.
    """
    items = [_item(hold, names, step_word, place_of) for hold in holds]
    return sorted(items, key=lambda item: (item.due_on or date.max, item.since, item.case, item.rule))


def _item(
    hold: queries.Hold, names: KeyNames, step_word: Callable[[str], str], place_of: Callable[[str], str]
) -> WorkItem:
    case, finding = hold.case, hold.finding
    return WorkItem(
        case=names.shown(case.case_key, protected=case.protected_since is not None),
        agency=case.agency or "",
        step=step_word(finding.step),
        item=finding.local_key,
        rule=finding.rule,
        meaning=_meaning(finding.rule),
        field=field_words(finding.field, language()),
        place=_place(finding.place, place_of(without_index(finding.field))),
        since=_day(finding.since),
        due_on=date.fromisoformat(hold.due_on) if hold.due_on else None,
        todo=_todo(hold),
    )


def _place(found: str, column: str) -> str:
    """Return where to mend it: what the mapping found, else the column of the field and what else was said of it."""
    if not column or "." in found or column.startswith(f"{found}."):
        return found or column
    return f"{column} ({found})" if found else column


def _meaning(rule: str) -> str:
    known = RULES.get(rule)
    if known is None:
        return rule
    return known.vi if language() is Language.VI else known.en


def _todo(hold: queries.Hold) -> str:
    rule = RULES.get(hold.finding.rule)
    if hold.rejected:
        return tr("rejected by a person: correct the record")
    if rule is not None and rule.releasable:
        return tr("correct the record, or have it released")
    if hold.finding.rule in _CONFIGURATION:
        return tr("tell who runs the agent: it is settled there, for all cases alike")
    return tr("correct the record in the local system")


def _day(instant: datetime) -> date:
    return instant.astimezone(_ZONE).date()
