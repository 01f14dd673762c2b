"""What a local value was probably meant to be."""

import pytest

from sync_agent.domain.casefile import CaseFile
from sync_agent.mapping import FieldKind, Suggester, kind_of

NAMES = {
    "H217.02": "Ủy ban nhân dân tỉnh",
    "H217.04": "Sở Nông nghiệp và Môi trường",
    "H217.05": "Sở Xây dựng",
    "H217.20.01": "Ủy ban nhân dân phường Sông Thao",
    "H217.20.02": "Ủy ban nhân dân phường Gò Mây",
}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("so xay dung", "H217.05"),
        ("SỞ XÂY DỰNG TỈNH", "H217.05"),
        ("UBND phường Gò Mây", "H217.20.02"),
        ("Nông nghiệp & Môi trường", "H217.04"),
        ("H217.05", "H217.05"),
    ],
)
def test_the_likest_name_comes_first(text: str, code: str) -> None:
    """Accents, capitals and abbreviations do not count; a code stands for itself."""
    assert Suggester(NAMES).best([text])[0].code == code


def test_what_is_like_nothing_suggests_nothing() -> None:
    """A bare number, be it a code of the list or not, an empty text, another word."""
    suggester = Suggester(NAMES | {"7": "Khác"})
    assert [suggester.best([text]) for text in ("7", "8", "", "Trường mầm non")] == [(), (), (), ()]


def test_at_most_three_are_suggested_the_same_ones_every_time() -> None:
    """Best first; equal ones by their code."""
    names = {str(code): "Ủy ban nhân dân xã" for code in range(9)}
    assert [each.code for each in Suggester(names).best(["UBND xã"])] == ["0", "1", "2"]


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("kind", FieldKind.CHOICE),
        ("settlements.outcome", FieldKind.CHOICE),
        ("petitioners.people.address.province", FieldKind.TEXT),
        ("petitioners.people.shoe", None),
        ("x", None),
    ],
)
def test_the_kind_of_a_field_is_known_through_lists(path: str, kind: FieldKind | None) -> None:
    """A path that does not exist has none."""
    assert (kind_of(path), bool(CaseFile.model_fields)) == (kind, True)
