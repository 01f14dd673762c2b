"""Which public lists the agent knows by itself, with source and day: provinces, ethnic groups, kinds, outcomes.

None of them is a list of the national database: its codes come from `codes pull` only. Communes are not here either.
"""

import csv
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from types import MappingProxyType

__all__ = ["REFERENCE_LISTS", "Province", "ReferenceList", "provinces", "reference_list", "successor_of"]

REFERENCE_LISTS = (
    "provinces-2025",
    "provinces-2004",
    "ethnic-groups-1979",
    "ethnic-groups-2008",
    "kinds",
    "outcomes",
)
"""The names of the lists. Two orders of the ethnic groups are in use: they differ from the fourth code on."""

_MERGED_ON = date(2025, 7, 1)  # Resolution 202/2025/QH15


@dataclass(frozen=True, slots=True)
class ReferenceList:
    """One list: `about` is its header (what it is, source, day, confidence), `rows` its lines by column name."""

    name: str
    about: tuple[str, ...]
    rows: tuple[MappingProxyType[str, str], ...]

    @property
    def names(self) -> dict[str, str]:
        """The name of each code."""
        return {row["code"]: row["name"] for row in self.rows}


@dataclass(frozen=True, slots=True)
class Province:
    """One of the provinces of a day, by its public code of two digits."""

    code: str
    name: str
    kind: str


@cache
def reference_list(name: str) -> ReferenceList:
    """Return one of REFERENCE_LISTS. Raises KeyError for another name."""
    if name not in REFERENCE_LISTS:
        raise KeyError(name)
    text = resources.files(__package__).joinpath("reference", f"{name}.csv").read_text(encoding="utf-8")
    lines = text.splitlines()
    about = tuple(line.removeprefix("# ") for line in lines if line.startswith("#"))
    rows = csv.DictReader(line for line in lines if not line.startswith("#"))
    return ReferenceList(name, about, tuple(MappingProxyType(row) for row in rows))


def provinces(day: date) -> tuple[Province, ...]:
    """Return the provinces of a day: 34 since 2025-07-01, 63 in the years before (Decision 124/2004/QĐ-TTg)."""
    rows = reference_list("provinces-2025" if day >= _MERGED_ON else "provinces-2004").rows
    return tuple(Province(row["code"], row["name"], row["kind"]) for row in rows)


def successor_of(name: str) -> str | None:
    """Return the name of the province that one of the 63 went into (its own if it stayed); None for another word."""
    today = reference_list("provinces-2025").names
    return next((today[row["successor"]] for row in reference_list("provinces-2004").rows if row["name"] == name), None)
