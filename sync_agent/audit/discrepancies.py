"""Decides what may be wrong with a log or with what is kept by it, in one table: how grave it is and how it is said."""

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from sync_agent.i18n import mark

__all__ = ["SENTENCES", "Discrepancy", "Findings", "Kind"]

_MOST: Final = 1000
"""So many are kept one by one; of the rest the number."""


class Kind(StrEnum):
    """How grave a discrepancy is. Only `TAMPERED` says that something was changed past the agent."""

    TAMPERED = "tampered"
    GAP = "gap"  # no head was signed for long, and nobody said so
    UNANCHORED = "unanchored"  # what was taken outside is not there any more
    GUARD = "guard"  # the database no longer refuses what it should
    UNPROVEN = "unproven"  # something that is needed to check is not at hand


SENTENCES: Final[dict[str, tuple[Kind, str]]] = {
    # entries and their tree
    "entry_changed": (Kind.TAMPERED, mark("audit entry {key}: its bytes are not those that were hashed")),
    "entry_missing": (Kind.TAMPERED, mark("audit entry {key} is missing")),
    "entry_twice": (Kind.TAMPERED, mark("audit entry {key} stands twice or out of its place")),
    "entry_unreadable": (Kind.TAMPERED, mark("audit entry {key}: its bytes are no entry")),
    "entry_column": (Kind.TAMPERED, mark("audit entry {key}: column {column} says something else than the entry")),
    "tree_changed": (Kind.TAMPERED, mark("the stored head of the log is not that of its entries ({column})")),
    "tile_changed": (Kind.TAMPERED, mark("tile {key} of the tree is not made of its entries")),
    "tile_missing": (Kind.TAMPERED, mark("tile {key} of the tree is missing")),
    "tile_extra": (Kind.TAMPERED, mark("tile {key} belongs to no tree of these entries")),
    # signed heads
    "head_unreadable": (Kind.TAMPERED, mark("signed head {key} cannot be read")),
    "head_changed": (Kind.TAMPERED, mark("signed head {key}: column {column} says something else than its note")),
    "head_missing": (Kind.TAMPERED, mark("signed head {key} is missing")),
    "head_twice": (Kind.TAMPERED, mark("signed head {key} stands twice or out of its place")),
    "head_chain": (Kind.TAMPERED, mark("signed head {key} does not name the one before it")),
    "head_other_log": (Kind.TAMPERED, mark("signed head {key} is that of another log")),
    "head_not_of_log": (Kind.TAMPERED, mark("signed head {key} is not a head of these entries")),
    "head_signature": (Kind.TAMPERED, mark("signed head {key} is not signed by the key that was in force")),
    "key_not_named": (Kind.TAMPERED, mark("the log does not name the key that was given: {key}")),
    "key_missing": (Kind.UNPROVEN, mark("the public key {key} is not at hand: what it signed cannot be checked")),
    "head_gap": (Kind.GAP, mark("no head was signed between {expected} and {found}, and no entry says why")),
    "tail_unsigned": (Kind.GAP, mark("{found} entries after the newest signed head are under none, more than usual")),
    # outside
    "outside_ahead": (Kind.TAMPERED, mark("the log has {found} entries, its head outside {expected}: an older copy")),
    "outside_other": (Kind.TAMPERED, mark("the head kept outside is not one of this log: another copy")),
    "outside_missing": (Kind.UNPROVEN, mark("the head outside the database is missing in the state folder: {key}")),
    "restore_unfinished": (Kind.UNPROVEN, mark("a restored copy was declared, and that was not completed")),
    "note_unreadable": (Kind.UNPROVEN, mark("{key} is not a head of an audit log")),
    "note_signature": (Kind.TAMPERED, mark("{key}: no key that the log names signed this head")),
    "note_other_log": (Kind.TAMPERED, mark("{key}: this is a head of another log")),
    "note_not_of_log": (Kind.TAMPERED, mark("{key}: this head was signed and is not one of these entries")),
    "note_not_kept": (Kind.TAMPERED, mark("{key}: this head was signed, and the log no longer has it so")),
    "anchor_lost": (Kind.UNANCHORED, mark("head {key} was taken to {found} and is not there any more")),
    "anchor_unreadable": (Kind.UNANCHORED, mark("the folder of {key} cannot be read: what is there was not compared")),
    "anchor_head_missing": (Kind.TAMPERED, mark("head {key} was taken outside and is not in the log any more")),
    "receipt_wrong": (Kind.TAMPERED, mark("the time stamp of head {key} is not one of this head")),
    "receipt_unchecked": (Kind.UNPROVEN, mark("the time stamp of head {key} could not be checked")),
    # the database
    "guard_missing": (Kind.GUARD, mark("the database lacks a guard of the log, or has it in another wording: {key}")),
    # the ledger against the log
    "row_changed": (
        Kind.TAMPERED,
        mark("{table} {key}: {column} is {found}, by the log {expected}; it was changed without an entry"),
    ),
    "row_without_entry": (Kind.TAMPERED, mark("{table} {key}: no entry of the log speaks of this row")),
    "row_missing": (Kind.TAMPERED, mark("{table} {key}: the log has it, its row is gone")),
    "secret_missing": (
        Kind.TAMPERED,
        mark("{table} {key}: its secret is gone or changed, and no entry says that it was erased"),
    ),
}


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """One thing that is not as it should be: a code of `SENTENCES`, where, what was expected and what is there.

    Nothing in it is personal: a row is named by a pseudonym, its step and its number.
    """

    code: str
    table: str = ""
    key: str = ""
    column: str = ""
    expected: str = ""
    found: str = ""

    @property
    def kind(self) -> Kind:
        """How grave it is."""
        return SENTENCES[self.code][0]

    @property
    def sentence(self) -> str:
        """The sentence that says it, to be filled with `facts`."""
        return SENTENCES[self.code][1]

    @property
    def facts(self) -> dict[str, str]:
        """What fills the sentence."""
        return {name: getattr(self, name) for name in ("table", "key", "column", "expected", "found")}


@dataclass(slots=True)
class Findings:
    """What was found: the first thousand one by one, all of them counted by kind."""

    listed: list[Discrepancy] = field(default_factory=list)
    counts: Counter[Kind] = field(default_factory=Counter)

    def add(
        self,
        code: str,
        *,
        table: str = "",
        key: object = "",
        column: str = "",
        expected: object = "",
        found: object = "",
    ) -> None:
        """Note one; `code` is one of `SENTENCES`."""
        one = Discrepancy(code, table, str(key), column, str(expected), str(found))
        self.counts[one.kind] += 1
        if len(self.listed) < _MOST:
            self.listed.append(one)

    @property
    def total(self) -> int:
        """How many there are."""
        return sum(self.counts.values())
