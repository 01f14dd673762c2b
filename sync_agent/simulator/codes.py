"""Decides which codes the service knows, and what a look-up of a code list returns.

Lists that are closed hold every value; of the others only the form of a code is known.
"""

import re
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import orjson

__all__ = ["CodeList", "code_lists"]


@dataclass(frozen=True, slots=True)
class CodeList:
    """One `LoaiDanhMuc`: its codes with their names, and the form that a code must have."""

    name: str
    form: re.Pattern[str]
    closed: bool
    items: dict[str, str]

    def knows(self, code: str) -> bool:
        """Return whether the service accepts `code`."""
        return code in self.items if self.closed else self.form.fullmatch(code) is not None

    def within(self, prefix: str) -> list[dict[str, str]]:
        """Return the wire form of every item whose code begins with `prefix`."""
        return [{"Ma": code, "Ten": name} for code, name in self.items.items() if code.startswith(prefix)]


@cache
def code_lists() -> dict[str, CodeList]:
    """Return every code list by its number, as the data file beside this module holds them."""
    raw: dict[str, dict[str, Any]] = orjson.loads(resources.files(__package__).joinpath("codes.json").read_bytes())
    return {
        number: CodeList(entry["name"], re.compile(entry["form"]), entry["closed"], dict(entry["items"]))
        for number, entry in raw.items()
    }
