"""The example's own account against profile, mapping and gate: written apart, they must come to the same answer."""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from sync_agent.domain.findings import Level
from sync_agent.mapping import Mapped, Mapper, load_code_tables, load_profile
from sync_agent.privacy import Gate, load_policy
from sync_agent.source import SqlSource
from tests.support.example import Example

CONFIG = Path(__file__).parents[3] / "config"


@pytest.fixture(scope="module")
def mapped(example: Example) -> dict[str, Mapped]:
    """Give every case as the profile maps it."""
    profile = load_profile(CONFIG / "profiles" / "tinh-a.yaml")
    mapper = Mapper(profile, load_code_tables(CONFIG / "codes"))
    source = SqlSource(f"sqlite:///{example.path}", profile.source)
    keys = [change.case_key for change in source.changes(None, limit=1000)]
    rows = source.read(keys)
    source.close()
    return {key: mapper.map(case) for key, case in rows.items()}


@pytest.fixture(scope="module")
def gate() -> Gate:
    """Give the gate of the shipped policy."""
    return Gate(load_policy(CONFIG / "privacy.toml"))


def test_every_case_is_found(example: Example, mapped: dict[str, Mapped]) -> None:
    """The profile's feed sees all national cases."""
    assert len(mapped) == example.stock.cases
    assert set(example.stock.receptions_only) <= set(mapped)


def test_the_same_cases_are_protected(example: Example, mapped: dict[str, Mapped], gate: Gate) -> None:
    """Alone, before the groups."""
    alone = {key for key, found in mapped.items() if gate.protection(found.case)}

    assert alone == example.stock.protected - example.stock.by_group


def test_groups_protect_the_same_cases(example: Example, mapped: dict[str, Mapped], gate: Gate) -> None:
    """What shares a petition, a person or a link with a protected case is protected too."""
    members = defaultdict(set)
    for key, found in mapped.items():
        for shared in found.group:
            members[shared].add(key)
    alone = {key for key, found in mapped.items() if gate.protection(found.case)}
    together = set().union(*(keys for keys in members.values() if keys & alone))

    assert together - alone == example.stock.by_group


def test_the_same_cases_are_held_for_the_same_reasons(example: Example, mapped: dict[str, Mapped], gate: Gate) -> None:
    """Missing files are found later, when they are read."""
    held = defaultdict(set)
    for key, found in mapped.items():
        for rule in _holding(found, gate, protected=key in example.stock.protected):
            held[key].add(rule)
    expected = {key: set(rules) - {"file_missing"} for key, rules in example.stock.held.items()}

    assert held == {key: rules for key, rules in expected.items() if rules}


def _holding(found: Mapped, gate: Gate, *, protected: bool) -> Iterator[str]:
    result = gate.clear(found.case, protected=protected)
    yield from (finding.rule for finding in (*found.findings, *result.findings) if finding.level is not Level.WARN)
    case = result.cleared.case
    texts = [case.petition.redacted_summary] if case.petition else []
    texts += [case.processing.officer_role, case.processing.approver_role] if case.processing else []
    texts += [case.acceptance.approver_role] if case.acceptance else []
    if result.withheld.found_in([text for text in texts if text]):
        yield "identity_in_text"
