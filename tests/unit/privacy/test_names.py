import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync_agent.privacy.names import WordList, fold, load_common_names, words

ACCENTS = "àáảãạăằắẳẵặâầấẩẫậèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵđ"


def test_every_vietnamese_letter_folds_to_its_base() -> None:
    """No letter of the language keeps an accent, in either case."""
    assert set(fold(ACCENTS + ACCENTS.upper())) == set("aeiouyd")


@pytest.mark.parametrize("letter", ["đ", "Đ", "ð", "Ð", "ɖ", "Ɖ"])
def test_the_three_characters_for_one_letter_are_the_same(letter: str) -> None:
    """Texts converted from old encodings use all of them."""
    assert fold(letter) == "d"


@pytest.mark.parametrize("text", ["Kh\u200buê", "Kh\u00aduê", "\ufeffKhuê", "K\u202ehuê", "ＫＨＵÊ", "Khue\u0302"])
def test_invisible_characters_and_widths_are_ignored(text: str) -> None:
    """What a reader cannot see does not make another name."""
    assert fold(text) == "khue"


@given(st.text())
def test_folding_is_the_same_for_every_composition(text: str) -> None:
    """NFC and NFD of one text compare equal."""
    assert fold(unicodedata.normalize("NFD", text)) == fold(unicodedata.normalize("NFC", text))


def test_words_are_separated_by_whatever_is_no_letter_or_digit() -> None:
    """Underscores of file names and punctuation separate."""
    assert words(fold("Đơn_tố-cáo (Khuê).PDF")) == ["don", "to", "cao", "khue", "pdf"]


def test_a_list_holds_words_with_their_accents() -> None:
    """A word with other accents is another word; one without any is the same."""
    listed = WordList(["Văn"])
    assert ["văn" in listed, "van" in listed, "vân" in listed] == [True, True, False]


def test_the_shipped_lists_are_read() -> None:
    """Each list that the last check relies on is there."""
    names = load_common_names()
    assert [
        "nguyễn" in names.surnames,
        "thị" in names.middle_names,
        "bà" in names.titles,
        "nặc danh" in names.placeholders,
        "chánh" in names.role_words,
    ] == [True] * 5


def test_the_telling_parts_of_a_name() -> None:
    """The surname and the common middle name are left out, and parts of one or two letters; the last part never is."""
    names = load_common_names()
    assert [names.telling(person) for person in names.people("Bà Nguyễn Thị Lan Hương; Y Lý")] == [["lan", "huong"], []]
