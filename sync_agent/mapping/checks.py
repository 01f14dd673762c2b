"""Which profiles are refused before a single row is read: every check needs only the profile and the CaseFile."""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import TYPE_CHECKING

from sync_agent.domain.steps import MINTING, Step
from sync_agent.errors import ConfigError
from sync_agent.mapping.document import Place
from sync_agent.mapping.fields import Field, FieldKind, case_fields, fields_of, step_of
from sync_agent.mapping.profile import Condition, FieldRule, ListRule, NationalId, Profile, Scalar
from sync_agent.mapping.words import unknown_word

if TYPE_CHECKING:
    from pydantic import BaseModel

__all__ = ["check_profile", "mapped_steps", "own_part"]

_LISTS = {FieldKind.LIST, FieldKind.TEXTS}
_TIMES = {FieldKind.DATE, FieldKind.DATETIME, FieldKind.PARTIAL_DATE}
_JOINABLE = _TIMES | {FieldKind.TEXT}

_BELONGS_TO: dict[str, set[FieldKind]] = {
    "join": _JOINABLE,
    "split": {FieldKind.TEXT},
    "codes": {FieldKind.TEXT},
    "values": {FieldKind.TEXT, FieldKind.CHOICE},
    "periods": {FieldKind.TEXT, FieldKind.CHOICE},
    "amount": {FieldKind.INTEGER, FieldKind.DECIMAL},
    "pattern": {FieldKind.TEXT},
    "damage": {FieldKind.TEXT},
    "capitals": {FieldKind.TEXT},
    "cut": {FieldKind.TEXT},
    "formats": _TIMES,
    "true_values": {FieldKind.FLAG},
    "exists_when": {FieldKind.PART},
}


def check_profile(profile: Profile) -> None:
    """Raise ConfigError, with file and line, at the first thing the profile says that cannot be meant."""
    check = _Check(profile)
    check.key()
    check.derived()
    for part, rules in profile.fields.items():
        check.part(part, ("fields", part))
        for path, rule in rules.items():
            check.field(path, rule, case_fields(), ("fields", part, path))
    check.lists(profile.lists, case_fields(), ("lists",), nested=False)
    for part in profile.absent:
        check.part(part, ("absent", part))
    for part in profile.text.keys() - {"*"}:
        check.part(part, ("text", part))
    for name, entries in profile.group.items():
        for position, entry in enumerate(entries):
            check.part(entry.part, ("group", name, position, "part"))
    check.ready_when()
    check.national_ids()


def mapped_steps(profile: Profile) -> dict[Step, Place]:
    """Return the steps the profile maps, each with the place that first does; the case itself always."""
    steps: dict[Step, Place] = {Step.CASE: ("ready_when",)}
    for part, rules in profile.fields.items():
        for path in rules:
            step = step_of(path)
            if step is not None:
                steps.setdefault(step, ("fields", part, path))
    for path in profile.lists:
        step = step_of(path)
        if step is not None:
            steps.setdefault(step, ("lists", path))
    return steps


def own_part(profile: Profile, step: Step) -> str | None:
    """Return the one part whose rows are the step's, or None when a condition must name it."""
    lists = [rule.part for path, rule in profile.lists.items() if step_of(path) is step and "." not in path]
    if step in {Step.SETTLEMENT, Step.ENFORCEMENT}:
        return lists[0] if lists else None
    parts = [part for part, rules in profile.fields.items() if any(step_of(path) is step for path in rules)]
    return parts[0] if len(parts) == 1 and step is not Step.CASE else None


class _Check:
    def __init__(self, profile: Profile) -> None:
        self._profile = profile

    def key(self) -> None:
        try:
            re.compile(self._profile.key.pattern, re.ASCII)
        except re.error as error:
            facts = (("reason", error.msg),)
            raise self._wrong(
                "the key pattern is not a regular expression ({reason})", ("key", "pattern"), facts
            ) from None

    def derived(self) -> None:
        read = self._profile.source.parts
        for name, derived in self._profile.derived.items():
            place = ("derived", name)
            if name in read:
                raise self._wrong("the part '{word}' is read already", place, (("word", name),))
            if derived.from_ not in read:
                raise unknown_word("unknown part '{word}'", derived.from_, read, self._profile.at(*place, "from"))

    def part(self, part: str, place: Place) -> None:
        known = self._profile.parts
        if part not in known:
            raise unknown_word("unknown part '{word}'", part, known, self._profile.at(*place))

    def field(self, path: str, rule: FieldRule, known: Mapping[str, Field], place: Place) -> None:
        if path not in known:
            raise unknown_word("unknown field '{word}'", path, known, self._profile.at(*place))
        if known[path].kind in _LISTS:
            raise self._wrong("the field '{word}' is a list and belongs under lists", place, (("word", path),))
        self.rule(rule, known[path], place)

    def rule(self, rule: FieldRule, field: Field, place: Place) -> None:
        for setting, kinds in _BELONGS_TO.items():
            if getattr(rule, setting) is not None and field.kind not in kinds:
                facts = (("setting", setting), ("word", field.path), ("kind", field.kind.value))
                raise self._wrong("'{setting}' does not fit the field '{word}' ({kind})", (*place, setting), facts)
        if field.kind is FieldKind.PART and rule.exists_when is None:
            raise self._wrong("the part '{word}' takes only exists_when", place, (("word", field.path),))
        self._reading(rule, field, place)
        if rule.constant is not None:
            self._constant(rule.constant, field, (*place, "constant"))
        self._choices(rule, field, place)
        for position, alternative in enumerate(rule.first_of or ()):
            if alternative.doubt is not None:
                what = "a doubt belongs to the field, not to one of its origins"
                raise self._wrong(what, (*place, "first_of", position))
            self.rule(alternative, field, (*place, "first_of", position))
        doubt = rule.doubt.when if rule.doubt is not None else None
        for name, condition in (("when", rule.when), ("exists_when", rule.exists_when), ("doubt", doubt)):
            if condition is not None:
                self.condition(condition, (*place, name))

    def _constant(self, constant: Scalar, field: Field, place: Place) -> None:
        wanted = {FieldKind.FLAG: bool, FieldKind.INTEGER: int}.get(field.kind, str)
        if type(constant) is not wanted or field.kind in _TIMES or field.kind is FieldKind.DECIMAL:
            facts = (("word", field.path), ("kind", field.kind.value))
            raise self._wrong("a constant of this type does not fit the field '{word}' ({kind})", place, facts)
        if field.choices and constant not in field.choices:
            raise unknown_word("unknown value '{word}'", str(constant), field.choices, self._profile.at(*place))

    def _choices(self, rule: FieldRule, field: Field, place: Place) -> None:
        if field.kind is not FieldKind.CHOICE:
            return
        if rule.values is None and rule.periods is None and (rule.column is not None or rule.join is not None):
            what = "the field '{word}' is a closed list: give values (local value: {choices})"
            raise self._wrong(what, place, (("word", field.path), ("choices", ", ".join(sorted(field.choices)))))
        told: list[tuple[Place, dict[int | str, str]]] = [(("values",), rule.values or {})]
        told += [(("periods", number, "values"), period.values) for number, period in enumerate(rule.periods or ())]
        for words, values in told:
            for key, value in values.items():
                if value not in field.choices:
                    where = self._profile.at(*place, *words, key)
                    raise unknown_word("unknown value '{word}'", value, field.choices, where)

    def _reading(self, rule: FieldRule, field: Field, place: Place) -> None:
        if sum(each is not None for each in (rule.codes, rule.values, rule.periods)) > 1:
            raise self._wrong("give one of codes, values and periods, not several", place)
        if rule.amount is not None and (rule.amount.kind == "land") is not (field.kind is FieldKind.DECIMAL):
            said = (("setting", str(rule.amount.kind)), ("word", field.path), ("kind", field.kind.value))
            raise self._wrong("'{setting}' does not fit the field '{word}' ({kind})", (*place, "amount"), said)
        self._periods(rule, place)
        try:
            re.compile(rule.pattern or "")
        except re.error as error:
            what = "the pattern is not a regular expression ({reason})"
            raise self._wrong(what, (*place, "pattern"), (("reason", error.msg),)) from None

    def _periods(self, rule: FieldRule, place: Place) -> None:
        before = date.min
        for number, period in enumerate(rule.periods or ()):
            if number and (period.valid_from is None or period.valid_from <= before):
                raise self._wrong("the periods must follow one another", (*place, "periods", number))
            before = period.valid_to or date.max

    def lists(self, rules: Mapping[str, ListRule], known: Mapping[str, Field], place: Place, *, nested: bool) -> None:
        for path, rule in rules.items():
            here = (*place, path)
            if path not in known or known[path].kind not in _LISTS:
                choices = [name for name, field in known.items() if field.kind in _LISTS]
                raise unknown_word("unknown list '{word}'", path, choices, self._profile.at(*here))
            self.part(rule.part, (*here, "part"))
            if nested != bool(rule.on):
                what = "'on' tells which rows belong to an entry: a list inside a list needs it, no other has it"
                raise self._wrong(what, here)
            if rule.only is not None:
                self.condition(rule.only, (*here, "only"))
            self._entries(rule, known[path], here)

    def _entries(self, rule: ListRule, field: Field, place: Place) -> None:
        if (rule.value is not None) != (field.kind is FieldKind.TEXTS):
            word = "value" if field.kind is FieldKind.TEXTS else "fields"
            raise self._wrong("the list '{list}' takes '{word}'", place, (("list", field.path), ("word", word)))
        if rule.value is not None:
            self.rule(rule.value, Field(field.path, FieldKind.TEXT), (*place, "value"))
        if field.model is None:
            return
        inner = fields_of(field.model)
        for path, entry in rule.fields.items():
            self.field(path, entry, inner, (*place, "fields", path))
        for name in _required(field.model):
            if name not in rule.fields:
                raise self._wrong("the list needs the field '{word}'", (*place, "fields"), (("word", name),))
        self.lists(rule.lists, inner, (*place, "lists"), nested=True)

    def ready_when(self) -> None:
        ready, steps = self._profile.ready_when, mapped_steps(self._profile)
        for step, place in steps.items():
            if step not in ready:
                what = "the profile maps the step '{word}' but has no ready_when for it"
                raise self._wrong(what, place, (("word", step.value),))
        for step, condition in ready.items():
            if step not in steps:
                what = "ready_when names the step '{word}', which the profile does not map"
                raise self._wrong(what, ("ready_when", step.value), (("word", step.value),))
            self.condition(condition, ("ready_when", step.value), needs_part=own_part(self._profile, step) is None)

    def national_ids(self) -> None:
        steps = mapped_steps(self._profile)
        for step, told in self._profile.national_ids.items():
            place = ("national_ids", step.value)
            if step not in steps:
                what = "national_ids names the step '{word}', which the profile does not map"
                raise self._wrong(what, place, (("word", step.value),))
            if (told.column is not None) is not (step in MINTING) or (told.when is None) is not (step in MINTING):
                word = "column" if step in MINTING else "when"
                what = "the step '{step}' takes '{word}' here"
                raise self._wrong(what, place, (("step", step.value), ("word", word)))
            self._part_of_ids(told, step, place)

    def _part_of_ids(self, told: NationalId, step: Step, place: Place) -> None:
        if step in {Step.SETTLEMENT, Step.ENFORCEMENT}:
            if told.part is not None:
                raise self._wrong("the rows of this step are those of its list: leave out part", (*place, "part"))
        elif told.part is None:
            raise self._wrong("the word '{word}' is missing", place, (("word", "part"),))
        else:
            self.part(told.part, (*place, "part"))
        if told.when is not None:
            self.condition(told.when, (*place, "when"))

    def condition(self, condition: Condition, place: Place, *, needs_part: bool = False) -> None:
        if condition.part is not None:
            self.part(condition.part, (*place, "part"))
        elif needs_part and condition.column is not None:
            raise self._wrong("this condition must name its part", place)
        for name, inner in (("all", condition.all), ("any", condition.any)):
            for position, each in enumerate(inner or ()):
                self.condition(each, (*place, name, position), needs_part=needs_part)

    def _wrong(self, what: str, place: Place, facts: Iterable[tuple[str, str]] = ()) -> ConfigError:
        return ConfigError(what, where=self._profile.at(*place), facts=tuple(facts))


def _required(model: "type[BaseModel]") -> list[str]:
    return [name for name, field in model.model_fields.items() if field.is_required()]
