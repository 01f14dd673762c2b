"""What watches the service asks for figures that there are: alarms and dashboard, each with its page in the manuals."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from sync_agent.service.metrics import METRICS

ROOT = Path(__file__).parents[3]
ALERTS = ROOT / "config" / "prometheus" / "alerts.yml"
DASHBOARD = ROOT / "config" / "grafana" / "sync-agent.json"
TOLD = {name + ("_total" if kind.kind == "counter" else ""): kind.labels for name, kind in METRICS.items()}
PROCESS = {f"sync_agent_process_{name}": () for name in ("resident_memory_bytes", "open_fds")}
"""What the library tells of the process, as far as it is shown."""

RULES: list[dict[str, Any]] = yaml.safe_load(ALERTS.read_text("utf-8"))["groups"][0]["rules"]
PANELS: list[dict[str, Any]] = json.loads(DASHBOARD.read_text("utf-8"))["panels"]


def expressions() -> Iterator[str]:
    """Yield what is asked for."""
    yield from (rule["expr"] for rule in RULES)
    yield from (target["expr"] for panel in PANELS for target in panel["targets"])


def names(text: str) -> set[str]:
    """Return the metrics of ours in a text."""
    return set(re.findall(r"\bsync_agent_[a-z_]+", text))


@pytest.mark.parametrize("expression", sorted(set(expressions())))
def test_every_figure_that_is_asked_for_is_told(expression: str) -> None:
    """By the name and the labels it has."""
    known = {**TOLD, **PROCESS}
    assert names(expression) <= known.keys()
    for name, matchers in re.findall(r"(sync_agent_[a-z_]+)\{([^}]*)\}", expression):
        assert set(re.findall(r"([a-z_]+)\s*[=!]", matchers)) <= {*known[name], "instance"}


@pytest.mark.parametrize("expression", sorted(set(expressions())))
def test_every_expression_is_whole(expression: str) -> None:
    """Its brackets close."""
    open_ones: list[str] = []
    for each in expression:
        if each in "([{":
            open_ones.append(each)
        elif each in ")]}":
            assert open_ones
            assert open_ones.pop() + each in {"()", "[]", "{}"}
    assert open_ones == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule["alert"]))
def test_an_alarm_says_in_vietnamese_what_is_wrong(rule: dict[str, Any]) -> None:
    """How grave it is too; of labels only those its figure has."""
    summary = rule["annotations"]["summary"]
    labels = {label for name in names(rule["expr"]) for label in TOLD[name]} | {"instance", "job"}
    assert (rule["labels"]["severity"] in {"warning", "critical"}, summary.isascii()) == (True, False)
    assert set(re.findall(r"\$labels\.([a-z]+)", summary)) <= labels


@pytest.mark.parametrize("page", ["docs/operations.md", "docs/vi/van-hanh.md"])
def test_every_alarm_is_in_the_manual_with_what_to_do(page: str) -> None:
    """A row of three cells each, and no alarm that there is not."""
    rows = [line for line in (ROOT / page).read_text("utf-8").splitlines() if line.startswith("| `SyncAgent")]
    named = {line.split("`")[1] for line in rows}
    assert (named, {line.count(" | ") for line in rows}) == ({rule["alert"] for rule in RULES}, {2})


@pytest.mark.parametrize("name", sorted(TOLD))
def test_every_metric_is_in_the_reference_with_its_labels(name: str) -> None:
    """And on the dashboard, unless it never changes."""
    reference = (ROOT / "docs" / "reference.md").read_text("utf-8")
    labels = ", ".join(f"`{label}`" for label in TOLD[name])
    assert f"\n| `{name}` | {labels} | ".replace("|  |", "| |") in reference
    assert name == "sync_agent_build" or any(name in names(each) for each in expressions())


def test_the_panels_have_titles_in_vietnamese() -> None:
    """Each one, and no two the same."""
    titles = [panel["title"] for panel in PANELS]
    assert (len(titles), [title for title in titles if title.isascii()]) == (len(set(titles)), [])


@pytest.mark.parametrize("path", [ALERTS, DASHBOARD], ids=lambda path: path.name)
def test_they_are_in_the_wheel(path: Path) -> None:
    """Files of the configuration are named one by one."""
    only = (ROOT / "pyproject.toml").read_text("utf-8").split("only-include = [")[1].split("\n]")[0]
    assert f'"config/{path.parent.name}"' in only
