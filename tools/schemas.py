"""Writes the JSON Schemas (2020-12) that are made from the code: `python tools/schemas.py`.

Of the profile and of `agent.toml` an editor makes its completion: what a word means is taken from the manual, so that
it is said in one place, and the paths of the CaseFile are those a profile may fill.
"""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from sync_agent.audit import entry_schema
from sync_agent.domain.casefile import CaseFile
from sync_agent.domain.export import casefile_schema
from sync_agent.mapping import Profile
from sync_agent.mapping.fields import Field, FieldKind, case_fields, fields_of
from sync_agent.privacy import field_word
from sync_agent.settings import Settings

__all__ = ["SCHEMAS", "agent_schema", "main", "profile_schema"]

ROOT: Final = Path(__file__).parents[1]
_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_ROW: Final = re.compile(r"^\| (`.*?) \|(?:.*\|)? (.+?) \|$")
_SETTING: Final = re.compile(r"^\| `([a-z_]+\.[a-z_.]+)` \| (.*?) \| (.+) \|$")
_WORD: Final = re.compile(r"`([a-z_]+)(?:`|[:,] )")
_LISTS: Final = frozenset({FieldKind.LIST, FieldKind.TEXTS})

_SECTIONS: Final = {
    "The mapping profile": "Profile",
    "source": "SourceSpec",
    "Files": "TableFiles",
    "fields": "FieldRule",
    "lists": "ListRule",
    "Conditions": "Condition",
    "key": "KeySpec",
    "group": "GroupEntry",
    "national_ids": "NationalId",
    "write_back": "WriteBack",
}
"""Whose words a section of docs/profile.md explains in its tables."""

_WORDS: Final = {
    ("Profile", "write_back"): "what is written into the local system after an acknowledgement, by step",
    ("Amount", "kind"): "`money` in đồng, or `land` in m²",
    ("Amount", "of"): "words after the amount that belong to this field",
    ("Amount", "not_of"): "words after the amount that belong to another field",
    ("Doubt", "when"): "the condition under which a person must look",
    ("Doubt", "level"): "`hold`: a person must look; `warn`: one should",
    ("Period", "valid_from"): "first day of the period; open without it",
    ("Period", "valid_to"): "last day of the period; open without it",
    ("Period", "values"): "local value to CaseFile value in this period",
    ("DerivedPart", "from"): "the part whose rows it is made of",
    ("DerivedPart", "plugin"): "name of the plug-in (entry point) that makes the rows",
    ("DerivedPart", "names"): "a text that names several people or bodies: a row for each",
    ("DerivedPart", "columns"): "the columns its rows have; of names those besides `name_...`",
    ("NamesRule", "column"): "the column with the text",
    ("NamesRule", "cut"): "the length at which the local system cuts the text",
    ("NamesRule", "at"): "words and signs between names",
    ("NamesRule", "titles"): "what stands before a person's name",
    ("NamesRule", "bodies"): "how the name of a body begins",
    ("FieldRule", "plugin"): "name of the plug-in (entry point) that makes the text",
    ("Profile", "national_ids"): "where the local system keeps what another program sent before",
    ("KeyPart", "pattern"): "regular expression with exactly one group: the value inside the case key",
    ("KeyPart", "integer"): "whether the value is bound as a number",
    ("KeySpec", "pattern"): "regular expression for the whole key; keys are ASCII, at most 40 characters",
    ("KeySpec", "definition"): "free words naming the columns a key is made of; a change needs `rekey`",
    ("Split", "at"): "the text at which it is split",
    ("Split", "take"): "which half",
    ("GroupEntry", "part"): "the part",
    ("GroupEntry", "column"): "the column whose value cases have in common",
    ("NationalId", "part"): "the part of a step that a case has once",
    ("NationalId", "column"): "the column of the national id",
    ("NationalId", "when"): "the condition that holds once the step was sent",
    ("Condition", "part"): "another part with at most one row; without it the row at hand",
    ("Condition", "column"): "the column that is tested",
    ("Condition", "equals"): "the value is this one",
    ("Condition", "in"): "the value is one of these",
    ("Condition", "not"): "the value is none of these, or absent",
    ("Condition", "present"): "whether there is a value",
    ("Condition", "all"): "every one of these conditions holds",
    ("Condition", "any"): "at least one of these conditions holds",
}
"""What the manual says in prose."""


_ANCHORS: Final = {
    "name": "a name that never changes",
    "kind": "`file`, `syslog`, `mail` or `timestamp`",
    "folder": "an existing folder, such as a mounted volume",
    "remote": "whether the folder is on another machine",
    "host": "the server",
    "port": "its port",
    "protocol": "`tcp`, or `udp`, which tells nobody whether it arrived",
    "security": "`starttls`, `tls` or `none`",
    "username": "the account at the server",
    "secret_file": "a file only the agent's account can read, with the password",
    "secret_env": "a variable of the environment with the password",
    "ca_file": "the certificates to trust, in PEM; without it the system's",
    "sender": "the sender's address",
    "recipients": "the addresses it goes to",
    "url": "the time-stamping authority (RFC 3161)",
    "certificate": "its root certificate, for verifying",
}
"""What the manual says of the places outside in one table for all kinds."""


def agent_schema() -> dict[str, Any]:
    """Return the schema of `agent.toml`."""
    schema = _plain(Settings.model_json_schema())
    del schema["properties"]["folder"]
    schema["required"].remove("folder")
    for name, meaning in _settings():
        _property(schema, name.split("."))["description"] = meaning
    for model in (body for name, body in schema["$defs"].items() if name.endswith("Anchor")):
        for word in _ANCHORS.keys() & model["properties"].keys():
            model["properties"][word]["description"] = _ANCHORS[word]
    return {"$schema": _DIALECT, **schema, "title": "agent.toml", "description": "Every setting of the agent."}


def _settings() -> Iterator[tuple[str, str]]:
    """Yield every setting of the manual with its default and meaning."""
    for line in (ROOT / "docs" / "reference.md").read_text(encoding="utf-8").splitlines():
        if found := _SETTING.match(line):
            name, default, meaning = found.groups()
            yield name, _text(meaning if default in {"–", "none"} else f"{meaning} (default: {default})")


def _property(schema: dict[str, Any], names: list[str]) -> dict[str, Any]:
    """Return what the schema says of a setting."""
    here = schema
    for name in names:
        inner = here.get("items", here)
        if "$ref" in inner:
            inner = schema["$defs"][inner["$ref"].rpartition("/")[2]]
        here = inner["properties"][name]
    return here


def profile_schema() -> dict[str, Any]:
    """Return the schema of a profile, with every path of the CaseFile."""
    schema = _plain(Profile.model_json_schema(by_alias=True))
    defined = schema["$defs"]
    known = _WORDS | {(model, word): meaning for model, word, meaning in _words()}
    for model, body in [("Profile", schema), *defined.items()]:
        for word, said in body.get("properties", {}).items():
            if (model, word) in known:
                said["description"] = known[model, word]
    entry = defined["ListRule"]["properties"]["fields"]["additionalProperties"]
    defined["Rule"] = {"description": "A column, or a rule.", "anyOf": entry["anyOf"]}
    schema["properties"]["fields"]["additionalProperties"] = _fields(case_fields(), "")
    schema["properties"]["lists"] |= _lists(case_fields(), "")
    return {"$schema": _DIALECT, **schema, "title": "Mapping profile"}


def _words() -> Iterator[tuple[str, str, str]]:
    """Yield (model, word, meaning) of the tables of docs/profile.md."""
    model = ""
    for line in (ROOT / "docs" / "profile.md").read_text(encoding="utf-8").splitlines():
        heading = line.lstrip("# ").strip("`") if line.startswith("#") else ""
        if line.startswith(("# ", "## ")) or heading in _SECTIONS:
            model = _SECTIONS.get(heading, "")
        elif model and (found := _ROW.match(line)):
            yield from ((model, word, _text(found[2])) for word in _WORD.findall(found[1]))


def _fields(known: dict[str, Field], under: str) -> dict[str, Any]:
    """Return the schema of rules by path, which knows every path."""
    rules = {
        path: {"$ref": "#/$defs/Rule", "description": _told(field, under)}
        for path, field in known.items()
        if field.kind not in _LISTS
    }
    return {"type": "object", "properties": rules, "additionalProperties": False}


def _lists(known: dict[str, Field], under: str) -> dict[str, Any]:
    """Return the schema of list rules by path; that of each list knows the paths inside an entry."""
    lists = {path: _list(field, under) for path, field in known.items() if field.kind in _LISTS}
    return {"type": "object", "properties": lists, "additionalProperties": False}


def _list(field: Field, under: str) -> dict[str, Any]:
    inner = fields_of(field.model) if field.model is not None else {}
    below = f"{under}{field.path}."
    words = {"fields": _fields(inner, below), "lists": _lists(inner, below)} if inner else {}
    return {"$ref": "#/$defs/ListRule", "description": _told(field, under), "properties": words}


def _told(field: Field, under: str) -> str:
    """Return what a field is in both languages, and what it takes."""
    try:
        names = " / ".join(field_word(under + field.path, lang) for lang in ("en", "vi")) + ": "
    except KeyError:
        names = ""  # a key by which records are told apart
    takes = f"closed list, needs values: {', '.join(sorted(field.choices))}" if field.choices else field.kind.value
    return names + takes


def _plain(value: Any) -> Any:
    """Return a schema without what no editor needs: generated titles, and that a word left out is null."""
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if not isinstance(value, dict):
        return value
    kept = {name: _plain(each) for name, each in value.items() if name != "title" or isinstance(each, dict)}
    if kept.get("default", ...) is None:
        del kept["default"]
    choices = kept.get("anyOf")
    if isinstance(choices, list) and {"type": "null"} in choices:
        kept["anyOf"] = [each for each in choices if each != {"type": "null"}]
        if len(kept["anyOf"]) == 1:
            kept |= kept.pop("anyOf")[0]
    return kept


def _text(cell: str) -> str:
    """Return a cell of a table as an editor shows it."""
    return re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", cell).replace("**", "").replace("\\|", "|").strip()


def _written(make: Callable[[], dict[str, Any]]) -> Callable[[], str]:
    return lambda: json.dumps(make(), ensure_ascii=False, indent=2) + "\n"


SCHEMAS: Final[dict[str, Callable[[], str]]] = {
    f"casefile/{CaseFile.__name__.lower()}.schema.json": casefile_schema,
    "audit/entry.schema.json": _written(lambda: dict(entry_schema())),
    "profile/profile.schema.json": _written(profile_schema),
    "settings/agent.schema.json": _written(agent_schema),
}
"""Every schema that is made from the code, below `schemas`."""


def main(folder: Path = ROOT / "schemas") -> None:
    """Write every schema."""
    for name, make in SCHEMAS.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(make(), encoding="utf-8")


if __name__ == "__main__":
    main()
