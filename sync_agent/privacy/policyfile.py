"""Decides how the files of the policy are read, and where in them a mistake stands."""

import csv
import difflib
import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sync_agent.domain.casefile import Kind, Outcome
from sync_agent.errors import ConfigError

__all__ = ["PolicyFile", "near", "read_corruption", "read_policy_file"]

_Kind3 = Literal[Kind.COMPLAINT, Kind.DENUNCIATION, Kind.FEEDBACK]
_Letters = Annotated[str, Field(pattern=r"^[A-Za-zĐđ]+$")]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class _Protect(_Section):
    kinds: tuple[Kind, ...]
    outcomes: tuple[Outcome, ...]
    families: dict[_Letters, _Kind3]


class _Open(_Section):
    open: tuple[str, ...] = Field(min_length=1)


class _Settings(_Section):
    version: Literal[1]
    corruption: Path
    protect: _Protect
    protected: _Open
    unprotected: _Open


_BY_LAW: Final[tuple[tuple[str, frozenset[str]], ...]] = (
    ("kinds", frozenset({Kind.DENUNCIATION, Kind.MIXED})),
    (
        "outcomes",
        frozenset(
            {
                Outcome.DENUNCIATION_TRUE,
                Outcome.DENUNCIATION_FALSE,
                Outcome.DENUNCIATION_PARTLY_TRUE,
                Outcome.DENUNCIATION_KNOWINGLY_FALSE,
            }
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class PolicyFile:
    """The settings of a policy as written, and the text they were written in."""

    path: Path
    text: str
    settings: _Settings

    @property
    def open_paths(self) -> dict[str, tuple[str, ...]]:
        """The two allow-lists by the name of their section."""
        return {"protected": self.settings.protected.open, "unprotected": self.settings.unprotected.open}

    def where(self, wanted: str, section: str = "") -> str:
        """Return `file:line` of the first `wanted` after the header of `section`."""
        return _where(self.path, self.text, wanted, section)


def _where(path: Path, text: str, wanted: str, section: str = "") -> str:
    inside = not section
    for number, line in enumerate(text.splitlines(), start=1):
        inside = inside or line.strip().startswith((f"[{section}]", f"[{section}."))
        if inside and wanted in line.split("#", 1)[0]:
            return f"{path}:{number}"
    return str(path)


def near(what: str, *, where: str, todo: str, name: str, known: Iterable[str]) -> ConfigError:
    """Return the error for an unknown `name`: it says the nearest known word, else `todo`."""
    found = difflib.get_close_matches(name, list(known), n=1)
    if not found:
        return ConfigError(what, where=where, todo=todo, facts=(("name", name),))
    return ConfigError(what, where=where, todo="did you mean {near}?", facts=(("name", name), ("near", found[0])))


def _read(path: Path, what: str) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ConfigError(what, where=str(path), facts=(("reason", error.strerror or "error"),)) from None
    except UnicodeDecodeError:
        raise ConfigError(what, where=str(path), facts=(("reason", "not UTF-8"),)) from None


def read_policy_file(path: Path) -> PolicyFile:
    """Read and validate the settings; the paths they name are not looked at yet. Raises ConfigError."""
    text = _read(path, "the privacy policy cannot be read ({reason})")
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line (\d+)", str(error))
        where = f"{path}:{line.group(1)}" if line else str(path)
        raise ConfigError("not valid TOML: {reason}", where=where, facts=(("reason", str(error)),)) from None
    try:
        settings = _Settings.model_validate(values)
    except ValidationError as error:
        raise _setting_error(path, text, error) from None
    file = PolicyFile(path, text, settings)
    _check_by_law(file)
    return file


def _setting_error(path: Path, text: str, error: ValidationError) -> ConfigError:
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    location = [part for part in first["loc"] if isinstance(part, str) and part != "[key]"]
    name = ".".join(location)
    where = _where(path, text, location[-1]) if location else str(path)
    if first["type"] == "extra_forbidden":
        return near(
            "unknown setting {name}",
            where=where,
            todo="the shipped privacy.toml names every setting",
            name=name,
            known=_setting_names(),
        )
    return ConfigError("setting {name}: {reason}", where=where, facts=(("name", name), ("reason", first["msg"])))


def _setting_names() -> list[str]:
    names = list(_Settings.model_fields)
    names += [f"protect.{name}" for name in _Protect.model_fields]
    return [*names, "protected.open", "unprotected.open"]


def _check_by_law(file: PolicyFile) -> None:
    protect = file.settings.protect
    for name, needed in _BY_LAW:
        missing = sorted(needed.difference(getattr(protect, name)))
        if missing:
            raise _by_law(file, name, missing[0])
    if {letters.casefold(): kind for letters, kind in protect.families.items()}.get("tc") is not Kind.DENUNCIATION:
        raise _by_law(file, "families", "TC")


def _by_law(file: PolicyFile, name: str, value: str) -> ConfigError:
    return ConfigError(
        "setting {name} leaves out {value}",
        where=file.where(name, "protect"),
        todo="add it; what the law protects cannot be taken out of the policy",
        facts=(("name", f"protect.{name}"), ("value", value)),
    )


def read_corruption(path: Path) -> tuple[str, ...]:
    """Read the corruption codes: the column `national` of a code table, whose dates do not count. Raises ConfigError.

    A code that ever meant corruption goes on protecting: an old case keeps its old code.
    """
    text = _read(path, "the list of corruption codes cannot be read ({reason})")
    reader = csv.reader(text.splitlines(), strict=True)
    try:
        rows = [(reader.line_num, row) for row in reader if row and not row[0].startswith("#")]
    except csv.Error:
        raise ConfigError("the row cannot be read as CSV", where=f"{path}:{reader.line_num}") from None
    if not rows[1:]:
        raise ConfigError("the list of corruption codes is empty", where=str(path), todo="restore the shipped list")
    (line, header), *entries = rows
    if "national" not in header:
        what = "the list of corruption codes has no column {name}"
        raise ConfigError(what, where=f"{path}:{line}", facts=(("name", "national"),))
    column = header.index("national")
    codes = [(line, row[column].strip() if len(row) > column else "") for line, row in entries]
    for line, code in codes:
        if not code:
            raise ConfigError("the row has no code", where=f"{path}:{line}", todo="fill the column national")
    return tuple(code for _, code in codes)
