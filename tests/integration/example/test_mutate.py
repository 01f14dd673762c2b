import sqlite3
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

import pytest

from sync_agent.example import Changes, mutate
from sync_agent.mapping import load_profile
from sync_agent.source import CaseRows, SqlSource
from tests.support.example import Example, make

NOW = datetime(2026, 11, 23, 3, 30, tzinfo=UTC)
LOCAL_NOW = "2026-11-23 10:30:00"
PROFILE = Path(__file__).parents[3] / "config" / "profiles" / "tinh-a.yaml"


def read(example: Example, since: datetime | None = None) -> dict[str, CaseRows]:
    """Return the rows of every case that changed since then, through the shipped profile."""
    source = SqlSource(f"sqlite:///{example.path}", load_profile(PROFILE).source)
    keys = [change.case_key for change in source.changes(since, limit=1000)]
    found = source.read(keys)
    source.close()
    return found


@pytest.fixture
def changes(own: Example) -> Changes:
    """Give one day of work."""
    return mutate(own.path, own.files, seed=1, now=NOW)


def test_exactly_the_named_cases_change(own: Example) -> None:
    """No other case has a different row anywhere."""
    before = read(own)
    changes = mutate(own.path, own.files, seed=1, now=NOW)
    after = read(own)

    assert {key for key in after if before.get(key) != after[key]} == changes.keys
    assert before.keys() <= after.keys()
    assert after.keys() - before.keys() == set(changes.created)


def test_every_kind_of_work_is_done(changes: Changes) -> None:
    """With the counts asked for."""
    counts = {
        name: len(getattr(changes, name))
        for name in ("edited", "processed", "accepted", "settled", "enforced", "corrected", "created")
    }

    assert counts == {
        "edited": 5,
        "processed": 3,
        "accepted": 3,
        "settled": 3,
        "enforced": 3,
        "corrected": 3,
        "created": 3,
    }
    assert (len(changes.withdrawn), len(changes.silent)) == (1, 1)


def test_no_case_changes_in_two_ways(changes: Changes) -> None:
    """So a test can say which message each of them needs."""
    named = [key for keys in changes.steps.values() for key in keys]

    assert len(changes.keys) == len(named) + len(changes.withdrawn) + len(changes.silent)


def test_the_feed_shows_every_change(own: Example, changes: Changes) -> None:
    """Each leaves a journal line at the time of the work."""
    lines = own.rows("SELECT IdDonThu FROM don_thu_qua_trinh_xlgq WHERE NgayDang = ?", LOCAL_NOW)

    assert {f"D{petition}" for (petition,) in lines} == {key.partition("-")[0] for key in changes.keys}
    assert changes.keys <= read(own, since=NOW).keys()


def test_only_open_cases_change_content(own: Example, changes: Changes) -> None:
    """Content of a protected case changes once, and silently; none of the touched cases is held."""
    assert set(changes.edited).isdisjoint(own.stock.protected)
    assert set(changes.silent) <= own.stock.protected
    assert changes.keys.isdisjoint(own.stock.held)


def test_a_new_denunciation_has_a_summary_and_is_protected(own: Example, changes: Changes) -> None:
    """Its people are among the identifying values."""
    (petition, name) = own.rows(
        "SELECT d.IdDonThu, p.HoTen FROM don_thu d JOIN don_thu_tom_tat_lien_thong s ON s.IdDonThu = d.IdDonThu"
        " JOIN don_thu_nguoi_dai_dien n ON n.IdDonThu = d.IdDonThu"
        " JOIN don_thu_doi_tuong_di_kntc p ON p.IdDoiTuongDiKNTC = n.IdDoiTuongDiKNTC"
        " WHERE d.LoaiDonThu = 2 ORDER BY d.IdDonThu DESC LIMIT 1"
    )[0]

    assert f"D{petition}" in {key.partition("-")[0] for key in changes.created}
    assert name is None or name in changes.identifying
    assert set(own.stock.identifying) < set(changes.identifying)


def test_a_withdrawal_is_a_state_and_a_line(own: Example, changes: Changes) -> None:
    """No reason and no date."""
    petition = changes.withdrawn[0].removeprefix("D").partition("-")[0]

    assert own.rows("SELECT Status FROM don_thu WHERE IdDonThu = ?", petition) == [(-1,)]


def test_a_small_database_offers_what_it_has(tmp_path: Path) -> None:
    """Fewer changes than asked for, no failure."""
    example = make(tmp_path, cases=3)
    changes = mutate(example.path, example.files, seed=1, now=NOW)

    assert len(changes.created) == 3
    assert len(changes.corrected) < 3


def test_days_of_work_follow_each_other(own: Example, changes: Changes) -> None:
    """A second day works on what the first left behind."""
    later = mutate(own.path, own.files, seed=2, now=NOW.replace(day=24))

    assert set(later.created).isdisjoint(changes.created)
    assert own.rows("SELECT COUNT(*), COUNT(DISTINCT IdDonThu) FROM don_thu")[0] == (own.stock.petitions + 6,) * 2


def test_a_missing_database_is_not_created(tmp_path: Path) -> None:
    """A wrong path is an error, never a new empty file."""
    with pytest.raises(sqlite3.OperationalError):
        mutate(tmp_path / "absent.db", tmp_path, seed=1, now=NOW)
    assert not (tmp_path / "absent.db").exists()


@pytest.fixture
def statements(own: Example, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Give the writing statements of one day, in their order, each with the table it writes."""
    written: list[str] = []

    def connect(path: Path) -> sqlite3.Connection:
        connection = sqlite3.connect(path, isolation_level=None)
        connection.set_trace_callback(lambda sql: written.append(" ".join(sql.split()[:3])))
        return connection

    monkeypatch.setattr(import_module("sync_agent.example.mutate"), "connect", connect)
    mutate(own.path, own.files, seed=1, now=NOW, edits=1, steps=1, corrections=0, new=1)
    return [each for each in written if each.split()[0] in {"INSERT", "UPDATE", "DELETE", "BEGIN", "COMMIT"}]


def test_each_statement_commits_by_itself(statements: list[str]) -> None:
    """There is no transaction around anything."""
    assert not [each for each in statements if each.startswith(("BEGIN", "COMMIT"))]


def test_a_step_writes_its_line_first(statements: list[str]) -> None:
    """A reader can see a line without its step."""
    for table in ("don_thu_ket_qua_xu_ly", "don_thu_quyet_dinh_thu_ly", "don_thu_quyet_dinh_giai_quyet"):
        assert statements[statements.index(f"INSERT INTO {table}") - 1] == "INSERT INTO don_thu_qua_trinh_xlgq"


def test_an_edit_writes_its_line_last(statements: list[str]) -> None:
    """Petition, links deleted and inserted again, then the line."""
    first = statements.index("DELETE FROM don_thu_linh_vuc")
    end = statements.index("INSERT INTO don_thu_qua_trinh_xlgq", first)
    between = statements[first:end]

    assert statements[first - 1] == "UPDATE don_thu SET"
    assert between[:2] == ["DELETE FROM don_thu_linh_vuc", "DELETE FROM don_thu_nguoi_dai_dien"]
    assert set(between[2:]) == {"INSERT INTO don_thu_linh_vuc", "INSERT INTO don_thu_nguoi_dai_dien"}


def test_a_new_petition_has_its_line_before_its_people(statements: list[str]) -> None:
    """Petition, line, receipt, person, link."""
    first = statements.index("INSERT INTO don_thu")

    assert statements[first : first + 5] == [
        "INSERT INTO don_thu",
        "INSERT INTO don_thu_qua_trinh_xlgq",
        "INSERT INTO don_thu_thong_tin_don_thu",
        "INSERT INTO don_thu_doi_tuong_di_kntc",
        "INSERT INTO don_thu_nguoi_dai_dien",
    ]
