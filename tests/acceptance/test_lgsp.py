"""Through a province's LGSP, as real processes: tokens that end, are revoked, or are not given."""

import json
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.stations import ACCOUNT, SECRET, Station, passes

TABLE = """[national.accounts.lgsp]
token_url = "{url}token"
access_key = "{key}"
app_name = "KNTC"
partner_code = "000.00.17.H38"
sender_code = "000.00.17.H38"
tran_code = "TTCP"
receiver_code = "000.00.00.G06"
"""
OTHER = """
[[national.accounts]]
alias = "khac"
agencies = ["{agency}"]
auth = "lgsp"
secret_file = "state/other.secret"
"""
AGENCY = "H217.02"


@pytest.fixture
def behind(station: Station) -> Callable[..., Station]:
    """Return what starts the national side behind an LGSP and points the agent's account at it."""

    def _behind(*words: str) -> Station:
        access = ["--lgsp", f"{ACCOUNT}:SIMULATOR_SECRET", "--lgsp", "khac:SIMULATOR_SECRET", *words]
        station.national.start(access=access)
        station.configure(base_url=f'"{station.national.url}"')
        station.edit("agent.toml", 'auth = "basic" ', 'auth = "lgsp" ')
        station.edit("agent.toml", f'username = "{ACCOUNT}"\n', "")
        table = TABLE.format(url=station.national.url, key=ACCOUNT)
        station.edit("agent.toml", "[delivery]", f"{table}\n[delivery]")
        station.sign()
        return station

    return _behind


Behind = Callable[..., Station]


def revoke(station: Station) -> None:
    """End every token."""
    request = urllib.request.Request(f"{station.national.url}_simulator/revoke", b"", method="POST")  # noqa: S310 - our own simulator
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - our own simulator
        assert answer.status == 200


def tokens(station: Station) -> int:
    """Return how often a token was asked for."""
    return station.national.state.request_count("token")


def left(station: Station) -> set[str]:
    """Return the states of what should have gone up and has not; what has is on both sides the same, and once."""
    assert (station.acknowledged(), station.national.state.duplicates()) == (station.national.state.ids(), [])
    assert station.states()["acknowledged"] > 10
    return {"waiting", "uncertain", "in_flight", "rejected"} & set(station.states())


def test_a_whole_pass_goes_up_by_one_token(behind: Behind) -> None:
    """Checked before, and nothing secret is said: not by the check, not by the log."""
    station = behind()
    checked = station.agent("check", "--probe")
    synced = station.agent("--debug", "sync")
    assert (checked.code, synced.code) in {(0, 0), (0, 1), (1, 0), (1, 1)}
    assert "given to the accounts tinh-a; the first expires in 3600 seconds" in checked.out
    assert (left(station), tokens(station)) == (set(), 2)
    said = f"{checked.out}{checked.err}{synced.out}{synced.err}"
    ledger = (station.folder / "state" / "ledger.db").read_bytes()
    assert (SECRET in said, "Bearer" in said, SECRET.encode() in ledger) == (False, False, False)


def test_tokens_that_end_during_a_pass_are_renewed(behind: Behind) -> None:
    """Before they end: no message waits for it."""
    station = behind("--token-seconds", "3", "--fault", "latency=150ms@writes")
    station.sync()
    assert (left(station), tokens(station) > 1) == (set(), True)


def test_tokens_revoked_during_a_pass_are_renewed(behind: Behind) -> None:
    """The message that met a 401 goes up in the same pass."""
    station = behind("--fault", "latency=40ms@writes")
    process = station.begin("--json", "sync")
    station.in_flight(process, 10)
    revoke(station)
    out, err = process.communicate(timeout=120)
    assert (process.returncode in {0, 1}, json.loads(out)["accounts_refused"]) == (True, []), err
    assert (left(station), tokens(station)) == (set(), 2)


def test_while_no_token_is_to_be_had_nothing_is_lost_or_in_doubt(behind: Behind) -> None:
    """The pass ends as for a service out of reach; when the LGSP is back, all goes up."""
    station = behind("--fault", "503@token")
    down = station.agent("sync")
    assert (down.code, "(token_status_503)" in down.err.splitlines()[-1]) == (3, True)
    assert (set(station.states()) & {"uncertain", "acknowledged"}, station.national.state.ids()) == (set(), set())
    station.national.faults()
    for done in passes(station):
        assert done["accounts_refused"] == []
    assert left(station) == set()


def test_a_wrong_secret_closes_one_account_only(behind: Behind) -> None:
    """The other's cases all go up; the line names the account and not its secret."""
    station = behind()
    station.edit("agent.toml", f'"{AGENCY}", ', "")
    other = OTHER.format(agency=AGENCY) + TABLE.format(url=station.national.url, key="khac")
    station.edit("agent.toml", "[delivery]", f"{other}\n[delivery]")
    secret = station.folder / "state" / "other.secret"
    secret.touch(mode=0o600)
    secret.write_text("mat-khau-sai", encoding="ascii")
    report: Any = station.sync()
    assert [each["account"] for each in report["accounts_refused"]] == ["khac"]
    waiting = station.select("SELECT DISTINCT account FROM message WHERE state = 'waiting'")
    mine = station.select("SELECT DISTINCT ack_account FROM message WHERE state = 'acknowledged'")
    assert (waiting, mine) == ([("khac",)], [(ACCOUNT,)])
    said = station.agent("sync")
    assert ("mat-khau-sai" in said.out + said.err, "khac" in said.out + said.err) == (False, True)


def test_a_wrong_secret_is_found_by_the_check(behind: Behind) -> None:
    """In one line that says what to do."""
    station = behind()
    (station.folder / "state" / "national.secret").write_text("mat-khau-sai", encoding="ascii")
    checked = station.agent("check", "--probe")
    lines = [line for line in checked.out.splitlines() if line.startswith("fail")]
    line = "fail  tokens: the LGSP gives account tinh-a no token (token_refused) - check its access key, its secret key"
    assert (checked.code, [each.startswith(line) for each in lines]) == (3, [True])
    assert "mat-khau-sai" not in checked.out + checked.err
