"""A refusal's text becomes a code and words that name nobody."""

import unicodedata
from pathlib import Path

import pytest

from sync_agent.national import REFUSED_UNKNOWN
from sync_agent.national.refusals import Refusals, read_refusals


@pytest.fixture(scope="module")
def refusals(folder: Path) -> Refusals:
    """Return the shipped file."""
    return read_refusals(folder)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Trường VuViec.NgayNhapDon không được để trống", "field_empty"),
        ("Trường Attachment[0].TenFileDinhKem không được để trống khi có tệp đính kèm", "field_empty"),
        ("  trường  A.B  không có trong cấu trúc thông điệp ", "field_unknown"),
        ("Trường A phải là số nguyên không âm", "field_form"),
        ("Trường A chỉ nhận giá trị 1, 2, 3", "field_form"),
        ("Trường A không đúng định dạng ngày dd/MM/yyyy: 2026-01-01", "date_form"),
        ("Mã PhanLoaiDon[0].MaLoaiDon1 không tồn tại trong danh mục: KN.99", "code_unknown"),
        ("Không tìm thấy vụ việc có Id 00000000", "not_found"),
        ("Không xác thực được thông tin công dân Nguyễn Thị Thử", "citizen_not_verified"),
        ("Tài khoản không có quyền cập nhật thông tin do đơn vị khác nhập", "not_owner"),
        ("Lỗi hệ thống", REFUSED_UNKNOWN),
        ("", REFUSED_UNKNOWN),
        ("Chức năng gắn vụ việc không được hỗ trợ cho Nguyễn Thị Thử", REFUSED_UNKNOWN),
    ],
)
def test_a_known_text_has_a_code(refusals: Refusals, text: str, code: str) -> None:
    """Patterns are anchored: a text that only begins like a known one is unknown."""
    assert refusals.code(text) == code


def test_a_decomposed_text_is_the_same_text(refusals: Refusals) -> None:
    """Servers differ in how they write diacritics."""
    text = unicodedata.normalize("NFD", "Chức năng gắn vụ việc không được hỗ trợ")

    assert refusals.code(text) == "link_unsupported"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Vụ việc của Nguyễn Văn Trường đã tồn tại", "Vụ việc của ▢ ▢ ▢ đã tồn tại"),
        ("Số 025000000001 không hợp lệ!", "▢ ▢ không hợp lệ!"),
        ("Phạm Thị Của, xã Không", "▢ ▢ ▢, ▢ ▢"),
        ("email: a.b@c.vn", "▢: ▢.▢.▢"),
        ("(không tìm thấy)", "(không tìm thấy)"),
        ("", ""),
    ],
)
def test_every_word_outside_the_vocabulary_is_hidden(refusals: Refusals, text: str, masked: str) -> None:
    """A word that is also a name shows only inside a known phrase, or in lower case."""
    assert refusals.masked(text) == masked


def test_a_masked_text_is_short(refusals: Refusals) -> None:
    """An HTML page does not end up in the ledger."""
    assert len(refusals.masked("không " * 1000)) <= 300


def test_the_vocabulary_is_written_as_it_is_compared(refusals: Refusals) -> None:
    """Lower case, NFC, and no word alone that is a common name."""
    names = {"an", "bình", "của ai", "hoa", "hà", "mai", "minh", "nguyễn", "sơn", "trường", "trần", "văn", "thị", "lệ"}

    assert [word for word in refusals.vocabulary if word != unicodedata.normalize("NFC", word).casefold()] == []
    assert names & set(refusals.vocabulary) == set()
