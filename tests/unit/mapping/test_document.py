import pytest

from sync_agent.errors import ConfigError
from sync_agent.mapping.document import read_document


def test_values_mean_what_they_look_like() -> None:
    """The country code NO, a code with a leading zero and a date stay text."""
    content = "a: NO\nb: 01\nc: 2026-01-01\nd: true\ne: 12\nf: null\ng:\nh: yes\n"
    expected = {"a": "NO", "b": "01", "c": "2026-01-01", "d": True, "e": 12, "f": None, "g": None, "h": "yes"}
    assert read_document(content, "p.yaml").data == expected


def test_every_key_and_entry_has_its_line() -> None:
    """A place inside lists and sections is found again, an unknown one by what is around it."""
    document = read_document("a:\n  - b: 1\n  - 2\nvalues:\n  7: x\n", "p.yaml")
    places = [document.at(place) for place in [("a", 0, "b"), ("a", 1), ("values", 7), ("a", 1, "none"), ("none",)]]
    assert places == ["p.yaml:2", "p.yaml:3", "p.yaml:5", "p.yaml:3", "p.yaml:1"]


def test_the_first_rule_that_says_a_word_is_found() -> None:
    """As a value, in a list or as a key; what only a query says is not a rule."""
    content = "source:\n  parts: {x: Ten}\nfields:\n  name: Ten\n  keys: [Ma]\nabsent:\n  Loai: 0\n"
    document = read_document(content, "p.yaml")
    found = [document.naming(word, ("source", "parts", "x")) for word in ("Ten", "Ma", "Loai", "None")]
    assert found == ["p.yaml:4", "p.yaml:5", "p.yaml:7", "p.yaml:2"]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("a: 1\nb: [\n", "p.yaml:3: the file is not valid YAML"),
        ("a: 1\na: 2\n", "p.yaml:2: the word 'a' is given twice"),
        ("a: \x07", "p.yaml:1: the file is not valid YAML: ReaderError"),
        ("a: !python/object:os.system x\n", "p.yaml:1: the file is not valid YAML"),
        ("? [a]\n: 1\n", "not valid YAML"),
    ],
)
def test_broken_file_is_named_with_its_line(content: str, expected: str) -> None:
    """One line tells where and what."""
    with pytest.raises(ConfigError) as caught:
        read_document(content, "p.yaml")
    assert expected in str(caught.value)


def test_empty_file_is_no_data() -> None:
    """An empty document is left to the profile to refuse."""
    assert read_document("", "p.yaml").data is None
