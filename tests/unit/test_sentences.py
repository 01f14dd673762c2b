"""Every sentence reaches people translated and whole: its facts are given, nothing English is left beside it."""

import ast
import re
import string
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sync_agent.cli.app import build_command
from sync_agent.cli.main import main
from sync_agent.domain.rules import RULES
from sync_agent.i18n import Language, set_language

PACKAGE = Path(__file__).parents[2] / "sync_agent"
PRINTERS = {
    "Column": (1,),
    "facts": (),
    "note": (0,),
    "say": (0,),
    "table": (),
    "text": (0,),
    "prompt": (0,),
    "echo": (0,),
}
"""What prints for people, and which of its arguments they read; `title` they read anyway."""
SAID = {"tr", "trn", "mark"}
VIETNAMESE = re.compile("[àáâãèéêìíòóôõùúýăđĩũơưạ-ỹ]", re.IGNORECASE)
SAME_IN_BOTH = {
    "postgresql",
    "agent.toml",
    "basic",
    "bearer",
    "http",
    "json",
    "csv",
    "lgsp",
    "sqlite",
    "stderr",
    "stdout",
    "token",
    "toml",
    "zip",
    "code",  # names of the columns of a file
    "name",
}
"""Words of the trade that a Vietnamese administrator uses as they are, and names in files."""


@pytest.fixture(autouse=True)
def _terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("LANGUAGE", "")
    monkeypatch.delenv("SYNC_AGENT_LANG", raising=False)
    yield
    set_language(Language.VI)


def commands(command: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield every command and group with the words that call it."""
    yield words, command
    for name, child in getattr(command, "commands", {}).items():
        yield from commands(child, (*words, name))


COMMANDS = dict(commands(build_command()))


def names_of(command: Any) -> set[str]:
    """Return what a help names as it must be typed, and the placeholders of values."""
    names = [name for words in COMMANDS for name in words]
    for parameter in command.params:
        names += [*parameter.opts, parameter.metavar or "", str(parameter.envvar or ""), str(parameter.default)]
        names += [str(choice) for choice in (parameter.type_descriptor.choices or ())]
    return {word for name in names for word in plain_words(name)}


def plain_words(text: str) -> set[str]:
    """Return the words of three letters and more without a Vietnamese letter; options, settings, examples left out."""
    told = re.sub(r"(?m)^ +sync-agent .*$|--\S+|\S*[@=]\S*|[a-z_]+\.[a-z_]+", "", text)
    return {word.lower() for word in re.findall(r"\w+", told) if re.fullmatch("[A-Za-z]{3,}", word)}


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_the_vietnamese_help_has_nothing_left_in_english(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    """What both languages share is a name that is typed, or a word of the trade."""
    main([*words, "--help"])
    vietnamese = capsys.readouterr().out
    main([*words, "--lang", "en", "--help"])
    english = capsys.readouterr().out
    shared = plain_words(vietnamese) & plain_words(english) - names_of(COMMANDS[words]) - SAME_IN_BOTH - {
        "sync",
        "agent",
    }
    assert (shared, bool(VIETNAMESE.search(vietnamese)), VIETNAMESE.search(english)) == (set(), True, None)


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_and_every_word_it_takes_is_explained(words: tuple[str, ...]) -> None:
    """And what takes a value says what kind, by a name of ours and not by a type of Python."""
    command = COMMANDS[words]
    silent = [p.name for p in command.params if not getattr(p, "help", "")]
    nameless = [
        p.name for p in command.params if not (p.metavar or getattr(p, "is_flag", False) or p.type_descriptor.is_choice)
    ]
    assert (bool(command.help), silent, nameless) == (True, [], [])


@pytest.mark.parametrize("rule", sorted(RULES))
def test_every_rule_is_a_sentence_in_both_languages(rule: str) -> None:
    """With its full stop, and the Vietnamese one in Vietnamese."""
    found = RULES[rule]
    assert (found.vi[-1:], found.en[-1:], found.vi != found.en) == (".", ".", True)
    assert (bool(VIETNAMESE.search(found.vi)), VIETNAMESE.search(found.en)) == (True, None)


def trees() -> Iterator[tuple[str, ast.Module]]:
    """Yield every module of the package with its path."""
    for path in sorted(PACKAGE.rglob("*.py")):
        yield path.relative_to(PACKAGE).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def places(check: Callable[[ast.Module], Iterator[int]], below: str = "") -> list[str]:
    """Return where a check of a module complains."""
    return [f"{path}:{line}" for path, tree in trees() if path.startswith(below) for line in check(tree)]


def fields(*texts: str) -> set[str]:
    """Return the placeholders of messages."""
    return {name for text in texts for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def name_of(call: ast.Call) -> str:
    """Return the last word of what is called."""
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def calls(tree: ast.AST) -> Iterator[ast.Call]:
    """Yield every call."""
    yield from (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def wrong_facts(tree: ast.Module) -> Iterator[int]:
    """Yield the lines where a literal message and the facts written beside it do not fit."""
    for call in calls(tree):
        asked_and_given = _translated(call) if name_of(call) in {"tr", "trn"} else _error(call)
        if asked_and_given is not None and asked_and_given[0] != asked_and_given[1]:
            yield call.lineno


def _translated(call: ast.Call) -> tuple[set[str], set[str]] | None:
    texts = [each.value for each in call.args if isinstance(each, ast.Constant) and isinstance(each.value, str)]
    given = {keyword.arg for keyword in call.keywords}
    if not texts or None in given:
        return None
    return fields(*texts) - ({"count"} if name_of(call) == "trn" else set()), {name for name in given if name}


def _error(call: ast.Call) -> tuple[set[str], set[str]] | None:
    """Return what an error's messages ask for and what it is given; None where either is not written there."""
    named = {keyword.arg: keyword.value for keyword in call.keywords}
    what, todo = named.get("what") or next(iter(call.args), None), named.get("todo", ast.Constant(""))
    facts = named.get("facts", ast.Tuple([]))
    match what, todo, facts:
        case ast.Constant(value=str(first)), ast.Constant(value=str(second)), ast.Tuple(elts=pairs):
            names = [pair.elts[0] for pair in pairs if isinstance(pair, ast.Tuple)]
            literal = {name.value for name in names if isinstance(name, ast.Constant) and isinstance(name.value, str)}
            if name_of(call).endswith("Error") and len(call.args) <= 1 and len(literal) == len(pairs):
                return fields(first, second), literal
    return None


def english_left(tree: ast.Module) -> Iterator[int]:
    """Yield the lines where words are printed that no catalogue knows."""
    for call in calls(tree):
        if name_of(call) in PRINTERS:
            read = [call.args[each] for each in PRINTERS[name_of(call)] if each < len(call.args)]
            read += [keyword.value for keyword in call.keywords if keyword.arg == "title"]
            yield from (part.lineno for each in read for part in _bare_words(each))


def _bare_words(node: ast.AST) -> Iterator[ast.Constant]:
    """Yield the literal parts with words of four letters and more that stand in no translation."""
    if isinstance(node, ast.Call) and name_of(node) in SAID:
        return
    if (
        isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and re.search(r"[A-Za-z]{4,}", _untyped(node.value))
    ):
        yield node
    inner = node.args if isinstance(node, ast.Call) else ast.iter_child_nodes(node)
    for child in inner:
        yield from _bare_words(child)


def _untyped(text: str) -> str:
    """Return a text without the words that are typed: the program, commands, options."""
    typed = {"sync-agent", *(name for words in COMMANDS for name in words)}
    return " ".join(word for word in text.split() if word not in typed and not word.startswith("--"))


def never_said(tree: ast.Module) -> Iterator[int]:
    """Yield the lines where a message is marked and then forgotten: a bare statement, or a name nobody reads."""
    read = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    public = {
        node.value
        for each in tree.body
        if isinstance(each, ast.Assign) and ast.unparse(each.targets[0]) == "__all__"
        for node in ast.walk(each)
        if isinstance(node, ast.Constant)
    }
    for statement in ast.walk(tree):
        match statement:
            case ast.Expr(value=ast.Call() as call) if name_of(call) == "mark":
                yield statement.lineno
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                marked = any(name_of(call) in SAID for call in calls(statement))
                if marked and name not in read | public:
                    yield statement.lineno


def test_every_message_is_given_the_facts_it_asks_for_and_no_other() -> None:
    """Where both are written in one place."""
    assert places(wrong_facts) == []


def test_commands_print_only_sentences_that_can_be_translated() -> None:
    """What is no sentence has no words: commands to type are put together from names."""
    assert places(english_left, "cli/") == []


def test_no_message_is_marked_in_vain() -> None:
    """A sentence that translators worked on is said somewhere."""
    assert places(never_said) == []


@pytest.mark.parametrize(
    ("check", "code", "lines"),
    [
        (wrong_facts, 'tr("a {b}", b=1)', []),
        (wrong_facts, 'tr("a {b}")', [1]),
        (wrong_facts, 'tr("a", b=1)', [1]),
        (wrong_facts, 'tr("a {b}", **facts)', []),
        (wrong_facts, 'trn("{count} {b}", "{count} {b}", 2, b=1)', []),
        (wrong_facts, 'trn("{count} {b}", "{count}", 2)', [1]),
        (wrong_facts, 'ConfigError("a {b}", todo="{c}", facts=(("b", "1"), ("c", "2")))', []),
        (wrong_facts, 'ConfigError("a {b}", facts=(("c", "1"),))', [1]),
        (wrong_facts, 'ConfigError("a", facts=(("c", "1"),))', [1]),
        (wrong_facts, 'ConfigError("a {b}", facts=facts)', []),
        (english_left, 'output.text(tr("what is said"))', []),
        (english_left, 'output.text("what is said")', [1]),
        (english_left, 'output.note(f"{count} things")', [1]),
        (english_left, 'output.text(f"  {agent} {words}")', []),
        (english_left, 'Column("name", "Name")', [1]),
        (english_left, 'Column("name", tr("Name"))', []),
        (english_left, 'output.table(columns, rows, title="Cases")', [1]),
        (never_said, 'mark("a")', [1]),
        (never_said, 'A = mark("a")', [1]),
        (never_said, 'A = {"x": mark("a")}\ntr(A["x"])', []),
        (never_said, '__all__ = ["A"]\nA = (mark("a"),)', []),
    ],
)
def test_what_is_wrong_is_seen(check: Callable[[ast.Module], Iterator[int]], code: str, lines: list[int]) -> None:
    """The tests above can fail."""
    assert list(check(ast.parse(code))) == lines
