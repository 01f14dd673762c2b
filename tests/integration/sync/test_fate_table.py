"""The table of fates, whole: whatever the line does to a message of any step, new or changed, is as the manual says.

One case for each cell; all of them go up in one pass over a real transport whose wire is played. What an account is
answered has an account of its own.
"""

import io
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import orjson
import pytest

from sync_agent.cli.output import Output
from sync_agent.cli.sync import print_pass
from sync_agent.domain.steps import Step
from sync_agent.errors import SyncAgentError
from sync_agent.ledger import State, known_by_key
from sync_agent.national import FILE_CHANGED, HttpGateway, NotProcessed, Outcome, Refused, Unknown
from sync_agent.national.transport import HttpTransport
from sync_agent.sync.fates import FATES, Again, Failure
from tests.support.houses import SECRET_ENV, House, Houses

BUSY_TEXT, FINAL_TEXT = "Hệ thống bận", "Chức năng gắn vụ việc không được hỗ trợ"
CAPABILITIES = 'processing = "overwrites"\nacceptance = "overwrites"\n"settlement.update" = "by_number"'
MINUTE, HOUR = 60, 3600
OTHER_ACCOUNT = f"""[[national.accounts]]
alias = "b"
agencies = ["H217.09"]
username = "b"
secret_env = "{SECRET_ENV}"
"""
Does = Callable[[], httpx.Response]


@dataclass(frozen=True)
class Fate:
    """State, tries, and in how many seconds the next one is, at least and at most; None: none by itself."""

    state: str
    tries: int
    rests: tuple[int, int] | None


WAITS = Fate("waiting", 3, (30, MINUTE))
IN_DOUBT = Fate("uncertain", 1, None)
RARELY = Fate("rejected", 1, (HOUR, HOUR))
NEVER = Fate("rejected", 1, None)
WITH_ACCOUNT = Fate("waiting", 1, (0, 0))
TAKEN = Fate("acknowledged", 1, None)


def later(*, least: int, most: int | None = None) -> Fate:
    """Return the fate of what the service asks to be sent later than a moment."""
    return Fate("waiting", 1, (least, most or least))


def page(status: int, content: bytes = b"<html>", *, kind: str = "text/html", retry_after: str = "") -> Does:
    """Return what answers with some bytes."""
    headers = {"Content-Type": kind, "Retry-After": retry_after}
    return lambda: httpx.Response(status, content=content, headers=headers)


def text(content: bytes, status: int = 200) -> Does:
    """Return what answers with bytes that call themselves JSON."""
    return page(status, content, kind="application/json; charset=utf-8")


def answer(content: Any, status: int = 200) -> Does:
    """Return what answers with an object in the way the service does: JSON in a string of JSON."""
    return text(orjson.dumps(orjson.dumps(content).decode()), status)


def refusal(words: str, status: int = 200) -> Does:
    """Return what answers that it took nothing, and why."""
    return answer({"Id": "", "Message": words}, status)


def breaks(error: type[httpx.RequestError]) -> Does:
    """Return what fails so."""

    def fail() -> httpx.Response:
        raise error("on the line")

    return fail


def asks(house: House) -> dict[str, tuple[Does, Fate]]:
    """Return answers that say when to come again."""
    in_ten_minutes = format_datetime(house.clock.now + timedelta(minutes=10), usegmt=True)
    past = format_datetime(house.clock.now - timedelta(days=1), usegmt=True)
    told: dict[str, tuple[str, Fate]] = {
        "at once": ("0", WAITS),
        "in 2 minutes": ("120", later(least=2 * MINUTE)),
        "by a date": (in_ten_minutes, later(least=8 * MINUTE, most=10 * MINUTE)),
        "by a date that has passed": (past, WAITS),
        "in a week": (str(7 * 86_400), later(least=6 * HOUR)),
        "in words": ("soon", WAITS),
        "negative": ("-5", WAITS),
        "without end": ("9" * 40, WAITS),
    }
    return {f"503 {name}": (page(503, retry_after=value), fate) for name, (value, fate) in told.items()}


PHASES: dict[str, tuple[Does, Fate]] = {
    **{
        f"before a byte left: {error.__name__}": (breaks(error), WAITS)
        for error in (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
    },
    **{
        f"after bytes left: {error.__name__}": (breaks(error), IN_DOUBT)
        for error in (
            httpx.WriteError,
            httpx.WriteTimeout,
            httpx.ReadError,
            httpx.ReadTimeout,
            httpx.RemoteProtocolError,
            httpx.CloseError,
            httpx.DecodingError,
        )
    },
}
DOUBTFUL_PAGES = (200, 204, 301, 400, 408, 413, 422, 500, 502, 504)  # of the others `unit` has every one
STATUSES: dict[str, tuple[Does, Fate]] = {
    **{f"a page with {status}": (page(status), IN_DOUBT) for status in DOUBTFUL_PAGES},
    **{f"a page with {status}": (page(status), WAITS) for status in (429, 503)},
    "refused": (refusal(BUSY_TEXT), RARELY),
    **{f"refused with {status}": (refusal(BUSY_TEXT, status), RARELY) for status in (400, 409, 422)},
    **{f"refused with {status}": (refusal(BUSY_TEXT, status), IN_DOUBT) for status in (302, 500, 502)},
    "refused for good": (refusal(FINAL_TEXT), NEVER),
    "refused for its size": (refusal(BUSY_TEXT, 413), NEVER),
    "refused with 503": (refusal(BUSY_TEXT, 503), WAITS),
    **{f"taken with {status}": (answer({"Id": "own", "Message": ""}, status), TAKEN) for status in (200, 201)},
    **{f"taken with {status}": (answer({"Id": "own", "Message": ""}, status), IN_DOUBT) for status in (302, 409, 500)},
}
MALFORMED: dict[str, tuple[Does, Fate]] = {
    name: (does, IN_DOUBT)
    for name, does in {
        "empty": text(b""),
        "blank": text(b" \r\n"),
        "cut": text(b'"{\\"Id\\":'),
        "not UTF-8": text(b'{"Id": "\xff", "Message": ""}'),
        "another type": page(200, b'{"Id": "x", "Message": ""}', kind="text/plain"),
        "no type": page(200, b'{"Id": "x", "Message": ""}', kind=""),
        "a list": answer([]),
        "a number": text(b"7"),
        "null": text(b"null"),
        "a word": answer("đã nhận"),
        "JSON in JSON in JSON": answer('{"Id": "x", "Message": ""}'),
        "no Id": answer({"Message": ""}),
        "a number for an Id": answer({"Id": 7, "Message": ""}),
        "an Id with a space": answer({"Id": "a b", "Message": ""}),
        "neither Id nor text": answer({"Id": "", "Message": None}),
        "a text that is a list": answer({"Id": "", "Message": ["x"]}),
    }.items()
}
NOT_THERE: dict[str, tuple[Does, Fate, Fate]] = {
    "a page with 404": (page(404), IN_DOUBT, NEVER),
    "refused with 404": (refusal(BUSY_TEXT, 404), RARELY, NEVER),
}
"""What is answered to a new record and to an update has not the same fate."""

OF_ACCOUNTS: dict[str, tuple[Does, Fate]] = {
    "401": (page(401), WITH_ACCOUNT),
    "a page with 403": (page(403), IN_DOUBT),
    "refused with 403": (refusal(BUSY_TEXT, 403), RARELY),
}


@dataclass
class Cell:
    """One case: the step it is about and what its line does there."""

    number: int
    step: Step
    name: str
    does: Does
    fate: Fate
    account: bool = False


@dataclass
class Wire:
    """Plays the service: answers as a cell says where it is about, and else accepts. Counts what came."""

    cells: dict[int, Cell]
    playing: bool = False
    posts: Counter[tuple[int, str]] = field(default_factory=Counter)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        body, action = orjson.loads(request.content), request.url.path.rpartition("/")[2]
        number, own = _number(body), body.get("ThiHanhId") or body.get("VuViec", {}).get("Id", "")
        self.posts[number, action] += 1
        cell = self.cells[number]
        if not self.playing or action != ACTIONS[cell.step]:
            return answer({"Id": own or _id_of(number, action), "Message": ""})()
        reply = cell.does()
        if b"own" in reply.content and reply.status_code in {200, 201}:
            return answer({"Id": own or _id_of(number, action), "Message": ""}, reply.status_code)()
        return reply


ACTIONS = {
    Step.CASE: "CapNhatVuViec",
    Step.PROCESSING: "CapNhatKQXuLy",
    Step.ACCEPTANCE: "CapNhatGiaiQuyet",
    Step.SETTLEMENT: "CapNhatKQGiaiQuyet",
    Step.ENFORCEMENT: "CapNhatThiHanh",
}


def _id_of(number: int, action: str) -> str:
    return f"{len(action):08d}-0000-4000-8000-{number:012d}"


def _number(body: dict[str, Any]) -> int:
    """Return the number of the case a request is about: by the Id it was given, else by its text."""
    known = body.get("Id") or body.get("VuViec", {}).get("Id")
    return int(known[-12:]) if known else int(body["NoiDungDon"].split("\n")[0].rpartition(" ")[2])


def cells_of(house: House, *, update: bool) -> dict[int, Cell]:
    """Return the cells of the table by the number of their case."""
    table = {**PHASES, **STATUSES, **MALFORMED, **asks(house)}
    table |= {name: (does, later_ if update else first) for name, (does, first, later_) in NOT_THERE.items()}
    found = [Cell(0, step, name, *row) for step in Step for name, row in table.items()]
    found += [Cell(0, step, name, *row, account=True) for step in Step for name, row in OF_ACCOUNTS.items()]
    return {number: replace(cell, number=number) for number, cell in enumerate(found, start=1)}


def furnish(house: House, cells: dict[int, Cell]) -> None:
    """Add a case for each cell, with the steps up to its own."""
    with house.local.connected() as local:
        stamp = house.local.stamp()
        for number, cell in cells.items():
            agency = f"H217.{number}" if cell.account else "H217.01"
            row = (number, agency, f"Nội dung {number}", stamp)
            local.execute(
                "INSERT INTO vu_viec (id, co_quan, loai, linh_vuc, noi_dung, ngay_nhan, sua_luc)"
                " VALUES (?, ?, 'KN', 'KN.01.02', ?, '2026-10-01', ?)",
                row,
            )
            local.execute("INSERT INTO nguoi (vu_viec, ma_nguoi, ho_ten) VALUES (?1, 'N' || ?1, 'Lò Mẫu')", (number,))
            later_steps = list(Step)[1 : list(Step).index(cell.step) + 1]
            for step in later_steps:
                local.execute(_INSERTS[step], (number,))


_INSERTS = {
    Step.PROCESSING: "INSERT INTO xu_ly (vu_viec, huong, ngay, noi_dung) VALUES (?, 'TL', '2026-10-05', 'Đủ')",
    Step.ACCEPTANCE: "INSERT INTO thu_ly (vu_viec, ngay, han) VALUES (?, '2026-10-06', '2026-11-05')",
    Step.SETTLEMENT: "INSERT INTO quyet_dinh (id, vu_viec, so, ngay, ket_qua) VALUES (?1, ?1, ?1, '2026-10-20', 'D')",
    Step.ENFORCEMENT: "INSERT INTO thi_hanh (id, quyet_dinh, ngay, thu_tien) VALUES (?1, ?1, '2026-10-30', 1000)",
}
_CHANGES = {
    Step.CASE: "UPDATE vu_viec SET noi_dung = 'Mới ' || id WHERE id = ?",
    Step.PROCESSING: "UPDATE xu_ly SET noi_dung = 'Mới' WHERE vu_viec = ?",
    Step.ACCEPTANCE: "UPDATE thu_ly SET han = '2026-11-10' WHERE vu_viec = ?",
    Step.SETTLEMENT: "UPDATE quyet_dinh SET ngay = '2026-10-21' WHERE vu_viec = ?",
    Step.ENFORCEMENT: "UPDATE thi_hanh SET thu_tien = 2000 WHERE id = ?",
}


Played = dict[str, Fate]


def play(houses: Houses, *, update: bool) -> tuple[Played, Played]:
    """Send every cell, an update after all its records were made; return how it should be, and how it was."""
    house = houses(
        signed=False,
        page=500,
        workers=2,
        capabilities=CAPABILITIES if update else "",
        extra="unreachable_after = 1000000\n[guards]\nvolume_min = 100000",
    )
    cells = cells_of(house, update=update)
    furnish(house, cells)
    with (house.folder / "agent.toml").open("a", encoding="utf-8") as file:
        for number in (number for number, cell in cells.items() if cell.account):
            file.write(f'[[national.accounts]]\nalias = "t{number}"\nagencies = ["H217.{number}"]\n')
            file.write(f'username = "t"\nsecret_env = "{SECRET_ENV}"\n')
    house = house.reopened()
    house.sign()
    wire, agent = Wire(cells), house.agent
    settings = agent.settings.national.transport
    with closing(HttpTransport(settings, house.folder, connections=2)) as line:
        line._pool.close()
        line._pool = httpx.MockTransport(wire)  # type: ignore[assignment]
        gateway = HttpGateway(
            agent.contract,
            line,
            agent.accounts,
            settings,
            production=False,
            sleep=lambda _: None,
            now=lambda: house.clock.now,
        )
        house = replace(house, agent=replace(agent, gateway=gateway))
        if update:
            house.sync()
            assert set(house.states().values()) == {"acknowledged"}
            change(house, cells)
        wire.playing, wire.posts = True, Counter()
        house.sync()
    return read_off(house, wire)


def change(house: House, cells: dict[int, Cell]) -> None:
    """Change, in each case, what its step says."""
    house.clock.move(minutes=1)
    with house.local.connected() as local:
        for number, cell in cells.items():
            local.execute(_CHANGES[cell.step], (number,))
        local.execute("UPDATE vu_viec SET sua_luc = ?", (house.local.stamp(),))


def read_off(house: House, wire: Wire) -> tuple[Played, Played]:
    """Return what should have become of the cells, and what did."""
    expected, found = Played(), Played()
    with house.agent.ledger.read() as connection:
        known = known_by_key(connection, "nho", [f"V{number}" for number in wire.cells])
    for number, cell in wire.cells.items():
        (row,) = [row for key, row in known[f"V{number}"].messages.items() if key[0] is cell.step]
        assert row.intent_at is not None
        pause = None if row.next_try_at is None else (row.next_try_at - row.intent_at).total_seconds()
        rests = None if pause is None else _between(cell.fate.rests, pause)
        name = f"{cell.step.value}: {cell.name}"
        expected[name] = cell.fate
        found[name] = Fate(row.state, wire.posts[number, ACTIONS[cell.step]], rests)
    return expected, found


def _between(rests: tuple[int, int] | None, seconds: float) -> tuple[int, int]:
    """Return the bounds when the pause is within them, to some seconds, else the pause itself."""
    if rests is not None and rests[0] - 2 <= seconds <= rests[1] + 5:
        return rests
    return (round(seconds), round(seconds))


@pytest.mark.parametrize("mode", ["new", "update"])
def test_every_cell_of_the_table(make_house: Houses, mode: str) -> None:
    """State, tries at once, and when the next one is."""
    expected, found = play(make_house, update=mode == "update")
    assert len(expected) > 60 * len(Step)
    assert expected == found


# exit codes, by the state a message is left in

CODES: dict[Failure, tuple[Outcome, int, int]] = {
    Failure.NOT_SENT: (NotProcessed("connect_error"), 3, 0),
    Failure.BUSY: (NotProcessed("status", 503), 3, 0),
    Failure.FILE_CHANGED: (NotProcessed(FILE_CHANGED), 0, 0),
    Failure.UNAUTHORIZED: (NotProcessed("unauthorized", 401), 2, 1),
    Failure.FORBIDDEN: (NotProcessed("forbidden", 403), 2, 1),
    Failure.REFUSED: (Refused("refused_unknown", "", 200), 0, 0),
    Failure.REFUSED_FINAL: (Refused("not_owner", "", 200, final=True), 1, 1),
    Failure.TOO_LARGE: (Refused("too_large", "", 413, final=True), 1, 1),
    Failure.UNKNOWN_CASE: (Unknown("read_timeout"), 1, 1),
}
"""What a pass ends with that sent only this message, and one in which another account got a message through."""


def ends(house: House) -> int:
    """Run a pass as `sync` does; return its exit code."""
    try:
        report = house.sync()
    except SyncAgentError as error:
        return error.exit_code
    return print_pass(Output(json=True, stdout=io.StringIO()), house.agent.ledger, report)


@pytest.mark.parametrize("failure", CODES)
def test_the_exit_code_of_each_failure(make_house: Houses, failure: Failure) -> None:
    """Alone, and beside what got through; the manual's table has both."""
    outcome, alone, beside = CODES[failure]
    house = make_house(extra=OTHER_ACCOUNT)
    house.gateway.by_account = lambda _, account: outcome if account == "tinh" else None
    house.local.case(1)
    found = [ends(house)]
    house.local.case(2, co_quan="H217.09")
    house.clock.move(hours=8)
    found.append(ends(house))
    assert (house.state("V1"), house.state("V2")) == (FATES[failure].state, "acknowledged")
    assert (found, set(found) <= set(FATES[failure].exits)) == ([alone, beside], True)


def test_what_is_for_a_person_ends_with_the_code_that_says_so() -> None:
    """The codes of the failures above stand for those of every other one in the same state."""
    doubts = {fate.exits for fate in FATES.values() if fate.state is State.UNCERTAIN}
    refused = {fate.exits for fate in FATES.values() if fate.state is State.REJECTED and fate.again is Again.NEVER}
    assert (doubts, refused) == ({(1, 3)}, {(1,)})
