"""The report on completeness: its totals are those of an independent count, in every file."""

import json
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from sync_agent.domain.periods import Period
from sync_agent.errors import ConfigError
from sync_agent.national import Refused
from sync_agent.reports import completeness_annex, write_annex
from sync_agent.sync import completeness
from tests.support.houses import House, Houses

PERIOD = Period.parse("2026-Q4")  # 15 September to 14 December
FIRST, LAST, BEFORE, AFTER = "2026-09-15", "2026-12-14", "2026-09-14", "2026-12-15"


@pytest.fixture
def house(make_house: Houses) -> House:
    """Return a house with cases up, held, refused, not read yet, outside the period and without a day."""
    house = make_house()
    for number in range(1, 6):
        house.local.full(number)
    house.local.case(6, ngay_nhan=FIRST)
    house.local.case(7, ngay_nhan=LAST, co_quan="H217.02")
    house.local.case(8, ngay_nhan=BEFORE)
    house.local.case(9, ngay_nhan=AFTER)
    house.local.case(10, ngay_nhan=None)
    house.local.case(11, loai="??")
    house.local.denunciation(12)
    house.local.denunciation(13, tom_tat=None)
    house.sync()
    house.local.case(14)
    return house


def counted(house: House, period: Period = PERIOD) -> dict[str, dict[str, Any]]:
    """Return the tables of the report by code."""
    return {table["code"]: table for table in written(house, period)["tables"]}


def written(house: House, period: Period = PERIOD) -> Any:
    """Return the report as its JSON file has it."""
    file = house.folder / "report.json"
    file.unlink(missing_ok=True)
    write_annex(file, completeness_annex(completeness(house.agent, period)), "json")
    return json.loads(file.read_text(encoding="utf-8"))


def local_rows(house: House) -> list[tuple[str, str, str]]:
    """Return key, agency and kind of the local cases of the period, by SQL of its own."""
    with house.local.connected() as connection:
        rows = connection.execute(
            "SELECT 'V' || id, co_quan, loai FROM vu_viec WHERE ngay_nhan BETWEEN ? AND ?", (FIRST, LAST)
        )
        return [(str(key), str(agency), str(kind)) for key, agency, kind in rows]


def test_totals_are_those_of_an_independent_count(house: House) -> None:
    """Local by SQL over the local system, what went up by SQL over the ledger."""
    rows, tables = local_rows(house), counted(house)
    acknowledged = {
        key
        for (key,) in house.select(
            "SELECT c.case_key FROM case_state c JOIN message m ON m.case_id = c.id"
            " WHERE m.step = 'case' AND m.ack_digest IS NOT NULL"
        )
    }
    total = tables["1"]["lines"][-1]["figures"]
    assert total["local"] == len(rows) == 11
    assert total["up"] == len([key for key, _, _ in rows if key in acknowledged]) > 0
    by_agency = {line["labels"][0][:7]: line["figures"]["local"] for line in tables["1"]["lines"][:-1]}
    assert by_agency == Counter(agency for _, agency, _ in rows)


def test_each_case_has_exactly_one_standing_in_every_line(house: House) -> None:
    """Local is the sum of the standings, and each view has the same totals."""
    standings = ("up", "waiting", "not_ready", "held", "refused", "uncertain", "inexpressible", "unread")
    tables = counted(house)
    for code in ("1", "2", "3", "4"):
        lines = tables[code]["lines"]
        for line in lines:
            assert line["figures"]["local"] == sum(line["figures"][name] for name in standings)
        for name in ("local", *standings, "late", "done_late"):
            assert lines[-1]["figures"][name] == sum(line["figures"][name] for line in lines[:-1])
        assert lines[-1]["figures"] == tables["1"]["lines"][-1]["figures"]
    total = tables["1"]["lines"][-1]["figures"]
    assert (total["unread"], total["held"]) == (1, 2)


def test_the_period_is_cut_on_the_14th_and_the_rest_is_said(house: House) -> None:
    """The first and the last day belong to it; what no period can claim is named beside."""
    found = completeness(house.agent, PERIOD)
    months = Counter(dict.fromkeys(("2026-10", "2026-11", "2026-12"), 0))
    for place, counts in found.places.items():
        months[place.month] += counts.figures["local"]
    assert months == {"2026-10": 10, "2026-11": 0, "2026-12": 1}
    assert (found.outside, found.undated.figures["local"]) == (2, 1)


def test_a_refused_case_counts_as_refused(make_house: Houses) -> None:
    """Not as held, nor as waiting."""
    house = make_house()
    house.local.case(1)
    house.answers(Refused("bad_field", "sai", 200))
    house.sync()
    state = house.state("V1")
    total = counted(house)["1"]["lines"][-1]["figures"]
    assert (state, total["refused"], total["up"], total["late"]) == ("rejected", 1, 0, 0)


def test_timeliness_counts_every_triggered_message_once(house: House) -> None:
    """By SQL of its own: triggered in the period; on time and late add up to it."""
    (number,) = house.select(
        "SELECT COUNT(*) FROM message WHERE trigger_on BETWEEN '2026-09-15' AND '2026-12-14' AND due_on IS NOT NULL"
    )[0]
    for code in ("7", "8"):
        lines = counted(house)[code]["lines"]
        assert lines[-1]["figures"]["triggered"] == number > 0
        for line in lines:
            parts = [line["figures"][name] for name in ("on_time", "done_late", "open", "late")]
            assert line["figures"]["triggered"] == sum(parts)


def test_the_forms_of_the_circular_count_the_casefiles(house: House) -> None:
    """Decisions and enforcements by SQL; what the local system has no column for is no number."""
    tables = counted(house)
    with house.local.connected() as connection:
        decisions = connection.execute("SELECT COUNT(*) FROM quyet_dinh WHERE ngay BETWEEN ? AND ?", (FIRST, LAST))
        enforced = connection.execute("SELECT COUNT(*), SUM(thu_tien) FROM thi_hanh").fetchone()
        assert tables["01/KQGQ"]["lines"][-1]["figures"]["decisions"] == decisions.fetchone()[0] == 10
    enforcement = tables["02/KQGQ"]["lines"][-1]["figures"]
    assert enforcement["reported"] == enforced[0] == 5
    assert enforcement["recovered_money"] == str(enforced[1] / 1_000_000)
    assert (enforcement["prosecuted"], tables["01/TCD"]["lines"][-1]["figures"]["visits"]) == (None, None)
    assert tables["02/XLD"]["lines"][-1]["figures"]["land"] == 9


def test_nothing_of_a_case_is_in_the_report(house: House) -> None:
    """Neither keys nor names nor words."""
    text = json.dumps(written(house), ensure_ascii=False)
    assert [word for word in ("Lò Văn Mẫu", "Nội dung 1", "Tóm tắt", '"V1"', "P-") if word in text] == []


def test_counting_writes_nothing_and_asks_nobody(house: House) -> None:
    """The log and the national side are as before."""
    before = (house.events(), len(house.gateway.sent))
    completeness(house.agent, PERIOD)
    assert (house.events(), len(house.gateway.sent)) == before


@pytest.mark.parametrize("form", ["xlsx", "docx"])
def test_both_papers_hold_the_head_the_tables_and_the_proof(house: House, tmp_path: Path, form: str) -> None:
    """Read from the file itself, as any program would."""
    file = tmp_path / f"report.{form}"
    made = completeness_annex(completeness(house.agent, PERIOD), office="Thanh tra tỉnh A")
    write_annex(file, made, form)
    with zipfile.ZipFile(file) as archive:
        names = [name for name in archive.namelist() if name.endswith(".xml")]
        text = "".join(archive.read(name).decode() for name in names)
    wanted = ["CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "THANH TRA TỈNH A", "không có dữ liệu", "THỦ TRƯỞNG CƠ QUAN"]
    wanted += [table.title for table in made.tables] + [value for _, value in made.proof]
    assert [each for each in wanted if each not in text] == []
    charts = [name for name in names if "charts/chart" in name]
    assert len(charts) == (2 if form == "xlsx" else 0)
    with pytest.raises(ConfigError):
        write_annex(file, made, form)  # never over another file
