"""An editor completes and checks a profile and agent.toml by schemas that are made from the code and the manual."""

import json
import re
import tomllib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from sync_agent.mapping.document import read_document
from sync_agent.resources import create_configuration, packaged_configuration, packaged_schemas
from tools import schemas

ROOT = Path(__file__).parents[2]
PROFILES = [*sorted((ROOT / "config" / "profiles").glob("*.yaml")), *sorted((ROOT / "tests").rglob("profile.yaml"))]
NAMED = re.compile(r"^(?:#:schema|# yaml-language-server: \$schema=) ?(\S+)$", re.MULTILINE)


def plain(value: Any) -> Any:
    """Return what a file says as an editor compares it with a schema: keys are texts, days too."""
    if isinstance(value, dict):
        return {str(name): plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [plain(each) for each in value]
    return value.isoformat() if isinstance(value, date) else value


def profile(path: Path) -> Any:
    """Return the content of a profile."""
    return plain(read_document(path.read_text(encoding="utf-8"), path.name).data)


def complaints(schema: dict[str, Any], document: object) -> list[str]:
    """Return what does not match."""
    return [error.message for error in jsonschema_rs.validator_for(schema).iter_errors(document)]


def words(schema: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield every word a schema knows with what it says of it."""
    for name, body in [("", schema), *schema.get("$defs", {}).items()]:
        yield from ((f"{name}.{word}", said) for word, said in body.get("properties", {}).items())


@pytest.mark.parametrize("name", sorted(schemas.SCHEMAS))
def test_the_exported_schema_is_current(name: str) -> None:
    """After a change of the code or of the manual: `python tools/schemas.py`."""
    assert (packaged_schemas() / name).read_text(encoding="utf-8") == schemas.SCHEMAS[name]()


@pytest.mark.parametrize("make", [schemas.agent_schema, schemas.profile_schema], ids=["agent", "profile"])
def test_every_word_is_explained(make: Any) -> None:
    """By the manual, or where that says it in prose beside the tool; a table of settings explains itself."""
    tables = {"$ref", "items"}
    silent = [word for word, said in words(make()) if "description" not in said and not tables & set(said)]
    assert silent == []


@pytest.mark.parametrize("path", PROFILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_the_schema_takes_every_profile_there_is(path: Path) -> None:
    """Short forms included."""
    assert complaints(schemas.profile_schema(), profile(path)) == []


def test_the_schema_takes_the_settings_there_are() -> None:
    """Of the example."""
    settings = tomllib.loads((ROOT / "config" / "agent.toml").read_text(encoding="utf-8"))
    assert complaints(schemas.agent_schema(), plain(settings)) == []


@pytest.mark.parametrize(
    ("place", "word"),
    [
        (("fields", "vu_viec"), "petition.contents"),
        (("fields", "vu_viec"), "petitioners.people"),
        (("lists",), "petition.content"),
        (("lists", "settlements", "fields"), "settlements.agency"),
        (("source",), "part"),
        (("ready_when",), "acceptence"),
    ],
)
def test_an_editor_marks_what_the_loader_would_refuse(place: tuple[str, ...], word: str) -> None:
    """An unknown path, a list among fields, a field among lists, an unknown word or step."""
    document = profile(ROOT / "tests" / "support" / "profile.yaml")
    here = document
    for name in place:
        here = here[name]
    here[word] = {"column": "id"}
    assert complaints(schemas.profile_schema(), document) != []


def test_an_editor_marks_an_unknown_setting() -> None:
    """And nothing that the agent reads is unknown to it."""
    settings = plain(tomllib.loads((ROOT / "config" / "agent.toml").read_text(encoding="utf-8")))
    settings["delivery"]["worker"] = 4
    assert complaints(schemas.agent_schema(), settings) != []


def test_every_file_of_a_new_configuration_finds_its_schema(tmp_path: Path) -> None:
    """By a path that leads there from where the file lies after `init`."""
    made = create_configuration(tmp_path / "new")
    ours = [path for path in made if path.parts[0] != "container"]
    described = [path for path in ours if path.suffix == ".yaml" or path.name == "agent.toml"]
    named = {path: NAMED.findall((tmp_path / "new" / path).read_text(encoding="utf-8")) for path in described}
    found = {
        path: [(tmp_path / "new" / path.parent / each).is_file() for each in each_of] for path, each_of in named.items()
    }
    assert found == {path: [True] for path in described}
    assert len(described) == 1 + len(list((packaged_configuration() / "profiles").glob("*.yaml")))


def test_the_tool_writes_every_schema(tmp_path: Path) -> None:
    """The one command there is for them."""
    schemas.main(tmp_path)
    written = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.json")}
    first = json.loads((tmp_path / "profile" / "profile.schema.json").read_text(encoding="utf-8"))
    assert (written, first["$schema"]) == (set(schemas.SCHEMAS), "https://json-schema.org/draft/2020-12/schema")
