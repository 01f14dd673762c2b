"""The first day of an agency: nothing goes up before a person has said what, from when, and who signed."""

from tests.support.stations import Station


def test_a_first_installation_step_by_step(station: Station) -> None:
    """Scope, adoption, signature and the volume guard each stop the pass with the line that leads on."""
    station.connect()
    station.configure(mode='"test"', volume_min="5")
    refused = station.agent("--quiet", "sync")
    assert (refused.complaint, "scope: nothing is sent until [scope] names" in refused.err) == ((1, "", 1), True)
    station.edit(
        "agent.toml",
        "# [scope]",
        '[scope]\nagencies = ["H217.02"]\nkinds = ["complaint", "denunciation", "feedback", "mixed"]\n'
        "start_from = 2020-01-01\n#",
    )
    refused = station.agent("--quiet", "sync")
    assert (refused.complaint, "sync-agent adopt --decline" in refused.err) == ((1, "", 1), True)
    assert station.agent("--quiet", "adopt", "--decline", "--reason", "first_installation").code == 0
    held = {hold["rule"] for hold in station.agent("--json", "holds", "list", "--limit", "1000").records}
    assert "out_of_scope" in held
    signed = station.agent("privacy", "sign")
    assert (signed.code, "has signed the policy" in signed.out) == (0, True)
    digest = station.agent("--json", "sync", "--dry-run").document["plan"]
    done = station.sync("--accept-plan", digest)
    assert done["messages"]["acknowledged"] > 5
    agencies = {
        agency
        for (agency,) in station.select(
            "SELECT c.agency FROM case_state c JOIN message m ON m.case_id = c.id WHERE m.ack_digest <> ''"
        )
    }
    assert agencies == {"H217.02"}


def test_the_doctor_leads_through_a_new_installation(station: Station) -> None:
    """What is not ready yet is a warning with the command to type, and nothing is made by looking."""
    station.connect()
    before = station.files()
    done = station.agent("check", "--probe")
    assert (done.code, done.err, station.files() == before) == (1, "", True)
    lines = done.out.splitlines()
    assert "ok    national service: answers the accounts tinh-a" in lines
    (policy,) = [line for line in lines if line.startswith("warn  privacy policy: ")]
    assert policy.endswith("read it with: sync-agent privacy show, then: sync-agent privacy sign")


def test_a_hold_can_be_released_for_what_was_looked_at(oddities: Station) -> None:
    """A missing file, by its rule and a reason; the case goes up without it."""
    oddities.sync()
    (hold,) = oddities.agent("--json", "holds", "list", "--rule", "file_missing").records
    (seen,) = {each["digest"] for each in oddities.agent("--json", "holds", "show", hold["case"]).records}
    words = ("holds", "release", hold["case"], "--rule", "file_missing", "--reason", "lost_paper")
    done = oddities.agent("--quiet", *words, "--digest", seen)
    assert (done.code, done.err) == (0, "")
    oddities.sync()
    shown = oddities.agent("--json", "cases", "show", hold["case"]).document
    states = {message["step"]: message["state"] for message in shown["messages"]}
    assert states["case"] == "acknowledged"
