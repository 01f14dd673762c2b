"""Text of old programs: converted where it is declared, read again where that is provable, else only suspected."""

import unicodedata
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync_agent.domain.spelling import LETTERS, PUNCTUATION, TONES, is_syllable
from sync_agent.mapping.legacy import Encoding, Repaired, is_sound, repaired

REPUBLIC = "Cộng hoà xã hội chủ nghĩa Việt Nam"

# each letter as the encodings' own charts show it
TCVN3 = "¸µ¶·¹ ¨¾»¼½Æ ©ÊÇÈÉË ÐÌÎÏÑ ªÕÒÓÔÖ Ý×ØÜÞ ãßáâä «èåæçé ¬íêëìî óïñòô ­øõö÷ù ýúûüþ ®"
VNI = (
    "aùaøaûaõaï aêaéaèaúaüaë aâaáaàaåaãaä eùeøeûeõeï eâeáeàeåeãeä íìæóò oùoøoûoõoï oâoáoàoåoãoä ôôùôøôûôõôï uùuøuûuõuï "
    "ööùöøöûöõöï yùyøyûyõî ñ"
)
UNICODE = "áàảãạ ăắằẳẵặ âấầẩẫậ éèẻẽẹ êếềểễệ íìỉĩị óòỏõọ ôốồổỗộ ơớờởỡợ úùủũụ ưứừửữự ýỳỷỹỵ đ"

good = st.text(st.sampled_from(sorted(LETTERS | PUNCTUATION | set("aAbBcCnNoO uU,.;:()-/'\"0123456789"))), max_size=40)
syllables = st.builds(
    "".join,
    st.tuples(
        st.sampled_from(["", "b", "ch", "đ", "ngh", "nh", "th", "tr", "v", "Đ", "H", "Ph"]),
        st.sampled_from(["a", "ă", "â", "e", "ê", "i", "o", "ô", "ơ", "u", "ư", "y"]),
        st.sampled_from(["", *sorted(TONES)]),
        st.sampled_from(["", "n", "ng", "m"]),
    ),
)
sentences = st.lists(syllables.map(lambda each: unicodedata.normalize("NFC", each)), min_size=1).map(" ".join)


def in_tcvn3(text: str) -> str:
    """Return a text of small letters as a program without the font shows its TCVN3."""
    return text.translate(dict(zip(map(ord, UNICODE), TCVN3, strict=True)))


def in_1258(text: str) -> str:
    """Return a text whose windows-1258 was read as windows-1252."""
    kept = {"\N{COMBINING CIRCUMFLEX ACCENT}", "\N{COMBINING BREVE}", "\N{COMBINING HORN}"}
    letters: list[str] = []
    for letter in unicodedata.normalize("NFD", text):
        if letter in kept:
            tone = letters.pop() if letters[-1] in TONES else ""
            letters[-1:] = [unicodedata.normalize("NFC", letters[-1] + letter), *tone]
        else:
            letters.append(letter)
    return "".join(letters).encode("cp1258").decode("cp1252")


@pytest.mark.parametrize(("declared", "written"), [("tcvn3", TCVN3), ("vni", VNI)])
def test_every_letter_of_an_encoding_is_known(declared: Encoding, written: str) -> None:
    """All small letters with their tones, as the charts list them."""
    assert repaired(written, declared).text == UNICODE


def test_capitals_of_vni_are_letters_of_their_own() -> None:
    """With a small or a capital second sign."""
    assert [repaired(text, "vni").text for text in ("ÑÖÔØNG", "ÑÖÔøng", "AÂU", "Aâu")] == ["ĐƯỜNG", "ĐƯỜng", "ÂU", "Âu"]


@pytest.mark.parametrize(
    ("written", "meant"), [("UBND TØNH", "UBND TỈNH"), ("TRÇN H¦NG §¹O", "TRẦN HƯNG ĐẠO"), ("Hµ Néi", "Hà Nội")]
)
def test_what_was_typed_in_a_capital_font_of_tcvn3_is_in_capitals(written: str, meant: str) -> None:
    """The encoding itself has no capitals with a tone: the font showed them."""
    assert repaired(written, "tcvn3").text == meant


@pytest.mark.parametrize(
    ("declared", "written"),
    [
        ("tcvn3", "Céng hoµ x· héi chñ nghÜa ViÖt Nam"),
        ("vni", "Coäng hoaø xaõ hoäi chuû nghóa Vieät Nam"),
        ("windows-1258", in_1258(REPUBLIC)),
    ],
)
def test_a_declared_text_is_converted_and_said_so(declared: Encoding, written: str) -> None:
    """The rule names the encoding."""
    assert repaired(written, declared) == Repaired(REPUBLIC, (f"text_{declared.rpartition('-')[2]}",))


@pytest.mark.parametrize("declared", ["tcvn3", "vni", "windows-1258"])
def test_unicode_in_a_declared_column_stays(declared: Encoding) -> None:
    """A half migrated table has both."""
    assert repaired(REPUBLIC, declared) == Repaired(REPUBLIC)


@pytest.mark.parametrize("charset", ["cp1252", "latin-1"])
@pytest.mark.parametrize("times", [1, 2])
def test_utf_8_that_was_misread_is_read_again(charset: str, times: int) -> None:
    """Once or twice over."""
    text = "Nguyên Văn Mẫu, tổ 5"
    for _ in range(times):
        text = "".join(bytes([byte]).decode(charset, "replace").replace("\ufffd", chr(byte)) for byte in text.encode())
    assert repaired(text) == Repaired("Nguyên Văn Mẫu, tổ 5", ("text_misread",))


def test_decomposed_text_is_composed() -> None:
    """Letter and mark as two characters are one."""
    assert repaired(unicodedata.normalize("NFD", REPUBLIC)) == Repaired(REPUBLIC, ("text_composed",))


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("Nguy?n V?n M?u", "text_lost"),
        ("Nguy\ufffdn", "text_lost"),
        ("NguyÔn V¨n An", "looks_tcvn3"),
        ("®¬n khiÕu n¹i vÒ ®Êt", "looks_tcvn3"),
        ("ñôn khieáu naïi veà ñaát", "looks_vni"),
        (in_1258("đơn khiếu nại về đất"), "looks_1258"),
    ],
)
def test_what_is_only_suspected_is_said_and_left(text: str, rule: str) -> None:
    """Nothing is converted that nobody declared."""
    assert repaired(text) == Repaired(text, (rule,))


@pytest.mark.parametrize(
    "text",
    [
        "Diện tích 25 m², sâu 5 m³, ½ thửa, § 3, ±2°",
        "đất 300 m²",
        "25 m²",
        "Müller",
        "Café",
        "Krông Bông",
        "nghành y tế",
        "Bé Hà, Tô Cù",
        "Đúng không?Tôi hỏi",
        "Ai? Ở đâu?",
    ],
)
def test_good_text_is_left_without_a_word(text: str) -> None:
    """Signs, foreign words, misspelt words and names that an old encoding could also mean."""
    assert repaired(text) == Repaired(text)


@given(good)
def test_vietnamese_in_unicode_is_never_changed(text: str) -> None:
    """Whatever its letters, in any order."""
    assert repaired(text).text == unicodedata.normalize("NFC", text)


@given(st.text())
def test_a_repair_by_itself_is_done_once(text: str) -> None:
    """What comes out is not changed again."""
    once = repaired(text).text
    assert repaired(once).text == once


@given(good.filter(lambda text: not text.isascii()), st.sampled_from(["cp1252", "latin-1"]))
def test_a_misreading_is_undone_or_left(text: str, charset: str) -> None:
    """Never something third."""
    wrong = "".join(bytes([byte]).decode(charset, "replace").replace("\ufffd", chr(byte)) for byte in text.encode())
    assert repaired(wrong).text in {unicodedata.normalize("NFC", text), unicodedata.normalize("NFC", wrong)}


@given(sentences.map(str.lower))
def test_tcvn3_comes_back(text: str) -> None:
    """Every sentence of small letters."""
    assert repaired(in_tcvn3(text), "tcvn3").text == text


@given(sentences)
def test_windows_1258_comes_back(text: str) -> None:
    """Every sentence."""
    assert repaired(in_1258(text), "windows-1258").text == text


@pytest.mark.parametrize("pair", list(product("bcdhklmn", ["oa", "ươi", "uyên", "iêu"])))
def test_what_can_be_a_syllable(pair: tuple[str, str]) -> None:
    """With a tone on any vowel."""
    assert is_syllable("".join(pair) + "\N{COMBINING ACUTE ACCENT}")


@pytest.mark.parametrize("word", ["NguyÔn", "hoäi", "m²", "Krông", "Müller", "tốố"])
def test_what_cannot_be_a_syllable(word: str) -> None:
    """Foreign letters, foreign clusters, two tones."""
    assert not is_syllable(word)


@given(st.text(st.sampled_from(sorted(LETTERS | PUNCTUATION | TONES | set("aoHN ?.ïøåöñ€\ufffd中"))), max_size=12))
def test_what_is_sound_is_left_alone(text: str) -> None:
    """The short way says nothing else than the long one, whatever the column is declared to be."""
    declared: tuple[Encoding, ...] = ("unicode", "tcvn3", "vni", "windows-1258")
    assert not is_sound(text) or {Repaired(text)} == {repaired(text, each) for each in declared}


@pytest.mark.parametrize("text", [REPUBLIC, "abc, 12-3", "“Đường” …"])
def test_most_texts_are_sound(text: str) -> None:
    """Plain ASCII, and Vietnamese as it should be."""
    assert is_sound(text)


@pytest.mark.parametrize("text", ["NguyÔn", "à la", "Nguy?n", "Cô\N{COMBINING DOT BELOW}ng đ", "\ufffd"])
def test_what_must_be_looked_at_is_not_sound(text: str) -> None:
    """Letters that an old encoding may be shown by, lost letters, letters apart from their tones."""
    assert not is_sound(text)
