"""The first day on a live stock: a third of it is in the national database under known ids, a tenth was typed by hand.

SYNC_AGENT_LIVE_STOCK says how many cases there are; without it few enough for every day.
"""

import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.stations import Station, Template
from tests.support.typists import typed, without_token

CASES = int(os.environ.get("SYNC_AGENT_LIVE_STOCK", "400"))
IDS = "SELECT c.case_key, m.ack_id FROM case_state c JOIN message m ON m.case_id = c.id"


@pytest.fixture
def live(tmp_path: Path, environment: dict[str, str]) -> Iterator[Station]:
    """Yield an installation before its first day, its national side running."""
    station = Station.set_up(tmp_path / "agent", Template.made(tmp_path / "template", CASES), environment)
    station.connect()
    station.prepare_first_day()
    yield station
    station.close()


def national(station: Station) -> dict[str, dict[str, Any]]:
    """Return what the national side holds of each case, by its Id."""
    rows = station.national.state._rows("SELECT id, body FROM cases")
    return {national_id: json.loads(body) for national_id, body in rows}


def told(body: dict[str, Any]) -> tuple[str, str, str]:
    """Return what makes two national cases the same one: agency, petitioner and text."""
    petitioners = body["NguoiKNTC"]
    people = [person["HoTen"] for person in petitioners["DataNguoiKNTC"]] + [petitioners["TenCoQuanToChuc"]]
    return body["CoQuanTiepNhan"], "|".join(people), without_token(body["NoiDungDon"]).removesuffix(" (nhập tay)")


def test_no_case_exists_twice_and_nothing_richer_is_overwritten(live: Station) -> None:
    """Known ids are taken over, what was typed by hand is found or held, the rest goes up once."""
    typist, typed_records = typed(live), national(live)
    assert live.agent("--quiet", "privacy", "sign").code == 0

    rehearsed = live.agent("--json", "adopt", "--lookup", "--dry-run").document
    adopted = live.agent("--json", "--quiet", "adopt", "--lookup")
    assert (adopted.err, adopted.document) == ("", {**rehearsed, "dry_run": False})
    assert national(live) == typed_records
    live.sync()
    live.sync()

    records = national(live)
    ids = dict(live.select(f"{IDS} WHERE m.step = 'case'"))
    twice = [known for known, count in Counter(map(told, records.values())).items() if count > 1]
    before = [known for known, count in Counter(map(told, typed_records.values())).items() if count > 1]
    assert twice == before
    assert {each: records[each] for each in typed_records} == typed_records
    assert [key for key in typist.with_id if ids[key] not in typed_records] == []
    assert [key for key in typist.by_hand if ids[key] is not None and ids[key] not in typed_records] == []
    assert len(records) > len(typed_records)
