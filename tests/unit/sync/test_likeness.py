"""Whether a listed case is ours: names as people write them, numbers that contradict, lists that were cut."""

import unicodedata

import pytest

from sync_agent.domain.casefile import CaseFile, Organisation, Person, Petitioners
from sync_agent.domain.casefile import Petition as Content
from sync_agent.national import FoundCase, PersonQuery
from sync_agent.sync.likeness import Conclusion, Likeness, Petition, conclude, likeness, petition_of, plain

NAME = "Lò Thị Hoà"
NUMBER = "012345678901"


def same(text: str) -> str:
    """Stand in for the contract, which knows the line to leave out."""
    return text


def ours(number: str = NUMBER, content: str = "Tranh chấp đất") -> Petition:
    """Return our case."""
    people = (Person(full_name=NAME, id_number=number or None),)
    found = petition_of(_case(Petitioners(people=people), content), same)
    assert found is not None
    return found


def _case(petitioners: Petitioners | None, content: str | None = "Tranh chấp đất") -> CaseFile:
    return CaseFile(case_key="V1", petition=Content(content=content), petitioners=petitioners)


def listed(name: str = NAME, number: str = NUMBER, content: str = "Tranh chấp đất", key: str = "a") -> FoundCase:
    """Return a case as the national side lists it."""
    return FoundCase(key, name, number, "", content)


@pytest.mark.parametrize(
    "name",
    [
        "lò thị hoà",
        "LÒ THỊ HOÀ",
        "  Lò   Thị\tHoà ",
        "Lò Thị Hòa",
        unicodedata.normalize("NFD", "Lò Thị Hoà"),
        unicodedata.normalize("NFD", "LÒ THỊ HÒA"),
    ],
)
def test_a_name_is_the_same_however_it_is_written(name: str) -> None:
    """In any letters, composed or not, with the tone on either vowel."""
    assert plain(name) == plain(NAME)


@pytest.mark.parametrize("name", ["Lò Thị Hoa", "Lò Thị Hoá", "Lò Thị Hoả", "Lò Thi Hoà", "Lò Thị Hoài", "Lô Thị Hoà"])
def test_another_tone_or_letter_is_another_name(name: str) -> None:
    """Accents are no decoration."""
    assert plain(name) != plain(NAME)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (listed(), Likeness.EXACT),
        (listed(number=""), Likeness.EXACT),
        (listed(content=" TRANH  chấp\nđất"), Likeness.EXACT),
        (listed(content="Việc khác"), Likeness.LIKE),
        (listed(name="Lò Thị Hoa"), Likeness.LIKE),  # the number and the text
        (listed(name="Lò Thị Hoa", content="Việc khác"), Likeness.LIKE),  # the number
        (listed(number="999999999999"), Likeness.LIKE),  # another person of the name with our text
        (listed(number="999999999999", content="Việc khác"), Likeness.OTHER),
        (listed(name="Người Khác", number=""), Likeness.LIKE),  # the text
        (listed(name="Người Khác", number="", content="Việc khác"), Likeness.OTHER),
    ],
)
def test_how_much_a_listed_case_looks_like_ours(found: FoundCase, expected: Likeness) -> None:
    """Petitioner and text together; a number that differs makes another person."""
    assert likeness(ours(), found, same) == expected


def test_a_case_without_a_number_contradicts_none() -> None:
    """Nobody wrote it down here."""
    assert likeness(ours(number=""), listed(), same) == Likeness.EXACT


@pytest.mark.parametrize(
    ("rows", "complete", "expected"),
    [
        ([listed()], True, Conclusion("a")),
        ([listed(), listed(content="Việc khác", key="b")], True, Conclusion("a")),
        ([listed()], False, Conclusion()),
        ([listed(), listed(key="b")], True, Conclusion()),
        ([listed(content="Việc khác")], True, Conclusion()),
        ([], True, Conclusion(missing=True)),
        ([listed(number="999999999999", content="Việc khác")], True, Conclusion(missing=True)),
        ([], False, Conclusion()),
        ([listed(key="claimed")], True, Conclusion()),
    ],
)
def test_what_a_list_means(rows: list[FoundCase], complete: bool, expected: Conclusion) -> None:
    """Found is one that surely is ours; missing is none that could be; anything else is for a person."""
    concluded = conclude(ours(), rows, complete=complete, claimed="claimed".__eq__, without_token=same)
    assert concluded == expected


def test_each_petitioner_is_asked_for_once() -> None:
    """By number where there is one, and by name, as it is written here but composed."""
    people = (Person(full_name=unicodedata.normalize("NFD", NAME), id_number=NUMBER), Person(full_name=" Lò  Văn A"))
    petition = petition_of(_case(Petitioners(people=people)), same)
    assert petition is not None
    assert petition.queries == (PersonQuery(id_number=NUMBER), PersonQuery(name=NAME), PersonQuery(name="Lò Văn A"))


def test_an_organisation_is_asked_for_by_name() -> None:
    """It has no number."""
    petition = petition_of(_case(Petitioners(organisation=Organisation(name="Công ty Mẫu"))), same)
    assert petition is not None
    assert petition.queries == (PersonQuery(name="Công ty Mẫu"),)


@pytest.mark.parametrize(
    ("petitioners", "content"),
    [
        (None, "x"),
        (Petitioners(), "x"),
        (Petitioners(people=(Person(full_name=None, id_number=NUMBER),)), "x"),
        (Petitioners(people=(Person(full_name=NAME), Person())), "x"),
        (Petitioners(people=(Person(full_name=NAME),)), None),
    ],
    ids=["none", "nobody", "nameless", "one_nameless", "no_text"],
)
def test_what_cannot_be_compared_is_not_looked_up(petitioners: Petitioners | None, content: str | None) -> None:
    """An anonymous writer above all."""
    assert petition_of(_case(petitioners, content), same) is None


def test_nothing_shows_a_person() -> None:
    """Neither ours nor a listed one."""
    assert [word for word in (NAME, NUMBER, "Tranh") if word in repr((ours(), listed(), Conclusion("a")))] == []
