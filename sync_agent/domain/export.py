"""Writes the JSON Schema (2020-12) of the CaseFile: `python -m sync_agent.domain.export [FILE]`."""

import json
import sys
from pathlib import Path
from typing import Final

from sync_agent.domain.casefile import CaseFile

__all__ = ["DEFAULT_PATH", "casefile_schema", "main"]

DEFAULT_PATH: Final = Path("schemas") / "casefile" / "casefile.schema.json"


def casefile_schema() -> str:
    """Return the schema as text: what a document must look like to be a CaseFile."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **CaseFile.model_json_schema()}
    return json.dumps(schema, ensure_ascii=False, indent=2) + "\n"


def main(arguments: list[str]) -> None:
    """Write the schema to the named file, by default below the current folder."""
    path = Path(arguments[0]) if arguments else DEFAULT_PATH
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(casefile_schema(), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
