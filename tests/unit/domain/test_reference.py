"""The public lists the agent knows by itself are whole, and say where they are from."""

import unicodedata
from collections import Counter
from datetime import date

import pytest

from sync_agent.domain.casefile import Kind, Outcome
from sync_agent.domain.reference import REFERENCE_LISTS, provinces, reference_list, successor_of


@pytest.mark.parametrize("name", REFERENCE_LISTS)
def test_a_list_says_where_it_is_from(name: str) -> None:
    """What it is, its source, its day and how sure it is, before the first row."""
    about = reference_list(name).about
    assert [line.partition(":")[0] for line in about[1:4]] == ["source", "day", "confidence"]
    assert date.fromisoformat(about[2].removeprefix("day: ")) <= date(2026, 12, 31)


@pytest.mark.parametrize("name", REFERENCE_LISTS)
def test_codes_and_names_are_unique_and_composed(name: str) -> None:
    """No code stands for two things, no thing has two codes, and every letter is one letter."""
    rows = reference_list(name).rows
    assert max(Counter(row["code"] for row in rows).values()) == 1
    assert max(Counter(row["name"] for row in rows).values()) == 1
    assert [row for row in rows for cell in row.values() if not unicodedata.is_normalized("NFC", cell)] == []
    assert [row for row in rows if not row["code"] or not row["name"] or None in row.values()] == []


def test_there_were_63_provinces_and_there_are_34() -> None:
    """Since 2025-07-01; six centrally run cities are among the 34, and Đồng Nai from 2026-04-30."""
    before, today = provinces(date(2025, 6, 30)), provinces(date(2025, 7, 1))
    assert (len(before), len(today)) == (63, 34)
    assert sorted(each.name for each in today if each.kind == "thành phố") == [
        *("Cần Thơ", "Huế", "Hà Nội", "Hải Phòng", "Hồ Chí Minh", "Đà Nẵng", "Đồng Nai"),
    ]


def test_every_province_of_before_went_into_one_of_today() -> None:
    """Eleven stayed as they were, the other 52 became 23, of two or three each."""
    today = set(reference_list("provinces-2025").names)
    into = Counter(row["successor"] for row in reference_list("provinces-2004").rows)
    assert (set(into), Counter(into.values())) == (today, Counter({1: 11, 2: 17, 3: 6}))


def test_a_code_says_nothing_without_its_day() -> None:
    """These stood for another province before; of the others the code stayed with the name."""
    before, today = reference_list("provinces-2004").names, reference_list("provinces-2025").names
    moved = {code for code in before.keys() & today.keys() if before[code] != today[code]}
    assert moved == {"15", "24", "44", "46", "52", "80", "82", "91"}  # 46: Thừa Thiên Huế was renamed


@pytest.mark.parametrize(
    ("old", "new"),
    [("Hà Giang", "Tuyên Quang"), ("Phú Thọ", "Phú Thọ"), ("Bình Định", "Gia Lai"), ("Đắk Nông", "Lâm Đồng")],
)
def test_a_province_of_before_is_followed(old: str, new: str) -> None:
    """By the resolution that merged them."""
    assert successor_of(old) == new


def test_another_word_has_no_successor() -> None:
    """Not even one that is nearly a province."""
    assert successor_of("Hà") is None


def test_the_two_orders_of_ethnic_groups_hold_the_same_54() -> None:
    """They agree on the first three and on six more; a number alone never tells which group is meant."""
    first, second = (reference_list(f"ethnic-groups-{year}").names for year in (1979, 2008))
    assert (len(first), sorted(first.values())) == (54, sorted(second.values()))
    assert (first["04"], first["06"], second["04"], second["06"]) == ("Hoa", "Mường", "Mường", "Hoa")
    assert list(first) == list(second) == [f"{number:02}" for number in range(1, 55)]


@pytest.mark.parametrize(("name", "known"), [("kinds", Kind), ("outcomes", Outcome)])
def test_the_closed_lists_are_those_of_the_casefile(name: str, known: type[Kind] | type[Outcome]) -> None:
    """Each member once."""
    assert set(reference_list(name).names) == {str(member.value) for member in known}


def test_there_is_no_other_list() -> None:
    """A name is never taken for a path."""
    with pytest.raises(KeyError):
        reference_list("../casefile")
