"""What was put into an example database, so that a test can say what should come out of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

__all__ = ["Changes", "Special", "Stock"]


class Special(StrEnum):
    """A deliberate oddity. Its cases are those of one petition, unless it says otherwise."""

    LEAK = "leak"  # the approved summary names somebody
    UNAPPROVED = "unapproved"  # the summary is written but nobody approved it
    FIELD_CODE = "field_code"  # kind complaint, field code TC…
    OUTCOME = "outcome"  # kind complaint, outcome of a denunciation
    CORRUPTION = "corruption"  # feedback whose field code reports corruption
    NO_FIELD_CODE = "no_field_code"  # feedback without any field code
    OTHER_KIND = "other_kind"  # kind 5, which has no national meaning
    SHARED_PERSON = "shared_person"  # a denunciation and a complaint with one person row: the cases of both
    LINK_ACROSS = "link_across"  # feedback that repeats a denunciation: the cases of both
    ROWS_DISAGREE = "rows_disagree"  # two processing rows of one agency
    NO_DIRECTION = "no_direction"  # processed without a direction: not ready
    MISSING_FILE = "missing_file"  # the row of an attachment points to nothing
    FUTURE_LINE = "future_line"  # a journal line dated weeks ahead
    FUTURE_ENFORCEMENT = "future_enforcement"  # an enforcement whose business date lies ahead
    UNDATED_LINE = "undated_line"  # a journal line without time
    SAME_MOMENT = "same_moment"  # several petitions whose last journal lines bear the same second
    BACK_DATED = "back_dated"  # entered with a date months before its journal line
    WITHDRAWN = "withdrawn"  # Status -1
    ANONYMOUS_FLAG = "anonymous_flag"  # the person row says anonymous, the petition does not
    DECOMPOSED = "decomposed"  # text in NFD
    ODD_AMOUNT = "odd_amount"  # a remedy that is not a whole million


@dataclass(frozen=True, slots=True)
class Stock:
    """One generated database. Keys are case keys; `held` says why a case or a step of it is held, in rule codes.

    `protected` holds also what a group makes protected; `by_group` holds those protected by nothing else. Receptions
    without petition are in `receptions_only`; a protected one has no place for a summary and is held. `steps` counts
    rows per step name; `case` counts receipts. `identifying` holds every identifying value of protected cases.
    """

    cases: int
    petitions: int
    by_kind: Mapping[str, int]
    steps: Mapping[str, int]
    receptions_only: tuple[str, ...]
    several_agencies: tuple[str, ...]
    repeated: tuple[str, ...]
    protected: frozenset[str]
    by_group: frozenset[str]
    held: Mapping[str, frozenset[str]]
    special: Mapping[Special, tuple[str, ...]]
    identifying: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Changes:
    """One day of work, as case keys by what happened.

    `edited` other content · `processed`, `accepted`, `settled`, `enforced` a new row of that step · `corrected` an
    existing enforcement row with other figures · `created` new cases · `withdrawn` Status -1 · `silent` a protected
    case with other content: nothing of it may go up. `identifying` as in Stock, for all protected cases after
    the changes.
    """

    edited: tuple[str, ...]
    processed: tuple[str, ...]
    accepted: tuple[str, ...]
    settled: tuple[str, ...]
    enforced: tuple[str, ...]
    corrected: tuple[str, ...]
    created: tuple[str, ...]
    withdrawn: tuple[str, ...]
    silent: tuple[str, ...]
    identifying: tuple[str, ...] = field(repr=False)

    @property
    def steps(self) -> Mapping[str, tuple[str, ...]]:
        """Return what should go up: the case keys by step name; withdrawals and `silent` are not expressible."""
        return {
            "case": (*self.edited, *self.created),
            "processing": self.processed,
            "acceptance": self.accepted,
            "settlement": self.settled,
            "enforcement": (*self.enforced, *self.corrected),
        }

    @property
    def keys(self) -> frozenset[str]:
        """Return every case that changed at all."""
        expressed = {key for keys in self.steps.values() for key in keys}
        return frozenset(expressed | {*self.withdrawn, *self.silent})
