from dataclasses import replace

import pytest

from sync_agent.domain.casefile import CaseFile, Enforcement, Settlement
from sync_agent.domain.findings import Finding, Level
from sync_agent.domain.steps import Step
from sync_agent.errors import ConfigError
from sync_agent.mapping import Mapped
from sync_agent.privacy import KeyNames

KEY = b"k" * 32
PATTERN = r"[A-Za-z0-9 ._+-]+"


@pytest.fixture
def names() -> KeyNames:
    """Return the names of a source whose pattern allows nearly anything."""
    return KeyNames(PATTERN, KEY, "tinh-a")


@pytest.mark.parametrize(
    "key", ["D12-3", "T45", "2026/1", "HS-KNTC-2026-12", "D1234567-12", "KN-2026-17", "9999999999"]
)
def test_a_harmless_key_is_shown(key: str) -> None:
    """People find the case in their own system by it."""
    assert KeyNames(r"[A-Z0-9/-]+", KEY, "tinh-a").shown(key, protected=False) == key


def test_a_protected_case_is_never_shown_by_its_key(names: KeyNames) -> None:
    """However harmless the key looks."""
    assert names.shown("D12-3", protected=True) == names.pseudonym("D12-3")


@pytest.mark.parametrize(
    "key",
    [
        "001088012345",
        "D001088012345-2",
        "123456789",
        "001 088 012 345",
        "001.088.012",
        "0912345678",
        "D0912.345.678",
        "+84 912 345 678",
        "84912345678",
        "NGUYEN-1",
        "hung.nguyen",
        "nguyenvanhung",
        "Khue_Lan-2026",
        "tran thi khue",
    ],
)
def test_a_key_that_looks_like_a_person_is_not_shown(names: KeyNames, key: str) -> None:
    """ID numbers, telephones and names are keys in some local systems."""
    assert names.shown(key, protected=False) == names.pseudonym(key)


@pytest.mark.parametrize("key", ["", "D12/3", "Đ12", "D12\n", "D" * 41, "D12 3\x1b"])
def test_a_key_of_another_form_is_not_shown(names: KeyNames, key: str) -> None:
    """Only ASCII of at most forty characters that matches the declared pattern."""
    assert names.shown(key, protected=False) == names.pseudonym(key)


def test_a_key_that_looks_like_a_pseudonym_is_not_shown(names: KeyNames) -> None:
    """Nobody can take it for another case's pseudonym."""
    assert names.shown("P-ABCDEFGH23", protected=False) == names.pseudonym("P-ABCDEFGH23")


def test_a_pseudonym_has_its_form(names: KeyNames) -> None:
    """`P-` and ten characters that say nothing."""
    assert names.pseudonym("D12-3") == "P-EVKJOIKMYY"


def test_a_pseudonym_belongs_to_one_case_of_one_source(names: KeyNames) -> None:
    """Another key, another source or another installation gives another pseudonym."""
    others = [
        names.pseudonym("D12-4"),
        KeyNames(PATTERN, KEY, "tinh-b").pseudonym("D12-3"),
        KeyNames(PATTERN, b"x" * 32, "tinh-a").pseudonym("D12-3"),
    ]
    assert len({names.pseudonym("D12-3"), *others}) == 4


def test_a_wrong_pattern_is_a_configuration_error() -> None:
    """It is named instead of hiding every key."""
    with pytest.raises(ConfigError, match="not a regular expression"):
        KeyNames("[", KEY, "tinh-a")


def test_the_installation_key_is_not_shown(names: KeyNames) -> None:
    """Its repr tells nothing."""
    assert repr(names) == "KeyNames()"


def test_a_key_that_is_a_guid_is_shown(names: KeyNames) -> None:
    """Its letters spell nobody."""
    key = "3f2504e0-4f89-11d3-9a0c-0305e82c3301"
    assert names.shown(key, protected=False) == key


def _mapped(case_key: str, local_key: str) -> Mapped:
    case = CaseFile(
        case_key=case_key,
        settlements=(Settlement(local_key=local_key), Settlement(local_key="2")),
        enforcements=(Enforcement(local_key=f"{local_key}-1", settlement_key=local_key),),
    )
    finding = Finding("bad_date", Level.HOLD, "settlements.issued_on", Step.SETTLEMENT, local_key)
    return Mapped(case, frozenset({(Step.CASE, ""), (Step.SETTLEMENT, local_key)}), (finding,), ())


@pytest.mark.parametrize("key", ["1", "12345678", "12/QD-UBND", "s.1_a", "3f2504e0-4f89-11d3-9a0c-0305e82c3301"])
def test_a_local_key_that_is_a_code_is_kept(names: KeyNames, key: str) -> None:
    """Nothing is made anew for it: most keys are numbers."""
    mapped = _mapped("D1", key)
    assert names.stored(mapped) is mapped


@pytest.mark.parametrize(
    "key",
    ["Nguyễn Thị Khuê", "001088012345", "0912345678", "nguyenvanhung", "12 QĐ", "A" * 41, "K-ABCDEFGH23", "a@b.vn"],
)
def test_a_local_key_that_may_tell_who_is_kept_as_a_pseudonym(names: KeyNames, key: str) -> None:
    """Everywhere it stands, so that messages, parents, what is ready and findings still belong together."""
    stored = names.stored(_mapped("D1", key))
    (first, second), (enforcement,) = stored.case.settlements, stored.case.enforcements
    assert (len(first.local_key), first.local_key[:2], second.local_key) == (12, "K-", "2")
    assert enforcement.settlement_key == first.local_key
    assert (Step.SETTLEMENT, first.local_key) in stored.ready
    assert stored.findings[0].local_key == first.local_key
    assert f'"{key}"' not in stored.case.model_dump_json()


def test_what_is_said_of_a_local_key_follows_its_pseudonym(names: KeyNames) -> None:
    """The national id of a decision, and that a step was sent."""
    key = (Step.SETTLEMENT, "Nguyễn Thị Khuê")
    stored = names.stored(replace(_mapped("D1", key[1]), national_ids={key: "id-1"}, sent=frozenset({key})))
    kept = (Step.SETTLEMENT, stored.case.settlements[0].local_key)
    assert (kept != key, dict(stored.national_ids), set(stored.sent)) == (True, {kept: "id-1"}, {kept})


def test_the_pseudonym_of_a_local_key_belongs_to_one_case(names: KeyNames) -> None:
    """The same at every look, another in another case: it joins nothing that was apart."""
    keys = [names.stored(_mapped(case, "Khuê")).case.settlements[0].local_key for case in ("D1", "D1", "D2")]
    assert (keys[0] == keys[1], keys[0] == keys[2]) == (True, False)


def test_a_case_key_of_another_form_is_not_kept() -> None:
    """Such a case is blocked; the ledger knows it by its pseudonym."""
    names = KeyNames("D[0-9]+", KEY, "tinh-a")
    stored = names.stored(_mapped("Nguyễn Thị Khuê", "1"))
    assert stored.case.case_key == names.pseudonym("Nguyễn Thị Khuê")
    assert [names.declared(key) for key in ("D1", "Nguyễn Thị Khuê", stored.case.case_key)] == [True, False, False]


@pytest.mark.parametrize(
    ("text", "kept"),
    [("H217.01", "H217.01"), ("217", "217"), ("Thanh tra tỉnh", None), ("tran-khue", None), (None, None)],
)
def test_only_a_code_is_kept_as_a_code(names: KeyNames, text: str | None, kept: str | None) -> None:
    """A text in the place of a code may say anything."""
    assert names.code(text) == kept
