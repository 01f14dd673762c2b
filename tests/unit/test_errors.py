"""The error tree: as drawn, as coded, as documented."""

import inspect
import re
from pathlib import Path

import pytest

from sync_agent import errors
from sync_agent.errors import SyncAgentError

_LINE = re.compile(r"^(?P<lead>[│├└─ ]*)(?P<name>\w+)(?: +(?P<text>.+?) {2,}exit (?P<code>\d+))?$")
CLASSES = [c for _, c in inspect.getmembers(errors, inspect.isclass) if issubclass(c, SyncAgentError)]


def drawn(text: str) -> dict[str, tuple[str, str, int]]:
    """Return name: (name of the parent, sentence, exit code) as the tree in `text` shows them."""
    tree: dict[str, tuple[str, str, int]] = {}
    path: list[str] = []
    for line in text.splitlines():
        match = _LINE.match(line)
        if match is None or not match["name"].endswith("Error"):
            continue
        depth = len(match["lead"]) // 4
        path[depth:] = [match["name"]]
        if depth:
            tree[match["name"]] = (path[depth - 1], match["text"], int(match["code"]))
    return tree


def coded() -> dict[str, tuple[str, str, int]]:
    """Return the same from the classes."""
    return {
        c.__name__: (c.__bases__[0].__name__, (c.__doc__ or "")[0].lower() + (c.__doc__ or "")[1:-1], c.exit_code)
        for c in CLASSES
        if c is not SyncAgentError
    }


def test_the_tree_at_the_top_of_the_module_is_the_tree_of_the_classes() -> None:
    """Parents, sentences and exit codes are equal."""
    assert drawn(errors.__doc__ or "") == coded()


def test_the_tree_in_the_manual_is_the_tree_of_the_classes() -> None:
    """What an operator reads is what the code does."""
    manual = (Path(__file__).parents[2] / "docs" / "reference.md").read_text(encoding="utf-8")
    assert drawn(manual) == coded()


def test_the_public_names_are_the_classes() -> None:
    """Nothing is missing from `__all__`."""
    assert sorted(c.__name__ for c in CLASSES) == errors.__all__


def test_an_error_says_where_what_and_what_to_do() -> None:
    """One English line for logs; facts are filled in."""
    error = errors.ConfigError(
        "unknown setting {name}", "agent.toml", "did you mean {near}?", (("name", "x"), ("near", "y"))
    )
    assert str(error) == "agent.toml: unknown setting x - did you mean y?"


@pytest.mark.parametrize(
    ("where", "todo", "line"), [("", "", "gone"), ("a", "", "a: gone"), ("", "wait", "gone - wait")]
)
def test_an_error_leaves_out_what_it_does_not_know(where: str, todo: str, line: str) -> None:
    """No empty separators."""
    assert str(errors.LedgerError("gone", where, todo)) == line
