"""Every remark has its sentence in both languages, and every sentence is of a remark."""

import ast
import re
from pathlib import Path

import pytest
from sync_agent_verifier.remarks import shown
from sync_agent_verifier.words import SENTENCES

PACKAGE = Path(__file__).parents[3] / "verifier" / "sync_agent_verifier"


def said() -> set[str]:
    """Return every code that the verifier can say: the first word of a remark, wherever one is made."""
    found = set()
    for path in PACKAGE.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and ast.unparse(node.func).split(".")[-1] in {"add", "Unreadable"}
                and node.args
            ):
                found |= {each.value for each in ast.walk(node.args[0]) if isinstance(each, ast.Constant)}
    return {each for each in found if isinstance(each, str)}


def test_every_code_has_its_sentence() -> None:
    """And no sentence is left over."""
    assert set(SENTENCES) == said()


@pytest.mark.parametrize("code", sorted(SENTENCES))
def test_both_languages_say_the_same_facts(code: str) -> None:
    """No fact is lost in translation."""
    words = SENTENCES[code]
    vi, en = (set(re.findall(r"{(\w+)}", text)) for text in (words.vi, words.en))
    assert vi == en


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a\x1b[2Jb", "a\\x1b[2Jb"),
        ("a\nb", "a\\nb"),
        ("\u202eabc", "\\u202eabc"),
        (12, "12"),
        ("x" * 200, "x" * 120 + "..."),
    ],
)
def test_what_a_stranger_wrote_is_shown_as_it_would_be_typed(value: object, text: str) -> None:
    """It moves no cursor, hides nothing and fills no screen."""
    assert shown(value) == text
