import pytest

from sync_agent.example.chance import seeded
from sync_agent.example.names import FEMALE, MALE, Names, folded_words, names_somebody, telling_words
from sync_agent.example.staff import POSITIONS


@pytest.fixture
def names() -> Names:
    """Give names of which none is used yet."""
    return Names(seeded(1))


def test_no_two_people_bear_the_same_name(names: Names) -> None:
    """A value found in an output belongs to exactly one person."""
    drawn = [names.draw(MALE) for _ in range(2000)]

    assert len(set(drawn)) == 2000


def test_a_name_in_use_is_not_drawn_again() -> None:
    """A later day of work does not name a second person like one that is in the database."""
    first = [Names(seeded(5)).draw(FEMALE) for _ in range(1)]

    assert Names(seeded(5), set(first)).draw(FEMALE) != first[0]


def test_names_never_run_out() -> None:
    """When the plain combinations are used up, longer names follow."""
    names = Names(seeded(2))
    drawn = [names.draw(FEMALE) for _ in range(30_000)]

    assert len(set(drawn)) == 30_000
    assert max(len(name.split()) for name in drawn) == 5


def test_a_drawn_name_avoids_the_given_words(names: Names) -> None:
    """Staff can be named so that no summary holds a part of their name."""
    avoid = frozenset({"hoa", "lan", "huong", "mai", "hanh", "minh"})
    drawn = [names.draw(FEMALE, avoid=avoid) for _ in range(300)]

    assert not any(telling_words(name) & avoid for name in drawn)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Nguyễn Thị Hoa", {"hoa"}),
        ("Trần Văn Khánh Đạt", {"khanh", "dat"}),
        ("Lê Thị Hà", set()),
        ("Đặng Hữu Tường Phượng", {"tuong", "phuong"}),
    ],
)
def test_the_telling_words_of_a_name(name: str, expected: set[str]) -> None:
    """The given name and uncommon parts tell; common surnames, middle names and words of two letters do not."""
    assert telling_words(name) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Việc hòa giải đã lập biên bản.", True),
        ("Người viết đơn là Lê Thị Hà.", True),
        ("Đơn có hà tì, thị xã đã nhận.", False),
        ("Tố cáo một cán bộ cấp xã.", False),
    ],
)
def test_a_text_names_somebody(text: str, expected: object) -> None:
    """By a telling word, or by a whole name whose parts tell nothing."""
    assert names_somebody(text, ["Nguyễn Thị Hoa", "Lê Thị Hà"]) is expected


def test_words_are_compared_without_accents_and_case() -> None:
    """The name Hoa and the word hóa are the same to an attentive reader."""
    assert folded_words("Đề nghị HÓA giải; Nguyễn-Thị Ước") == ["de", "nghi", "hoa", "giai", "nguyen", "thi", "uoc"]


def test_no_given_name_is_a_word_of_a_position(names: Names) -> None:
    """Positions go up for protected cases: a name among them would hold every case of that person."""
    roles = {word for position in POSITIONS for word in folded_words(position)}
    drawn = {word for _ in range(3000) for gender in (MALE, FEMALE) for word in telling_words(names.draw(gender))}

    assert drawn & roles == set()
