"""What `adopt` prints and how it ends; and that holds of an adoption are shown and released by the same words."""

import json
from collections.abc import Callable

import pytest

from tests.support.houses import House, Houses

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def house(make_house: Houses) -> House:
    """Return a house with a complaint that was sent by another program, two that claim one id, and a new one."""
    house = make_house(page=50)
    house.local.case(1, ma_qg="case-1")
    house.local.case(2, ma_qg="same")
    house.local.case(3, ma_qg="same")
    house.local.case(4)
    return house


def test_an_adoption_prints_a_table_and_whom_to_look_at(run: Run) -> None:
    """Exit code 1: two cases need a person."""
    code, text, _ = run("adopt")
    words = [" ".join(line.split()) for line in text.splitlines()]
    assert (code, "complaint 2026 1 1 2 0 0" in words) == (1, True)
    assert {"Read 4 cases.", "case: 1 taken over", "V2", "V3"} <= set(words)
    assert "2 cases need a person - see: sync-agent holds list" in words


def test_a_rehearsal_prints_the_same_and_says_that_it_is_one(run: Run, house: House) -> None:
    """And has written nothing."""
    code, text, _ = run("adopt", "--dry-run")
    assert (code, "Nothing was written." in text, house.states()) == (1, True, {})


def test_an_adoption_as_json_is_one_document(run: Run) -> None:
    """With the figures by kind and year."""
    _, text, _ = run("--json", "adopt")
    document = json.loads(text)
    figures = {"adopted": 1, "create": 1, "ambiguous": 2, "waiting": 0, "kept": 0}
    assert document["cases"] == [{"kind": "complaint", "year": 2026, **figures}]
    assert (document["adopted"], document["ambiguous"], document["trust"]) == ({"case": 1}, ["V2", "V3"], None)


def test_an_adoption_that_leaves_no_question_ends_with_0(run: Run, house: House) -> None:
    """New cases are none."""
    house.local.change(3, ma_qg="another")
    assert run("adopt")[0] == 0


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--decline", "--lookup", "--reason", "x"], "--decline stands alone, with --reason CODE"),
        (["--decline"], "say why with --reason CODE"),
        (["--push"], "say why with --reason CODE"),
        (["--push", "--reason", "two words"], "a reason is a code"),
    ],
)
def test_words_that_make_no_sense_are_refused(run: Run, house: House, words: list[str], complaint: str) -> None:
    """Before anything is done."""
    code, _, error = run("adopt", *words)
    assert (code != 0, complaint in error, house.states()) == (True, True, {})


def test_a_first_update_is_shown_field_by_field_and_released(run: Run, house: House) -> None:
    """By the commands for every hold."""
    house.sync()
    run("adopt")
    house.local.change(1, noi_dung="Mới")
    house.sync()
    code, text, _ = run("holds", "show", "V1")
    assert (code, "NguonDonDen.SoVanBanDen" in text) == (1, True)
    assert "sync-agent holds release KEY --rule adopted_update" in text
    words = ("holds", "release", "V1", "--rule", "adopted_update", "--reason", "compared")
    assert run(*words, "--digest", text.split()[-1])[0] == 0
    house.sync()
    assert house.gateway.last["VuViec"]["Id"] == "case-1"


def test_an_id_in_doubt_is_settled_by_cases_resolve(run: Run, house: House) -> None:
    """As an uncertain message is."""
    run("adopt")
    assert run("cases", "resolve", "V2", "--step", "case", "--arrived", "same")[0] == 0
    assert (house.message("V2").ack_id, house.rules("V3")) == ("same", {"national_id_shared"})
