"""The profile: how one local system's rows become CaseFiles, as data. docs/profile.md is its reference."""

from datetime import date
from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PrivateAttr, model_validator

from sync_agent.domain.steps import Step
from sync_agent.mapping.document import Document
from sync_agent.mapping.legacy import Encoding
from sync_agent.source import SourceSpec, WriteBack

__all__ = [
    "Amount",
    "Condition",
    "DerivedPart",
    "Doubt",
    "FieldRule",
    "GroupEntry",
    "KeySpec",
    "ListRule",
    "NamesRule",
    "NationalId",
    "Period",
    "Profile",
    "Rule",
    "Split",
]

Scalar: TypeAlias = bool | int | str
"""A local value as a person writes it in YAML; compared with the database as text (1, '1' and true-as-1 are equal)."""


def _listed(value: object) -> object:
    return value if isinstance(value, list) else [value]


Scalars: TypeAlias = Annotated[
    tuple[Scalar, ...], BeforeValidator(_listed, json_schema_input_type=Scalar | tuple[Scalar, ...])
]

ColumnNames: TypeAlias = Annotated[
    tuple[str, ...], BeforeValidator(_listed, json_schema_input_type=str | tuple[str, ...]), Field(min_length=1)
]
"""One column or several, of which the first present one counts."""


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


class Doubt(_Section):
    """When a value stands, but a person must look (`hold`) or should (`warn`)."""

    when: Condition
    level: Literal["hold", "warn"] = "hold"


class Amount(_Section):
    """An amount typed with its unit. `of` are the words after it that belong to this field, `not_of` to another."""

    kind: Literal["money", "land"]
    of: tuple[str, ...] = ()
    not_of: tuple[str, ...] = ()


def _of_kind(value: object) -> object:
    return {"kind": value} if isinstance(value, str) else value


class Period(_Section):
    """What local values mean from `valid_from` to `valid_to`, both inclusive, None = open."""

    valid_from: date | None = None
    valid_to: date | None = None
    values: dict[int | str, str] = Field(min_length=1)

    @model_validator(mode="after")
    def _in_order(self) -> "Period":
        if self.valid_from and self.valid_to and self.valid_from > self.valid_to:
            raise ValueError("the period ends before it begins")
        return self


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
    periods: tuple[Period, ...] | None = Field(default=None, min_length=1)
    codes: str | None = None
    by_name: bool = False
    dated_by: ColumnNames | None = None
    amount: (
        Annotated[Amount, BeforeValidator(_of_kind, json_schema_input_type=Literal["money", "land"] | Amount)] | None
    ) = None
    pattern: str | None = None
    damage: str | None = Field(default=None, min_length=1)
    capitals: Literal["name"] | None = None
    cut: Annotated[int, Field(ge=1)] | Literal["always"] | None = None
    plugin: str | None = None
    doubt: Doubt | None = None

    @model_validator(mode="after")
    def _one_origin(self) -> "FieldRule":
        origin = _exactly_one(self, ("column", "constant", "join", "first_of", "exists_when"))
        reading = (
            "separator",
            "split",
            "formats",
            "true_values",
            "values",
            "periods",
            "codes",
            "plugin",
            "amount",
            "pattern",
            "damage",
            "capitals",
            "cut",
        )
        if origin in {"constant", "first_of", "exists_when"} and any_given(self, reading):
            raise ValueError(f"{origin} takes no setting but when")
        if origin == "exists_when" and any_given(self, ("when", "doubt")):
            raise ValueError("exists_when stands alone")
        if self.separator is not None and self.join is None:
            raise ValueError("separator belongs to join")
        if self.dated_by is not None and self.codes is None and self.periods is None:
            raise ValueError("dated_by belongs to codes or periods")
        if self.periods is not None and self.dated_by is None:
            raise ValueError("periods need dated_by, the column with the day that decides")
        if self.by_name and self.codes is None:
            raise ValueError("by_name belongs to codes")
        if self.cut is not None and self.column is None:
            raise ValueError("cut belongs to column")
        if (self.true_values is None) != (self.false_values is None):
            raise ValueError("true_values and false_values belong together")
        return self


def _from_column(value: object) -> object:
    return {"column": value} if isinstance(value, str) else value


Rule: TypeAlias = Annotated[FieldRule, BeforeValidator(_from_column, json_schema_input_type=str | FieldRule)]
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


class NamesRule(_Section):
    """How a text column that names several people or bodies is read: one row for each of them.

    `at` are the words and signs between names, `titles` what stands before a person, `bodies` how a body begins, `cut`
    the length at which the local system cuts the text.
    """

    column: str
    at: tuple[Annotated[str, Field(pattern=r"\S")], ...] = Field(min_length=1)
    titles: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    bodies: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    cut: int | None = Field(default=None, ge=1)


class DerivedPart(_Section):
    """A part whose rows are made of the rows of a part that is read: by a plug-in, or one for each name in a text.

    `columns` are all that the rows of a plug-in have; rows of names have them beside `people.NAME_COLUMNS`.
    """

    from_: str = Field(alias="from")
    plugin: str | None = None
    names: NamesRule | None = None
    columns: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _one_maker(self) -> "DerivedPart":
        if _exactly_one(self, ("plugin", "names")) == "plugin" and not self.columns:
            raise ValueError("the rows of a plug-in need columns")
        return self


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
    derived: dict[str, DerivedPart] = {}
    text: dict[str, dict[str, Encoding]] = {}
    absent: dict[str, dict[str, Scalars]] = {}
    fields: dict[str, dict[str, Rule]]
    lists: dict[str, ListRule] = {}
    ready_when: dict[Step, Condition]
    group: dict[Literal["petition", "person", "link"], tuple[GroupEntry, ...]] = {}
    national_ids: dict[Step, NationalId] = {}
    write_back: dict[Step, WriteBack] = {}

    _document: Document = PrivateAttr(default=Document("profile", None, {(): 1}))

    @property
    def parts(self) -> tuple[str, ...]:
        """The names of all parts: those that are read, and those that are derived."""
        return (*self.source.parts, *self.derived)

    def at(self, *place: str | int) -> str:
        """Return `file:line` of a place in the profile."""
        return self._document.at(place)

    def naming(self, word: str, *otherwise: str | int) -> str:
        """Return `file:line` of the first rule that says `word`, or of the place `otherwise`."""
        return self._document.naming(word, otherwise)
