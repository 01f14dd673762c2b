from datetime import UTC, datetime

import pytest

from sync_agent.example import torn_edit
from tests.support.example import Example

NOW = datetime(2026, 11, 23, 3, 30, tzinfo=UTC)
LOCAL_NOW = "2026-11-23 10:30:00"


@pytest.fixture
def petition(own: Example) -> int:
    """Give a petition with several people."""
    found = own.rows("SELECT IdDonThu FROM don_thu_nguoi_dai_dien GROUP BY 1 HAVING COUNT(*) > 1 LIMIT 1")
    return int(found[0][0])


def key(own: Example, petition: int) -> str:
    """Return the case key of the petition's first receipt."""
    agency = own.rows("SELECT OrgNhan FROM don_thu_thong_tin_don_thu WHERE IdDonThu = ?", petition)[0][0]
    return f"D{petition}-{agency}"


def links(own: Example, petition: int) -> list[tuple[object, ...]]:
    """Return people and field codes of the petition."""
    return own.rows(
        "SELECT IdDoiTuongDiKNTC FROM don_thu_nguoi_dai_dien WHERE IdDonThu = ?1"
        " UNION ALL SELECT IdLinhVuc FROM don_thu_linh_vuc WHERE IdDonThu = ?1",
        petition,
    )


def lines(own: Example, petition: int) -> list[tuple[object, ...]]:
    """Return the journal times of the petition, latest first."""
    return own.rows("SELECT NgayDang FROM don_thu_qua_trinh_xlgq WHERE IdDonThu = ? ORDER BY 1 DESC", petition)


def test_inside_the_block_another_reader_sees_no_people(own: Example, petition: int) -> None:
    """The first half is committed, with the new content and without a line."""
    with torn_edit(own.path, key(own, petition), now=NOW, content="Nội dung mới"):
        assert links(own, petition) == []
        assert own.rows("SELECT NoiDungDonThu FROM don_thu WHERE IdDonThu = ?", petition) == [("Nội dung mới",)]
        assert (LOCAL_NOW,) not in lines(own, petition)


def test_afterwards_everything_is_as_before_with_a_line(own: Example, petition: int) -> None:
    """The links come back in their order; without new content the case is the same."""
    before = links(own, petition)
    content = own.rows("SELECT NoiDungDonThu FROM don_thu WHERE IdDonThu = ?", petition)
    with torn_edit(own.path, key(own, petition), now=NOW):
        pass

    assert links(own, petition) == before
    assert own.rows("SELECT NoiDungDonThu FROM don_thu WHERE IdDonThu = ?", petition) == content
    assert lines(own, petition)[0] == (LOCAL_NOW,)


def test_a_failing_test_leaves_no_torn_petition(own: Example, petition: int) -> None:
    """The second half is written when the block raises."""
    before = links(own, petition)
    with pytest.raises(LookupError), torn_edit(own.path, key(own, petition), now=NOW):
        raise LookupError

    assert links(own, petition) == before
