import pytest

from sync_agent.errors import ConfigError
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
