import re

import pytest

from sync_agent.example import ORGANISATIONS, Changes, Stock
from sync_agent.example.organisations import OUTSIDE_AGENCIES, organisation


@pytest.fixture
def changes() -> Changes:
    """Give a day with something of most kinds."""
    return Changes(
        edited=("D1-1001",),
        processed=("D2-1002",),
        accepted=(),
        settled=(),
        enforced=("D3-1003",),
        corrected=("D4-1004",),
        created=("D9-1001",),
        withdrawn=("D5-1005",),
        silent=("D6-1006",),
        identifying=("Tên Bịa Đặt",),
    )


def test_changes_tell_what_should_go_up_by_step(changes: Changes) -> None:
    """A withdrawal and a protected edit have no message."""
    assert changes.steps == {
        "case": ("D1-1001", "D9-1001"),
        "processing": ("D2-1002",),
        "acceptance": (),
        "settlement": (),
        "enforcement": ("D3-1003", "D4-1004"),
    }


def test_changes_know_every_touched_case(changes: Changes) -> None:
    """Withdrawals and silent edits are among them."""
    assert changes.keys == {f"D{n}-100{n}" for n in range(1, 7)} | {"D9-1001"}


def test_identifying_values_are_not_shown(changes: Changes) -> None:
    """A failing test prints no name."""
    stock = Stock(1, 1, {}, {}, (), (), (), frozenset(), frozenset(), {}, {}, ("Tên Bịa Đặt",))

    assert "Tên" not in repr(changes)
    assert "Tên" not in repr(stock)


def test_organisations_have_national_codes_of_the_right_form() -> None:
    """Letter, three digits, then groups of two digits; local and national codes are unique."""
    codes = [entry.national_code for entry in ORGANISATIONS] + [code for code, _ in OUTSIDE_AGENCIES]

    assert all(re.fullmatch(r"[HGA]\d{3}(\.\d{2}){1,2}", code) for code in codes)
    assert len(set(codes)) == len(codes)
    assert len({entry.local_id for entry in ORGANISATIONS}) == len(ORGANISATIONS)


def test_an_organisation_is_found_by_its_local_id() -> None:
    """An unknown id is a KeyError, never another organisation."""
    assert organisation(1009).national_code == "H217.20.01"
    with pytest.raises(KeyError):
        organisation(9999)
