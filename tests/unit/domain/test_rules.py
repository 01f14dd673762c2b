"""Every rule has a code, a sentence in both languages, and the article or document behind it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from sync_agent.domain.rules import RULES

ROOT = Path(__file__).parents[3]
FINDERS = {"Finding": 0, "Fault": 0, "UnreadableError": 0, "find": 0}
"""What makes a finding, and which of its arguments is the rule."""


def named() -> Iterator[tuple[str, str]]:
    """Yield (file:line, rule) of every rule that the code names where it makes a finding."""
    for path in sorted((ROOT / "sync_agent").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                first = node.args[0] if node.args else None
                if (
                    called in FINDERS
                    and isinstance(first, ast.Constant)
                    and re.fullmatch("[a-z0-9_]+", str(first.value))
                ):
                    yield f"{path.name}:{node.lineno}", str(first.value)


@pytest.mark.parametrize("rule", sorted(RULES))
def test_a_rule_has_a_code_two_sentences_and_a_basis(rule: str) -> None:
    """The code is a word that can be typed and searched."""
    found = RULES[rule]
    assert (bool(re.fullmatch("[a-z][a-z0-9_]{2,39}", rule)), bool(found.vi), bool(found.en)) == (True, True, True)
    assert found.basis


@pytest.mark.parametrize("rule", sorted(RULES))
def test_a_document_that_is_the_basis_is_there(rule: str) -> None:
    """One of the project by its path, any other by its number and year."""
    for each in RULES[rule].basis.split("; "):
        ours = each.startswith(("docs/", "schemas/", "config/"))
        assert (ROOT / each).is_file() if ours else re.search(r"[0-9]{4}", each)


def test_every_finding_names_a_rule_that_exists() -> None:
    """No code is found that nobody can look up."""
    found = list(named())
    assert ([each for each in found if each[1] not in RULES], len(found) > 20) == ([], True)


@pytest.mark.parametrize("rule", sorted(RULES))
def test_the_manual_says_the_same(rule: str) -> None:
    """Sentence and basis, word for word."""
    said = RULES[rule]
    row = f"| `{rule}` | {'yes' if said.releasable else 'no'} | {said.en} | {said.basis} |"
    assert row in (ROOT / "docs" / "reference.md").read_text(encoding="utf-8").splitlines()
