"""Who sees the cases of one agency follows no case of another: not in the log, not in a file, not in a figure."""

import csv
import io
import json
import re
from typing import Any

import pytest

from sync_agent.audit import Event, selected, subject_named
from sync_agent.audit.selection import Selection
from tests.support.sites import AUDITOR, NARROW, Site


@pytest.fixture
def subjects(site: Site) -> dict[str, str]:
    """Return by which commitment the log speaks of the viewer's own case and of another agency's."""
    with site.house.agent.ledger.read() as connection:
        found = {key: subject_named(connection, site.desk.ledger.source_id, key) for key in ("V1", "V2")}
    assert None not in found.values()
    return {key: str(subject) for key, subject in found.items()}


def indexes(site: Site, subject: str) -> list[int]:
    """Return where the log speaks of a case."""
    with site.house.agent.ledger.read() as connection:
        return [each.idx for each in selected(connection, Selection(subject=subject))]


def listed(html: str) -> str:
    """Return the entries of a page of the log, without what was asked for."""
    return html.partition('<div id="found">')[2]


def test_the_log_shows_no_entry_about_a_case_of_another_agency(site: Site, subjects: dict[str, str]) -> None:
    """Asked for by its commitment or not; the own ones stand there, and so they do for who sees all."""
    narrow, wide = site.signed_in(NARROW), site.signed_in(AUDITOR)
    for path in ("/audit", f"/audit?subject={subjects['V2']}", f"/audit?event={Event.INTENT}"):
        assert subjects["V2"] not in listed(narrow.get(path).text)
        assert subjects["V2"] in listed(wide.get(path).text)
    assert subjects["V1"] in listed(narrow.get(f"/audit?subject={subjects['V1']}").text)


def test_an_entry_of_another_agency_and_its_proof_are_unknown(site: Site, subjects: dict[str, str]) -> None:
    """Also to who guesses its number."""
    narrow, wide = site.signed_in(NARROW), site.signed_in(AUDITOR)
    foreign, own = indexes(site, subjects["V2"])[0], indexes(site, subjects["V1"])[0]
    for rest in ("", "/proof"):
        assert [narrow.get(f"/audit/{idx}{rest}").status_code for idx in (foreign, own)] == [404, 200]
        assert wide.get(f"/audit/{foreign}{rest}").status_code == 200


@pytest.mark.parametrize("chosen", ["", "?subject={subject}"])
def test_no_file_holds_what_the_pages_do_not_show(site: Site, subjects: dict[str, str], chosen: str) -> None:
    """The lists hold the own entries only; the bundle, which is the whole log, is not handed out."""
    narrow = site.signed_in(NARROW)
    answer = narrow.get("/audit/log.csv" + chosen.format(subject=subjects["V2"]))
    assert (answer.status_code, subjects["V2"] in answer.text) == (200, False)
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert bool(rows) is not bool(chosen)
    assert narrow.get("/audit/bundle.zip").status_code == 403
    assert "/audit/bundle.zip" not in narrow.get("/audit").text
    assert site.signed_in(AUDITOR).get("/audit/bundle.zip").status_code == 200


def test_no_figure_of_the_whole_installation_is_shown(site: Site) -> None:
    """What a run did counts every agency: its entry and its line on the page of runs stay without figures."""
    narrow, wide = site.signed_in(NARROW), site.signed_in(AUDITOR)

    def counted(entry: Any) -> bool:
        return "counts" in json.loads(entry.raw)

    with site.house.agent.ledger.read() as connection:
        idx = next(each.idx for each in selected(connection, Selection(event=Event.RUN_ENDED)) if counted(each))
    assert [browser.get(f"/audit/{idx}").status_code for browser in (narrow, wide)] == [404, 200]
    figures = [re.findall(r'<td class="number">([^<]*)</td>', each.get("/runs").text) for each in (narrow, wide)]
    assert set(figures[0]) == {"–"}
    assert set(figures[1]) > {"–"}
