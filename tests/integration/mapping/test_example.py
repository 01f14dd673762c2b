from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

from sync_agent.example.generate import generate
from sync_agent.example.stock import Special
from sync_agent.mapping import Mapped, Mapper, load_code_tables, load_profile
from sync_agent.source import SqlSource

CONFIG = Path(__file__).parents[3] / "config"


def everything(path: Path) -> dict[str, Mapped]:
    """Return every case of a database as the example's profile maps it."""
    profile = load_profile(CONFIG / "profiles" / "tinh-a.yaml")
    mapper = Mapper(profile, load_code_tables(CONFIG / "codes"))
    source = SqlSource(f"sqlite:///{path}", profile.source)
    keys: list[str] = []
    while page := source.changes(None, after=keys[-1] if keys else "", limit=50):
        keys += [change.case_key for change in page]
    mapped = {key: mapper.map(rows) for key, rows in source.read(keys).items()}
    source.close()
    return mapped


def test_generated_cases_are_mapped_completely(tmp_path: Path) -> None:
    """No case and no step is lost, and the only findings are the oddities that were put in."""
    stock: Any = generate(tmp_path / "local.db", tmp_path / "files", cases=150, seed=3, today=date(2026, 11, 23))
    mapped = everything(tmp_path / "local.db")
    assert len(mapped) == stock.cases
    steps = Counter(str(step) for each in mapped.values() for step, _ in each.ready)
    undecided = len(stock.special.get(Special.NO_DIRECTION, ())) + len(stock.special.get(Special.ROWS_DISAGREE, ()))
    assert steps["settlement"] == stock.steps["settlement"]
    assert steps["enforcement"] == stock.steps["enforcement"]
    assert steps["acceptance"] == stock.steps["acceptance"]
    assert steps["processing"] >= stock.steps["processing"] - 2 * undecided
    faults = {(finding.rule, key) for key, each in mapped.items() for finding in each.findings}
    odd = {("unmapped_code", key) for key in stock.special.get(Special.OTHER_KIND, ())}
    odd |= {("rows_disagree", key) for key in stock.special.get(Special.ROWS_DISAGREE, ())}
    odd |= {("text_composed", key) for key in stock.special.get(Special.DECOMPOSED, ())}
    assert faults == odd


def test_reading_twice_gives_the_identical_case(tmp_path: Path) -> None:
    """The same data maps to the same CaseFiles, findings and groups."""
    generate(tmp_path / "local.db", tmp_path / "files", cases=40, seed=5, today=date(2026, 11, 23))
    assert everything(tmp_path / "local.db") == everything(tmp_path / "local.db")
