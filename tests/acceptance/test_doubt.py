"""An answer that was lost: settled by look-up where that is possible, else by a person, and never by guessing."""

import re

import pytest

from tests.support.stations import Ended, Station

SETTLED = "this message is neither uncertain nor in doubt - see: sync-agent cases show KEY"


@pytest.fixture
def doubtful(signed: Station) -> Station:
    """Return an installation in which the answer to one decision was lost after it was taken in."""
    signed.national.faults("lost@CapNhatKQGiaiQuyet:count=1")
    assert signed.sync()["messages"]["uncertain"] == 1
    return signed


def uncertain(station: Station) -> tuple[str, str]:
    """Return the name of the case in doubt, as people see it, and the local key of its decision."""
    (case,) = station.agent("--json", "cases", "list", "--state", "uncertain").records
    (key,) = [message["local_key"] for message in case["messages"] if message["state"] == "uncertain"]
    return case["case"], key


def resolve(station: Station, *words: str, step: str = "settlement") -> Ended:
    """Say what became of the decision in doubt."""
    name, key = uncertain(station)
    return station.agent("--quiet", "cases", "resolve", name, "--step", step, "--local-key", key, *words)


def test_a_lost_create_is_found_by_look_up(signed: Station) -> None:
    """Its id is taken over and the later steps follow; nothing is created twice."""
    signed.impatient()
    signed.national.faults("lost@CapNhatVuViec:count=2", "reset-after@CapNhatVuViec:count=1,after=5")
    signed.sync()
    while signed.states().get("uncertain"):
        signed.sync()
    signed.sync()
    assert signed.acknowledged() == signed.national.state.ids()
    assert signed.national.state.duplicates() == []


def test_a_create_that_never_arrived_is_sent_again(signed: Station) -> None:
    """Once the look-up, known to search inside texts, has found nothing."""
    signed.impatient()
    signed.national.faults("lost-before@CapNhatVuViec:count=1")
    assert signed.sync()["messages"]["uncertain"] == 1
    while signed.states().get("uncertain"):
        signed.sync()
    assert signed.acknowledged() == signed.national.state.ids()
    assert signed.national.state.duplicates() == []


def test_an_unproven_look_up_never_leads_to_a_second_create(signed: Station) -> None:
    """Not found means nothing then: the doubt stays until a person has settled it."""
    signed.impatient()
    signed.configure(lookup='"unproven"')
    signed.national.faults("lost-before@CapNhatVuViec:count=1")
    signed.sync()
    while not signed.national.state.request_count("TraThongTinDon"):
        signed.sync()
    assert signed.states()["uncertain"] == 1


def test_a_person_says_that_a_decision_arrived(doubtful: Station) -> None:
    """Under the id found in the national database; afterwards both sides agree."""
    (missing,) = doubtful.national.state.ids() - doubtful.acknowledged()
    done = resolve(doubtful, "--arrived", missing)
    assert (done.code, done.err) == (0, "")
    doubtful.sync()
    assert "uncertain" not in doubtful.states()
    assert doubtful.acknowledged() == doubtful.national.state.ids()
    assert doubtful.national.state.duplicates() == []


def test_a_person_says_that_a_decision_did_not_arrive(signed: Station) -> None:
    """It is sent again, once."""
    signed.national.faults("lost-before@CapNhatKQGiaiQuyet:count=1")
    signed.sync()
    assert resolve(signed, "--not-arrived").code == 0
    signed.sync()
    assert "uncertain" not in signed.states()
    assert signed.acknowledged() == signed.national.state.ids()
    assert signed.national.state.duplicates() == []


def test_until_then_nothing_of_that_message_is_sent(doubtful: Station) -> None:
    """Later passes send what else there is, and nothing when there is nothing else."""
    doubtful.sync()
    before = doubtful.national.requests()
    doubtful.sync()
    assert (doubtful.national.requests(), doubtful.states()["uncertain"]) == (before, 1)
    assert doubtful.national.state.repeated_numbers() == []


@pytest.mark.parametrize(
    ("words", "step", "line"),
    [
        (["--arrived", "{taken}"], "settlement", "this national id belongs to another case - look it up again"),
        (["--arrived", "SIM-x"], "processing", SETTLED),
        (["--not-arrived"], "case", SETTLED),
        (["--not-arrived", "--arrived", "SIM-x"], "settlement", "give exactly one of --arrived ID and --not-arrived"),
        ([], "settlement", "give exactly one of --arrived ID and --not-arrived"),
    ],
)
def test_a_wrong_word_settles_nothing(doubtful: Station, words: list[str], step: str, line: str) -> None:
    """One line that says why; the doubt stays."""
    ((taken,),) = doubtful.select("SELECT ack_id FROM message WHERE step = 'settlement' AND ack_id <> '' LIMIT 1")
    done = resolve(doubtful, *(word.replace("{taken}", taken) for word in words), step=step)
    assert (done.code != 0, done.out, len(done.err.splitlines())) == (True, "", 1)
    assert done.err.rstrip().endswith(line)
    assert (doubtful.states()["uncertain"], re.search("Traceback", done.err)) == (1, None)


def test_a_case_nobody_knows_is_one_line(doubtful: Station) -> None:
    """With the command that lists those that are known."""
    done = doubtful.agent("--quiet", "cases", "resolve", "D999999-1", "--step", "case", "--not-arrived")
    assert (done.code != 0, done.out, len(done.err.splitlines())) == (True, "", 1)
    assert done.err.endswith("the ledger knows no such case - see: sync-agent cases list\n")
