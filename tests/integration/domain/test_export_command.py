import json
import runpy
from pathlib import Path

import jsonschema_rs
import pytest

from sync_agent.domain.casefile import Amounts, CaseFile, Kind, Petition, Remedies, Settlement
from sync_agent.domain.export import DEFAULT_PATH, casefile_schema, main


def test_the_schema_is_written_where_it_is_asked_for(tmp_path: Path) -> None:
    """The folder is made when it is not there."""
    main([str(tmp_path / "new" / "schema.json")])
    assert (tmp_path / "new" / "schema.json").read_text(encoding="utf-8") == casefile_schema()


def test_the_module_is_a_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`python -m sync_agent.domain.export` writes below the current folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["export"])
    monkeypatch.delitem(__import__("sys").modules, "sync_agent.domain.export")
    runpy.run_module("sync_agent.domain.export", run_name="__main__")
    assert (tmp_path / DEFAULT_PATH).read_text(encoding="utf-8") == casefile_schema()


def test_a_case_written_out_fits_its_schema() -> None:
    """Other programs can check a CaseFile without this one."""
    case = CaseFile(
        case_key="1",
        kind=Kind.COMPLAINT,
        petition=Petition(written_on="2026-03"),
        settlements=(Settlement(local_key="a", remedies=Remedies(recover=Amounts(money=5))),),
    )
    validator = jsonschema_rs.validator_for(json.loads(casefile_schema()), validate_formats=True)
    assert validator.is_valid(json.loads(case.model_dump_json()))
