import copy
import pickle
import unicodedata
from collections.abc import Iterator

import pytest
from pydantic import BaseModel

from sync_agent.domain.casefile import (
    Address,
    CaseFile,
    Organisation,
    Person,
    Petition,
    Petitioners,
    Processing,
)
from sync_agent.privacy import Gate, Policy, Withheld
from sync_agent.privacy.paths import branches
from sync_agent.privacy.withheld import IDENTIFYING

NOT_COMPARED = {
    # codes and dates are the same for thousands
    ("Address", "province"),
    ("Address", "district"),
    ("Address", "commune"),
    ("Person", "ethnicity"),
    ("Person", "nationality"),
    ("Person", "birth_date"),
    ("Person", "id_issued_by"),
    # free words: what identifies in them is a name or a number, and that is looked for
    ("Person", "occupation"),
    ("Person", "position"),
    ("Person", "workplace"),
    ("HandledPerson", "position"),
    ("HandledPerson", "measure"),
    ("HandledOrganisation", "measure"),
}


@pytest.fixture
def withheld(gate: Gate, denunciation: CaseFile) -> Withheld:
    """Return what the gate withheld of the denunciation."""
    return gate.clear(denunciation, protected=True).withheld


def _person(policy: Policy, **fields: object) -> Withheld:
    people = (Person.model_validate(fields),)
    return Withheld(CaseFile(case_key="1", petitioners=Petitioners(people=people)), policy.names)


@pytest.mark.parametrize(
    "text",
    [
        "Nguyễn Thị Khuê",
        "bà KHUÊ trình bày",
        "ba khue trinh bay",
        unicodedata.normalize("NFD", "nộp bởi Khuê."),
        "Khu\u00adê",
        "Ｋｈｕê",
        "don_to_cao-khue.pdf",
        "nguyenthikhue@",
        "001088012345",
        "CCCD: 001 088 012 345",
        "001.088.012-345",
        "số 0912345678",
        "+84 912 345 678",
        "84-912-345-678",
        "0912–345–678",
        "(0912) 345.678",
        "０９１２３４５６７８",
        "thư khue.nt@example.vn",
        "nhà SỐ 12, NGÕ HẠC TRẮNG, thôn Đông Hạ",
        "tại so 12 ngo hac trang",
        "Hợp tác xã Sen Hồng",
        "hop tac xa sen hong",
        "hoptacxasenhong",
        "khue1987",
        "theo Khuê(1987)",
        "khue.nt@example.vn1987",
        "so12ngohactrang",
        "CCCD001088012345cấp",
        "001/088/012/345",
        "001:088:012345",
        "0010\n8801\n2345",
        "0912•345•678",
        "N g u y ễ n T h ị K h u ê",
    ],
)
def test_the_petitioner_is_found_however_written(withheld: Withheld, text: str) -> None:
    """Accents, case, composition, separators and invisible characters hide nothing."""
    assert withheld.found_in(["không có gì", text])


@pytest.mark.parametrize(
    "name",
    [
        "Trần Quốc Bửu",  # respondent, and a person handled
        "Phạm Gia Tường",  # representative
        "Lý Thị Diễm",  # officer of the reception
        "Tạ Bỉnh Khiêm",  # leader
        "Mạc Tú Uyên",  # delegated leader
        "Đỗ Nhật Lệ",  # officer
        "Vũ Hải Đường",  # approver of the processing
        "Hồ Lệ Quyên",  # approver of the acceptance
        "Phòng Sen Hồng",  # organisation handled
    ],
)
def test_everyone_in_the_case_is_found(withheld: Withheld, name: str) -> None:
    """Whoever appears in a protected case is withheld, in whatever part they stand."""
    assert withheld.found_in([f"theo {name.upper()} thì"])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Tố cáo cán bộ lập khống hồ sơ chi trả.",
        "Nguyễn Thị Hoa",  # common surname and middle name
        "H217.01",
        "01/03/2026",
        "Chuyên viên",
        "khuếch trương",  # a word that only begins alike
        "12",
        "5000000",
        "001088",
        "150.000.000 đồng",
        "từ 01.03.2026 đến 15.04.2026",
        "01/03/2026 08:30",
        "KN.01.02.16",
        "H217.20.01",
        "số 012/2026/QĐ-UBND",
        "SIM-0001",
    ],
)
def test_other_texts_pass(withheld: Withheld, text: str) -> None:
    """Common names, codes, dates, amounts and words that only begin alike are no hit."""
    assert not withheld.found_in([text])


def test_what_may_go_up_of_the_case_itself_passes(withheld: Withheld, gate: Gate, denunciation: CaseFile) -> None:
    """The open strings of a protected case are not its identities."""
    cleared = gate.clear(denunciation, protected=True).cleared.case.model_dump_json()
    assert not withheld.found_in([cleared])


def test_nothing_is_found_in_no_text(withheld: Withheld) -> None:
    """An empty message holds nobody."""
    assert not withheld.found_in([])


def test_a_short_given_name_is_found_only_in_the_full_name(policy: Policy) -> None:
    """A part of two letters is no witness; the whole name is."""
    person = _person(policy, full_name="Nguyễn Văn An")
    assert [person.found_in([text]) for text in ("công an", "ông Nguyễn Văn An")] == [False, True]


def test_the_given_name_is_compared_even_when_it_is_a_common_middle_name(policy: Policy) -> None:
    """A word is common only in the place where it is common."""
    assert _person(policy, full_name="Trần Thị Phương").found_in(["bà Phương"])


def test_a_given_name_is_not_taken_for_a_middle_name_by_losing_its_accents(policy: Policy) -> None:
    """Vân is not Văn: her name is compared."""
    assert _person(policy, full_name="Vân Khánh Thị").found_in(["chị Vân"])


def test_a_name_written_without_accents_keeps_its_common_parts_common(policy: Policy) -> None:
    """`NGUYEN VAN` in the source does not make every `văn bản` a hit."""
    person = _person(policy, full_name="NGUYEN VAN HOAN")
    assert [person.found_in([text]) for text in ("văn bản", "ông Hoàn")] == [False, True]


def test_several_people_in_one_field_are_each_found(policy: Policy) -> None:
    """A field may hold a couple, with titles."""
    couple = _person(policy, full_name="Ông Lê Văn Toán và bà Đinh Thị Lụa (vợ)")
    assert [couple.found_in([text]) for text in ("Toán", "Lụa", "ông bà")] == [True, True, False]


def test_what_stands_before_the_surname_does_not_hide_the_full_name(policy: Policy) -> None:
    """A rank or a title nobody listed is no part of the name that is looked for."""
    assert _person(policy, full_name="Thượng tá Nguyễn Văn An").found_in(["Nguyễn Văn An"])


@pytest.mark.parametrize(
    "text",
    [
        "gọi 0987 654 321",
        "số +84 987 654 321",
        "028.3822.1234",
        "CCCD 079 088 012 345",
        "079088012345",
        "a.b@example.vn",
    ],
)
def test_what_looks_like_a_number_or_an_address_of_anyone_is_found(withheld: Withheld, text: str) -> None:
    """A neighbour's telephone leads to the writer as well, although no column of the case has it."""
    assert withheld.found_in([text])


def test_one_word_behind_an_and_is_a_person(policy: Policy) -> None:
    """Thư is a name; only several words make a position."""
    couple = _person(policy, full_name="Lê Thị Toán và Thư")
    assert couple.found_in(["chị Thư"])


@pytest.mark.parametrize("name", ["Đơn nặc danh", "nặc danh", "Không rõ", "khong ro"])
def test_a_word_in_the_place_of_a_name_is_no_name(policy: Policy, name: str) -> None:
    """What says that there is no name withholds nothing."""
    assert not _person(policy, full_name=name).found_in(["Đơn nặc danh", "không rõ", "danh sách", "đơn"])


def test_the_position_behind_the_name_of_an_officer_is_no_name(policy: Policy) -> None:
    """Local systems write `name - position`; the role may go up."""
    case = CaseFile(case_key="1", processing=Processing(officer="Nguyễn Văn Khoát - Phó Chánh Thanh tra"))
    officer = Withheld(case, policy.names)
    assert [officer.found_in([text]) for text in ("Phó Chánh Thanh tra", "Khoát")] == [False, True]


@pytest.mark.parametrize(
    ("written", "text", "found"),
    [
        ("012345678", "012345678", True),
        ("B1234567", "hộ chiếu b 1234567", True),
        ("B1234567", "1234568", False),
        ("001088012345", "1088012345", True),
        ("AB-CD", "giấy ab cd", True),
        ("12345", "12345", False),  # too short for an ID number; a year or an amount would be a hit
        ("012345678; 987654321", "987654321", True),
        ("012345678 098765432109", "098765432109", True),
    ],
)
def test_id_numbers(policy: Policy, *, written: str, text: str, found: bool) -> None:
    """Six digits and more are compared as digits, several in one field each."""
    assert _person(policy, id_number=written).found_in([text]) is found


@pytest.mark.parametrize(
    ("written", "text", "found"),
    [
        ("0912345678", "912345678", True),
        ("+84912345678", "0912345678", True),
        ("+84 (0) 912 345 678", "0912345678", True),
        ("0912345678 / 0987654321", "0987 654 321", True),
        ("0912345678 0987654321", "0987654321", True),
        ("84123", "84123", False),
    ],
)
def test_telephone_numbers(policy: Policy, *, written: str, text: str, found: bool) -> None:
    """The country code and the leading zero are the same number."""
    assert _person(policy, phone=written).found_in([text]) is found


@pytest.mark.parametrize(
    ("detail", "text", "found"),
    [
        ("12", "12", False),  # a bare house number stands in every date
        ("Tổ 7", "to 7", True),
        ("Số 5, phố Hạ, phường Đông", "số 5", False),  # too short alone
        ("Số 5 phố Hạ - phường Đông", "ở số 5 phố Hạ", True),
    ],
)
def test_address_details(policy: Policy, *, detail: str, text: str, found: bool) -> None:
    """House and street are found without the commune behind them."""
    case = CaseFile(case_key="1", petition=Petition(place=Address(detail=detail)))
    assert Withheld(case, policy.names).found_in([text]) is found


def test_a_name_of_one_letter_is_no_name(policy: Policy) -> None:
    """An initial singles nobody out."""
    case = CaseFile(case_key="1", petitioners=Petitioners(organisation=Organisation(name="A")))
    assert not Withheld(case, policy.names).found_in(["a"])


def test_withheld_values_show_nothing(withheld: Withheld) -> None:
    """Its repr is the same for every case."""
    assert repr(withheld) == "Withheld()"


def test_withheld_values_are_never_stored(withheld: Withheld) -> None:
    """They cannot be pickled or copied, neither before nor after a check."""
    withheld.found_in(["x"])
    with pytest.raises(TypeError, match="never stored"):
        pickle.dumps(withheld)
    with pytest.raises(TypeError, match="never stored"):
        copy.deepcopy(withheld)


def _models(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    yield model
    for branch in branches(model).values():
        if branch is not None:
            yield from _models(branch.model)


def test_every_text_about_a_person_or_place_is_compared_or_not_on_purpose() -> None:
    """A new text field of a person, an organisation or an address must be decided on."""
    about = {model for model in _models(CaseFile) if model in {known for known, _ in IDENTIFYING}} - {
        model for model in _models(CaseFile) if model.__name__ in {"Reception", "Processing", "Acceptance"}
    }
    texts = {
        (model.__name__, name)
        for model in about
        for name, field in model.model_fields.items()
        if field.annotation in {str | None, str} or "Annotated[str" in str(field.annotation)
    }
    assert texts - {(model.__name__, name) for model, name in IDENTIFYING} == NOT_COMPARED


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("Nguyễn Thị Khuê", "bà N.T.K. tố cáo", True),
        ("Nguyễn Thị Khuê", "bà NTK tố cáo", True),
        ("Nguyễn Thị Khuê", "bà N T K", True),
        ("Nguyễn Thị Khuê", "don_NTK.pdf", True),
        ("Đỗ Thị Đan", "bà Đ.T.Đ", True),
        ("Nguyễn Thị Khuê", "ntk", False),  # small letters are no initials
        ("Nguyễn Thị Khuê", "mã A7NTK2", False),
        ("Nguyễn Khuê", "N.K.", False),  # two letters stand for too much
        ("Hoàng Đức Ngọc Dũng", "HĐND xã", False),
        ("Nguyễn Văn An", "An Nguyễn Văn", True),
        ("Nguyễn Văn An", "AN VAN NGUYEN", True),
        ("Nguyễn Văn An", "ông N.V.An", True),
        ("Nguyễn Văn An", "ông N. V. An", True),
        ("Nguyễn Văn An", "N g u y ễ n V ă n A n", True),
        ("Nguyễn Thị Khuê", "bà K h u ê", True),
        ("Nguyễn Thị Khuê", "K-h-u-ê", True),
        ("Nguyễn Thị Khuê", "Nguyễn Thị\nKhuê", True),
        ("Trần Văn An", "ông Trần Văn Ánh", False),  # another's name, of which this one is a beginning
        ("Trần Văn An", "TranVanAn_don.pdf", True),
        ("Lê An", "lệ án phí", True),  # without accents it reads the same: in doubt it tells
        ("Lê An", "công an lệnh", False),
        ("Vàng A Páo", "bao cao", False),
        ("Bế Thị Hoa", "hoan nghênh, hòa giải", True),  # hòa is Hoa without its accent: in doubt it tells
        ("Bế Thị Hoan", "hoang mang", False),
    ],
)
def test_other_ways_to_write_a_name(policy: Policy, *, name: str, text: str, found: bool) -> None:
    """Initials, another order, letter by letter; a name inside another word is none."""
    assert _person(policy, full_name=name).found_in([text]) is found
