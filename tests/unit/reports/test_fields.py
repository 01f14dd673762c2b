"""A finding's field in the words of those who keep the cases."""

import re

import pytest

from sync_agent.i18n import Language
from sync_agent.privacy.paths import leaf_paths
from sync_agent.reports import field_words

PATHS = sorted({path[: place.end()] for path in leaf_paths() for place in re.finditer(r"[^.]+", path)})


@pytest.mark.parametrize("lang", list(Language))
def test_every_part_and_field_of_a_case_has_words(lang: Language) -> None:
    """A new field needs its word in both languages, keys included."""
    assert [path for path in PATHS if re.search("_|[a-z]\\.[a-z]", field_words(path, lang))] == []


@pytest.mark.parametrize(
    ("path", "vi", "en"),
    [
        ("", "", ""),
        ("kind", "loại đơn", "kind of petition"),
        ("case_key", "khóa vụ việc", "key of the case"),
        ("petition.place.commune", "đơn › nơi phát sinh › xã", "petition › place of occurrence › commune"),
        ("respondents[1]", "người bị khiếu nại, tố cáo 2", "respondents 2"),
        ("attachments[].name", "hồ sơ, tệp đính kèm › tên hồ sơ", "attachments › name"),
        ("processing.officer_role", "xử lý đơn › chức vụ cán bộ", "processing › officer's role"),
    ],
)
def test_a_field_is_said_part_by_part(path: str, vi: str, en: str) -> None:
    """From the whole to the part; an entry of a list by its number, from 1."""
    assert (field_words(path, Language.VI), field_words(path, Language.EN)) == (vi, en)


def test_a_field_of_the_contract_stays_as_it_is() -> None:
    """It is no field of a case; whoever mends it knows the message."""
    assert field_words("NguonDonDen.SoVanBanDen", Language.VI) == "NguonDonDen.SoVanBanDen"
