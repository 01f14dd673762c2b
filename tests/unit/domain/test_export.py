import json

from sync_agent.domain.casefile import CaseFile
from sync_agent.domain.export import casefile_schema
from sync_agent.resources import packaged_schemas


def test_the_exported_schema_is_current() -> None:
    """After a change of the CaseFile: `python -m sync_agent.domain.export`."""
    exported = (packaged_schemas() / "casefile" / "casefile.schema.json").read_text(encoding="utf-8")
    assert exported == casefile_schema()


def test_the_schema_says_which_json_schema_it_is() -> None:
    """2020-12, as the messages of the contracts."""
    assert json.loads(casefile_schema())["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_the_schema_names_every_field_and_no_other() -> None:
    """What is not in it is not a CaseFile."""
    schema = json.loads(casefile_schema())
    assert (set(schema["properties"]), schema["additionalProperties"]) == (set(CaseFile.model_fields), False)
