"""The ledger of an installation is copied while a pass runs, lost, and put back: nothing is made twice."""

import shutil

import pytest

from tests.support.stations import Station


@pytest.fixture
def copied(signed: Station) -> Station:
    """Return an installation whose ledger was copied in the middle of its first pass, and put back after its end."""
    signed.national.faults("latency=150ms@writes")
    process = signed.begin("sync")
    signed.in_flight(process, 5)
    done = signed.agent("db", "backup", str(signed.folder / "copy.db"))
    assert (done.code, done.err) == (0, "")
    assert process.poll() is None
    _, errors = process.communicate()
    assert process.returncode in {0, 1}, errors
    signed.national.faults()
    state = signed.folder / "state"
    for path in state.glob("ledger.db*"):
        path.unlink()
    shutil.copy(signed.folder / "copy.db", state / "ledger.db")
    return signed


def test_a_copy_made_in_the_middle_of_a_pass_is_a_usable_ledger(copied: Station) -> None:
    """It is refused, read, declared, and used: what went up meanwhile is found by its token or waits for a person."""
    before, made = copied.national.requests(), len(copied.national.state.ids())
    refused = copied.agent("sync")
    assert (refused.code, "db restored --reason CODE" in refused.err) == (1, True)
    assert copied.agent("db", "check").code == 0
    assert copied.agent("check", "--offline").code != 0
    assert copied.national.requests() == before
    copied.impatient()
    assert copied.agent("db", "restored", "--reason", "disk_failed").code == 1
    for _ in range(20):
        if copied.sync()["pass"].get("uncertain.found"):
            break
    copied.sync()
    assert copied.national.state.duplicates() == []
    assert copied.national.state.repeated_numbers() == []
    assert (len(copied.national.state.ids()), copied.acknowledged() <= copied.national.state.ids()) == (made, True)
