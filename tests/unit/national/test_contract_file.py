"""A contract folder is checked when it is loaded, and mistakes are named."""

import hashlib
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest

from sync_agent.errors import ConfigError
from sync_agent.national import KntcContract, load_contract

Load = Callable[..., KntcContract]


@pytest.fixture
def copy(folder: Path, tmp_path: Path) -> Path:
    """Return a copy of the contract that a test may spoil."""
    return Path(shutil.copytree(folder, tmp_path / "kntc"))


def _edit(folder: Path, old: str, new: str, name: str = "contract.toml") -> None:
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def _error(folder: Path, **capabilities: str) -> str:
    with pytest.raises(ConfigError) as caught:
        load_contract(folder, {name.replace("__", "."): value for name, value in capabilities.items()})
    return str(caught.value)


def test_the_shipped_contract_loads_with_cautious_defaults(contract: KntcContract) -> None:
    """What is not known is unknown, off or unproven."""
    assert (contract.name, contract.version) == ("kntc", "1")
    assert contract.capabilities == {
        "acceptance": "unknown",
        "case.update": "by_id",
        "code.direction.file": "unknown",
        "code.direction.guide": "unknown",
        "code.direction.return": "unknown",
        "code.direction.urge": "unknown",
        "code.outcome.first_decision_changed": "unknown",
        "code.outcome.first_decision_upheld": "unknown",
        "empty_string": "unknown",
        "link": "off",
        "lists_on_update": "unknown",
        "lookup": "unproven",
        "lookup.cap": "unknown",
        "lookup.lag": "unknown",
        "not_processed_statuses": "429,503",
        "processing": "unknown",
        "settlement.update": "unknown",
    }


def test_what_the_capabilities_mean_can_be_asked(load: Load) -> None:
    """Numbers and statuses are read once, here."""
    known = load(lookup="contains", lookup__lag="30", lookup__cap="50", not_processed_statuses="503")

    assert (known.look_up_lag, known.look_up_cap, known.not_found_is_proof) == (30, 50, True)
    assert known.not_processed_statuses == {503}


@pytest.mark.parametrize("lookup", ["unproven", "exact"])
def test_finding_nothing_proves_nothing_unless_texts_are_searched(load: Load, lookup: str) -> None:
    """A look-up that compares whole texts never finds a token."""
    assert not load(lookup=lookup).not_found_is_proof
    assert (load().look_up_lag, load().look_up_cap) == (None, None)


def test_every_capability_says_its_consequence_and_evidence(contract: KntcContract) -> None:
    """Nobody has to guess why a default is what it is."""
    assert [name for name, each in contract.file.capabilities.items() if not (each.consequence and each.evidence)] == []


def test_the_digest_covers_every_file_and_the_choice(copy: Path) -> None:
    """Any edit of the folder and any capability is another digest."""
    digests = {load_contract(copy, {}).digest, load_contract(copy, {"lookup": "contains"}).digest}
    (copy / "codes" / "new.csv").write_text("code,name,evidence\n", encoding="utf-8")
    digests.add(load_contract(copy, {}).digest)
    _edit(copy, "vụ việc", "vụ", "refusals.toml")
    digests.add(load_contract(copy, {}).digest)

    assert len(digests) == 4


def test_the_digest_does_not_depend_on_the_place(copy: Path, contract: KntcContract) -> None:
    """The same files elsewhere are the same contract; hidden files of an editor do not count."""
    (copy / ".contract.toml.swp").write_text("x", encoding="utf-8")

    assert load_contract(copy, {}).digest == contract.digest


def test_a_leaf_path_cannot_move_without_a_new_version(contract: KntcContract) -> None:
    """What the ledger kept of a message is compared by position: raise `version` with every change of a field."""
    leaves = "\n".join(leaf for schema in contract._schemas.values() for leaf in schema.leaves)

    assert (contract.version, hashlib.sha256(leaves.encode()).hexdigest()[:16]) == ("1", "c118ec21bffb7b51")


def test_an_unknown_capability_names_the_nearest(folder: Path) -> None:
    """A slip of the pen is found at start."""
    assert _error(folder, settlement__updat="by_number") == (
        "national.capabilities: unknown capability settlement.updat - did you mean settlement.update?"
    )


@pytest.mark.parametrize(
    ("name", "value", "near"),
    [
        ("processing", "overwrite", "overwrites"),
        ("settlement__update", "by_numbers", "by_number"),
        ("settlement__update", "decision_id:", "decision_id:<field>"),
        ("link", "on", "off"),
        ("lookup__lag", "soon", "unknown"),
        ("not_processed_statuses", "429;503", "<statuses>"),
        ("not_processed_statuses", "200", "<statuses>"),
    ],
)
def test_an_unknown_value_names_the_right_ones(folder: Path, name: str, value: str, near: str) -> None:
    """What cannot be played is refused, not ignored."""
    message = _error(folder, **{name: value})

    assert f"cannot be {value}" in message
    assert f"did you mean {near}?" in message


def test_a_folder_without_a_contract_is_one_clear_line(tmp_path: Path) -> None:
    """The path is named."""
    assert _error(tmp_path) == f"{tmp_path / 'contract.toml'}: the contract cannot be read (No such file or directory)"


def test_a_broken_toml_file_names_the_line(copy: Path) -> None:
    """So that it can be mended."""
    _edit(copy, "[actions]", "[actions")

    assert "not valid TOML" in _error(copy)
    assert "line 8" in _error(copy)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[format]\ndate", "[format]\ndatum", "unknown entry format.datum - did you mean date?"),
        ('accept = "4"', 'acept = "4"', "unknown entry codes.direction.acept - did you mean accept?"),
        ("[statuses]", "[status]", "unknown entry status - did you mean statuses?"),
        ("refused = []", "refused = [503]", "the contract's entry statuses.refused.0 is wrong"),
        ('step = "processing"', 'step = "procesing"', "unknown entry required.2.step - did you mean processing?"),
        ('default = "by_id"', 'default = "by_name"', "the default is not one of the values"),
        (
            '"code.direction.return"',
            '"code.direction.retrun"',
            "capability code.direction.retrun names no code table or no member of it",
        ),
        ('token_line = "Mã liên thông: {token}"', 'token_line = "none"', "texts.token_line is wrong"),
    ],
)
def test_a_wrong_entry_names_itself_and_the_nearest_right_word(copy: Path, old: str, new: str, message: str) -> None:
    """No traceback, one line."""
    _edit(copy, old, new)

    assert message in _error(copy)


def test_a_missing_schema_is_named(copy: Path) -> None:
    """Every message needs one."""
    (copy / "messages" / "CapNhatThiHanh.schema.json").unlink()

    assert "CapNhatThiHanh.schema.json: the schema of a message cannot be read" in _error(copy)


@pytest.mark.parametrize("content", [b"{", b'{"type": "nonsense"}', b'{"$ref": "#/nowhere"}'])
def test_a_broken_schema_is_named(copy: Path, content: bytes) -> None:
    """Found at start, not with the first case."""
    (copy / "messages" / "CapNhatKQXuLy.schema.json").write_bytes(content)

    assert "CapNhatKQXuLy.schema.json: the schema of a message cannot be read" in _error(copy)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("refusal = 3", "refusal"),
        ("vocabulary = [", "cannot be used"),
        ('[[refusal]]\ncode = "abc"\npattern = "("\nevidence = "x"', "not a regular expression"),
    ],
)
def test_a_broken_refusals_file_is_named(copy: Path, content: str, reason: str) -> None:
    """Found at start, not with the first refusal."""
    (copy / "refusals.toml").write_text(content, encoding="utf-8")

    assert reason in _error(copy)
    assert "refusals.toml" in _error(copy)


def test_a_missing_refusals_file_is_named(copy: Path) -> None:
    """Without a vocabulary nothing could be shown."""
    (copy / "refusals.toml").unlink()

    assert "the refusals file cannot be used" in _error(copy)


def test_every_action_has_a_schema_with_its_name(folder: Path, contract: KntcContract) -> None:
    """Reads included; each is JSON Schema 2020-12 and closed."""
    actions = contract.file.actions
    names = {value for key, value in actions.model_dump().items() if key != "prefix"}
    schemas = {
        path.name.removesuffix(".schema.json"): orjson.loads(path.read_bytes()) for path in folder.rglob("*.json")
    }

    assert set(schemas) == names
    assert {schema["$schema"] for schema in schemas.values()} == {"https://json-schema.org/draft/2020-12/schema"}
    assert [name for name, schema in schemas.items() if schema["additionalProperties"] is not False] == []


def test_evidence_is_given_for_every_name(folder: Path, contract: KntcContract) -> None:
    """No field of a message without a word about where it comes from."""
    evidence = set(re.findall(r"\w+", (folder / "EVIDENCE.md").read_text(encoding="utf-8")))
    names = {
        part.removesuffix("[]")
        for schema in contract._schemas.values()
        for leaf in schema.leaves
        for part in leaf.split(".")
    }

    assert names - evidence == set()
