"""What the person who signs reads on the screen, and how the commands end."""

import json
from collections.abc import Callable

import pytest

from sync_agent.cli import privacy
from tests.support.houses import House, Houses

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def house(make_house: Houses, monkeypatch: pytest.MonkeyPatch) -> House:
    """Return a house whose policy nobody has signed."""
    monkeypatch.setattr(privacy, "login_actor", lambda: "os:lan")
    return make_house(signed=False)


def _shorten(house: House) -> None:
    path = house.folder / "codes" / "corruption.csv"
    lines = path.read_text("utf-8").splitlines(keepends=True)
    path.write_text("".join(line for line in lines if "PA.02.01" not in line), "utf-8")


def test_an_unsigned_policy_is_shown_as_such(run: Run) -> None:
    """And asks for a person."""
    code, out, _ = run("privacy", "show")
    assert (code, "not signed: nothing goes up" in out, "Its kind is: denunciation" in out) == (1, True, True)


def test_a_signed_policy_says_by_whom(run: Run) -> None:
    """With the time, on the screen and in JSON."""
    assert run("privacy", "sign")[0] == 0
    code, out, _ = run("privacy", "show")
    assert (code, "os:lan" in out, "in force" in out) == (0, True, True)
    shown = json.loads(run("--json", "privacy", "show")[1])
    assert (shown["signed"], shown["signed_by"], shown["changes"]) == (True, "os:lan", [])


def test_a_looser_policy_is_shown_and_refused_without_a_reason(house: House, run: Run) -> None:
    """What opens stands on the screen before anybody signs."""
    run("privacy", "sign")
    _shorten(house)
    opened = "The code of corruption PA.02.01 no longer protects a case."
    assert opened in run("privacy", "show")[1]
    code, out, err = run("privacy", "sign")
    assert (code != 0, opened in out, "--reason CODE" in err) == (True, True, True)
    code, out, _ = run("privacy", "sign", "--reason", "list_corrected")
    assert (code, opened in out) == (0, True)
    assert json.loads(run("--json", "privacy", "show")[1])["reason"] == "list_corrected"


def test_the_first_of_two_is_told_that_a_second_must_sign(
    house: House, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the second finishes it."""
    house.edited("agent.toml", "[delivery]", "[privacy]\nfour_eyes = true\n[delivery]")
    code, out, _ = run("privacy", "sign")
    assert (code, "A second person must sign it" in out) == (1, True)
    assert "waits for the second person" in run("privacy", "show")[1]
    assert "cannot sign twice" in run("privacy", "sign")[2]
    monkeypatch.setattr(privacy, "login_actor", lambda: "os:minh")
    assert run("privacy", "sign")[0] == 0
    shown = json.loads(run("--json", "privacy", "show")[1])
    assert (shown["signed_by"], shown["second_by"], shown["signed"]) == ("os:lan", "os:minh", True)


def test_a_case_is_lifted_by_its_key(house: House, run: Run) -> None:
    """Refused while it is a denunciation."""
    house.local.denunciation(1, san_sang=0)
    house.sync()
    assert "still protected by itself" in run("privacy", "lift", "V1", "--reason", "wrong_kind")[2]
    house.local.change(1, loai="KN", linh_vuc="KN.01.02")
    house.sync()
    code, out, _ = run("privacy", "lift", "V1", "--reason", "wrong_kind")
    assert (code, "no longer protected" in out, house.protected("V1")) == (0, True, False)
