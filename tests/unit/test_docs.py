"""The manual tells what the code does: commands, settings, exit codes, rules, events."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from sync_agent import __version__
from sync_agent.audit import Event
from sync_agent.cli.app import build_command
from sync_agent.cli.exits import ExitCode
from sync_agent.domain.rules import RULES
from sync_agent.errors import SyncAgentError
from sync_agent.settings import Settings
from sync_agent.sync.fates import FATES, Again

ROOT = Path(__file__).parents[2]
DOCS = {path.relative_to(ROOT).as_posix(): path.read_text("utf-8") for path in ROOT.glob("docs/**/*.md")}
README = (ROOT / "README.md").read_text("utf-8")
README_VI = (ROOT / "README.vi.md").read_text("utf-8")
REFERENCE = DOCS["docs/reference.md"]
TARGET = re.compile(r"\]\((?!https?:)([^)#\s]+)(?:#([^)\s]+))?\)")


def commands() -> Iterator[tuple[str, Any]]:
    """Yield each command with the words that call it."""
    for name, command in build_command().commands.items():
        verbs = getattr(command, "commands", None)
        if verbs is None:
            yield name, command
        else:
            yield from ((f"{name} {verb}", each) for verb, each in verbs.items())


def settings(model: type[BaseModel] = Settings, prefix: str = "") -> Iterator[str]:
    """Yield the dotted name of every setting."""
    for name, field in model.model_fields.items():
        inner = [each for each in (field.annotation, *get_args(field.annotation)) if isinstance(each, type)]
        models = [each for each in inner if issubclass(each, BaseModel)]
        if models:
            yield from settings(models[0], f"{prefix}{name}.")
        elif prefix + name != "folder":
            yield prefix + name


COMMANDS = dict(commands())


@pytest.mark.parametrize("words", sorted(COMMANDS))
def test_every_command_and_option_is_in_the_reference(words: str) -> None:
    """A row begins with the words of the command and names its options."""
    table = REFERENCE.split("## Commands")[1].split("\n## ", maxsplit=1)[0]
    rows = [line for line in table.splitlines() if line.startswith((f"| `{words}`", f"| `{words} "))]
    options = [option for parameter in COMMANDS[words].params for option in parameter.opts if option.startswith("--")]
    missing = [option for option in options if option not in "".join(rows) and option != "--help"]
    assert (len(rows), missing) == (1, [])


@pytest.mark.parametrize("name", list(settings()))
def test_every_setting_is_in_the_reference(name: str) -> None:
    """With its full name."""
    assert f"| `{name}` |" in REFERENCE


@pytest.mark.parametrize("name", re.findall(r"^\| `([a-z_]+\.[a-z_.]+)` \|", REFERENCE, re.MULTILINE))
def test_every_setting_of_the_reference_exists(name: str) -> None:
    """Nothing is promised that the code refuses."""
    assert name in set(settings())


@pytest.mark.parametrize("text", [README, REFERENCE], ids=["README.md", "reference.md"])
def test_every_exit_code_is_documented(text: str) -> None:
    """And no other."""
    section = text.split("## Exit codes")[1].split("\n## ", maxsplit=1)[0]
    assert [int(code) for code in re.findall(r"^\| (\d+) \|", section, re.MULTILINE)] == [int(c) for c in ExitCode]


def test_every_error_ends_with_a_documented_exit_code() -> None:
    """Subclasses of the rooms included."""
    waiting, seen = [SyncAgentError], set()
    while waiting:
        each = waiting.pop()
        seen.add(each.exit_code)
        waiting += each.__subclasses__()
    assert seen <= {int(code) for code in ExitCode}


@pytest.mark.parametrize("rule", sorted(RULES))
def test_every_rule_is_in_the_reference(rule: str) -> None:
    """With whether a person may release it."""
    assert f"| `{rule}` | {'yes' if RULES[rule].releasable else 'no'} |" in REFERENCE


@pytest.mark.parametrize("path", ["docs/operations.md", "docs/vi/van-hanh.md"])
def test_the_operators_manual_names_rules_that_exist(path: str) -> None:
    """The table of configuration rules."""
    rows = [line.split("|")[1] for line in DOCS[path].splitlines() if line.startswith("| `")]
    named = {name for cell in rows for name in re.findall(r"`([a-z_]+)`", cell)}
    assert (named - set(RULES), bool(named)) == (set(), True)


@pytest.mark.parametrize("path", ["docs/audit.md", "docs/vi/kiem-toan.md"])
def test_the_auditors_manual_names_events_that_exist(path: str) -> None:
    """The table of questions."""
    (section,) = (each for each in DOCS[path].split("\n## ") if "`go_live_declared`" in each)
    named = {
        name
        for line in section.splitlines()
        if line.startswith("| ")
        for name in re.findall(r"(?<!table )(?<!bảng )`([a-z_]+)`", line)
    }
    assert (named - {event.value for event in Event}, bool(named)) == (set(), True)


def anchors(file: Path) -> list[str]:
    """Return the headings of a page as links name them."""
    found = re.findall(r"^#+ (.+)$", file.read_text("utf-8").lower(), re.MULTILINE)
    return [re.sub(r"[^\w -]", "", each).replace(" ", "-") for each in found]


@pytest.mark.parametrize("path", ["README.md", "README.vi.md", "CHANGELOG.md", *sorted(DOCS)])
def test_links_lead_somewhere(path: str) -> None:
    """Files, and the headings inside them."""
    text = (ROOT / path).read_text("utf-8")
    broken = [
        target
        for target, heading in TARGET.findall(text)
        if not (file := (ROOT / path).parent / target).exists() or (heading and heading not in anchors(file))
    ]
    assert broken == []


def typed(text: str) -> list[str]:
    """Return what a page has its reader type, comments left out: indented lines, and what stands between backticks."""
    text = re.sub(r"(?s)```.*?```", "", text)  # the picture
    lines = [line.split("  #")[0].strip() for line in text.splitlines() if line.startswith("    ")]
    return lines + re.findall(r"`([^`\n]+)`", text)


def test_both_readmes_name_the_same_commands_files_and_extras() -> None:
    """In the same order: the Vietnamese page is the English one's twin."""
    assert typed(README_VI) == typed(README)


def test_both_readmes_tell_the_same_exit_codes_and_lead_to_the_same_pages() -> None:
    """And to each other, at the top."""
    codes, pages = (
        [re.findall(r"^\| (\d+) \|", text, re.MULTILINE) for text in (README, README_VI)],
        [set(TARGET.findall(text)) - {("README.md", ""), ("README.vi.md", "")} for text in (README, README_VI)],
    )
    assert (codes[0] == codes[1], pages[0] ^ pages[1]) == (True, set())
    assert ("](README.vi.md)" in README[:60], "](README.md)" in README_VI[:60]) == (True, True)


@pytest.mark.parametrize("extra", ["postgres", "mysql", "mssql", "web", "reports"])
def test_every_extra_is_in_the_readme(extra: str) -> None:
    """With what it is for; those of developers are the Makefile's affair."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    rows = [line for line in README.splitlines() if line.startswith("| `") and f"`{extra}`" in line]
    assert (extra in extras, len(rows)) == (True, 1)


def test_the_readme_installs_the_version_there_is() -> None:
    """The name of the wheel holds it."""
    assert set(re.findall(r"sync_agent-([\d.]+)-py3", README + README_VI)) == {__version__}


@pytest.mark.parametrize("target", re.findall(r"^    make (\w+)", README, re.MULTILINE))
def test_every_target_of_the_readme_is_in_the_makefile(target: str) -> None:
    """And `make` alone names it."""
    makefile = (ROOT / "Makefile").read_text("utf-8")
    assert (f"\n{target}:" in makefile, f"make {target} " in makefile) == (True, True)


@pytest.mark.parametrize("target", ["demo", "test"])
def test_the_readme_gives_the_two_commands(target: str) -> None:
    """Exactly as the Makefile has them."""
    makefile = (ROOT / "Makefile").read_text("utf-8")
    assert (f"    make {target} " in README, f"\n{target}:" in makefile) == (True, True)


def test_the_gate_calls_the_test_command_of_the_readme() -> None:
    """What a newcomer runs is what guards the project."""
    assert "\nmake test\n" in (ROOT / ".ci" / "run").read_text("utf-8")


@pytest.mark.parametrize("lock", ["runtime", "dev", "server", "build"])
def test_a_lock_file_names_no_place(lock: str) -> None:
    """No index address, no path of a machine; every version with its hashes."""
    text = (ROOT / "requirements" / f"{lock}.lock").read_text("utf-8")
    entries = re.findall(r"^[a-z0-9][^ ]*==", text, re.MULTILINE)
    lines = [line for line in text.splitlines() if "://" in line or line.startswith("-") or re.search(r"(^| )/", line)]
    assert (lines, len(entries) <= text.count("--hash=sha256:"), bool(entries)) == ([], True, True)


def test_the_table_of_fates_is_the_one_by_which_delivery_decides() -> None:
    """Row by row, in the order of the code."""
    section = REFERENCE.split("\n## Fates\n")[1].split("\n## ", maxsplit=1)[0]
    rows = [line for line in section.splitlines() if line.startswith("| `")]
    assert rows == [
        f"| `{failure}` | {fate.when} | `{fate.state}` | {'yes' if fate.quick else 'no'} | `{fate.again}` "
        f"| `{fate.settler}` | {', '.join(map(str, fate.exits))} |"
        for failure, fate in FATES.items()
    ]


@pytest.mark.parametrize("again", Again)
def test_every_way_of_trying_again_is_explained(again: Again) -> None:
    """Below the table."""
    assert f"\n- `{again}`: " in REFERENCE
