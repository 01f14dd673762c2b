"""The reference is whole: metrics, alarms, notices, events, errors, requests and the options all commands share."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from sync_agent.audit import Event
from sync_agent.cli.app import build_command
from sync_agent.cli.examples import EXAMPLES
from sync_agent.domain.notices import NoticeKind
from sync_agent.errors import SyncAgentError
from sync_agent.ledger import RequestKind
from sync_agent.service.metrics import METRICS

ROOT = Path(__file__).parents[2]
REFERENCE = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
ALERTS: list[dict[str, Any]] = yaml.safe_load((ROOT / "config/prometheus/alerts.yml").read_text("utf-8"))["groups"][0][
    "rules"
]
COMMAND = build_command()


def section(heading: str) -> str:
    """Return what stands below a heading, up to the next of its weight or more."""
    level = heading.split(" ", maxsplit=1)[0]
    rest = REFERENCE.split(f"\n{heading}\n")[1]
    return re.split(rf"\n#{{1,{len(level)}}} ", rest)[0]


def first_cells(heading: str) -> list[str]:
    """Return what the rows of a section begin with, without its backticks."""
    return re.findall(r"^\| `([^`]+)`", section(heading), re.MULTILINE)


@pytest.mark.parametrize("name", sorted({o for p in COMMAND.params for o in p.opts if o.startswith("--")}))
def test_every_shared_option_is_in_the_reference(name: str) -> None:
    """In the table above the commands."""
    shared = section("## Commands").split("| command |")[0]
    assert re.search(rf"^\| .*`{name}[ `]", shared, re.MULTILINE)


def test_the_reference_knows_no_other_command() -> None:
    """Each row begins with the words of one."""
    table = section("## Commands").split("| command |")[1]
    words = [re.sub(r" [A-Z\[].*$", "", each) for each in re.findall(r"^\| `([^`]+)`", table, re.MULTILINE)]
    known = {
        f"{name} {verb}".strip()
        for name, command in COMMAND.commands.items()
        for verb in getattr(command, "commands", {"": None})
    }
    assert sorted(words) == sorted(known)


def test_every_metric_is_in_the_reference() -> None:
    """With its labels, and no other."""
    rows = re.findall(r"^\| `(sync_agent_\w+)` \| ([^|]*?) ?\|", section("## Metrics"), re.MULTILINE)
    told = {
        name + ("_total" if metric.kind == "counter" else ""): ", ".join(f"`{label}`" for label in metric.labels)
        for name, metric in METRICS.items()
    }
    assert dict(rows) == told


def test_every_alarm_is_in_the_reference() -> None:
    """Exactly as it is configured."""
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| `(.+)` \| ([^|]+) \|$", section("### Alarms"), re.MULTILINE)
    assert rows == [
        (each["alert"], each["labels"]["severity"], each["expr"].replace("|", "\\|"), each.get("for", "at once"))
        for each in ALERTS
    ]


def test_every_kind_of_notice_is_in_the_reference() -> None:
    """In the order in which a mail tells them."""
    said = section("### `[notifications]`").split("Kinds, the gravest first: ")[1].split("\n\n")[0]
    assert re.findall(r"`(\w+)`", said) == list(NoticeKind)


def test_every_event_is_in_the_reference() -> None:
    """In the order of the code."""
    assert first_cells("## Events") == list(Event)


@pytest.mark.parametrize("kind", RequestKind)
def test_every_request_is_in_the_reference(kind: RequestKind) -> None:
    """With what it takes."""
    assert re.search(rf"^\| .*`{kind}`.* \|", section("## Requests"), re.MULTILINE)


def test_the_tree_of_errors_is_the_one_in_the_code() -> None:
    """Every public class with its exit code, and no other."""
    waiting, known = [SyncAgentError], {}
    while waiting:
        each = waiting.pop()
        waiting += each.__subclasses__()
        if each is not SyncAgentError and each.__module__ == SyncAgentError.__module__:
            known[each.__name__] = each.exit_code
    said = re.findall(r"── (\w+) .*exit (\d+)$", section("## Errors"), re.MULTILINE)
    assert {name: int(code) for name, code in said} == known


@pytest.mark.parametrize(("words", "typed"), [(w, typed) for w, each in EXAMPLES.items() for typed, _ in each])
def test_an_example_of_the_help_can_be_typed(words: str, typed: str) -> None:
    """Its command exists and takes its options; a closed value is one of the list."""
    given = [word for word in typed.removeprefix(words).split() if word != "--json"]  # shared, may stand anywhere
    noun, _, verb = words.partition(" ")
    command: Any = COMMAND.commands[noun]
    command = command.commands[verb] if verb else command
    context = command.make_context(words, given)
    assert (typed.startswith(words), bool(context)) == (True, True)
