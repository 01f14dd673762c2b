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


def test_the_signer_reads_what_goes_up_and_what_never_does(policy: Policy) -> None:
    """In plain Vietnamese: the fields of a protected case, open and closed."""
    said = policy.sentences("vi")
    opened = next(sentence for sentence in said if sentence.startswith("Với vụ việc được bảo vệ, chỉ gửi"))
    closed = next(sentence for sentence in said if sentence.startswith("Với vụ việc được bảo vệ, không bao giờ gửi"))
    assert "chức vụ cán bộ (không có tên)" in opened
    assert "người khiếu nại, tố cáo, kiến nghị, phản ánh;" in closed
    assert "hồ sơ, tệp đính kèm;" in closed


def test_the_signer_reads_when_a_case_is_protected(policy: Policy) -> None:
    """The triggers of the policy are said with their values."""
    said = policy.sentences("en")
    assert said[:2] == [
        "A case is protected when its kind is: denunciation, mixed content.",
        "A case is protected when a field code begins with: TC.",
    ]


def test_a_field_closed_changes_the_sentences(policy: Policy) -> None:
    """What is said comes from the policy alone."""
    narrower = replace(policy, protected=policy.protected - {"petition.source"})
    assert [a for a, b in zip(narrower.sentences("en"), policy.sentences("en"), strict=True) if a != b] == [
        sentence for sentence in narrower.sentences("en") if sentence.startswith("Of a protected case")
    ]


def test_both_languages_say_the_same_number_of_things(policy: Policy) -> None:
    """Neither reader is told less."""
    assert len(policy.sentences("vi")) == len(policy.sentences("en"))
