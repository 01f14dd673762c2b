"""A server that goes away and comes back, and one that says no."""

import time
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import event

from sync_agent.errors import SourceError
from sync_agent.source import SqlSource
from tests.support.places import Place
from tests.support.wires import Wire, wire_to

UNREACHED = "the source cannot be reached - check that its server runs and that this machine may connect to it"


@pytest.fixture
def wired(server: Place) -> Iterator[tuple[Wire, str, Place]]:
    """Return a wire to the server with five cases behind it, and the address through it."""
    server.execute("INSERT INTO c VALUES " + ", ".join(f"({each}, 'a', NULL)" for each in range(1, 6)))  # noqa: S608
    with wire_to(server.url) as (wire, url):
        yield wire, url, server


def mend_at(monkeypatch: pytest.MonkeyPatch, wire: Wire, attempt: int) -> list[float]:
    """Mend the wire while the source waits for the `attempt`-th time; return the list of its waits."""
    waits: list[float] = []

    def pause(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == attempt:
            wire.mend()

    monkeypatch.setattr("sync_agent.source.sql._pause", pause)
    return waits


def cut_once(source: SqlSource, wire: Wire, words: str, moment: str) -> None:
    """Cut the wire once, when a statement with these words is executed."""
    cuts: list[str] = []

    def cut(*event_args: Any) -> None:
        if words in event_args[2] and not cuts:
            cuts.append(words)
            wire.cut()

    event.listen(source._engine, moment, cut)


def test_a_scan_goes_on_when_the_server_is_back(
    wired: tuple[Wire, str, Place], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cut between two pages: the next page is asked for again, with growing pauses, and none is lost or repeated."""
    wire, url, server = wired
    monkeypatch.setattr("sync_agent.source.sql._WINDOW", 0)
    waits = mend_at(monkeypatch, wire, 3)
    source = server.source(url)
    first = source.changes(None, limit=3)
    wire.cut()
    second = source.changes(None, after=first[-1].case_key, limit=3)
    assert [change.case_key for change in first + second] == ["C1", "C2", "C3", "C4", "C5"]
    assert waits == [0.2, 0.4, 0.8]


@pytest.mark.parametrize(
    ("words", "moment"),
    [
        ("READ ONLY", "before_cursor_execute"),
        ("READ ONLY", "after_cursor_execute"),
        ("FROM c", "before_cursor_execute"),
        ("FROM c", "after_cursor_execute"),
        ("FROM step", "before_cursor_execute"),
    ],
)
def test_a_page_cut_in_the_middle_is_read_anew(
    wired: tuple[Wire, str, Place], monkeypatch: pytest.MonkeyPatch, words: str, moment: str
) -> None:
    """All its parts, in a new snapshot."""
    wire, url, server = wired
    waits = mend_at(monkeypatch, wire, 1)
    source = server.source(url)
    cut_once(source, wire, words, moment)
    cases = source.read(["C1", "C2"])
    assert {key: len(case.parts["c"]) for key, case in cases.items()} == {"C1": 1, "C2": 1}
    assert len(waits) == 1


def test_a_connection_lost_after_the_last_answer_is_no_loss(
    wired: tuple[Wire, str, Place], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing has to be read again, and nothing is said."""
    wire, url, server = wired
    waits = mend_at(monkeypatch, wire, 1)
    source = server.source(url)
    cut_once(source, wire, "FROM step", "after_cursor_execute")
    assert list(source.read(["C1", "C2"])) == ["C1", "C2"]
    assert (waits, caplog.text) == ([], "")


def test_a_server_that_stays_away_is_an_error(wired: tuple[Wire, str, Place], monkeypatch: pytest.MonkeyPatch) -> None:
    """After the time that is set; the line says nothing of the driver's and chains nothing."""
    wire, url, server = wired
    waits: list[float] = []

    def pause(seconds: float) -> None:
        waits.append(seconds)
        time.sleep(seconds)

    monkeypatch.setattr("sync_agent.source.sql._pause", pause)
    wire.cut()
    with pytest.raises(SourceError) as caught:
        server.source(url, reconnect_seconds=1).probe()
    assert waits == [0.2, 0.4]
    assert str(caught.value) == UNREACHED
    told = "".join(traceback.format_exception(caught.value))
    assert str(wire.port) not in told
    assert "direct cause" not in told
    assert "During handling" not in told


def test_no_second_try_is_made_where_none_is_wanted(wired: tuple[Wire, str, Place]) -> None:
    """With reconnect_seconds at 0."""
    wire, url, server = wired
    wire.cut()
    with pytest.raises(SourceError, match=f"^{UNREACHED}$"):
        server.source(url, reconnect_seconds=0).now()


@pytest.mark.parametrize(
    ("kind", "part", "line"),
    [
        ("mariadb", {"password": "wrong"}, "ACCOUNT"),
        ("mariadb", {"username": "nobody_here"}, "ACCOUNT"),
        ("postgres", {"username": "nobody_here"}, "ACCOUNT"),
        ("mariadb", {"database": "no_such_database"}, "DATABASE"),
        ("postgres", {"database": "no_such_database"}, "DATABASE"),
        ("postgres", {"query": {"sslmode": "require"}}, "ENCRYPTION"),
    ],
)
def test_a_server_that_says_no_is_not_asked_twice(
    on: Callable[[str], Place], monkeypatch: pytest.MonkeyPatch, kind: str, part: dict[str, Any], line: str
) -> None:
    """The wrong account, database or encryption stay wrong; no name of them is in the line."""
    lines = {
        "ACCOUNT": "the source refuses the account"
        " - check its name in source.url, its password, and the rules of the server",
        "DATABASE": "the source has no database of this name - check source.url",
        "ENCRYPTION": "no encrypted connection to the source can be made"
        " - check the certificate and what source.url says about encryption",
    }
    monkeypatch.setattr("sync_agent.source.sql._pause", lambda _seconds: pytest.fail("it was tried again"))
    place = on(kind)
    with pytest.raises(SourceError) as caught:
        place.source(place.account(**part)).now()
    assert str(caught.value) == lines[line]
    assert caught.value.__context__ is None


def test_a_table_the_account_may_not_read_is_said(server: Place, reader: str) -> None:
    """Naming the query, and the right that is missing."""
    server.execute("CREATE TABLE closed (id INTEGER)")
    source = server.source(reader, now="SELECT id FROM closed")
    with pytest.raises(SourceError) as caught:
        source.now()
    assert str(caught.value) == (
        "the account of the source may not read what the query now needs - grant it SELECT there, nothing more"
    )


def test_an_account_that_may_only_read_is_told(server: Place, reader: str) -> None:
    """So that `check` has nothing to warn of."""
    source = server.source(reader)
    assert source.probe() == ["now", "changes", "parts.c", "parts.step"]
    assert not source.may_write()
