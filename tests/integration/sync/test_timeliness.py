"""A look at a case notes from when and until when the law wants each step, and the day of receipt."""

from tests.support.houses import Houses


def test_trigger_due_and_receipt_are_noted(make_house: Houses) -> None:
    """They stand in the ledger whatever becomes of the message."""
    house = make_house()
    house.local.full(1)
    house.sync()
    found = house.select("SELECT step, trigger_on, due_on FROM message ORDER BY id")
    received = house.select("SELECT received_on FROM case_state")
    assert received[0][0] is not None
    assert all(start is not None and start < due for _, start, due in found)


def test_a_step_that_vanished_before_it_went_up_is_asked_for_no_more(make_house: Houses) -> None:
    """The law asks for no step that is not there."""
    house = make_house()
    house.local.case(1)
    house.local.processed(1)
    house.local.change(1, loai="??")  # held, so that nothing goes up
    house.sync()
    clocked = "SELECT COUNT(*) FROM message WHERE due_on IS NOT NULL AND step = 'processing'"
    before = house.select(clocked)[0][0]
    house.local.execute("DELETE FROM xu_ly")
    house.local.touch(1)
    house.clock.move(minutes=5)
    house.sync()
    assert (before, house.select(clocked)[0][0]) == (1, 0)


def test_a_day_off_more_moves_the_legal_date_of_known_cases(make_house: Houses) -> None:
    """New days off in the settings are a new configuration: every case is judged anew."""
    house = make_house()
    house.local.case(1)
    house.local.processed(1)
    house.sync()
    due = house.select("SELECT MIN(due_on) FROM message")[0][0]
    changed = house.edited("agent.toml", "[delivery]", f"[timeliness]\nholidays = [{due}]\n\n[delivery]")
    changed.sync()
    assert changed.select("SELECT MIN(due_on) FROM message")[0][0] > due
