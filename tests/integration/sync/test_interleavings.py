"""Whatever happens between two passes, and in whatever order: no change is lost, and no half-written case is sent.

The local system writes as real ones do: change time first or last, people deleted and written anew, late commits.
"""

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.houses import SECRET_ENV, House, Houses

SETTLE = 120
LONGEST = (timedelta(seconds=SETTLE), timedelta(seconds=590))
"""A save takes less than `settle` from its first statement to its last, a transaction less than the overlap."""
_VERSION = re.compile(r"bản (\d+)")

Step = Callable[[], None]


class Writer:
    """One local case, saved over and over; text and petitioner always carry the number of the save they belong to."""

    def __init__(self, house: House, number: int) -> None:
        self._house = house
        self._number = number
        self.saved = 0
        self._under_way: Iterator[None] = iter(())
        self._ends = house.clock.now

    def save(self, how: str) -> None:
        """Go on with the save that is under way, or begin another."""
        if not self.go_on():
            self.saved += 1
            self._under_way = getattr(self, f"_{how}")()
            self._ends = self._house.clock.now + LONGEST[how == "late"]
            self.go_on()

    def go_on(self) -> bool:
        """Write one statement more, if a save is under way; tell whether one was."""
        return next(self._under_way, self) is None

    def finish(self) -> None:
        """Write what is left of a save."""
        while self.go_on():
            pass

    def hurry(self, instant: datetime) -> None:
        """Finish a save that would not be over by then."""
        if instant >= self._ends:
            self.finish()

    def _whole(self) -> Iterator[None]:
        """Save in one transaction."""
        with self._house.local.connected() as connection:
            for sql, values in (self._head(self._house.local.stamp()), *self._people()):
                connection.execute(sql, values)
        yield

    def _late(self) -> Iterator[None]:
        """Save in one transaction that takes its time before it commits."""
        stamp = self._house.local.stamp()
        yield
        with self._house.local.connected() as connection:
            for sql, values in (self._head(stamp), *self._people()):
                connection.execute(sql, values)
        yield

    def _torn(self) -> Iterator[None]:
        """Save statement by statement, each at once visible, the change time with the first."""
        for sql, values in (self._head(self._house.local.stamp()), *self._people()):
            self._house.local.execute(sql, *values)
            yield

    def _torn_backwards(self) -> Iterator[None]:
        """Save the people first, then the text with the change time."""
        for sql, values in (*self._people(), self._head(self._house.local.stamp())):
            self._house.local.execute(sql, *values)
            yield

    def _journal_first(self) -> Iterator[None]:
        """Note the change before the rows that changed."""
        self._house.local.execute(
            "UPDATE vu_viec SET sua_luc = ? WHERE id = ?", self._house.local.stamp(), self._number
        )
        yield
        for sql, values in (self._head(None), *self._people()):
            self._house.local.execute(sql, *values)
            yield

    def _head(self, stamp: str | None) -> tuple[str, tuple[object, ...]]:
        text = f"bản {self.saved}"
        insert = "INSERT INTO vu_viec (id, co_quan, loai, linh_vuc, ngay_nhan, noi_dung, sua_luc)"
        values = "VALUES (?, 'H217.01', 'KN', 'KN.01.02', '2026-10-01', ?, ?)"
        again = "ON CONFLICT (id) DO UPDATE SET noi_dung = excluded.noi_dung"
        again += ", sua_luc = coalesce(excluded.sua_luc, sua_luc)"
        return f"{insert} {values} {again}", (self._number, text, stamp)

    def _people(self) -> tuple[tuple[str, tuple[object, ...]], ...]:
        return (
            ("DELETE FROM nguoi WHERE vu_viec = ?", (self._number,)),
            ("INSERT INTO nguoi (vu_viec, ho_ten) VALUES (?, ?)", (self._number, f"Lò Văn bản {self.saved}")),
        )


NUMBERS = count(1)
"""Each example has cases of its own."""

ROUNDS = st.lists(
    st.tuples(
        st.integers(0, 1),  # which case
        st.sampled_from(["whole", "late", "torn", "torn_backwards", "journal_first"]),
        st.integers(0, 3),  # statements after the first, before the pass
        st.sampled_from([1, 30, 61, 121, 500]),  # seconds before the pass
    ),
    min_size=3,
    max_size=8,
)


@pytest.fixture(scope="module")
def patient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Yield one house for all examples, each of which has cases of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(SECRET_ENV, "bí-mật-thử")
        houses = Houses(tmp_path_factory.mktemp("interleavings"))
        with houses.stack:
            yield houses(settle=SETTLE, workers=1, page=50)


def versions(body: dict[str, object]) -> set[str]:
    """Return the saves from which the text and the petitioners of a message come."""
    people = body["NguoiKNTC"]["DataNguoiKNTC"]  # type: ignore[index]
    return set(_VERSION.findall(str(body["NoiDungDon"]).split("\n")[0])) | (
        set(_VERSION.findall(str(people))) or {"nobody"}
    )


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], database=None)
@given(rounds=ROUNDS)
def test_no_change_is_lost_and_no_torn_case_is_sent(patient: House, rounds: list[tuple[int, str, int, int]]) -> None:
    """Every message is of one save, and in the end the national side has the last one of each case."""
    house = patient
    writers = [Writer(house, next(NUMBERS)) for _ in range(2)]
    sent = len(house.gateway.sent)
    for place, how, statements, seconds in rounds:
        writers[place].save(how)
        for _ in range(statements):
            writers[place].go_on()
        for writer in writers:
            writer.hurry(house.clock.now + timedelta(seconds=seconds + 1))
        house.clock.move(seconds=seconds)
        house.sync()
    for writer in writers:
        writer.finish()
    for _ in range(3):
        house.clock.move(seconds=SETTLE + 1)
        house.sync()
    bodies = [record.request.body for record in house.gateway.sent[sent:]]
    assert [each for each in map(versions, bodies) if len(each) != 1] == []
    last = {str(body["NoiDungDon"]).split("\n")[-1]: versions(body) for body in bodies}
    saved = [{str(writer.saved)} for writer in writers if writer.saved]
    assert sorted(map(sorted, last.values())) == sorted(map(sorted, saved))
