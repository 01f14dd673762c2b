"""What the pages say is what the ledger and the log hold; what is asked in another way is not understood."""

from collections import Counter
from datetime import date, timedelta

import pytest

from sync_agent.audit import Event, Selection, entries_before, instant, log_page, newest_of, selected
from sync_agent.ledger import (
    CaseSearch,
    State,
    case_row,
    count_cases,
    count_messages,
    search_cases,
    tallies,
    timeliness,
)
from tests.support.houses import House
from tests.support.sites import AUDITOR, NARROW, Site

TODAY = date(2026, 11, 2)


def test_messages_are_counted_as_the_law_counts_them(lived_in: House) -> None:
    """The figures of the overview are those of the report, month by month."""
    ledger = lived_in.agent.ledger
    with ledger.read() as connection:
        cells = count_messages(connection, ledger.source_id, TODAY.isoformat())
        wanted = timeliness.by_month(connection, ledger.source_id, TODAY)
        late = timeliness.late_counts(connection, ledger.source_id, TODAY)
    found: dict[str, Counter[str]] = {}
    for each in cells:
        if each.standing != timeliness.Timing.NONE:
            found.setdefault(each.month, Counter())[each.standing] += each.number
    assert found == wanted
    assert sum(each.number for each in cells if each.standing == timeliness.Timing.LATE) == sum(late.values())
    assert sum(each.number for each in cells) == lived_in.select("SELECT count(*) FROM message")[0][0]


def test_cases_are_counted_once(lived_in: House) -> None:
    """Over all agencies, months and kinds."""
    with lived_in.agent.ledger.read() as connection:
        cells = count_cases(connection, lived_in.agent.ledger.source_id)
    assert sum(each.number for each in cells) == lived_in.select("SELECT count(*) FROM case_state")[0][0]


def test_a_run_is_added_to_its_day(lived_in: House) -> None:
    """Deliveries add up; what stands open is as it was at the end."""
    with lived_in.agent.ledger.read() as connection:
        found = {each.name: each.number for each in tallies(connection, TODAY.isoformat(), TODAY.isoformat())}
    states = Counter(row[0] for row in lived_in.select("SELECT state FROM message"))
    assert found["delivered.acknowledged"] == states["acknowledged"]
    assert found["backlog.held"] == states["held"]
    assert found["backlog.uncertain"] == 0


@pytest.mark.parametrize("wanted", [CaseSearch(), CaseSearch(state=State.ACKNOWLEDGED), CaseSearch(step="case")])
def test_pages_of_cases_follow_one_another(lived_in: House, wanted: CaseSearch) -> None:
    """Every case once, the newest first, however short a page is."""
    ledger, before, found = lived_in.agent.ledger, None, list[int]()
    with ledger.read() as connection:
        whole = search_cases(connection, ledger.source_id, wanted, today=TODAY.isoformat())
        while True:
            page = search_cases(connection, ledger.source_id, wanted, today=TODAY.isoformat(), before=before, limit=1)
            found += [row.id for row in page.rows]
            before = page.next_before
            if before is None:
                break
    assert found == [row.id for row in whole.rows] == sorted(found, reverse=True)
    assert len(found) >= 2


def test_a_case_is_found_by_what_holds_of_one_message(lived_in: House) -> None:
    """Held and of the step of the case is V6 alone."""
    ledger = lived_in.agent.ledger
    with ledger.read() as connection:
        wanted = CaseSearch(state=State.HELD, step="case", agencies={"H217.01"})
        found = search_cases(connection, ledger.source_id, wanted, today=TODAY.isoformat())
        foreign = case_row(connection, ledger.source_id, found.rows[0].id, {"H217.02"})
    assert [row.case_key for row in found.rows] == ["V6"]
    assert foreign is None


def test_pages_of_entries_follow_one_another(lived_in: House) -> None:
    """What was looked through is said, and the search goes on below it."""
    with lived_in.agent.ledger.read() as connection:
        wanted = [each.idx for each in selected(connection, Selection(step="case"), newest_first=True)]
        found, below = list[int](), None
        while True:
            page = log_page(connection, Selection(step="case"), below=below, limit=1, most=10**6)
            found += [each.idx for each in page.entries]
            below = page.next_below
            if below is None:
                break
        nothing = log_page(connection, Selection(actor="nobody"), limit=5, most=10**6)
    assert found == wanted
    assert (nothing.entries, nothing.next_below) == ([], None)


def test_entries_of_a_time_are_found_by_halving(lived_in: House) -> None:
    """Before the first there is none, after the last there are all."""
    with lived_in.agent.ledger.read() as connection:
        every = list(selected(connection, Selection()))
        middle = every[len(every) // 2].document["time"]
        found = entries_before(connection, middle)
        first = entries_before(connection, instant(lived_in.clock.now - timedelta(days=900)))
        last = entries_before(connection, instant(lived_in.clock.now + timedelta(days=1)))
    assert found == sum(each.document["time"] < middle for each in every)
    assert (first, last) == (0, len(every))


def test_the_newest_of_some_events_come_first(lived_in: House) -> None:
    """Of both kinds together."""
    with lived_in.agent.ledger.read() as connection:
        found = newest_of(connection, [Event.RUN_STARTED, Event.RUN_ENDED], 2)
    assert [each.document["event"] for each in found] == ["run_ended", "run_started"]


@pytest.mark.parametrize(
    "path",
    [
        "/?since=2026-13",
        "/?agency=H999",
        "/cases?state=asleep",
        "/cases?before=-1",
        "/cases?before=99999999999999999999",
        "/cases?received_since=yesterday",
        "/cases?late=yes",
        "/cases?agency=%00",
        "/audit?event=nothing",
        "/audit?until=2026-02-30",
        "/runs?before=x",
    ],
)
def test_what_is_not_understood_is_400(site: Site, path: str) -> None:
    """No address widens or breaks a search."""
    assert site.signed_in(AUDITOR).get(path).status_code == 400


@pytest.mark.parametrize(
    "path", ["/cases/999999", "/cases/99999999999999999999", "/audit/999999", "/audit/999999/proof"]
)
def test_what_is_not_there_is_404(site: Site, path: str) -> None:
    """Neither a case nor an entry."""
    assert site.signed_in(AUDITOR).get(path).status_code == 404


def test_a_page_speaks_the_language_of_its_reader(site: Site) -> None:
    """Whatever the process speaks."""
    browser = site.signed_in(AUDITOR)
    browser.cookies.set("lang", "en")
    assert "<h1>Overview</h1>" in browser.get("/").text


def test_of_one_agency_nothing_of_the_whole_is_shown(site: Site) -> None:
    """Neither the backlog nor the attempts of all."""
    browser = site.signed_in(NARROW)
    assert 'id="backlog"' not in browser.get("/").text
    assert 'id="backlog"' in site.signed_in(AUDITOR).get("/").text


def test_no_key_of_a_protected_case_is_on_any_page(site: Site, lived_in: House) -> None:
    """And no name of anybody."""
    browser = site.signed_in(AUDITOR)
    for path in ("/", "/cases", "/cases/1", "/audit", "/runs", "/requests", "/configuration"):
        assert "Lò Văn Mẫu" not in browser.get(path).text
