"""The glossary knows every word that the code gives a name of its own."""

import re
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path

import pytest

from sync_agent.domain.casefile import CaseFile, Kind
from sync_agent.domain.steps import Step
from sync_agent.i18n import Language, speaking
from sync_agent.ledger import State
from sync_agent.national import load_contract
from sync_agent.words import kind_word, state_word, step_word

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
ACTIONS = load_contract(ROOT / "schemas" / "kntc", {}).file.actions


def rows(heading: str) -> list[list[str]]:
    """Return the cells of the table below a heading."""
    section = TEXT.split(f"\n## {heading} · ")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


@pytest.mark.parametrize("name", list(CaseFile.model_fields))
def test_every_field_of_a_case_is_in_it(name: str) -> None:
    """With both its names and what it is called in a message."""
    (row,) = (row for row in rows("Các trường") if row[2] == f"`{name}`")
    assert all(row)


@pytest.mark.parametrize(
    ("heading", "member", "words"),
    [
        (heading, each, word)
        for heading, closed, word in (
            ("Các bước", Step, step_word),
            ("Trạng thái", State, state_word),
            ("Loại đơn", Kind, kind_word),
        )
        for each in closed
    ],
)
def test_steps_states_and_kinds_are_called_as_the_program_calls_them(
    heading: str, member: StrEnum, words: Callable[[str], str]
) -> None:
    """In both languages."""
    called = []
    for lang in (Language.VI, Language.EN):
        with speaking(lang):
            called.append(words(member.value))
    assert [row[:2] for row in rows(heading) if row[2] == f"`{member}`"] == [called]


@pytest.mark.parametrize("step", Step)
def test_every_step_names_its_action(step: Step) -> None:
    """As the contract has it."""
    (row,) = (row for row in rows("Các bước") if row[2] == f"`{step}`")
    assert row[4] == f"`{ACTIONS.of(step)}`"


def test_every_national_name_is_one_of_the_contract() -> None:
    """None is misspelt: messages and the contract hold each of them."""
    known = "".join(path.read_text("utf-8") for path in (ROOT / "schemas" / "kntc").rglob("*.*") if path.is_file())
    section = TEXT.split("## Các trường")[1].split("\n## ")[0]
    names = {name for name in re.findall(r"`([A-Z]\w+)`", section) if name != "CaseFile"}
    assert (sorted(name for name in names if name not in known), bool(names)) == ([], True)
