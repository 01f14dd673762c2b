"""Of the large messages one is on its way at a time."""

from typing import Any

from sync_agent.domain.steps import Step
from sync_agent.national import FileSlot, Message, Shape
from sync_agent.sync.large import OneLarge


def message(size: int | None) -> Message:
    """Return a message with one file."""
    return Message(Step.CASE, "", "", "H1", {}, Shape((), {}, "", {}), (FileSlot((), "", size),))


def road(*parked: Any) -> tuple[OneLarge, Message]:
    """Return the place with a large message in it and cases that wait for it."""
    place, large = OneLarge(100), message(76)
    place.begin(large)
    for one in parked:
        place.park(one)
    return place, large


def test_the_size_counts_as_it_is_sent() -> None:
    """In base64: 75 bytes are 100."""
    place, _ = road()
    assert [place.must_wait(message(size)) for size in (None, 0, 75, 76)] == [False, False, False, True]


def test_nobody_waits_for_a_small_one() -> None:
    """Nor for nothing."""
    place = OneLarge(100)
    place.begin(message(75))
    assert not place.must_wait(message(76))


def landed(place: OneLarge, message: Message) -> list[Any]:
    """Return what a landing message lets go on."""
    return list(place.land(message))


def test_all_that_waited_are_tried_again() -> None:
    """If the first of them may not go any more, the next one must not wait for ever."""
    place, large = road("one", "two")
    assert (landed(place, large), place.must_wait(message(76)), landed(place, large)) == (["one", "two"], False, [])


def test_another_message_makes_no_room() -> None:
    """Even one that is equal."""
    place, _ = road("one")
    assert (landed(place, message(76)), place.must_wait(message(76))) == ([], True)
