"""The code lists of the service."""

from sync_agent.simulator.codes import code_lists


def test_there_are_fourteen_lists() -> None:
    """`LoaiDanhMuc` runs from 1 to 14."""
    assert set(code_lists()) == {str(number) for number in range(1, 15)}


def test_every_item_has_the_form_of_its_list() -> None:
    """The data file does not contradict itself."""
    wrong = [
        (number, code)
        for number, codes in code_lists().items()
        for code in codes.items
        if codes.form.fullmatch(code) is None or not codes.knows(code)
    ]
    assert wrong == []


def test_a_closed_list_knows_its_items_only() -> None:
    """A direction that is not listed does not exist."""
    assert (code_lists()["13"].knows("4"), code_lists()["13"].knows("3")) == (True, False)


def test_an_open_list_knows_a_form() -> None:
    """Of agencies only the form of the code is known."""
    assert (code_lists()["2"].knows("H217.20.01"), code_lists()["2"].knows("217")) == (True, False)
