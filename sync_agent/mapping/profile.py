"""The profile: how one local system's rows become CaseFiles, as data. docs/profile.md is its reference."""

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PrivateAttr, model_validator

from sync_agent.domain.steps import Step
from sync_agent.mapping.document import Document
from sync_agent.source import SourceSpec

__all__ = ["Condition", "FieldRule", "GroupEntry", "KeySpec", "ListRule", "NationalId", "Profile", "Rule", "Split"]

Scalar: TypeAlias = bool | int | str
"""A local value as a person writes it in YAML; compared with the database as text (1, '1' and true-as-1 are equal)."""


def _listed(value: object) -> object:
    return value if isinstance(value, list) else [value]


Scalars: TypeAlias = Annotated[tuple[Scalar, ...], BeforeValidator(_listed)]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, populate_by_name=False)


def _exactly_one(section: BaseModel, names: tuple[str, ...]) -> str:
    given = [name for name in names if getattr(section, name) is not None]
    if len(given) != 1:
        raise ValueError("give exactly one of: " + ", ".join(name.rstrip("_") for name in names))
    return given[0]


class Condition(_Section):
    """A test of one column, or several conditions together. Without `part` the row at hand is tested."""

    part: str | None = None
    column: str | None = None
    equals: Scalar | None = None
    in_: Scalars | None = Field(default=None, alias="in")
    not_: Scalars | None = Field(default=None, alias="not")
    present: bool | None = None
    all: tuple["Condition", ...] | None = None
    any: tuple["Condition", ...] | None = None

    @model_validator(mode="after")
    def _one_test(self) -> "Condition":
        chosen = _exactly_one(self, ("column", "all", "any"))
        tests = ("equals", "in_", "not_", "present")
        if chosen == "column":
            _exactly_one(self, tests)
        elif self.part is not None or any_given(self, tests):
            raise ValueError(f"{chosen} stands alone")
        return self


def any_given(section: BaseModel, names: tuple[str, ...]) -> bool:
    """Return whether any of these settings was given."""
    return any(getattr(section, name) is not None for name in names)


class Split(_Section):
    """One half of a text: `before` or `after` the first `at`. Without `at` in it, all of the text is before."""

    at: str = Field(min_length=1)
    take: Literal["before", "after"]


class FieldRule(_Section):
    """Where one value comes from and how it is read. The kind of the field decides which settings it may have."""

    column: str | None = None
    constant: Scalar | None = None
    join: tuple[str, ...] | None = Field(default=None, min_length=1)
    first_of: tuple["Rule", ...] | None = Field(default=None, min_length=1)
    exists_when: Condition | None = None
    when: Condition | None = None
    separator: str | None = None
    split: Split | None = None
    formats: tuple[str, ...] | None = Field(default=None, min_length=1)
    true_values: Scalars | None = None
    false_values: Scalars | None = None
    values: dict[int | str, str] | None = None
    codes: str | None = None
    dated_by: str | None = None

    @model_validator(mode="after")
    def _one_origin(self) -> "FieldRule":
        origin = _exactly_one(self, ("column", "constant", "join", "first_of", "exists_when"))
        reading = ("separator", "split", "formats", "true_values", "values", "codes")
        if origin in {"constant", "first_of", "exists_when"} and any_given(self, reading):
            raise ValueError(f"{origin} takes no setting but when")
        if origin == "exists_when" and self.when is not None:
            raise ValueError("exists_when stands alone")
        if self.separator is not None and self.join is None:
            raise ValueError("separator belongs to join")
        if self.dated_by is not None and self.codes is None:
            raise ValueError("dated_by belongs to codes")
        if (self.true_values is None) != (self.false_values is None):
            raise ValueError("true_values and false_values belong together")
        return self


def _from_column(value: object) -> object:
    return {"column": value} if isinstance(value, str) else value


Rule: TypeAlias = Annotated[FieldRule, BeforeValidator(_from_column)]
"""A field rule; a plain text is short for `{column: …}`."""


class ListRule(_Section):
    """A list of the CaseFile: one entry for each row of `part`, in the declared order.

    `only` leaves rows out; `on` (child column: parent column) picks the rows of an entry of the list around it.
    """

    part: str
    sort: tuple[str, ...] = Field(min_length=1)
    only: Condition | None = None
    on: dict[str, str] = {}
    value: Rule | None = None
    fields: dict[str, Rule] = {}
    lists: dict[str, "ListRule"] = {}

    @model_validator(mode="after")
    def _value_or_fields(self) -> "ListRule":
        if (self.value is None) == (not self.fields):
            raise ValueError("give exactly one of: value, fields")
        return self


class KeySpec(_Section):
    """What a case key looks like, and in free words (columns) what it is made of; changing that needs `rekey`."""

    pattern: str
    definition: tuple[str, ...] = Field(min_length=1)


class GroupEntry(_Section):
    """A column whose value is shared by cases that must be protected together."""

    part: str
    column: str


class NationalId(_Section):
    """Where the local system keeps that a step went up: a column with the Id, or what holds when it was sent.

    `part` belongs to steps that a case has once; the rows of the others are those of their list.
    """

    part: str | None = None
    column: str | None = None
    when: Condition | None = None


class Profile(_Section):
    """A whole profile. `fields` is by part, then by path; of two parts that give one path the first wins."""

    version: Literal[1]
    source: SourceSpec
    key: KeySpec
    absent: dict[str, dict[str, Scalars]] = {}
    fields: dict[str, dict[str, Rule]]
    lists: dict[str, ListRule] = {}
    ready_when: dict[Step, Condition]
    group: dict[Literal["petition", "person", "link"], tuple[GroupEntry, ...]] = {}
    national_ids: dict[Step, NationalId] = {}

    _document: Document = PrivateAttr(default=Document("profile", None, {(): 1}))

    def at(self, *place: str | int) -> str:
        """Return `file:line` of a place in the profile."""
        return self._document.at(place)

    def naming(self, word: str, *otherwise: str | int) -> str:
        """Return `file:line` of the first rule that says `word`, or of the place `otherwise`."""
        return self._document.naming(word, otherwise)
