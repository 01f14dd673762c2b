import re
from dataclasses import replace

import pytest

from sync_agent.privacy import Policy
from sync_agent.privacy.paths import STRUCTURAL, leaf_paths
from sync_agent.privacy.sentences import LANGUAGES, word

PARTS = {path[: place.start()] for path in leaf_paths() for place in re.finditer(r"\.", path)}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_part_and_field_has_a_word(lang: str) -> None:
    """The signer never reads a field name; a new field needs its word in both languages."""
    assert [path for path in (set(leaf_paths()) - STRUCTURAL) | PARTS if not word(path, lang)] == []


def _lines(policy: Policy, lang: str, title: str) -> list[str]:
    return next(list(section.lines) for section in policy.sections(lang) if section.title == title)


def test_the_signer_reads_what_goes_up_and_what_does_not(policy: Policy) -> None:
    """In plain Vietnamese: the fields of a protected case, people first."""
    opened = _lines(policy, "vi", "Đơn tố cáo và đơn khác được bảo vệ: chỉ gửi")
    closed = _lines(policy, "vi", "Đơn tố cáo và đơn khác được bảo vệ: không gửi")
    assert "Văn bản tự do duy nhất được gửi: đơn (bản tóm tắt đã lược bỏ danh tính và được duyệt)." in opened
    assert "chức vụ cán bộ (không có tên)" in "".join(opened)
    assert (
        "Người khiếu nại, tố cáo, kiến nghị, phản ánh: họ tên, địa chỉ, số định danh, điện thoại, thư điện tử và mọi "
        "thông tin khác." in closed[:4]
    )
    assert "Hồ sơ, tệp đính kèm." in closed


def test_the_signer_reads_when_a_case_is_protected(policy: Policy) -> None:
    """The triggers of the policy are said with their values."""
    assert _lines(policy, "en", "What protects a case (one sign is enough)")[:2] == [
        "Its kind is: denunciation, mixed content.",
        "A field code begins with: TC.",
    ]


def test_the_signer_reads_what_of_the_others_stays_here_and_which_free_texts_go(policy: Policy) -> None:
    """Telephones, e-mails, birth dates and ethnicity; and every field in which whole sentences stand."""
    said = " ".join(_lines(policy, "vi", "Đơn khác: gửi nội dung hồ sơ, trừ"))
    assert "ngày sinh, dân tộc, nghề nghiệp, chức vụ, nơi công tác, điện thoại, thư điện tử" in said
    assert "nội dung đơn, bản tóm tắt" in said


@pytest.mark.parametrize("path", sorted(set(leaf_paths()) - STRUCTURAL))
@pytest.mark.parametrize("protected", [True, False], ids=["protected", "others"])
def test_every_field_opened_or_closed_changes_the_sentences(policy: Policy, path: str, *, protected: bool) -> None:
    """What is said comes from the policy alone, and nothing in it goes unsaid."""
    paths = policy.open_paths(protected=protected) ^ {path}
    other = replace(policy, protected=paths) if protected else replace(policy, unprotected=paths)
    assert [other.sections(lang) == policy.sections(lang) for lang in LANGUAGES] == [False, False]


def test_both_languages_say_the_same_number_of_things(policy: Policy) -> None:
    """Neither reader is told less."""
    counts = [[len(section.lines) for section in policy.sections(lang)] for lang in LANGUAGES]
    assert counts[0] == counts[1]


def test_a_policy_that_opens_no_free_text_says_so(policy: Policy) -> None:
    """Silence would leave it open."""
    closed = replace(policy, protected=frozenset({"agency"}))
    assert _lines(closed, "en", "Denunciations and other protected cases: only this goes up") == [
        "Agency code.",
        "The only free text that goes up: none.",
    ]
